/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The network half as a whole (sink, lwIP, address configuration, frames) against the host's own
 * TCP/IP over a TAP device: every kind of address, offload and MTU. */
#include "unit/test.h"

#include "address.h"
#include "clock.h"
#include "net/tcp_sink.h"
#include "peer.h"
#include "tap.h"
#include "transfer.h"

static char reason[120];

TEST(spans_by_reference_with_all_offloads)
{
	struct config c = static_v4();
	struct peer p = { 0 };

	WITH_TAP(ALL_OFFLOADS);
	CHECK(transfer(&c, &to_v4, &p, (100u << 20) + 12345));
	CHECK(tap.big > tap.frames / 2);
	CHECK_EQ(ram_reads, 0);
	CHECK(closed_in_order());
	CHECK(test_logged("connected to 10.9.0.1:7117"));
}

TEST(without_offloads_everything_is_copied_and_summed)
{
	struct config c = static_v4();
	struct peer p = { 0 };

	WITH_TAP(0);
	CHECK(transfer(&c, &to_v4, &p, (64u << 20) + 1));
	CHECK_EQ(tap.big, 0);
}

TEST(checksum_offload_alone)
{
	struct config c = static_v4();
	struct peer p = { 0 };

	WITH_TAP(NETDEV_CSUM);
	CHECK(transfer(&c, &to_v4, &p, 64u << 20));
	CHECK_EQ(tap.big, 0);
	CHECK_EQ(ram_reads, 0);
}

TEST(copy_mode_takes_no_spans)
{
	struct config c = static_v4();
	struct peer p = { 0 };
	struct sink *s;

	WITH_TAP(ALL_OFFLOADS);
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

	WITH_TAP(ALL_OFFLOADS);
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

	WITH_TAP(ALL_OFFLOADS);
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

	WITH_TAP(ALL_OFFLOADS);
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

	WITH_TAP(ALL_OFFLOADS);
	c.vlan = 5;
	tap_nic[0].vlan = 5;
	CHECK(transfer(&c, &to_v4, &(struct peer){ 0 }, 16u << 20));
	CHECK(tap.big);
	CHECK_EQ(tap.untagged, 0);
	tap_reset(0);
	tap_nic[0].vlan = 5;
	CHECK(transfer(&c, &to_v4, &(struct peer){ 0 }, 4u << 20));
	/* what has another tag or none does not get in */
	tap_reset(ALL_OFFLOADS);
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

	WITH_TAP(ALL_OFFLOADS);
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

	WITH_TAP(ALL_OFFLOADS);
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

	WITH_TAP(ALL_OFFLOADS);
	c.mtu = 600;
	CHECK(transfer(&c, &to_v4, &(struct peer){ 0 }, 8u << 20));
	CHECK_EQ(system("ip link set tap0 mtu 9000"), 0);
	c.mtu = 9000;
	tap_reset(0);
	CHECK(transfer(&c, &to_v4, &(struct peer){ 0 }, 32u << 20));
	CHECK(tap.frames < (32u << 20) / 4000);
	tap_reset(ALL_OFFLOADS);
	CHECK(transfer(&c, &to_v4, &(struct peer){ 0 }, 32u << 20));
	CHECK_EQ(system("ip link set tap0 mtu 1500"), 0);
}

TEST(nic_by_name)
{
	struct config c = static_v4();
	struct sink *s;

	WITH_TAP(ALL_OFFLOADS);
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

TEST(empty_container)
{
	struct config c = static_v4();

	WITH_TAP(ALL_OFFLOADS);
	CHECK(transfer(&c, &to_v4, &(struct peer){ 0 }, 0));
	CHECK(transfer(&c, &to_v4, &(struct peer){ 0 }, 1));
}

static bool prints(const u8 *bytes, bool v6, const char *want)
{
	char text[ADDRESS_TEXT_MAX];

	address_print(bytes, v6, text);
	return !strcmp(text, want);
}

/* RFC 5952: lower case, no leading zeros, one run of zeros left out, but not a single one. */
TEST(addresses_in_print)
{
	CHECK(prints((u8[4]){ 10, 0, 255, 1 }, false, "10.0.255.1"));
	CHECK(prints((u8[16]){ 0xfd, 0xab, 0x0c, 0xde, [15] = 0xef }, true, "[fdab:cde::ef]"));
	CHECK(prints((u8[16]){ [15] = 1 }, true, "[::1]"));
	CHECK(prints((u8[16]){ 0xfe, 0x80 }, true, "[fe80::]"));
	CHECK(prints((u8[16]){ 0x20, 1, 0xd, 0xb8, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1 }, true,
	             "[2001:db8:0:1:1:1:1:1]"));
}
