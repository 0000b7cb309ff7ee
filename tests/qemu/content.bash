# SPDX-License-Identifier: GPL-2.0-or-later
# What a dump holds, held against makedumpfile and against readers: one frozen crash, dumped as often as wanted.
# shellcheck shell=bash disable=SC2154 # bats and lib.bash set them
# Needs lib.bash and, in $out, what frozen_guest leaves.

oracle=$top/tests/oracle

# The programs that judge: makedumpfile for every kernel (Debian 12's misjudges 6.3 and later), crash too.
find_judges() {
    export MAKEDUMPFILE CRASH
    MAKEDUMPFILE=$("$top/tools/unstable-program" makedumpfile) && CRASH=$("$top/tools/unstable-program" crash)
}

# raw_core: the crash as /proc/vmcore would have shown it, in $out/raw. Options of raw-elf for memory that was added.
raw_core() {
    [ -e "$out/raw" ] || "$oracle/raw-elf" "$@" "$out/entry.img" "$out/raw"
}

# judged FORMAT LEVEL CODEC: makedumpfile's own dump of the same, in $out/judged.FORMAT.LEVEL.CODEC; the name in $judged.
judged() {
    local how
    judged=$out/judged.$1.$2.$3
    [ ! -e "$judged" ] || return 0
    case $1.$3 in
        elf.*) how=(-E) ;;
        *.lzo) how=(-l) ;;
        *.zlib) how=(-c) ;;
        *.zstd) how=(-z) ;;
        *) how=() ;;
    esac
    "$MAKEDUMPFILE" "${how[@]}" -d "$2" "$out/raw" "$judged" > "$out/judged.log" 2>&1 || {
        tail -n 5 "$out/judged.log"
        return 1
    }
}

# content_is_true FILE FORMAT LEVEL CODEC [COMPARE_OPTION...]: its pages are those that makedumpfile keeps, and what the RAM holds.
content_is_true() {
    local file=$1 format=$2 level=$3 codec=$4
    shift 4
    raw_core
    judged "$format" "$level" "$codec"
    "$oracle/compare" --ram "$out/entry.img" "$@" "$file" "$judged"
}

# again [--to disk] [RERUN_OPTION...] -- WORD...: the same crash dumped once more; vmcore and all else in $out/again.
# A flattened stream is in vmcore as it would have been received.
again() {
    local options=() to=tcp
    while [ "$1" != -- ]; do
        options+=("$1")
        [ "$1" != disk ] || to=disk
        shift
    done
    shift
    rm -rf "$out/again"
    "$oracle/rerun" "${options[@]}" "$out" "$out/again" "$@" || {
        tail -n 30 "$out/again/console.log"
        return 1
    }
    case $to in
        disk) "$ctl" extract "$out/again/disk.img" -o "$out/again" ;;
        *) "$ctl" repair "$out/again/stream" -o "$out/again/vmcore" ;;
    esac
}

# crash_says CRASH_COMMANDS FILE...: what crash says of each dump is what it says of the whole RAM.
crash_says() {
    local commands=$1 file
    shift
    if [ ! -e "$out/crash.raw" ] || [ "$(cat "$out/crash.commands")" != "$commands" ]; then
        raw_core
        echo "$commands" > "$out/crash.commands"
        crash_tells "$commands" "$out/raw" > "$out/crash.raw"
        [ "$(wc -l < "$out/crash.raw")" -gt 20 ]
    fi
    for file in "$@"; do
        crash_tells "$commands" "$file" > "$out/crash.dump"
        diff "$out/crash.raw" "$out/crash.dump"
    done
}

crash_tells() { # commands file
    timeout 300 "$CRASH" -s "$VMLINUX" "$2" <<< "$1"$'\nquit' 2>&1 | grep -v '^$' || true
}

# cut_opens PERCENT: the stream in $out/again cut there, mended by afterimagectl: crash opens it.
cut_opens() {
    local cut=$out/cut size
    size=$(stat -c %s "$out/again/stream")
    head -c $((size * $1 / 100)) "$out/again/stream" > "$cut"
    rm -f "$cut.vmcore"
    "$ctl" repair "$cut" -o "$cut.vmcore" || [ $? -eq 1 ]
    crash_tells $'sys\nlog' "$cut.vmcore" > "$cut.crash"
    grep -q "RELEASE: $RELEASE" "$cut.crash"
}

# log_of_raw: the log of the whole RAM, in $out/raw.dmesg.
log_of_raw() {
    raw_core
    [ -e "$out/raw.dmesg" ] || log_by_makedumpfile "$out/raw"
}

# log_by_makedumpfile FILE: to FILE.dmesg. The newer one names each line's caller, [      T0], and indents more for it.
log_by_makedumpfile() {
    rm -f "$out/log"
    "$MAKEDUMPFILE" --dump-dmesg "$1" "$out/log" > "$out/judged.log" 2>&1 || return
    sed -E 's/^(\[ *[0-9]+\.[0-9]+\]) \[ *[CT][0-9]+\]/\1/; s/^ {11}( {15})/\1/' "$out/log" > "$1.dmesg"
}

# log_is_in FILE: what makedumpfile reads out of the dump is what it reads out of the whole RAM.
log_is_in() {
    log_of_raw
    log_by_makedumpfile "$1"
    cmp "$out/raw.dmesg" "$1.dmesg"
    grep -q 'sysrq triggered crash' "$1.dmesg"
}
