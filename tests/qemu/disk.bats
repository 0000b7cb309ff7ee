# SPDX-License-Identifier: GPL-2.0-or-later
# A bad disk: what it did is said, the next target has its turn, and the area's header is true.

load lib
load disk

setup_file() { freeze_guest; }
teardown_file() { rm -rf "${FROZEN:?}"; }

@test "a write that fails once is repeated" {
    dumped "$injected,inject-error.0.iotype=write,inject-error.0.once=on" dump.format=kdump
    console 'command 0x35' 'failed: IS 0x40000001' 'dump complete:'
    area_is_complete
}

@test "a sector of the data that cannot be written" {
    dumped "$injected,inject-error.0.iotype=write,inject-error.0.sector=$(sector $((4 << 20)))" dump.format=kdump
    next_target_had_its_turn 'ahci 0000:00:1f.2 port 0: cannot write: error 5'
    area_says 'in progress'
}

@test "a header that cannot be written: nothing is" {
    dumped "$injected,inject-error.0.iotype=write,inject-error.0.sector=$(sector 4096)" dump.format=kdump
    next_target_had_its_turn "ahci 0000:00:1f.2 port 0: cannot write the area's header"
    area_says empty
}

@test "a header that cannot be read: the other copy counts" {
    dumped "$injected,inject-error.0.iotype=read,inject-error.0.sector=$(sector 0)" dump.format=kdump
    console "copy 0 of the area's header cannot be read" 'dump complete:'
    area_is_complete
}

@test "a stamp that cannot be read" {
    dumped "$injected,inject-error.0.iotype=read,inject-error.0.sector=$(sector -4096)" dump.format=kdump
    next_target_had_its_turn 'no such dump area on 1 disks, 1 places not readable'
    area_says empty
}

@test "a flush that fails" {
    dumped "$injected,inject-error.0.iotype=flush" dump.format=kdump
    console 'command 0xea'
    next_target_had_its_turn "ahci 0000:00:1f.2 port 0: cannot write the area's header"
}

@test "a disk that disappears in the middle" {
    dumped "$file,throttling.bps-write=2000000" --ask '% ' "$qmp_drive_del" dump.format=kdump
    next_target_had_its_turn 'ahci 0000:00:1f.2 port 0: cannot write: error 5'
    area_says 'in progress'
}

# One and a half megabytes a second, so that the header is written on the way, too.
@test "the power is cut anywhere, over a dump that was taken out" {
    "$top/tests/oracle/rerun" --to disk --timeout 300 "$FROZEN" "$out" dump.format=kdump dump.compress=zstd dump.level=0
    "$ctl" extract -o "$out/old" "$out/disk.img"
    mv "$out/disk.img" "$out/used.img"
    : > "$out/log.img"
    run "$top/tests/oracle/rerun" --to disk --disk "$out/used.img" --drive "$logged,throttling.bps-write=1500000" "$FROZEN" "$out" \
        dump.format=kdump
    console 'dump complete:'
    cut_anywhere "$out/used.img"
    run cut_anywhere "$out/used.img" --no-flush # what the oracle must notice
    [ "$status" -ne 0 ]
    [[ $output == *FAILED:* ]]
}
