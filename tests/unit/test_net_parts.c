/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The network half's small parts: the ring of copied bytes against a plain model, the checksum. */
#include "test.h"

#include <arch/cpu.h>

#include "bytes.h"
#include "dump/oldmem.h"
#include "net/ring.h"

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
