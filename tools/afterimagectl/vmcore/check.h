/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is a dump whole? By its structure: lengths, bitmaps, descriptors, end record; and by what its
 * pages decode to. */
#ifndef AFTERIMAGECTL_CHECK_H
#define AFTERIMAGECTL_CHECK_H

#include "vmcore/dump.h"

struct check {
	u64 pages;      /* that have contents in the dump; what an ELF core has twice counts once */
	u64 ram;        /* pages of RAM that it speaks of */
	u64 ranges;     /* of RAM */
	u64 compressed; /* of the pages */
	u64 undecodable; /* pages whose contents are damaged; only if they were to be decoded */
	u64 lost;        /* pages that an incomplete dump has only a descriptor of */
	u64 overlapping; /* bytes that a flattened file holds more than once */
	struct why why;  /* what is wrong first; empty: nothing */
};

/* 0: whole; -EBADMSG: not, and why; other errors: could not be read. Overlaps are counted but are
 * no fault here: rearranged, the dump is well defined. With `decode` every compressed page is
 * decompressed too. */
int check_dump(struct check *c, const struct dump *d, bool decode);

#endif
