/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Page tables of a fake crashed kernel in 1 MiB of RAM: what its mappings are found to be. */
#include "unit/test.h"

#include "base.h"
#include "bytes.h"
#include "dump/source/oldmap.h"
#include "dump/source/oldmem.h"
#include "dump/source/source.h"

#define RAM_BASE  0x2000000ull
#define RAM_BYTES (1u << 20)
#define ROOT      (RAM_BASE + 0x10000)
#define PHYS_BASE (RAM_BASE - 0x1000000)
#define TEXT      0xffffffff81000000ull
#define P_RW      3
#define P_RW_PS   0x83

static u8 ram[RAM_BYTES];
static char text[512];
static pa_t next_table;

unsigned int oldmem_read(void *dst, pa_t pa, u64 len)
{
	memset(dst, 0, len);
	if (pa < RAM_BASE || pa - RAM_BASE >= RAM_BYTES || len > RAM_BYTES - (pa - RAM_BASE))
		return 1;
	memcpy(dst, ram + (pa - RAM_BASE), len);
	return 0;
}

int source_vmcoreinfo(struct source_note *out)
{
	*out = (struct source_note){ .own = text, .len = strlen(text) };
	return 0;
}

void source_read_note(void *dst, const struct source_note *n, u64 off, u64 len)
{
	memcpy(dst, (const char *)n->own + off, len);
}

bool source_next_load(u32 *at, struct elf64_phdr *out) { return (void)at, (void)out, false; }
bool source_next_load_in(u32 *at, enum load_key key, pa_t from, pa_t to, struct elf64_phdr *out)
{
	return (void)key, (void)from, (void)to, source_next_load(at, out);
}

static u8 *entry_at(pa_t table, u64 va, unsigned int level)
{
	return ram + (table - RAM_BASE) + (va >> (12 + 9 * (level - 1)) & 511) * 8;
}

/* Map va to pa with a leaf at `leaf_level`. */
static void map(unsigned int levels, u64 va, pa_t pa, unsigned int leaf_level)
{
	pa_t table = ROOT;

	for (unsigned int level = levels; level > leaf_level; level--) {
		u8 *e = entry_at(table, va, level);

		if (!get_le64(e)) {
			put_le64(e, next_table | P_RW);
			next_table += 4096;
		}
		table = get_le64(e) & 0x000ffffffffff000ull;
	}
	put_le64(entry_at(table, va, leaf_level), pa | (leaf_level > 1 ? P_RW_PS : P_RW));
}

/* The table at `level` that va goes through. */
static pa_t table_at(u64 va, unsigned int levels, unsigned int level)
{
	pa_t table = ROOT;

	for (unsigned int l = levels; l > level; l--)
		table = get_le64(entry_at(table, va, l)) & 0x000ffffffffff000ull;
	return table;
}

/* A kernel with 6 MiB of image at RAM_BASE and its direct mapping at `offset`. */
static void kernel(unsigned int levels, u64 offset)
{
	memset(ram, 0, sizeof(ram));
	next_table = ROOT + 4096;
	for (u64 at = 0; at < 6 * MIB; at += 2 * MIB)
		map(levels, TEXT + at, RAM_BASE + at, 2);
	map(levels, offset, 0, 1);
	map(levels, offset + 4096, 4096, 1);
	map(levels, offset + RAM_BASE, RAM_BASE, 2);
	map(levels, offset + (1ull << 42), 0x5000000, 2); /* vmemmap or so, higher up */
	snprintf(text, sizeof(text),
		 "OSRELEASE=6.1\nSYMBOL(_stext)=%llx\nSYMBOL(init_top_pgt)=%llx\nNUMBER(phys_base)="
		 "%lld\n"
		 "NUMBER(pgtable_l5_enabled)=%d\nNUMBER(sme_mask)=0\n",
		 TEXT + 0x40, ROOT - PHYS_BASE + 0xffffffff80000000ull, (long long)PHYS_BASE,
		 levels == 5);
}

TEST(four_levels)
{
	struct oldmap m;

	kernel(4, 0xffff8efd00000000ull);
	oldmap_find(&m);
	CHECK_EQ(m.page_offset, 0xffff8efd00000000ull);
	CHECK_EQ(m.text, TEXT);
	CHECK_EQ(m.text_pa, RAM_BASE);
	CHECK_EQ(m.text_len, 6 * MIB);
}

TEST(five_levels)
{
	struct oldmap m;

	kernel(5, 0xff11000040000000ull);
	oldmap_find(&m);
	CHECK_EQ(m.page_offset, 0xff11000040000000ull);
	CHECK_EQ(m.text_len, 6 * MIB);
}

TEST(gigabyte_pages)
{
	struct oldmap m;

	kernel(4, 0xffff888000000000ull);
	put_le64(entry_at(table_at(0xffff888000000000ull, 4, 3), 0xffff888000000000ull, 3), P_RW_PS);
	oldmap_find(&m);
	CHECK_EQ(m.page_offset, 0xffff888000000000ull);
}

TEST(what_does_not_agree_stays_unknown)
{
	struct oldmap m;

	/* the image in another place than phys_base says, from its second page on */
	kernel(4, 0xffff8efd00000000ull);
	map(4, TEXT + 2 * MIB, RAM_BASE, 2);
	oldmap_find(&m);
	CHECK_EQ(m.text_len, 2 * MIB);
	CHECK_EQ(m.page_offset, 0xffff8efd00000000ull);
	/* and in all: then the tables are not where they are thought to be, either */
	map(4, TEXT, RAM_BASE + 2 * MIB, 2);
	oldmap_find(&m);
	CHECK_EQ(m.text_len + m.page_offset, 0);
	/* a direct mapping that is none */
	kernel(4, 0xffff8efd00000000ull);
	map(4, 0xffff8efd00000000ull + RAM_BASE, RAM_BASE + 2 * MIB, 2);
	oldmap_find(&m);
	CHECK_EQ(m.text_len, 6 * MIB);
	CHECK_EQ(m.page_offset, 0);

	kernel(4, 0xffff8efd00000000ull);
	*strstr(text, "NUMBER(phys") = '\0';
	oldmap_find(&m);
	CHECK_EQ(m.page_offset + m.text_len, 0);
	strcpy(text, "OSRELEASE=6.1\n");
	oldmap_find(&m);
	CHECK_EQ(m.page_offset + m.text_len, 0);
}

/* Nothing but the image: with phys_base 0 it looks like a direct mapping. */
TEST(image_is_no_direct_mapping)
{
	struct oldmap m;

	kernel(4, 0xffff8efd00000000ull);
	memset(ram + (ROOT - RAM_BASE), 0, 8 * 511);
	oldmap_find(&m);
	CHECK_EQ(m.text_len, 6 * MIB);
	CHECK_EQ(m.page_offset, 0);
}

TEST(tables_in_circles)
{
	struct oldmap m;

	kernel(4, 0xffff8efd00000000ull);
	for (unsigned int i = 0; i < 512; i++)
		put_le64(ram + 0x10000 + 8 * i,
			 ROOT | P_RW); /* the root is its own table, throughout */
	oldmap_find(&m);
	CHECK_EQ(m.text_len, 0);
	memset(ram, 0xff, sizeof(ram));
	oldmap_find(&m);
	CHECK_EQ(m.text_len + m.page_offset, 0);
}
