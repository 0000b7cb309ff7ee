/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is to be dumped: the notes and RAM ranges of the crashed machine, from the elfcorehdr, or from
 * a multiboot2 memory map where nothing was armed. Everything is walked in place, whatever its
 * number; nothing is copied into tables. */
#ifndef AFTERIMAGE_SOURCE_H
#define AFTERIMAGE_SOURCE_H

#include <linux/elf.h>

#include "base.h"

/* Check the ELF core header at pa (fs/proc/vmcore.c parse_crash_elf64_headers). Where it is spoilt and
 * program headers lie right behind it, these are taken. -EINVAL, told, for ELF32 and nonsense.
 * Broken program headers are left out one by one, each kind told once. */
int source_init_elfcorehdr(pa_t pa);

/* No elfcorehdr: RAM as multiboot2 lists it. */
int source_init_multiboot2(void);

/* What source_init_multiboot2() left open: the newest VMCOREINFO note in RAM, an empty one where there
 * is none. Reads all RAM, so after quiescing. */
void source_scan(void);

/* The ELF header of the dump, but for e_phnum and e_phoff. */
void source_elf_header(struct elf64_hdr *out);

/* Walk the PT_LOADs: contents are the physical range [p_offset, p_offset + p_memsz), which for
 * kexec_load's backup is not p_paddr. *at starts as 0; false at the end. */
bool source_next_load(u32 *at, struct elf64_phdr *out);

/* The same, of those only that touch a page of [from, to), by where they were or by where their
 * contents are. However many there are: those that ascend are looked up. */
enum load_key { LOAD_BY_PADDR, LOAD_BY_OFFSET };
bool source_next_load_in(u32 *at, enum load_key key, pa_t from, pa_t to, struct elf64_phdr *out);

/* Walk the note segments; only the bytes that are whole notes (as /proc/vmcore merges them), may be
 * 0. Read with source_read_note, since a note may be of our own making. */
struct source_note {
	pa_t pa;
	u64 len;
	const void *own; /* not NULL: the bytes are here, not in old RAM */
};
bool source_next_note(u32 *at, struct source_note *out);
void source_read_note(void *dst, const struct source_note *n, u64 off, u64 len);

/* Where the kernel said, when the image was loaded, that its VMCOREINFO note is (/sys/kernel/vmcoreinfo):
 * one more note segment if the elfcorehdr leads to no such note, and it is RAM there. Before anything asks
 * for notes. */
void source_spare_vmcoreinfo(pa_t pa, u64 len);

/* The n_descsz bytes of the VMCOREINFO note. -ENOENT without one. */
int source_vmcoreinfo(struct source_note *out);

struct source_summary {
	u32 cpus;       /* notes with an NT_PRSTATUS */
	u32 loads;
	u64 bytes;      /* in all PT_LOADs that are RAM ranges (the kernel text counts once) */
	u32 ranges;     /* those */
};
void source_summarise(struct source_summary *out);

/* Where the elfcorehdr is, which no PT_LOAD says; len 0 without one. */
void source_headers(pa_t *pa, u64 *len);

/* The largest range around pa that touches no page of a PT_LOAD's contents. False: pa is in one. */
bool source_gap(pa_t pa, pa_t *start, pa_t *end);

/* Do all of [pa, pa+len) lie in one PT_LOAD's contents, page-rounded as /proc/vmcore does? */
bool source_holds(pa_t pa, u64 len);

#endif
