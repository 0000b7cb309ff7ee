/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What each dump level leaves out, in the styles of several kernels; and that doubt keeps pages. */
#include "unit/test.h"

#include "base.h"
#include "dump/linux/filter.h"
#include "fake/memory.h"
#include "fake/pages.h"

#define BLOCK 0x2000ull /* aligned to any order in use */

static u8 keep[FILTER_PAGES / 8], never[FILTER_PAGES / 8];

static bool bit(const u8 *map, u64 pfn) { return map[(pfn - PAGES_PFN) / 8] >> (pfn % 8) & 1; }

/* Decide all RAM, `step` pages at a time. Returns the number of pages kept. */
static unsigned int decide(u32 step)
{
	unsigned int kept = 0;

	filter_begin();
	memset(keep, 0xff, sizeof(keep));
	memset(never, 0x5a, sizeof(never));
	for (u32 at = 0; at < FILTER_PAGES; at += step)
		filter_apply(PAGES_PFN + at, step, keep + at / 8, never + at / 8);
	for (u32 i = 0; i < FILTER_PAGES; i++)
		kept += keep[i / 8] >> (i % 8) & 1;
	return kept;
}

/* Bits of the level that leave pages of that kind out; ~0: all, they must never be read. */
static unsigned int leaves_out(const struct pages_style *s, enum page_kind kind)
{
	switch (kind) {
	case PAGE_FREE:
		return LEVEL_FREE;
	case PAGE_UNACCEPTED:
		return s->unaccepted ? ~0u : 0;
	case PAGE_CACHE:
	case PAGE_SWAPCACHE:
		return LEVEL_CACHE | LEVEL_CACHE_PRIVATE;
	case PAGE_CACHE_PRIVATE:
		return LEVEL_CACHE_PRIVATE;
	case PAGE_ANON:
	case PAGE_ANON_LRU:
	case PAGE_HUGETLB:
		return LEVEL_USER;
	case PAGE_HWPOISON:
		return ~0u;
	case PAGE_OFFLINE:
		return s->offline ? ~0u : 0;
	default:
		return 0;
	}
}

/* Only a block of that kind, at many levels. */
static void check_kind(const struct pages_style *s, enum page_kind kind, unsigned int order, u32 step)
{
	static const unsigned int level[] = { 0, 1, 2, 4, 8, 16, 7, 24, 31 };
	unsigned int bits = leaves_out(s, kind);
	u64 pages = kind == PAGE_UNACCEPTED && bits ? 1024 : 1ull << order;

	page_make(BLOCK, kind, order);
	for (unsigned int l = 0; l < ARRAY_SIZE(level); l++) {
		bool out = bits == ~0u || (level[l] & bits);

		CHECK_EQ(filter_init(level[l]), level[l]);
		CHECK_EQ(decide(step), FILTER_PAGES - (out ? pages : 0));
		for (u64 i = 0; i < pages; i++) {
			CHECK_EQ(bit(keep, BLOCK + i), !out);
			CHECK_EQ(bit(never, BLOCK + i), bits == ~0u);
		}
	}
	for (u64 i = 0; i < pages; i++)
		page_make(BLOCK + i, PAGE_PLAIN, 0);
}

TEST(every_kind_at_every_level_in_every_style)
{
	static const unsigned int order[] = { 0, 1, 3, 9, 10 };

	for (unsigned int i = 0; i < pages_styles; i++) {
		pages_begin(&pages_style[i]);
		CHECK_EQ(pages_end(), 0);
		for (unsigned int kind = 0; kind < PAGE_KINDS; kind++) {
			bool compound = kind != PAGE_OFFLINE && kind != PAGE_UNACCEPTED;

			for (unsigned int o = 0; o < (compound ? ARRAY_SIZE(order) : 1); o++)
				if (order[o] || kind != PAGE_HUGETLB)
					check_kind(&pages_style[i], kind, order[o],
					           o == 4 ? 64 : FILTER_PAGES);
		}
	}
}

/* --- one style: 6.1 */

static const struct pages_style *style_of(const char *name)
{
	for (unsigned int i = 0; i < pages_styles; i++)
		if (!strcmp(pages_style[i].name, name))
			return &pages_style[i];
	abort();
}

static void begin(void)
{
	pages_begin(style_of("6.1"));
	test_log_clear();
}

TEST(a_block_over_many_calls)
{
	begin();
	page_make(BLOCK, PAGE_HUGETLB, 13); /* no such size, but a long block */
	CHECK_EQ(pages_end(), 0);
	filter_init(LEVEL_USER);
	for (u32 step = 8; step <= FILTER_PAGES; step *= 2)
		CHECK_EQ(decide(step), FILTER_PAGES - (1u << 13));
	/* and only where it is RAM */
	filter_begin();
	memset(keep, 0xff, 4096 / 8);
	memset(keep + 4096 / 8, 0x55, sizeof(keep) - 4096 / 8);
	filter_apply(PAGES_PFN, FILTER_PAGES, keep, NULL);
	CHECK(bit(keep, BLOCK - 1) && !bit(keep, BLOCK) && !bit(keep, BLOCK + 8191));
	/* begun anew within it, its tails are only tails */
	filter_begin();
	memset(keep, 0xff, sizeof(keep));
	filter_apply(BLOCK + 64, 64, keep, NULL);
	for (unsigned int i = 0; i < 8; i++)
		CHECK_EQ(keep[i], 0xff);
}

TEST(a_gigantic_page)
{
	u64 head = 0x40000;

	begin();
	/* struct pages of its first 2 MiB of vmemmap only */
	kernel_map(PAGES_VMEMMAP + head * 64, KERNEL_FREE + 8 * MIB, 2, PTE_KERNEL);
	page_make(0x2000, PAGE_HUGETLB, 1);
	page_poke(0x2001, FIELD_ORDER, 18);
	for (u64 i = 0; i < 2; i++) {
		u8 p[64];

		mem_read(p, page_struct(0x2000 + i), 64);
		mem_write(KERNEL_FREE + 8 * MIB + i * 64, p, 64);
	}
	page_make(0x2000, PAGE_PLAIN, 0);
	page_make(0x2001, PAGE_PLAIN, 0);
	CHECK_EQ(pages_end(), 0);
	filter_init(LEVEL_USER);
	filter_begin();
	for (u64 pfn = head; pfn < head + (1 << 18); pfn += FILTER_PAGES) {
		memset(keep, 0xff, sizeof(keep));
		filter_apply(pfn, FILTER_PAGES, keep, NULL);
		for (u32 i = 0; i < sizeof(keep); i++)
			CHECK_EQ(keep[i], 0);
	}
	memset(keep, 0xff, sizeof(keep));
	filter_apply(head + (1 << 18), FILTER_PAGES, keep, NULL);
	CHECK_EQ(keep[0], 0xff);
	/* an order that no page has, where it would be aligned */
	mem_write(KERNEL_FREE + 8 * MIB + 64 + 17, &(u8){ 17 }, 1);
	filter_begin();
	memset(keep, 0xff, sizeof(keep));
	filter_apply(head, 64, keep, NULL);
	CHECK_EQ(keep[0], 0);
	mem_write(KERNEL_FREE + 8 * MIB + 64 + 17, &(u8){ 19 }, 1);
	kernel_map(PAGES_VMEMMAP + 2 * head * 64, KERNEL_FREE + 8 * MIB, 2, PTE_KERNEL);
	filter_begin();
	memset(keep, 0xff, sizeof(keep));
	filter_apply(2 * head, 64, keep, NULL);
	CHECK_EQ(keep[0] & 3, 3); /* the others are noise */
}

TEST(absurd_orders_keep)
{
	begin();
	CHECK_EQ(pages_end(), 0);
	filter_init(LEVEL_MAX);
	/* a free block that is misaligned, too large, much too large */
	page_make(BLOCK + 2, PAGE_FREE, 2);
	page_make(BLOCK + 16, PAGE_FREE, 11);
	page_make(BLOCK + 32, PAGE_FREE, 64);
	page_poke(BLOCK + 32, FIELD_PRIVATE, ~0ull);
	CHECK_EQ(decide(FILTER_PAGES), FILTER_PAGES);
	/* heads: misaligned (or HVO's fake ones), too large, without a tail, at the end of a piece */
	page_make(BLOCK + 2, PAGE_ANON, 1);
	page_poke(BLOCK + 3, FIELD_ORDER, 9);
	page_make(BLOCK + 16, PAGE_ANON, 1);
	page_poke(BLOCK + 17, FIELD_ORDER, 19);
	page_make(BLOCK + 32, PAGE_ANON, 4);
	page_poke(BLOCK + 33, FIELD_COMPOUND, PAGES_VMEMMAP);
	page_make(BLOCK + 63, PAGE_ANON, 6);
	CHECK_EQ(decide(FILTER_PAGES), FILTER_PAGES);
}

TEST(vmemmap_of_a_huge_page_that_is_optimised)
{
	u64 first;

	/* the struct pages of a hugetlb page of 2 MiB, all in one page of memory: every 64th looks like
	 * its head */
	begin();
	page_make(0x2000, PAGE_HUGETLB, 9);
	first = page_struct(0x2000);
	CHECK(!(first & PAGE_MASK));
	kernel_map(PAGES_VMEMMAP + 0x2000 * 64, first, 1, PTE_KERNEL);
	CHECK_EQ(pages_end(), 0);
	for (u64 i = 1; i < 8; i++)
		for (u64 j = 0; j < 64; j++) {
			u8 p[64];

			mem_read(p, page_struct(0x2000 + j), sizeof(p));
			mem_write(page_struct(0x2000 + i * 64 + j), p, sizeof(p));
		}
	filter_init(LEVEL_USER);
	CHECK_EQ(decide(FILTER_PAGES), FILTER_PAGES - 512);
	filter_init(LEVEL_FREE);
	CHECK_EQ(decide(FILTER_PAGES), FILTER_PAGES);
	/* a poisoned one must not be read, not one page of it */
	page_poke(0x2000, FIELD_FLAGS, page_peek(0x2000, FIELD_FLAGS) | 1ull << 23);
	filter_init(0);
	CHECK_EQ(decide(FILTER_PAGES), FILTER_PAGES - 512);
	CHECK(bit(never, 0x21ff) && !bit(never, 0x2200));
}

TEST(poisoned_pages_of_every_kind)
{
	begin();
	CHECK_EQ(pages_end(), 0);
	page_make(BLOCK, PAGE_ANON, 9); /* a tail on its own */
	page_poke(BLOCK + 77, FIELD_FLAGS, 1ull << 23);
	page_make(BLOCK + 0x400, PAGE_FREE, 0);
	page_poke(BLOCK + 0x400, FIELD_FLAGS, 1ull << 23);
	page_make(BLOCK + 0x500, PAGE_CACHE, 0);
	page_poke(BLOCK + 0x500, FIELD_FLAGS, 1ull << 23 | 1ull << 4);
	filter_init(0);
	CHECK_EQ(decide(FILTER_PAGES), FILTER_PAGES - 3);
	CHECK(bit(never, BLOCK + 77) && bit(never, BLOCK + 0x400) && bit(never, BLOCK + 0x500));
	filter_init(LEVEL_FREE | LEVEL_CACHE);
	CHECK_EQ(decide(FILTER_PAGES), FILTER_PAGES - 3);
	CHECK(bit(never, BLOCK + 77) && bit(never, BLOCK + 0x400) && bit(never, BLOCK + 0x500));
	/* asked for that alone: every page counts, no level */
	filter_init(LEVEL_MAX);
	filter_begin();
	filter_apply(PAGES_PFN, FILTER_PAGES, NULL, never);
	CHECK(bit(never, BLOCK + 77) && bit(never, BLOCK + 0x400) && bit(never, BLOCK + 0x500));
	CHECK(!bit(never, BLOCK + 76) && !bit(never, BLOCK + 78));
}

TEST(flags_that_only_look_like_it)
{
	const struct pages_style *s = style_of("6.1");

	begin();
	CHECK_EQ(pages_end(), 0);
	filter_init(LEVEL_MAX);
	page_make(BLOCK, PAGE_FREE, 0); /* a slab page has something else there */
	page_poke(BLOCK, FIELD_FLAGS, 1ull << s->slab);
	page_make(BLOCK + 2, PAGE_OFFLINE, 0);
	page_poke(BLOCK + 2, FIELD_FLAGS, 1ull << s->slab);
	page_make(BLOCK + 4, PAGE_PLAIN, 0); /* PG_owner_priv_1 is PG_swapcache */
	page_poke(BLOCK + 4, FIELD_FLAGS, 1ull << s->swapcache);
	CHECK_EQ(decide(FILTER_PAGES), FILTER_PAGES);
	page_poke(BLOCK + 4, FIELD_FLAGS, 1ull << s->swapcache | 1ull << s->swapbacked);
	CHECK_EQ(decide(FILTER_PAGES), FILTER_PAGES - 1);
}

static unsigned int peeks;

static void count_peeks(pa_t pa, u64 len)
{
	(void)len;
	peeks += pa / PAGE_SIZE == page_struct(BLOCK) / PAGE_SIZE;
}

TEST(no_ram_is_not_looked_at)
{
	begin();
	page_make(BLOCK, PAGE_FREE, 3);
	CHECK_EQ(pages_end(), 0);
	filter_init(LEVEL_FREE);
	filter_begin();
	memset(keep, 0, sizeof(keep));
	peeks = 0;
	mem_on_peek = count_peeks;
	filter_apply(PAGES_PFN, FILTER_PAGES, keep, never);
	mem_on_peek = NULL;
	CHECK_EQ(peeks, 0);
	for (u32 i = 0; i < sizeof(keep); i++)
		CHECK(!keep[i] && !never[i]);
}

/* --- what is missing */

/* Without that line level 31 becomes `level`, said with `text`. */
static void check_missing(const char *style, const char *line, unsigned int level, const char *text)
{
	pages_begin(style_of(style));
	kernel_unsay(line);
	CHECK_EQ(pages_end(), 0);
	test_log_clear();
	CHECK_EQ(filter_init(LEVEL_MAX), level);
	CHECK(test_logged(text));
	/* plain pages stay whatever is missing, and so does everything at level 0 */
	page_make(BLOCK, PAGE_SLAB, 0);
	CHECK_EQ(decide(FILTER_PAGES), FILTER_PAGES);
	CHECK_EQ(filter_init(0), 0);
	CHECK_EQ(decide(FILTER_PAGES), FILTER_PAGES);
}

TEST(missing_lines)
{
	check_missing("6.1", "SIZE(page)", 1, "struct page");
	check_missing("6.1", "OFFSET(page.flags)", 1, "struct page");
	check_missing("6.1", "SYMBOL(mem_section)", 1, "struct page");
	check_missing("6.1", "LENGTH(mem_section)", 1, "struct page");
	check_missing("6.1", "SIZE(mem_section)", 1, "struct page");
	check_missing("6.1", "NUMBER(SECTION_SIZE_BITS)", 1, "struct page");
	check_missing("6.1", "OFFSET(page.compound_head)", 1, "compound_head");
	check_missing("6.1", "OFFSET(page.mapping)", 17, "page.mapping");
	check_missing("6.1", "OFFSET(page._mapcount)", 15, "free pages");
	check_missing("6.1", "OFFSET(page.private)", 15, "free pages");
	check_missing("6.1", "NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)", 15, "free pages");
	check_missing("6.1", "LENGTH(zone.free_area)", 15, "free pages");
	check_missing("6.1", "NUMBER(PG_lru)", 25, "PG_lru");
	check_missing("6.1", "NUMBER(PG_slab)", 7, "slab");
	check_missing("6.12", "NUMBER(PAGE_SLAB_MAPCOUNT_VALUE)", 7, "slab");
	check_missing("6.1", "NUMBER(PG_head_mask)", 31, "size of compound pages");
	check_missing("6.1", "OFFSET(page.compound_order)", 31, "size of compound pages");
	check_missing("6.1", "NUMBER(HUGETLB_PAGE_DTOR)", 31, "");
	check_missing("6.1", "NUMBER(PG_private)", 31, ""); /* bit 4 takes all cache */
	check_missing("6.1", "NUMBER(PG_hwpoison)", 31, "");
	check_missing("6.1", "NUMBER(PAGE_OFFLINE_MAPCOUNT_VALUE)", 31, "");
}

TEST(without_private_only_bit_2_is_off)
{
	begin();
	kernel_unsay("NUMBER(PG_private)");
	CHECK_EQ(pages_end(), 0);
	CHECK_EQ(filter_init(LEVEL_CACHE | LEVEL_USER), LEVEL_USER);
	CHECK(test_logged("PG_private"));
}

TEST(without_order_compound_pages_stay)
{
	begin();
	page_make(BLOCK, PAGE_ANON, 9);
	page_make(BLOCK + 512, PAGE_ANON, 0);
	kernel_unsay("OFFSET(page.compound_order)");
	CHECK_EQ(pages_end(), 0);
	CHECK_EQ(filter_init(LEVEL_USER), LEVEL_USER);
	CHECK_EQ(decide(FILTER_PAGES), FILTER_PAGES - 1);
}

TEST(without_hugetlb_only_huge_pages_stay)
{
	pages_begin(style_of("6.1"));
	page_make(BLOCK, PAGE_HUGETLB, 9);
	page_make(BLOCK + 512, PAGE_ANON, 9);
	kernel_unsay("NUMBER(HUGETLB_PAGE_DTOR)");
	CHECK_EQ(pages_end(), 0);
	CHECK_EQ(filter_init(LEVEL_USER), LEVEL_USER);
	CHECK_EQ(decide(FILTER_PAGES), FILTER_PAGES - 512);
}

TEST(without_types_slab_pages_are_not_offline)
{
	pages_begin(style_of("6.1"));
	kernel_unsay("NUMBER(PG_slab)");
	page_make(BLOCK, PAGE_OFFLINE, 0);
	CHECK_EQ(pages_end(), 0);
	filter_init(0);
	CHECK_EQ(decide(FILTER_PAGES), FILTER_PAGES);
}

TEST(nothing_told_finds_nothing)
{
	pages_begin(style_of("4.19"));
	kernel_unsay("NUMBER(PG_hwpoison)");
	CHECK_EQ(pages_end(), 0);
	CHECK_EQ(filter_init(LEVEL_ZERO), LEVEL_ZERO);
	page_make(BLOCK, PAGE_HWPOISON, 0);
	CHECK_EQ(decide(FILTER_PAGES), FILTER_PAGES);
}

/* Absurd values are as good as none. */
TEST(absurd_lines)
{
	static const struct {
		const char *line, *instead;
		unsigned int level;
	} bad[] = {
		{ "SIZE(page)", "SIZE(page)=65536", 1 },
		{ "SIZE(page)", "SIZE(page)=0", 1 },
		{ "SIZE(page)", "SIZE(page)=63", 1 },
		{ "PAGESIZE", "PAGESIZE=65536", 1 },
		{ "OFFSET(page.flags)", "OFFSET(page.flags)=57", 1 },
		{ "OFFSET(page.flags)", "OFFSET(page.flags)=-8", 1 },
		{ "OFFSET(page.mapping)", "OFFSET(page.mapping)=18446744073709551612", 17 },
		{ "OFFSET(page._mapcount)", "OFFSET(page._mapcount)=61", 15 },
		{ "NUMBER(PG_lru)", "NUMBER(PG_lru)=64", 25 },
		{ "NUMBER(PG_slab)", "NUMBER(PG_slab)=-1", 7 },
		{ "NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)",
		  "NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)=4294967296", 15 },
		{ "NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)", "NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)=0", 15 },
		{ "LENGTH(zone.free_area)", "LENGTH(zone.free_area)=0", 15 },
		{ "LENGTH(zone.free_area)", "LENGTH(zone.free_area)=64", 15 },
		{ "SIZE(mem_section)", "SIZE(mem_section)=0", 1 },
		{ "SIZE(mem_section)", "SIZE(mem_section)=8192", 1 },
		{ "OFFSET(mem_section.section_mem_map)", "OFFSET(mem_section.section_mem_map)=32", 1 },
		{ "NUMBER(SECTION_SIZE_BITS)", "NUMBER(SECTION_SIZE_BITS)=64", 1 },
		{ "LENGTH(mem_section)", "LENGTH(mem_section)=0", 1 },
		{ "SYMBOL(mem_section)", "SYMBOL(mem_section)=0", 1 },
		{ "SYMBOL(mem_section)", "SYMBOL(mem_section)=ffff888000000000", 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		begin();
		kernel_unsay(bad[i].line);
		kernel_say("%s", bad[i].instead);
		CHECK_EQ(pages_end(), 0);
		CHECK_EQ(filter_init(LEVEL_MAX), bad[i].level);
		CHECK_EQ(decide(FILTER_PAGES), FILTER_PAGES);
	}
}

/* Since 6.12 the lower bits of a typed page's type belong to its owner; before, they are part of it. */
TEST(what_owners_keep_below_the_type)
{
	pages_begin(style_of("7.2"));
	page_make(BLOCK, PAGE_SLAB, 0);
	page_poke(BLOCK, FIELD_TYPE, 0xf5001234);
	page_make(BLOCK + 1, PAGE_OFFLINE, 0);
	page_poke(BLOCK + 1, FIELD_TYPE, 0xf1000001);
	CHECK_EQ(pages_end(), 0);
	CHECK_EQ(filter_init(LEVEL_MAX), LEVEL_MAX);
	CHECK_EQ(decide(FILTER_PAGES), FILTER_PAGES - 1);

	pages_begin(style_of("6.10"));
	page_make(BLOCK, PAGE_OFFLINE, 0);
	page_poke(BLOCK, FIELD_TYPE, 0xfffffe00); /* another type's bit is off as well */
	CHECK_EQ(pages_end(), 0);
	CHECK_EQ(filter_init(LEVEL_MAX), LEVEL_MAX);
	CHECK_EQ(decide(FILTER_PAGES), FILTER_PAGES);
}

TEST(types_may_be_printed_without_a_sign)
{
	pages_begin(style_of("6.12"));
	kernel_unsay("NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)");
	kernel_say("NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)=0xf0000000");
	page_make(BLOCK, PAGE_FREE, 3);
	CHECK_EQ(pages_end(), 0);
	CHECK_EQ(filter_init(LEVEL_FREE), LEVEL_FREE);
	CHECK_EQ(decide(FILTER_PAGES), FILTER_PAGES - 8);
}

/* --- struct pages that cannot be had */

TEST(unreadable_struct_pages_keep)
{
	begin();
	for (u64 i = 0; i < 1024; i++)
		page_make(BLOCK + i, PAGE_CACHE, 0);
	CHECK_EQ(pages_end(), 0);
	filter_init(LEVEL_CACHE);
	CHECK_EQ(decide(FILTER_PAGES), FILTER_PAGES - 1024);
	mem_fault(page_struct(BLOCK + 64)); /* 64 struct pages */
	CHECK_EQ(decide(FILTER_PAGES), FILTER_PAGES - 1024 + 64);
	CHECK(bit(keep, BLOCK + 64) && bit(keep, BLOCK + 127) && !bit(keep, BLOCK + 128));
	/* struct pages nobody has set up: all ones */
	for (u64 i = 0; i < 8; i++)
		for (unsigned int f = 0; f <= FIELD_COMPOUND; f++)
			page_poke(BLOCK + i, f, ~0ull);
	CHECK_EQ(decide(FILTER_PAGES), FILTER_PAGES - 1024 + 64 + 8);
	CHECK(!bit(never, BLOCK));
}
