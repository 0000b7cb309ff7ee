# SPDX-License-Identifier: GPL-2.0-or-later
# What the panic tests with an IOMMU share.
# shellcheck shell=bash disable=SC2154,SC2034 # bats and lib.bash set variables, the tests read some

behind=iommu_platform=on,disable-legacy=on # a virtio device that the IOMMU sees

# vtd_guest PROPERTIES OPTION...: a guest with that intel-iommu, which it uses strictly.
vtd_guest() {
    local properties=$1
    shift
    panic_guest --qemu "-device intel-iommu,$properties" --guest-append 'intel_iommu=on iommu.strict=1' "$@"
}

# The crashed kernel had its devices translated, or the test has tested nothing.
translated() { grep -q 'Default domain type: Translated' "$out/dmesg.txt" && grep -q 'Adding to iommu group' "$out/dmesg.txt"; }
