/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finding the one dump area with a UUID among all disks and partitions. */
#ifndef AFTERIMAGE_DISK_FIND_H
#define AFTERIMAGE_DISK_FIND_H

#include "config/config.h"
#include "drivers/blkdev.h"
#include "dump/disk/area.h"

#define DISK_REASON_MAX 120

/* How disks are found: drivers/ahci/ahci.h describes what a probe does. */
typedef int (*disk_probe_fn)(int (*found)(struct blkdev *d, void *ctx), void *ctx);

/* An area on a live device. */
struct disk_area {
	struct blkdev *dev;
	u64 start; /* of the logical space on the device, bytes */
	u64 size;  /* of the logical space */
	u8 uuid[16];
	unsigned int current; /* the header copy that counts */
	u64 sequence;         /* and what it says */
	u32 state; /* complete also where that is what a copy that cannot be read may say */
	u64 time;
};

/* Look at every disk and partition (of a file: where the extent map says), and then open the only area
 * with the target's UUID. Of a file, every extent's stamp has been seen then. `scratch` has
 * DISK_SCRATCH bytes, 4 KiB aligned. On success the device is live and the caller's to release; on
 * failure everything is released, nothing was written, and `reason` says why. */
#define DISK_SCRATCH (3 * AREA_BLOCK)
int disk_area_open(disk_probe_fn probe, const struct target *t, struct disk_area *a, u8 *scratch,
		   char reason[DISK_REASON_MAX]);

#endif
