/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Dumps of every kind for the network tests: what is sent, and whether it arrived. */
#include "transfer.h"

#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "net/tcp_sink.h"
#include "tap.h"

struct config static_v4(void)
{
	struct config c = { .stall_s = 20, .n_ip = 1 };

	c.ip[0] = (struct ip_config){ .autoconf = IP_STATIC, .has_client = true, .prefix_len = 24,
		                      .client = { 10, 9, 0, 2 } };
	return c;
}

struct config static_v6(void)
{
	struct config c = { .stall_s = 20, .n_ip = 1 };

	c.ip[0] = (struct ip_config){ .autoconf = IP_STATIC, .has_client = true, .prefix_len = 64, .v6 = true,
		                      .client = { 0xfd, 9, [15] = 2 } };
	return c;
}

const struct target to_v4 = { .host = { 10, 9, 0, 1 }, .port = PEER_PORT };
const struct target to_v6 = { .v6 = true, .host = { 0xfd, 9, [15] = 1 }, .port = PEER_PORT };

int send_mixed(struct sink *s, u64 total, unsigned int seed)
{
	u64 off = 0;
	int err = 0;

	while (off < total && !err) {
		u64 left = MIN(total - off, RAM_BYTES - off % RAM_BYTES);
		u64 n = 1 + (u64)rand_r(&seed) % 3000;

		if ((s->caps & SINK_TAKES_SPAN) && !(off & PAGE_MASK) && left >= PAGE_SIZE) {
			n = PAGE_SIZE << rand_r(&seed) % 10;
			n = MIN(n, ALIGN_DOWN(left, PAGE_SIZE));
			err = s->ops->write_span(s, off, ram_pa + off % RAM_BYTES, n);
		} else {
			if (!(s->caps & SINK_TAKES_SPAN))
				n = 1 + (u64)rand_r(&seed) % 70000;
			else if (rand_r(&seed) % 2)
				n = PAGE_SIZE - (off & PAGE_MASK);
			n = MIN(n, left);
			err = s->ops->write(s, off, ram + off % RAM_BYTES, (u32)n);
		}
		off += n;
	}
	return err;
}

struct sink *transfer_begin(const struct config *c, struct peer *p, u64 total)
{
	char reason[120];
	struct sink *s;

	peer_start(p);
	if (tcp_sink_open(&s, c, &to_v4, false, reason)) {
		fprintf(stderr, "open: %s\n", reason);
		return NULL;
	}
	if (send_mixed(s, total, 3)) {
		fprintf(stderr, "%s\n", s->reason);
		return NULL;
	}
	return s;
}

bool closed_in_order(void) { return tap.fin && tap.rst < tap.fin; }

bool transfer(const struct config *c, const struct target *t, struct peer *p, u64 total)
{
	char reason[120];
	struct sink *s;
	u64 start;
	int err;

	peer_start(p);
	err = tcp_sink_open(&s, c, t, false, reason);
	if (err) {
		fprintf(stderr, "open: %s\n", reason);
		peer_join(p);
		return false;
	}
	start = clock_us();
	err = send_mixed(s, total, 42);
	if (!err)
		err = s->ops->finish(s, 0);
	else
		s->ops->finish(s, err);
	start = clock_us() - start;
	peer_join(p);
	if (getenv("TEST_VERBOSE"))
		fprintf(stderr, "%llu MiB/s, %llu frames, %llu large, %llu lost, %llu kicks\n",
		        (unsigned long long)(total / (start + 1)), (unsigned long long)tap.frames,
		        (unsigned long long)tap.big, (unsigned long long)tap.lost,
		        (unsigned long long)tap.kicks);
	if (err || p->received != total || p->wrong || tap.wrong || p->end != PEER_EOF || s->settled != total)
		fprintf(stderr, "%d %s: received %llu of %llu, %llu wrong, %llu wrong frames, end %d\n", err,
		        s->reason, (unsigned long long)p->received, (unsigned long long)total,
		        (unsigned long long)p->wrong, (unsigned long long)tap.wrong, p->end);
	return !err && p->received == total && !p->wrong && !tap.wrong && p->end == PEER_EOF &&
	       s->settled == total;
}
