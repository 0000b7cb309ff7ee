/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pages that readers need before all others: a container sends them first and refers to them when
 * their turn comes, so that a dump cut after its tenth part can be opened (docs/formats.md). */
#ifndef AFTERIMAGE_EARLY_H
#define AFTERIMAGE_EARLY_H

#include "base.h"

/* Candidates; beyond that the less important are not early. The ranges that they make. */
#ifdef EARLY_FEW
#define EARLY_PAGES  2048u
#define EARLY_RANGES 96u
#else
#define EARLY_PAGES  10240u
#define EARLY_RANGES 256u
#endif

/* Find the candidates: by the notes, the crashed kernel's page tables and VMCOREINFO. What is not to
 * be found is not early. kernel_va_init() must have been called. */
void early_collect(void);

/* Walk the candidates, the most important first: page frames *pfn .. *pfn + *n, each only once; a
 * page that does not shrink below `most` bytes shall wait for its turn. *at starts as 0; false at
 * the end. */
bool early_next(u32 *at, u64 *pfn, u32 *n, u32 *most);

/* A candidate of the range given last was sent: its data begins at off and has `size` bytes; 0: it
 * is a page of zeros and has none. In ascending order within the range, data without gaps. */
void early_sent(u64 pfn, u64 off, u32 size);

/* Is any page of pfn .. pfn + n a candidate? */
bool early_within(u64 pfn, u32 n);

/* Was this page sent, and where? Ascending calls only. */
bool early_find(u64 pfn, u64 *off, u32 *size);

#endif
