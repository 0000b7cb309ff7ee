// SPDX-License-Identifier: GPL-2.0-or-later
// Random access to kdump-compressed dumps: which descriptor is a page's, by an index over bitmap2.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vmcore/kdump_pages.h"
#include "vmcore/page_decode.h"

#define SLOTS 64u /* decoded pages that are kept, by the low bits of their number */

struct slot {
	u64 pfn;
	bool full;
	u8 page[PAGE_SIZE];
};

struct kdump_pages {
	const struct kdump *k;
	u64 *before; /* descriptors of all chunks before this one; NULL: not indexed yet */
	u64 chunk;   /* that `bitmap` holds; ~0: none */
	u8 bitmap[KDUMP_CHUNK];
	struct slot slot[SLOTS];
};

struct kdump_pages *kdump_pages_new(const struct kdump *k)
{
	struct kdump_pages *p = calloc(1, sizeof(*p));

	if (p) {
		p->k = k;
		p->chunk = ~0ull;
	}
	return p;
}

void kdump_pages_free(struct kdump_pages *p)
{
	if (p)
		free(p->before);
	free(p);
}

static u64 bits_set(const u8 *bitmap, u64 bytes)
{
	u64 n = 0;

	for (u64 i = 0; i < bytes; i++)
		n += (u64)__builtin_popcount(bitmap[i]);
	return n;
}

/* One pass over bitmap2, holes left out. Chunks behind the end of a cut file have no pages. */
static int index_build(struct kdump_pages *p, const struct input *in)
{
	u64 chunks = (p->k->bitmap_bytes + KDUMP_CHUNK - 1) / KDUMP_CHUNK, sum = 0, done = 0;
	struct kdump_walk walk = kdump_walk_of(p->k, in, p->k->bitmap2);
	u64 *before = malloc((chunks + 1) * sizeof(*before));

	if (!before)
		return -ENOMEM;
	while (!kdump_walk_next(&walk, p->bitmap)) {
		u64 chunk = walk.at / KDUMP_CHUNK;

		while (done <= chunk)
			before[done++] = sum;
		sum += bits_set(p->bitmap, walk.len);
	}
	while (done <= chunks)
		before[done++] = sum;
	p->before = before;
	return 0;
}

/* The place of the page's descriptor in the table, counted from 0. */
static int find_position(struct kdump_pages *p, const struct input *in, u64 pfn, u64 *position)
{
	u64 chunk = pfn / 8 / KDUMP_CHUNK, byte = pfn / 8 % KDUMP_CHUNK;
	int err = p->before ? 0 : index_build(p, in);
	struct kdump_walk walk;

	if (err)
		return err;
	if (p->before[chunk] == p->before[chunk + 1])
		return -ENODATA;
	if (p->chunk != chunk) {
		p->chunk = ~0ull;
		walk = kdump_walk_of(p->k, in, p->k->bitmap2);
		walk.next = chunk * KDUMP_CHUNK;
		err = kdump_walk_next(&walk, p->bitmap);
		if (err)
			return err;
		p->chunk = chunk;
	}
	if (!(p->bitmap[byte] >> (pfn % 8) & 1))
		return -ENODATA;
	*position = p->before[chunk] + bits_set(p->bitmap, byte) +
		    (u64)__builtin_popcount(p->bitmap[byte] & ((1u << (pfn % 8)) - 1));
	return 0;
}

int kdump_pages_get(struct kdump_pages *p, const struct input *in, u64 pfn, const u8 **page)
{
	struct slot *slot = &p->slot[pfn % SLOTS];
	struct kdump_page desc;
	u64 position;
	int err;

	*page = slot->page;
	if (slot->full && slot->pfn == pfn)
		return 0;
	if (pfn >= p->k->max_mapnr)
		return -ENODATA;
	slot->full = false;
	err = find_position(p, in, pfn, &position);
	if (!err)
		err = kdump_desc_read(p->k, in, position, &desc);
	if (!err)
		err = kdump_page_lost(&desc) ? -ENODATA : page_decode(in, &desc, slot->page);
	slot->full = !err;
	slot->pfn = pfn;
	return err;
}
