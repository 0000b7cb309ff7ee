/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a file's bytes lie: first on its file system's device, then on the whole disk below that. */
#ifndef AFTERIMAGECTL_RUNS_H
#define AFTERIMAGECTL_RUNS_H

#include <sys/types.h>

#include "ctl.h"
#include "dump/disk/extent_map.h"

/* A stretch of the file, and where it is on a device; bytes. */
struct run {
	u64 file, device, length;
};

/* In the file's order; what is adjacent on the device is one run. */
struct runs {
	unsigned int n;
	struct run run[AREA_MAX_EXTENTS];
};

/* One more stretch of the file, behind the last one. 0, or -E2BIG: more than a dump area may have. */
int runs_add(struct runs *r, u64 file, u64 device, u64 length);

/* Where the first `size` bytes of a file are on its file system's device *dev, after all of it has been
 * written. Refused, with why, where its blocks are not plain blocks of one device that stay where they
 * are: other file systems than ext4 and xfs, data=journal, shared, encoded or unwritten extents, holes. */
int runs_of_file(int fd, u64 size, struct runs *r, dev_t *dev, struct why *why);

/* "sda1", of sysfs; false: it does not know that device. */
bool layer_name(dev_t dev, char name[64]);

/* From there down to the whole disk: partitions and device-mapper's linear targets. *dev becomes the
 * disk's. Refused, with why, where there is anything else between, or more than one disk. */
int runs_to_disk(struct runs *r, dev_t *dev, struct why *why);

#endif
