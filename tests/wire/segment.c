/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a network card does to a frame behind a virtio header: cut it into segments, finish its sum
 * (virtio 1.2, 5.1.6.2). */
#include "segment.h"

#include <string.h>

#include "bytes.h"

#define VNET      sizeof(struct virtio_net_hdr_v1)
#define ETH_BYTES 14u
#define TAG_BYTES 4u
#define TYPE_VLAN 0x8100
#define TYPE_IPV4 0x0800
#define TYPE_IPV6 0x86dd
#define PROTO_TCP 6u
#define TCP_CSUM  16u
#define TCP_FIN_PSH 0x09
#define TCP_CWR   0x80

/* RFC 1071, not inverted. */
static u32 sum_add(u32 sum, const u8 *p, u32 len)
{
	for (; len > 1; len -= 2, p += 2)
		sum += get_be16(p);
	if (len)
		sum += (u32)*p << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* The field holds the sum of the pseudo header, or whatever the sender wants to be in the sum. */
static void sum_finish(u8 *frame, u32 len, u32 start, u32 at)
{
	u32 sum;

	if (start >= len || at + 2 > len - start)
		return;
	sum = ~sum_add(0, frame + start, len - start) & 0xffff;
	put_be16(frame + start + at, (u16)(sum ? sum : 0xffff));
}

static u32 layer3(const u8 *frame)
{
	return get_be16(frame + 12) == TYPE_VLAN ? ETH_BYTES + TAG_BYTES : ETH_BYTES;
}

/* Lengths, numbers and flags of one segment; `done` payload bytes lie before it. */
static void segment_headers(u8 *f, u32 l3, u32 l4, u32 len, u32 done, u32 index, bool last)
{
	bool v6 = get_be16(f + l3 - 2) == TYPE_IPV6;
	u32 sum;

	if (v6) {
		put_be16(f + l3 + 4, (u16)(len - l3 - 40));
	} else {
		put_be16(f + l3 + 2, (u16)(len - l3));
		put_be16(f + l3 + 4, (u16)(get_be16(f + l3 + 4) + index));
		put_be16(f + l3 + 10, 0);
		put_be16(f + l3 + 10, (u16)~sum_add(0, f + l3, l4 - l3));
	}
	put_be32(f + l4 + 4, get_be32(f + l4 + 4) + done);
	if (!last)
		f[l4 + 13] &= (u8)~TCP_FIN_PSH;
	if (index)
		f[l4 + 13] &= (u8)~TCP_CWR;
	sum = sum_add(0, v6 ? f + l3 + 8 : f + l3 + 12, v6 ? 32 : 8);
	put_be16(f + l4 + TCP_CSUM, (u16)sum_add(sum + PROTO_TCP + (len - l4), f, 0));
	sum_finish(f, len, l4, TCP_CSUM);
}

bool segment_pending(const u8 *packet)
{
	const struct virtio_net_hdr_v1 *hdr = (const void *)packet;

	return hdr->gso_type || (hdr->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM);
}

/* A TCP frame to be cut, with all of its headers there. */
static bool cuttable(const struct virtio_net_hdr_v1 *hdr, const u8 *frame, u32 len, u32 *headers)
{
	u8 type = hdr->gso_type & (u8)~VIRTIO_NET_HDR_GSO_ECN;
	u32 l4 = hdr->csum_start;

	if ((type != VIRTIO_NET_HDR_GSO_TCPV4 && type != VIRTIO_NET_HDR_GSO_TCPV6) || !hdr->gso_size)
		return false;
	if (len < ETH_BYTES + TAG_BYTES || l4 < layer3(frame) + 20 || l4 + 20 > len)
		return false;
	*headers = l4 + (frame[l4 + 12] >> 4) * 4u;
	return *headers < len;
}

void segment_cut(const u8 *packet, u32 len, segment_fn *each, void *arg)
{
	static u8 out[FRAME_MAX];
	const struct virtio_net_hdr_v1 *hdr = (const void *)packet;
	const u8 *frame = packet + VNET;
	u32 headers, payload, size, index = 0;

	len -= (u32)VNET;
	memset(out, 0, VNET);
	if (!cuttable(hdr, frame, len, &headers)) {
		memcpy(out + VNET, frame, len);
		if (hdr->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM)
			sum_finish(out + VNET, len, hdr->csum_start, hdr->csum_offset);
		each(arg, out, len + (u32)VNET);
		return;
	}
	payload = len - headers;
	size = hdr->gso_size;
	for (u32 done = 0; done < payload; done += size, index++) {
		u32 n = MIN(size, payload - done);

		memcpy(out + VNET, frame, headers);
		memcpy(out + VNET + headers, frame + headers + done, n);
		segment_headers(out + VNET, layer3(frame), hdr->csum_start, headers + n, done,
		                index, done + n == payload);
		each(arg, out, (u32)VNET + headers + n);
	}
}
