// SPDX-License-Identifier: GPL-2.0-or-later
// Flattened dumps: records, and an index that lets one be read as if it were rearranged.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "flat.h"

#define MAX_EXTENTS (1u << 24) /* 384 MiB of index */

bool flat_sniff(const u8 *p)
{
	static const u8 signature[16] = FLAT_SIGNATURE;

	return !memcmp(p, signature, sizeof(signature)) && get_be64(p + 16) == FLAT_TYPE &&
	       get_be64(p + 24) == FLAT_VERSION;
}

int flat_record(const u8 header[FLAT_RECORD], struct flat_record *r, struct why *why)
{
	r->offset = get_be64(header);
	r->size = get_be64(header + 8);
	if (r->offset == ~0ull && r->size == ~0ull)
		return 1;
	if (r->offset > FLAT_LIMIT || !r->size || r->size > FLAT_LIMIT - r->offset)
		return refuse(why, -EBADMSG, "impossible record: offset 0x%llx, size 0x%llx",
			      r->offset, r->size);
	return 0;
}

static int map_add(struct flat_map *map, struct flat_extent e, struct why *why)
{
	if (map->count == map->room) {
		size_t room = map->room ? 2 * map->room : 1024;
		struct flat_extent *p;

		if (map->count >= MAX_EXTENTS)
			return refuse(why, -E2BIG, "more than %u records", MAX_EXTENTS);
		p = realloc(map->extent, room * sizeof(*p));
		if (!p)
			return refuse(why, -ENOMEM, "no memory for the index of the records");
		map->extent = p;
		map->room = room;
	}
	map->extent[map->count++] = e;
	map->size = MAX(map->size, e.offset + e.size);
	return 0;
}

static int by_offset(const void *a, const void *b)
{
	const struct flat_extent *x = a, *y = b;

	if (x->offset != y->offset)
		return x->offset < y->offset ? -1 : 1;
	return x->position < y->position ? -1 : 1;
}

/* Sort, and make disjoint: where records overlap, the one that begins first is read. */
static void map_sort(struct flat_map *map)
{
	size_t kept = 0;
	u64 reached = 0;

	if (map->count)
		qsort(map->extent, map->count, sizeof(*map->extent), by_offset);
	for (size_t i = 0; i < map->count; i++) {
		struct flat_extent e = map->extent[i];
		u64 twice = e.offset < reached ? MIN(reached - e.offset, e.size) : 0;

		map->overlapping += twice;
		e.offset += twice;
		e.position += twice;
		e.size -= twice;
		if (!e.size)
			continue;
		reached = e.offset + e.size;
		map->extent[kept++] = e;
	}
	map->count = kept;
}

int flat_map_build(struct flat_map *map, const struct input *in, struct why *why)
{
	u64 pos = FLAT_START;
	u8 header[FLAT_RECORD];
	struct flat_record r;
	int err = 0;

	memset(map, 0, sizeof(*map));
	while (!map->ended) {
		u64 here;

		if (pos > in->size || in->size - pos < FLAT_RECORD) {
			refuse(why, 0, "cut after %llu bytes: no end record", in->size);
			break;
		}
		err = input_read(in, pos, header, sizeof(header));
		if (err)
			return err;
		err = flat_record(header, &r, why);
		if (err < 0)
			return err;
		pos += FLAT_RECORD;
		map->ended = err > 0;
		if (map->ended)
			break;
		here = MIN(r.size, in->size - pos);
		if (here)
			err = map_add(map, (struct flat_extent){ r.offset, here, pos }, why);
		if (err)
			return err;
		if (here < r.size) {
			refuse(why, 0, "cut after %llu bytes, within a record", in->size);
			break;
		}
		pos += r.size;
	}
	if (map->ended)
		map->trailing = in->size - pos;
	map_sort(map);
	return 0;
}

void flat_map_free(struct flat_map *map)
{
	free(map->extent);
	memset(map, 0, sizeof(*map));
}

struct input flat_map_view(const struct flat_map *map, const struct input *in)
{
	struct input view = *in;

	view.map = map;
	view.size = map->size;
	return view;
}

/* The first extent that ends behind off; count if there is none. */
static size_t map_find(const struct flat_map *map, u64 off)
{
	size_t lo = 0, hi = map->count;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (map->extent[mid].offset + map->extent[mid].size <= off)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

u64 flat_map_next(const struct input *view, u64 off)
{
	size_t i = map_find(view->map, off);

	return i < view->map->count ? MAX(off, view->map->extent[i].offset) : view->size;
}

int flat_map_read(const struct input *view, u64 off, void *buf, u64 len)
{
	const struct flat_map *map = view->map;
	struct input raw = *view;
	size_t i = map_find(map, off);
	u8 *dst = buf;
	u64 n;

	raw.map = NULL;
	raw.size = ~0ull; /* the extents lie within the file: map_build has seen to it */
	for (; len; dst += n, off += n, len -= n) {
		const struct flat_extent *e = i < map->count ? &map->extent[i] : NULL;
		int err = 0;

		if (e && e->offset <= off) {
			n = MIN(len, e->offset + e->size - off);
			err = input_read(&raw, e->position + off - e->offset, dst, n);
			i += off + n == e->offset + e->size;
		} else { /* a hole */
			n = e ? MIN(len, e->offset - off) : len;
			memset(dst, 0, n);
		}
		if (err)
			return err;
	}
	return 0;
}
