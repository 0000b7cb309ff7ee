/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finding the crashed kernel's VMCOREINFO note in its RAM, where no elfcorehdr says where it is. */
#ifndef AFTERIMAGE_SCAN_H
#define AFTERIMAGE_SCAN_H

#include "base.h"

/* Look through the source's RAM (source_next_load) for the VMCOREINFO note of the kernel that ran
 * last: *pa and *len are its place, ELF note header included. Of several, one whose kernel is really
 * where it says wins, then the highest CRASHTIME, then the last found. -ENOENT: none. -ETIME: the
 * budget is over.
 *
 * Reads 16 bytes of each second page, as kernels since 4.11 have the note in a block of two; only if
 * that finds nothing, everything. Measured costs: docs/grub.md. */
int scan_vmcoreinfo(pa_t *pa, u64 *len);

#endif
