/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is a dump whole? By its structure alone: lengths, bitmaps, descriptors, end record. */
#ifndef AFTERIMAGECTL_CHECK_H
#define AFTERIMAGECTL_CHECK_H

#include "dump.h"

struct check {
	u64 pages;       /* that have contents in the dump */
	u64 undecoded;   /* of these, compressed ones, whose contents were not looked at */
	u64 overlapping; /* bytes that a flattened file holds more than once */
	struct why why;  /* what is wrong first; empty: nothing */
};

/* 0: whole; -EBADMSG: not, and why; other errors: could not be read. Overlaps are counted but are
 * no fault here: rearranged, the dump is well defined. */
int check_dump(struct check *c, const struct dump *d);

#endif
