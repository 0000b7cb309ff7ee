/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an ELF dump with a level leaves out: decided once, before its headers, and kept, since the
 * struct pages may change under us and headers and contents must agree. */
#ifndef AFTERIMAGE_ELF_PLAN_H
#define AFTERIMAGE_ELF_PLAN_H

#include "base.h"

/* A shorter run is not worth a program header of its own (makedumpfile's PFN_EXCLUDED). */
#define ELF_RUN_MIN 256u

/* Pages first .. end, left out. */
struct page_run {
	u64 first, end;
};

/* No page is left out. */
void elf_plan_clear(void);

/* Look at every page of RAM once, with the filter as filter_init() left it, and at the contents of
 * those that stay if the level has LEVEL_ZERO. The table has room for 8192 runs: when it is full,
 * half of the shorter ones are kept in the dump. 0, or -ETIME: the run's budget is over. */
int elf_plan_make(unsigned int level);

/* The first run that ends behind pfn. False: there is none. */
bool elf_plan_next(u64 pfn, struct page_run *r);

/* Keep half of the shorter runs in the dump, for fewer program headers. False: no runs are left. */
bool elf_plan_coarsen(void);

#endif
