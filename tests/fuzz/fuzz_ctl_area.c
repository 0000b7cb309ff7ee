/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A disk or file in which afterimagectl looks for a dump area: partition tables, stamps, headers. Of what it finds every
 * byte that a header promises can be read, and lies behind the headers within the extents. Input: the number of
 * blocks, then pieces: kind, place, length, contents. */
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "memory_file.h"
#include "area/areafile.h"
#include "area/last_failure.h"

#define DISK (&memory_file[0])

static void expect(bool ok)
{
	if (!ok)
		abort();
}

static void overlay(u8 *to, size_t room, const u8 *p, size_t n)
{
	for (size_t i = 0; p && i < MIN(n, room); i++)
		to[i] ^= p[i];
}

/* 0: as it is; 1: a stamp, 2: a header that differs from a good one by the contents and is sealed again. */
static void piece(struct bytes *in)
{
	u8 kind = bytes_u8(in);
	u64 place = bytes_le16(in) * (kind & 4 ? 1ull : AREA_BLOCK);
	size_t len;
	struct area_stamp s = { .version = AREA_VERSION, .extent_count = 1 };
	struct area_header h = { .version = AREA_VERSION, .sequence = 1 };
	const u8 *p;

	len = MIN((size_t)bytes_le16(in), bytes_left(in));
	p = bytes_take(in, len);
	if (place > DISK->size || DISK->size - place < AREA_BLOCK)
		return;
	DISK->dirty = MAX(DISK->dirty, place + AREA_BLOCK);
	switch (kind & 3) {
	case 1:
		s.length = s.area_size = ALIGN_DOWN(DISK->size - place, AREA_BLOCK) - AREA_BLOCK;
		memcpy(s.magic, AREA_STAMP_MAGIC, sizeof(s.magic));
		overlay((u8 *)&s, sizeof(s), p, len);
		area_stamp_seal(&s);
		memcpy(DISK->bytes + place, &s, sizeof(s));
		break;
	case 2:
		memcpy(h.magic, AREA_HEADER_MAGIC, sizeof(h.magic));
		overlay((u8 *)&h, sizeof(h), p, len);
		area_header_seal(&h);
		memcpy(DISK->bytes + place, &h, sizeof(h));
		break;
	default:
		overlay(DISK->bytes + place, AREA_BLOCK, p, len);
	}
}

static void check_section(const struct areafile *a, const struct area_section *s)
{
	static u8 contents[MEMORY_FILE_MAX];
	struct input in = areafile_section(a, s, s->length);

	expect(s->offset >= AREA_DATA_OFF && in.size == s->length && in.size <= sizeof(contents));
	expect(!input_read(&in, 0, contents, in.size));
	expect(input_read(&in, in.size, contents, 1) == -ENODATA);
	expect(input_next_data(&in, 0) <= in.size);
}

static void check(const struct areafile *a)
{
	const struct input_extents *x = &a->extents;
	char text[FAILURE_SECTION_MAX];

	expect(x->n >= 1 && x->n <= AREA_MAX_EXTENTS && !x->at[0] && x->start % 512 == 0);
	for (unsigned int i = 1; i < x->n; i++)
		expect(x->at[i] > x->at[i - 1] && x->at[i] < a->stamp.area_size);
	expect(x->start + a->stamp.area_size + x->n * AREA_BLOCK <= DISK->size);
	for (u32 i = 0; a->current >= 0 && i < a->header.section_count; i++)
		check_section(a, &a->header.section[i]);
	expect(failure_section("fuzz", a, text) <= sizeof(text));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct bytes in = bytes_of(data, size);
	static struct areafile a;
	struct why why = { "" };
	int err;

	memory_file_clear(DISK);
	DISK->size = bytes_le16(&in) * AREA_BLOCK % (MEMORY_FILE_MAX + 1);
	for (unsigned int i = 0; i < 12 && bytes_left(&in); i++)
		piece(&in);
	err = areafile_find(&a, MEMORY_FILE_FD, DISK->size, &why);
	expect(!err == !why.text[0]);
	if (!err)
		check(&a);
	return 0;
}
