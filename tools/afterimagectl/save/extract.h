/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A dump taken out of a dump area. */
#ifndef AFTERIMAGECTL_EXTRACT_H
#define AFTERIMAGECTL_EXTRACT_H

#include "ctl.h"

/* Take the dump out of the area in `path` (device or file) into the folder `dir`, made if it is not
 * there: vmcore, or vmcore-incomplete, and vmcore-dmesg.txt where there is a log; nothing there is
 * overwritten. Then the area is marked empty, unless `keep`. Says everything.
 *
 * 0: a whole dump; 1: an incomplete one, saved as far as it goes; -ENODATA: the area is empty; else
 * -errno, and the area is as it was. */
int area_extract(const char *path, const char *dir, bool keep);

#endif
