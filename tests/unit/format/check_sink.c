/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sink of check_sink.h. */
#include "check_sink.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void PRINTF(2, 3) complain(struct check_sink *c, const char *fmt, ...)
{
	va_list ap;

	if (c->complaint[0])
		return; /* the first one counts */
	va_start(ap, fmt);
	vsnprintf(c->complaint, sizeof(c->complaint), fmt, ap);
	va_end(ap);
}

/* Bookkeeping of every write; false when it is out of bounds or comes twice. */
static bool take(struct check_sink *c, u64 off, u64 len)
{
	u64 last = c->want->size;

	if (!len || off % PAGE_SIZE || len % PAGE_SIZE || off > last || len > last - off) {
		complain(c, "write of %llu bytes at %llu of %llu", len, off, last);
		return false;
	}
	if (!(c->sink.caps & SINK_SEEK) && off != c->at)
		complain(c, "stream: at %llu instead of %llu", off, c->at);
	for (u64 p = off / PAGE_SIZE; p < (off + len) / PAGE_SIZE; p++)
		if (c->seen[p]++)
			complain(c, "page at %llu twice", p * PAGE_SIZE);
	c->at = off + len;
	c->sink.accepted += len;
	c->sink.settled = c->sink.accepted;
	return true;
}

/* Where order is free, the low 16 MiB come last. */
static void check_order(struct check_sink *c, u64 off, u64 len)
{
	for (u64 end = off + len; off < end; off += PAGE_SIZE) {
		u64 left, pa = vmcore_locate(c->want, off, &left);

		if (!left || !(c->sink.caps & SINK_SEEK))
			continue;
		if (pa < LOW_16M)
			c->low_began = true;
		else if (c->low_began)
			complain(c, "0x%llx after the low 16 MiB", pa);
	}
}

static int check_write(struct sink *s, u64 off, const void *buf, u32 len)
{
	struct check_sink *c = (struct check_sink *)s;
	u8 *want = malloc(len);

	if (take(c, off, len)) {
		vmcore_read(c->want, off, want, len);
		if (memcmp(want, buf, len))
			complain(c, "bytes differ in %u at %llu", len, off);
		check_order(c, off, len);
	}
	free(want);
	return s->accepted > c->fail_at ? -EPIPE : 0;
}

static int check_write_span(struct sink *s, u64 off, pa_t pa, u64 len)
{
	struct check_sink *c = (struct check_sink *)s;
	u64 left;

	if (!(s->caps & SINK_TAKES_SPAN))
		complain(c, "a span that nobody asked for");
	if (take(c, off, len)) {
		if (vmcore_locate(c->want, off, &left) != pa || left < len)
			complain(c, "span 0x%llx, %llu bytes, does not belong at %llu", pa, len, off);
		if (pa < LOW_16M)
			complain(c, "span in the low 16 MiB: 0x%llx", pa);
		if (c->low_began)
			complain(c, "span 0x%llx after the low 16 MiB", pa);
		c->span_bytes += len;
	}
	return s->accepted > c->fail_at ? -EPIPE : 0;
}

static int check_finish(struct sink *s, int status) { return (void)s, status; }

void check_sink_open(struct check_sink *c, const struct vmcore *want, unsigned int caps)
{
	static const struct sink_ops ops = { .write = check_write, .write_span = check_write_span, .finish = check_finish };

	*c = (struct check_sink){ .want = want, .fail_at = ~0ull };
	c->sink.ops = &ops;
	c->sink.caps = caps;
	c->seen = calloc(1, want->size / PAGE_SIZE + 1);
}

const char *check_sink_close(struct check_sink *c)
{
	for (u64 p = 0; p < c->want->size / PAGE_SIZE; p++)
		if (!c->seen[p])
			complain(c, "page at %llu never came", p * PAGE_SIZE);
	free(c->seen);
	return c->complaint;
}
