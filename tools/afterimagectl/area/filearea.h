/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A dump area in a file of a file system: made, and found again below the file system. */
#ifndef AFTERIMAGECTL_FILEAREA_H
#define AFTERIMAGECTL_FILEAREA_H

#include "area/areafile.h"
#include "area/runs.h"

/* Make the file, of `size` bytes (to whole blocks), with an empty dump area in it, immutable. It must not
 * be there; where it fails, it is not. 0 or -errno, told. */
int filearea_make(const char *path, const u8 uuid[16], u64 size);

/* Remove such a file. A capture kernel that is armed with it finds no stamp of it any more, whoever has
 * its blocks then. 0 or -errno, told. */
int filearea_remove(const char *path, int fd, const struct areafile *a);

/* The area's extents, in order, on the whole disk *disk as they are now. Told, with what to do, where the
 * file system has moved them so that they are not the area's any more. */
int filearea_locate(const char *path, struct runs *extents, dev_t *disk);

#endif
