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
    dumped "$file,throttling.bps-write=500000" dump.format=kdump dump.stall=10
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
    cut_anywhere "$FROZEN/disk.entry.img" --cuts 80 --subsets 6 --extract 300
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
    mkdir "$out/guest"
    cp --sparse=always "$out/base.img" "$out/disk.img"
    : > "$out/log.img"
    run qemu_panic "$out/guest" --keep-ram --modules "$MODULES" --ram 256 --net none --target "disk:$uuid" \
        --append 'dump.format=kdump dump.log=debug' \
        --qemu "-drive if=none,id=o0,${logged//\{out\}/$out} -device ide-hd,drive=o0,write-cache=off"
    mv "$out/guest/console.log" "$out/guest/ram.img" "$out"
    console 'write cache off' 'dump complete:'
    cut_anywhere "$out/base.img"
}

# --- devices as the crashed kernel left them

# A guest with its dump area in the first half of a disk that it floods with queued writes behind that.
@test "writes in flight in the disk's queue, on the dump's own disk" {
    cat > "$out/flood" << 'END'
for n in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
    while :; do dd if=/dev/zero of=/dev/sda bs=64k seek=$((8192 + n * 64)) count=64 oflag=direct conv=notrunc 2> /dev/null; done &
done
sleep 3
set -- $(cat /sys/block/sda/inflight)
echo "qp: queue depth $(cat /sys/block/sda/device/queue_depth), in flight $(($1 + $2))"
[ "$(($1 + $2))" -gt 4 ]
END
    uuid=$(make_partition "$out/part.img")
    truncate -s 800M "$out/part.img"
    panic_guest --ram 256 --net none --target "disk:$uuid" --setup "$out/flood" --append dump.format=kdump --module ahci --module sd_mod \
        --qemu "-drive if=none,id=o0,format=raw,cache=unsafe,file=$out/part.img,throttling.iops-write=300 -device ide-hd,drive=o0"
    console 'queue depth 32' 'dump complete:'
    "$ctl" extract --keep -o "$out/got" "$out/part.img"
    "$ctl" verify --ram "$out/ram.img" "$out/got/vmcore"
}

# QEMU 7.2 keeps the state and no more: its functions answer in D3hot, too.
@test "the NIC in D3hot" {
    cat > "$out/sleep" << 'END'
byte() { hexdump -s "$1" -n 1 -e '1/1 "%d"' "$config"; }
for config in /sys/bus/pci/devices/*/config; do
    cap=$(byte 52)
    while [ "$cap" -ge 64 ]; do
        if [ "$(byte "$cap")" = 1 ]; then # power management; PMCSR is 4 bytes on
            printf '\003' | dd of="$config" bs=1 seek=$((cap + 4)) conv=notrunc 2> /dev/null
            echo "qp: D3hot: $config: PMCSR $(byte $((cap + 4)))"
        fi
        cap=$(byte $((cap + 1)))
    done
done
END
    panic_guest --ram 256 --net user --setup "$out/sleep" --append 'dump.format=kdump dump.nic=MAC:52:54:00:12:34:57' \
        --qemu "-device pcie-root-port,id=root0 -netdev user,id=net1 -device virtio-net-pci,netdev=net1,mac=52:54:00:12:34:57,romfile=,bus=root0"
    console '0000:01:00.0/config: PMCSR 3'
    dump_is_true
}
