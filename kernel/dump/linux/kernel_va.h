/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The crashed kernel's virtual addresses: its own page tables, walked through oldmem. */
#ifndef AFTERIMAGE_KERNEL_VA_H
#define AFTERIMAGE_KERNEL_VA_H

#include "base.h"

/* Find the root of the tables by VMCOREINFO (NUMBER(phys_base), SYMBOL(init_top_pgt |
 * swapper_pg_dir | init_level4_pgt), NUMBER(pgtable_l5_enabled), NUMBER(sme_mask); older kernels by
 * the text PT_LOAD), and see whether they map themselves. 0, or -ENOENT: what is missing or damaged
 * is told, and no translation will succeed but, where phys_base is known, those of the kernel
 * image: enough for most logs. */
int kernel_va_init(void);

/* Physical address of va, and in *len (may be NULL) how many bytes from there on the same mapping
 * covers. False: not mapped, or a table that cannot be read or lies outside the ranges of the
 * elfcorehdr; *len is then how many bytes the hole has, never 0. *pa itself may be anything: read
 * it with oldmem_read(rampages_contents()). (Intel SDM 3A 4.5; 4 and 5 levels, 2 MiB and 1 GiB
 * pages; the kernel image's mapping needs no table.) */
bool kernel_va_translate(u64 va, pa_t *pa, u64 *len);

/* The same by the tables alone. */
bool kernel_va_walk(u64 va, pa_t *pa, u64 *len);

/* Where the kernel image's mapping begins, or would, in physical memory (signed); 0: not known. As
 * makedumpfile: by VMCOREINFO since 4.10, else by the kernel text's PT_LOAD. */
u64 kernel_va_phys_base(void);

/* The lowest kernel address: the half above is canonical by its sign bit. */
u64 kernel_va_start(void);

/* The mapping that a walk ended with, in force until the next one. */
#define KERNEL_VA_LEVELS 5
struct kernel_va_leaf {
	u64 va, size;
	pa_t pa;
	bool writable, executable;
	pa_t table[KERNEL_VA_LEVELS]; /* that led to it, the lowest first; 0: none of that level */
};

/* The same, with all that the tables say. NULL: not mapped; *len as above. */
const struct kernel_va_leaf *kernel_va_leaf(u64 va, u64 *len);

/* Copy len bytes at va. 0, or -EFAULT: some of it is not mapped or readable, dst is undefined. */
int kernel_va_read(void *dst, u64 va, u64 len);

/* An address in the kernel image's mapping, as linear as the kernel made it. False: phys_base is
 * not known, or va is no such address. */
bool kernel_va_image(u64 va, pa_t *pa);

#endif
