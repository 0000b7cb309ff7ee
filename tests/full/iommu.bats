# SPDX-License-Identifier: GPL-2.0-or-later
# IOMMUs that were left on: the kinds and modes beyond those of tests/qemu/iommu.bats.

load ../qemu/lib
load ../qemu/iommu

vtd_disk() { # PROPERTIES OPTION...
    local properties=$1
    shift
    vtd_guest "$properties" --target disk --net none "$@"
    dump_is_true
    translated
}

@test "VT-d, virtio-net behind it" {
    vtd_guest intremap=on --net tap --nic-opts "$behind"
    dump_is_true
    translated
    console 'now only 0000:00:01.0 passes'
}

@test "VT-d with device TLBs: a NIC that asks for translations itself" {
    vtd_guest intremap=on,device-iotlb=on --net tap --nic-opts "$behind,ats=on"
    dump_is_true
    translated
}

@test "VT-d without pass-through, caching mode, 48 bits" {
    vtd_disk intremap=on,pt=off,caching-mode=on,aw-bits=48
    console 'the first 512 GiB mapped as they are'
}

@test "VT-d without pass-through, 39 bits, 5 GiB, the reservation above 4 GiB" {
    vtd_disk intremap=on,pt=off --ram 5120 --crashkernel 2M,high --append dump.format=kdump
    console 'the first 512 GiB mapped as they are'
}

@test "VT-d in scalable mode" {
    vtd_disk intremap=on,x-scalable-mode=on --guest-append intel_iommu=on,sm_on
    console 'was on in scalable mode: now only 0000:00:1f.2 passes'
}

@test "VT-d, default policy, UEFI, 4 CPUs" {
    panic_guest --qemu '-device intel-iommu,intremap=on' --target disk --net none --firmware uefi --smp 4 --panic-cpu 2
    dump_is_true
    translated
}

@test "AMD-Vi, AHCI" {
    panic_guest --qemu '-device amd-iommu' --guest-append iommu.strict=1 --target disk --net none
    dump_is_true
    translated
    console 'now only 0000:00:1f.2 passes'
}

# behind_bridge IOMMU: an AHCI controller below a PCI Express to PCI bridge, whose requester ID is the bridge's; the dump out of its
# area.
behind_bridge() {
    local uuid
    truncate -s 1200M "$out/area.img"
    uuid=$("$ctl" format "$out/area.img")
    panic_guest --target "disk:$uuid" --net none --guest-append 'intel_iommu=on iommu.strict=1' --qemu "-device $1 \
        -device pcie-root-port,id=root0 -device pcie-pci-bridge,id=old,bus=root0 -device ich9-ahci,id=sata,bus=old,addr=3 \
        -drive if=none,id=area,format=raw,cache=unsafe,file=$out/area.img -device ide-hd,drive=area,bus=sata.0"
    console 'dump complete:'
    "$ctl" extract "$out/area.img" -o "$out/taken"
    "$ctl" verify --ram "$out/ram.img" "$out/taken/vmcore"
}

@test "VT-d, AHCI below a conventional bridge" {
    behind_bridge intel-iommu,intremap=on
    console 'now only 0000:02:03.0 passes'
}

@test "AMD-Vi, AHCI on a bus that our device table does not reach" {
    behind_bridge amd-iommu
    console 'takes no table of ours: off, every device passes'
}

# Debian's 6.1 has no driver for it: nothing passed before, and our own disk must.
@test "virtio-iommu that lets nothing pass, AHCI" {
    panic_guest --qemu '-device virtio-iommu-pci,boot-bypass=off' --target disk --net none
    dump_is_true
    console 'virtio-iommu: now only this device passes'
}

@test "virtio-iommu that lets nothing pass, AHCI below a conventional bridge" {
    behind_bridge virtio-iommu-pci,boot-bypass=off
}

@test "virtio-iommu in use by Debian 6.12, virtio-net behind it" {
    local words
    words=$("$top/tools/guest-kernel" --release 6.12)
    VMLINUZ=$(sed -n 's/^VMLINUZ=//p' <<< "$words")
    MODULES=$(sed -n 's/^MODULES=//p' <<< "$words")
    panic_guest --qemu '-device virtio-iommu-pci' --module virtio-iommu --guest-append iommu.strict=1 --net tap --nic-opts "$behind"
    dump_is_true
    translated
    console 'virtio-iommu: now only this device passes'
}

# A DMAR as of a broken BIOS: its unit lies in RAM.
@test "DMAR that names no unit" {
    printf '\x26\0\0\0\0\0\0\0\0\0\0\0\0\0\x10\0\x01\0\0\0\0\0\0\x10\0\0\0\0' > "$out/dmar"
    panic_guest --qemu "-acpitable sig=DMAR,rev=1,data=$out/dmar" --target disk --net none
    dump_is_true
    console 'no VT-d unit answers at 0x10000000'
}
