/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The network half over a TAP device, as in test_net.c, when it does not work out: the error, its
 * words, and how the connection ends. */
#include "unit/test.h"

#include "clock.h"
#include "net/tcp_sink.h"
#include "peer.h"
#include "tap.h"
#include "transfer.h"

static char reason[120];

/* Open, send until it breaks, finish with the error. */
static int broken_transfer(const struct config *c, struct peer *p, struct sink **s)
{
	int err;

	peer_start(p);
	err = tcp_sink_open(s, c, &to_v4, false, reason);
	if (!err)
		err = send_mixed(*s, 1u << 30, 3);
	if (err && *s)
		(*s)->ops->finish(*s, err);
	peer_join(p);
	return err;
}

TEST(failures_in_words)
{
	const struct target far_v4 = { .host = { 10, 10, 0, 1 }, .port = PEER_PORT };
	const struct target far_v6 = { .v6 = true, .host = { 0xfd, 0x10, [15] = 1 }, .port = PEER_PORT };
	struct config c = static_v4(), c6 = static_v6(), none = { .stall_s = 20 };
	struct sink *s;

	WITH_TAP(ALL_OFFLOADS);
	clock_speed = 40;
	CHECK_EQ(tcp_sink_open(&s, &c, &to_v4, false, reason), -ECONNREFUSED);
	CHECK(!strcmp(reason, "connection refused by 10.9.0.1:7117"));
	CHECK(tap.syn >= 5); /* 30 on an idle machine: one a second */
	CHECK_EQ(tcp_sink_open(&s, &c, &far_v4, false, reason), -EHOSTUNREACH);
	CHECK(!strcmp(reason, "10.10.0.1 is on another network and there is no gateway"));
	CHECK_EQ(tcp_sink_open(&s, &c6, &far_v6, false, reason), -EHOSTUNREACH);
	CHECK(!strcmp(reason, "[fd10::1] is on another network and there is no gateway"));
	tap_nic[0].dead = true;
	CHECK_EQ(tcp_sink_open(&s, &c, &to_v4, false, reason), -ETIMEDOUT);
	CHECK(!strcmp(reason, "no answer from 10.9.0.1:7117 in 30 s"));
	CHECK_EQ(tcp_sink_open(&s, &none, &to_v4, false, reason), -ETIMEDOUT);
	CHECK(!strcmp(reason, "no DHCP offer in 20 s"));
	CHECK_EQ(tcp_sink_open(&s, &none, &to_v6, false, reason), -ETIMEDOUT);
	CHECK(!strcmp(reason, "no router advertisement in 10 s"));
	tap_nic[0].link = false;
	CHECK_EQ(tcp_sink_open(&s, &c, &to_v4, false, reason), -ENETDOWN);
	CHECK(!strcmp(reason, "link down on tap 0000:00:03.0"));
	tap_nic[0].present = false;
	CHECK_EQ(tcp_sink_open(&s, &c, &to_v4, false, reason), -ENODEV);
	CHECK(!strcmp(reason, "no supported network device that starts"));
}

TEST(second_nic_when_the_first_is_dead)
{
	struct config c = static_v4();

	WITH_TAP(ALL_OFFLOADS);
	clock_speed = 40;
	tap_nic[1] = tap_nic[0];
	tap_nic[0].link = false;
	CHECK(transfer(&c, &to_v4, &(struct peer){ 0 }, 1u << 20));
	tap_nic[0].link = tap_nic[0].dead = true;
	CHECK(transfer(&c, &to_v4, &(struct peer){ 0 }, 1u << 20));
	CHECK(test_logged("tap 0000:00:04.0: MAC 52:54:00:00:00:11"));
}

TEST(peer_vanishes)
{
	struct config c = static_v4();
	struct peer p = { .stop_reading_at = 3u << 20 };
	struct sink *s = NULL;

	WITH_TAP(ALL_OFFLOADS);
	c.stall_s = 2;
	CHECK_EQ(broken_transfer(&c, &p, &s), -ETIMEDOUT);
	CHECK(strstr(s->reason, "stalled: ") && strstr(s->reason, "in 2 s"));
	CHECK(p.received >= 3u << 20 && !p.wrong);
}

TEST(wire_goes_dead)
{
	struct config c = static_v4();
	struct peer p = { 0 };
	struct sink *s;

	WITH_TAP(ALL_OFFLOADS);
	c.stall_s = 2;
	s = transfer_begin(&c, &p, 8u << 20);
	CHECK(s);
	tap_faults.mute = true;
	tap_nic[0].link = false;
	CHECK_EQ(s->ops->write_span(s, 8u << 20, ram_pa + (8u << 20), 16u << 20), -ETIMEDOUT);
	CHECK(strstr(s->reason, "link down"));
	CHECK_EQ(s->ops->finish(s, -ETIMEDOUT), -ETIMEDOUT);
	peer_join(&p);
}

TEST(peer_resets_in_the_middle)
{
	struct config c = static_v4();
	struct peer p = { .reset_at = 5u << 20 };
	struct sink *s = NULL;

	WITH_TAP(ALL_OFFLOADS);
	CHECK_EQ(broken_transfer(&c, &p, &s), -ECONNRESET);
	CHECK(strstr(s->reason, "connection reset by 10.9.0.1:7117 after "));
	/* and the second try starts from a clean state */
	CHECK(transfer(&c, &to_v4, &(struct peer){ 0 }, 8u << 20));
}

TEST(device_breaks)
{
	struct config c = static_v4();
	struct sink *s = NULL;

	WITH_TAP(ALL_OFFLOADS);
	tap_faults.broken_after = 5u << 20;
	CHECK_EQ(broken_transfer(&c, &(struct peer){ 0 }, &s), -EREMOTEIO);
	tap_reset(0);
	tap_faults.broken_after = 5u << 20;
	CHECK_EQ(broken_transfer(&c, &(struct peer){ 0 }, &s), -EIO);
	CHECK(strstr(s->reason, "tap 0000:00:03.0 failed after "));
	tap_reset(ALL_OFFLOADS);
	CHECK(transfer(&c, &to_v4, &(struct peer){ 0 }, 8u << 20));
}

TEST(budget_ends_it)
{
	struct config c = static_v4();
	struct sink *s = NULL;

	WITH_TAP(ALL_OFFLOADS);
	clock_set_budget(2);
	CHECK_EQ(broken_transfer(&c, &(struct peer){ .stop_reading_at = 1 }, &s), -ETIME);
	CHECK_EQ(tcp_sink_open(&s, &c, &to_v4, false, reason), -ETIME);
}

TEST(failed_dump_ends_in_reset_never_fin)
{
	struct config c = static_v4();
	struct peer p = { 0 };
	struct sink *s;

	WITH_TAP(ALL_OFFLOADS);
	s = transfer_begin(&c, &p, 4u << 20);
	CHECK(s);
	CHECK_EQ(s->ops->finish(s, -ESTALE), -ESTALE);
	peer_join(&p);
	CHECK_EQ(p.end, PEER_RESET);
	CHECK_EQ(tap.fin, 0);
	CHECK(tap.rst > 0);
}

TEST(reset_after_the_last_byte_is_an_error)
{
	struct config c = static_v4();
	struct peer p = { .reset_at_end = true };
	struct sink *s;

	WITH_TAP(ALL_OFFLOADS);
	s = transfer_begin(&c, &p, 1u << 20);
	CHECK(s);
	CHECK_EQ(s->ops->finish(s, 0), -ECONNRESET);
	peer_join(&p);
}
