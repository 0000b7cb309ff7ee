/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes of a kdump-compressed dump that was cut a file that its readers open. */
#ifndef AFTERIMAGECTL_MEND_H
#define AFTERIMAGECTL_MEND_H

#include "vmcore/dump.h"
#include "output.h"

struct mended {
	u64 kept; /* pages that are there */
	u64 lost; /* pages that a bitmap promised and that are not */
};

/* Mend what was stored in `o`, *size bytes. Afterwards bitmap2 ends with the last page that is
 * there; a page lost before that has a descriptor of zeros (crash: "page incomplete"); the file
 * reaches beyond the bitmaps, and ends with the last byte that a descriptor speaks of (*size); the
 * header's status says incomplete. With `decode`, a page whose contents do not decode is lost too:
 * for media on which old data may lie where nothing was written.
 *
 * 0, also where there is nothing that could be mended (no kdump file, or cut within its headers:
 * the status is set if that much is there); else the error of reading or writing. */
int mend_kdump(struct output *o, u64 *size, bool decode, struct mended *result);

/* How much of a larger place (a section as it was planned) a kdump file takes: up to the last byte
 * that a descriptor speaks of. All of it where it holds something else. */
u64 mend_extent(const struct input *in);

#endif
