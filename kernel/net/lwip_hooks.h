/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What lwIP calls of ours: hooks, checksum, random numbers (lwip_port.c, ether.c, address.c). */
#ifndef AFTERIMAGE_LWIP_HOOKS_H
#define AFTERIMAGE_LWIP_HOOKS_H

#include "lwip/arch.h"

struct tcp_hdr;
struct ip6_addr;

/* The MSS option of a SYN, cut down to what a receive buffer holds. Returns `opts`. */
u32_t *net_limit_mss_option(struct tcp_hdr *hdr, u32_t *opts);

/* dump.vlan=, or -1. */
s32_t net_vlan_tag(void);

/* Next hop of a destination that is in no on-link prefix known to lwIP; NULL: ask the routers. */
const struct ip6_addr *net_gateway6(const struct ip6_addr *dest);

#endif
