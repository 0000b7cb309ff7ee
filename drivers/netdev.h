/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The contract of a network driver, as the lwIP glue sees it. */
#ifndef AFTERIMAGE_NETDEV_H
#define AFTERIMAGE_NETDEV_H

#include "base.h"

struct pci_addr;

enum {
	NETDEV_CSUM = 1u << 0, /* completes TCP/UDP checksums (NEEDS_CSUM) */
	NETDEV_TSO4 = 1u << 1, /* cuts large TCP segments, IPv4 / IPv6 */
	NETDEV_TSO6 = 1u << 2,
};

struct netdev {
	const struct netdev_ops *ops;
	char name[32];   /* for the console, e.g. "virtio-net 0000:00:03.0" */
	u8 mac[6];
	u16 mtu;         /* the device's own limit, 0 if it gives none */
	unsigned int caps;
};

/* One memory piece of a frame: our own buffer or old RAM by reference. */
struct net_seg {
	pa_t pa;
	u32 len;
};

/* What the device has to do to a frame; all zero: nothing. Offsets from the Ethernet header. */
struct net_offload {
	bool csum;          /* sum from csum_start to the end, store at csum_start + csum_offset */
	u16 csum_start;
	u16 csum_offset;
	u16 gso_size;       /* > 0: cut into TCP segments of this many payload bytes */
	u16 header_len;     /* all headers, when gso_size > 0 */
	bool ipv6;
};

struct netdev_ops {
	/* Queue one frame of n segments. `cookie` comes back through net_sent() when the device no
	 * longer refers to the memory. -EAGAIN: no room now, poll and try again. -EIO: the device is
	 * broken (logged). */
	int (*send)(struct netdev *d, const struct net_seg *seg, unsigned int n,
	            const struct net_offload *off, void *cookie);
	/* Tell the device of frames queued since the last kick. */
	void (*kick)(struct netdev *d);
	/* Take what arrived and what was sent: calls net_received() / net_sent() for each.
	 * -EIO: the device is broken (needs reset, nonsense in its ring), logged once. */
	int (*poll)(struct netdev *d);
	bool (*link_up)(struct netdev *d);
	/* Reset the device and clear its bus mastering: it touches no memory any more; no cookie
	 * comes back after this. */
	void (*release)(struct netdev *d);
};

/* Open the next supported device at or after position *at (0: the first; moved behind it) in PCI order;
 * only the one at `only` if that is not NULL. A device that does not start is told and skipped; the
 * caller releases what it gets. -ENODEV: no more. */
int netdev_next(unsigned int *at, const struct pci_addr *only, struct netdev **out);

/* Called by a driver from poll(). The frame (Ethernet header first, no FCS) is valid during the
 * call only. Checksums of a frame from a peer on the same host may be incomplete
 * (`csum_known`: verified or needless). Implemented by kernel/net. */
void net_received(struct netdev *d, const void *frame, u32 len, bool csum_known);
void net_sent(struct netdev *d, void *cookie);

#endif
