/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The dump area's blocks: checksums, geometry, which header copy counts. */
#include "unit/test.h"

#include "dump/disk/area.h"

static struct area_stamp stamp(void)
{
	struct area_stamp s = { .version = AREA_VERSION, .extent_count = 1,
		                .length = 8 << 20, .area_size = 8 << 20, .uuid = { 1, 2, 3 } };

	memcpy(s.magic, AREA_STAMP_MAGIC, 8);
	area_stamp_seal(&s);
	return s;
}

static struct area_header header(u64 sequence)
{
	struct area_header h = { .version = AREA_VERSION, .sequence = sequence, .uuid = { 1, 2, 3 } };

	memcpy(h.magic, AREA_HEADER_MAGIC, 8);
	area_header_seal(&h);
	return h;
}

TEST(crc32c_is_castagnoli)
{
	u8 zero[32] = { 0 };

	CHECK_EQ(crc32c("123456789", 9), 0xe3069283);
	CHECK_EQ(crc32c(zero, 32), 0x8a9136aa); /* RFC 3720 B.4 */
}

TEST(stamp_accepts_itself_and_no_changed_bit)
{
	struct area_stamp s = stamp();
	u64 room = s.length + AREA_BLOCK;

	CHECK_EQ(area_stamp_check(&s, room), 0);
	CHECK_EQ(area_stamp_check(&s, room - 1), -EBADMSG);
	for (size_t bit = 64; bit < 8 * sizeof(s); bit += 7) {
		struct area_stamp x = s;

		((u8 *)&x)[bit / 8] ^= (u8)(1 << bit % 8);
		CHECK(area_stamp_check(&x, room) < 0);
	}
	s.magic[0] = 'x';
	CHECK_EQ(area_stamp_check(&s, room), -ENODATA);
}

TEST(stamp_refuses_what_it_does_not_understand)
{
	struct area_stamp s = stamp();

	s.feature_compat = 1;
	area_stamp_seal(&s);
	CHECK_EQ(area_stamp_check(&s, ~0ull), 0);
	s.feature_incompat = 1;
	area_stamp_seal(&s);
	CHECK_EQ(area_stamp_check(&s, ~0ull), -EPROTONOSUPPORT);
	s = stamp();
	s.version = 2;
	area_stamp_seal(&s);
	CHECK_EQ(area_stamp_check(&s, ~0ull), -EPROTONOSUPPORT);
	s = stamp();
	s.length = ALIGN_DOWN(~0ull, AREA_BLOCK);
	area_stamp_seal(&s);
	CHECK_EQ(area_stamp_check(&s, ~0ull), -EBADMSG);
}

TEST(newer_valid_header_counts)
{
	struct area_stamp s = stamp();
	struct area_header h[2] = { header(7), header(8) };

	CHECK_EQ(area_header_pick(h, &s), 1);
	h[1].state ^= 1;
	CHECK_EQ(area_header_pick(h, &s), 0);
	h[0].uuid[0] ^= 1;
	area_header_seal(&h[0]);
	CHECK_EQ(area_header_pick(h, &s), -EBADMSG);
}

TEST(header_sections_stay_inside)
{
	struct area_stamp s = stamp();
	struct area_header h = header(1);

	h.section_count = 1;
	h.section[0] = (struct area_section){ .type = AREA_SECTION_VMCORE, .offset = AREA_DATA_OFF,
		                              .length = s.area_size - AREA_DATA_OFF };
	area_header_seal(&h);
	CHECK_EQ(area_header_check(&h, &s), 0);
	h.section[0].length++;
	area_header_seal(&h);
	CHECK_EQ(area_header_check(&h, &s), -EBADMSG);
	h.section[0].length = ~0ull;
	area_header_seal(&h);
	CHECK_EQ(area_header_check(&h, &s), -EBADMSG);
	h.section_count = AREA_MAX_SECTIONS + 1;
	area_header_seal(&h);
	CHECK_EQ(area_header_check(&h, &s), -EBADMSG);
}

TEST(uuid_text)
{
	u8 u[16];
	char out[37];
	const char *t = "0123abcd-4567-89ef-0123-456789abcdef";

	CHECK_EQ(area_uuid_parse(t, 36, u), 0);
	area_uuid_print(u, out);
	CHECK(!strcmp(out, t));
	CHECK_EQ(area_uuid_parse(t, 35, u), -EINVAL);
	CHECK_EQ(area_uuid_parse("0123abcd_4567-89ef-0123-456789abcdef", 36, u), -EINVAL);
}
