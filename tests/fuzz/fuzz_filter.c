/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A crashed kernel whose page tables, mem_section, struct pages and VMCOREINFO are overwritten in
 * places: whatever is there, the filter ends, changes only what it may, decides the same however it
 * is asked, and the ELF dump that follows from it is whole. Input: style, level and whether to dump,
 * then records of an address (which region, where in it) and eight bytes to write there. */
#include <stdlib.h>
#include <string.h>

#include "dump/dump.h"
#include "dump/linux/filter.h"
#include "dump/linux/kernel_va.h"
#include "dump/source/source.h"
#include "fake/memory.h"
#include "fake/pages.h"

#define HDR         0x3d000000ull
#define NOTE        0x1800000ull
#define RECORDS_MAX 64
#define LOOKED_AT   1536u /* of all pages, or it takes long */
#define STEP        512u
#define DUMP_MASK   0xe0 /* of the level's byte: a dump is ten times as long as all else */
#define WITH_DUMP   0x20
#define USUAL_STYLE 2

struct record {
	u32 address; /* region in the low 3 bits */
	u8 bytes[8];
} PACKED;

static const struct {
	pa_t start;
	u64 bytes;
} region[] = {
	{ KERNEL_ROOT, 16 * PAGE_SIZE }, { PAGES_ROOTS, 64 },
	{ PAGES_SECTIONS, 128 },         { KERNEL_FREE + PAGES_PFN * 64, 64 * PAGE_SIZE },
	{ NOTE, 2048 },                  { KERNEL_FREE + PAGES_PFN * 64, 1 * MIB },
	{ HDR + 64, 3 * 56 },            { PAGES_SECTIONS, PAGE_SIZE },
};

static u8 keep[2][LOOKED_AT / 8], never[2][LOOKED_AT / 8];

static void decide(unsigned int which, u32 step)
{
	filter_begin();
	for (u32 i = 0; i < LOOKED_AT / 8; i++)
		keep[which][i] = i % 64 ? 0xff : 0x33;
	for (u32 at = 0; at < LOOKED_AT; at += step)
		filter_apply(PAGES_PFN + at, step, keep[which] + at / 8, never[which] + at / 8);
}

static u64 position;

static int take(struct sink *s, u64 off, u64 len)
{
	if (off != position || !len || off % PAGE_SIZE || len % PAGE_SIZE)
		abort();
	position += len;
	s->accepted = s->settled = position;
	return 0;
}

static int take_write(struct sink *s, u64 off, const void *buf, u32 len)
{
	return (void)buf, take(s, off, len);
}

static int take_span(struct sink *s, u64 off, pa_t pa, u64 len)
{
	return (void)pa, take(s, off, len);
}

static void dump(unsigned int level)
{
	static const struct sink_ops ops = { .write = take_write, .write_span = take_span };
	struct sink s = { .ops = &ops, .caps = SINK_TAKES_SPAN };
	struct dump_stats st = { 0 };

	if (elf_prepare(level))
		abort();
	if (elf_size() > 2 * GIB) /* the header says so; it would only take time */
		return;
	position = 0;
	if (elf_write(&s, &st) || position != st.total || st.total != elf_size())
		abort();
}

static void try_all(unsigned int want, bool with_dump)
{
	struct source_summary sum;
	unsigned int level;

	if (source_init_elfcorehdr(HDR))
		return;
	kernel_va_init();
	level = filter_init(want);
	if (level & ~want)
		abort();
	decide(0, LOOKED_AT);
	decide(1, STEP);
	if (memcmp(keep[0], keep[1], sizeof(keep[0])) || memcmp(never[0], never[1], sizeof(never[0])))
		abort();
	for (u32 i = 0; i < LOOKED_AT / 8; i++)
		if ((keep[0][i] & never[0][i]) || (i % 64 == 0 && (keep[0][i] & ~0x33)))
			abort();
	source_summarise(&sum);
	if (with_dump && sum.bytes < 2 * GIB)
		dump(level & ~LEVEL_ZERO);
}

/* The whole machine takes long to make: once for each style, then what an input wrote is undone. */
static void machine(unsigned int style)
{
	static bool made[MEM_STORES];

	mem_use(style);
	if (made[style]) {
		mem_back();
		return;
	}
	made[style] = true;
	pages_begin(&pages_style[style]);
	for (u64 i = 0; i < 16; i += 4) {
		page_make(PAGES_PFN + i * 1024, PAGE_FREE, 10);
		page_make(PAGES_PFN + (i + 1) * 1024, PAGE_ANON, 9);
		page_make(PAGES_PFN + (i + 2) * 1024, PAGE_HUGETLB, 9);
		page_make(PAGES_PFN + (i + 3) * 1024, PAGE_CACHE, 0);
	}
	pages_end();
	mem_mark();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	unsigned int n = 0;

	if (size < 2)
		return 0;
	machine(data[0] < pages_styles ? data[0] : USUAL_STYLE);
	for (const u8 *p = data + 2; n++ < RECORDS_MAX && (size_t)(data + size - p) >= sizeof(struct record);
	     p += sizeof(struct record)) {
		struct record r;

		memcpy(&r, p, sizeof(r));
		mem_write(region[r.address % 8].start + r.address / 8 % region[r.address % 8].bytes, r.bytes, 8);
	}
	try_all(data[1] % (LEVEL_MAX + 1), (data[1] & DUMP_MASK) == WITH_DUMP);
	return 0;
}
