# SPDX-License-Identifier: GPL-2.0-or-later
# One line per unit test: unit_NAME = the sources under test that test_NAME.c, wherever in tests/unit it lies, is linked
# with (besides test_main.c, fake/log.c, fake/clock.c). NOCLOCK in the list leaves fake/clock.c out.
unit_area = kernel/dump/disk/area.c
dump_core := kernel/dump/source/source.c kernel/dump/linux/vmcoreinfo.c tests/fake/oldmem_fresh.c
fake_dump := tests/fake/memory.c tests/fake/elfcorehdr.c
filter := $(addprefix kernel/dump/linux/,filter.c absent.c memmap.c kernel_va.c) kernel/dump/source/rampages.c
elf := kernel/dump/format/elf.c kernel/dump/format/elf_plan.c kernel/dump/dump.c $(filter)
fake_pages := tests/fake/kernel.c tests/fake/pages.c $(fake_dump)
unit_filter = $(dump_core) $(filter) $(fake_pages)
$(addprefix $(B)/unit/,filter absent memmap elf_level): kernel/dump/source/oldmem.c # in oldmem_fresh.c
unit_lapic = NOCLOCK drivers/lapic.c
unit_heartbeat = NOCLOCK kernel/heartbeat.c
unit_absent = $(dump_core) $(elf) $(fake_pages)
unit_memmap = $(dump_core) $(filter) $(fake_pages)
unit_elf_plan = kernel/dump/format/elf_plan.c
unit_elf_level = $(dump_core) $(elf) $(fake_pages) tests/unit/format/vmcore_ref.c tests/unit/format/check_sink.c
unit_vmcore = $(dump_core) $(elf) $(fake_dump) tests/unit/format/vmcore_ref.c tests/unit/format/check_sink.c
$(addprefix $(B)/unit/,vmcore source source_many vmcoreinfo oldmem handover): kernel/dump/source/oldmem.c # in oldmem_fresh.c
disk := tests/fake/memdisk.c kernel/config/config_net.c kernel/format.c \
	$(addprefix kernel/dump/disk/,area.c partition.c extent_map.c extents.c find.c disk_sink.c settled.c note.c)
unit_disk_sink = tests/unit/disk/disk_fixture.c $(disk)
unit_extents = $(unit_disk_sink)
unit_disk_cut = $(unit_disk_sink)
unit_disk_note = $(unit_disk_sink)
unit_failure = drivers/cmos.c kernel/format.c
unit_erst = drivers/acpi/reg.c
pci_src := tests/fake/pci.c drivers/pci/pci.c drivers/pci/func.c drivers/pci/quiesce.c drivers/pci/sriov.c kernel/format.c
unit_pci = $(pci_src)
unit_pci_func = $(pci_src)
unit_pci_quiesce = $(pci_src)
unit_iommu = $(pci_src) drivers/iommu/iommu.c
unit_iommu_acpi = drivers/iommu/dmar.c drivers/iommu/ivrs.c
unit_iommu_vtd = drivers/iommu/vtd.c kernel/format.c
unit_iommu_amd = drivers/iommu/amd.c kernel/format.c
unit_iommu_virtio = drivers/iommu/virtio.c
unit_acpi = drivers/acpi/acpi.c
unit_power =
unit_multiboot2 = kernel/config/multiboot2.c
unit_scan = kernel/dump/source/scan.c kernel/dump/linux/vmcoreinfo.c tests/fake/no_note.c
unit_kernel_va = $(dump_core) kernel/dump/linux/kernel_va.c kernel/dump/source/rampages.c tests/fake/kernel.c $(fake_dump)
unit_rampages = kernel/dump/source/rampages.c
early_src := kernel/dump/format/early.c kernel/dump/format/early_table.c kernel/dump/linux/dmesg.c kernel/format.c
unit_early = $(dump_core) $(filter) $(fake_pages) $(early_src) kernel/dump/dump.c
unit_dmesg = $(unit_kernel_va) kernel/dump/linux/dmesg.c kernel/format.c
$(addprefix $(B)/unit/,kernel_va dmesg early): kernel/dump/source/oldmem.c # in oldmem_fresh.c
unit_oldmap = kernel/dump/source/oldmap.c kernel/dump/linux/kernel_va.c kernel/dump/source/rampages.c kernel/dump/linux/vmcoreinfo.c
unit_source = $(dump_core) $(fake_dump)
unit_source_many = $(dump_core) $(elf) $(fake_dump)
unit_vmcoreinfo = $(dump_core) $(fake_dump)
unit_oldmem = $(dump_core) $(fake_dump)
unit_map = boot/map.c
unit_netdev = drivers/netdev.c
unit_handover = kernel/config/handover.c $(dump_core) $(fake_dump)
unit_format = kernel/format.c
unit_string =
unit_bytes =
$(B)/unit/string: kernel/string.c
unit_config_net = kernel/config/config_net.c kernel/dump/disk/area.c
unit_config = kernel/config/config.c kernel/config/config_net.c kernel/dump/disk/area.c
unit_partition = kernel/dump/disk/partition.c
unit_ahci = tests/fake/ahci.c drivers/ahci/ahci.c drivers/ahci/port.c drivers/ahci/cmd.c kernel/format.c
unit_virtio_net = tests/fake/virtio.c drivers/virtio/virtio.c drivers/virtio/ring.c drivers/virtio/net.c kernel/format.c
unit_net_parts = kernel/net/sack.c kernel/net/ring.c kernel/net/lwip_port.c kernel/format.c
cflags_net_parts = $(net_test_cflags)
net_whole := NOCLOCK tests/net/clock.c tests/net/tap.c tests/net/peer.c tests/net/transfer.c kernel/format.c $(net_test_src)
unit_net = $(net_whole)
unit_net_wire = $(net_whole)
unit_net_failure = $(net_whole)
cflags_net = $(net_test_cflags)
cflags_net_wire = $(net_test_cflags)
cflags_net_failure = $(net_test_cflags)
codec_src := $(addprefix kernel/dump/codec/,codec.c lzo.c zstd.c zlib.c)
unit_codec = $(codec_src) tests/fake/codec_pages.c
cflags_codec = $(codec_includes) -lz
sanitize_codec = -fno-sanitize=alignment # lzo, on purpose
kdump_ref := tests/unit/format/kdump_ref.c tests/fake/codec_pages.c
unit_kdump = $(dump_core) $(fake_dump) $(codec_src) $(addprefix kernel/dump/format/,kdump.c kdump_batch.c flatten.c) $(early_src) \
	kernel/dump/dump.c kernel/dump/linux/kernel_va.c kernel/dump/source/rampages.c $(kdump_ref)
$(B)/unit/kdump $(B)/unit/flatten: kernel/dump/source/oldmem.c # in oldmem_fresh.c
cflags_kdump = $(cflags_codec)
sanitize_kdump = $(sanitize_codec)
unit_flatten = kernel/dump/format/flatten.c $(fake_dump) $(dump_core) $(kdump_ref)
cflags_flatten = -lz
unit_watchdog = kernel/format.c
