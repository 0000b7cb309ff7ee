/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The runs of left-out pages: ascending, in a table of fixed size. */
#include "dump/format/elf_plan.h"

#include "bytes.h"
#include "clock.h"
#include "dump/linux/absent.h"
#include "dump/linux/filter.h"
#include "dump/source/oldmem.h"
#include "dump/source/rampages.h"
#include "heartbeat.h"
#include "log.h"

#define RUNS       8192u
#define FIRST_BITS 40 /* page frame numbers of 52-bit addresses */
#define PAGES_BITS 24
#define PAGES_MAX  ((1ull << PAGES_BITS) - 1) /* a longer run is several entries in a row */
#define PROBE_BYTES 512u

_Static_assert(ABSENT_PAGES == FILTER_PAGES, "judged and planned together");

struct entry {
	u64 first : FIRST_BITS;
	u64 pages : PAGES_BITS;
};

static struct entry table[RUNS] OVERLAY(elf);
static u32 n_entries;
static u64 run_short; /* runs below give way first */
static u64 looked_to; /* pages below are kept, in the table, or in short runs */
static u64 n_kept;

static u32 count_short(void)
{
	u32 n = 0;

	for (u32 i = 0; i < n_entries; i++)
		n += table[i].pages < run_short;
	return n;
}

/* Every other one of the short runs goes, so that much is still left out where all are of one length.
 * Short is what makes a quarter of them at least: that is bounded, since no entry has more than
 * PAGES_MAX. */
bool elf_plan_coarsen(void)
{
	u32 n = 0, shorts = 0;

	if (!n_entries)
		return false;
	while (count_short() <= n_entries / 4)
		run_short *= 2;
	for (u32 i = 0; i < n_entries; i++)
		if (table[i].pages >= run_short || shorts++ % 2)
			table[n++] = table[i];
	n_entries = n;
	return true;
}

static void run_add(u64 first, u64 end)
{
	while (end > first && end - first >= ELF_RUN_MIN) {
		u64 n = MIN(end - first, PAGES_MAX);

		if (n_entries == RUNS)
			elf_plan_coarsen();
		table[n_entries++] = (struct entry){ .first = first, .pages = n };
		first += n;
	}
}

/* Pages pfn .. pfn + n stay; what lies between them and those before does not. No RAM counts as
 * left out, so that runs go on over holes. */
static void keep_pages(u64 pfn, u64 n)
{
	run_add(looked_to, pfn);
	looked_to = pfn + n;
	n_kept += n;
}

static bool page_is_zero(u64 pfn)
{
	u64 probe[PROBE_BYTES / sizeof(u64)];
	pa_t pa = rampages_contents(pfn * PAGE_SIZE);

	for (u64 off = 0; off < PAGE_SIZE; off += sizeof(probe)) {
		if (oldmem_read(probe, pa + off, sizeof(probe)))
			return false;
		for (u32 i = 0; i < ARRAY_SIZE(probe); i++)
			if (probe[i])
				return false;
	}
	return true;
}

/* 64 pages from pfn on, of which those with a bit in `keep` stay. */
static void take_word(u64 pfn, u64 keep, bool zeros)
{
	for (u64 left = keep; zeros && left; left &= left - 1)
		if (page_is_zero(pfn + (u64)__builtin_ctzll(left)))
			keep &= ~(left & -left);
	while (keep) {
		u64 from = (u64)__builtin_ctzll(keep), ones = ~(keep >> from);
		u64 n = ones ? (u64)__builtin_ctzll(ones) : 64;

		keep_pages(pfn + from, n);
		keep = from + n < 64 ? keep >> (from + n) << (from + n) : 0;
	}
}

void elf_plan_clear(void)
{
	n_entries = 0;
	run_short = ELF_RUN_MIN;
	looked_to = n_kept = 0;
}

int elf_plan_make(unsigned int level)
{
	static u8 keep[FILTER_PAGES / 8] OVERLAY(elf);
	u64 end = rampages_end(), start_us = clock_us();

	elf_plan_clear();
	filter_begin();
	for (u64 pfn = rampages_next(0); pfn < end; pfn = rampages_next(pfn + FILTER_PAGES)) {
		pfn = ALIGN_DOWN(pfn, FILTER_PAGES);
		rampages_bitmap(pfn, FILTER_PAGES, keep);
		if (level)
			filter_apply(pfn, FILTER_PAGES, keep, NULL);
		else if (absent_at(pfn))
			memset(keep, 0, sizeof(keep));
		for (u32 i = 0; i < FILTER_PAGES; i += 64)
			take_word(pfn + i, get_le64(keep + i / 8), level & LEVEL_ZERO);
		heartbeat_moved();
		if (clock_expired())
			return -ETIME;
	}
	/* the pages at the end of RAM need no header of their own, however few they are */
	if (looked_to < end)
		run_add(looked_to, MAX(end, looked_to + ELF_RUN_MIN));
	if (level || n_kept < rampages_count())
		log_info("level %u keeps %llu of %llu pages; %u runs of others go (%llu ms)%s", level, n_kept,
	         rampages_count(), n_entries, (clock_us() - start_us) / MS,
	         run_short > ELF_RUN_MIN ? ", for lack of room not all" : "");
	return 0;
}

bool elf_plan_next(u64 pfn, struct page_run *r)
{
	u32 low = 0, high = n_entries;

	while (low < high) { /* the first entry that ends behind pfn */
		u32 mid = (low + high) / 2;

		if (table[mid].first + (u64)table[mid].pages > pfn)
			high = mid;
		else
			low = mid + 1;
	}
	if (low == n_entries)
		return false;
	r->first = table[low].first;
	r->end = r->first + table[low].pages;
	while (++low < n_entries && table[low].first == r->end)
		r->end += table[low].pages;
	return true;
}
