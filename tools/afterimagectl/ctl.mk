# SPDX-License-Identifier: GPL-2.0-or-later
# The sources of build/afterimagectl and what it is linked with.
ctl_src := $(addprefix tools/afterimagectl/, \
	main.c message.c progress.c input.c output.c \
	flat.c notes.c elfcore.c kdump.c dump.c check.c ram.c stream.c areafile.c \
	reception.c listener.c \
	cmd_extract.c cmd_format.c cmd_info.c cmd_receive.c cmd_repair.c cmd_verify.c) \
	kernel/dump/area.c kernel/dump/partition.c
ctl_libs := -lblkid
