/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Our own page tables: the image as it is addressed, all else in a small window, and fault-safe reads
 * of physical memory. */
#ifndef AFTERIMAGE_MAP_H
#define AFTERIMAGE_MAP_H

#include "base.h"

/* Nothing is mapped writable until it is told where old RAM is: `gap` gives the largest range around
 * pa without any, false where pa lies in some. */
void map_guard(bool (*gap)(pa_t pa, pa_t *start, pa_t *end));

/* May [pa, pa+len) hold registers: within the CPU's reach, not in our image, old RAM or the low 16 MiB
 * (old RAM too, though an elfcorehdr may have a copy of it elsewhere), and map_guard() was called? */
bool map_is_device(pa_t pa, u64 len);

/* Nor are registers in [pa, pa+len): what the loader put around us. A few of these. */
void map_keep(pa_t pa, u64 len);

/* Map device registers [pa, pa+len): writable, non-executable, uncached (PCD|PWT selects PAT entry 3, UC
 * both at reset and in Linux's PAT). Returns where, for good; pa itself means nothing to the CPU. NULL
 * (and a log line) when map_is_device() says no or the window's 510 pages are used up. */
void *map_mmio(pa_t pa, u64 len);

/* One page of device registers until the next call: uncached, writable. For configuration space, whose
 * thousands of pages have no room. NULL like map_mmio(), but without a line. */
void *map_mmio_window(pa_t page);

/* The C-bit, where memory can be encrypted (AMD SME), as an address has it that peek() is given for
 * encrypted memory; else 0. */
u64 map_c_bit(void);

/* Copy len bytes at physical address pa, one page mapped at a time (read-only, NX, write-back).
 * No bounds but the CPU's own: for firmware tables, boot_params and the elfcorehdr; old RAM goes
 * through oldmem.h. A page that faults reads as zeros. Returns the number of pages that could not
 * be read. */
unsigned int peek(void *dst, pa_t pa, u64 len);

/* May the CPU address [pa, pa+len) at all (its physical width)? */
bool map_addressable(pa_t pa, u64 len);

/* One past the highest physical address this CPU has (MAXPHYADDR): no RAM can lie above, whatever a
 * header says. */
u64 map_physical_limit(void);

#endif
