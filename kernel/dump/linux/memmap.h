/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The crashed kernel's struct pages by page frame number: SPARSEMEM_EXTREME's mem_section, as every
 * x86_64 kernel has it. */
#ifndef AFTERIMAGE_MEMMAP_H
#define AFTERIMAGE_MEMMAP_H

#include "base.h"

/* sizeof(struct page) that are believed: 56 or 64 everywhere, more with debug options. */
#define MEMMAP_PAGE_MIN 40u
#define MEMMAP_PAGE_MAX 512u

/* Read what VMCOREINFO says of mem_section, and see that it leads to struct pages. Returns
 * sizeof(struct page); 0, told, when there is no way to them. kernel_va_init() must have been
 * called. */
u32 memmap_init(void);

/* Copy the struct pages of page frames pfn .. pfn + n to dst. False: some are not there or cannot
 * be read, dst is undefined. */
bool memmap_read(void *dst, u64 pfn, u32 n);

/* Does the crashed kernel know of RAM there? What cannot be read says nothing. */
enum memmap_word { MEMMAP_SILENT, MEMMAP_RAM, MEMMAP_NO_RAM };
enum memmap_word memmap_says(u64 pfn);

#endif
