# SPDX-License-Identifier: GPL-2.0-or-later
# A file of a file system as target: where its blocks are the dump goes, and nowhere else.

load lib
load file

@test "ext4 in a partition, a file in many pieces: the dump is true, no other byte of the disk has changed" {
    make_disk mkfs.ext4 -q -F
    armed_guest 'mount -t ext4 -o ro /dev/sda1 /mnt'
    rest_is_untouched
    file_holds_the_dump
    e2fsck -fn "$out/fs.img?offset=$part_at"
}
