# SPDX-License-Identifier: GPL-2.0-or-later
# A file as target: xfs, a linear volume, kexec_load, a file system in use, and files that moved.

load ../qemu/lib
load ../qemu/file

ext4=(mkfs.ext4 -q -F -b 4096)
xfs=(mkfs.xfs -q -f)

@test "xfs" {
    make_disk "${xfs[@]}"
    armed_guest 'mount -t xfs -o ro,norecovery /dev/sda1 /mnt'
    rest_is_untouched
    attach
    xfs_repair -n "$loop"
    detach
    file_holds_the_dump ro,norecovery
}

@test "kexec_load" {
    make_disk "${ext4[@]}"
    loader="'loader load'"
    armed_guest 'mount -t ext4 -o ro /dev/sda1 /mnt' --crashkernel 4M
    console 'entered at' 'by kexec_load'
    rest_is_untouched
    file_holds_the_dump
}

# exchange AT: the partition's two stretches before and from byte AT on.
exchange() {
    python3 -B - "$disk" "$part_at" "$part_bytes" "$1" << 'END'
import sys
path, at, length, cut = sys.argv[1], *map(int, sys.argv[2:])
with open(path, "r+b") as f:
    f.seek(at)
    first, second = f.read(cut), f.read(length - cut)
    f.seek(at)
    f.write(second + first)
END
}

@test "a linear volume of two stretches of the partition, in the other order than they lie" {
    make_disk "${ext4[@]}"
    exchange "$second"
    first=$((second / 512)) rest=$(((part_bytes - second) / 512))
    {
        echo "0 $first linear 8:1 $rest"
        echo "$first $rest linear 8:1 0"
    } > "$out/table"
    armed_guest 'dmsetup create --noudevsync --noudevrules vol /qp/table && mount -t ext4 -o ro /dev/dm-0 /mnt' \
        --add "$(command -v dmsetup):/sbin/dmsetup" --add "$out/table"
    rest_is_untouched
    exchange $((part_bytes - second))
    file_holds_the_dump
}

@test "ext4, mounted and written to until the end: the journal is replayed, the dump stays, fsck finds nothing" {
    make_disk "${ext4[@]}"
    after='(while :; do echo x > /mnt/busy; mkdir /mnt/d; rmdir /mnt/d; sync; done) & sleep 2'
    armed_guest 'mount -t ext4 /dev/sda1 /mnt'
    file_holds_the_dump rw
    attach
    e2fsck -fn "$loop"
    detach
}

@test "xfs, mounted and written to until the end" {
    make_disk "${xfs[@]}"
    after='(while :; do echo x > /mnt/busy; mkdir /mnt/d; rmdir /mnt/d; sync; done) & sleep 2'
    armed_guest 'mount -t xfs /dev/sda1 /mnt'
    file_holds_the_dump rw
    attach
    xfs_repair -n "$loop"
    detach
}

@test "a file whose stamp is gone after it was loaded: nothing is written" {
    make_disk "${ext4[@]}"
    after="$(cat << 'END'
start=$(sed -n 's/^extent \([0-9]*\) .*/\1/p' /run/afterimage/map | sed -n 2p)
dd if=/dev/zero of=/dev/sda bs=4096 seek=$((start / 4096)) count=1 conv=notrunc
sync
END
    )"
    armed_guest 'mount -t ext4 -o ro /dev/sda1 /mnt'
    console "is not extent 2 of $pieces of the file: error 61"
    cmp -s "$out/before.img" "$disk" || [ "$(cmp -l "$out/before.img" "$disk" | wc -l)" -le 4096 ]
}
