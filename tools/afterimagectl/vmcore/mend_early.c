// SPDX-License-Identifier: GPL-2.0-or-later
// The table of pages sent before their turn, that our kdump files have in front of bitmap 1.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "vmcore/mend_early.h"

#define HEADER_BYTES 4096u
#define SIGNATURE    "AFTIMGE1"
#define MORE         (1ull << 40) /* above the page frame */
#define PAGES_STEP   1024u

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

/* One descriptor: the page frame it names, and in *more how many pages of zeros follow it. */
static bool early_page_parse(const struct kdump *k, const u8 d[KDUMP_DESC_BYTES],
			     struct early_page *p, u64 *more)
{
	u64 name = get_le64(d + 16);

	*p = (struct early_page){
		name % MORE, { get_le64(d), get_le32(d + 8), get_le32(d + 12), 0 },
	};
	*more = name / MORE;
	return p->pfn < k->max_mapnr && *more < k->max_mapnr - p->pfn && p->page.offset >= k->desc;
}

/* Pages that no table of ours could name are too many: those that came first stay. */
static int early_page_add(struct early_page **pages, u32 *n, const struct early_page *p)
{
	if (*n % PAGES_STEP == 0) {
		struct early_page *more = realloc(*pages, (*n + PAGES_STEP) * sizeof(**pages));

		if (!more)
			return -ENOMEM;
		*pages = more;
	}
	(*pages)[(*n)++] = *p;
	return 0;
}

static u32 without_doubles(struct early_page *pages, u32 n)
{
	u32 kept = 0;

	if (n)
		qsort(pages, n, sizeof(*pages), by_pfn);
	for (u32 i = 0; i < n; i++)
		if (!kept || pages[kept - 1].pfn != pages[i].pfn)
			pages[kept++] = pages[i];
	return kept;
}

int early_pages_read(const struct kdump *k, const struct input *in, u64 from,
		     struct early_page **pages, u32 *n)
{
	struct early_page p;
	u64 off = 0, more;
	u32 count = find_table(k, in, &off);
	int err = 0;

	*n = 0;
	*pages = NULL;
	for (u32 i = 0; i < count && !err; i++) {
		u8 d[KDUMP_DESC_BYTES];

		if (input_read(in, off + (u64)i * sizeof(d), d, sizeof(d)) || !get_le32(d + 8))
			break;
		if (!early_page_parse(k, d, &p, &more))
			continue;
		for (u64 end = p.pfn + more; p.pfn <= end && *n < EARLY_PAGES_MAX && !err; p.pfn++)
			if (p.pfn >= from)
				err = early_page_add(pages, n, &p);
	}
	*n = without_doubles(*pages, *n);
	return err;
}
