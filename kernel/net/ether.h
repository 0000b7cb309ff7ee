/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lwIP's one network interface on top of a netdev: frames in and out, offloads, VLAN. */
#ifndef AFTERIMAGE_ETHER_H
#define AFTERIMAGE_ETHER_H

#include "config/config.h"
#include "drivers/netdev.h"
#include "lwip/netif.h"

/* Give the device to lwIP: the interface is up, without addresses. One at a time. */
struct netif *ether_attach(struct netdev *d, const struct config *cfg);

/* Take it away again: what lwIP still wants to say is said (bounded), the device released, every
 * buffer back in its pool. */
void ether_detach(void);

/* Take what arrived and what was sent, run lwIP's timers. -EIO: the device is broken. */
int ether_poll(void);

/* Tell the device of the frames queued since the last time: once for as many as possible, it costs
 * an exit from a virtual machine. */
void ether_kick(void);

/* Whoever offers addresses or routes from now on is not listened to. */
void ether_settled(void);

/* Nothing comes back: ask again who has the addresses next to us. Until then an answer that contradicts
 * what worked is not believed. */
void ether_ask_neighbours(void);

/* Payload bytes per segment, for the device to cut larger TCP frames to; 0: never. */
void ether_set_gso_size(u16 mss);

/* Is a frame still with the device that holds TCP payload from before sequence number `seq`? */
bool ether_sending_before(u32 seq);

#endif
