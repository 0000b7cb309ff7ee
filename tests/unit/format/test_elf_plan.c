/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of left-out runs: what fits, what does not, and that nothing is left out that should
 * stay. */
#include "unit/test.h"

#include "dump/format/elf_plan.h"
#include "dump/linux/filter.h"
#include "dump/source/oldmem.h"
#include "dump/source/rampages.h"

#define TABLE_RUNS 8192u

/* RAM of one piece; which of its pages the filter keeps. */
static u64 ram_from, ram_to;
static bool (*kept)(u64 pfn);

void filter_begin(void) {}

void filter_apply(u64 pfn, u32 n, u8 *keep, u8 *never)
{
	(void)never;
	for (u32 i = 0; i < n; i++)
		if (!kept(pfn + i))
			keep[i / 8] &= (u8)~(1u << i % 8);
}

bool absent_at(u64 pfn) { return (void)pfn, false; }

u64 rampages_end(void) { return ram_to; }
u64 rampages_count(void) { return ram_to - ram_from; }
pa_t rampages_contents(pa_t pa) { return pa; }

u64 rampages_next(u64 pfn) { return pfn < ram_from ? ram_from : pfn < ram_to ? pfn : ~0ull; }

void rampages_bitmap(u64 pfn, u32 n, u8 *bitmap)
{
	memset(bitmap, 0, n / 8);
	for (u32 i = 0; i < n; i++)
		if (pfn + i >= ram_from && pfn + i < ram_to)
			bitmap[i / 8] |= (u8)(1u << i % 8);
}

/* Page frames that 16 divides are zero; others have a word at their end. */
unsigned int oldmem_read(void *dst, pa_t pa, u64 len)
{
	u64 pfn = pa / PAGE_SIZE;

	memset(dst, 0, len);
	if (pfn % 16 && (pa + len) % PAGE_SIZE == 0)
		((u8 *)dst)[len - 1] = 1;
	return pfn == 32;
}

static void make(u64 from, u64 to, bool (*rule)(u64 pfn), unsigned int level)
{
	ram_from = from;
	ram_to = to;
	kept = rule;
	test_log_clear();
	CHECK_EQ(elf_plan_make(level | LEVEL_FREE), 0);
}

/* Runs in all, and pages in them; runs ascend and do not touch. */
static u32 runs(u64 *pages)
{
	struct page_run r = { 0, 0 };
	u64 last = 0;
	u32 n = 0;

	*pages = 0;
	while (elf_plan_next(r.end, &r)) {
		if (r.end <= r.first || (n && r.first <= last))
			abort();
		last = r.end;
		*pages += r.end - r.first;
		n++;
	}
	return n;
}

static u64 every, left_out; /* of each `every` pages the first `left_out` go */

static bool striped(u64 pfn) { return pfn % every >= left_out; }

static void stripes(u64 all, u64 out) { every = all, left_out = out; }

TEST(runs_of_256)
{
	struct page_run r;
	u64 pages;

	stripes(1000, 256);
	make(10000, 20000, striped, 0);
	CHECK_EQ(runs(&pages), 10);
	CHECK(elf_plan_next(11000, &r));
	CHECK_EQ(r.first, 11000);
	CHECK_EQ(r.end, 11256);
	CHECK(elf_plan_next(11255, &r));
	CHECK_EQ(r.first, 11000);
	CHECK(elf_plan_next(11256, &r));
	CHECK_EQ(r.first, 12000);
	stripes(1000, 255);
	make(10000, 20000, striped, 0);
	CHECK_EQ(runs(&pages), 1); /* the hole before RAM, into which the first one goes on */
	CHECK_EQ(pages, 10255);
}

static bool all(u64 pfn) { return (void)pfn, true; }
static bool none(u64 pfn) { return (void)pfn, false; }

TEST(all_or_nothing)
{
	struct page_run r;

	make(0, 100000, all, 0);
	CHECK(!elf_plan_next(0, &r));
	make(0, 100000, none, 0);
	CHECK(elf_plan_next(0, &r));
	CHECK(r.first == 0 && r.end == 100000);
	/* what is left out at the end of RAM goes, however little */
	stripes(1001, 1);
	make(0, 1002, striped, 0);
	CHECK(elf_plan_next(500, &r));
	CHECK(r.first == 1001 && r.end >= 1002);
}

TEST(a_run_longer_than_an_entry)
{
	u64 to = 3ull << 24;
	struct page_run r;

	stripes(to * 2, to - 5);
	make(0, to, striped, 0);
	CHECK(elf_plan_next(0, &r));
	CHECK(r.first == 0 && r.end == to - 5);
	CHECK(elf_plan_next(1 << 24, &r));
	CHECK_EQ(r.end, to - 5);
	CHECK(!elf_plan_next(to - 5, &r));
}

static bool islands(u64 pfn) { return pfn < 960 || pfn == 970 || pfn >= 970 + every; }

TEST(single_pages_end_a_run)
{
	u64 pages;

	every = 256;
	make(0, 4096, islands, 0);
	CHECK_EQ(runs(&pages), 0);
	every = 257;
	make(0, 4096, islands, 0);
	CHECK_EQ(runs(&pages), 1);
	CHECK_EQ(pages, 256);
}

/* More runs than the table has room for. */
TEST(a_full_table)
{
	u64 pages;

	stripes(300, 256);
	make(0, 300 * TABLE_RUNS, striped, 0);
	CHECK_EQ(runs(&pages), TABLE_RUNS);
	CHECK_EQ(pages, 256 * TABLE_RUNS);
	CHECK(!test_logged("lack of room"));
	make(0, 300 * (TABLE_RUNS + 2), striped, 0); /* half of them have to give way */
	CHECK_EQ(runs(&pages), TABLE_RUNS / 2 + 2);
	CHECK_EQ(pages, 256 * (TABLE_RUNS / 2 + 2));
	CHECK(test_logged("lack of room"));
}

/* Runs of at least `min` pages; all lie where the rule has them. */
static u32 long_runs(u64 min)
{
	struct page_run r = { 0, 0 };
	u32 n = 0;

	while (elf_plan_next(r.end, &r)) {
		for (u64 pfn = r.first; pfn < r.end; pfn++)
			if (kept(pfn))
				abort();
		n += r.end - r.first >= min;
	}
	return n;
}

static bool mixed(u64 pfn)
{
	u64 i = pfn / 700; /* every fourth of 600, the others of 300 */

	return pfn % 700 >= (i % 4 ? 300 : 600);
}

TEST(long_runs_stay_when_the_table_is_full)
{
	make(0, 700 * 2 * TABLE_RUNS, mixed, 0);
	CHECK_EQ(long_runs(600), TABLE_RUNS / 2);
	CHECK(long_runs(300) > TABLE_RUNS * 3 / 4);
}

TEST(coarser_until_nothing_is_left)
{
	u64 pages;
	u32 n;

	make(0, 700 * 100, mixed, 0);
	CHECK_EQ(runs(&pages), 100);
	CHECK(elf_plan_coarsen());
	CHECK_EQ(long_runs(600), 25);
	CHECK_EQ(long_runs(300), 25 + 37);
	for (n = 0; elf_plan_coarsen() && n < 100; n++)
		;
	CHECK(n < 20);
	CHECK_EQ(runs(&pages), 0);
	CHECK(!elf_plan_coarsen());
}

TEST(zero_pages_go_only_where_asked)
{
	struct page_run r;
	u64 pages;

	stripes(16, 1); /* those that 16 divides */
	make(0, 16 * 300, all, 0);
	CHECK_EQ(runs(&pages), 0);
	/* with the zero pages between them, the others are a run; page 32 cannot be read */
	stripes(17, 17);
	make(0, 16 * 300, none, LEVEL_ZERO);
	CHECK_EQ(runs(&pages), 1);
	make(0, 33, all, LEVEL_ZERO);
	CHECK(!elf_plan_next(0, &r));
	make(16, 17, all, LEVEL_ZERO);
	CHECK(elf_plan_next(16, &r));
	make(17, 18, all, LEVEL_ZERO);
	CHECK(!elf_plan_next(17, &r) || r.first > 17);
}
