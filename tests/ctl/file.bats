#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A dump area in a file of a file system, on loop devices: made, refused, armed with, moved, emptied.
load helper

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    root=$PWD/root loops=()
    [ "$(id -u)" = 0 ] || skip "only root may mount and make files immutable"
    losetup -f > /dev/null 2>&1 || skip "no loop devices"
}

teardown() {
    local loop
    mountpoint -q mnt && umount mnt
    for loop in ${loops[@]+"${loops[@]}"}; do losetup -d "$loop"; done
}

# on MIB MOUNT-OPTIONS MKFS...: mnt is such a file system.
on() {
    local loop size=$1 options=$2
    shift 2
    rm -f disk
    truncate -s "${size}M" disk
    loop=$(losetup -f --show disk) || skip "no loop devices"
    loops+=("$loop")
    "$@" "$loop" > mkfs.log 2>&1
    mkdir -p mnt
    mount -o "$options" "$loop" mnt || skip "cannot mount ${1#mkfs.}"
}

# Room in pieces only, of 4 MiB.
holes() {
    local i
    for ((i = 0; i < 60; i++)); do fallocate -l 4M mnt/g$i 2> /dev/null || break; done
    sync -f mnt
    for ((i = 1; i < 60; i += 2)); do rm -f mnt/g$i; done
    sync -f mnt
}

make_file() { uuid=$("$ctl" format --file mnt/area "$@" 2> messages); }

# A machine on which the file can be armed; sysfs knows the loop devices.
machine() {
    mkdir -p "$root"/{sys/kernel/security,sys/dev,proc,etc,boot}
    ln -s /sys/dev/block "$root/sys/dev/block"
    cp "$top/build/afterimage" "$root/boot/afterimage"
    echo 4194304 > "$root/sys/kernel/kexec_crash_size"
    echo 1 > "$root/sys/kernel/kexec_crash_loaded"
    printf '%s\n' 'MemTotal: 65536 kB' 'MemFree: 49152 kB' > "$root/proc/meminfo"
    echo 'flags : pdpe1gb' > "$root/proc/cpuinfo"
    printf '%s\n' "image /boot/afterimage" "target file:$PWD/mnt/area" "target console:" > "$root/etc/afterimage.conf"
}

planned() { run "$ctl" load --dry-run --root "$root"; }

@test "ext4 and xfs: zeros, one UUID, immutable, known to info; not made twice without force" {
    for fs in 'mkfs.ext4 -q -b 4096' 'mkfs.xfs -q'; do
        # shellcheck disable=SC2086
        on 400 defaults $fs
        make_file --size 64M
        [ "$("$ctl" info mnt/area | sed -n 's/^dump area: *//p')" = "$uuid" ]
        [ "$(stat -c '%s %a' mnt/area)" = "$((64 << 20)) 600" ]
        run rm -f mnt/area
        [ "$status" != 0 ]
        run "$ctl" format --file mnt/area --size 64M
        [ "$status" = 1 ]
        output_has "is a dump area already; --force makes it anew"
        first=$uuid
        make_file --size 32M --force
        [ "$uuid" != "$first" ]
        [ "$(stat -c %s mnt/area)" = $((32 << 20)) ]
        ! filefrag -v mnt/area | grep -qE 'unwritten|delalloc|shared'
        chattr -i mnt/area
        umount mnt
    done
}

@test "a file in pieces: a stamp at each, the map of them where the disk has them" {
    on 256 defaults mkfs.ext4 -q -b 4096
    holes
    make_file --size 60M
    machine
    planned
    [ "$status" = 0 ]
    [ "${lines[0]%% *}" = "dump.to=file:$uuid" ]
    [ "${lines[1]}" = "afterimage-map 1" ]
    n=$("$ctl" info mnt/area | sed -n 's/^extents: *//p')
    [ "$n" -ge 10 ]
    [ "${lines[2]}" = "area $uuid $n" ]
    umount mnt # so that the device has it all
    for ((i = 0; i < n; i++)); do
        read -r word start length <<< "${lines[3 + i]}"
        [ "$word" = extent ]
        [ "$(dd if=disk bs=1 skip="$start" count=8 status=none)" = AIMGAREA ]
        [ "$(od -An -tu4 -j $((start + 40)) -N 8 disk | xargs)" = "$i $n" ]
        [ "$(od -An -tu8 -j $((start + 56)) -N 8 disk | xargs)" = $((length - 4096)) ]
    done
}

@test "a dump over several pieces is taken out as it is, and the file is immutable before and after" {
    need_fixtures elf
    on 256 defaults mkfs.ext4 -q -b 4096
    holes
    make_file --size 60M
    cat > put.py << 'END'
import struct, sys
area, dump = open(sys.argv[1], "r+b"), open(sys.argv[2], "rb").read()
stamps, at, logical = [], 0, 0
count = struct.unpack_from("<I", area.read(4096), 44)[0]
for i in range(count):
    area.seek(at)
    stamps.append(at)
    length = struct.unpack_from("<Q", area.read(4096), 56)[0]
    at += 4096 + length
def write(logical, data):
    while data:
        i = max(i for i, s in enumerate(stamps) if s - i * 4096 <= logical)
        end = stamps[i + 1] - (i + 1) * 4096 if i + 1 < count else 1 << 60
        n = min(len(data), end - logical)
        area.seek(logical + (i + 1) * 4096)
        area.write(data[:n])
        logical, data = logical + n, data[n:]
offset = int(sys.argv[3])
area.seek(4096)
h = bytearray(area.read(4096))
crc = [0] * 256
for i in range(256):
    c = i
    for _ in range(8):
        c = c >> 1 ^ (0x82F63B78 if c & 1 else 0)
    crc[i] = c
struct.pack_into("<Q", h, 32, 7)
struct.pack_into("<II", h, 40, 2, 1)
struct.pack_into("<IIQQ", h, 72, 2, 1, offset, len(dump))
h[12:16] = bytes(4)
c = 0xFFFFFFFF
for b in h:
    c = c >> 8 ^ crc[(c ^ b) & 255]
struct.pack_into("<I", h, 12, c ^ 0xFFFFFFFF)
write(offset, dump)
write(0, bytes(h))
END
    chattr -i mnt/area
    python3 -B put.py mnt/area "$fixtures/elf" $((4 * 1024 * 1024 - 8192)) # over the end of the first piece
    chattr +i mnt/area
    run "$ctl" info mnt/area
    output_has complete
    "$ctl" extract --keep -o got mnt/area
    cmp got/vmcore "$fixtures/elf"
    rm -r got
    mkdir -p root/etc crash
    printf '%s\n' "target file:$PWD/mnt/area" "path $PWD/crash" 'min_free 0%' > root/etc/afterimage.conf
    "$ctl" save --root root
    cmp crash/*/vmcore "$fixtures/elf"
    run "$ctl" info mnt/area
    output_has empty
    lsattr mnt/area | grep -q '^....i'
}

@test "check: armed with this map, and with another after the file has moved; pieces broken up are told" {
    on 256 defaults mkfs.ext4 -q -b 4096
    make_file --size 40M
    machine
    planned
    mkdir -p "$root/run/afterimage"
    { printf '1\n/boot/afterimage\n'; echo "$output"; } > "$root/run/afterimage/armed"
    run "$ctl" check --root "$root"
    output_has "ok       armed"
    output_has "has no driver for this disk's controller" # a loop device
    chattr -i mnt/area
    run "$ctl" check --root "$root"
    output_has "warning  file:$PWD/mnt/area: $PWD/mnt/area: not immutable"
    cp mnt/area other # restored elsewhere, in one piece
    rm mnt/area
    fallocate -l 20M mnt/first
    sync -f mnt
    cp other mnt/area
    sync -f mnt
    run "$ctl" check --root "$root"
    output_has "WRONG    armed: a file has moved since: afterimagectl load"
    rm mnt/area mnt/first # and in more pieces than it has stamps
    holes
    cp other mnt/area
    sync -f mnt
    planned
    [ "$status" = 0 ]
    output_has "$PWD/mnt/area: its blocks are not in the pieces that its stamps speak of"
    [[ $output != *dump.to=file* ]]
}

@test "load: a file that is none, holds a hole, was cut, or whose stamps are gone is left out with a sentence" {
    on 256 defaults mkfs.ext4 -q -b 4096
    holes
    make_file --size 40M
    machine
    chattr -i mnt/area
    cp mnt/area good
    printf X | dd of=mnt/area bs=1 seek=$((4096 + $(od -An -tu8 -j 56 -N 8 good))) conv=notrunc status=none
    planned
    output_has "the stamp of extent 2 of"
    cp good mnt/area
    truncate -s 30M mnt/area
    planned
    output_has "dump area"
    [[ $output != *dump.to=file* ]]
    rm mnt/area
    planned
    output_has "No such file"
    head -c 2M /dev/urandom > mnt/area
    planned
    output_has "no dump area"
}

@test "refused: a symlink, another file, no room, too small, data=journal, chattr +j, tmpfs" {
    on 256 defaults mkfs.ext4 -q -b 4096
    ln -s nowhere mnt/link
    run "$ctl" format --file mnt/link --size 4M
    [ "$status" = 1 ]
    output_has "is there and no file"
    head -c 5M /dev/urandom > mnt/mine
    run "$ctl" format --file mnt/mine --size 4M --force
    [ "$status" = 1 ]
    output_has "is there and not a dump area"
    run "$ctl" format --file mnt/area --size 1G
    [ "$status" = 1 ]
    output_has "No space left"
    [ ! -e mnt/area ]
    run "$ctl" format --file mnt/area --size 1M
    [ "$status" = 1 ]
    mkdir mnt/j
    if chattr +j mnt/j 2> /dev/null; then # CAP_SYS_RESOURCE
        run "$ctl" format --file mnt/j/area --size 4M
        [ "$status" = 1 ]
        output_has "data=journal"
        [ ! -e mnt/j/area ]
    fi
    umount mnt
    mount -o data=journal "${loops[0]}" mnt
    run "$ctl" format --file mnt/area --size 4M
    [ "$status" = 1 ]
    output_has "data=journal"
    [ ! -e mnt/area ]
    umount mnt
    mount -t tmpfs none mnt
    run "$ctl" format --file mnt/area --size 4M
    [ "$status" = 1 ]
    output_has "it is not on ext4 or xfs"
}

@test "refused: btrfs" {
    command -v mkfs.btrfs > /dev/null || skip "no btrfs-progs"
    grep -qw btrfs /proc/filesystems || skip "this kernel has no btrfs"
    on 256 defaults mkfs.btrfs -q
    run "$ctl" format --file mnt/area --size 4M
    [ "$status" = 1 ]
    output_has "it is not on ext4 or xfs"
}

@test "refused: an xfs file that shares blocks with a copy of it" {
    on 400 defaults mkfs.xfs -q -m reflink=1
    make_file --size 32M
    machine
    planned
    output_has "dump.to=file:$uuid"
    cp --reflink=always mnt/area mnt/copy
    planned
    output_has "shared with another file"
    [[ $output != *dump.to=file* ]]
}

@test "refused: blocks that are not aligned to 4 KiB of the disk" {
    truncate -s 64M disk
    loops+=("$(losetup -f --show disk)")
    mkfs.ext4 -q -b 1024 "${loops[0]}"
    mkdir -p mnt
    mount "${loops[0]}" mnt
    fallocate -l 1k mnt/one
    run "$ctl" format --file mnt/area --size 20M
    if [ "$status" = 0 ]; then skip "this ext4 aligned it"; fi
    output_has "4 KiB"
}

@test "--size auto: by RAM and level, within RAM" {
    on 400 defaults mkfs.ext4 -q -b 4096
    echo 'format dmesg' > conf
    echo 'target console:' >> conf
    make_file --config conf
    [ "$(stat -c %s mnt/area)" = $((32 << 20)) ]
}
