/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What lwIP calls of ours: hooks, checksum, random numbers (lwip_port.c, ether.c, address.c). */
#ifndef AFTERIMAGE_LWIP_HOOKS_H
#define AFTERIMAGE_LWIP_HOOKS_H

#include "lwip/arch.h"

struct tcp_hdr;
struct tcp_pcb;
struct ip6_addr;

/* A SYN's options: MSS cut down to what a receive buffer holds, and SACK permitted. Returns where the
 * next one goes. */
u32_t *net_syn_options(struct tcp_hdr *hdr, u32_t *opts);

/* A segment for `pcb`: the first `len` bytes of its options are behind its header; it has `data` bytes of
 * data. Returns ERR_OK. */
s8_t net_tcp_heard(struct tcp_pcb *pcb, const struct tcp_hdr *hdr, u16_t len, u16_t data);

/* dump.vlan=, or -1. */
s32_t net_vlan_tag(void);

/* Next hop of a destination that is in no on-link prefix known to lwIP; NULL: ask the routers. */
const struct ip6_addr *net_gateway6(const struct ip6_addr *dest);

#endif
