/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ethernet frames: where their parts are, and which are let in. */
#include "frame.h"

#include <string.h>

#include "bytes.h"
#include "lwip/etharp.h"
#include "lwip/prot/iana.h"
#include "lwip/prot/icmp6.h"
#include "lwip/prot/ip.h"
#include "lwip/prot/ip4.h"
#include "lwip/prot/ip6.h"

#define UDP_HEADER 8u

bool frame_layout(const u8 *f, u32 len, struct layout *out)
{
	u32 at = SIZEOF_ETH_HDR;

	if (len < at)
		return false;
	out->type = get_be16(f + 12);
	if (out->type == ETHTYPE_VLAN) {
		if (len < at + SIZEOF_VLAN_HDR)
			return false;
		out->type = get_be16(f + at + 2);
		at += SIZEOF_VLAN_HDR;
	}
	out->l3 = (u16)at;
	out->proto = 0;
	if (out->type == ETHTYPE_IP) {
		if (len < at + IP_HLEN)
			return false;
		out->l4 = (u16)(at + (f[at] & 15) * 4u);
		out->proto = f[at + 9];
	} else if (out->type == ETHTYPE_IPV6) {
		if (len < at + IP6_HLEN)
			return false;
		out->l4 = (u16)(at + IP6_HLEN);
		out->proto = f[at + 6];
	}
	return true;
}

/* RFC 826. Whoever had an address when it was asked for has it: another's word for it, asked for or not,
 * is how a connection is led away. ether_ask_neighbours() is for the one that has really moved. */
static bool arp_believed(struct netif *n, const u8 *arp, u32 len)
{
	const struct etharp_hdr *a = (const void *)arp;
	const ip4_addr_t *known_ip;
	struct eth_addr *known;
	ip4_addr_t ip;

	if (len < SIZEOF_ETHARP_HDR)
		return false;
	memcpy(&ip, &a->sipaddr, sizeof(ip));
	return etharp_find_addr(n, &ip, &known, &known_ip) < 0 ||
	       !memcmp(known, &a->shwaddr, sizeof(*known));
}

/* Routes and prefixes are learned once; what is said of the path, by anybody, is not believed
 * (recovery.c finds out by itself). */
static bool icmp6_wanted(u8 type, bool settled)
{
	return type == ICMP6_TYPE_EREQ || type == ICMP6_TYPE_NS || type == ICMP6_TYPE_NA ||
	       (type == ICMP6_TYPE_RA && !settled);
}

/* ARP, TCP, ICMP, and of UDP only what a DHCP client waits for. Everything else would at best make lwIP
 * answer that it has no use for it; IPv6 extension headers are among it. */
bool frame_wanted(struct netif *n, const u8 *f, u32 len, u16 vlan, bool settled)
{
	struct layout l;
	u16 vid = 0;

	if (!(f[0] & 1) && memcmp(f, n->hwaddr, ETH_HWADDR_LEN))
		return false;
	if (!frame_layout(f, len, &l))
		return false;
	if (get_be16(f + 12) == ETHTYPE_VLAN)
		vid = get_be16(f + SIZEOF_ETH_HDR) & 0xfff;
	if (vid != vlan)
		return false;
	switch (l.type) {
	case ETHTYPE_ARP:
		return arp_believed(n, f + l.l3, len - l.l3);
	case ETHTYPE_IP:
		if (l.proto == IP_PROTO_UDP)
			return !settled && len >= l.l4 + UDP_HEADER &&
			       get_be16(f + l.l4 + 2) == LWIP_IANA_PORT_DHCP_CLIENT;
		return l.proto == IP_PROTO_TCP || l.proto == IP_PROTO_ICMP;
	case ETHTYPE_IPV6:
		return l.proto == IP6_NEXTH_TCP ||
		       (l.proto == IP6_NEXTH_ICMP6 && len > l.l4 && icmp6_wanted(f[l.l4], settled));
	}
	return false;
}
