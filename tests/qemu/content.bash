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

# crashes_begin, crashes_end: a folder for the crashes of one file of tests.
crashes_begin() {
    find_judges || return 1
    export CRASHES
    CRASHES=$(mktemp -d "${TMPDIR:-/tmp}/afterimage-content.XXXXXX")
    gcc -static -O2 -o "$CRASHES/guest_memory" "$oracle/guest_memory.c"
}

crashes_end() { rm -rf "${CRASHES:?}"; }

# crashed NAME GUEST_KERNEL_OPTION... -- QEMU_PANIC_OPTION...: the frozen crash of that name in $out, made when first asked for.
crashed() {
    local choice=() name=$1 words
    shift
    while [ "$1" != -- ]; do choice+=("$1"); shift; done
    shift
    words=$("$top/tools/guest-kernel" "${choice[@]}") || return 1
    eval "$words"
    out=$CRASHES/$name
    [ ! -e "$out/entry.json" ] || return 0
    mkdir -p "$out"
    frozen_guest --target tcp --append dump.format=kdump "$@"
    [ "$status" -eq 0 ] || return 1
    rm -f "$out/ram.img"
}

# raw_core: the crash as /proc/vmcore would have shown it, in $out/raw.
raw_core() {
    [ ! -e "$out/raw" ] || return 0
    added_memory
    "$oracle/raw-elf" "${added[@]}" "$out/entry.img" "$out/raw"
}

# added_memory: what raw-elf and compare must be told of it, in $added.
added_memory() {
    added=()
    [ ! -e "$out/dimm.address" ] || added=(--dimm "$(cat "$out/dimm.address")=$out/dimm.entry.img")
}

# judged FORMAT LEVEL CODEC: makedumpfile's own dump of the same, in $judged.
judged() {
    local how
    judged=$out/judged
    rm -f "$judged"
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
    raw_core
    added_memory
    judged "$2" "$3" "$4"
    "$oracle/compare" "${added[@]}" "${@:5}" --ram "$out/entry.img" "$1" "$judged"
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
        tail -n 30 "$out/again/console.log" "$out/again/qemu.log"
        return 1
    }
    case $to in
        disk) "$ctl" extract "$out/again/disk.img" -o "$out/again" ;;
        *) "$ctl" repair "$out/again/stream" -o "$out/again/vmcore" ;;
    esac
}

# drgn_says FILE...: the stacks that drgn finds in each dump are those it finds in the whole RAM.
drgn_says() {
    local file
    cat > "$out/stacks.py" << 'END'
from drgn.helpers.linux import for_each_online_cpu, per_cpu

print(prog["init_uts_ns"].name.release.string_().decode())
for cpu in for_each_online_cpu(prog):
    print(cpu, prog.stack_trace(per_cpu(prog["runqueues"], cpu).curr))
END
    raw_core
    drgn -q -c "$out/raw" -s "$VMLINUX" "$out/stacks.py" > "$out/drgn.raw"
    grep -q sysrq_handle_crash "$out/drgn.raw"
    for file in "$@"; do
        drgn -q -c "$file" -s "$VMLINUX" "$out/stacks.py" > "$out/drgn.dump"
        diff "$out/drgn.raw" "$out/drgn.dump"
    done
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

# cut_opens PERCENT [CRASH_OPTION...]: $out/again/stream, cut there and received, is an incomplete dump that crash opens, and in
# which it finds the log.
cut_opens() {
    local size port pid
    size=$(stat -c %s "$out/again/stream")
    rm -rf "$out/cut"
    "$ctl" receive --once --listen 127.0.0.1:0 -o "$out/cut" 2> "$out/cut.log" 3>&- &
    pid=$!
    for _ in {1..50}; do
        port=$(sed -n 's/.*listening on 127.0.0.1:\([0-9]*\)$/\1/p' "$out/cut.log")
        [ -z "$port" ] || break
        sleep 0.1
    done
    head -c $((size * $1 / 100)) "$out/again/stream" | nc -N 127.0.0.1 "$port"
    wait "$pid" || [ $? -eq 1 ]
    mv "$out"/cut/*/vmcore-incomplete "$out/cut/vmcore"
    timeout 300 "$CRASH" "${@:2}" -s "$VMLINUX" "$out/cut/vmcore" <<< $'sys\nlog\nquit' > "$out/crash.cut" 2>&1 || true
    grep -q 'PANIC: "Kernel panic - not syncing: sysrq triggered crash"' "$out/crash.cut" || {
        tail -n 5 "$out/crash.cut"
        return 1
    }
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
