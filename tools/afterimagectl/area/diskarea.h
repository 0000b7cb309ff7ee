/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The dump area that a disk: target names, among this machine's disks and partitions. */
#ifndef AFTERIMAGECTL_DISKAREA_H
#define AFTERIMAGECTL_DISKAREA_H

#include "area/areafile.h"
#include "host/machine.h"

struct diskarea {
	char device[256]; /* /dev/sdb1, or a file */
	char uuid[37];
	u64 room;           /* bytes for dumps */
	u32 state;          /* enum area_state */
	u64 time;           /* of the dump in it */
	u64 used;           /* bytes of its sections; as planned while it is in progress */
	bool immutable;     /* of a file */
	char pci[PCI_NAME]; /* of the disk's controller; empty: none */
};

/* `where` is a UUID or a device. 0, or -errno, told: none, damaged, or two with that UUID. */
int diskarea_find(struct diskarea *d, const char *where);

#endif
