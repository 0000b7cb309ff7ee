/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Disks in memory behind the blkdev contract, which record every write and flush and can be told to
 * fail. */
#ifndef AFTERIMAGE_MEMDISK_H
#define AFTERIMAGE_MEMDISK_H

#include "drivers/blkdev.h"

#define MEMDISKS 3
#define MEMDISK_SEGS 256

struct memdisk_op {
	u64 off;
	u64 len; /* 0: a flush that succeeded */
	u8 *data;
};

struct memdisk {
	struct blkdev blk; /* first */
	u8 *mem;
	struct memdisk_op *ops;
	unsigned int n_ops, max_ops;
	unsigned int requests; /* writes as they were asked for; an op is one segment of one */
	int live;              /* found and not released */
	struct {
		u64 off;
		unsigned int n;
		struct blk_seg seg[MEMDISK_SEGS];
	} flying; /* a write that was begun: what it is made of is looked at as late as may be, in wait() */
	u64 us_per_op;         /* how slow it is */
	int fail_writes;       /* if not 0, how a write ends from the fail_after-th on */
	int fail_flush;
	u64 bad_block;         /* if not 0, byte of a block that cannot be read */
	unsigned int fail_after;
};

extern struct memdisk memdisk[MEMDISKS];
extern unsigned int n_memdisks; /* that memdisk_probe shows */

/* Forget all disks; add one of zeros. */
void memdisk_clear(void);
struct memdisk *memdisk_add(u64 size, u32 sector_bytes);

/* Forget what was written to it, but for its contents. */
void memdisk_forget(struct memdisk *d);

/* Put an empty dump area's stamp and headers at byte off. */
void memdisk_format(struct memdisk *d, u64 off, u64 area_size, u8 uuid0);

int memdisk_probe(int (*found)(struct blkdev *d, void *ctx), void *ctx);

#endif
