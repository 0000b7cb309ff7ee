/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the crashed kernel had its RAM and itself mapped: what an elfcorehdr's p_vaddr says. */
#ifndef AFTERIMAGE_OLDMAP_H
#define AFTERIMAGE_OLDMAP_H

#include "base.h"

struct oldmap {
	u64 page_offset; /* virtual address of physical 0 in the direct mapping; 0: not known */
	u64 text;        /* virtual address of the kernel image; 0: not known */
	pa_t text_pa;
	u64 text_len;    /* from _stext to the end of the image, in 2 MiB pages */
};

/* By the page tables that VMCOREINFO names (kernel_va.h; Documentation/x86/x86_64/mm.rst). What
 * does not agree with itself stays unknown. */
void oldmap_find(struct oldmap *m);

#endif
