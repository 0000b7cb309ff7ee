/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A dump area in a file: the map that the loader hands over, stamps that must fit it, and a space made
 * of extents. */
#include "unit/test.h"

#include "disk_fixture.h"
#include "dump/disk/extents.h"

#define UUID  "01020300-0000-0000-0000-000000000000" /* the fixture's */
#define OTHER "ffffffff-0000-0000-0000-000000000000"
#define TITLE EXTENT_MAP_TITLE "\n"

static const struct target file = { .kind = TARGET_DISK, .in_file = true, .uuid = { 1, 2, 3 } };

/* Out of order on the disk, the first as short as it can be, the last at the disk's end. */
static const struct extent places[] = {
	{ 2 * MIB, 3 * AREA_BLOCK }, { 64 * KIB, 640 * KIB }, { 3 * MIB + AREA_BLOCK, MIB - AREA_BLOCK }
};
#define PLACES ARRAY_SIZE(places)
#define MAP TITLE "area " UUID " 3\nextent 2097152 12288\nextent 65536 655360\nextent 3149824 1044480\n"

static struct area_stamp *stamp_at(struct memdisk *d, unsigned int i)
{
	return (struct area_stamp *)(d->mem + places[i].start);
}

static void map_is(const char *text) { extent_map_set((pa_t)text, strlen(text)); }

/* A disk with an area in these places. */
static struct memdisk *fresh_file(void)
{
	struct memdisk *d;
	struct area_header *h;
	u64 logical = 0, size = 0;

	memdisk_clear();
	d = memdisk_add(4 * MIB, 512);
	for (u64 i = 0; i < d->blk.size; i++)
		d->mem[i] = (u8)(i * 7 + (i >> 12));
	for (unsigned int i = 0; i < PLACES; i++)
		size += places[i].length - AREA_BLOCK;
	for (unsigned int i = 0; i < PLACES; i++) {
		struct area_stamp *s = stamp_at(d, i);

		memdisk_format(d, places[i].start, size, 1);
		s->extent_no = i;
		s->extent_count = PLACES;
		s->logical_off = logical;
		s->length = places[i].length - AREA_BLOCK;
		area_stamp_seal(s);
		logical += s->length;
	}
	h = (struct area_header *)(d->mem + places[0].start + AREA_BLOCK);
	memset(h + 1, 0, AREA_BLOCK);
	cfg = (struct config){ .stall_s = 300 };
	reason[0] = '\0';
	disk_sink_set_probe(memdisk_probe);
	map_is(MAP);
	return d;
}

static int open_file(void) { return disk_sink_open(&sink, &cfg, &file, 100, NEW_TIME, false, reason); }

static bool refused(struct memdisk *d, int err, const char *text)
{
	int got = open_file();
	bool ok = got == err && strstr(reason, text) && !d->n_ops && !d->live;

	if (!ok)
		fprintf(stderr, "error %d, reason: %s, %u writes, live %d\n", got, reason, d->n_ops, d->live);
	return ok;
}

/* Byte `logical` of the area as it lies on the disk. */
static u8 byte_of(const struct memdisk *d, u64 logical)
{
	unsigned int i = 0;

	for (; logical >= places[i].length - AREA_BLOCK; i++)
		logical -= places[i].length - AREA_BLOCK;
	return d->mem[places[i].start + AREA_BLOCK + logical];
}

static bool in_payload(u64 at)
{
	for (unsigned int i = 0; i < PLACES; i++)
		if (at >= places[i].start + AREA_BLOCK && at - places[i].start < places[i].length)
			return true;
	return false;
}

TEST(a_dump_over_three_extents_and_nothing_beside_them)
{
	struct memdisk *d = fresh_file();
	static u8 data[1500 * KIB] ALIGNED(4096), before[4 * MIB];
	u64 at = AREA_DATA_OFF;

	memcpy(before, d->mem, sizeof(before));
	for (u32 i = 0; i < sizeof(data); i++)
		data[i] = (u8)rnd(256);
	CHECK_EQ(open_file(), 0);
	CHECK_EQ(disk_sink_room(sink), 2 * AREA_BLOCK + 640 * KIB - AREA_BLOCK + MIB - 2 * AREA_BLOCK - AREA_DATA_OFF);
	CHECK_EQ(disk_sink_section(sink, AREA_SECTION_VMCORE, sizeof(data)), 0);
	CHECK_EQ(sink->ops->write(sink, 0, data, 100 * KIB), 0);
	CHECK_EQ(sink->ops->write_span(sink, 100 * KIB, (pa_t)data + 100 * KIB, sizeof(data) - 104 * KIB), 0);
	CHECK_EQ(sink->ops->write(sink, sizeof(data) - 4 * KIB, data + sizeof(data) - 4 * KIB, 4 * KIB), 0);
	CHECK_EQ(sink->ops->finish(sink, 0), 0);
	CHECK(!d->live);
	for (u32 i = 0; i < sizeof(data); i++)
		CHECK_EQ(byte_of(d, at + i), data[i]);
	for (u64 i = 0; i < sizeof(before); i++)
		CHECK(in_payload(i) || before[i] == d->mem[i]);
	for (unsigned int i = 0; i < d->n_ops; i++)
		CHECK(!d->ops[i].len || (in_payload(d->ops[i].off) && in_payload(d->ops[i].off + d->ops[i].len - 1)));
	CHECK_EQ(open_file(), -EEXIST);
	CHECK(strstr(reason, "holds dump of 2024-05-01"));
}

TEST(a_request_is_split_where_an_extent_ends_and_nowhere_else)
{
	struct memdisk *d = fresh_file();
	static u8 ram[8][4 * AREA_BLOCK] ALIGNED(4096), back[8 * 4 * AREA_BLOCK] ALIGNED(4096);
	struct blk_seg seg[8], whole = { (pa_t)back, sizeof(back) };
	struct blkdev *x;
	u64 end = 2 * AREA_BLOCK; /* of the first extent's payload */

	d->live = 1;
	x = extents_open(&d->blk, places, PLACES, 2 * MIB);
	for (u32 i = 0; i < 8; i++) {
		seg[i] = (struct blk_seg){ (pa_t)ram[i], sizeof(ram[i]) };
		memset(ram[i], (int)i + 1, sizeof(ram[i]));
	}
	CHECK_EQ(blk_write(x, end - AREA_BLOCK, seg, 8), 0); /* one block of seg[0] before the end */
	CHECK_EQ(d->requests, 3);
	CHECK_EQ(x->ops->read(x, end - AREA_BLOCK, &whole, 1), 0);
	CHECK(!memcmp(back, ram, sizeof(ram)));
	CHECK_EQ(blk_write(x, end, seg, 8), 0);
	CHECK_EQ(d->requests, 4);
	CHECK_EQ(x->ops->flush(x), 0);
	/* behind the end: nothing at all of what is there, what fits of what begins before it */
	CHECK_EQ(blk_write(x, 2 * MIB, seg, 1), -EINVAL);
	d->fail_writes = -EIO;
	CHECK_EQ(blk_write(x, 0, seg, 8), -EIO);
	x->ops->release(x);
	CHECK(!d->live);
}

TEST(a_map_that_is_missing_damaged_or_anothers)
{
	static const struct {
		const char *text;
		int err;
		const char *reason;
	} bad[] = {
		{ "", -ENOENT, "map is missing" },
		{ "afterimage-map 2\n", -EBADMSG, "no known form" },
		{ "afterimage-map 1", -EBADMSG, "no known form" },
		{ TITLE, -ENOENT, "does not have this area" },
		{ TITLE "area " OTHER " 1\nextent 0 1048576\n", -ENOENT, "does not have this area" },
		{ TITLE "area " UUID " 0\n", -ENOENT, "does not have this area" },
		{ TITLE "area " UUID " 257\n", -ENOENT, "does not have this area" },
		{ TITLE "area " UUID "\n", -ENOENT, "does not have this area" },
		{ TITLE "area " UUID " 1\n", -EBADMSG, "damaged" },
		{ TITLE "area " UUID " 1\nextent 0\n", -EBADMSG, "damaged" },
		{ TITLE "area " UUID " 1\nextent 0 4096\n", -EBADMSG, "damaged" },
		{ TITLE "area " UUID " 1\nextent 512 1048576\n", -EBADMSG, "damaged" },
		{ TITLE "area " UUID " 1\nextent 0 1048577\n", -EBADMSG, "damaged" },
		{ TITLE "area " UUID " 1\nextent 0 1048576", -EBADMSG, "damaged" },
		{ TITLE "area " UUID " 1\nextent 0 1048576 1\n", -EBADMSG, "damaged" },
		{ TITLE "area " UUID " 2\nextent 0 1048576\narea " OTHER " 1\n", -EBADMSG, "damaged" },
		{ TITLE "area " UUID " 1\nextent 18446744073709547520 1048576\n", -EBADMSG, "damaged" },
	};
	struct memdisk *d = fresh_file();

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		map_is(bad[i].text);
		CHECK(refused(d, bad[i].err, bad[i].reason));
	}
	map_is(TITLE "future line\narea " OTHER " 1\nextent 0 1048576\n");
	CHECK(refused(d, -ENOENT, "does not have this area"));
}

TEST(the_second_area_of_a_map)
{
	struct extent e[AREA_MAX_EXTENTS];
	const u8 uuid[16] = { 1, 2, 3 };

	map_is(TITLE "area " OTHER " 2\nextent 0 1048576\nextent 4096 8192\narea " UUID " 1\nextent 0x2000 8192\nx\n");
	CHECK_EQ(extent_map_read(uuid, e, reason), 1);
	CHECK(e[0].start == 0x2000 && e[0].length == 8192);
}

TEST(as_many_extents_as_there_may_be)
{
	static struct extent e[AREA_MAX_EXTENTS];
	static char text[32 * KIB];
	const u8 uuid[16] = { 1, 2, 3 };
	int n = sprintf(text, TITLE "area " UUID " %u\n", AREA_MAX_EXTENTS);

	for (u64 i = 0; i < AREA_MAX_EXTENTS; i++)
		n += sprintf(text + n, "extent %llu 1099511627776\n", (u64)1 << 62 | i << 20);
	map_is(text);
	CHECK_EQ(extent_map_read(uuid, e, reason), AREA_MAX_EXTENTS);
	CHECK(e[255].start == (1ull << 62 | 255 << 20) && e[255].length == 1ull << 40);
}

TEST(stamps_that_do_not_fit_the_map)
{
	for (unsigned int what = 0; what < 8; what++) {
		struct memdisk *d = fresh_file();
		struct area_stamp *s = stamp_at(d, 1);

		switch (what) {
		case 0:
			memset(s, 0, sizeof(*s));
			break;
		case 1:
			s->uuid[15] ^= 1;
			break;
		case 2:
			s->extent_no = 2;
			break;
		case 3:
			s->extent_count = 4;
			break;
		case 4:
			s->logical_off += AREA_BLOCK;
			break;
		case 5:
			s->length -= AREA_BLOCK;
			break;
		case 6:
			s->area_size += AREA_BLOCK;
			break;
		case 7:
			s->reserved[0] ^= 1; /* not sealed: damaged */
			break;
		}
		if (what && what < 7)
			area_stamp_seal(s);
		CHECK(refused(d, what == 0 ? -ENODATA : what == 7 ? -EBADMSG : -ESTALE,
			      "memdisk 0 byte 65536 is not extent 2 of 3 of the file"));
	}
}

TEST(a_map_that_leaves_extents_out_or_leads_elsewhere)
{
	struct memdisk *d = fresh_file();

	map_is(TITLE "area " UUID " 2\nextent 2097152 12288\nextent 65536 655360\n");
	CHECK(refused(d, -ESTALE, "is not extent 1 of 2"));
	map_is(TITLE "area " UUID " 3\nextent 2097152 12288\nextent 65536 655360\nextent 1099511627776 1044480\n");
	CHECK(refused(d, -ENXIO, "byte 1099511627776 is not extent 3 of 3"));
	map_is(TITLE "area " UUID " 1\nextent 1048576 1048576\n");
	CHECK(refused(d, -ENODEV, "does not begin at byte 1048576 of any of 1 disks"));
	map_is(TITLE "area " UUID " 1\nextent 1099511627776 1048576\n");
	CHECK(refused(d, -ENODEV, "does not begin at byte"));
	map_is(MAP);
	d->bad_block = 66000;
	CHECK(refused(d, -EIO, "is not extent 2 of 3"));
}

TEST(the_right_one_of_several_disks_and_none_of_two)
{
	struct memdisk *d = fresh_file(), *copy = memdisk_add(4 * MIB, 512), *small = memdisk_add(MIB, 4096);

	CHECK_EQ(open_file(), 0);
	sink->ops->finish(sink, -EIO);
	memcpy(copy->mem, d->mem, d->blk.size);
	CHECK(refused(d, -EEXIST, "2 areas with this UUID"));
	CHECK(!copy->n_ops && !copy->live && !small->live);
}

TEST(no_area_of_several_extents_is_a_disks)
{
	struct memdisk *d = fresh_file();

	memcpy(d->mem, stamp_at(d, 0), AREA_BLOCK); /* begins where a disk's would */
	memset(stamp_at(d, 0), 0, AREA_BLOCK);
	CHECK_EQ(disk_sink_open(&sink, &cfg, &target, 100, NEW_TIME, false, reason), -EPROTONOSUPPORT);
	CHECK(strstr(reason, "area of 3 extents"));
	CHECK(!d->n_ops && !d->live);
}

TEST(why_a_dump_failed_goes_to_the_end_of_the_file)
{
	struct memdisk *d = fresh_file();
	u64 size = stamp_at(d, 0)->area_size;

	CHECK_EQ(disk_sink_note(&file, "afterimage says no\n", 19, false, reason), 0);
	CHECK_EQ(byte_of(d, size - AREA_BLOCK), 'a');
	CHECK(!d->live);
}
