/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hostile frames into the interface and lwIP, in every phase of a dump: address, handshake, transfer, end. Also
 * well-formed TCP segments of our own connection with hostile contents, which random bytes would not hit. */
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "bytes.h"
#include "clock.h"
#include "dump/source/oldmem.h"
#include "ether.h"
#include "net/tcp_sink.h"
#include "unit/test.h"

#define PIECE 8192u

static const u8 *pos, *end;
static u8 ram[1 << 16];
static u32 our_seq, our_ack; /* of the last segment seen: what a peer would know */
static u16 our_port;
static u64 budget;

u64 rdtsc(void) { return 12345; }
bool oldmem_dma_ok(pa_t pa, u64 len) { return pa - (pa_t)ram < sizeof(ram) && len <= sizeof(ram); }

unsigned int oldmem_read(void *dst, pa_t pa, u64 len)
{
	memcpy(dst, (const void *)pa, len);
	return 0;
}

static u8 next_byte(void) { return pos < end ? *pos++ : 0; }

static void ip_sum(u8 *ip)
{
	put_le16(ip + 10, 0);
	put_le16(ip + 10, (u16)~net_checksum(ip, 20));
}

/* A TCP segment from 10.0.0.1:7117 to our connection: flags, small offsets to the numbers a real peer would use,
 * window, options and payload from the input. */
static u32 craft_tcp(u8 *f)
{
	static const u8 head[] = { 0x52, 0x54, 0, 0, 0, 1, 2, 2, 2, 2, 2, 2, 8, 0, 0x45, 0, 0, 0, 0, 0,
		                   0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0x1b, 0xcd };
	u32 options = next_byte() % 11 * 4u, payload = next_byte(), len = 54 + options + payload;

	memcpy(f, head, sizeof(head));
	put_be16(f + 16, (u16)(len - 14));
	put_be16(f + 36, our_port);
	put_be32(f + 38, our_ack + (u32)(s32)(int8_t)next_byte());
	put_be32(f + 42, our_seq + (u32)(s32)(int8_t)next_byte() * (next_byte() & 1 ? 1460 : 1));
	f[46] = (u8)((20 + options) / 4 << 4);
	f[47] = next_byte();
	put_be16(f + 48, (u16)(next_byte() << 8 | next_byte()));
	put_be32(f + 50, 0);
	for (u32 i = 54; i < len; i++)
		f[i] = next_byte();
	ip_sum(f + 14);
	return len;
}

static u32 craft(u8 *f)
{
	u8 kind = next_byte();
	u32 len;

	if (kind & 1)
		return craft_tcp(f);
	len = (u32)next_byte() * 6 + next_byte() % 6;
	for (u32 i = 0; i < len; i++)
		f[i] = next_byte();
	if (kind & 2) {
		memcpy(f, (u8[]){ 0x52, 0x54, 0, 0, 0, 1 }, 6);
		put_be16(f + 12, kind & 4 ? 0x86dd : kind & 8 ? 0x0806 : 0x0800);
	}
	if (len >= 34 && get_be16(f + 12) == 0x0800)
		ip_sum(f + 14);
	return len;
}

static int fuzz_poll(struct netdev *d)
{
	static u8 frame[2048];
	u8 op = pos < end ? next_byte() : 0xff;

	if (op == 0xff) {
		fake_now_us += 500000; /* no more input: run into the deadlines */
		return pos < end || budget-- ? 0 : -EIO;
	}
	fake_now_us += op & 0x80 ? 100000 : 1000;
	for (unsigned int i = 0; i < (op & 3u); i++)
		net_received(d, frame, craft(frame), op & 4 ? false : true);
	return op == 0xfe ? -EIO : 0;
}

static void *held[16];
static unsigned int n_held;

static int fuzz_send(struct netdev *d, const struct net_seg *seg, unsigned int n,
                     const struct net_offload *off, void *cookie)
{
	const u8 *f = (const u8 *)seg[0].pa;

	(void)off;
	if (n_held == ARRAY_SIZE(held)) {
		for (unsigned int i = 0; i < n_held; i++)
			net_sent(d, held[i]);
		n_held = 0;
		return -EAGAIN;
	}
	if (n && seg[0].len >= 54 && get_be16(f + 12) == 0x0800 && f[23] == 6) {
		our_port = get_be16(f + 34);
		our_seq = get_be32(f + 38) + (f[47] & 2 ? 1 : 0);
		for (unsigned int i = 0; i < n; i++)
			our_seq += seg[i].len;
		our_seq -= 14 + 20 + (f[46] >> 4) * 4u;
		our_ack = get_be32(f + 42);
	}
	held[n_held++] = cookie;
	return 0;
}

static void fuzz_kick(struct netdev *d) { (void)d; }
static bool fuzz_link_up(struct netdev *d) { return d; }

static void fuzz_release(struct netdev *d)
{
	(void)d;
	n_held = 0;
}

static const struct netdev_ops fuzz_ops = { fuzz_send, fuzz_kick, fuzz_poll, fuzz_link_up, fuzz_release };
static struct netdev fuzz_dev;

int netdev_next(unsigned int *at, const struct pci_addr *only, struct netdev **out)
{
	(void)only;
	fuzz_dev = (struct netdev){ .ops = &fuzz_ops, .name = "fuzz", .mac = { 0x52, 0x54, 0, 0, 0, 1 } };
	fuzz_dev.caps = next_byte() & 1 ? NETDEV_CSUM | NETDEV_TSO4 | NETDEV_TSO6 : 0;
	*out = &fuzz_dev;
	return (*at)++ ? -ENODEV : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config cfg = { .stall_s = 5, .has_gwmac = true, .gwmac = { 2, 2, 2, 2, 2, 2 }, .n_ip = 1 };
	struct target t = { .host = { 10, 0, 0, 1 }, .port = 7117 };
	char reason[120];
	struct sink *s;
	u64 off = 0;
	int err = 0;

	pos = data;
	end = data + size;
	budget = 200;
	n_held = 0;
	/* a static address, the target being its own gateway; DHCP; SLAAC */
	cfg.ip[0] = (struct ip_config){ .client = { 10, 0, 0, 2 }, .gateway = { 10, 0, 0, 1 }, .has_client = true,
		                        .has_gateway = true, .prefix_len = 24 };
	switch (next_byte() % 4) {
	case 2:
		cfg.n_ip = 0;
		break;
	case 3:
		t.v6 = true;
		break;
	}
	if (tcp_sink_open(&s, &cfg, &t, false, reason))
		return 0;
	for (unsigned int i = 0; i < 20 && !err; i++, off += PIECE) {
		if (s->caps & SINK_TAKES_SPAN && i & 1)
			err = s->ops->write_span(s, off, (pa_t)ram, PIECE);
		else
			err = s->ops->write(s, off, ram, PIECE);
	}
	s->ops->finish(s, err);
	return 0;
}
