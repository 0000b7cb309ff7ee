/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The network half over a TAP device, as in test_net.c: what a wire and a peer may do without being
 * broken costs no byte. */
#include "unit/test.h"

#include <unistd.h>

#include "clock.h"
#include "lwip/priv/tcp_priv.h"
#include "peer.h"
#include "tap.h"
#include "transfer.h"

TEST(slow_reader_closes_its_window)
{
	struct config c = static_v4();
	struct peer p = { .slow_until = 4u << 20, .rcvbuf = 20000 };

	WITH_TAP(ALL_OFFLOADS);
	CHECK(transfer(&c, &to_v4, &p, 16u << 20));
	tap_reset(0);
	p = (struct peer){ .slow_until = 2u << 20, .rcvbuf = 6000 };
	CHECK(transfer(&c, &to_v4, &p, 4u << 20));
}

TEST(loss_duplication_reordering)
{
	struct config c = static_v4();

	WITH_TAP(ALL_OFFLOADS);
	for (unsigned int seed = 1; seed <= 2; seed++) {
		tap_reset(seed == 2 ? 0 : ALL_OFFLOADS);
		tap_faults = (struct tap_faults){ .lose = seed == 2 ? 20 : 200, .duplicate = 50, .reorder = 50, .lag = seed };
		CHECK(transfer(&c, &to_v4, &(struct peer){ 0 }, 24u << 20));
		CHECK(tap.lost);
	}
}

/* lwIP's stall: behind a loss the congestion window is smaller than the segment of up to 61 KiB at the
 * head of its queue, nothing is in flight, and it starts no timer. Without stream.c's unstick() the dump
 * hangs here for ever. */
TEST(segment_larger_than_the_window_does_not_stall)
{
	const u32 span = 27 * PAGE_SIZE; /* two large segments, the second not full: it waits for more */
	struct config c = static_v4();
	struct peer p = { 0 };
	u64 off = 8u << 20;
	struct sink *s;

	WITH_TAP(ALL_OFFLOADS);
	c.stall_s = 4;
	s = transfer_begin(&c, &p, off);
	CHECK(s);
	for (int i = 0; i < 8; i++, off += PAGE_SIZE * 2) { /* until everything is acknowledged */
		usleep(5000);
		CHECK_EQ(s->ops->write(s, off, ram + off, PAGE_SIZE * 2), 0);
	}
	tap_faults.mute = true;
	CHECK_EQ(s->ops->write_span(s, off, ram_pa + off, span), 0);
	tap_faults.mute = false;
	CHECK(tcp_active_pcbs->unsent && tcp_active_pcbs->unsent->len > 10 * 1460);
	tcp_active_pcbs->cwnd = tcp_active_pcbs->ssthresh = 10 * 1460; /* as behind a loss */
	CHECK_EQ(s->ops->finish(s, 0), 0);
	peer_join(&p);
	CHECK(p.received == off + span && !p.wrong && !tap.wrong);
}

TEST(everything_in_flight_is_lost)
{
	struct config c = static_v4();
	struct peer p = { 0 };
	struct sink *s;

	WITH_TAP(ALL_OFFLOADS);
	c.stall_s = 8;
	s = transfer_begin(&c, &p, 32u << 20);
	CHECK(s);
	for (u64 off = 32u << 20; off < 40u << 20; off += 4u << 20) {
		tap_faults.mute_until_us = clock_us() + 400 * MS;
		CHECK_EQ(s->ops->write_span(s, off, ram_pa + off, 4u << 20), 0);
	}
	CHECK_EQ(s->ops->finish(s, 0), 0);
	peer_join(&p);
	CHECK(tap.lost);
	CHECK(p.received == 40u << 20 && !p.wrong && !tap.wrong);
}

TEST(device_that_reads_late_never_sees_other_bytes)
{
	struct config c = static_v4();

	WITH_TAP(0);
	tap_faults = (struct tap_faults){ .lag = 40, .reorder = 100, .reorder_by = 6 };
	CHECK(transfer(&c, &to_v4, &(struct peer){ 0 }, 32u << 20));
}

TEST(refused_until_somebody_listens)
{
	struct config c = static_v4();
	struct peer p = { .start_ms = 2300 };

	WITH_TAP(ALL_OFFLOADS);
	CHECK(transfer(&c, &to_v4, &p, 1u << 20));
	CHECK(tap.syn >= 3);
}

TEST(time_of_the_dump_loop_is_no_stall)
{
	struct config c = static_v4();
	struct peer p = { 0 };
	struct sink *s;

	WITH_TAP(ALL_OFFLOADS);
	c.stall_s = 1;
	s = transfer_begin(&c, &p, 4u << 20);
	CHECK(s);
	tap_faults.mute = true;
	CHECK_EQ(s->ops->write(s, 4u << 20, ram + (4u << 20), 60000), 0);
	usleep(1200000);
	tap_faults.mute = false;
	CHECK_EQ(s->ops->write_span(s, (4u << 20) + 60000, ram_pa + (4u << 20) + 60000, 1u << 20), 0);
	CHECK_EQ(s->ops->finish(s, 0), 0);
	peer_join(&p);
	CHECK(p.received == (5u << 20) + 60000 && !p.wrong);
}

TEST(peer_that_never_closes_is_no_error)
{
	struct config c = static_v4();
	struct peer p = { .stay = true };
	struct sink *s;
	u64 start;

	WITH_TAP(ALL_OFFLOADS);
	s = transfer_begin(&c, &p, 1u << 20);
	CHECK(s);
	clock_speed = 5;
	start = clock_us();
	CHECK_EQ(s->ops->finish(s, 0), 0);
	CHECK(clock_us() - start >= 5 * SEC && clock_us() - start < 7 * SEC);
	CHECK_EQ(tap.rst, 0);
	peer_join(&p);
	CHECK_EQ(p.end, PEER_EOF);
	CHECK_EQ(p.received, 1u << 20);
}

TEST(peer_that_closes_its_side_first)
{
	struct config c = static_v4();

	WITH_TAP(ALL_OFFLOADS);
	CHECK(transfer(&c, &to_v4, &(struct peer){ .half_close = true }, 8u << 20));
	CHECK(closed_in_order());
}
