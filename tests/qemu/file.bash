# SPDX-License-Identifier: GPL-2.0-or-later
# What the tests of target file: share: a file system in the one partition of a disk, a dump area in a file of many pieces, and
# a guest that mounts it and arms itself.
# shellcheck shell=bash disable=SC2154 # of bats and of lib.bash

part_at=$((3 << 20)) # bytes; noise before and behind it
part_bytes=$((900 << 20)) disk_bytes=$(((3 + 900 + 5) << 20))

# The partition of $disk as a loop device: $loop.
attach() { loop=$(losetup --find --show --offset "$part_at" --sizelimit "$part_bytes" "$disk"); }
detach() { losetup -d "$loop" && loop=; }

# make_disk MKFS...: $disk with that file system, other files in it, and mnt/area.img, formatted, in at least 3 pieces.
make_disk() {
    disk=$out/fs.img mnt=$out/mnt
    losetup -f > /dev/null 2>&1 || skip "no loop devices"
    truncate -s "$disk_bytes" "$disk"
    sgdisk -n "1:$((part_at / 512)):$(((part_at + part_bytes) / 512 - 1))" "$disk" > /dev/null
    dd if=/dev/urandom of="$disk" bs=1M seek=2 count=1 conv=notrunc status=none
    dd if=/dev/urandom of="$disk" bs=1M seek=$(((part_at + part_bytes) >> 20)) count=1 conv=notrunc status=none
    attach
    "$@" "$loop"
    mkdir -p "$mnt"
    mount "$loop" "$mnt" || skip "cannot mount"
    fill_with_holes
    uuid=$("$ctl" format --file "$mnt/area.img" --size 340M)
    sha256sum "$mnt"/f* > "$out/files.sha256"
    pieces=$("$ctl" info "$mnt/area.img" | sed -n 's/^extents: *//p')
    echo "in $pieces pieces"
    [ "${pieces:-1}" -ge 3 ]
    # where in the file system the second piece begins
    second=$(filefrag -v "$mnt/area.img" | awk '$1 ~ /^[0-9]+:$/ && $7 ~ /^[0-9]+:$/ { print $4 * 4096; exit }')
    umount "$mnt"
    detach
}

# Full to the brim but for stretches of 32 MiB, none beside another.
fill_with_holes() {
    local i
    for ((i = 0; i < 40; i++)); do
        head -c 1M /dev/urandom > "$mnt/f$i"
        fallocate -l 31M "$mnt/g$i" 2> /dev/null || break
    done
    sync -f "$mnt"
    for ((i = 1; i < 40; i += 2)); do rm -f "$mnt/g$i"; done
    sync -f "$mnt"
}

# armed_guest MOUNT OPTION...: the guest runs MOUNT (of /dev/sda1 on /mnt), loads target file: with afterimagectl, and panics.
armed_guest() {
    local mount=$1
    shift
    cat > "$out/arm" << END
while ! [ -b /dev/sda1 ]; do usleep 100000; done
mkdir -p /mnt /etc /run
$mount || exit 1
printf '%s\n' 'image /qp/image' 'target file:/mnt/area.img' 'console ttyS0' 'append $words' $loader > /etc/afterimage.conf
/qp/afterimagectl load 2>&1 | sed 's/^/qp: /'
/qp/afterimagectl check 2>&1 | sed 's/^/qp: /'
sed 's/^/qp: armed: /' /run/afterimage/armed
$after
END
    cp "$disk" "$out/before.img"
    panic_guest --net none --ram 256 --target console: --module crc32c_generic --module ahci --module sd_mod --module ext4 --module xfs --module dm_mod \
        --add "$ctl" --setup "$out/arm" --qemu "-drive if=none,id=fs,format=raw,cache=unsafe,file=$disk" \
        --qemu "-device ide-hd,drive=fs,bus=ide.0" "$@"
}

# The dump is whole, page by page the RAM's, and it is taken out of the file as it lies in its file system.
file_holds_the_dump() { # [MOUNT-OPTIONS]; with rw the area is emptied, too
    local how=${1:-ro} keep=(--keep)
    [ "$how" != rw ] || keep=()
    console "target file:$uuid: ready" 'dump complete:' ", file:$uuid"
    attach
    mount -o "$how" "$loop" "$mnt"
    "$ctl" extract "${keep[@]}" -o "$out/got" "$mnt/area.img"
    (cd / && sha256sum --quiet -c "$out/files.sha256")
    lsattr "$mnt/area.img" | grep -q '^....i'
    umount "$mnt"
    detach
    "$ctl" verify --ram "$out/ram.img" "$out/got/vmcore"
    grep -q 'sysrq triggered crash' "$out/got/vmcore-dmesg.txt"
}

# Not a byte of the disk has changed but in the area's extents as the guest saw them, and there no stamp.
rest_is_untouched() {
    local extents
    extents=$(tr -d '\r' < "$out/console.log" | sed -n 's/^qp: armed: extent //p')
    [ "$(wc -l <<< "$extents")" = "$pieces" ]
    python3 -B - "$out/before.img" "$disk" 3<<< "$extents" << 'END'
import mmap
import sys

extents = sorted((int(start), int(length)) for start, length in (line.split() for line in open(3)))
with open(sys.argv[1], "rb") as f, open(sys.argv[2], "rb") as g:
    before, after = mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ), mmap.mmap(g.fileno(), 0, prot=mmap.PROT_READ)
at, inside = 0, 0
for start, length in extents + [(len(before), 0)]:
    until = min(start + 4096, len(before))  # the stamp too
    for off in range(at, until, 1 << 20):
        end = min(off + (1 << 20), until)
        if before[off:end] != after[off:end]:
            sys.exit(f"changed: something in [{off:#x}, {end:#x})")
    at = start + length
    inside += before[start:at] != after[start:at]
print(f"{inside} of {len(extents)} extents were written to")
sys.exit(inside < 2)
END
}

setup() {
    out=$(mktemp -d "${TMPDIR:-/tmp}/afterimage-test.XXXXXX")
    words='dump.format=elf' loader='' after=''
}

teardown() {
    [ -z "${mnt:-}" ] || umount "$mnt" 2> /dev/null || true
    [ -z "${loop:-}" ] || losetup -d "$loop" 2> /dev/null || true
    if [ -n "${BATS_TEST_COMPLETED:-}" ]; then
        rm -rf "$out"
    else
        rm -f "$out"/{ram,before}.img
        echo "files in $out"
        [ ! -e "$out/console.log" ] || tail -n 30 "$out/console.log"
    fi
}
