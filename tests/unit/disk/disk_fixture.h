/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A disk with a dump area, and the disk sink opened on it: what the tests of the sink share. */
#ifndef AFTERIMAGE_DISK_FIXTURE_H
#define AFTERIMAGE_DISK_FIXTURE_H

#include "dump/disk/disk_sink.h"
#include "fake/memdisk.h"

#define AREA_AT       (1 * MIB) /* in a partition */
#define AREA_SIZE     (2 * MIB)
#define DATA_AT(area) ((area) + AREA_BLOCK + AREA_DATA_OFF)
#define NEW_TIME      1714567890 /* of the crash that is dumped */

extern const struct target target;
extern struct config cfg;
extern struct sink *sink;
extern char reason[DISK_REASON_MAX];

/* A number below `below`, the same ones in every run. */
u32 rnd(u32 below);

/* Forget all disks; one of 4 MiB with the empty area in its first partition. */
struct memdisk *fresh(void);

/* Open the sink and begin a vmcore section; the result, and why in `reason`. */
int opened(u64 bytes, bool copy);

/* The header that counts of the area at byte `at`; NULL: none. */
struct area_header *header_of(struct memdisk *d, u64 at);

/* Make the area one with a complete dump of `len` bytes. */
void make_complete(struct memdisk *d, u64 at, u64 len, u64 time);

#endif
