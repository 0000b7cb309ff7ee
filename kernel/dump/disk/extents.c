/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A block device made of extents of a disk: requests are split where an extent ends. */
#include "dump/disk/extents.h"

#include <string.h>

typedef int (*transfer_fn)(struct blkdev *d, u64 off, const struct blk_seg *seg, unsigned int n);

static struct extents {
	struct blkdev blk;
	struct blkdev *disk;
	const struct extent *extent;
	unsigned int n;
} extents;

/* Where on the disk byte `off` is, and how much follows it there; no room: behind the end. */
static u64 place(u64 off, u64 *room)
{
	*room = 0;
	for (unsigned int i = 0; i < extents.n; i++) {
		u64 payload = extents.extent[i].length - AREA_BLOCK;

		if (off < payload) {
			*room = payload - off;
			return extents.extent[i].start + AREA_BLOCK + off;
		}
		off -= payload;
	}
	return 0;
}

/* As many whole segments at once as the extent has room for; one that crosses its end in parts. */
static int transfer(transfer_fn fn, u64 off, const struct blk_seg *seg, unsigned int n)
{
	u64 done = 0; /* of the first segment */
	int err = 0;

	while (n && !err) {
		struct blk_seg part = { .pa = seg->pa + done, .len = seg->len - done };
		u64 room, at = place(off, &room), len = 0;
		unsigned int k = 0;

		if (!room)
			return -EINVAL;
		while (!done && k < n && seg[k].len <= room - len)
			len += seg[k++].len;
		if (k) {
			err = fn(extents.disk, at, seg, k);
		} else {
			len = part.len = MIN(part.len, room);
			err = fn(extents.disk, at, &part, 1);
			done += len;
			k = done == seg->len;
			done = k ? 0 : done;
		}
		off += len;
		seg += k;
		n -= k;
	}
	return err;
}

static int extents_read(struct blkdev *d, u64 off, const struct blk_seg *seg, unsigned int n)
{
	(void)d;
	return transfer(extents.disk->ops->read, off, seg, n);
}

/* One write at a time is on its way. */
static int write_part(struct blkdev *disk, u64 off, const struct blk_seg *seg, unsigned int n)
{
	int err = disk->ops->wait(disk);

	return err ? err : disk->ops->write_begin(disk, off, seg, n);
}

static int extents_write_begin(struct blkdev *d, u64 off, const struct blk_seg *seg, unsigned int n)
{
	(void)d;
	return transfer(write_part, off, seg, n);
}

static int extents_wait(struct blkdev *d)
{
	(void)d;
	return extents.disk->ops->wait(extents.disk);
}

static int extents_flush(struct blkdev *d)
{
	(void)d;
	return extents.disk->ops->flush(extents.disk);
}

static void extents_release(struct blkdev *d)
{
	(void)d;
	extents.disk->ops->release(extents.disk);
}

static const struct blkdev_ops extents_ops = { .read = extents_read,
	                                       .write_begin = extents_write_begin,
	                                       .wait = extents_wait,
	                                       .flush = extents_flush,
	                                       .release = extents_release };

struct blkdev *extents_open(struct blkdev *disk, const struct extent *e, unsigned int n, u64 size)
{
	extents = (struct extents){ .blk = *disk, .disk = disk, .extent = e, .n = n };
	extents.blk.ops = &extents_ops;
	extents.blk.size = size;
	return &extents.blk;
}
