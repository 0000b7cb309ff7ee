/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pages that readers need before all others: a container sends them first and refers to them when
 * their turn comes, so that a dump cut after its tenth part can be opened (docs/formats.md). */
#ifndef AFTERIMAGE_EARLY_H
#define AFTERIMAGE_EARLY_H

#include "base.h"

/* Candidates (half a byte each), the ranges that they make (8 bytes), those with contents that are
 * sent (2 bytes). Beyond that the less important are not early. */
#define EARLY_PAGES  12288u
#ifdef SMALL_IMAGE
#define EARLY_RANGES 640u
#define EARLY_SIZES  4096u
#else
#define EARLY_RANGES 1024u
#define EARLY_SIZES  6144u
#endif

/* Find the candidates: by the notes, the crashed kernel's page tables, struct pages and VMCOREINFO.
 * What is not to be found is not early, nor what two seconds do not suffice for. kernel_va_init() and
 * filter_init() must have been called. */
void early_collect(void);

/* Walk the candidates, the most important first: page frames *pfn .. *pfn + *n, some of which it is the
 * turn of. *at starts as 0; false at the end. */
bool early_next(u32 *at, u64 *pfn, u32 *n);

/* Is it this page's turn? It is of the range given last; call in ascending order. Then one of the
 * following must be called. A page that does not shrink below *most bytes shall not be sent (0: any
 * is). */
bool early_turn(u64 pfn, u32 *most);

/* It was sent: its data begins at off and has `size` bytes; 0: it is a page of zeros and has none. Data
 * is without gaps from the first call on. */
void early_sent(u64 pfn, u64 off, u32 size);

/* It did not shrink enough: perhaps its turn comes once more. */
void early_later(u64 pfn);

/* It is not in the dump. */
void early_drop(u64 pfn);

/* Is any page of pfn .. pfn + n a candidate? */
bool early_within(u64 pfn, u32 n);

/* Was this page sent, and where? Ascending calls only. */
bool early_find(u64 pfn, u64 *off, u32 *size);

#endif
