/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An address for the interface: as ip= says, from DHCP, or from router advertisements. */
#include "address.h"

#include <string.h>

#include "clock.h"
#include "ether.h"
#include "log.h"
#include "lwip/dhcp.h"
#include "lwip/etharp.h"
#include "lwip/nd6.h"
#include "lwip/priv/nd6_priv.h"
#include "lwip_hooks.h"

#define DHCP_US  (20 * SEC)
#define SLAAC_US (10 * SEC)

/* What lwIP asks net_gateway6() about. */
static struct {
	ip6_addr_t to;              /* the target */
	const struct ip_config *ip; /* the static IPv6 configuration in use, or NULL */
	ip6_addr_t gateway;
	ip6_addr_t on_link;         /* the destination itself, when the prefix says so */
} route6;

ip_addr_t address_of(const u8 *bytes, bool v6)
{
	ip_addr_t a;

	memset(&a, 0, sizeof(a));
	if (v6) {
		IP_SET_TYPE_VAL(a, IPADDR_TYPE_V6);
		memcpy(ip_2_ip6(&a)->addr, bytes, 16);
	} else {
		IP_SET_TYPE_VAL(a, IPADDR_TYPE_V4);
		memcpy(&ip_2_ip4(&a)->addr, bytes, 4);
	}
	return a;
}

void address_print(const u8 *bytes, bool v6, char out[ADDRESS_TEXT_MAX])
{
	ip_addr_t a = address_of(bytes, v6);
	char text[ADDRESS_TEXT_MAX - 2];

	format(out, ADDRESS_TEXT_MAX, v6 ? "[%s]" : "%s", ipaddr_ntoa_r(&a, text, sizeof(text)));
	for (char *c = out; *c; c++) /* RFC 5952 4.3 */
		if (*c >= 'A' && *c <= 'F')
			*c += 'a' - 'A';
}

/* The first ip= that serves the target's family; NULL: none, use DHCP or SLAAC. */
static const struct ip_config *address_choose(const struct config *cfg, const struct target *t)
{
	for (unsigned int i = 0; i < cfg->n_ip; i++)
		if (cfg->ip[i].v6 == t->v6)
			return &cfg->ip[i];
	return NULL;
}

static u32 mask4(u8 prefix_len)
{
	return prefix_len ? __builtin_bswap32(~0u << (32 - MIN(prefix_len, (u8)32))) : 0;
}

static void static_v4(struct netif *n, const struct ip_config *ip)
{
	ip4_addr_t addr, mask, gw = { 0 };

	memcpy(&addr.addr, ip->client, 4);
	mask.addr = mask4(ip->prefix_len);
	if (ip->has_gateway)
		memcpy(&gw.addr, ip->gateway, 4);
	netif_set_addr(n, &addr, &mask, &gw);
}

static bool prefix_match(const u8 *a, const u8 *b, unsigned int bits)
{
	unsigned int whole = MIN(bits, 128u) / 8, rest = MIN(bits, 128u) % 8;

	return !memcmp(a, b, whole) && (!rest || !((a[whole] ^ b[whole]) >> (8 - rest)));
}

/* lwIP takes a static address for a /64; the real prefix and the gateway are told here. */
const struct ip6_addr *net_gateway6(const struct ip6_addr *dest)
{
	if (!route6.ip)
		return NULL;
	ip6_addr_copy(route6.on_link, *dest);
	if (prefix_match((const u8 *)dest->addr, route6.ip->client, route6.ip->prefix_len))
		return &route6.on_link;
	return route6.ip->has_gateway ? &route6.gateway : NULL;
}

static void static_v6(struct netif *n, const struct ip_config *ip)
{
	ip_addr_t addr = address_of(ip->client, true);

	route6.ip = ip;
	memcpy(route6.gateway.addr, ip->gateway, 16);
	netif_ip6_addr_set(n, 1, ip_2_ip6(&addr));
	netif_ip6_addr_set_state(n, 1, IP6_ADDR_PREFERRED);
	/* "dynamic, for ever": then lwIP assumes no /64 around it and asks net_gateway6() */
	netif_ip6_addr_set_valid_life(n, 1, IP6_ADDR_LIFE_INFINITE);
	netif_ip6_addr_set_pref_life(n, 1, IP6_ADDR_LIFE_INFINITE);
}

/* dump.gwmac=: the gateway's hardware address, so that nobody has to be asked. */
static void gateway_mac(const struct config *cfg, struct netif *n, bool v6)
{
	struct eth_addr mac;

	if (!cfg->has_gwmac)
		return;
	memcpy(mac.addr, cfg->gwmac, sizeof(mac.addr));
	if (!v6) {
		if (!ip4_addr_isany_val(*netif_ip4_gw(n)))
			etharp_add_static_entry(netif_ip4_gw(n), &mac);
		return;
	}
	if (!route6.ip || !route6.ip->has_gateway)
		return;
	nd6_clear_destination_cache();
	ip6_addr_copy(neighbor_cache[0].next_hop_address, route6.gateway);
	memcpy(neighbor_cache[0].lladdr, cfg->gwmac, sizeof(cfg->gwmac));
	neighbor_cache[0].netif = n;
	neighbor_cache[0].isrouter = 1; /* never recycled */
	neighbor_cache[0].state = ND6_REACHABLE;
	neighbor_cache[0].counter.reachable_time = ~0u;
}

/* A server may offer anything: what cannot be ours is not taken, and asked for again. */
static bool have_dhcp(struct netif *n)
{
	const ip4_addr_t *a = netif_ip4_addr(n);

	if (!dhcp_supplied_address(n))
		return false;
	if (!ip4_addr_isany(a) && !ip4_addr_isloopback(a) && !ip4_addr_ismulticast(a) &&
	    !ip4_addr_isbroadcast(a, n))
		return true;
	dhcp_release_and_stop(n);
	dhcp_start(n);
	return false;
}

/* Does an advertised prefix or router lead to the target? */
static bool have_route6(void)
{
	for (unsigned int i = 0; i < LWIP_ND6_NUM_PREFIXES; i++)
		if (prefix_list[i].invalidation_timer &&
		    ip6_addr_netcmp_zoneless(&prefix_list[i].prefix, &route6.to))
			return true;
	for (unsigned int i = 0; i < LWIP_ND6_NUM_ROUTERS; i++)
		if (default_router_list[i].neighbor_entry && default_router_list[i].invalidation_timer)
			return true;
	return false;
}

/* A global address from an advertised prefix, usable at once (no duplicate detection), and a route. */
static bool have_slaac(struct netif *n)
{
	for (s8_t i = 1; i < LWIP_IPV6_NUM_ADDRESSES; i++) {
		if (ip6_addr_istentative(netif_ip6_addr_state(n, i)))
			netif_ip6_addr_set_state(n, i, IP6_ADDR_PREFERRED);
		if (ip6_addr_ispreferred(netif_ip6_addr_state(n, i)) && have_route6())
			return true;
	}
	n->rs_count = 1; /* keep soliciting, once a second */
	return false;
}

static int wait_for(struct netif *n, bool (*have)(struct netif *n), u64 us, const char *what,
                    char reason[REASON_MAX])
{
	u64 end = clock_us() + us;

	while (!have(n)) {
		if (clock_us() >= end) {
			format(reason, REASON_MAX, "no %s in %llu s", what,
			       (unsigned long long)(us / SEC));
			return -ETIMEDOUT;
		}
		if (clock_expired()) {
			format(reason, REASON_MAX, "dump.timeout= is over while waiting for %s", what);
			return -ETIME;
		}
		if (ether_poll()) {
			format(reason, REASON_MAX, "the network device failed");
			return -EIO;
		}
		ether_kick();
		clock_relax();
	}
	return 0;
}

static int settle_v4(struct netif *n, const struct ip_config *ip, char reason[REASON_MAX])
{
	if (ip && ip->autoconf == IP_STATIC) {
		static_v4(n, ip);
		return 0;
	}
	if (dhcp_start(n) != ERR_OK) {
		format(reason, REASON_MAX, "DHCP does not start on an MTU of %u", n->mtu);
		return -EINVAL;
	}
	return wait_for(n, have_dhcp, DHCP_US, "DHCP offer", reason);
}

static int settle_v6(struct netif *n, const struct ip_config *ip, const struct target *t,
                     char reason[REASON_MAX])
{
	ip_addr_t to = address_of(t->host, true);

	netif_create_ip6_linklocal_address(n, 1);
	netif_ip6_addr_set_state(n, 0, IP6_ADDR_PREFERRED);
	if (ip && ip->autoconf == IP_STATIC) {
		static_v6(n, ip);
		return 0;
	}
	if (ip6_addr_islinklocal(ip_2_ip6(&to)))
		return 0;
	ip6_addr_copy(route6.to, *ip_2_ip6(&to));
	netif_set_ip6_autoconfig_enabled(n, 1);
	return wait_for(n, have_slaac, SLAAC_US, "router advertisement", reason);
}

/* What was learned holds until the dump has ended, however short a lease or lifetime was said to be: an
 * address that goes away takes the connection with it. */
static void settle(struct netif *n)
{
	struct dhcp *d = netif_dhcp_data(n);

	if (d)
		d->t0_timeout = d->t1_renew_time = d->t2_rebind_time = 0;
	for (s8_t i = 1; i < LWIP_IPV6_NUM_ADDRESSES; i++) {
		netif_ip6_addr_set_valid_life(n, i, IP6_ADDR_LIFE_INFINITE);
		netif_ip6_addr_set_pref_life(n, i, IP6_ADDR_LIFE_INFINITE);
	}
	for (unsigned int i = 0; i < LWIP_ND6_NUM_ROUTERS; i++)
		if (default_router_list[i].invalidation_timer)
			default_router_list[i].invalidation_timer = IP6_ADDR_LIFE_INFINITE;
	for (unsigned int i = 0; i < LWIP_ND6_NUM_PREFIXES; i++)
		if (prefix_list[i].invalidation_timer)
			prefix_list[i].invalidation_timer = IP6_ADDR_LIFE_INFINITE;
	ether_settled();
}

/* Better told now than found out by silence. Routers that announced themselves are lwIP's matter. */
static int route_check(struct netif *n, const struct target *t, char reason[REASON_MAX])
{
	ip_addr_t to = address_of(t->host, t->v6);
	char text[ADDRESS_TEXT_MAX];

	if (t->v6 ? !route6.ip || ip6_addr_islinklocal(ip_2_ip6(&to)) || net_gateway6(ip_2_ip6(&to))
	          : ip4_addr_netcmp(ip_2_ip4(&to), netif_ip4_addr(n), netif_ip4_netmask(n)) ||
	                    !ip4_addr_isany_val(*netif_ip4_gw(n)))
		return 0;
	address_print(t->host, t->v6, text);
	format(reason, REASON_MAX, "%s is on another network and there is no gateway", text);
	return -EHOSTUNREACH;
}

static void address_tell(struct netif *n, bool v6, const char *how, u64 us)
{
	char text[ADDRESS_TEXT_MAX], gw[ADDRESS_TEXT_MAX];
	const ip6_addr_t *a = netif_ip6_addr(n, 1);

	if (v6) {
		if (!ip6_addr_isvalid(netif_ip6_addr_state(n, 1)))
			a = netif_ip6_addr(n, 0);
		address_print((const u8 *)a->addr, true, text);
		log_info("address %s (%s), MTU %u, %llu ms", text, how, netif_mtu6(n),
		         (unsigned long long)(us / MS));
		return;
	}
	address_print((const u8 *)&netif_ip4_addr(n)->addr, false, text);
	address_print((const u8 *)&netif_ip4_gw(n)->addr, false, gw);
	log_info("address %s, gateway %s (%s), MTU %u, %llu ms", text, gw, how, n->mtu,
	         (unsigned long long)(us / MS));
}

int address_settle(struct netif *n, const struct config *cfg, const struct target *t,
                   char reason[REASON_MAX])
{
	const struct ip_config *ip = address_choose(cfg, t);
	bool fixed = ip && ip->autoconf == IP_STATIC;
	u64 start = clock_us();
	int err;

	memset(&route6, 0, sizeof(route6));
	err = t->v6 ? settle_v6(n, ip, t, reason) : settle_v4(n, ip, reason);
	if (err)
		return err;
	gateway_mac(cfg, n, t->v6);
	settle(n);
	address_tell(n, t->v6, fixed ? "static" : t->v6 ? "SLAAC" : "DHCP", clock_us() - start);
	return route_check(n, t, reason);
}
