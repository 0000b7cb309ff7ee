# SPDX-License-Identifier: GPL-2.0-or-later
# The sources of build/afterimagectl and what it is linked with.
ctl_src := $(addprefix tools/afterimagectl/, \
	main.c message.c progress.c input.c output.c flat.c json.c \
	$(addprefix cmd/,check.c dmesg.c extract.c format.c info.c load.c receive.c repair.c save.c shrink.c status.c test.c unload.c verify.c) \
	$(addprefix conf/,conf.c kdumpconf.c options.c) \
	$(addprefix host/,machine.c route.c sysfile.c) \
	$(addprefix area/,areafile.c diskarea.c filearea.c fileblocks.c last_failure.c layers.c) \
	$(addprefix vmcore/,check.c crashlog.c dump.c elfcore.c kdump.c kdump_pages.c mend.c mend_early.c notes.c page_decode.c \
		ram.c share.c stream.c) \
	$(addprefix load/,armed_status.c estimate.c kexec.c plan.c testmark.c way.c) \
	$(addprefix save/,extract.c saved.c) \
	$(addprefix receive/,catalog.c ending.c http.c limits.c listener.c metrics.c page.c receiver.c reception.c settle.c style.c)) \
	kernel/dump/disk/area.c kernel/dump/disk/partition.c \
	$(addprefix kernel/dump/linux/,vmcoreinfo.c kernel_va.c dmesg.c) kernel/dump/source/rampages.c kernel/format.c
ctl_libs := -lmnl -lblkid -ljansson -lmicrohttpd -llzo2 -lz -lzstd
