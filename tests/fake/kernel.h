/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A crashed kernel in the fake memory: 64 MiB of RAM, page tables, VMCOREINFO and an elfcorehdr. */
#ifndef AFTERIMAGE_FAKE_KERNEL_H
#define AFTERIMAGE_FAKE_KERNEL_H

#include "base.h"
#include "fake/elfcorehdr.h"

#define KERNEL_MAP    0xffffffff80000000ull
#define KERNEL_VA     (KERNEL_MAP + 0x12000000) /* of the image: KASLR moved it far */
#define KERNEL_PA     0x2000000ull              /* so that phys_base is negative */
#define KERNEL_BYTES  (4 * MIB)
#define KERNEL_RAM    0x1000000ull
#define KERNEL_RAM_TO 0x5000000ull
#define KERNEL_FREE   0x3000000ull /* nothing of this file from here on */
#define KERNEL_ROOT   (KERNEL_PA + 0x10000)

#define PTE_KERNEL 0x8000000000000163ull /* NX, G, D, A, RW, P */
#define PTE_PS     0x80ull
#define PTE_PAT    0x1000ull /* of a large page */

extern struct corehdr kernel_hdr; /* may be added to between kernel_begin() and kernel_end() */

/* Empty memory with a kernel image, mapped by 2 MiB pages, and tables of that many levels. */
void kernel_begin(unsigned int levels);
/* Map va to pa by a leaf at `level` (1: 4 KiB) with these flags, making tables as needed. */
void kernel_map(u64 va, pa_t pa, unsigned int level, u64 flags);
/* Physical address of the entry for va at `level`. */
pa_t kernel_entry(u64 va, unsigned int level);
/* A PT_LOAD of the kernel's text besides that of RAM. */
void kernel_text(u64 va, pa_t pa, u64 bytes);
/* A CPU that was stopped with that stack pointer: its NT_PRSTATUS note at pa, and a PT_NOTE. */
void kernel_cpu(pa_t pa, u64 rsp);
/* A line of VMCOREINFO. kernel_begin() has said the usual ones about the tables. */
void kernel_say(const char *fmt, ...) PRINTF(1, 2);
/* Leave a line out, whatever has said it. */
void kernel_unsay(const char *key);
/* Everything said: write the elfcorehdr, and kernel_va_init(). */
int kernel_end(void);
/* The same once more, for what was written to memory since. */
int kernel_again(void);

void kernel_write64(pa_t pa, u64 v);

#endif
