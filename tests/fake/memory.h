/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A physical memory for tests: every address holds a pattern until a test writes there, so that
 * terabytes cost nothing. Implements kernel/map.h for what only reads. */
#ifndef AFTERIMAGE_FAKE_MEMORY_H
#define AFTERIMAGE_FAKE_MEMORY_H

#include "base.h"

extern u64 mem_limit; /* map_physical_limit(); 2^46 after mem_reset() */

/* Called by peek() before it reads, if set: memory that changes under the reader. */
extern void (*mem_on_peek)(pa_t pa, u64 len);

void mem_reset(void);
void mem_write(pa_t pa, const void *src, u64 len);
/* The page faults from now on. */
void mem_fault(pa_t page);
/* What a reader should see: faulting pages and those beyond mem_limit as zeros. */
void mem_read(void *dst, pa_t pa, u64 len);

/* Back to what was there at mem_mark(), but for pages that fault: a machine made once, written to in
 * each run. */
void mem_mark(void);
void mem_back(void);

/* Our image, as large as a small real one, at an address that the linker chose. */
#define FAKE_IMAGE_BYTES 65536

/* Another memory, with what was left in it: several machines, each made once. */
#define MEM_STORES 16
void mem_use(unsigned int store);

#endif
