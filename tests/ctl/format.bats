#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Where a dump area is made, and where not.
load helper

@test "format prints the UUID alone, and info knows it" {
    truncate -s 4M a
    uuid=$("$ctl" format a 2> messages)
    [ ! -s messages ]
    [[ $uuid =~ ^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$ ]]
    run "$ctl" info a
    [ "$status" = 0 ]
    output_has "$uuid"
    output_has "empty"
    output_has $((4 * 1024 * 1024 - 17 * 4096)) # the stamp and what lies before the data
    [ "$(stat -c %s a)" = $((4 * 1024 * 1024)) ]
}

@test "no two areas have the same UUID" {
    truncate -s 2M a b
    [ "$("$ctl" format a)" != "$("$ctl" format b)" ]
}

@test "a size that is no multiple of 4 KiB is rounded down" {
    truncate -s $((2 * 1024 * 1024 + 1000)) a
    "$ctl" format a
    run "$ctl" info a
    output_has $((2 * 1024 * 1024 - 17 * 4096))
}

@test "too small, empty and missing files are refused" {
    truncate -s 1M small # the stamp leaves less than 1 MiB
    : > empty
    for f in small empty; do
        run "$ctl" format "$f"
        [ "$status" = 1 ]
        output_has "too small"
    done
    run "$ctl" format missing
    [ "$status" = 1 ]
    output_has "truncate"
    [ ! -e missing ]
    truncate -s $((1024 * 1024 + 4096)) enough
    "$ctl" format enough
}

@test "a file system is refused, forced it is gone" {
    truncate -s 16M a
    mkfs.ext4 -q a
    cp a before
    run "$ctl" format a
    [ "$status" = 1 ]
    output_has "ext4"
    cmp a before
    "$ctl" format --force a
    [ -z "$(blkid -p a 2> /dev/null)" ]
}

@test "a partition table is refused, forced both its copies are gone" {
    "$fixture" gpt a
    run "$ctl" format a
    [ "$status" = 1 ]
    output_has "gpt"
    "$ctl" format --force a
    [ -z "$(blkid -p a 2> /dev/null)" ]
}

@test "a dump that was not extracted is refused" {
    need_fixtures elf
    truncate -s 16M a
    first=$("$ctl" format a)
    "$ctl" format a # an empty one is nobody's loss
    "$fixture" put a --vmcore "$fixtures/elf"
    run "$ctl" format a
    [ "$status" = 1 ]
    output_has "2025-11-22T02:51:51Z"
    run "$ctl" info a
    output_has "complete"
    second=$("$ctl" format --force a)
    [ "$first" != "$second" ]
    run "$ctl" info a
    output_has "empty"
}

@test "damaged headers are refused: a dump may be there" {
    truncate -s 4M a
    "$ctl" format a
    dd if=/dev/urandom of=a bs=4096 seek=1 count=2 conv=notrunc status=none
    run "$ctl" format a
    [ "$status" = 1 ]
    output_has "damaged"
    "$ctl" format --force a
}

@test "loop devices with 512 and 4096 byte sectors" {
    losetup -f > /dev/null 2>&1 || skip "no loop devices"
    for sector in 512 4096; do
        truncate -s 8M "disk$sector"
        loop=$(losetup -f --show -b "$sector" "disk$sector") || skip "no loop devices"
        uuid=$("$ctl" format "$loop")
        losetup -d "$loop"
        loop=
        run "$ctl" info "disk$sector"
        output_has "$uuid"
    done
}

@test "a mounted device is refused" {
    losetup -f > /dev/null 2>&1 || skip "no loop devices"
    truncate -s 16M disk
    mkfs.ext4 -q disk
    loop=$(losetup -f --show disk) || skip "no loop devices"
    mkdir -p mnt
    mount "$loop" mnt || skip "cannot mount"
    run "$ctl" format "$loop"
    umount mnt
    [ "$status" = 1 ]
    output_has "in use"
}

@test "a partition that begins between blocks of 4 KiB is refused" {
    command -v partx > /dev/null && losetup -f > /dev/null 2>&1 || skip "no loop devices"
    "$fixture" gpt disk --lba 63
    loop=$(losetup -f --show disk) || skip "no loop devices"
    partx -a "$loop" || skip "no partitions on loop devices"
    name=${loop#/dev/}
    mknod part b $(tr : ' ' < "/sys/block/$name/${name}p1/dev")
    run "$ctl" format part
    partx -d "$loop"
    [ "$status" = 1 ]
    output_has "4 KiB"
}

@test "an area in use by another program is refused" {
    command -v flock > /dev/null || skip "no flock"
    truncate -s 4M a
    run flock a "$ctl" format a
    [ "$status" = 1 ]
    output_has "another program"
}
