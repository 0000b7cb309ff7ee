/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The judgement of absent.h: by samples, and by the crashed kernel's mem_section. */
#include "dump/linux/absent.h"

#include "clock.h"
#include "dump/linux/memmap.h"
#include "dump/source/oldmem.h"
#include "dump/source/rampages.h"
#include "log.h"

#define SAMPLES       32u
#define SAMPLE_WORDS  8u   /* a cache line */
#define SLOW_US       10u  /* for a line that was read just before: memory takes less than one */
#define TOLD_MAX      8u

static struct {
	u64 block; /* judged last, + 1 */
	bool absent;
	unsigned int told;
	u64 told_to; /* blocks below are told, and one here goes on with the stretch */
} last;

/* One line: is it like no memory? A bus says ones where nobody answers, a hypervisor may say zeros. That
 * is enough where the crashed kernel knows of no RAM. Where nothing tells what it knew, it must come
 * slowly, too: the second read is timed, since the first may wait for memory that a host had swapped
 * out. */
static bool sample_is_dead(u64 pfn, enum memmap_word word)
{
	pa_t pa = rampages_contents(pfn << PAGE_SHIFT);
	u64 line[SAMPLE_WORDS], start;

	if (oldmem_read(line, pa, sizeof(line)))
		return true;
	start = clock_us();
	if (oldmem_read(line, pa, sizeof(line)))
		return true;
	if (word == MEMMAP_SILENT && clock_us() - start < SLOW_US)
		return false;
	for (unsigned int i = 1; i < SAMPLE_WORDS; i++)
		if (line[i] != line[0])
			return false;
	return line[0] == 0 || line[0] == ~0ull;
}

/* Every sample of the block's RAM is dead. What the kernel calls RAM is not even looked at: one of the
 * samples might be a page that must not be read. */
static bool judge(u64 block)
{
	u64 first = block * ABSENT_PAGES, end = first + ABSENT_PAGES, step = ABSENT_PAGES / SAMPLES;
	enum memmap_word word = memmap_says(first);
	u64 pfn = rampages_next(first);

	if (word == MEMMAP_RAM || pfn >= end)
		return false;
	for (; pfn < end; pfn = rampages_next(ALIGN_DOWN(pfn, step) + step))
		if (!sample_is_dead(pfn, word))
			return false;
	return true;
}

static void tell(u64 block)
{
	pa_t pa = block * ABSENT_PAGES << PAGE_SHIFT;

	if (block > last.told_to && last.told < TOLD_MAX) {
		log_info("no memory answers at 0x%llx, though the headers list it: not read", pa);
		last.told++;
	}
	last.told_to = MAX(last.told_to, block + 1);
}

bool absent_at(u64 pfn)
{
	u64 block = pfn / ABSENT_PAGES;

	if (last.block != block + 1) {
		last.absent = judge(block);
		last.block = block + 1;
		if (last.absent)
			tell(block);
	}
	return last.absent;
}

void absent_init(void) { last.block = last.told_to = last.told = 0; }
