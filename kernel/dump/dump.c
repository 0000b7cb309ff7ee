/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Spans of old RAM to the sink, and the progress line. */
#include "dump/dump.h"

#include "clock.h"
#include "dump/source/oldmem.h"
#include "heartbeat.h"
#include "log.h"

#define SPAN_BYTES (2 * MIB) /* asked for and handed on at a time */

ALIGNED(4096) u8 dump_page[PAGE_SIZE];

static int copy_span(struct sink *s, struct dump_stats *st, u64 off, pa_t pa, u64 len)
{
	int err = 0;

	while (len && !err) {
		u64 n = MIN(len, PAGE_SIZE);

		st->unreadable += oldmem_read(dump_page, pa, n);
		err = s->ops->write(s, off, dump_page, (u32)n);
		off += n;
		pa += n;
		len -= n;
		dump_progress(s, st);
	}
	return err;
}

int dump_span(struct sink *s, struct dump_stats *st, u64 off, pa_t pa, u64 len)
{
	int err = 0;

	while (len && !err) {
		u64 n = MIN(len, SPAN_BYTES - (pa & (SPAN_BYTES - 1)));

		if ((s->caps & SINK_TAKES_SPAN) && oldmem_dma_ok(pa, n))
			err = s->ops->write_span(s, off, pa, n);
		else
			err = copy_span(s, st, off, pa, n);
		if (!err && clock_expired())
			err = -ETIME;
		st->pages += n / PAGE_SIZE;
		off += n;
		pa += n;
		len -= n;
		dump_progress(s, st);
	}
	return err;
}

void dump_progress(const struct sink *s, struct dump_stats *st)
{
	u64 moved = st->pages + st->ram_done, now = clock_us();
	u64 us = now - st->started_us, total = st->total, rate, left;

	if (moved != st->moved)
		heartbeat_moved();
	st->moved = moved;
	if (now < st->next_line_us)
		return;
	st->next_line_us = now + SEC;
	/* if all of RAM shrinks like the part that was looked at */
	if (st->ram_done)
		total = s->settled / st->ram_done * st->ram_pages +
		        s->settled % st->ram_done * st->ram_pages / st->ram_done;
	rate = s->settled / (us / 1000 + 1) * 1000;
	left = rate ? (total - MIN(s->settled, total)) / rate : 0;
	log_info("%llu%% %llu/%llu MiB, %llu MiB/s, %llu s left",
	         total ? s->settled / (total / 100 + 1) : 0, s->settled / MIB, total / MIB,
	         rate / MIB, left);
}
