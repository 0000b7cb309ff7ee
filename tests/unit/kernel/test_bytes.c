/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bounded reader and the macros of base.h. */
#include "unit/test.h"

#include "bytes.h"

TEST(reads_in_order_and_stops_at_the_end)
{
	u8 *m = malloc(15); /* ASan watches the sixteenth */
	struct bytes b = bytes_of(m, 15);

	for (u8 i = 0; i < 15; i++)
		m[i] = i + 1;
	CHECK_EQ(bytes_u8(&b), 1);
	CHECK_EQ(bytes_le16(&b), 0x0302);
	CHECK_EQ(bytes_le32(&b), 0x07060504);
	CHECK_EQ(bytes_left(&b), 8);
	CHECK(!b.bad);
	CHECK_EQ(bytes_le64(&b), 0x0f0e0d0c0b0a0908);
	CHECK_EQ(bytes_left(&b), 0);
	CHECK(!b.bad);
	CHECK(bytes_take(&b, 0) && !b.bad);
	CHECK_EQ(bytes_u8(&b), 0);
	CHECK(b.bad);
	free(m);
}

TEST(a_bad_reader_stays_bad)
{
	u8 m[4] = { 1, 2, 3, 4 };
	struct bytes b = bytes_of(m, 4);

	CHECK_EQ(bytes_le64(&b), 0);
	CHECK(b.bad);
	CHECK_EQ(bytes_left(&b), 4); /* nothing was moved */
	CHECK_EQ(bytes_u8(&b), 0);
	CHECK(!bytes_take(&b, 1));
	b = bytes_of(m, 4);
	CHECK(!bytes_take(&b, ~(size_t)0));
	b = bytes_of(m, 0);
	CHECK_EQ(bytes_le16(&b), 0);
	CHECK(b.bad);
}

TEST(unaligned_loads_and_stores)
{
	u8 m[32];

	for (size_t at = 0; at < 8; at++) {
		memset(m, 0, sizeof(m));
		put_le64(m + at, 0x0102030405060708);
		CHECK_EQ(m[at], 8);
		CHECK_EQ(get_le64(m + at), 0x0102030405060708);
		CHECK_EQ(get_be64(m + at), 0x0807060504030201);
		CHECK_EQ(get_be32(m + at), 0x08070605);
		CHECK_EQ(get_be16(m + at), 0x0807);
		put_be64(m + at, 0x0102030405060708);
		CHECK_EQ(m[at], 1);
		put_be32(m + at, 0x0a0b0c0d);
		CHECK_EQ(get_le32(m + at), 0x0d0c0b0a);
		put_be16(m + at, 0xaabb);
		CHECK_EQ(m[at], 0xaa);
		CHECK_EQ(m[at + 8], 0);
	}
}

TEST(overlap_does_not_wrap)
{
	const u64 top = ~0ull;

	CHECK(ranges_overlap(10, 10, 19, 1));
	CHECK(!ranges_overlap(10, 10, 20, 1));
	CHECK(!ranges_overlap(10, 10, 9, 1));
	CHECK(ranges_overlap(10, 10, 9, 2));
	CHECK(ranges_overlap(10, 10, 0, top));
	CHECK(!ranges_overlap(10, 0, 10, 10));
	CHECK(!ranges_overlap(10, 10, 15, 0));
	CHECK(ranges_overlap(top, 1, top, 1));
	CHECK(!ranges_overlap(top, 1, 0, 1));
	CHECK(!ranges_overlap(top - 1, 100, 0, 1)); /* no wrap-around to 0 */
	CHECK(ranges_overlap(0, top, top - 1, 1));
}

TEST(alignment)
{
	CHECK_EQ(ALIGN_UP(0, 4096), 0);
	CHECK_EQ(ALIGN_UP(1, 4096), 4096);
	CHECK_EQ(ALIGN_UP(4096, 4096), 4096);
	CHECK_EQ(ALIGN_DOWN(4095, 4096), 0);
	CHECK_EQ(ALIGN_UP(0xfffffffffffull, 4096), 0x100000000000);
	CHECK_EQ(ALIGN_UP(0xffffffffu, 4), 0x100000000); /* 64 bits even of a u32 */
}
