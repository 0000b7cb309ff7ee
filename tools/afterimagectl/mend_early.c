// SPDX-License-Identifier: GPL-2.0-or-later
// The table of pages sent before their turn, that our kdump files have in front of bitmap 1.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "mend_early.h"

#define HEADER_BYTES 4096u
#define SIGNATURE    "AFTIMGE1"

static int by_pfn(const void *a, const void *b)
{
	const struct early_page *x = a, *y = b;

	return (x->pfn > y->pfn) - (x->pfn < y->pfn);
}

/* Where the table lies; 0 descriptors: there is none. */
static u32 find_table(const struct kdump *k, const struct input *in, u64 *off)
{
	u8 h[24];
	u64 count;

	if (k->bitmap1 < HEADER_BYTES || input_read(in, k->bitmap1 - HEADER_BYTES, h, sizeof(h)) ||
	    memcmp(h, SIGNATURE, 8))
		return 0;
	*off = get_le64(h + 8);
	count = get_le64(h + 16);
	if (count > EARLY_PAGES_MAX || *off > k->bitmap1 ||
	    count * KDUMP_DESC_BYTES > k->bitmap1 - *off)
		return 0;
	return (u32)count;
}

static bool early_page_parse(const struct kdump *k, const u8 d[KDUMP_DESC_BYTES],
			     struct early_page *p)
{
	*p = (struct early_page){
		get_le64(d + 16), { get_le64(d), get_le32(d + 8), get_le32(d + 12), 0 },
	};
	return p->pfn < k->max_mapnr && p->page.offset >= k->desc;
}

int early_pages_read(const struct kdump *k, const struct input *in, u64 from,
		     struct early_page **pages, u32 *n)
{
	u64 off = 0;
	u32 count = find_table(k, in, &off), kept = 0;

	*n = 0;
	*pages = calloc(count + 1, sizeof(**pages));
	if (!*pages)
		return -ENOMEM;
	for (u32 i = 0; i < count; i++) {
		u8 d[KDUMP_DESC_BYTES];

		if (input_read(in, off + (u64)i * sizeof(d), d, sizeof(d)) || !get_le32(d + 8))
			break;
		if (early_page_parse(k, d, &(*pages)[kept]) && (*pages)[kept].pfn >= from)
			kept++;
	}
	qsort(*pages, kept, sizeof(**pages), by_pfn);
	for (u32 i = 0; i < kept; i++)
		if (!*n || (*pages)[*n - 1].pfn != (*pages)[i].pfn)
			(*pages)[(*n)++] = (*pages)[i];
	return 0;
}
