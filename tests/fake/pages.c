/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The struct pages of fake/pages.h. */
#include "fake/pages.h"

#include <string.h>

#include "fake/memory.h"

#define SECTION_FLAGS 0xfull /* present, has a map, online, early */
#define HUGETLB_DTOR  2
#define FREE_ORDERS   11
#define PAGE_BYTES_MAX 80

/* From include/linux/page-flags.h of each release. 5.10, 6.1, 6.12 and 7.2 are what Debian's kernels say,
 * and the filter was run on them. The others were never run on a real kernel. */
const struct pages_style pages_style[] = {
	{ "4.19", BY_DTOR, 5, 12, 9, 18, 8, 22, 15, -129, 0, 0, 0, 0, 64, false },
	{ "5.10", BY_DTOR, 4, 13, 10, 19, 9, 23, 16, -129, -257, 0, 0, 0, 64, false },
	{ "6.1", BY_DTOR, 4, 13, 10, 19, 9, 23, 16, -129, -257, 0, 0, 0, 64, false },
	{ "6.4", BY_FOLIO_DTOR, 4, 13, 10, 19, 9, 23, 16, -129, -257, 0, 0, 0, 64, false },
	{ "6.6", BY_FLAG, 5, 15, 12, 19, 11, 23, 6, -129, -257, 0, 0, 0, 64, false },
	{ "6.9", BY_TYPE, 5, 15, 12, 19, 11, 23, 6, -129, -257, 0, -2049, 0, 64, false },
	{ "6.10", BY_TYPE, 5, 14, 11, 18, 0, 22, 6, -129, -257, -4097, -2049, 0, 64, false },
	{ "6.12", BY_TYPE, 5, 14, 10, 17, 0, 20, 6, (s32)0xf0000000, (s32)0xf1000000, (s32)0xf5000000,
	  (s32)0xf4000000, 0, 64, false },
	{ "6.17", BY_TYPE, 5, 14, 10, 17, 0, 20, 6, (s32)0xf0000000, (s32)0xf1000000, (s32)0xf5000000,
	  (s32)0xf4000000, (s32)0xf7000000, 64, false },
	{ "7.2", BY_TYPE, 5, 14, 10, 17, 0, 21, 6, (s32)0xf0000000, (s32)0xf1000000, (s32)0xf5000000,
	  (s32)0xf4000000, (s32)0xf7000000, 64, true },
	/* a debug kernel's struct page is larger: pieces that are no whole pages */
	{ "6.1-debug", BY_DTOR, 4, 13, 10, 19, 9, 23, 16, -129, -257, 0, 0, 0, 80, false },
};
const unsigned int pages_styles = ARRAY_SIZE(pages_style);

#define PG_HUGETLB_BIT 8

static const struct pages_style *style;

/* Offset and size of a field in struct page. */
static const struct {
	u32 at, bytes;
} field[] = {
	[FIELD_FLAGS] = { 0, 8 },    [FIELD_COMPOUND] = { 8, 8 }, [FIELD_ORDER] = { 17, 1 },
	[FIELD_MAPPING] = { 24, 8 }, [FIELD_PRIVATE] = { 40, 8 }, [FIELD_TYPE] = { 48, 4 },
};

pa_t page_struct(u64 pfn) { return KERNEL_FREE + pfn * style->size; }

void page_poke(u64 pfn, enum page_field f, u64 v)
{
	mem_write(page_struct(pfn) + field[f].at, &v, field[f].bytes);
}

u64 page_peek(u64 pfn, enum page_field f)
{
	u64 v = 0;

	mem_read(&v, page_struct(pfn) + field[f].at, field[f].bytes);
	return v;
}

static void say_flag(const char *name, int bit)
{
	if (bit)
		kernel_say("NUMBER(%s)=%d", name, bit);
}

static void say_fields(void)
{
	kernel_say("PAGESIZE=4096");
	kernel_say("SIZE(page)=%u", style->size);
	kernel_say("OFFSET(page.flags)=0");
	kernel_say("OFFSET(page._refcount)=52");
	kernel_say("OFFSET(page.mapping)=24");
	kernel_say("OFFSET(page.lru)=8");
	kernel_say("OFFSET(page._mapcount)=48");
	kernel_say("OFFSET(page.private)=40");
	kernel_say("OFFSET(page.compound_%s)=8", style->masks ? "info" : "head");
	kernel_say("LENGTH(zone.free_area)=%d", FREE_ORDERS);
	if (style->compound == BY_DTOR) {
		kernel_say("OFFSET(page.compound_dtor)=16");
		kernel_say("OFFSET(page.compound_order)=17");
	} else if (style->compound == BY_FOLIO_DTOR) {
		kernel_say("OFFSET(folio._folio_dtor)=%u", style->size + 16);
		kernel_say("OFFSET(folio._folio_order)=%u", style->size + 17);
	}
	if (style->compound <= BY_FOLIO_DTOR)
		kernel_say("NUMBER(HUGETLB_PAGE_DTOR)=%d", HUGETLB_DTOR);
}

static void say_values(void)
{
	say_flag("PG_lru", style->lru);
	say_flag("PG_private", style->has_private);
	say_flag("PG_swapcache", style->swapcache);
	say_flag("PG_swapbacked", style->swapbacked);
	say_flag("PG_slab", style->slab);
	say_flag("PG_hwpoison", style->hwpoison);
	say_flag("PG_head_mask", 1 << style->head);
	say_flag("PG_hugetlb", style->compound == BY_FLAG ? PG_HUGETLB_BIT : 0);
	say_flag("PAGE_BUDDY_MAPCOUNT_VALUE", style->buddy);
	say_flag("PAGE_OFFLINE_MAPCOUNT_VALUE", style->offline);
	say_flag("PAGE_SLAB_MAPCOUNT_VALUE", style->type_slab);
	say_flag("PAGE_HUGETLB_MAPCOUNT_VALUE", style->type_hugetlb);
	say_flag("PAGE_UNACCEPTED_MAPCOUNT_VALUE", style->unaccepted);
}

static void make_mem_section(void)
{
	static const u8 zero[PAGE_SIZE];

	for (u64 at = 0; at < 8; at++)
		mem_write(PAGES_ROOTS + at * PAGE_SIZE, zero, PAGE_SIZE);
	mem_write(PAGES_SECTIONS, zero, PAGE_SIZE);
	kernel_write64(PAGES_ROOTS, PAGES_DIRECT + PAGES_SECTIONS);
	for (u64 nr = 0; nr < 128; nr++)
		kernel_write64(PAGES_SECTIONS + nr * 32, PAGES_VMEMMAP | SECTION_FLAGS);
	kernel_say("SYMBOL(mem_section)=%llx", PAGES_DIRECT + PAGES_ROOTS);
	kernel_say("LENGTH(mem_section)=4096");
	kernel_say("SIZE(mem_section)=32");
	kernel_say("OFFSET(mem_section.section_mem_map)=0");
	kernel_say("NUMBER(SECTION_SIZE_BITS)=27");
	kernel_say("NUMBER(MAX_PHYSMEM_BITS)=46");
}

/* One after the other takes longer than the tests. */
static void make_all_plain(void)
{
	static u8 all[(PAGES_PFN_TO - PAGES_PFN) * PAGE_BYTES_MAX];
	u8 one[PAGE_BYTES_MAX];

	page_make(PAGES_PFN, PAGE_PLAIN, 0);
	mem_read(one, page_struct(PAGES_PFN), style->size);
	for (u64 i = 0; i < PAGES_PFN_TO - PAGES_PFN; i++)
		memcpy(all + i * style->size, one, style->size);
	mem_write(page_struct(PAGES_PFN), all, (PAGES_PFN_TO - PAGES_PFN) * style->size);
}

void pages_begin(const struct pages_style *s)
{
	style = s;
	kernel_begin(4);
	for (u64 at = 0; at < 2; at++)
		kernel_map(PAGES_VMEMMAP + at * 2 * MIB, KERNEL_FREE + at * 2 * MIB, 2, PTE_KERNEL);
	for (u64 pa = KERNEL_RAM; pa < KERNEL_RAM_TO; pa += 2 * MIB)
		kernel_map(PAGES_DIRECT + pa, pa, 2, PTE_KERNEL);
	say_fields();
	say_values();
	make_mem_section();
	make_all_plain();
}

int pages_end(void) { return kernel_end(); }

/* Head and tails of a compound page. */
static void make_compound(u64 pfn, unsigned int order, bool hugetlb)
{
	u64 second = pfn + 1;

	page_poke(pfn, FIELD_FLAGS, page_peek(pfn, FIELD_FLAGS) | 1ull << style->head);
	for (u64 i = 1; i < 1ull << order && pfn + i < PAGES_PFN_TO; i++) {
		page_make(pfn + i, PAGE_PLAIN, 0);
		page_poke(pfn + i, FIELD_COMPOUND,
		          style->masks ? ~0ull << order << 6 | 1 : (PAGES_VMEMMAP + pfn * style->size) | 1);
		page_poke(pfn + i, FIELD_MAPPING, 0xdead000000000400);
	}
	if (style->compound <= BY_FOLIO_DTOR) {
		page_poke(second, FIELD_ORDER, order);
		mem_write(page_struct(second) + 16, &(u8){ hugetlb ? HUGETLB_DTOR : 1 }, 1);
	} else {
		page_poke(second, FIELD_FLAGS,
		          order | (hugetlb && style->compound == BY_FLAG ? 1u << PG_HUGETLB_BIT : 0));
	}
	if (hugetlb && style->compound == BY_TYPE)
		page_poke(pfn, FIELD_TYPE, (u32)style->type_hugetlb);
}

static u64 flags_of(enum page_kind kind)
{
	const struct pages_style *s = style;

	switch (kind) {
	case PAGE_CACHE:
	case PAGE_ANON_LRU:
		return 1ull << s->lru;
	case PAGE_CACHE_PRIVATE:
		return 1ull << s->lru | 1ull << s->has_private;
	case PAGE_SWAPCACHE:
		return 1ull << s->swapcache | 1ull << s->swapbacked;
	case PAGE_SLAB:
		return s->slab ? 1ull << s->slab : 0;
	case PAGE_HWPOISON:
		return 1ull << s->hwpoison;
	default:
		return 0;
	}
}

static u32 type_of(enum page_kind kind)
{
	s32 type = kind == PAGE_FREE         ? style->buddy
		   : kind == PAGE_OFFLINE    ? style->offline
		   : kind == PAGE_SLAB       ? style->type_slab
		   : kind == PAGE_UNACCEPTED ? style->unaccepted
					     : 0;
	return type ? (u32)type : ~0u;
}

void page_make(u64 pfn, enum page_kind kind, unsigned int order)
{
	bool anon = kind == PAGE_ANON || kind == PAGE_ANON_LRU || kind == PAGE_SLAB;
	u8 zero[512] = { 0 };

	mem_write(page_struct(pfn), zero, style->size);
	page_poke(pfn, FIELD_FLAGS, 0x17ffffc0000000 | flags_of(kind)); /* node, zone */
	page_poke(pfn, FIELD_TYPE, type_of(kind));
	/* what a slab page has there may look like an anonymous page's */
	page_poke(pfn, FIELD_MAPPING, anon ? 0xffff888003344001 : 0xffff888003344000);
	if (kind == PAGE_FREE)
		page_poke(pfn, FIELD_PRIVATE, order);
	else if (order)
		make_compound(pfn, order, kind == PAGE_HUGETLB);
}
