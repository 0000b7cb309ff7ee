/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The contract of a disk driver, as the disk sink sees it. */
#ifndef AFTERIMAGE_BLKDEV_H
#define AFTERIMAGE_BLKDEV_H

#include "base.h"

#define BLK_UNIT 4096u /* every offset, length and address below is a multiple of this */

struct blkdev {
	const struct blkdev_ops *ops;
	char name[32];        /* for the console, e.g. "ahci 0000:00:1f.2 port 0" */
	u64 size;             /* bytes, rounded down to BLK_UNIT */
	u32 sector_bytes;     /* 512 or 4096 */
	bool read_only;
};

/* One memory segment of a transfer: old RAM by reference or our own buffer, 4 KiB aligned. */
struct blk_seg {
	pa_t pa;
	u64 len;
};

struct blkdev_ops {
	/* Transfer the segments from the medium at byte offset `off`, split as the device needs. -EIO
	 * (after the bounded retries), -EREMOTEIO (the host side could not fetch the memory), -ENODEV
	 * (it was away for a moment: its cache is lost, or it is another disk), -ETIMEDOUT, -ETIME. */
	int (*read)(struct blkdev *d, u64 off, const struct blk_seg *seg, unsigned int n);
	/* As read, to the medium; but the device may still fetch what the segments say when this
	 * returns, so that stays as it is until wait(), and nothing but wait() or release() may be
	 * asked for before. */
	int (*write_begin)(struct blkdev *d, u64 off, const struct blk_seg *seg, unsigned int n);
	/* The data is with the device's cache when this returns 0; so it is if no write was begun. */
	int (*wait)(struct blkdev *d);
	/* Everything written so far is on the medium when this returns 0. */
	int (*flush)(struct blkdev *d);
	/* Reset the device and clear its bus mastering: it touches no memory any more. */
	void (*release)(struct blkdev *d);
};

static inline int blk_write(struct blkdev *d, u64 off, const struct blk_seg *seg, unsigned int n)
{
	int err = d->ops->write_begin(d, off, seg, n);

	return err ? err : d->ops->wait(d);
}

#endif
