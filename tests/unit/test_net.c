/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The network half as a whole (sink, lwIP, address configuration, frames) against the host's own
 * TCP/IP over a TAP device: contents, deadlines, endings, and what a wire can do. */
#include "test.h"

#include <unistd.h>

#include "clock.h"
#include "net/tcp_sink.h"
#include "peer.h"
#include "tap.h"
#include "transfer.h"

#define ALL (NETDEV_CSUM | NETDEV_TSO4 | NETDEV_TSO6)
#define NEEDS_TAP                                                                                  \
	do {                                                                                       \
		if (!tap_available())                                                              \
			return;                                                                    \
	} while (0)

static char reason[120];

TEST(spans_by_reference_with_all_offloads)
{
	struct config c = static_v4();
	struct peer p = { 0 };

	NEEDS_TAP;
	tap_reset(ALL);
	CHECK(transfer(&c, &to_v4, &p, (100u << 20) + 12345));
	CHECK(tap.big > tap.frames / 2);
	CHECK_EQ(ram_reads, 0);
	CHECK_EQ(tap.rst, 0);
	CHECK(test_logged("connected to 10.9.0.1:7117"));
}

TEST(without_offloads_everything_is_copied_and_summed)
{
	struct config c = static_v4();
	struct peer p = { 0 };

	NEEDS_TAP;
	tap_reset(0);
	CHECK(transfer(&c, &to_v4, &p, (64u << 20) + 1));
	CHECK_EQ(tap.big, 0);
}

TEST(checksum_offload_alone)
{
	struct config c = static_v4();
	struct peer p = { 0 };

	NEEDS_TAP;
	tap_reset(NETDEV_CSUM);
	CHECK(transfer(&c, &to_v4, &p, 64u << 20));
	CHECK_EQ(tap.big, 0);
	CHECK_EQ(ram_reads, 0);
}

TEST(copy_mode_takes_no_spans)
{
	struct config c = static_v4();
	struct peer p = { 0 };
	struct sink *s;

	NEEDS_TAP;
	tap_reset(ALL);
	peer_start(&p);
	CHECK_EQ(tcp_sink_open(&s, &c, &to_v4, true, reason), 0);
	CHECK_EQ(s->caps, 0);
	CHECK_EQ(send_mixed(s, 64u << 20, 5), 0);
	CHECK_EQ(s->ops->finish(s, 0), 0);
	peer_join(&p);
	CHECK(p.received == 64u << 20 && !p.wrong && !tap.wrong && tap.big);
}

TEST(ipv6_static)
{
	struct config c = static_v6();
	struct peer p = { .address = "fd09::1" };

	NEEDS_TAP;
	tap_reset(ALL);
	CHECK(transfer(&c, &to_v6, &p, 64u << 20));
	CHECK(tap.big > tap.frames / 2);
	tap_reset(0);
	CHECK(transfer(&c, &to_v6, &(struct peer){ .address = "fd09::1" }, 16u << 20));
}

TEST(ipv6_slaac)
{
	struct config c = { .stall_s = 20 };
	struct peer p = { .address = "fd09::1" };
	volatile bool quit = false;
	pthread_t router;

	NEEDS_TAP;
	tap_reset(ALL);
	router_start(&router, &quit);
	CHECK_EQ(system("ip -6 route add fd09:5::/64 dev tap0"), 0);
	CHECK(transfer(&c, &to_v6, &p, 16u << 20));
	quit = true;
	pthread_join(router, NULL);
	CHECK(test_logged("address [fd09:5:"));
	CHECK(test_logged("SLAAC"));
}

TEST(dhcp)
{
	struct config c = { .stall_s = 20 };
	struct peer p = { 0 };
	volatile bool quit = false;
	pthread_t server;

	NEEDS_TAP;
	tap_reset(ALL);
	dhcp_start_server(&server, &quit);
	CHECK(transfer(&c, &to_v4, &p, 16u << 20));
	CHECK(transfer(&c, &to_v4, &(struct peer){ 0 }, 1u << 20));
	quit = true;
	pthread_join(server, NULL);
	CHECK(test_logged("address 10.9.0.77, gateway 10.9.0.1 (DHCP)"));
}

TEST(vlan_tagged)
{
	struct config c = static_v4();
	struct sink *s;

	NEEDS_TAP;
	c.vlan = 5;
	tap_reset(ALL);
	tap_nic[0].vlan = 5;
	CHECK(transfer(&c, &to_v4, &(struct peer){ 0 }, 16u << 20));
	CHECK(tap.big);
	CHECK_EQ(tap.untagged, 0);
	tap_reset(0);
	tap_nic[0].vlan = 5;
	CHECK(transfer(&c, &to_v4, &(struct peer){ 0 }, 4u << 20));
	/* what has another tag or none does not get in */
	tap_reset(ALL);
	clock_speed = 50;
	c.vlan = 6;
	CHECK_EQ(tcp_sink_open(&s, &c, &to_v4, false, reason), -ETIMEDOUT);
	c.vlan = 0;
	tap_nic[0].vlan = 5;
	CHECK_EQ(tcp_sink_open(&s, &c, &to_v4, false, reason), -ETIMEDOUT);
}

TEST(gateway_by_hardware_address)
{
	struct config c = static_v4();
	struct target t = to_v4;
	struct peer p = { .address = "10.77.0.1" };

	NEEDS_TAP;
	tap_reset(ALL);
	CHECK_EQ(system("ip addr add 10.77.0.1/32 dev lo"), 0);
	memcpy(c.ip[0].gateway, (u8[]){ 10, 9, 0, 99 }, 4); /* nobody answers for it */
	c.ip[0].has_gateway = c.has_gwmac = true;
	memcpy(c.gwmac, (u8[]){ 0x52, 0x54, 0, 0, 0, 1 }, 6);
	memcpy(t.host, (u8[]){ 10, 77, 0, 1 }, 4);
	CHECK(transfer(&c, &t, &p, 4u << 20));
	CHECK_EQ(system("ip addr del 10.77.0.1/32 dev lo"), 0);
}

TEST(gateway6_by_hardware_address_and_long_prefix)
{
	struct config c = static_v6();
	struct target t = to_v6;
	struct peer p = { .address = "fd77::1" };

	NEEDS_TAP;
	tap_reset(ALL);
	CHECK_EQ(system("ip -6 addr add fd77::1/128 dev lo nodad"), 0);
	c.ip[0].prefix_len = 128;
	memcpy(c.ip[0].gateway, (u8[16]){ 0xfd, 9, [15] = 0x99 }, 16);
	c.ip[0].has_gateway = c.has_gwmac = true;
	memcpy(c.gwmac, (u8[]){ 0x52, 0x54, 0, 0, 0, 1 }, 6);
	t.host[1] = 0x77;
	CHECK(transfer(&c, &t, &p, 4u << 20));
	CHECK_EQ(system("ip -6 addr del fd77::1/128 dev lo"), 0);
}

TEST(small_and_large_mtu)
{
	struct config c = static_v4();

	NEEDS_TAP;
	tap_reset(ALL);
	c.mtu = 600;
	CHECK(transfer(&c, &to_v4, &(struct peer){ 0 }, 8u << 20));
	CHECK_EQ(system("ip link set tap0 mtu 9000"), 0);
	c.mtu = 9000;
	tap_reset(0);
	CHECK(transfer(&c, &to_v4, &(struct peer){ 0 }, 32u << 20));
	CHECK(tap.frames < (32u << 20) / 4000);
	tap_reset(ALL);
	CHECK(transfer(&c, &to_v4, &(struct peer){ 0 }, 32u << 20));
	CHECK_EQ(system("ip link set tap0 mtu 1500"), 0);
}

TEST(slow_reader_closes_its_window)
{
	struct config c = static_v4();
	struct peer p = { .slow_until = 4u << 20, .rcvbuf = 20000 };

	NEEDS_TAP;
	tap_reset(ALL);
	CHECK(transfer(&c, &to_v4, &p, 16u << 20));
	tap_reset(0);
	p = (struct peer){ .slow_until = 2u << 20, .rcvbuf = 6000 };
	CHECK(transfer(&c, &to_v4, &p, 4u << 20));
}

TEST(loss_duplication_reordering)
{
	struct config c = static_v4();

	NEEDS_TAP;
	for (unsigned int seed = 1; seed <= 2; seed++) {
		tap_reset(seed == 2 ? 0 : ALL);
		tap_faults = (struct tap_faults){ .lose = seed == 2 ? 20 : 200, .duplicate = 50, .reorder = 50, .lag = seed };
		CHECK(transfer(&c, &to_v4, &(struct peer){ 0 }, 24u << 20));
		CHECK(tap.lost);
	}
}

/* A segment of 61 KiB behind a retransmission timeout: cwnd is one MSS, nothing is in flight, lwIP
 * starts no timer. Without stream.c's unstick() the dump hangs here for ever. */
TEST(rto_with_large_segments_does_not_stall)
{
	struct config c = static_v4();
	struct peer p = { 0 };
	struct sink *s;

	NEEDS_TAP;
	tap_reset(ALL);
	c.stall_s = 8;
	peer_start(&p);
	CHECK_EQ(tcp_sink_open(&s, &c, &to_v4, false, reason), 0);
	CHECK_EQ(send_mixed(s, 32u << 20, 7), 0);
	for (u64 off = 32u << 20; off < 40u << 20; off += 4u << 20) {
		tap_faults.mute_until_us = clock_us() + 400 * MS; /* everything in flight is lost */
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

	NEEDS_TAP;
	tap_reset(0);
	tap_faults = (struct tap_faults){ .lag = 40, .reorder = 100, .reorder_by = 6 };
	CHECK(transfer(&c, &to_v4, &(struct peer){ 0 }, 32u << 20));
}

TEST(refused_until_somebody_listens)
{
	struct config c = static_v4();
	struct peer p = { .start_ms = 2300 };

	NEEDS_TAP;
	tap_reset(ALL);
	CHECK(transfer(&c, &to_v4, &p, 1u << 20));
	CHECK(tap.syn >= 3);
}

TEST(failures_in_words)
{
	const struct target far_v4 = { .host = { 10, 10, 0, 1 }, .port = PEER_PORT };
	const struct target far_v6 = { .v6 = true, .host = { 0xfd, 0x10, [15] = 1 }, .port = PEER_PORT };
	struct config c = static_v4(), c6 = static_v6(), none = { .stall_s = 20 };
	struct sink *s;

	NEEDS_TAP;
	tap_reset(ALL);
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

	NEEDS_TAP;
	tap_reset(ALL);
	clock_speed = 40;
	tap_nic[1] = tap_nic[0];
	tap_nic[0].link = false;
	CHECK(transfer(&c, &to_v4, &(struct peer){ 0 }, 1u << 20));
	tap_nic[0].link = tap_nic[0].dead = true;
	CHECK(transfer(&c, &to_v4, &(struct peer){ 0 }, 1u << 20));
	CHECK(test_logged("tap 0000:00:04.0: MAC 52:54:00:00:00:11"));
}

TEST(nic_by_name)
{
	struct config c = static_v4();
	struct sink *s;

	NEEDS_TAP;
	tap_reset(ALL);
	tap_nic[1] = tap_nic[0];
	tap_nic[0].dead = true; /* would cost 30 s */
	c.nic_by = NIC_MAC;
	memcpy(c.nic_mac, (u8[]){ 0x52, 0x54, 0, 0, 0, 0x11 }, 6);
	CHECK(transfer(&c, &to_v4, &(struct peer){ 0 }, 1u << 20));
	c.nic_by = NIC_PCI;
	c.nic_pci.dev = 4;
	CHECK(transfer(&c, &to_v4, &(struct peer){ 0 }, 1u << 20));
	c.nic_pci.dev = 5;
	CHECK_EQ(tcp_sink_open(&s, &c, &to_v4, false, reason), -ENODEV);
	CHECK(!strcmp(reason, "no supported network device that dump.nic= allows starts"));
}

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

TEST(peer_vanishes)
{
	struct config c = static_v4();
	struct peer p = { .stop_reading_at = 3u << 20 };
	struct sink *s = NULL;

	NEEDS_TAP;
	tap_reset(ALL);
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

	NEEDS_TAP;
	tap_reset(ALL);
	c.stall_s = 2;
	peer_start(&p);
	CHECK_EQ(tcp_sink_open(&s, &c, &to_v4, false, reason), 0);
	CHECK_EQ(send_mixed(s, 8u << 20, 3), 0);
	tap_faults.mute = true;
	tap_nic[0].link = false;
	CHECK_EQ(s->ops->write_span(s, 8u << 20, ram_pa + (8u << 20), 16u << 20), -ETIMEDOUT);
	CHECK(strstr(s->reason, "link down"));
	CHECK_EQ(s->ops->finish(s, -ETIMEDOUT), -ETIMEDOUT);
	peer_join(&p);
}

TEST(time_of_the_dump_loop_is_no_stall)
{
	struct config c = static_v4();
	struct peer p = { 0 };
	struct sink *s;

	NEEDS_TAP;
	tap_reset(ALL);
	c.stall_s = 1;
	peer_start(&p);
	CHECK_EQ(tcp_sink_open(&s, &c, &to_v4, false, reason), 0);
	CHECK_EQ(send_mixed(s, 4u << 20, 3), 0);
	tap_faults.mute = true;
	CHECK_EQ(s->ops->write(s, 4u << 20, ram + (4u << 20), 60000), 0);
	usleep(1200000);
	tap_faults.mute = false;
	CHECK_EQ(s->ops->write_span(s, (4u << 20) + 60000, ram_pa + (4u << 20) + 60000, 1u << 20), 0);
	CHECK_EQ(s->ops->finish(s, 0), 0);
	peer_join(&p);
	CHECK(p.received == (5u << 20) + 60000 && !p.wrong);
}

TEST(peer_resets_in_the_middle)
{
	struct config c = static_v4();
	struct peer p = { .reset_at = 5u << 20 };
	struct sink *s = NULL;

	NEEDS_TAP;
	tap_reset(ALL);
	CHECK_EQ(broken_transfer(&c, &p, &s), -ECONNRESET);
	CHECK(strstr(s->reason, "connection reset by 10.9.0.1:7117 after "));
	/* and the second try starts from a clean state */
	CHECK(transfer(&c, &to_v4, &(struct peer){ 0 }, 8u << 20));
}

TEST(device_breaks)
{
	struct config c = static_v4();
	struct sink *s = NULL;

	NEEDS_TAP;
	tap_reset(ALL);
	tap_faults.broken_after = 5u << 20;
	CHECK_EQ(broken_transfer(&c, &(struct peer){ 0 }, &s), -EREMOTEIO);
	tap_reset(0);
	tap_faults.broken_after = 5u << 20;
	CHECK_EQ(broken_transfer(&c, &(struct peer){ 0 }, &s), -EIO);
	CHECK(strstr(s->reason, "tap 0000:00:03.0 failed after "));
	tap_reset(ALL);
	CHECK(transfer(&c, &to_v4, &(struct peer){ 0 }, 8u << 20));
}

TEST(budget_ends_it)
{
	struct config c = static_v4();
	struct sink *s = NULL;

	NEEDS_TAP;
	tap_reset(ALL);
	clock_set_budget(2);
	CHECK_EQ(broken_transfer(&c, &(struct peer){ .stop_reading_at = 1 }, &s), -ETIME);
	CHECK_EQ(tcp_sink_open(&s, &c, &to_v4, false, reason), -ETIME);
}

TEST(failed_dump_ends_in_reset_never_fin)
{
	struct config c = static_v4();
	struct peer p = { 0 };
	struct sink *s;

	NEEDS_TAP;
	tap_reset(ALL);
	peer_start(&p);
	CHECK_EQ(tcp_sink_open(&s, &c, &to_v4, false, reason), 0);
	CHECK_EQ(send_mixed(s, 4u << 20, 3), 0);
	CHECK_EQ(s->ops->finish(s, -ESTALE), -ESTALE);
	peer_join(&p);
	CHECK_EQ(p.end, PEER_RESET);
	CHECK_EQ(tap.fin, 0);
	CHECK(tap.rst > 0);
}

TEST(peer_that_never_closes_is_no_error)
{
	struct config c = static_v4();
	struct peer p = { .stay = true };
	struct sink *s;
	u64 start;

	NEEDS_TAP;
	tap_reset(ALL);
	peer_start(&p);
	CHECK_EQ(tcp_sink_open(&s, &c, &to_v4, false, reason), 0);
	CHECK_EQ(send_mixed(s, 1u << 20, 3), 0);
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

	NEEDS_TAP;
	tap_reset(ALL);
	CHECK(transfer(&c, &to_v4, &(struct peer){ .half_close = true }, 8u << 20));
	CHECK_EQ(tap.rst, 0);
}

TEST(reset_after_the_last_byte_is_an_error)
{
	struct config c = static_v4();
	struct peer p = { .reset_at_end = true };
	struct sink *s;

	NEEDS_TAP;
	tap_reset(ALL);
	peer_start(&p);
	CHECK_EQ(tcp_sink_open(&s, &c, &to_v4, false, reason), 0);
	CHECK_EQ(send_mixed(s, 1u << 20, 3), 0);
	CHECK_EQ(s->ops->finish(s, 0), -ECONNRESET);
	peer_join(&p);
}

TEST(empty_container)
{
	struct config c = static_v4();

	NEEDS_TAP;
	tap_reset(ALL);
	CHECK(transfer(&c, &to_v4, &(struct peer){ 0 }, 0));
	CHECK(transfer(&c, &to_v4, &(struct peer){ 0 }, 1));
}
