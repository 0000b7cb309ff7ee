/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A walk over the crashed kernel's own page tables (Intel SDM 3A, 4.5). */
#include "dump/oldmap.h"

#include "dump/oldmem.h"
#include "dump/vmcoreinfo.h"

#define ENTRIES    512
#define ENTRY_BITS 9
#define PTE_P      (1ull << 0)
#define PTE_PS     (1ull << 7)
#define PTE_ADDR   0x000ffffffffff000ull

#define KERNEL_MAP                 0xffffffff80000000ull /* __START_KERNEL_map */
#define KERNEL_MAP_MAX             (1 * GIB)             /* KERNEL_IMAGE_SIZE */
#define TEXT_ALIGN                 (2 * MIB)
#define DIRECT_MAP_FIRST           273 /* root entry of the lowest PAGE_OFFSET, with either paging depth */
#define DIRECT_MAP_LAST            510
#define CANONICAL_HIGH(va, levels) ((va) | ~0ull << (PAGE_SHIFT + ENTRY_BITS * (levels)-1))

struct tables {
	pa_t root;
	u64 addr_mask; /* address bits of an entry */
	unsigned int levels;
};

struct leaf {
	pa_t pa;
	u64 va, size;
};

static unsigned int shift_of(unsigned int level)
{
	return PAGE_SHIFT + ENTRY_BITS * (level - 1);
}

static u64 entry(pa_t table, u64 index)
{
	u64 e;

	return oldmem_read(&e, table + index * sizeof(e), sizeof(e)) ? 0 : e;
}

static bool is_leaf(u64 e, unsigned int level)
{
	return level == 1 || ((e & PTE_PS) && level <= 3);
}

/* What va is mapped to; false: nothing. */
static bool translate(const struct tables *t, u64 va, pa_t *pa)
{
	pa_t table = t->root;

	for (unsigned int level = t->levels; level > 0; level--) {
		u64 size = 1ull << shift_of(level);
		u64 e = entry(table, va >> shift_of(level) & (ENTRIES - 1));

		if (!(e & PTE_P))
			return false;
		table = e & t->addr_mask;
		if (is_leaf(e, level)) {
			*pa = ALIGN_DOWN(table, size) | (va & (size - 1));
			return true;
		}
	}
	return false;
}

/* The lowest mapping at or after root entry `first`; false: none. */
static bool lowest_leaf(const struct tables *t, u64 first, struct leaf *out)
{
	pa_t table = t->root;
	u64 va = 0, last = DIRECT_MAP_LAST;

	for (unsigned int level = t->levels; level > 0; level--) {
		u64 i = first, e = 0;

		while (i <= last && !((e = entry(table, i)) & PTE_P))
			i++;
		if (i > last)
			return false;
		va |= i << shift_of(level);
		table = e & t->addr_mask;
		if (is_leaf(e, level)) {
			out->size = 1ull << shift_of(level);
			out->pa = ALIGN_DOWN(table, out->size);
			out->va = CANONICAL_HIGH(va, t->levels);
			return true;
		}
		first = 0;
		last = ENTRIES - 1;
	}
	return false;
}

static u64 value(const char *key, unsigned int base)
{
	char text[24];

	return vmcoreinfo_get(key, text, sizeof(text)) ? vmcoreinfo_parse(text, base) : 0;
}

static void find_text(const struct tables *t, u64 phys_base, struct oldmap *m)
{
	u64 text = ALIGN_DOWN(value("SYMBOL(_stext)", 16), TEXT_ALIGN), len = 0;
	pa_t pa;

	if (text < KERNEL_MAP)
		return;
	while (len < KERNEL_MAP_MAX && translate(t, text + len, &pa) &&
	       pa == text + len - KERNEL_MAP + phys_base)
		len += TEXT_ALIGN;
	if (!len)
		return;
	m->text = text;
	m->text_pa = text - KERNEL_MAP + phys_base;
	m->text_len = len;
}

/* The direct mapping is the lowest thing up there, and maps the root table itself, too. */
static void find_direct_map(const struct tables *t, struct oldmap *m)
{
	struct leaf leaf;
	pa_t pa;

	if (!lowest_leaf(t, DIRECT_MAP_FIRST, &leaf))
		return;
	u64 offset = leaf.va - leaf.pa;
	if (offset % GIB == 0 && translate(t, offset + t->root, &pa) && pa == t->root)
		m->page_offset = offset;
}

void oldmap_find(struct oldmap *m)
{
	u64 phys_base = value("NUMBER(phys_base)", 10);
	u64 root = value("SYMBOL(init_top_pgt)", 16);

	*m = (struct oldmap){ 0 };
	if (!root)
		root = value("SYMBOL(swapper_pg_dir)", 16);
	if (root < KERNEL_MAP)
		return;
	struct tables t = {
		.root = ALIGN_DOWN(root - KERNEL_MAP + phys_base, PAGE_SIZE),
		.addr_mask = PTE_ADDR & ~value("NUMBER(sme_mask)", 10),
		.levels = value("NUMBER(pgtable_l5_enabled)", 10) ? 5 : 4,
	};
	find_text(&t, phys_base, m);
	find_direct_map(&t, m);
}
