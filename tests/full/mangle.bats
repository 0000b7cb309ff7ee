# SPDX-License-Identifier: GPL-2.0-or-later
# tests/qemu/mangle.bats at length, and elfcorehdrs that no test machine has by itself.

load ../qemu/lib
load ../qemu/mangle

@test "spoilt by 150 seeds" { mangled 1001 150; }
@test "a spoilt elfcorehdr, 40 seeds" { mangled 2001 40 --only elfcorehdr; }

# with_header WHAT NUMBER WORD...: a crash with that elfcorehdr (tests/oracle/other-header), dumped with these words, {spare} in them
# replaced by where the VMCOREINFO note is; all pages true.
with_header() {
    local options what=$1 number=$2
    shift 2
    rm -rf "$out/again"
    [ -e "$out/entry.json" ] || { frozen_guest --ram 256 --append dump.format=kdump && [ "$status" -eq 0 ]; }
    read -ra options <<< "$("$top/tests/oracle/other-header" "$what" "$number" "$out" "$out/header")"
    "$top/tests/oracle/rerun" --timeout 500 "${options[@]}" "$out" "$out/again" "${@//\{spare\}/$(< "$out/header/spare")}"
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

@test "a program header of VMCOREINFO that leads nowhere: without it no page is left out, with /sys/kernel/vmcoreinfo's address all is there" {
    with_header lost 0x9c000 dump.format=kdump
    [ "$("$ctl" info "$out/again/vmcore" | sed -n 's/^release: *//p')" != "$("$ctl" info "$out/vmcore" | sed -n 's/^release: *//p')" ]
    with_header lost 0x9c000 dump.format=kdump "dump.vmcoreinfo={spare}"
    grep -aq 'elfcorehdr leads to no VMCOREINFO: that at 0x' "$out/again/console.log"
    # the RAM is another one in the poked pages and the network's rings, of which some shrink and some do not
    diff <("$ctl" info "$out/vmcore" | grep -Ev '^(bytes|compression)') <("$ctl" info "$out/again/vmcore" | grep -Ev '^(bytes|compression)') >&2
    with_header lost 0x7fffffffffff dump.format=elf dump.level=31 "dump.vmcoreinfo={spare}"
    [ "$("$ctl" log "$out/again/vmcore" | tail -n 1)" = "$("$ctl" log "$out/vmcore" | tail -n 1)" ]
}
