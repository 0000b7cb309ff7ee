/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The disk and the sink of disk_fixture.h. */
#include "disk_fixture.h"

#include "unit/test.h"

#include "bytes.h"

const struct target target = { .kind = TARGET_DISK, .uuid = { 1, 2, 3 } };
struct config cfg;
struct sink *sink;
char reason[DISK_REASON_MAX];

static u32 seed = 1;

static void mbr_partition(struct memdisk *d, int i, u8 type, u64 start, u64 len)
{
	u8 *e = d->mem + 446 + 16 * i;

	e[4] = type;
	put_le32(e + 8, (u32)(start / d->blk.sector_bytes));
	put_le32(e + 12, (u32)(len / d->blk.sector_bytes));
	d->mem[510] = 0x55;
	d->mem[511] = 0xaa;
}

u32 rnd(u32 below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

struct memdisk *fresh(void)
{
	struct memdisk *d;

	memdisk_clear();
	d = memdisk_add(4 * MIB, 512);
	for (u64 i = 0; i < d->blk.size; i++)
		d->mem[i] = (u8)(i * 7 + (i >> 12));
	memset(d->mem, 0, 512);
	mbr_partition(d, 0, 0x83, AREA_AT, AREA_SIZE + AREA_BLOCK);
	memdisk_format(d, AREA_AT, AREA_SIZE, 1);
	cfg = (struct config){ .stall_s = 300 };
	reason[0] = '\0';
	disk_sink_set_probe(memdisk_probe);
	return d;
}

int opened(u64 bytes, bool copy)
{
	int err = disk_sink_open(&sink, &cfg, &target, bytes, NEW_TIME, copy, reason);

	if (err)
		return err;
	err = disk_sink_section(sink, AREA_SECTION_VMCORE, bytes);
	memcpy(reason, sink->reason, sizeof(reason));
	return err;
}

struct area_header *header_of(struct memdisk *d, u64 at)
{
	const struct area_stamp *s = (const struct area_stamp *)(d->mem + at);
	struct area_header *h = (struct area_header *)(d->mem + at + AREA_BLOCK);
	int i = area_stamp_check(s, d->blk.size - at) ? -1 : area_header_pick(h, s);

	return i < 0 ? NULL : &h[i];
}

void make_complete(struct memdisk *d, u64 at, u64 len, u64 time)
{
	struct area_header *h = header_of(d, at);

	h->state = AREA_COMPLETE;
	h->time = time;
	h->section_count = 1;
	h->section[0] = (struct area_section){ .type = AREA_SECTION_VMCORE,
					       .offset = AREA_DATA_OFF,
					       .flags = AREA_SECTION_WHOLE,
					       .length = len };
	area_header_seal(h);
}
