# SPDX-License-Identifier: GPL-2.0-or-later
# Faults of our own wherever they may happen: the dump is somewhere else or whole without the part that failed, or the run ends.

load ../qemu/lib
load ../qemu/life

setup_file() { freeze_guest; }
teardown_file() { rm -rf "${FROZEN:?}"; }

# network_has_the_dump: the second life's first target; what failed was no target.
network_has_the_dump() {
    console 'second life after a fault of our own' 'dump complete:' ', tcp:'
    "$ctl" repair "$out/stream" -o "$out/vmcore"
    "$ctl" verify --ram "$out/ram.img" "$out/vmcore"
}

@test "a jump into nowhere" {
    hurt 'at tend 200' 'set rip 0x12345678' -- 'dump.to={disk}'
    disk_has_the_dump 'a fault of our own: trap 14 at image+0x'
    console 'error 0x10' '(0x12345678)'
}

@test "a jump into data" {
    hurt 'at tend 200' 'set rip ring_bytes' -- 'dump.to={disk}'
    disk_has_the_dump 'a fault of our own: trap 14 at image+0x'
    console 'error 0x11'
}

@test "a stack overflow" {
    hurt 'at tend 200' 'set rsp main_stack_guard' -- 'dump.to={disk}'
    disk_has_the_dump 'a fault of our own: trap 14 at image+0x'
}

@test "a stack pointer that is none" {
    hurt 'at tend 200' 'set rsp 0x8000000000000000' -- 'dump.to={disk}'
    disk_has_the_dump 'a fault of our own: trap '
}

@test "a store to our own text" {
    hurt 'at codec_page 500' 'at copy_faulty_start' 'set rdi tend' -- 'dump.to={disk}'
    disk_has_the_dump 'a fault of our own: trap 14 at image+0x'
    console 'error 0x3'
}

@test "a failed assertion" {
    hurt 'at tcp_write_bytes 50' 'set rsi 1' -- 'dump.to={disk}'
    disk_has_the_dump 'a failed assertion of our own: stream sink: offset 1 after'
}

@test "a fault while the target is closed: the second life all the same" {
    hurt 'at tend 200' ud2 'at tcp_finish' ud2 -- 'dump.to={disk}'
    disk_has_the_dump "$(trap_in tend 6)"
}

@test "a fault while devices are stopped: no second life" {
    hurt 'at tend 200' ud2 'at stop_dma' ud2 -- 'dump.to={disk}'
    no_dump_but_an_end 'a fault of our own: trap 6'
    console 'no second life'
}

@test "faults on every way to the end: it ends" {
    hurt 'at tend 200' ud2 'at stop_dma' ud2 'at give_up' ud2 'at reset_acpi' ud2 'at reset_cf9' ud2 -- 'dump.to={disk}'
    console 'no second life'
    run grep -ac 'dump complete:' "$out/console.log"
    [ "$output" -eq 0 ]
}

@test "a fault with the disk: the area is in progress, the console has its turn" {
    run "$top/tests/oracle/rerun" --to disk --hurt 'at batch_flush 3' --hurt ud2 "$FROZEN" "$out" dump.to=console:
    console 'target disk:' 'failed: a fault of our own' 'dump complete:' ', console:'
    run "$ctl" info "$out/disk.img"
    [[ $output == *'in progress'* ]]
}

# once_more STEP...: the only target; in its second life without what failed, the dump in $out/got/vmcore.
once_more() {
    local steps=()
    for step; do steps+=(--hurt "$step"); done
    run "$top/tests/oracle/rerun" --to disk "${steps[@]}" "$FROZEN" "$out" dump.format=kdump
    console 'second life after a fault of our own' 'once more, without what failed' 'dump complete:'
    "$ctl" extract "$out/disk.img" -o "$out/got"
    "$ctl" verify --ram "$out/ram.img" "$out/got/vmcore"
}

@test "a fault in the filter: everything is dumped" {
    once_more 'at filter_apply 3' ud2
}

@test "a fault in the compression: pages as they are" {
    once_more 'at codec_page 500' ud2
}

@test "a fault while looking for what readers need first: all pages in their order" {
    once_more 'at early_collect' 'at kernel_va_walk 3' 'set rip 0x12345678'
}

@test "a fault in the crashed kernel's page tables: everything is dumped" {
    hurt 'at kernel_va_init' ud2 -- dump.format=elf
    network_has_the_dump
}

@test "a fault in the log: a dump without" {
    hurt 'at dmesg_lines' ud2 -- dump.format=elf
    network_has_the_dump
    run grep -ac 'afterimage: | ' "$out/console.log"
    [ "$output" -eq 0 ]
}

@test "a fault in ACPI's tables: a dump without" {
    hurt 'at acpi_init' ud2 -- dump.format=elf
    network_has_the_dump
}

@test "a fault while quiescing: a dump without" {
    hurt 'at pci_quiesce' ud2 -- dump.format=elf
    network_has_the_dump
}

@test "a fault where nothing can be left out, and again: it ends" {
    hurt 'at source_scan' ud2 -- 'dump.to={disk}'
    no_dump_but_an_end "$(trap_in source_scan 6)"
}

@test "a machine check that says that nothing can go on" {
    hurt 'at tend 200' 'mce 1 0xbf80000000000134 0x5 0x1000000 0x8c' -- 'dump.to={disk}'
    no_dump_but_an_end 'machine check: bank 1 0xbf80000000000134, state 0x5'
    hurt 'at tend 200' 'mce 1 0xbd80000000000134 0x4 0x1000000 0x8c' -- 'dump.to={disk}'
    no_dump_but_an_end 'machine check: bank 1 0xbd80000000000134, state 0x4'
}

@test "a machine check in our own memory" {
    hurt 'at tend 200' 'mce 1 0xbd80000000000134 0x7 0x1000000 0x8c' -- 'dump.to={disk}'
    disk_has_the_dump 'machine check: bank 1'
}

@test "a machine check about something found in passing: nothing is lost" {
    hurt 'at codec_page 500' 'at copy_faulty_start' 'mce 1 0xbd00000000000134 0x5 0x1000000 0x8c' \
        'at tend 20' 'mce 1 0xbd00000000000134 0x5 0x1000000 0x8c' -- dump.format=kdump
    console ' 0 unreadable,'
    "$ctl" repair "$out/stream" -o "$out/vmcore"
    "$ctl" verify --ram "$out/ram.img" "$out/vmcore"
}

@test "dump.timeout= counts over both lives" {
    hurt 'at tend 200' loop -- 'dump.to={disk}' dump.timeout=20
    no_dump_but_an_end 'the time of dump.timeout=20 is over'
}

@test "an endless loop that polls ends as well" {
    run "$top/tests/oracle/rerun" --timeout 500 --hurt 'at tend 200' --hurt poll "$FROZEN" "$out" 'dump.to={disk}' dump.stall=10
    disk_has_the_dump 'an endless loop of our own: it waits, and nothing moves'
}

@test "an endless loop in the way to reset the machine: the next way" {
    hurt 'at reset_acpi' loop -- dump.format=kdump
    console 'dump complete:' 'an endless loop of our own'
    [ "$(grep -ac 'final action: reboot' "$out/console.log")" -eq 2 ]
}

@test "DHCP that never comes, a network device without an answer" {
    panic_guest --net tap --append 'ip=dhcp' --target tcp
    [ "$status" -eq 1 ]
    console 'no DHCP' 'dump failed:' 'final action:'
}

@test "a disk that never finishes a command" {
    run "$top/tests/oracle/rerun" --to disk --timeout 500 --drive "driver=file,filename={out}/disk.img" --ask 'ready' \
        '{"execute":"block_set_io_throttle","arguments":{"device":"disk0","bps":0,"bps_rd":0,"bps_wr":800,"iops":0,"iops_rd":0,"iops_wr":0}}' \
        "$FROZEN" "$out" dump.to=console:
    console 'command 0x35' 'no answer' 'target disk:' 'failed:' 'dump complete:' ', console:'
}
