# SPDX-License-Identifier: GPL-2.0-or-later
# Faults of our own, put into the running image from outside: the dump is somewhere else, or the run ends.

load lib
load life

setup_file() { freeze_guest; }
teardown_file() { rm -rf "${FROZEN:?}"; }

@test "an invalid instruction in mid-dump: the peer sees a reset, the disk gets the dump" {
    hurt 'at tend 200' ud2 -- 'dump.to={disk}' dump.format=elf
    disk_has_the_dump "$(trap_in tend 6)"
    [ -s "$out/stream" ]
    [ "$("$top/tests/oracle/pcap-end" "$out/net.pcap" 10.0.2.15)" = 'RST ACK' ]
}

@test "a store to old RAM is a fault like any other" {
    hurt 'at codec_page 500' 'at copy_faulty_start' 'set rdi rsi' -- 'dump.to={disk}' dump.format=kdump
    disk_has_the_dump "$(trap_in copy_faulty 14 | sed 's/0x.*/0x/')"
}

@test "a fault in the second life: no third one" {
    hurt 'at tend 200' ud2 'at batch_flush 3' ud2 -- 'dump.to={disk}' dump.failure=poweroff
    no_dump_but_an_end "$(trap_in batch_flush 6)"
    console 'final action: poweroff'
}

@test "poisoned memory: those pages are zeros, the dump goes on; NMIs at any moment" {
    poison=(page 'mce 1 0xbd80000000000134 0x7 0x1000000 0x8c')
    hurt 'at codec_page 20' "${poison[@]}" "${poison[@]}" "${poison[@]}" 'at codec_page' 'nmi 200' -- dump.format=kdump
    console ' 3 unreadable,' 'dump complete:'
    "$ctl" repair "$out/stream" -o "$out/vmcore"
    run "$ctl" verify --ram "$out/ram.img" "$out/vmcore"
    echo "$output"
    [[ $output == *' 3 differing '* ]]
}

@test "an endless loop ends after a minute" {
    hurt 'at tend 200' loop -- 'dump.to={disk}'
    disk_has_the_dump 'an endless loop of our own: no sign of life for 60 s'
}
