# SPDX-License-Identifier: GPL-2.0-or-later
# A slice of the crash campaign (tests/campaign): the rarest crash points, on machines that differ in all else.

load lib

setup_file() { :; }

# cell FACTOR=VALUE...: the crash was the one asked for, the dump is complete and correct, the machine has reset itself.
cell() {
    run "$top/tests/campaign/campaign" --keep "$out" --cell "$@"
    echo "$output"
    [ "$status" -eq 0 ]
}

@test "NULL dereference in an NMI, on the last of 8 CPUs" { cell point=null-nmi smp=8 cpu=last; }
@test "double fault, UEFI, kexec_load" { cell point=double-fault firmware=uefi loader=kexec_load; }
@test "soft lockup of the only CPU, disk flood, to disk" { cell point=soft-lockup smp=1 load=disk target=disk; }
@test "a CPU spins without interrupts, NMI from outside, network flood" { cell point=spin cpu=last load=net format=elf; }
@test "stack overflow, 5-level paging, 4 GiB" { cell point=stack-overflow paging=5 ram=4096; }
@test "a crash inside a panic, memory pressure" { cell point=null-in-panic load=memory; }
@test "NMI from outside, VT-d strict, i6300esb, 8 CPUs, UEFI" { cell point=nmi smp=8 iommu=vtd-strict watchdog=i6300esb firmware=uefi; }
@test "a seed gives 300 cells in which every pair of values that can meet does" { "$top/tests/campaign/check_cells"; }
