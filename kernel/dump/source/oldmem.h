/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one door to the crashed kernel's RAM: by physical address, page by page, bounds-checked,
 * fault-safe, never written. */
#ifndef AFTERIMAGE_OLDMEM_H
#define AFTERIMAGE_OLDMEM_H

#include "base.h"

/* Copy len bytes of old RAM at pa. Pages outside the ranges of the elfcorehdr, beyond the CPU's
 * reach, known bad, or that fault are zeros in dst. Returns the number of such pages. */
unsigned int oldmem_read(void *dst, pa_t pa, u64 len);

/* The same without the elfcorehdr's ranges as a bound: for notes, which a header may keep anywhere. */
unsigned int oldmem_read_unlisted(void *dst, pa_t pa, u64 len);

/* May a device fetch [pa, pa+len) itself (a span by reference)? Only if no part of it lies in a
 * BAR, ECAM, LAPIC, our image, the low 16 MiB or a page known bad, and all of it in one range of
 * the elfcorehdr. */
bool oldmem_dma_ok(pa_t pa, u64 len);

/* Device address space that must never be read as RAM (BARs, ECAM, LAPIC, IO-APIC): kept by whoever
 * finds it. When the table is full, nothing goes by reference any more. */
void oldmem_forbid(pa_t pa, u64 len);

/* A page seen to fault: read as zeros from now on, never given to a device. */
void oldmem_mark_bad(pa_t page);

/* Old RAM is encrypted (AMD SME): it is read with the C-bit in the mapping, and never given to a
 * device, whose reads would need it in their addresses. 0: it is not. */
void oldmem_set_encryption(u64 c_bit);

#endif
