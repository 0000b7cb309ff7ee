/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a disk's partitions lie, from GPT or MBR: no device code, shared by kernel and host. */
#ifndef AFTERIMAGE_PARTITION_H
#define AFTERIMAGE_PARTITION_H

#include "base.h"

/* Read len bytes at byte off of the disk; all three are multiples of 4 KiB. 0 or negative. */
typedef int (*partition_read_fn)(void *ctx, u64 off, void *buf, u32 len);

/* One stretch of the disk, in bytes. Nonzero ends the walk and is what partition_each returns. */
typedef int (*partition_visit_fn)(void *ctx, u64 start, u64 len);

/* Visit the whole disk first (start 0), then each partition in table order. With a protective MBR
 * the GPT counts (primary header, else the backup; both checksums must fit), otherwise the MBR with
 * its logical partitions. Sector sizes 512 and 4096. What leaves the disk, or overlaps a partition
 * seen before, is ignored; at most PARTITION_MAX are visited. The disk is read in whole 4 KiB
 * blocks: a backup header in a shorter last block is not seen. Not reentrant: one static page.
 * Returns 0, what visit returned, or the error of a read without which there is no table. */
#define PARTITION_MAX 128u
int partition_each(partition_read_fn read, u64 disk_bytes, u32 sector_bytes,
		   partition_visit_fn visit, void *ctx);

#endif
