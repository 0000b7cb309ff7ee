/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A dump against a raw image of the machine's RAM, as QEMU's file memory backend leaves it. */
#ifndef AFTERIMAGECTL_RAM_H
#define AFTERIMAGECTL_RAM_H

#include <stdio.h>

#include "vmcore/dump.h"

/* The file holds RAM below `split` first; what is at 4 GiB and above follows at `split`. */
struct ram {
	struct input in;
	u64 split;
};

/* QEMU q35's own rule for a machine with that much RAM. */
u64 ram_default_split(u64 size);

struct ram_result {
	u64 equal, differing, absent; /* pages; absent: not in the RAM file */
	u64 differing_low;            /* of the differing ones, below 1 MiB */
	u64 kept;                     /* pages that the dump holds */
	u64 undecodable;              /* of these, damaged ones, which could not be compared */
	u64 first[8];                 /* addresses of the first that differ */
};

/* Compare every page of the dump; each page that differs goes to `list` (may be NULL) as an address
 * a line. 0 or an error of reading that was told. */
int ram_compare(struct ram_result *r, const struct ram *ram, const struct dump *d, FILE *list);

#endif
