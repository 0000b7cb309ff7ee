/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lwIP's one network interface on top of a netdev: frames in and out, offloads, VLAN. */
#include "ether.h"

#include <string.h>

#include "bytes.h"
#include "clock.h"
#include "log.h"
#include "lwip/dhcp.h"
#include "lwip/etharp.h"
#include "lwip/ethip6.h"
#include "lwip/init.h"
#include "lwip/prot/iana.h"
#include "lwip/prot/ip.h"
#include "lwip/prot/ip4.h"
#include "lwip/prot/ip6.h"
#include "lwip/prot/tcp.h"
#include "lwip/timeouts.h"
#include "frame.h"
#include "lwip_hooks.h"
#include "netif/ethernet.h"

#define FRAMES_MAX  128 /* with the device at once; a device with fewer slots says -EAGAIN first */
#define SEGS_MAX    24  /* memory pieces of a frame */
#define MTU_MIN     576 /* DHCP's and IPv4's own minimum */
#define MTU_DEFAULT 1500
#define MTU_MAX     9000
#define TCP_CSUM_AT 16  /* of the checksum in the TCP header */
#define DRAIN_US    (200 * MS)

/* A frame that the device may still read; its pbuf is held until net_sent(). */
struct flight {
	struct pbuf *p;
	u32 seq;     /* of its first TCP payload byte */
	bool data;   /* it has such bytes */
};

static struct {
	struct netif netif;
	struct netdev *dev;   /* NULL: detached */
	struct flight flight[FRAMES_MAX];
	unsigned int in_flight, next_slot;
	u16 vlan, gso_size;
	bool initialised, broken;
	bool settled;         /* the addresses are as they stay */
	bool gateway_given;   /* and its hardware address is not asked for */
} ether;

s32_t net_vlan_tag(void) { return ether.vlan ? ether.vlan : -1; }

void net_received(struct netdev *d, const void *frame, u32 len, bool csum_known)
{
	struct netif *n = &ether.netif;
	struct pbuf *p;

	if (d != ether.dev || len < SIZEOF_ETH_HDR || len > PBUF_POOL_BUFSIZE)
		return;
	p = pbuf_alloc(PBUF_RAW, (u16_t)len, PBUF_POOL);
	if (!p)
		return;
	memcpy(p->payload, frame, len); /* looked at only now: the device may still change its copy */
	if (!frame_wanted(n, p->payload, len, ether.vlan, ether.settled)) {
		pbuf_free(p);
		return;
	}
	if (csum_known)
		n->chksum_flags &= (u16_t)~(NETIF_CHECKSUM_CHECK_TCP | NETIF_CHECKSUM_CHECK_UDP);
	else
		n->chksum_flags |= NETIF_CHECKSUM_CHECK_TCP | NETIF_CHECKSUM_CHECK_UDP;
	if (n->input(p, n) != ERR_OK)
		pbuf_free(p);
}

void net_sent(struct netdev *d, void *cookie)
{
	struct flight *f = cookie;

	if (d != ether.dev || !f->p)
		return;
	pbuf_free(f->p);
	f->p = NULL;
	ether.in_flight--;
}

static struct flight *flight_take(void)
{
	if (ether.in_flight == FRAMES_MAX)
		return NULL;
	while (ether.flight[ether.next_slot % FRAMES_MAX].p)
		ether.next_slot++;
	return &ether.flight[ether.next_slot++ % FRAMES_MAX];
}

/* Sum of the TCP pseudo header (RFC 793 3.1, RFC 8200 8.1), not inverted: what a device that
 * completes checksums wants to find in the checksum field (virtio 1.2, 5.1.6.2). */
static u16 pseudo_sum(const u8 *f, const struct layout *l, u32 tcp_len)
{
	bool v6 = l->type == ETHTYPE_IPV6;
	u32 sum = net_checksum(f + l->l3 + (v6 ? 8 : 12), v6 ? 32 : 8);

	sum += __builtin_bswap16(IP_PROTO_TCP) + __builtin_bswap16((u16)tcp_len);
	sum = (sum >> 16) + (u16)sum;
	return (u16)((sum >> 16) + sum);
}

/* Leave to the device what it offers to do. */
static void frame_offload(struct pbuf *p, struct flight *fl, struct net_offload *off)
{
	u8 *f = p->payload;
	struct layout l;
	u32 tcp_len, head;

	if (!frame_layout(f, p->len, &l) || l.proto != IP_PROTO_TCP || p->len < l.l4 + TCP_HLEN)
		return;
	tcp_len = p->tot_len - l.l4;
	head = (f[l.l4 + 12] >> 4) * 4u;
	fl->data = tcp_len > head;
	fl->seq = get_be32(f + l.l4 + 4);
	if (!(ether.dev->caps & NETDEV_CSUM))
		return;
	put_le16(f + l.l4 + TCP_CSUM_AT, pseudo_sum(f, &l, tcp_len));
	off->csum = true;
	off->csum_start = l.l4;
	off->csum_offset = TCP_CSUM_AT;
	off->ipv6 = l.type == ETHTYPE_IPV6;
	if (ether.gso_size && tcp_len - head > ether.gso_size) {
		off->gso_size = ether.gso_size;
		off->header_len = (u16)(l.l4 + head);
	}
}

/* lwIP's netif->linkoutput. The device reads the pbufs themselves: they are held until it is done,
 * and their addresses copied now, since lwIP moves them back and forth for a retransmission. */
static err_t ether_send(struct netif *n, struct pbuf *p)
{
	struct net_seg seg[SEGS_MAX];
	struct net_offload off = { 0 };
	struct flight *f = flight_take();
	unsigned int count = 0;
	int err;

	(void)n;
	if (!f || !ether.dev)
		return ERR_MEM;
	f->data = false;
	for (struct pbuf *q = p; q; q = q->next) {
		pa_t pa = (pa_t)q->payload;

		if (!q->len)
			continue;
		if (count && seg[count - 1].pa + seg[count - 1].len == pa) {
			seg[count - 1].len += q->len;
			continue;
		}
		if (count == SEGS_MAX)
			return ERR_BUF;
		seg[count++] = (struct net_seg){ .pa = pa, .len = q->len };
	}
	frame_offload(p, f, &off);
	err = ether.dev->ops->send(ether.dev, seg, count, &off, f);
	if (err == -EIO)
		ether.broken = true;
	if (err)
		return ERR_MEM; /* lwIP keeps the segment and tries again */
	pbuf_ref(p);
	f->p = p;
	ether.in_flight++;
	return ERR_OK;
}

static err_t ether_init(struct netif *n)
{
	n->name[0] = 'e';
	n->name[1] = 'n';
	n->output = etharp_output;
	n->output_ip6 = ethip6_output;
	n->linkoutput = ether_send;
	n->hwaddr_len = ETH_HWADDR_LEN;
	memcpy(n->hwaddr, ether.dev->mac, ETH_HWADDR_LEN);
	n->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_LINK_UP |
	           NETIF_FLAG_MLD6;
	if (ether.dev->caps & NETDEV_CSUM)
		NETIF_SET_CHECKSUM_CTRL(n, NETIF_CHECKSUM_ENABLE_ALL & ~NETIF_CHECKSUM_GEN_TCP);
	return ERR_OK;
}

struct netif *ether_attach(struct netdev *d, const struct config *cfg)
{
	u16 mtu = d->mtu ? d->mtu : MTU_DEFAULT;

	if (!ether.initialised)
		lwip_init();
	ether.initialised = true;
	if (cfg->mtu)
		mtu = d->mtu ? MIN(d->mtu, cfg->mtu) : cfg->mtu;
	ether.dev = d;
	ether.broken = false;
	ether.vlan = cfg->vlan;
	ether.gso_size = 0;
	ether.settled = false;
	ether.gateway_given = cfg->has_gwmac;
	ether.in_flight = 0;
	memset(ether.flight, 0, sizeof(ether.flight));
	netif_add(&ether.netif, NULL, NULL, NULL, NULL, ether_init, ethernet_input);
	netif_set_default(&ether.netif);
	mtu = MAX(mtu, (u16)MTU_MIN);
	ether.netif.mtu = MIN(mtu, (u16)MTU_MAX);
	ether.netif.mtu6 = ether.netif.mtu;
	netif_set_up(&ether.netif);
	return &ether.netif;
}

void ether_detach(void)
{
	struct netdev *d = ether.dev;

	if (!d)
		return;
	dhcp_release_and_stop(&ether.netif);
	dhcp_cleanup(&ether.netif);
	ether_kick();
	(void)WAIT_FOR(d->ops->poll(d) || !ether.in_flight, DRAIN_US);
	ether.dev = NULL;
	d->ops->release(d);
	for (unsigned int i = 0; i < FRAMES_MAX; i++) {
		if (ether.flight[i].p)
			pbuf_free(ether.flight[i].p);
		ether.flight[i].p = NULL;
	}
	ether.in_flight = 0;
	netif_remove(&ether.netif);
}

int ether_poll(void)
{
	struct netdev *d = ether.dev;
	int err = d->ops->poll(d);

	if (err || ether.broken)
		return -EIO;
	sys_check_timeouts();
	return 0;
}

void ether_kick(void) { ether.dev->ops->kick(ether.dev); }

void ether_settled(void) { ether.settled = true; }

void ether_ask_neighbours(void)
{
	ip4_addr_t ask[ARP_TABLE_SIZE], *ip;
	struct eth_addr *mac;
	struct netif *n;
	unsigned int count = 0;

	if (ether.gateway_given)
		return;
	for (unsigned int i = 0; i < ARP_TABLE_SIZE; i++)
		if (etharp_get_entry(i, &ip, &n, &mac))
			ask[count++] = *ip;
	etharp_cleanup_netif(&ether.netif);
	for (unsigned int i = 0; i < count; i++)
		etharp_request(&ether.netif, &ask[i]);
}

void ether_set_gso_size(u16 mss) { ether.gso_size = mss; }

bool ether_sending_before(u32 seq)
{
	unsigned int left = ether.in_flight;

	for (unsigned int i = 0; left && i < FRAMES_MAX; i++) {
		const struct flight *f = &ether.flight[i];

		if (!f->p)
			continue;
		left--;
		if (f->data && (s32)(f->seq - seq) < 0)
			return true;
	}
	return false;
}
