/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the extents of a dump area in a file are, as the loader found them out (docs/area-format.md,
 * "The extent map"). */
#ifndef AFTERIMAGE_EXTENT_MAP_H
#define AFTERIMAGE_EXTENT_MAP_H

#include "dump/disk/area.h"

#define EXTENT_MAP_MAX    (64 * KIB) /* bytes of the text that are looked at */
#define EXTENT_MAP_TITLE  "afterimage-map 1"
#define EXTENT_REASON_MAX 120

/* A stretch of a disk in bytes, its stamp included: multiples of 4 KiB. */
struct extent {
	u64 start, length;
};

/* Where the text is. Nothing is read yet. */
void extent_map_set(pa_t pa, u64 len);

/* The extents of the area with that UUID, in order: how many, 1 to AREA_MAX_EXTENTS; -ENOENT: there is
 * no map, or it does not know the area; -EBADMSG: it is damaged. `reason` says which. */
int extent_map_read(const u8 uuid[16], struct extent e[AREA_MAX_EXTENTS], char reason[EXTENT_REASON_MAX]);

#endif
