# SPDX-License-Identifier: GPL-2.0-or-later
# What a dump holds: the log, the pages, the container, held against makedumpfile and crash. One crash, dumped three times.

load lib
load content

setup_file() {
    local words
    find_judges || return 1
    words=$("$top/tools/guest-kernel" --dbg) || return 1
    export VMLINUZ MODULES VMLINUX RELEASE CRASHED
    eval "$words"
    CRASHED=$(mktemp -d "${TMPDIR:-/tmp}/afterimage-content.XXXXXX")
    out=$CRASHED
    frozen_guest --target tcp --target disk --append dump.format=kdump || return 1
    [ "$status" -eq 0 ]
}

teardown_file() { rm -rf "${CRASHED:?}"; }

setup() { out=$CRASHED; }
teardown() { :; }

@test "network, level 31, lzo: the pages are makedumpfile's and the RAM's" {
    content_is_true "$out/vmcore" kdump 31 lzo
}

@test "the log that receive took from the stream is makedumpfile's" {
    log_of_raw
    cmp "$out/raw.dmesg" "$out/vmcore-dmesg.txt"
}

@test "crash says the same of the dump as of the whole RAM" {
    crash_says $'log\nbt\nbt -a\nps\nkmem -i\nmod\nvm' "$out/vmcore"
    grep -q sysrq_handle_crash "$out/crash.raw"
}

@test "makedumpfile reads it and filters it again" {
    log_is_in "$out/vmcore"
    "$MAKEDUMPFILE" -l -d 31 "$out/vmcore" "$out/refiltered" > "$out/judged.log" 2>&1
    content_is_true "$out/refiltered" kdump 31 lzo
}

@test "what the oracle must notice" {
    local what
    raw_core
    judged kdump 31 lzo
    for what in byte drop other field; do
        cp "$judged" "$out/spoilt"
        "$oracle/mutate" "$what" "$out/spoilt"
        run content_is_true "$out/spoilt" kdump 31 lzo
        [ "$status" -ne 0 ]
        [[ $output == *FAILED* ]]
    done
}

@test "disk, level 31, zstd: pages, log, crash" {
    again --to disk -- dump.format=kdump dump.compress=zstd
    content_is_true "$out/again/vmcore" kdump 31 zstd
    log_is_in "$out/again/vmcore"
    cmp "$out/raw.dmesg" "$out/again/vmcore-dmesg.txt"
    crash_says $'log\nbt\nps\nkmem -i' "$out/again/vmcore"
}

@test "ELF of level 31: the pages are those of makedumpfile -E" {
    again -- dump.format=elf dump.level=31
    content_is_true "$out/again/vmcore" elf 31 none
    crash_says $'log\nbt\nps\nkmem -i' "$out/again/vmcore"
}

@test "the flattened stream, default format: pages, no overlaps; makedumpfile -R makes of it what receive made" {
    again -- # no word about the format
    "$oracle/compare" --ram "$out/entry.img" "$out/again/stream"
    "$MAKEDUMPFILE" -R "$out/rearranged" < "$out/again/stream" > "$out/judged.log" 2>&1
    cmp "$out/rearranged" "$out/again/vmcore"
}
