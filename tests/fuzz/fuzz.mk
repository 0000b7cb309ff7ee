# SPDX-License-Identifier: GPL-2.0-or-later
# One line per fuzz target: fuzz_NAME = the sources that tests/fuzz/fuzz_NAME.c is linked with
# (besides fake/log.c and fake/clock.c). Seeds: tests/fuzz/corpus/NAME/.
fuzz_erst = drivers/acpi/reg.c
fuzz_wdat = drivers/acpi/reg.c kernel/format.c
fuzz_acpi = drivers/acpi/acpi.c drivers/pci/pci.c drivers/pci/func.c drivers/pci/sriov.c kernel/format.c
fuzz_iommu_acpi = drivers/iommu/dmar.c drivers/iommu/ivrs.c
fuzz_multiboot2 = kernel/config/multiboot2.c
fuzz_partition = kernel/dump/disk/partition.c
fuzz_disk_sink = $(disk)
fuzz_extent_map = $(disk)
cflags_elfcorehdr = -Wno-main-return-type # boot/start.h declares the kernel's main()
cflags_vmcoreinfo = -Wno-main-return-type
fuzz_elfcorehdr = $(dump_core) $(elf) $(fake_dump)
fuzz_filter = $(dump_core) $(elf) $(fake_pages)
# their many comparisons teach them nothing and take most of their time
no_trace_cmp = filter early dmesg codec disk_sink pci_config elfcorehdr net_frames
cflags_filter = -Wno-main-return-type
fuzz_cmdline = kernel/config/config.c kernel/config/config_net.c kernel/dump/disk/area.c
fuzz_vmcoreinfo = $(dump_core) $(fake_dump)
cflags_kernel_va = -Wno-main-return-type
cflags_early = -Wno-main-return-type
cflags_dmesg = -Wno-main-return-type
fuzz_kernel_va = $(unit_kernel_va) kernel/dump/source/oldmap.c
fuzz_early = $(unit_early)
fuzz_dmesg = $(unit_dmesg)
fuzz_virtio_net = tests/fake/virtio.c drivers/virtio/virtio.c drivers/virtio/ring.c drivers/virtio/net.c kernel/format.c
fuzz_net_frames = $(net_test_src) kernel/format.c
cflags_net_frames = $(net_test_cflags)
fuzz_area = kernel/dump/disk/area.c
ctl_vmcore = $(addprefix tools/afterimagectl/vmcore/,notes.c elfcore.c kdump.c kdump_pages.c page_decode.c dump.c)
ctl_readers = $(addprefix tools/afterimagectl/,message.c progress.c input.c output.c flat.c) $(ctl_vmcore)
fuzz_ctl_dump = $(ctl_readers) $(addprefix tools/afterimagectl/vmcore/,check.c ram.c mend.c mend_early.c stream.c)
cflags_ctl_dump = -llzo2 -lz -lzstd
fuzz_ctl_log = $(ctl_readers) tools/afterimagectl/vmcore/crashlog.c kernel/format.c $(addprefix kernel/dump/linux/,vmcoreinfo.c kernel_va.c dmesg.c) kernel/dump/source/rampages.c
cflags_ctl_log = $(cflags_ctl_dump) -Wl,-z,muldefs # crashlog.c has a log of its own
fuzz_codec = $(codec_src) tests/fake/codec_pages.c # cflags and sanitize: unit.mk
cflags_handover = -Wno-main-return-type
fuzz_handover = kernel/config/handover.c
fuzz_ahci = $(unit_ahci)
fuzz_scan = $(unit_scan)
fuzz_sack = kernel/net/sack.c
fuzz_pci_config = $(pci_src) drivers/iommu/iommu.c
fuzz_iommu_regs = drivers/iommu/vtd.c drivers/iommu/amd.c kernel/format.c
fuzz_virtio_pci = drivers/virtio/virtio.c drivers/virtio/ring.c drivers/iommu/virtio.c drivers/pci/func.c kernel/format.c
# afterimagectl without its messages, and with files in memory
quiet := tests/fuzz/host_quiet.c
in_memory := $(quiet) tests/fuzz/memory_file.c
ctl_area := $(in_memory) $(addprefix tools/afterimagectl/,flat.c json.c) kernel/dump/disk/area.c kernel/dump/disk/partition.c
fuzz_ctl_stream = $(in_memory) tools/afterimagectl/flat.c $(ctl_vmcore) $(addprefix tools/afterimagectl/vmcore/,check.c mend.c mend_early.c stream.c share.c)
cflags_ctl_stream = $(cflags_ctl_dump) -Itests/fuzz
fuzz_ctl_area = $(ctl_area) $(addprefix tools/afterimagectl/area/,areafile.c last_failure.c)
cflags_ctl_area = -Itests/fuzz
fuzz_ctl_failure = $(ctl_area) tools/afterimagectl/area/areafile.c
cflags_ctl_failure = -ljansson
fuzz_ctl_conf = $(quiet) $(addprefix tools/afterimagectl/,conf/conf.c conf/kdumpconf.c load/testmark.c load/kexec.c)
cflags_ctl_conf = '-DIMAGE_PATH="/usr/lib/afterimage/afterimage"'
fuzz_ctl_page = $(in_memory) $(addprefix tools/afterimagectl/,$(addprefix receive/,page.c metrics.c style.c catalog.c) progress.c flat.c)
cflags_ctl_page = -ljansson '-DVERSION="0"'
fuzz_ctl_route = $(quiet) tools/afterimagectl/host/route.c
cflags_ctl_route = -lmnl
fuzz_ctl_runs = $(quiet)
# what a target includes, to put fakes in the place of system calls or to reach what is static
$(B)/fuzz/erst: drivers/acpi/erst.c
$(B)/fuzz/wdat: drivers/watchdog/wdat.c
$(B)/fuzz/ctl_failure: tools/afterimagectl/area/last_failure.c
$(B)/fuzz/ctl_page: tools/afterimagectl/receive/http.c
$(B)/fuzz/ctl_runs: $(addprefix tools/afterimagectl/area/,fileblocks.c layers.c)
$(B)/fuzz/ctl_stream $(B)/fuzz/ctl_area: $(addprefix tools/afterimagectl/,input.c output.c)
