/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One direction of the wire. What happens to frame n is a function of the seed and n alone, so it does
 * not depend on when the frame came. */
#include "lane.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bytes.h"
#include "segment.h"

#define VNET      sizeof(struct virtio_net_hdr_v1)
#define ETH_BYTES 14u
#define TAG_BYTES 4u
#define TYPE_VLAN 0x8100
#define TAKE_MAX  32     /* frames taken from one side before the other has its turn */
#define LATE_US   20000u /* a late frame that nothing overtakes comes after all */

enum fate { FATE_LOSE, FATE_REPEAT, FATE_SWAP, FATE_CORRUPT, FATE_WHERE, FATE_WHAT, FATE_JITTER };

struct packet {
	struct packet *next;
	u64 due_us;
	u32 len;
	u8 bytes[];
};

/* splitmix64 over (seed, frame, question) */
static u64 draw(const struct lane *l, enum fate question)
{
	u64 z = l->seed + (l->n.frames * 16 + question) * 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

static bool chance(const struct lane *l, enum fate question, u32 parts)
{
	return parts && draw(l, question) % PARTS < parts;
}

static void emit(struct lane *l, const u8 *packet, u32 len)
{
	if (write(l->out, packet, len) != (ssize_t)len && errno != EIO) /* EIO: that side is down */
		l->n.full++;
}

static void queue(struct lane *l, const u8 *packet, u32 len, u64 now)
{
	u64 due = now + l->f.delay_us;
	struct packet *p;

	if (l->f.rate && l->waiting_bytes + len > l->f.queue_bytes) {
		l->n.full++;
		return;
	}
	if (!l->first && !l->f.delay_us && !l->f.jitter_us && !l->f.rate) {
		emit(l, packet, len);
		return;
	}
	if (l->f.jitter_us)
		due += draw(l, FATE_JITTER) % l->f.jitter_us;
	if (l->f.rate) {
		l->free_us = MAX(l->free_us, now) + len * 1000000ull / l->f.rate;
		due = MAX(due, l->free_us + l->f.delay_us);
	}
	p = malloc(sizeof(*p) + len);
	if (!p)
		abort();
	memcpy(p->bytes, packet, len);
	*p = (struct packet){ .due_us = due, .len = len };
	l->waiting_bytes += len;
	*l->last = p;
	l->last = &p->next;
}

/* One byte differs: what a sum of 16 bits always notices. */
static void corrupt(struct lane *l, u8 *packet, u32 len)
{
	u32 room = len - (u32)VNET - ETH_BYTES;

	packet[VNET + ETH_BYTES + draw(l, FATE_WHERE) % room] ^= (u8)(1 + draw(l, FATE_WHAT) % 255);
	l->n.corrupted++;
}

static bool is_cut(struct lane *l, u64 now)
{
	if (!l->f.cut_us || l->n.bytes < l->f.cut_at)
		return false;
	if (!l->cut_until_us)
		l->cut_until_us = now + l->f.cut_us;
	return now < l->cut_until_us;
}

static void late_out(struct lane *l, u64 now)
{
	struct packet *p = l->late;

	l->late = NULL;
	queue(l, p->bytes, p->len, now);
	free(p);
}

/* IEEE 802.1Q; false: a frame without the tag that it should have. */
static bool retag(struct lane *l, u8 *packet, u32 *len)
{
	u8 *type = packet + VNET + 12;

	if (l->untag) {
		if (get_be16(type) != TYPE_VLAN || (get_be16(type + 2) & 0xfff) != l->untag) {
			l->n.untagged++;
			return false;
		}
		*len -= TAG_BYTES;
		memmove(type, type + TAG_BYTES, *len - VNET - 12);
	}
	if (l->tag) {
		memmove(type + TAG_BYTES, type, *len - VNET - 12);
		put_be16(type, TYPE_VLAN);
		put_be16(type + 2, l->tag);
		*len += TAG_BYTES;
	}
	return true;
}

struct passing {
	struct lane *l;
	u64 now;
};

/* One frame as it is on the wire. */
static void pass(void *arg, const u8 *given, u32 len)
{
	struct passing *at = arg;
	struct lane *l = at->l;
	u8 *packet = (u8 *)given; /* the caller's copy */
	u64 now = at->now;

	l->n.frames++;
	if (!retag(l, packet, &len))
		return;
	if (is_cut(l, now)) {
		l->n.cut++;
		return;
	}
	l->n.bytes += len - VNET;
	if (l->f.hole && !segment_pending(packet) && len - VNET - ETH_BYTES > l->f.hole) {
		l->n.fallen++;
		return;
	}
	if (chance(l, FATE_LOSE, l->f.lose)) {
		l->n.lost++;
		return;
	}
	if (chance(l, FATE_CORRUPT, l->f.corrupt) && !segment_pending(packet))
		corrupt(l, packet, len);
	if (l->f.vouch && !segment_pending(packet))
		packet[0] = VIRTIO_NET_HDR_F_DATA_VALID;
	if (!l->late && chance(l, FATE_SWAP, l->f.swap)) {
		l->n.swapped++;
		l->late = malloc(sizeof(*l->late) + len);
		if (!l->late)
			abort();
		l->late->len = len;
		memcpy(l->late->bytes, packet, len);
		l->overtakes = l->f.swap_by;
		l->late_us = now + LATE_US;
		return;
	}
	queue(l, packet, len, now);
	if (chance(l, FATE_REPEAT, l->f.repeat)) {
		l->n.repeated++;
		queue(l, packet, len, now);
	}
	if (l->late && !--l->overtakes)
		late_out(l, now);
}

void lane_start(struct lane *l, int in, int out, u64 seed)
{
	l->in = in;
	l->out = out;
	l->seed = seed;
	l->last = &l->first;
}

bool lane_take(struct lane *l, u64 now)
{
	static u8 packet[FRAME_MAX];
	struct passing at = { l, now };

	for (int i = 0; i < TAKE_MAX; i++) {
		ssize_t n = read(l->in, packet, sizeof(packet));
		bool large;

		if (n < 0)
			return errno == EAGAIN || errno == EIO;
		if (n <= (ssize_t)(VNET + ETH_BYTES))
			continue;
		large = ((struct virtio_net_hdr_v1 *)packet)->gso_type != VIRTIO_NET_HDR_GSO_NONE;
		l->n.large += large;
		if (large && l->f.whole)
			pass(&at, packet, (u32)n);
		else
			segment_cut(packet, (u32)n, pass, &at);
	}
	return true;
}

u64 lane_give(struct lane *l, u64 now)
{
	if (l->late && now >= l->late_us)
		late_out(l, now);
	while (l->first && l->first->due_us <= now) {
		struct packet *p = l->first;

		l->first = p->next;
		if (!l->first)
			l->last = &l->first;
		l->waiting_bytes -= p->len;
		emit(l, p->bytes, p->len);
		free(p);
	}
	if (l->first && l->late)
		return MIN(l->first->due_us, l->late_us);
	return l->first ? l->first->due_us : l->late ? l->late_us : 0;
}
