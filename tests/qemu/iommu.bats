# SPDX-License-Identifier: GPL-2.0-or-later
# IOMMUs that the crashed kernel left translating; the rest of them is in tests/full/iommu.bats.

load lib
load iommu

# Nothing is quiesced, and the NIC goes on receiving by the dead kernel's rings: it must be stopped by what QEMU itself calls a
# failed translation, and no page may change under the dump.
@test "VT-d on and strict, AHCI: the disk passes, a NIC that goes on does not" {
    vtd_guest intremap=on --target disk --net tap --traffic net --nic-opts "$behind" --append dump.quiesce=0
    dump_is_true
    translated
    console 'now only 0000:00:1f.2 passes, untranslated'
    grep -q 'detected translation failure (dev=00:01:00' "$out/qemu.log"
}

@test "AMD-Vi on and strict, virtio-net behind it" {
    panic_guest --qemu '-device amd-iommu' --guest-append iommu.strict=1 --net tap --nic-opts "$behind"
    dump_is_true
    translated
    console 'AMD-Vi at 0xfed80000 was on: now only 0000:00:01.0 passes'
}
