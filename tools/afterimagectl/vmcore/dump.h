/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A dump, whatever its container: who crashed, when, and whether all of it is there. */
#ifndef AFTERIMAGECTL_DUMP_H
#define AFTERIMAGECTL_DUMP_H

#include "ctl.h"
#include "vmcore/elfcore.h"
#include "flat.h"
#include "input.h"
#include "vmcore/kdump.h"
#include "vmcore/kdump_pages.h"
#include "vmcore/notes.h"

enum container { CONTAINER_UNKNOWN, CONTAINER_ELF, CONTAINER_KDUMP, CONTAINER_DMESG };

#define CONTAINER_SNIFF 8u /* bytes that tell a container */

struct dump {
	enum container container; /* of the rearranged dump */
	bool flattened;           /* read through map */
	struct flat_map map;
	struct why flat_why; /* where a flattened file ends without its end record */
	struct input in;     /* the rearranged dump */
	struct elfcore elf;
	struct kdump kdump;
	struct kdump_pages *pages;
	struct notes notes;
	char nodename[KDUMP_UTS_LEN]; /* fit to be shown; empty: not known */
	char release[KDUMP_UTS_LEN];
	u64 crash_time; /* Unix seconds; 0: not known */
};

/* Which container begins like this; fewer than CONTAINER_SNIFF bytes are allowed. */
enum container container_sniff(const u8 *p, u64 len);
const char *container_name(enum container c); /* "elf", "kdump", "dmesg", "unknown" */

/* Open what `in` holds; a cut dump opens too as long as its headers are there. -EMEDIUMTYPE: no
 * container of memory (it may be a log); other errors: *why tells. In all cases dump_close() is
 * right. */
int dump_open(struct dump *d, const struct input *in, struct why *why);
void dump_close(struct dump *d);

/* Physical memory of the crashed machine: -ENODATA where the dump does not hold it. What the level
 * of an ELF core left out reads as zeros. */
int dump_read_phys(const struct dump *d, pa_t pa, void *buf, u64 len);

#endif
