# SPDX-License-Identifier: GPL-2.0-or-later
# tests/qemu/mangle.bats at length, and elfcorehdrs that no test machine has by itself.

load ../qemu/lib
load ../qemu/mangle

@test "spoilt by 150 seeds" { mangled 1001 150; }
@test "a spoilt elfcorehdr, 40 seeds" { mangled 2001 40 --only elfcorehdr; }

# with_header WHAT NUMBER WORD...: a crash with that elfcorehdr (tests/oracle/other-header), dumped with these words; all pages true.
with_header() {
    local options what=$1 number=$2
    shift 2
    rm -rf "$out/again"
    [ -e "$out/entry.json" ] || { frozen_guest --ram 256 --append dump.format=kdump && [ "$status" -eq 0 ]; }
    read -ra options <<< "$("$top/tests/oracle/other-header" "$what" "$number" "$out" "$out/header")"
    "$top/tests/oracle/rerun" --timeout 500 "${options[@]}" "$out" "$out/again" "$@"
    "$ctl" repair "$out/again/stream" -o "$out/again/vmcore"
    "$ctl" verify --ram "$out/again/ram.img" "$out/again/vmcore"
}

@test "60,000 ranges of RAM" {
    with_header many 60000 dump.format=kdump
    grep -aq 'in 599[0-9][0-9] ranges' "$out/again/console.log"
    with_header many 60000 dump.format=elf
}

@test "a DIMM of 16 GiB that is not there any more" {
    with_header stale 16 dump.format=kdump
    grep -aq 'no memory answers at 0x1000000000,' "$out/again/console.log"
    with_header stale 16 dump.format=elf
    grep -aq 'no memory answers at 0x1000000000,' "$out/again/console.log"
    [ "$(stat -c %s "$out/again/vmcore")" -lt 400000000 ]
}
