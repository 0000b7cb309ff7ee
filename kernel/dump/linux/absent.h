/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory that the headers list and the machine has not: a DIMM that was taken out behind the back of
 * an elfcorehdr. Each read of it may cost an exit to a hypervisor, a timeout or a machine check. */
#ifndef AFTERIMAGE_ABSENT_H
#define AFTERIMAGE_ABSENT_H

#include "base.h"

#define ABSENT_PAGES 16384u /* judged together: half a section, the least that is ever taken out */

/* Is no memory at page pfn, a page of a PT_LOAD? Reads a few words of its block, where the crashed
 * kernel does not say that RAM is there; told for each stretch of blocks. Quick for the block that
 * was asked for last. */
bool absent_at(u64 pfn);

/* Forget: the source is another one now, or another pass begins. */
void absent_init(void);

#endif
