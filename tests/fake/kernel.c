/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The crashed kernel of fake/kernel.h. */
#include "fake/kernel.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dump/linux/kernel_va.h"
#include "dump/source/source.h"
#include "fake/memory.h"

#define HDR  0x3d000000ull
#define NOTE 0x1800000ull
#define ADDR 0x000ffffffffff000ull
#define PTE_TABLE 0x63ull /* D, A, RW, P */
#define PRSTATUS_RSP 264  /* in struct elf_prstatus */

struct corehdr kernel_hdr;
static unsigned int levels;
static pa_t next_table;
static char said[8192];

void kernel_write64(pa_t pa, u64 v) { mem_write(pa, &v, sizeof(v)); }

static u64 read64(pa_t pa)
{
	u64 v;

	mem_read(&v, pa, sizeof(v));
	return v;
}

static pa_t entry_of(pa_t table, u64 va, unsigned int level)
{
	return table + (va >> (12 + 9 * (level - 1)) & 511) * 8;
}

pa_t kernel_entry(u64 va, unsigned int level)
{
	pa_t table = KERNEL_ROOT;

	for (unsigned int l = levels; l > level; l--)
		table = read64(entry_of(table, va, l)) & ADDR;
	return entry_of(table, va, level);
}

void kernel_map(u64 va, pa_t pa, unsigned int level, u64 flags)
{
	static const u8 zero[PAGE_SIZE];

	for (unsigned int l = levels; l > level; l--) {
		pa_t e = kernel_entry(va, l);

		if (read64(e))
			continue;
		mem_write(next_table, zero, PAGE_SIZE);
		kernel_write64(e, next_table | PTE_TABLE);
		next_table += PAGE_SIZE;
	}
	kernel_write64(kernel_entry(va, level), pa | flags | (level > 1 ? PTE_PS : 0));
}

void kernel_text(u64 va, pa_t pa, u64 bytes)
{
	corehdr_add(&kernel_hdr, &(struct elf64_phdr){ .p_type = PT_LOAD, .p_flags = 7, .p_offset = pa,
		.p_vaddr = va, .p_paddr = pa, .p_memsz = bytes, .p_filesz = bytes });
}

void kernel_cpu(pa_t pa, u64 rsp)
{
	u8 prstatus[336] = { 0 };

	memcpy(prstatus + PRSTATUS_RSP, &rsp, sizeof(rsp));
	corehdr_note(&kernel_hdr, pa, note_write(pa, "CORE", NT_PRSTATUS, prstatus, sizeof(prstatus)) - pa);
}

void kernel_say(const char *fmt, ...)
{
	size_t n = strlen(said);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(said + n, sizeof(said) - n - 1, fmt, ap);
	va_end(ap);
	strcat(said, "\n");
}

void kernel_unsay(const char *key)
{
	char *line = strstr(said, key), *end = line ? strchr(line, '\n') : NULL;

	if (!end)
		abort();
	memmove(line, end + 1, strlen(end + 1) + 1);
}

void kernel_begin(unsigned int l)
{
	static const u8 zero[PAGE_SIZE];

	mem_reset();
	levels = l;
	next_table = KERNEL_ROOT + PAGE_SIZE;
	said[0] = '\0';
	mem_write(KERNEL_ROOT, zero, PAGE_SIZE);
	for (u64 at = 0; at < KERNEL_BYTES; at += 2 * MIB)
		kernel_map(KERNEL_VA + at, KERNEL_PA + at, 2, PTE_KERNEL);
	kernel_say("OSRELEASE=6.1.0-fake");
	kernel_say("SYMBOL(init_top_pgt)=%llx", KERNEL_VA + (KERNEL_ROOT - KERNEL_PA));
	kernel_say("NUMBER(phys_base)=%lld", (long long)(KERNEL_PA - (KERNEL_VA - KERNEL_MAP)));
	kernel_say("NUMBER(pgtable_l5_enabled)=%d", l == 5);
	kernel_say("NUMBER(KERNEL_IMAGE_SIZE)=1073741824");
	corehdr_begin(&kernel_hdr, HDR);
	corehdr_load(&kernel_hdr, KERNEL_RAM, KERNEL_RAM_TO - KERNEL_RAM);
}

int kernel_end(void)
{
	corehdr_vmcoreinfo(&kernel_hdr, NOTE, said);
	return kernel_again();
}

int kernel_again(void)
{
	if (source_init_elfcorehdr(HDR))
		abort();
	return kernel_va_init();
}
