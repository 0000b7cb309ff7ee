/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A power cut at any moment of a dump leaves an area whose header says the truth. */
#include "unit/test.h"

#include "disk_fixture.h"

#define OLD_TIME 1000000000 /* of the complete dump that is overwritten */

static u8 *medium;
static const u8 *first; /* the medium before the run */

/* What was kept of the writes from op `from` to before `to`, sector by sector. */
static void keep_some(const struct memdisk *d, unsigned int from, unsigned int to, u32 percent)
{
	for (unsigned int i = from; i < to; i++)
		for (u64 at = 0; at < d->ops[i].len; at += 512)
			if (rnd(100) < percent)
				memcpy(medium + d->ops[i].off + at, d->ops[i].data + at, 512);
}

static bool truthful(const u8 *dump, u64 dump_bytes, const u8 *old, u64 old_bytes, u64 disk_bytes)
{
	const struct area_stamp *s = (const struct area_stamp *)(medium + AREA_AT);
	const struct area_header *h = (const struct area_header *)(medium + AREA_AT + AREA_BLOCK);
	u64 end = AREA_AT + AREA_BLOCK + AREA_SIZE;
	int i;

	if (memcmp(medium, first, AREA_AT + AREA_BLOCK) ||
	    memcmp(medium + end, first + end, disk_bytes - end))
		return false; /* stamp, partition table and neighbours stay */
	i = area_header_pick(h, s);
	if (i < 0)
		return false;
	if (h[i].state != AREA_COMPLETE)
		return true;
	if (h[i].time == OLD_TIME)
		return h[i].section[0].length == old_bytes &&
		       !memcmp(medium + DATA_AT(AREA_AT), old, old_bytes);
	return h[i].section[0].length == dump_bytes && h[i].settled == dump_bytes &&
	       !memcmp(medium + DATA_AT(AREA_AT), dump, dump_bytes);
}

TEST(power_cut_at_any_moment)
{
	static u8 dump[600 * 1024 + 77] ALIGNED(4096);
	const u64 high = 256 * KIB; /* what is below goes last */
	struct memdisk *d = fresh();
	unsigned int safe = 0;
	u8 *old = malloc(AREA_SIZE), *before = malloc(d->blk.size);

	medium = malloc(d->blk.size);
	for (u32 i = 0; i < sizeof(dump); i++)
		dump[i] = (u8)rnd(256);
	cfg.overwrite = true;
	make_complete(d, AREA_AT, 700000, OLD_TIME);
	memcpy(old, d->mem + DATA_AT(AREA_AT), 700000);
	memcpy(before, d->mem, d->blk.size);
	first = before;

	CHECK_EQ(opened(sizeof(dump), false), 0);
	CHECK_EQ(sink->ops->write(sink, 0, dump, 5000), 0);
	for (u64 off = high; off < sizeof(dump) - 8192; off += 8192)
		CHECK_EQ(sink->ops->write_span(sink, off, (pa_t)dump + off, 8192), 0);
	for (u64 off = ALIGN_DOWN(sizeof(dump), 8192); off < sizeof(dump); off += 777)
		CHECK_EQ(
		    sink->ops->write(sink, off, dump + off, (u32)MIN(777ull, sizeof(dump) - off)),
		    0);
	for (u64 off = 5000; off < high; off += 3000)
		CHECK_EQ(sink->ops->write(sink, off, dump + off, (u32)MIN(3000ull, high - off)), 0);
	CHECK_EQ(sink->ops->finish(sink, 0), 0);

	memcpy(medium, before, d->blk.size);
	for (unsigned int cut = 0; cut <= d->n_ops; cut++) {
		u8 *sure = malloc(d->blk.size); /* after the last flush before the cut */

		memcpy(sure, medium, d->blk.size);
		for (int i = 0; i < 8; i++) {
			keep_some(d, safe, cut, i == 0 ? 0 : i == 1 ? 100 : 10 + rnd(85));
			CHECK(truthful(dump, sizeof(dump), old, 700000, d->blk.size));
			memcpy(medium, sure, d->blk.size);
		}
		if (cut < d->n_ops && !d->ops[cut].len) {
			keep_some(d, safe, cut, 100);
			safe = cut + 1;
		}
		free(sure);
	}
	keep_some(d, safe, d->n_ops, 100);
	CHECK(((struct area_header *)(medium + AREA_AT + AREA_BLOCK))[1].state == AREA_COMPLETE);
	CHECK(truthful(dump, sizeof(dump), old, 700000, d->blk.size));
	free(old);
	free(before);
	free(medium);
}
