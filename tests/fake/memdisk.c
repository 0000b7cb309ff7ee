/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Disks in memory for the tests of what stands on the blkdev contract. */
#include "fake/memdisk.h"

#include "unit/test.h"

#include "dump/disk/area.h"
#include "map.h"

/* Physical memory is ours. */
unsigned int peek(void *dst, pa_t pa, u64 len)
{
	memcpy(dst, (const void *)pa, len);
	return 0;
}

struct memdisk memdisk[MEMDISKS];
unsigned int n_memdisks;

static void record(struct memdisk *d, u64 off, const void *data, u64 len)
{
	struct memdisk_op *op;

	if (d->n_ops == d->max_ops) {
		d->max_ops = d->max_ops ? 2 * d->max_ops : 64;
		d->ops = realloc(d->ops, d->max_ops * sizeof(*d->ops));
	}
	op = &d->ops[d->n_ops++];
	*op = (struct memdisk_op){ .off = off, .len = len, .data = len ? malloc(len) : NULL };
	if (len)
		memcpy(op->data, data, len);
}

/* The contract's conditions; a breach ends the program, so that no test passes by it. */
static void check_seg(const struct memdisk *d, u64 off, const struct blk_seg *s)
{
	if (d->live && s->len && (off | s->pa | s->len) % BLK_UNIT == 0 && off <= d->blk.size &&
	    s->len <= d->blk.size - off)
		return;
	fprintf(stderr, "%s: request outside the contract: off %llu pa 0x%llx len %llu live %d\n",
		d->blk.name, off, s->pa, s->len, d->live);
	abort();
}

static struct memdisk *idle_disk(struct blkdev *b)
{
	struct memdisk *d = (struct memdisk *)b;

	if (!d->flying.n)
		return d;
	fprintf(stderr, "%s: asked for something while a write is on its way\n", d->blk.name);
	abort();
}

static int memdisk_read(struct blkdev *b, u64 off, const struct blk_seg *seg, unsigned int n)
{
	struct memdisk *d = idle_disk(b);

	fake_now_us += d->us_per_op;
	for (; n--; off += seg++->len) {
		check_seg(d, off, seg);
		if (d->bad_block && d->bad_block - off < seg->len)
			return -EIO;
		memcpy((void *)seg->pa, d->mem + off, seg->len);
	}
	return 0;
}

static int memdisk_write_begin(struct blkdev *b, u64 off, const struct blk_seg *seg, unsigned int n)
{
	struct memdisk *d = idle_disk(b);

	if (!n || n > MEMDISK_SEGS)
		abort();
	d->requests++;
	d->flying.off = off;
	d->flying.n = n;
	memcpy(d->flying.seg, seg, n * sizeof(*seg));
	for (; n--; off += seg++->len)
		check_seg(d, off, seg);
	return 0;
}

static int memdisk_wait(struct blkdev *b)
{
	struct memdisk *d = (struct memdisk *)b;
	const struct blk_seg *seg = d->flying.seg;
	u64 off = d->flying.off;
	unsigned int n = d->flying.n;

	if (!n)
		return 0;
	d->flying.n = 0;
	fake_now_us += d->us_per_op;
	if (d->fail_writes && !d->fail_after--) {
		d->fail_after = 0;
		return d->fail_writes;
	}
	for (; n--; off += seg++->len) {
		memcpy(d->mem + off, (void *)seg->pa, seg->len);
		record(d, off, d->mem + off, seg->len);
	}
	return 0;
}

static int memdisk_flush(struct blkdev *b)
{
	struct memdisk *d = idle_disk(b);

	fake_now_us += d->us_per_op;
	if (d->fail_flush)
		return d->fail_flush;
	record(d, 0, NULL, 0);
	return 0;
}

static void memdisk_release(struct blkdev *b)
{
	struct memdisk *d = (struct memdisk *)b;

	d->live = 0;
	d->flying.n = 0;
}

static const struct blkdev_ops memdisk_ops = { .read = memdisk_read,
					       .write_begin = memdisk_write_begin,
					       .wait = memdisk_wait,
					       .flush = memdisk_flush,
					       .release = memdisk_release };

void memdisk_forget(struct memdisk *d)
{
	while (d->n_ops)
		free(d->ops[--d->n_ops].data);
}

void memdisk_clear(void)
{
	for (unsigned int i = 0; i < n_memdisks; i++) {
		memdisk_forget(&memdisk[i]);
		free(memdisk[i].ops);
		free(memdisk[i].mem);
	}
	n_memdisks = 0;
}

struct memdisk *memdisk_add(u64 size, u32 sector_bytes)
{
	struct memdisk *d = &memdisk[n_memdisks];

	*d = (struct memdisk){
		.blk = { .ops = &memdisk_ops, .size = size, .sector_bytes = sector_bytes }
	};
	snprintf(d->blk.name, sizeof(d->blk.name), "memdisk %u", n_memdisks++);
	d->mem = calloc(1, size);
	return d;
}

void memdisk_format(struct memdisk *d, u64 off, u64 area_size, u8 uuid0)
{
	struct area_stamp s = { .version = AREA_VERSION,
				.extent_count = 1,
				.length = area_size,
				.area_size = area_size,
				.uuid = { uuid0, 2, 3 } };
	struct area_header h = { .version = AREA_VERSION, .sequence = 1, .uuid = { uuid0, 2, 3 } };

	memcpy(s.magic, AREA_STAMP_MAGIC, 8);
	area_stamp_seal(&s);
	memcpy(h.magic, AREA_HEADER_MAGIC, 8);
	area_header_seal(&h);
	memcpy(d->mem + off, &s, sizeof(s));
	memcpy(d->mem + off + AREA_BLOCK, &h, sizeof(h));
	memset(d->mem + off + 2 * AREA_BLOCK, 0, AREA_BLOCK);
}

int memdisk_probe(int (*found)(struct blkdev *d, void *ctx), void *ctx)
{
	for (unsigned int i = 0; i < n_memdisks; i++) {
		int rc;

		memdisk[i].live = 1;
		rc = found(&memdisk[i].blk, ctx);
		if (rc)
			return rc;
		memdisk[i].live = 0;
	}
	return 0;
}
