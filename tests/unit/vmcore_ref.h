/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc/vmcore by its own rules (fs/proc/vmcore.c), as an oracle: reads everything into tables first,
 * as Linux does, and shares no code with the kernel under test. */
#ifndef AFTERIMAGE_VMCORE_REF_H
#define AFTERIMAGE_VMCORE_REF_H

#include "base.h"

struct vmcore_chunk {
	u64 off, pa, len;
};

struct vmcore {
	u8 *head;      /* headers and notes, page-rounded */
	u64 head_len;
	struct vmcore_chunk *chunk;
	size_t chunks;
	u64 size;
};

/* From the elfcorehdr at pa in the fake memory. */
void vmcore_open(struct vmcore *v, u64 pa);
void vmcore_close(struct vmcore *v);
/* Where container offset `off` comes from; *left = bytes from there to the end of its range. */
u64 vmcore_locate(const struct vmcore *v, u64 off, u64 *left);
void vmcore_read(const struct vmcore *v, u64 off, void *dst, u64 len);

#endif
