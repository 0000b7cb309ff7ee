/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The candidates for pages sent early, as they are being collected. */
#ifndef AFTERIMAGE_EARLY_TABLE_H
#define AFTERIMAGE_EARLY_TABLE_H

#include "base.h"

/* What a candidate is, in the order in which they are sent. */
enum early_class {
	EARLY_ROOTS,      /* per-CPU areas, stacks, tables, the memory model's roots, the banner */
	EARLY_TEXT,       /* code that stacks speak of */
	EARLY_RODATA,     /* the image's read-only data; what does not shrink well becomes EARLY_STRINGS */
	EARLY_DATA,       /* its data and bss; what does not shrink well becomes EARLY_REST */
	EARLY_OBJECTS,    /* the allocator's objects that data points to, other stacks; the same */
	EARLY_REST,       /* what hardly shrinks becomes EARLY_NONE */
	EARLY_STRINGS,    /* the rest of read-only data; the same */
	EARLY_CLASSES,
	EARLY_FRESH = EARLY_CLASSES, /* an object whose pointers are still to be looked at */
	EARLY_ZEROS,      /* was sent: a page of zeros */
	EARLY_NONE,       /* was not sent */
};

void early_clear(void);

/* More candidates; those that are there already stay what they are, those for which there is no room
 * are forgotten. */
void early_add(u64 pfn, u64 n, enum early_class class);

bool early_has(u64 pfn);

/* How many there are. */
u32 early_count(void);

/* The first candidate from *pfn on that is `from`: it becomes `to`. False: none is. */
bool early_take(u64 *pfn, enum early_class from, enum early_class to);

#endif
