# SPDX-License-Identifier: GPL-2.0-or-later
# A bad disk, at length: more faults, power cuts of other dumps, devices left in other states.

load ../qemu/lib
load ../qemu/disk

setup_file() { freeze_guest; }
teardown_file() { rm -rf "${FROZEN:?}"; }

@test "no write succeeds" {
    dumped "$injected,inject-error.0.iotype=write" dump.format=kdump
    next_target_had_its_turn "ahci 0000:00:1f.2 port 0: cannot write the area's header"
    area_says empty
}

@test "no read succeeds" {
    dumped "$injected,inject-error.0.iotype=read" dump.format=kdump
    next_target_had_its_turn 'no such dump area on 1 disks, 1 places not readable'
    area_says empty
}

@test "one flush fails" {
    dumped "$injected,inject-error.0.iotype=flush,inject-error.0.once=on" dump.format=kdump
    next_target_had_its_turn "ahci 0000:00:1f.2 port 0: cannot write the area's header"
}

@test "the other header cannot be read" {
    dumped "$injected,inject-error.0.iotype=read,inject-error.0.sector=$(sector 4096)" dump.format=kdump
    console "copy 1 of the area's header cannot be read" 'dump complete:'
    area_is_complete
}

@test "a damaged stamp" {
    local disk=$FROZEN/part.img
    cp --sparse=always "$disk" "$out/whole.img"
    printf '\377' | dd of="$disk" bs=1 seek=$((area_at + 1000)) conv=notrunc status=none
    dumped "$file" dump.format=kdump
    mv "$out/whole.img" "$disk"
    next_target_had_its_turn "stamp on ahci 0000:00:1f.2 port 0 byte $area_at is damaged"
}

@test "a disk that becomes shorter" {
    dumped "$file,throttling.bps-write=2000000" \
        --ask '% ' '{"execute":"block_resize","arguments":{"device":"disk0","size":8388608}}' dump.format=kdump
    next_target_had_its_turn 'ahci 0000:00:1f.2 port 0: cannot write: error 5'
}

@test "a slow disk is waited for" {
    dumped "$file,throttling.bps-write=500000" --timeout 400 dump.format=kdump dump.stall=10
    console 'dump complete:'
    area_is_complete
}

@test "a disk that gets too slow has stalled" {
    dumped "$file,throttling.bps-write=2000000" --ask '% ' "$(qmp_throttle 20000)" dump.format=kdump dump.stall=20
    next_target_had_its_turn 'ahci 0000:00:1f.2 port 0: stalled'
    area_says 'in progress'
}

@test "a disk that swallows everything: null-co has no area" {
    dumped "driver=null-co,size=$disk_bytes,read-zeroes=on" dump.format=kdump
    next_target_had_its_turn 'no such dump area on 1 disks, 0 places not readable'
}

# logged_dump DRIVE_OPTIONS WORD...: recorded from an empty area on.
logged_dump() {
    local drive=$logged$1
    shift
    : > "$out/log.img"
    "$top/tests/oracle/rerun" --to disk --timeout 400 --drive "$drive" "$FROZEN" "$out" "$@"
    console 'dump complete:'
}

@test "the power is cut anywhere: kdump, many media" {
    logged_dump ,throttling.bps-write=800000 dump.format=kdump
    cut_anywhere "$FROZEN/disk.entry.img" --cuts 80 --subsets 6 --extract 120
}

@test "the power is cut anywhere: ELF" {
    logged_dump ,throttling.bps-write=12000000 dump.format=elf
    cut_anywhere "$FROZEN/disk.entry.img" --cuts 20
}

@test "the power is cut anywhere, while a complete dump is overwritten" {
    "$top/tests/oracle/rerun" --to disk "$FROZEN" "$out" dump.format=kdump dump.compress=zstd
    mv "$out/disk.img" "$out/used.img"
    : > "$out/log.img"
    run "$top/tests/oracle/rerun" --to disk --disk "$out/used.img" --drive "$logged" "$FROZEN" "$out" \
        dump.format=kdump dump.overwrite=1
    console 'dump complete:'
    cut_anywhere "$out/used.img"
}

# Every write with FUA: the guest's disk says that it has no cache.
@test "the power is cut anywhere: a disk without a write cache" {
    truncate -s 400M "$out/base.img"
    uuid=$("$ctl" format --force "$out/base.img")
    cp --sparse=always "$out/base.img" "$out/disk.img"
    cp --sparse=always "$out/base.img" "$FROZEN/base.img"
    mkdir "$out/guest"
    : > "$FROZEN/log.img"
    mv "$out/disk.img" "$FROZEN/disk.img"
    out=$out/guest panic_guest --ram 256 --net none --target "disk:$uuid" --append 'dump.format=kdump dump.log=debug' \
        --qemu "-drive if=none,id=o0,${logged//\{out\}/$FROZEN} -device ide-hd,drive=o0,write-cache=off"
    out=$out/guest
    console 'write cache off' 'dump complete:'
    mv "$FROZEN/log.img" "$out"
    cut_anywhere "$FROZEN/base.img"
}

# --- devices as the crashed kernel left them

pmcsr() { # DEVICE OFFSET: a shell line that puts the function into D3hot
    printf "printf '\\\\003' | dd of=/sys/bus/pci/devices/%s/config bs=1 seek=%d conv=notrunc 2> /dev/null\n" "$1" "$2"
}

@test "32 queued writes in flight on the dump's own disk" {
    truncate -s 800M "$out/both.img"
    cat > "$out/flood" << 'END'
for n in 0 1 2 3 4 5 6 7 8 9; do
    while :; do dd if=/dev/zero of=/dev/sda bs=64k seek=$((n * 64 + 16)) count=64 oflag=direct conv=notrunc 2> /dev/null; done &
done
sleep 2
cat /sys/block/sda/device/queue_depth /sys/block/sda/inflight
END
    # the flood writes to the first 50 MiB of the disk, the area lies behind them in a partition
    disk_bytes=$((800 << 20)) make_partition "$out/part.img" > "$out/uuid"
    panic_guest --ram 256 --net none --target "disk:$(cat "$out/uuid")" --setup "$out/flood" --append dump.format=kdump --module ahci --module sd_mod \
        --qemu "-drive if=none,id=o0,format=raw,cache=unsafe,file=$out/part.img,throttling.iops-write=200 -device ide-hd,drive=o0"
    console 'dump complete:'
}
