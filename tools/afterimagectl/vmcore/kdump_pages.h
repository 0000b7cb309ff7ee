/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pages of a kdump-compressed dump by their number, in any order. */
#ifndef AFTERIMAGECTL_KDUMP_PAGES_H
#define AFTERIMAGECTL_KDUMP_PAGES_H

#include "vmcore/kdump.h"

struct kdump_pages; /* what was looked up: a few decoded pages, a piece of the bitmap, an index of
		       it */

/* NULL: no memory. Looks at nothing yet. */
struct kdump_pages *kdump_pages_new(const struct kdump *k);
void kdump_pages_free(struct kdump_pages *p);

/* The page's contents: *page belongs to p and is good until the next call. -ENODATA: the dump does
 * not hold it (left out, or cut); else as page_decode(). */
int kdump_pages_get(struct kdump_pages *p, const struct input *in, u64 pfn, const u8 **page);

#endif
