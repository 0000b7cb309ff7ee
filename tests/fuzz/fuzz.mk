# SPDX-License-Identifier: GPL-2.0-or-later
# One line per fuzz target: fuzz_NAME = the sources that tests/fuzz/fuzz_NAME.c is linked with
# (besides fake_log.c and fake_clock.c). Seeds: tests/fuzz/corpus/NAME/.
fuzz_erst = drivers/acpi_reg.c
fuzz_wdat = drivers/acpi_reg.c kernel/format.c
fuzz_acpi = drivers/acpi.c drivers/pci.c drivers/pci_func.c drivers/pci_sriov.c kernel/format.c
fuzz_iommu_acpi = drivers/iommu_dmar.c drivers/iommu_ivrs.c
fuzz_multiboot2 = kernel/multiboot2.c
fuzz_partition = kernel/dump/partition.c
fuzz_disk_sink = $(disk)
fuzz_extent_map = $(disk)
cflags_elfcorehdr = -Wno-main-return-type # boot/start.h declares the kernel's main()
cflags_vmcoreinfo = -Wno-main-return-type
fuzz_elfcorehdr = $(dump_core) $(elf) $(fake_dump)
fuzz_filter = $(dump_core) $(elf) $(fake_pages)
# comparisons of thousands of struct pages teach it nothing
cflags_filter = -Wno-main-return-type -fno-sanitize-coverage=trace-cmp
fuzz_cmdline = kernel/config.c kernel/config_net.c kernel/dump/area.c
fuzz_vmcoreinfo = $(dump_core) $(fake_dump)
cflags_kernel_va = -Wno-main-return-type
cflags_early = $(cflags_filter)
cflags_dmesg = -Wno-main-return-type
fuzz_kernel_va = $(unit_kernel_va) kernel/dump/oldmap.c
fuzz_early = $(unit_early)
fuzz_dmesg = $(unit_dmesg)
fuzz_virtio_net = tests/unit/fake_virtio.c drivers/virtio.c drivers/virtio_ring.c drivers/virtio_net.c kernel/format.c
fuzz_net_frames = $(net_test_src) kernel/format.c
cflags_net_frames = $(net_test_cflags)
fuzz_area = kernel/dump/area.c
ctl_readers = $(addprefix tools/afterimagectl/,message.c progress.c input.c output.c flat.c notes.c elfcore.c kdump.c kdump_pages.c page_decode.c dump.c)
fuzz_ctl_dump = $(ctl_readers) $(addprefix tools/afterimagectl/,check.c ram.c mend.c mend_early.c stream.c)
cflags_ctl_dump = -llzo2 -lz -lzstd
fuzz_ctl_log = $(ctl_readers) tools/afterimagectl/crashlog.c kernel/format.c $(addprefix kernel/dump/,vmcoreinfo.c kernel_va.c rampages.c dmesg.c)
cflags_ctl_log = $(cflags_ctl_dump) -Wl,-z,muldefs # crashlog.c has a log of its own
fuzz_codec = $(codec_src) tests/unit/codec_pages.c # cflags and sanitize: unit.mk
cflags_handover = -Wno-main-return-type
fuzz_handover = kernel/handover.c
fuzz_ahci = $(unit_ahci)
