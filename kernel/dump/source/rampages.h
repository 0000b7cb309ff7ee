/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The crashed machine's RAM by page frame number: what bitmap 1 of a kdump-compressed dump says. */
#ifndef AFTERIMAGE_RAMPAGES_H
#define AFTERIMAGE_RAMPAGES_H

#include "base.h"

/* Forget what was remembered of the PT_LOADs: the source is another one now. kernel_va_init() calls
 * it, and nothing needs it before the first use. */
void rampages_init(void);

/* One past the highest page frame of any PT_LOAD (p_paddr + p_memsz, rounded up). */
u64 rampages_end(void);

/* Bit i of bitmap (LSB first) := page pfn + i is touched by some PT_LOAD, by p_paddr. pfn and n are
 * multiples of 8. Partial pages count. Ascending calls are the fast ones. */
void rampages_bitmap(u64 pfn, u32 n, u8 *bitmap);

/* The first page of RAM at or after pfn; ~0 when there is none. For skipping holes. */
u64 rampages_next(u64 pfn);

/* Number of distinct pages that rampages_bitmap() ever sets. */
u64 rampages_count(void);

/* Where the contents of physical address pa are to be read: pa itself, but for kexec_load's backup
 * region (p_offset is not p_paddr). Holds up to the end of the page of pa. */
pa_t rampages_contents(pa_t pa);

#endif
