/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The logical space of a dump area that lies in several extents, as a block device. */
#ifndef AFTERIMAGE_EXTENTS_H
#define AFTERIMAGE_EXTENTS_H

#include "drivers/blkdev.h"
#include "dump/disk/extent_map.h"

/* A device of `size` bytes: the payloads of the extents in order, without their stamps. Nothing else of
 * the disk can be reached by it. There is one at a time; `e` stays in use until its release, which
 * releases the disk. */
struct blkdev *extents_open(struct blkdev *disk, const struct extent *e, unsigned int n, u64 size);

#endif
