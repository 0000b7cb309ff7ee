// SPDX-License-Identifier: GPL-2.0-or-later
// How much of a stream has come, by what its container tells while it is still coming.
#include <string.h>

#include "vmcore/stream.h"

#define BITMAP_MAX (64 * MIB) /* of machines up to 2 TiB: looking must not take long */

/* Descriptors are stored in order: how many of `kept` are there? */
static u64 count_described(const struct kdump *k, const struct input *in, u64 kept)
{
	u64 low = 0, high = kept;

	while (low < high) {
		u64 middle = low + (high - low) / 2;
		struct kdump_page page;

		if (!kdump_desc_read(k, in, middle, &page) && !kdump_page_lost(&page))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static u64 count_kept(const struct kdump *k, const struct input *in)
{
	struct kdump_walk w = kdump_walk_of(k, in, k->bitmap2);
	u8 chunk[KDUMP_CHUNK];
	u64 kept = 0;

	while (!kdump_walk_next(&w, chunk))
		for (u64 i = 0; i < w.len; i++)
			kept += (u64)__builtin_popcount(chunk[i]);
	return kept;
}

/* The capture kernel goes through RAM once, and decides on the way what it keeps: what counts is
 * how far in RAM the last described page lies. */
static double share_of_kdump(const struct input *in)
{
	u8 ram[KDUMP_CHUNK], kept[KDUMP_CHUNK];
	u64 described, seen = 0, pages = 0, passed = 0;
	struct why why = { "" };
	struct kdump_walk w;
	struct kdump k;

	if (kdump_open(&k, in, &why) || k.bitmap_bytes > BITMAP_MAX)
		return -1;
	described = count_described(&k, in, count_kept(&k, in));
	for (w = kdump_walk_of(&k, in, k.bitmap1); !kdump_walk_next(&w, ram);) {
		if (input_read(in, k.bitmap2 + w.at, kept, w.len))
			memset(kept, 0, sizeof(kept));
		for (u64 i = 0; i < w.len; i++) {
			pages += (u64)__builtin_popcount(ram[i]);
			if (seen >= described)
				continue;
			seen += (u64)__builtin_popcount(kept[i]);
			passed = pages;
		}
	}
	return pages ? (double)passed / (double)pages : -1;
}

double stream_share(struct stream *s)
{
	struct input in = input_of_file(s->out->fd, 0, s->size);
	u64 expected = stream_expected(s);
	u8 magic[CONTAINER_SNIFF];

	if (expected)
		return MIN((double)s->size / (double)expected, 1.0);
	if (!s->flattened || input_read(&in, 0, magic, sizeof(magic)) ||
	    container_sniff(magic, sizeof(magic)) != CONTAINER_KDUMP)
		return -1;
	return share_of_kdump(&in);
}
