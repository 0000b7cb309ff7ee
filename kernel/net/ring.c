/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes that were copied for a stream, kept until nobody can send them again. */
#include "ring.h"

#include <string.h>

static u8 ring_bytes[RING_BYTES] ALIGNED(64) OVERLAY(net);

static u32 ring_index(u64 pos) { return (u32)(pos % RING_BYTES); }

void ring_reset(struct ring *r) { memset(r, 0, sizeof(*r)); }

u32 ring_put(struct ring *r, const u8 *p, u32 len)
{
	u32 n = MIN(len, RING_BYTES - (u32)(r->head - r->tail));
	u32 until_end = MIN(n, RING_BYTES - ring_index(r->head));

	memcpy(ring_bytes + ring_index(r->head), p, until_end);
	memcpy(ring_bytes, p + until_end, n - until_end);
	r->head += n;
	return n;
}

u32 ring_peek(const struct ring *r, const u8 **p)
{
	*p = ring_bytes + ring_index(r->given);
	return MIN((u32)(r->head - r->given), RING_BYTES - ring_index(r->given));
}

static struct ring_extent *extent_last(struct ring *r)
{
	return r->count ? &r->extent[(r->first + r->count - 1) % RING_EXTENTS] : NULL;
}

bool ring_can_take(const struct ring *r, u64 stream_off)
{
	const struct ring_extent *last = extent_last((struct ring *)r);

	return r->count < RING_EXTENTS || last->stream_off + last->len == stream_off;
}

void ring_take(struct ring *r, u32 n, u64 stream_off)
{
	struct ring_extent *last = extent_last(r);

	if (!last || last->stream_off + last->len != stream_off) {
		r->count++;
		last = extent_last(r);
		*last = (struct ring_extent){ .stream_off = stream_off };
	}
	last->len += n;
	r->given += n;
}

bool ring_holds_before(const struct ring *r, u64 done)
{
	return r->count && r->extent[r->first].stream_off < done;
}

void ring_release(struct ring *r, u64 done)
{
	while (ring_holds_before(r, done)) {
		struct ring_extent *e = &r->extent[r->first];
		u32 n = (u32)MIN((u64)e->len, done - e->stream_off);

		r->tail += n;
		e->stream_off += n;
		e->len -= n;
		if (e->len)
			return;
		r->first = (r->first + 1) % RING_EXTENTS;
		r->count--;
	}
}
