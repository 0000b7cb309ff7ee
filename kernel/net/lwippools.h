/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lwIP's variable-size allocations, as pools of three sizes (included several times by lwIP). */
LWIP_MALLOC_MEMPOOL_START
LWIP_MALLOC_MEMPOOL(176, 120) /* the header pbuf of a TCP segment, control segments, ARP, ND */
LWIP_MALLOC_MEMPOOL(4, 640)   /* DHCP's state and messages */
LWIP_MALLOC_MEMPOOL(4, 1640)  /* echo replies, the rest of a segment split for a small window */
LWIP_MALLOC_MEMPOOL_END
