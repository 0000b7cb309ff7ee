/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which pages the dump level leaves out, by the crashed kernel's struct pages. It fails open: any
 * doubt keeps the page. */
#ifndef AFTERIMAGE_FILTER_H
#define AFTERIMAGE_FILTER_H

#include "base.h"

/* Bits of dump.level= (makedumpfile(8) -d). */
enum {
	LEVEL_ZERO = 1,          /* pages of zeros: the containers look, at copy time */
	LEVEL_CACHE = 2,         /* page cache without private data */
	LEVEL_CACHE_PRIVATE = 4, /* all page cache */
	LEVEL_USER = 8,
	LEVEL_FREE = 16,
	LEVEL_MAX = 31,
};

#define FILTER_PAGES 16384u /* pages that one filter_apply() may be given */

/* Read what VMCOREINFO says of struct page and mem_section. Returns the level in force: bits for
 * which something is missing or absurd are off, each told in one line. Pages that must never be
 * read (hwpoison, offline, unaccepted, or where no memory is: absent.h) are found at every level, 0
 * too, where the kernel tells. Without this call all pages stay. kernel_va_init() must have been called. */
unsigned int filter_init(unsigned int level);

/* Start over at any page: a block of pages (a huge page, a buddy) may reach over the end of one
 * filter_apply(). */
void filter_begin(void);

/* Decide pages pfn .. pfn + n (n at most FILTER_PAGES, pfn and n multiples of 8; calls in ascending
 * order since filter_begin(), gaps allowed).
 *
 * Bit i of keep (LSB first) is set on entry where the page is RAM; it is cleared where the level
 * leaves the page out, or the page must never be read. never (may be NULL) := the latter alone,
 * whole among the pages that the level would keep. keep may be NULL, in all calls since
 * filter_begin(): then every page counts as RAM, the level as 0, and never is whole. LEVEL_ZERO is
 * not looked at here. */
void filter_apply(u64 pfn, u32 n, u8 *keep, u8 *never);

/* Does page frame pfn belong to a slab, memory of the kernel's own objects? Pages *first .. *first + *n
 * are all of it; one of more than FILTER_SLAB_PAGES (SLUB's largest) is none. After filter_init(). */
#define FILTER_SLAB_PAGES 8u
bool filter_finds_slab(u64 pfn, u64 *first, u32 *n);

#endif
