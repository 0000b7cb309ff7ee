/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The accounts of settled.h. */
#include "dump/disk/settled.h"

#include "clock.h"

#define STALL_BYTES MIB /* contract: less than this in dump.stall= seconds is a stall */

void settled_begin(struct settled *s, u64 stall_us)
{
	*s = (struct settled){ .stall_us = stall_us, .window_us = clock_us() };
}

void settled_section(struct settled *s)
{
	s->high = 0;
	s->front = 0;
	s->tail = ~0ull;
}

/* No byte settles twice, although containers write some again: headers and bitmaps at their front,
 * blocks at their end that were not full. Counted are what goes on from the front, up to the tail, and
 * from there on what is behind all others: perhaps less than there is, never more. */
static void count(struct settled *s, u64 start, u64 end)
{
	if (start <= s->front) {
		u64 to = MAX(MIN(end, s->tail), s->front);

		s->bytes += to - s->front;
		s->front = to;
	} else if (end > s->high) {
		u64 from = MAX(start, s->high);

		s->bytes += end - from;
		s->tail = MIN(s->tail, from);
	}
	s->high = MAX(s->high, end);
}

int settled_add(struct settled *s, u64 start, u64 end)
{
	u64 now = clock_us();

	count(s, start, end);
	if (s->bytes - s->window_bytes < STALL_BYTES)
		return now - s->window_us > s->stall_us ? -ETIMEDOUT : 0;
	s->window_bytes = s->bytes;
	s->window_us = now;
	return 0;
}
