/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sink behind dump.to=tcp://: one container over one TCP connection. */
#include "tcp_sink.h"

#include <string.h>

#include "clock.h"
#include "ether.h"
#include "heartbeat.h"
#include "log.h"
#include "ring.h"
#include "stream.h"
#include "tcp_connect.h"

#define FEED_BYTES  4096u         /* worth a call into TCP */
#define POLL_BYTES  (6 * 1024u)   /* looked at the device at least so often */
#define STALL_BYTES MIB           /* less than this in dump.stall= seconds: failed */
#define PEER_FIN_US (5 * SEC)
#define RST_US      (200 * MS)    /* the RST leaves, and a challenge to it (RFC 5961 3.2) is answered */

static struct tcp_sink {
	struct sink sink; /* first: a struct sink pointer is one of ours */
	struct stream st;
	struct ring ring;
	struct netdev *dev;
	char peer[PEER_TEXT_MAX];
	u32 stall_s;
	u32 unpolled;     /* bytes accepted since the device was looked at */
	u64 polled_us;    /* since when time has not been counted as waiting */
	u64 stalled_us;   /* waited while fewer than STALL_BYTES behind stall_mark were acknowledged */
	u64 stall_mark;
	bool spans;       /* old RAM went by reference */
} tcp;

static int fail_closed(struct tcp_sink *t)
{
	int err = t->st.error ? t->st.error : -EPIPE;

	format(t->sink.reason, REASON_MAX, "connection %s by %s after %llu bytes",
	       err == -ECONNRESET ? "reset" : "broken off", t->peer, (unsigned long long)t->st.acked);
	return err;
}

static int fail_device(struct tcp_sink *t)
{
	format(t->sink.reason, REASON_MAX, "%s failed after %llu bytes", t->dev->name,
	       (unsigned long long)t->st.acked);
	return t->spans ? -EREMOTEIO : -EIO;
}

/* Only time spent waiting here counts: what the dump loop does between two calls is no fault of the
 * peer. To be called at the beginning of each call. */
static void stall_begin(struct tcp_sink *t)
{
	t->polled_us = clock_us();
	if (t->st.acked == t->st.given) {
		t->stall_mark = t->st.acked;
		t->stalled_us = 0;
	}
}

static int stall_check(struct tcp_sink *t)
{
	u64 now = clock_us(), acked = t->st.acked;

	t->stalled_us += now - t->polled_us;
	t->polled_us = now;
	if (acked - t->stall_mark >= STALL_BYTES) {
		t->stall_mark = acked;
		t->stalled_us = 0;
	}
	if (!t->stall_s || t->stalled_us < t->stall_s * SEC)
		return 0;
	format(t->sink.reason, REASON_MAX, "stalled: %llu bytes acknowledged by %s in %u s%s",
	       (unsigned long long)(acked - t->stall_mark), t->peer, t->stall_s,
	       t->dev->ops->link_up(t->dev) ? "" : ", link down");
	return -ETIMEDOUT;
}

/* Everything that has to happen all the time. A closed connection is the caller's to judge. */
static int tend(struct tcp_sink *t)
{
	t->unpolled = 0;
	if (ether_poll())
		return fail_device(t);
	stream_tend(&t->st);
	ether_kick();
	/* an acknowledged segment's resend may still be with the device: its bytes must stay */
	if (ring_holds_before(&t->ring, t->st.done) &&
	    !ether_sending_before(stream_seq(&t->st, t->st.done)))
		ring_release(&t->ring, t->st.done);
	if (t->st.acked != t->sink.settled)
		heartbeat_moved();
	t->sink.settled = t->st.acked;
	if (clock_expired()) {
		format(t->sink.reason, REASON_MAX, "dump.timeout= is over after %llu bytes",
		       (unsigned long long)t->st.acked);
		return -ETIME;
	}
	return stall_check(t);
}

static int tend_open(struct tcp_sink *t)
{
	int err = tend(t);

	if (!err && !t->st.pcb)
		err = fail_closed(t);
	return err;
}

/* Hand on what was copied, as far as the window lets it out now. */
static void feed(struct tcp_sink *t)
{
	const u8 *p;
	u32 n;

	while ((n = ring_peek(&t->ring, &p)) && ring_can_take(&t->ring, t->st.given)) {
		n = stream_room(&t->st, n);
		if (!n || stream_give(&t->st, p, n))
			break;
		ring_take(&t->ring, n, t->st.given - n);
	}
	stream_push(&t->st, false);
}

static int tcp_write_bytes(struct sink *s, u64 off, const void *buf, u32 len)
{
	struct tcp_sink *t = (struct tcp_sink *)s;
	const u8 *p = buf;
	int err = 0;

	if (off != s->accepted)
		panic("stream sink: offset %llu after %llu bytes", off, s->accepted);
	stall_begin(t);
	while (!err) {
		u32 n = ring_put(&t->ring, p, len);

		p += n;
		len -= n;
		s->accepted += n;
		t->unpolled += n;
		if (len || t->ring.head - t->ring.given >= FEED_BYTES)
			feed(t);
		if (len || t->unpolled >= POLL_BYTES)
			err = tend_open(t);
		if (!len)
			break;
		clock_relax();
	}
	return err;
}

/* Wait until everything copied so far is handed to TCP. */
static int drain_ring(struct tcp_sink *t)
{
	int err = 0;

	feed(t);
	while (!err && t->ring.given != t->ring.head) {
		err = tend_open(t);
		feed(t);
		clock_relax();
	}
	return err;
}

static int tcp_write_span(struct sink *s, u64 off, pa_t pa, u64 len)
{
	struct tcp_sink *t = (struct tcp_sink *)s;
	int err;

	if (off != s->accepted)
		panic("stream sink: offset %llu after %llu bytes", off, s->accepted);
	stall_begin(t);
	err = drain_ring(t);
	t->spans = true;
	while (!err && len) {
		u32 n = stream_room(&t->st, len);

		if (n && stream_give(&t->st, (const void *)pa, n))
			n = 0;
		stream_push(&t->st, false);
		pa += n;
		len -= n;
		s->accepted += n;
		t->unpolled += n;
		if (!n || t->unpolled >= POLL_BYTES)
			err = tend_open(t);
		if (!n)
			clock_relax();
	}
	return err;
}

/* FIN behind the last byte; everything acknowledged; then the peer's FIN, for which a receiver that
 * only stores the stream may have no reason. Its RST says that it did not take the end. */
static int close_whole(struct tcp_sink *t)
{
	u64 end;
	int err;

	stall_begin(t);
	err = drain_ring(t);
	if (err)
		return err;
	stream_push(&t->st, true);
	stream_close(&t->st);
	/* check_stall() sees bytes only: a peer that vanishes before it has the FIN is noticed here */
	for (end = clock_us() + t->stall_s * SEC; !err && !stream_fin_acked(&t->st);) {
		err = tend(t);
		if (!err && t->st.acked == t->st.given && clock_us() >= end) {
			format(t->sink.reason, REASON_MAX, "stalled: %s does not acknowledge the end",
			       t->peer);
			err = -ETIMEDOUT;
		}
		clock_relax();
	}
	if (err)
		return err;
	for (end = clock_us() + PEER_FIN_US; t->st.pcb && !t->st.peer_fin && clock_us() < end;) {
		err = tend(t);
		if (err)
			return err;
		clock_relax();
	}
	if ((!t->st.pcb && t->st.error) || t->st.acked != t->sink.accepted)
		return fail_closed(t);
	if (t->st.pcb && !t->st.peer_fin)
		log_info("%s keeps its side open", t->peer);
	return 0;
}

static int tcp_finish(struct sink *s, int status)
{
	struct tcp_sink *t = (struct tcp_sink *)s;
	int err = status ? status : close_whole(t);

	if (err) {
		stream_abort(&t->st);
		(void)WAIT_FOR((ether_kick(), ether_poll()), RST_US);
	} else {
		stream_forget(&t->st);
	}
	ether_detach();
	s->settled = t->st.acked;
	return err;
}

static const struct sink_ops tcp_ops = {
	.write = tcp_write_bytes,
	.write_span = tcp_write_span,
	.finish = tcp_finish,
};

int tcp_sink_open(struct sink **out, const struct config *cfg, const struct target *t, bool copy_mode,
                  char reason[120])
{
	int err;

	memset(&tcp, 0, sizeof(tcp));
	err = tcp_connect_any(&tcp.st, &tcp.dev, cfg, t, reason);
	if (err)
		return err;
	ring_reset(&tcp.ring);
	peer_print(t, tcp.peer);
	tcp.sink.ops = &tcp_ops;
	tcp.stall_s = cfg->stall_s;
	/* without a device that sums checksums the CPU must look at every byte anyway */
	if ((tcp.dev->caps & NETDEV_CSUM) && !copy_mode)
		tcp.sink.caps = SINK_TAKES_SPAN;
	*out = &tcp.sink;
	return 0;
}
