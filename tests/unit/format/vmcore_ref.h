/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc/vmcore by its own rules (fs/proc/vmcore.c), split by those of makedumpfile -E where pages are
 * left out, as an oracle: reads everything into tables first and shares no code with the kernel under
 * test. */
#ifndef AFTERIMAGE_VMCORE_REF_H
#define AFTERIMAGE_VMCORE_REF_H

#include "base.h"

#define VMCORE_ZEROS (~0ull)

struct vmcore_chunk {
	u64 off, pa, len; /* pa may be VMCORE_ZEROS */
};

/* What a level does to page frames; a rule may be NULL. */
struct vmcore_level {
	bool (*left_out)(u64 pfn);
	bool (*never)(u64 pfn);
};

struct vmcore {
	u8 *head;      /* headers and notes, page-rounded */
	u64 head_len;
	struct vmcore_chunk *chunk;
	size_t chunks, room;
	u64 size;
};

/* From the elfcorehdr at pa in the fake memory. */
void vmcore_open(struct vmcore *v, u64 pa);
void vmcore_open_level(struct vmcore *v, u64 pa, const struct vmcore_level *level);
void vmcore_close(struct vmcore *v);
/* Where container offset `off` comes from, perhaps VMCORE_ZEROS; *left = bytes from there to the end
 * of its range. */
u64 vmcore_locate(const struct vmcore *v, u64 off, u64 *left);
void vmcore_read(const struct vmcore *v, u64 off, void *dst, u64 len);

#endif
