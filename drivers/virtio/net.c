/* SPDX-License-Identifier: GPL-2.0-or-later */
/* virtio network device, virtio 1.2, 5.1: one receive and one transmit queue, checksum and
 * segmentation offload for sending, polled. */
#include "drivers/virtio/net.h"

#include <linux/virtio_net.h>
#include <string.h>

#include "clock.h"
#include "drivers/iommu/iommu.h"
#include "drivers/pci/ids.h"
#include "drivers/virtio/virtio.h"
#include "life/failure.h"
#include "log.h"

enum { RX_QUEUE, TX_QUEUE };

#define RX_SLOTS    16u
#define RX_BYTES    1536u /* 5.1.6.3.1 wants 1526; 4 more for a VLAN tag */
#define TX_SLOTS    64u   /* frames with the device */
#define TX_TABLE    24u   /* descriptors of a frame in its indirect table */
#define TX_DESCS    128u
#define TX_DIRECT   8u    /* descriptors of a frame where the device knows no indirect ones */
#define HEADER      sizeof(struct virtio_net_hdr_v1)
#define HEALTH_US   (50 * MS)

#define AVAIL_BYTES(n) (sizeof(struct vring_avail) + 2u * (n) + 2)
#define USED_BYTES(n)  (sizeof(struct vring_used) + sizeof(struct vring_used_elem) * (n) + 2)

/* Everything the device reads or writes besides the frames of others:
 *   rx_*          receive ring and a buffer for each descriptor
 *   tx_*          transmit ring; frame in slot i begins at descriptor i * stride
 *   tx_table[i]   the indirect table of slot i
 *   tx_header[i]  the offload header in front of its frame */
static ALIGNED(4096) struct {
	struct vring_desc rx_desc[RX_SLOTS];
	struct vring_desc tx_desc[TX_DESCS];
	struct vring_desc tx_table[TX_SLOTS][TX_TABLE];
	u8 rx_buffer[RX_SLOTS][RX_BYTES];
	struct virtio_net_hdr_v1 tx_header[TX_SLOTS];
	u8 rx_avail[AVAIL_BYTES(RX_SLOTS)] ALIGNED(4);
	u8 rx_used[USED_BYTES(RX_SLOTS)] ALIGNED(4);
	u8 tx_avail[AVAIL_BYTES(TX_DESCS)] ALIGNED(4);
	u8 tx_used[USED_BYTES(TX_DESCS)] ALIGNED(4);
} dma;

static struct virtio_net {
	struct netdev dev; /* first: a struct netdev pointer is this one */
	struct virtio_dev v;
	struct virtq rx, tx;
	u16 stride;                /* descriptors of the ring for one slot */
	u16 slots;
	u16 next;                  /* slot to try first */
	bool broken;
	bool rx_busy[RX_SLOTS];    /* the device has this buffer */
	void *cookie[TX_SLOTS];
	bool tx_busy[TX_SLOTS];
	u64 health_us;             /* when its status is looked at next */
} net;

static bool has(u64 feature) { return net.v.features & VIRTIO_BIT(feature); }

static int fail(const char *what, u64 value)
{
	if (!net.broken)
		log_info("%s: %s 0x%llx", net.dev.name, what, (unsigned long long)value);
	net.broken = true;
	return -EIO;
}

static void rx_offer(u16 i)
{
	net.rx_busy[i] = true;
	virtq_offer(&net.rx, i);
}

/* 5.1.6.2: the header in front of a frame. */
static void header_fill(struct virtio_net_hdr_v1 *h, const struct net_offload *off)
{
	memset(h, 0, sizeof(*h));
	if (off->csum) {
		h->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
		h->csum_start = off->csum_start;
		h->csum_offset = off->csum_offset;
	}
	if (off->gso_size) {
		h->gso_type = off->ipv6 ? VIRTIO_NET_HDR_GSO_TCPV6 : VIRTIO_NET_HDR_GSO_TCPV4;
		h->gso_size = off->gso_size;
		h->hdr_len = off->header_len;
	}
}

/* A chain in consecutive entries of a table: the header, then the pieces of the frame. */
static void chain_fill(struct vring_desc *d, u16 first, u16 slot, const struct net_seg *seg,
                       unsigned int n)
{
	d[first] = (struct vring_desc){ .addr = (pa_t)&dma.tx_header[slot], .len = HEADER };
	for (unsigned int i = 0; i < n; i++) {
		d[first + i].flags = VRING_DESC_F_NEXT;
		d[first + i].next = (u16)(first + i + 1);
		d[first + i + 1] = (struct vring_desc){ .addr = seg[i].pa, .len = seg[i].len };
	}
}

static int net_send(struct netdev *d, const struct net_seg *seg, unsigned int n,
                    const struct net_offload *off, void *cookie)
{
	bool indirect = has(VIRTIO_RING_F_INDIRECT_DESC);
	u16 slot = net.next, head;

	(void)d;
	if (net.broken)
		return -EIO;
	if (!n || n >= (indirect ? TX_TABLE : TX_DIRECT))
		return -EMSGSIZE;
	if (virtq_outstanding(&net.tx) == net.slots)
		return -EAGAIN;
	while (net.tx_busy[slot]) /* completion in another order than sent: rare */
		slot = (u16)((slot + 1) % net.slots);
	head = (u16)(slot * net.stride);
	header_fill(&dma.tx_header[slot], off);
	if (indirect) {
		chain_fill(dma.tx_table[slot], 0, slot, seg, n);
		dma.tx_desc[head] = (struct vring_desc){ .addr = (pa_t)dma.tx_table[slot],
			                                 .len = (n + 1) * sizeof(struct vring_desc),
			                                 .flags = VRING_DESC_F_INDIRECT };
	} else {
		chain_fill(dma.tx_desc, head, slot, seg, n);
	}
	net.tx_busy[slot] = true;
	net.cookie[slot] = cookie;
	net.next = (u16)((slot + 1) % net.slots);
	virtq_offer(&net.tx, head);
	return 0;
}

static void net_kick(struct netdev *d)
{
	(void)d;
	if (net.broken)
		return;
	virtq_kick(&net.tx);
	virtq_kick(&net.rx);
}

static int tx_reap(void)
{
	u32 id, len;
	int more;

	while ((more = virtq_take(&net.tx, &id, &len)) > 0) {
		u32 slot = id / net.stride;

		if (id % net.stride || slot >= net.slots || !net.tx_busy[slot])
			return fail("sent a frame that it was not given, descriptor", id);
		net.tx_busy[slot] = false;
		net_sent(&net.dev, net.cookie[slot]);
	}
	return more ? fail("transmit ring: index", net.tx.taken) : 0;
}

static int rx_reap(void)
{
	u32 id, len;
	int more = 0;

	for (unsigned int budget = RX_SLOTS; budget; budget--) {
		const struct virtio_net_hdr_v1 *h;
		bool known;

		more = virtq_take(&net.rx, &id, &len);
		if (more <= 0)
			break;
		if (id >= net.rx.size || !net.rx_busy[id])
			return fail("received into a buffer that it was not given, descriptor", id);
		if (len <= HEADER || len > RX_BYTES)
			return fail("received frame: length", len);
		net.rx_busy[id] = false;
		h = (const void *)dma.rx_buffer[id];
		known = has(VIRTIO_NET_F_GUEST_CSUM) &&
		        (h->flags & (VIRTIO_NET_HDR_F_NEEDS_CSUM | VIRTIO_NET_HDR_F_DATA_VALID));
		net_received(&net.dev, dma.rx_buffer[id] + HEADER, len - HEADER, known);
		rx_offer((u16)id);
	}
	return more < 0 ? fail("receive ring: index", net.rx.taken) : 0;
}

static int net_poll(struct netdev *d)
{
	u64 now = clock_us();

	(void)d;
	if (net.broken)
		return -EIO;
	if (now >= net.health_us) {
		net.health_us = now + HEALTH_US;
		if (virtio_broken(&net.v)) {
			net.broken = true;
			return -EIO;
		}
	}
	if (tx_reap())
		return -EIO;
	return rx_reap();
}

static bool net_link_up(struct netdev *d)
{
	(void)d;
	if (!has(VIRTIO_NET_F_STATUS))
		return true;
	return virtio_config16(&net.v, offsetof(struct virtio_net_config, status)) & VIRTIO_NET_S_LINK_UP;
}

static void net_release(struct netdev *d)
{
	failure_device("%s: status 0x%x, link %s", d->name, virtio_status(&net.v),
		       net_link_up(d) ? "up" : "down");
	virtio_release(&net.v);
	net.broken = true;
}

static const struct netdev_ops net_ops = {
	.send = net_send,
	.kick = net_kick,
	.poll = net_poll,
	.link_up = net_link_up,
	.release = net_release,
};

bool virtio_net_match(const struct pci_func *f)
{
	return virtio_net_takes(f->vendor, f->device);
}

/* What we want of what is offered. GUEST_CSUM: frames of a peer on the same host may come with their
 * sums unfinished. No GUEST_TSO, no merging: nobody sends us more than acknowledgements. An MTU that
 * our receive buffers do not hold is not promised (5.1.4.1), but sent with. */
static u64 features_wanted(u64 offered)
{
	u64 f = VIRTIO_BIT(VIRTIO_F_VERSION_1) | VIRTIO_BIT(VIRTIO_F_ACCESS_PLATFORM) |
	        VIRTIO_BIT(VIRTIO_F_ORDER_PLATFORM) | VIRTIO_BIT(VIRTIO_NET_F_MAC) |
	        VIRTIO_BIT(VIRTIO_NET_F_STATUS) | VIRTIO_BIT(VIRTIO_NET_F_GUEST_CSUM);

	if (offered & VIRTIO_BIT(VIRTIO_RING_F_INDIRECT_DESC))
		f |= VIRTIO_BIT(VIRTIO_RING_F_INDIRECT_DESC) | VIRTIO_BIT(VIRTIO_NET_F_CSUM);
	if (offered & f & VIRTIO_BIT(VIRTIO_NET_F_CSUM))
		f |= VIRTIO_BIT(VIRTIO_NET_F_HOST_TSO4) | VIRTIO_BIT(VIRTIO_NET_F_HOST_TSO6);
	return offered & f;
}

/* 5.1.5; the address of the device where it has none is made of its place (locally administered). */
static void config_read(u64 offered)
{
	struct netdev *d = &net.dev;
	struct pci_addr at = net.v.at;
	const u8 made[6] = { 0x02, (u8)(at.segment >> 8), (u8)at.segment, at.bus, at.dev, at.fn };

	memcpy(d->mac, made, sizeof(made));
	if (has(VIRTIO_NET_F_MAC))
		for (unsigned int i = 0; i < sizeof(d->mac); i++)
			d->mac[i] = virtio_config8(&net.v, offsetof(struct virtio_net_config, mac) + i);
	if (offered & VIRTIO_BIT(VIRTIO_NET_F_MTU))
		d->mtu = virtio_config16(&net.v, offsetof(struct virtio_net_config, mtu));
	if (has(VIRTIO_NET_F_CSUM))
		d->caps |= NETDEV_CSUM;
	if (has(VIRTIO_NET_F_HOST_TSO4))
		d->caps |= NETDEV_TSO4;
	if (has(VIRTIO_NET_F_HOST_TSO6))
		d->caps |= NETDEV_TSO6;
}

static int queues_start(void)
{
	bool indirect = has(VIRTIO_RING_F_INDIRECT_DESC);
	int err;

	memset(&dma, 0, sizeof(dma));
	net.rx = (struct virtq){ .desc = dma.rx_desc, .avail = (void *)dma.rx_avail,
		                 .used = (void *)dma.rx_used };
	net.tx = (struct virtq){ .desc = dma.tx_desc, .avail = (void *)dma.tx_avail,
		                 .used = (void *)dma.tx_used };
	err = virtio_queue(&net.v, &net.rx, RX_QUEUE, RX_SLOTS);
	if (!err)
		err = virtio_queue(&net.v, &net.tx, TX_QUEUE, indirect ? TX_SLOTS : TX_DESCS);
	if (err)
		return err;
	net.stride = indirect ? 1 : TX_DIRECT;
	net.slots = net.tx.size / net.stride;
	if (!net.slots)
		return fail("transmit queue: size", net.tx.size);
	for (u16 i = 0; i < net.rx.size; i++) {
		dma.rx_desc[i] = (struct vring_desc){ .addr = (pa_t)dma.rx_buffer[i], .len = RX_BYTES,
			                              .flags = VRING_DESC_F_WRITE };
		rx_offer(i);
	}
	virtio_start(&net.v);
	virtq_kick(&net.rx);
	return 0;
}

int virtio_net_open(const struct pci_func *f, struct netdev **out)
{
	char where[16];
	u64 offered;
	int err;

	memset(&net, 0, sizeof(net));
	pci_name(f->at, where);
	format(net.dev.name, sizeof(net.dev.name), "virtio-net %s", where);
	net.dev.ops = &net_ops;
	err = virtio_open(&net.v, f->at, net.dev.name);
	if (err)
		return err;
	err = virtio_reset(&net.v); /* the dead kernel left it running */
	if (!err) {
		offered = virtio_offered(&net.v);
		err = virtio_agree(&net.v, features_wanted(offered));
	}
	if (!err && has(VIRTIO_F_ACCESS_PLATFORM)) /* else no IOMMU is in its way (6.1) */
		err = iommu_allow(f->at);
	if (!err) {
		config_read(offered);
		err = queues_start();
	}
	if (err) {
		virtio_release(&net.v);
		return err;
	}
	log_debug("%s: features 0x%llx of 0x%llx, %u slots", net.dev.name,
	          (unsigned long long)net.v.features, (unsigned long long)offered, net.slots);
	*out = &net.dev;
	return 0;
}
