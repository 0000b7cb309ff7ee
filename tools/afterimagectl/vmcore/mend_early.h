/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Gives a dump that was cut the pages that were sent before their turn. */
#ifndef AFTERIMAGECTL_MEND_EARLY_H
#define AFTERIMAGECTL_MEND_EARLY_H

#include "vmcore/kdump.h"

#define EARLY_PAGES_MAX 65536u

/* One of them. */
struct early_page {
	u64 pfn;
	struct kdump_page page; /* as its descriptor shall be */
};

/* Those of page frame `from` and above whose descriptors in the table make sense, ascending, each
 * once. *pages is the caller's to free; *n may be 0: most dumps have no table. 0 or -ENOMEM, or the
 * error of reading. */
int early_pages_read(const struct kdump *k, const struct input *in, u64 from,
		     struct early_page **pages, u32 *n);

#endif
