/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A netdev over a TAP device with virtio headers, in a network namespace of its own. */
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "bytes.h"
#include "clock.h"
#include "drivers/netdev.h"
#include "drivers/pci/pci.h"
#include "dump/source/oldmem.h"

#define HELD_MAX 64
#define FRAME_MAX (1u << 16)

u8 *ram;
pa_t ram_pa;
unsigned long ram_reads;
struct tap_nic tap_nic[TAP_NICS];
struct tap_faults tap_faults;
struct tap_counts tap;

static int fd = -1;
static unsigned int chance;
static u64 sent_payload;
static u32 iss;
static u64 seen_hi; /* stream bytes sent so far, for 32-bit sequence numbers */

/* Frames that the device has been given and not read yet. */
static struct held {
	struct net_seg seg[32];
	unsigned int n, polls;
	struct net_offload off;
	void *cookie;
} held[HELD_MAX];
static unsigned int held_first, held_count;

static struct netdev dev[TAP_NICS];
static struct { u8 bytes[FRAME_MAX + 64]; u32 len; unsigned int passed; } late; /* a frame kept back for reordering */

bool ram_equal(const u8 *p, u64 off, u64 len)
{
	u64 at = off % RAM_BYTES, n = MIN(len, RAM_BYTES - at);

	return !memcmp(p, ram + at, n) && !memcmp(p + n, ram, len - n);
}

static bool maybe(unsigned int per_10000)
{
	return per_10000 && (unsigned int)(rand_r(&chance) % 10000) < per_10000;
}

static const u8 *at_device(pa_t pa)
{
	return pa - ram_pa < RAM_BYTES ? ram + (pa - ram_pa) : (const u8 *)pa;
}

/* Is the TCP payload what the stream has at that place? */
static void inspect(const u8 *f, u32 len)
{
	u32 l3 = get_be16(f + 12) == 0x8100 ? 18 : 14;
	bool v6 = get_be16(f + l3 - 2) == 0x86dd;
	u32 l4 = l3 + (v6 ? 40 : 20), head;
	u8 flags;
	u64 off;

	if (f[l3 + (v6 ? 6 : 9)] != 6 || (!v6 && get_be16(f + l3 - 2) != 0x0800))
		return;
	flags = f[l4 + 13];
	head = l4 + (f[l4 + 12] >> 4) * 4u;
	if (flags & 2) {
		tap.syn++;
		iss = get_be32(f + l4 + 4);
		seen_hi = 0;
	}
	tap.fin += flags & 1;
	tap.rst += flags >> 2 & 1;
	if (len <= head)
		return;
	off = seen_hi + (u64)(s64)(s32)(get_be32(f + l4 + 4) - iss - 1 - (u32)seen_hi);
	if (off > seen_hi)
		seen_hi = off;
	tap.wrong += !ram_equal(f + head, off, len - head);
	sent_payload += len - head;
}

/* Take the tag off a frame behind its virtio header; false: it has none or another. */
static bool untag(u8 *frame, u32 *len)
{
	struct virtio_net_hdr_v1 *hdr = (void *)frame;
	u8 *f = frame + sizeof(*hdr);

	if (get_be16(f + 12) != 0x8100 || (get_be16(f + 14) & 0xfff) != tap_nic[0].vlan) {
		tap.untagged++;
		return false;
	}
	memmove(f + 12, f + 16, *len - sizeof(*hdr) - 16);
	*len -= 4;
	if (hdr->flags)
		hdr->csum_start -= 4;
	if (hdr->gso_type)
		hdr->hdr_len -= 4;
	return true;
}

static void wire_out(u8 *frame, u32 len)
{
	if (tap_nic[0].vlan && !untag(frame, &len))
		return;
	if (write(fd, frame, len) != (ssize_t)len)
		tap.lost++;
}

/* The device reads a frame from memory and puts it on the wire. */
static void transmit(const struct held *h)
{
	static u8 buf[FRAME_MAX + 64];
	struct virtio_net_hdr_v1 *hdr = (void *)buf;
	u32 len = sizeof(*hdr);

	memset(hdr, 0, sizeof(*hdr));
	if (h->off.csum) {
		hdr->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
		hdr->csum_start = h->off.csum_start;
		hdr->csum_offset = h->off.csum_offset;
	}
	if (h->off.gso_size) {
		hdr->gso_type = h->off.ipv6 ? VIRTIO_NET_HDR_GSO_TCPV6 : VIRTIO_NET_HDR_GSO_TCPV4;
		hdr->gso_size = h->off.gso_size;
		hdr->hdr_len = h->off.header_len;
		tap.big++;
	}
	for (unsigned int i = 0; i < h->n; i++) {
		memcpy(buf + len, at_device(h->seg[i].pa), h->seg[i].len);
		len += h->seg[i].len;
	}
	tap.frames++;
	inspect(buf + sizeof(*hdr), len - (u32)sizeof(*hdr));
	if (tap_faults.mute || clock_us() < tap_faults.mute_until_us || maybe(tap_faults.lose)) {
		tap.lost++;
		return;
	}
	if (maybe(tap_faults.reorder) && !late.len) {
		memcpy(late.bytes, buf, len);
		late.len = len;
		late.passed = 0;
		return;
	}
	wire_out(buf, len);
	if (maybe(tap_faults.duplicate))
		wire_out(buf, len);
	if (late.len && ++late.passed >= tap_faults.reorder_by) {
		wire_out(late.bytes, late.len);
		late.len = 0;
	}
}

static int tap_send(struct netdev *d, const struct net_seg *seg, unsigned int n,
                    const struct net_offload *off, void *cookie)
{
	struct held *h;

	(void)d;
	if (n > 23)
		return -EMSGSIZE;
	if (held_count == HELD_MAX)
		return -EAGAIN;
	h = &held[(held_first + held_count++) % HELD_MAX];
	*h = (struct held){ .n = n, .off = *off, .cookie = cookie };
	memcpy(h->seg, seg, n * sizeof(*seg));
	return 0;
}

static void tap_kick(struct netdev *d)
{
	(void)d;
	tap.kicks++;
}

static void receive(struct netdev *d)
{
	static u8 buf[FRAME_MAX + 4];
	struct virtio_net_hdr_v1 *hdr = (void *)buf;
	u8 *f = buf + sizeof(*hdr);
	bool known;
	ssize_t n;

	for (int i = 0; i < 64; i++) {
		n = read(fd, buf, FRAME_MAX);
		if (n <= (ssize_t)sizeof(*hdr))
			return;
		n -= (ssize_t)sizeof(*hdr);
		if (tap_faults.mute || maybe(tap_faults.lose))
			continue;
		known = hdr->flags & (VIRTIO_NET_HDR_F_NEEDS_CSUM | VIRTIO_NET_HDR_F_DATA_VALID);
		if (tap_nic[0].vlan) {
			net_received(d, f, (u32)n, known); /* of another network */
			memmove(f + 16, f + 12, (size_t)n - 12);
			put_be16(f + 12, 0x8100);
			put_be16(f + 14, tap_nic[0].vlan);
			n += 4;
		}
		net_received(d, f, (u32)n, known);
		if (maybe(tap_faults.duplicate))
			net_received(d, f, (u32)n, known);
	}
}

static int tap_poll(struct netdev *d)
{
	if (tap_faults.broken_after && sent_payload > tap_faults.broken_after)
		return -EIO;
	while (held_count && held[held_first].polls++ >= tap_faults.lag) {
		struct held *h = &held[held_first];
		void *cookie = h->cookie;

		if (!tap_nic[d - dev].dead)
			transmit(h);
		held_first = (held_first + 1) % HELD_MAX;
		held_count--;
		net_sent(d, cookie);
	}
	if (!tap_nic[d - dev].dead)
		receive(d);
	return 0;
}

static bool tap_link_up(struct netdev *d) { return tap_nic[d - dev].link; }

static void tap_release(struct netdev *d)
{
	(void)d;
	held_count = 0;
}

static const struct netdev_ops tap_ops = { tap_send, tap_kick, tap_poll, tap_link_up, tap_release };

/* The NICs as kernel/net sees them: at 00:03.0 and 00:04.0. */
int netdev_next(unsigned int *at, const struct pci_addr *only, struct netdev **out)
{
	for (unsigned int i = *at; i < TAP_NICS; i++) {
		u8 place = (u8)(3 + i);

		if (!tap_nic[i].present || (only && only->dev != place))
			continue;
		dev[i] = (struct netdev){ .ops = &tap_ops, .caps = tap_nic[i].caps, .mtu = tap_nic[i].mtu,
			                  .mac = { 0x52, 0x54, 0, 0, 0, (u8)(0x10 + i) } };
		snprintf(dev[i].name, sizeof(dev[i].name), "tap 0000:00:%02x.0", place);
		held_count = 0;
		*out = &dev[i];
		*at = i + 1;
		return 0;
	}
	return -ENODEV;
}

/* The door to old RAM. */
bool oldmem_dma_ok(pa_t pa, u64 len)
{
	return pa - ram_pa < RAM_BYTES && len <= RAM_BYTES - (pa - ram_pa);
}

unsigned int oldmem_read(void *dst, pa_t pa, u64 len)
{
	ram_reads++;
	memcpy(dst, ram + (pa - ram_pa), len);
	return 0;
}

void ram_make(void)
{
	int m = memfd_create("ram", MFD_CLOEXEC);
	u64 x = 1;

	if (m < 0 || ftruncate(m, RAM_BYTES))
		abort();
	ram = mmap(NULL, RAM_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, m, 0);
	ram_pa = (pa_t)mmap(NULL, RAM_BYTES, PROT_NONE, MAP_SHARED, m, 0);
	for (u32 i = 0; i < RAM_BYTES; i += 8) {
		x = x * 6364136223846793005ull + 1442695040888963407ull;
		put_le64(ram + i, x ^ x >> 29);
	}
}

int tap_open(const char *name)
{
	struct ifreq r = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };
	int size = sizeof(struct virtio_net_hdr_v1);

	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
	fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &r) || ioctl(fd, TUNSETVNETHDRSZ, &size) ||
	    ioctl(fd, TUNSETOFFLOAD, TUN_F_CSUM))
		return -1;
	return 0;
}

static int addresses_set(void)
{
	return system("ip link set lo up && ip link set tap0 address 52:54:00:00:00:01 mtu 1500 up &&"
	              "ip addr add 10.9.0.1/24 dev tap0 && ip -6 addr add fd09::1/64 dev tap0 nodad");
}

bool tap_available(void)
{
	static int state; /* 1 there, -1 not */

	if (!state) {
		state = geteuid() == 0 && !unshare(CLONE_NEWNET) && !tap_open("tap0") && !addresses_set();
		state = state ? 1 : -1;
		if (state > 0)
			ram_make();
	}
	return state > 0;
}

void tap_reset(unsigned int caps)
{
	memset(tap_nic, 0, sizeof(tap_nic));
	tap_nic[0] = (struct tap_nic){ .caps = caps, .present = true, .link = true };
	memset(&tap_faults, 0, sizeof(tap_faults));
	memset(&tap, 0, sizeof(tap));
	late.len = 0;
	sent_payload = 0;
	ram_reads = 0;
	chance = 1;
	clock_speed = 1;
	clock_set_budget(0);
	while (read(fd, (u8[2048]){ 0 }, 2048) > 0)
		;
}
