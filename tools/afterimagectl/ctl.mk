# SPDX-License-Identifier: GPL-2.0-or-later
# The sources of build/afterimagectl and what it is linked with.
ctl_src := $(addprefix tools/afterimagectl/, \
	main.c message.c progress.c input.c output.c \
	flat.c notes.c elfcore.c kdump.c kdump_pages.c page_decode.c dump.c check.c ram.c mend.c mend_early.c stream.c areafile.c last_failure.c \
	crashlog.c reception.c receiver.c ending.c settle.c share.c limits.c catalog.c listener.c \
	http.c page.c style.c metrics.c \
	sysfile.c options.c conf.c kdumpconf.c route.c machine.c way.c diskarea.c fileblocks.c layers.c filearea.c estimate.c extract.c json.c saved.c plan.c kexec.c testmark.c armed_status.c \
	cmd_check.c cmd_load.c cmd_shrink.c cmd_unload.c cmd_dmesg.c cmd_extract.c cmd_format.c cmd_info.c cmd_receive.c cmd_repair.c cmd_save.c cmd_status.c cmd_test.c cmd_verify.c) \
	kernel/dump/disk/area.c kernel/dump/disk/partition.c \
	$(addprefix kernel/dump/linux/,vmcoreinfo.c kernel_va.c dmesg.c) kernel/dump/source/rampages.c kernel/format.c
ctl_libs := -lmnl -lblkid -ljansson -lmicrohttpd -llzo2 -lz -lzstd
