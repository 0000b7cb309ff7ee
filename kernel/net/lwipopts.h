/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lwIP 2.1.3's options: one TCP connection over one Ethernet device, sending old RAM by reference in
 * segments far larger than the MSS; everything static, no threads. */
#ifndef AFTERIMAGE_LWIPOPTS_H
#define AFTERIMAGE_LWIPOPTS_H

#define NO_SYS                        1
#define SYS_LIGHTWEIGHT_PROT          0
#define LWIP_SOCKET                   0
#define LWIP_NETCONN                  0
#define LWIP_SINGLE_NETIF             1
#define LWIP_STATS                    0
#define LWIP_NETIF_API                0

/* What we speak. No DNS: targets are addresses. Reassembly and fragmentation off: nothing we need
 * comes in pieces, and a segment for the device to cut must not be cut by IP. */
#define LWIP_IPV4                     1
#define LWIP_IPV6                     1
#define LWIP_ARP                      1
#define LWIP_ETHERNET                 1
#define LWIP_ICMP                     1
#define LWIP_ICMP6                    1
#define LWIP_UDP                      1 /* for DHCP only: ether.c lets no other datagram in */
#define LWIP_TCP                      1
#define LWIP_DHCP                     1
#define LWIP_DNS                      0
#define LWIP_IGMP                     0
#define LWIP_RAW                      0
#define IP_FRAG                       0
#define IP_REASSEMBLY                 0
#define LWIP_IPV6_FRAG                0
#define LWIP_IPV6_REASS               0
#define IP_FORWARD                    0
#define LWIP_IPV6_FORWARD             0
#define LWIP_IPV6_SCOPES              0
#define LWIP_IPV6_MLD                 1 /* so that a snooping switch lets neighbour solicitations through */
#define LWIP_IPV6_DHCP6               0

#define ETHARP_SUPPORT_VLAN           1
#define ETHARP_SUPPORT_STATIC_ENTRIES 1
#define ARP_TABLE_SIZE                8
#define ARP_QUEUEING                  0
#define LWIP_ND6_QUEUEING             0
#define LWIP_ND6_NUM_NEIGHBORS        8
#define LWIP_ND6_NUM_DESTINATIONS     8
#define LWIP_ND6_NUM_PREFIXES         4
#define LWIP_ND6_NUM_ROUTERS          3
#define LWIP_ND6_RDNSS_MAX_DNS_SERVERS 0

/* Our address is the dead kernel's own: asking whether somebody else has it only costs time. */
#define DHCP_DOES_ARP_CHECK           0
#define LWIP_DHCP_CHECK_LINK_UP       0
#define LWIP_IPV6_DUP_DETECT_ATTEMPTS 0
#define ND6_RTR_SOLICITATION_INTERVAL 1000

/* Memory: fixed pools, no heap. Sizes of lwippools.h go with these. A send that finds a pool empty is
 * repeated when acknowledgements have refilled it, so the pools bound the bytes in flight. */
#define MEM_ALIGNMENT                 8
#define MEM_USE_POOLS                 1
#define MEM_USE_POOLS_TRY_BIGGER_POOL 1
#define MEMP_USE_CUSTOM_POOLS         1
#define MEMP_NUM_TCP_PCB              3
#define MEMP_NUM_TCP_PCB_LISTEN       1
#define MEMP_NUM_UDP_PCB              1
#define MEMP_NUM_TCP_SEG              160
#define MEMP_NUM_PBUF                 288 /* PBUF_ROM: one for each piece of old RAM */
#define PBUF_POOL_SIZE                6   /* received frames; each is dealt with before the next */
#define PBUF_POOL_BUFSIZE             1544

/* TCP. TCP_MSS is the most that we would agree to; the interface's MTU decides. LWIP_HOOK below keeps
 * what we advertise within a receive buffer. The tick is finer than lwIP's 250 ms: a retransmission
 * is due after 3 slow ticks at the earliest, 0.3 s. */
#define TCP_MSS                       8960
#define TCP_SND_BUF                   (1024 * 1024)
#define TCP_SNDLOWAT                  (64 * 1024 - 1)
#define TCP_SND_QUEUELEN              440
#define TCP_WND                       (16 * 1024)
#define LWIP_WND_SCALE                1
#define TCP_RCV_SCALE                 0
#define TCP_OVERSIZE                  0
#define TCP_QUEUE_OOSEQ               0
#define TCP_LISTEN_BACKLOG            0
#define TCP_MAXRTX                    12
#define TCP_SYNMAXRTX                 12
#define TCP_TMR_INTERVAL              50
#define LWIP_TCP_RTO_TIME             1000
#define LWIP_TCP_TIMESTAMPS           0
#define LWIP_DISABLE_TCP_SANITY_CHECKS 1 /* they want pools for TCP_SND_BUF in segments of one MSS */
#define LWIP_RANDOMIZE_INITIAL_LOCAL_PORTS 1

/* Checksums: what the device does is switched off per interface; the rest goes through our own sum
 * with 64-bit additions. */
#define LWIP_CHECKSUM_CTRL_PER_NETIF  1
#define LWIP_CHKSUM                   net_checksum

#define LWIP_NETIF_HOSTNAME           0
#define LWIP_NETIF_STATUS_CALLBACK    0
#define LWIP_NETIF_TX_SINGLE_PBUF     0
#define LWIP_NETIF_LOOPBACK           0
#define LWIP_HAVE_LOOPIF              0

#define LWIP_HOOK_FILENAME "net/lwip_hooks.h"
#define LWIP_HOOK_TCP_ISN(local, lport, remote, rport) net_random()
#define LWIP_HOOK_TCP_OUT_ADD_TCPOPTS(p, hdr, pcb, opts) net_syn_options(hdr, opts)
#define LWIP_HOOK_TCP_OUT_TCPOPT_LENGTH(pcb, own) ((own) ? (own) + 4 : 0) /* SACK permitted, in a SYN */
#define LWIP_HOOK_TCP_INPACKET_PCB(pcb, hdr, len, len1, opt2, p) net_tcp_heard(pcb, hdr, len1, (p)->tot_len)
#define LWIP_HOOK_VLAN_SET(netif, p, src, dst, type) net_vlan_tag()
#define LWIP_HOOK_ND6_GET_GW(netif, dest) net_gateway6(dest)

#endif
