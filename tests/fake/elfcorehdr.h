/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Builds elfcorehdrs in the fake memory: by hand, or from what real ones looked like
 * (tests/fake/elfcorehdr/NAME.txt). */
#ifndef AFTERIMAGE_TEST_ELFCOREHDR_H
#define AFTERIMAGE_TEST_ELFCOREHDR_H

#include <linux/elf.h>

#include "base.h"

struct corehdr {
	pa_t pa;
	unsigned int n;
};

struct elf64_hdr corehdr_valid(unsigned int phnum);
/* Begin an empty one at pa; then add headers; each call leaves a whole elfcorehdr in memory. */
void corehdr_begin(struct corehdr *c, pa_t pa);
void corehdr_add(struct corehdr *c, const struct elf64_phdr *ph);
void corehdr_load(struct corehdr *c, pa_t offset, u64 bytes);
void corehdr_note(struct corehdr *c, pa_t offset, u64 bytes);

/* One note at pa; returns the address behind it. */
pa_t note_write(pa_t pa, const char *name, u32 type, const void *desc, u32 desc_bytes);
/* An elfcorehdr's PT_NOTE with a VMCOREINFO note of that text. */
void corehdr_vmcoreinfo(struct corehdr *c, pa_t pa, const char *text);

/* From tests/fake/elfcorehdr/NAME.txt with its notes; ranges longer than max_bytes are cut to that,
 * their ends keep their offset in a page. Returns its address. */
pa_t corehdr_fixture(const char *name, u64 max_bytes);

#endif
