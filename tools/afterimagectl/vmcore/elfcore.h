/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ELF cores as /proc/vmcore lays them out. */
#ifndef AFTERIMAGECTL_ELFCORE_H
#define AFTERIMAGECTL_ELFCORE_H

#include <linux/elf.h>

#include "ctl.h"
#include "input.h"
#include "vmcore/notes.h"

/* A PT_LOAD, for finding memory. */
struct elf_range {
	u64 pa, memsz, filesz, offset;
	u64 reach; /* the end of this one, or of the one before it that reaches furthest */
};

struct elfcore {
	Elf64_Phdr *phdr;        /* allocated */
	struct elf_range *range; /* allocated, by address */
	u32 count, ranges;
	u64 end;        /* of the last byte that a header speaks of */
	u64 padded_end; /* the same, the last range rounded up to pages as the kernel does */
};

/* Read the headers; everything in them that is used later lies below 2^63. -ENODATA: cut,
 * -EBADMSG: not a core that we know, -ENOMEM. */
int elfcore_open(struct elfcore *e, const struct input *in, struct why *why);
void elfcore_close(struct elfcore *e);

void elfcore_notes(const struct elfcore *e, const struct input *in, struct notes *notes);

/* Is the file as long as its headers say? -EBADMSG with the reason if not. */
int elfcore_check_length(const struct elfcore *e, u64 size, struct why *why);

/* Physical memory, by a range that holds it: -ENODATA where none does or the file is cut; zeros
 * where a range leaves its contents out (p_filesz below p_memsz). */
int elfcore_read_phys(const struct elfcore *e, const struct input *in, pa_t pa, void *buf, u64 len);

#endif
