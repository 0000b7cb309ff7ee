/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What lwIP needs of its platform: time, random numbers, the Internet checksum, a way to die. */
#include "lwip/def.h"
#include "lwip/prot/tcp.h"
#include "lwip/sys.h"
#include "lwip_hooks.h"

#include <string.h>

#include "bytes.h"
#include "clock.h"
#include "dump/source/oldmem.h"
#include "log.h"
#include <arch/cpu.h>

#define SACK_PERMITTED 0x01010402 /* two NOPs, kind 4, 2 bytes: RFC 2018, 2 */
#define RX_MSS 1460 /* what we can take: 1526-byte receive buffers (netdev.h), whatever the MTU */

u32_t sys_now(void) { return (u32_t)(clock_us() / MS); }

void net_assert_failed(const char *file, int line) { panic("lwIP: %s:%d", file, line); }

void net_copy(void *dst, const void *src, unsigned long len)
{
	if (oldmem_dma_ok((pa_t)src, len))
		(void)oldmem_read(dst, (pa_t)src, len);
	else
		memcpy(dst, src, len);
}

/* For port numbers and initial sequence numbers: not to be guessed by a peer that does not see the
 * wire, no better. splitmix64 over the time stamp counter. */
u32_t net_random(void)
{
	static u64 state;
	u64 z;

	state += rdtsc() | 1;
	z = state + 0x9e3779b97f4a7c15ull;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return (u32_t)(z ^ z >> 31);
}

static inline u64 add_carry(u64 sum, u64 v)
{
	sum += v;
	return sum + (sum < v);
}

/* RFC 1071 sum of len bytes, folded, not inverted, in memory order: two to the 64 minus one is a
 * multiple of 2^16-1, so eight bytes at a time with an end-around carry give the same sum. */
uint16_t net_checksum(const void *p, int len)
{
	const u8 *b = p;
	u64 sum = 0, tail = 0;

	for (; len >= 32; len -= 32, b += 32) {
		sum = add_carry(sum, get_le64(b));
		sum = add_carry(sum, get_le64(b + 8));
		sum = add_carry(sum, get_le64(b + 16));
		sum = add_carry(sum, get_le64(b + 24));
	}
	for (; len >= 8; len -= 8, b += 8)
		sum = add_carry(sum, get_le64(b));
	for (int i = 0; i < len; i++)
		tail |= (u64)b[i] << 8 * i;
	sum = add_carry(sum, tail);
	sum = (sum >> 32) + (u32)sum;
	sum = (sum >> 32) + (u32)sum;
	sum = (sum >> 16) + (u16)sum;
	sum = (sum >> 16) + (u16)sum;
	return (u16)sum;
}

u32_t *net_syn_options(struct tcp_hdr *hdr, u32_t *opts)
{
	u8 *first = (u8 *)(hdr + 1);

	if (!(TCPH_FLAGS(hdr) & TCP_SYN))
		return opts;
	if (get_be16(first + 2) > RX_MSS)
		put_be16(first + 2, RX_MSS);
	put_be32(opts, SACK_PERMITTED);
	return opts + 1;
}
