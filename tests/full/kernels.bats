# SPDX-License-Identifier: GPL-2.0-or-later
# The other kernels and sizes: what is too long for every change.

load ../qemu/lib

setup_file() { :; }

# with_kernel GUEST_KERNEL_OPTION... -- QEMU_PANIC_OPTION...
with_kernel() {
    local choice=() words
    while [ "$1" != -- ]; do choice+=("$1"); shift; done
    shift
    words=$("$top/tools/guest-kernel" "${choice[@]}")
    VMLINUZ=$(sed -n 's/^VMLINUZ=//p' <<< "$words")
    MODULES=$(sed -n 's/^MODULES=//p' <<< "$words")
    panic_guest "$@"
    dump_is_true
}

@test "Debian 6.12, kexec_file_load, 2M, virtio-net" { with_kernel --release 6.12 -- --net tap; }
@test "Debian 6.12, kexec_load, 2M, AHCI" { with_kernel --release 6.12 -- --load kexec_load --net none --target disk; }
@test "Debian 6.12, 5-level paging, UEFI" { with_kernel --release 6.12 -- --la57 --firmware uefi --net tap; }
@test "Debian 6.12 cloud flavour" { with_kernel --release 6.12 --flavour cloud-amd64 -- --net tap; }
@test "Debian 6.1 rt flavour, 4 CPUs" { with_kernel --flavour rt-amd64 -- --net tap --smp 4 --panic-cpu 3; }
@test "Debian 6.1 cloud flavour" { with_kernel --flavour cloud-amd64 -- --net tap; }
@test "Debian 5.10, kexec_file_load, virtio-net" { with_kernel --suite bullseye --release 5.10 -- --net tap; }
@test "Debian 5.10, kexec_load, AHCI, 4 CPUs" {
    with_kernel --suite bullseye --release 5.10 -- --load kexec_load --smp 4 --panic-cpu 2 --net none --target disk
}
@test "Debian unstable's newest, kexec_file_load, virtio-net" { with_kernel --suite sid -- --net tap; }
@test "Debian unstable's newest, kexec_load, AHCI, UEFI, 5-level paging" {
    with_kernel --suite sid -- --load kexec_load --firmware uefi --la57 --net none --target disk
}
@test "8 GiB, 8 CPUs, no 1 GiB pages, AHCI" {
    with_kernel -- --ram 8192 --smp 8 --cpu max,la57=off,-pdpe1gb --net none --target disk
}
@test "UEFI, 5 GiB, reservation above 4 GiB, 5-level paging" {
    with_kernel -- --firmware uefi --ram 5120 --crashkernel 2M,high --la57 --net tap
}
