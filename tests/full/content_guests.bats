# SPDX-License-Identifier: GPL-2.0-or-later
# What dumps hold of guests whose memory is of every kind (tests/oracle/guest-content).

load ../qemu/lib
load ../qemu/content

setup_file() {
    crashes_begin || return 1
    mkdir "$CRASHES/files"
    head -c 200M /dev/urandom > "$CRASHES/files/big"
    head -c 20M /dev/urandom > "$CRASHES/files/small"
    mke2fs -q -t ext4 -d "$CRASHES/files" "$CRASHES/files.img" 260M
    rm -r "$CRASHES/files"
}
teardown_file() { crashes_end; }
setup() { :; }
teardown() { rm -rf "${out:?}"; }

# with_content NAME KINDS GUEST_KERNEL_OPTION... -- QEMU_PANIC_OPTION...
with_content() {
    local name=$1 kinds=$2 choice=() hands=
    shift 2
    while [ "$1" != -- ]; do choice+=("$1"); shift; done
    shift
    mkdir -p "$CRASHES/$name"
    case $kinds in
        *hotadd* | *balloon*)
            "$oracle/host-hands" "$CRASHES/$name" 3>&- &
            hands=$! ;;
    esac
    crashed "$name" "${choice[@]}" -- --early "$oracle/guest-content" --add "$CRASHES/guest_memory:qp/guest_memory" \
        --module virtio_pci --module virtio_blk --module crc32c_generic --module ext4 --module virtio_balloon \
        --guest-append "content=$kinds hugetlb_free_vmemmap=on" --timeout 400 \
        --qemu "-blockdev driver=file,node-name=files,filename=$CRASHES/files.img,read-only=on -device virtio-blk-pci,drive=files" \
        --qemu "-blockdev driver=null-co,node-name=scratch,size=67108864,read-zeroes=on -device virtio-blk-pci,drive=scratch" "$@"
    [ -z "$hands" ] || wait "$hands"
    grep -a '^content: ' "$out/console.log"
}

# all_levels: one crash, each level. A page that was poisoned is read at none.
all_levels() {
    local level never=()
    mapfile -t never < <(sed -n 's/^content: poison \(0x[0-9a-f]*\).*/--never\n\1/p' "$out/console.log")
    for level in 31 15 7 3 1 0; do
        again -- dump.format=kdump "dump.level=$level"
        content_is_true "$out/again/vmcore" kdump "$level" lzo "${never[@]}"
    done
    again -- dump.format=elf dump.level=31
    content_is_true "$out/again/vmcore" elf 31 none "${never[@]}"
}

private='cache,block,tmpfs,thp,ksm,hugetlb,poison'

@test "6.1: page cache, private cache, tmpfs, THP, KSM, huge pages, a poisoned page" {
    with_content full-6.1 "$private" -- --ram 1536
    all_levels
}

@test "6.12: page cache, private cache, tmpfs, THP, KSM, huge pages, a poisoned page" {
    with_content full-6.12 "$private" --release 6.12 -- --ram 1536
    all_levels
}

@test "5.10: page cache, private cache, tmpfs, THP, KSM, huge pages, a poisoned page" {
    with_content full-5.10 "$private" --suite bullseye --release 5.10 -- --ram 1536
    all_levels
}

@test "the newest of Debian unstable: page cache, private cache, tmpfs, THP, KSM, huge pages, a poisoned page" {
    with_content full-newest "$private" --suite sid -- --ram 1536
    all_levels
}

@test "6.1: memory added, a block taken offline, a balloon inflated" {
    with_content added-6.1 hotadd,offline,balloon -- --qemu '-device virtio-balloon-pci -m slots=2,maxmem=4G'
    all_levels
}

@test "6.12: memory added, a block taken offline, a balloon inflated" {
    with_content added-6.12 hotadd,offline,balloon --release 6.12 -- --qemu '-device virtio-balloon-pci -m slots=2,maxmem=4G'
    all_levels
}

@test "8 GiB with a huge page of 1 GiB" {
    with_content giant hugetlb,thp -- --ram 8192 --guest-append 'hugepagesz=1G hugepages=1 hugepagesz=2M'
    grep -a '^content: hugetlb of 1 GiB: 1' "$out/console.log"
    all_levels
}
