/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ethernet frames: where their parts are, and which are let in. */
#ifndef AFTERIMAGE_FRAME_H
#define AFTERIMAGE_FRAME_H

#include "base.h"
#include "lwip/netif.h"

/* Where the parts of a frame begin, counted from the Ethernet header. */
struct layout {
	u16 type;    /* EtherType behind the tag, if any */
	u16 l3, l4;
	u8 proto;
};

/* Find the layers of a frame whose first `len` bytes are contiguous; false: none that we speak. */
bool frame_layout(const u8 *f, u32 len, struct layout *out);

/* Is this frame, contiguous, for lwIP to see? `vlan`: our tag, or 0. `settled`: the addresses are as they
 * stay. */
bool frame_wanted(struct netif *n, const u8 *f, u32 len, u16 vlan, bool settled);

#endif
