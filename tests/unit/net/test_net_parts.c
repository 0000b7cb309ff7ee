/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The network half's small parts: the ring of copied bytes against a plain model, the checksum. */
#include "unit/test.h"

#include <arch/cpu.h>

#include "bytes.h"
#include "dump/source/oldmem.h"
#include "net/ring.h"
#include "net/sack.h"

#include "lwip/arch.h"

u64 rdtsc(void) { return 1; }
bool oldmem_dma_ok(pa_t pa, u64 len) { return pa + len == 0; }
unsigned int oldmem_read(void *dst, pa_t pa, u64 len) { return dst && pa && len; }

/* RFC 1071, word by word. */
static u16 plain_sum(const u8 *p, int len)
{
	u32 sum = 0;

	for (; len > 1; p += 2, len -= 2)
		sum += get_le16(p);
	sum += len ? *p : 0;
	while (sum >> 16)
		sum = (sum >> 16) + (sum & 0xffff);
	return (u16)sum;
}

TEST(checksum_is_rfc_1071)
{
	static u8 buf[4096 + 8];
	unsigned int seed = 1;

	CHECK_EQ(net_checksum(buf, 0), 0);
	for (int round = 0; round < 5000; round++) {
		int off = rand_r(&seed) % 8, len = rand_r(&seed) % (round < 2500 ? 80 : 4096);

		for (int i = 0; i < len; i++)
			buf[off + i] = (u8)(round % 3 ? rand_r(&seed) : 0xff);
		CHECK_EQ(net_checksum(buf + off, len), plain_sum(buf + off, len));
	}
}

/* Bytes copied into the ring stay what they are until the stream has no use for them; spans between
 * them take stream offsets but no room. */
TEST(ring_against_a_model)
{
	static u8 stream[1 << 22];
	static bool copied[1 << 22];
	struct ring r;
	unsigned int seed = 7;
	u32 written = 0, given = 0, done = 0; /* stream offsets */

	for (u32 i = 0; i < sizeof(stream); i++)
		stream[i] = (u8)rand_r(&seed);
	ring_reset(&r);
	while (done < sizeof(stream)) {
		u32 n = (u32)(1 + rand_r(&seed) % 40000);
		u32 rest = MIN(n, (u32)sizeof(stream) - written);
		const u8 *p;

		switch (rand_r(&seed) % 4) {
		case 0:
			n = ring_put(&r, stream + written, rest);
			memset(copied + written, 1, n);
			written += n;
			break;
		case 1: /* hand on */
			n = MIN(n, ring_peek(&r, &p));
			if (!n || !ring_can_take(&r, given))
				break;
			CHECK(!memcmp(p, stream + given, n));
			ring_take(&r, n, given);
			given += n;
			break;
		case 2: /* a span, possible when everything was handed on */
			if (ring_peek(&r, &p))
				break;
			written = given = written + rest;
			break;
		case 3:
			done += MIN(n, given - done);
			ring_release(&r, done);
			break;
		}
		CHECK(r.tail <= r.given && r.given <= r.head && r.head - r.tail <= RING_BYTES);
		CHECK_EQ(r.head - r.given, written - given);
	}
	ring_release(&r, done);
	CHECK_EQ(r.tail, r.head);
	CHECK_EQ(r.count, 0);
}

TEST(ring_full_of_extents_waits)
{
	struct ring r;
	u64 off = 0;
	u8 b = 0;

	ring_reset(&r);
	for (unsigned int i = 0; i < RING_EXTENTS; i++, off += 4096 + 1) {
		CHECK_EQ(ring_put(&r, &b, 1), 1);
		CHECK(ring_can_take(&r, off));
		ring_take(&r, 1, off);
	}
	CHECK(!ring_can_take(&r, off));
	ring_release(&r, 1);
	CHECK(ring_can_take(&r, off));
}

/* The option as a peer writes it: two NOPs, kind, length, blocks. */
static u32 sack_option(u8 *opt, u32 from, u32 to)
{
	put_be32(opt, 0x0101050a);
	put_be32(opt + 4, from);
	put_be32(opt + 8, to);
	return 12;
}

/* Numbers wrap around: each of una, from, to and nxt is less than 2 GiB before the next one, and yet the block is
 * nowhere between una and nxt. */
TEST(sack_of_what_was_never_sent)
{
	struct sacks s = { .count = 0 };
	u8 opt[12];

	sack_read(&s, opt, sack_option(opt, 0x70000000, 0xa0000000), 0, 1000);
	CHECK_EQ(s.count, 0);
	sack_read(&s, opt, sack_option(opt, 100, 1000), 0, 1000);
	CHECK_EQ(s.count, 1);
}

/* Against a byte for each sequence number, across the wrap. */
TEST(sacks_against_a_model)
{
	enum { SPAN = 500 };
	const u32 base = ~0u - SPAN / 2;
	unsigned int chance = 7;

	for (int round = 0; round < 300; round++) {
		u8 has[SPAN] = { 0 }, opt[12];
		struct sacks s = { .count = 0 };
		u32 una = 0;

		for (int i = 0; i < 60; i++) {
			u32 from = (u32)rand_r(&chance) % SPAN, to = from + (u32)rand_r(&chance) % 40, want = 0;

			sack_read(&s, opt, sack_option(opt, base + from, base + to), base + una, base + SPAN);
			if (from > una && to <= SPAN && to > from)
				memset(has + from, 1, to - from);
			if (i % 8 == 7)
				una += (u32)rand_r(&chance) % 30;
			sack_trim(&s, base + una);
			for (u32 at = una; at < SPAN; at++)
				want += has[at];
			CHECK_EQ(sack_bytes_above(&s, base + una), want);
			for (unsigned int b = 0; b < s.count; b++) {
				CHECK(seq_before(s.block[b].from, s.block[b].to));
				CHECK(!b || seq_before(s.block[b - 1].to, s.block[b].from));
			}
		}
	}
}

TEST(sacks_full_and_options_cut_off)
{
	struct sacks s = { .count = 0 };
	u8 opt[12];

	for (u32 i = 0; i < SACKS_MAX + 5; i++)
		sack_add(&s, i * 10 + 5, i * 10 + 8);
	CHECK_EQ(s.count, SACKS_MAX);
	CHECK_EQ(sack_bytes_above(&s, 0), SACKS_MAX * 3);
	sack_add(&s, 1, SACKS_MAX * 10 + 100);
	CHECK_EQ(s.count, 1);
	s.count = 0;
	for (u32 len = 0; len < 12; len++)
		sack_read(&s, opt, MIN(len, sack_option(opt, 20, 30)), 10, 100);
	CHECK_EQ(s.count, 0);
	sack_read(&s, opt, sack_option(opt, 5, 30), 10, 100); /* below, above, backwards */
	sack_read(&s, opt, sack_option(opt, 50, 101), 10, 100);
	sack_read(&s, opt, sack_option(opt, 60, 50), 10, 100);
	CHECK_EQ(s.count, 0);
	CHECK(sack_permitted((const u8[]){ 2, 4, 5, 0xb4, 1, 1, 4, 2 }, 8));
	CHECK(!sack_permitted((const u8[]){ 2, 4, 5, 0xb4, 0, 1, 4, 2 }, 8));
	CHECK(!sack_permitted((const u8[]){ 2, 0, 4, 2 }, 4));
}
