/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The PT_LOADs as runs of pages. They come in any order, overlap and share pages, and there may be
 * tens of thousands: a window of merged runs ahead of the reader is all that is kept of them. */
#include "dump/source/rampages.h"

#include <string.h>

#include "dump/source/source.h"

#define WINDOW_RUNS 128
#define NO_PAGE     (~0ull)

struct run {
	u64 first, end; /* page frames, end excluded */
};

/* All RAM in [from, to), in ascending runs that do not touch. */
static struct {
	struct run run[WINDOW_RUNS];
	unsigned int n;
	u64 from, to;
} window;

/* What one walk over all PT_LOADs told. */
static struct {
	bool done;
	u64 end;
	pa_t moved_from, moved_to; /* around all of RAM whose contents lie elsewhere */
} survey;

static struct run pages_of(const struct elf64_phdr *ph)
{
	return (struct run){ ph->p_paddr / PAGE_SIZE,
			     ALIGN_UP(ph->p_paddr + ph->p_memsz, PAGE_SIZE) / PAGE_SIZE };
}

static void survey_loads(void)
{
	struct elf64_phdr ph;
	u32 at = 0;

	if (survey.done)
		return;
	survey.done = true;
	survey.moved_from = ~0ull;
	while (source_next_load(&at, &ph)) {
		struct run r = pages_of(&ph);

		if (!ph.p_memsz)
			continue;
		survey.end = MAX(survey.end, r.end);
		if (ph.p_offset == ph.p_paddr)
			continue;
		survey.moved_from = MIN(survey.moved_from, r.first * PAGE_SIZE);
		survey.moved_to = MAX(survey.moved_to, r.end * PAGE_SIZE);
	}
}

/* Add a run. When there is no room, the window ends before what fell out. */
static void window_add(u64 first, u64 end)
{
	struct run *run = window.run;
	unsigned int i = window.n, j;

	first = MAX(first, window.from);
	end = MIN(end, window.to);
	if (first >= end)
		return;
	while (i && run[i - 1].end >= first) /* they ascend nearly always: look from the end */
		i--;
	for (j = i; j < window.n && run[j].first <= end; j++) { /* runs i .. j become one */
		first = MIN(first, run[j].first);
		end = MAX(end, run[j].end);
	}
	if (i == j && window.n == WINDOW_RUNS) {
		window.to = i < window.n ? run[window.n - 1].first : first;
		if (i == window.n)
			return;
		window.n--;
	}
	memmove(run + i + 1, run + j, (window.n - MIN(j, window.n)) * sizeof(*run));
	window.n = window.n + 1 - (j - i);
	run[i] = (struct run){ first, end };
}

/* What lies behind the window does not matter: it shrinks while it is filled. */
static pa_t window_to_pa(void)
{
	return window.to == NO_PAGE ? ~0ull : window.to << PAGE_SHIFT;
}

static void window_fill(u64 from)
{
	struct elf64_phdr ph;
	u32 at = 0;

	window.from = from;
	window.to = NO_PAGE;
	window.n = 0;
	while (source_next_load_in(&at, LOAD_BY_PADDR, from << PAGE_SHIFT, window_to_pa(), &ph)) {
		struct run r = pages_of(&ph);

		if (ph.p_memsz)
			window_add(r.first, r.end);
	}
}

/* The first stretch of RAM at or after pfn; more may follow it without a gap. */
static bool run_at(u64 pfn, struct run *out)
{
	for (int round = 0; round < 2; round++) { /* a window begins with a run, but for the last */
		if (pfn < window.from || pfn >= window.to)
			window_fill(pfn);
		for (unsigned int i = 0; i < window.n; i++) {
			struct run r = window.run[i];

			if (r.end <= pfn)
				continue;
			out->first = MAX(pfn, r.first);
			out->end = r.end;
			return true;
		}
		if (window.to == NO_PAGE)
			return false;
		pfn = window.to;
	}
	return false;
}

static void set_bits(u8 *bitmap, u64 from, u64 to)
{
	while (from < to) {
		u64 bytes = from % 8 ? 0 : (to - from) / 8;

		memset(bitmap + from / 8, 0xff, bytes);
		if (!bytes)
			bitmap[from / 8] |= (u8)(1u << from % 8);
		from += MAX(bytes * 8, (u64)1);
	}
}

void rampages_init(void)
{
	memset(&survey, 0, sizeof(survey));
	memset(&window, 0, sizeof(window));
}

u64 rampages_end(void)
{
	survey_loads();
	return survey.end;
}

void rampages_bitmap(u64 pfn, u32 n, u8 *bitmap)
{
	struct run r;

	memset(bitmap, 0, n / 8);
	for (u64 at = pfn; at < pfn + n && run_at(at, &r) && r.first < pfn + n; at = r.end)
		set_bits(bitmap, r.first - pfn, MIN(r.end, pfn + n) - pfn);
}

u64 rampages_next(u64 pfn)
{
	struct run r;

	return run_at(pfn, &r) ? r.first : NO_PAGE;
}

u64 rampages_count(void)
{
	struct run r;
	u64 pages = 0;

	for (u64 pfn = 0; run_at(pfn, &r); pfn = r.end)
		pages += r.end - r.first;
	return pages;
}

/* The first PT_LOAD with that very byte counts, as for crash; else one that touches its page. */
pa_t rampages_contents(pa_t pa)
{
	struct elf64_phdr ph;
	pa_t beside = pa;
	u32 at = 0;

	survey_loads();
	if (pa < survey.moved_from || pa >= survey.moved_to)
		return pa;
	while (source_next_load_in(&at, LOAD_BY_PADDR, pa, pa + 1, &ph)) {
		struct run r = pages_of(&ph);
		u64 pfn = pa / PAGE_SIZE;

		if (pa - ph.p_paddr < ph.p_memsz)
			return pa - ph.p_paddr + ph.p_offset;
		if (beside == pa && ph.p_memsz && pfn >= r.first && pfn < r.end)
			beside = pa - ph.p_paddr + ph.p_offset;
	}
	return beside;
}
