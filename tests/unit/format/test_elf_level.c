/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ELF container with a dump level, against the oracle that splits as makedumpfile -E does. */
#include "unit/test.h"

#include "boot/start.h"
#include "check_sink.h"
#include "dump/dump.h"
#include "dump/format/elf_plan.h"
#include "dump/linux/filter.h"
#include "dump/source/source.h"
#include "fake/memory.h"
#include "fake/pages.h"

#define HDR   0x3d000000ull
#define PAGES (PAGES_PFN_TO - PAGES_PFN)

static const unsigned int all_caps[] = { 0, SINK_TAKES_SPAN, SINK_SEEK, SINK_SEEK | SINK_TAKES_SPAN };

/* What the filter says, at the moment of take_decisions(). */
static u8 keep[PAGES / 8], never[PAGES / 8];

static void take_decisions(unsigned int level)
{
	static u8 page[PAGE_SIZE], zero[PAGE_SIZE];

	filter_begin();
	filter_apply(PAGES_PFN, PAGES, NULL, never);
	memset(keep, 0xff, sizeof(keep));
	filter_begin();
	filter_apply(PAGES_PFN, PAGES, keep, NULL);
	for (u64 i = 0; (level & LEVEL_ZERO) && i < PAGES; i++) {
		mem_read(page, (PAGES_PFN + i) * PAGE_SIZE, PAGE_SIZE);
		if (!memcmp(page, zero, PAGE_SIZE))
			keep[i / 8] &= (u8)~(1u << i % 8);
	}
}

static bool known(u64 pfn) { return pfn >= PAGES_PFN && pfn < PAGES_PFN_TO; }

static bool is_left_out(u64 pfn)
{
	u64 i = pfn - PAGES_PFN;

	return known(pfn) && !(keep[i / 8] >> (i % 8) & 1);
}

static bool is_never(u64 pfn)
{
	u64 i = pfn - PAGES_PFN;

	return known(pfn) && (never[i / 8] >> (i % 8) & 1);
}

/* What the plan says, where not all that could be left out is. */
static bool is_planned(u64 pfn)
{
	struct page_run r;
	bool planned = elf_plan_next(pfn, &r) && r.first <= pfn;

	if (planned && !is_left_out(pfn))
		abort();
	return planned;
}

static bool (*rule)(u64 pfn) = is_left_out;

struct result {
	struct dump_stats stats;
	u64 size;
	unsigned int phnum;
};

/* Dump at that level, prepared before; what must come out is what take_decisions() saw. */
static const char *dump(unsigned int level, unsigned int caps, struct result *r)
{
	static char complaint[256];
	struct vmcore_level rules = { level ? rule : NULL, is_never };
	struct check_sink c;
	struct vmcore want;
	int err;

	*r = (struct result){ 0 };
	vmcore_open_level(&want, HDR, &rules);
	r->phnum = ((struct elf64_hdr *)want.head)->e_phnum;
	check_sink_open(&c, &want, caps);
	r->size = elf_size();
	if (r->size != want.size)
		snprintf(c.complaint, sizeof(c.complaint), "size %llu instead of %llu", r->size,
		         want.size);
	err = elf_write(&c.sink, &r->stats);
	snprintf(complaint, sizeof(complaint), "%s", check_sink_close(&c));
	if (!complaint[0] && err)
		snprintf(complaint, sizeof(complaint), "error %d", err);
	if (complaint[0])
		snprintf(complaint + strlen(complaint), 40, " (level %u, caps %u)", level, caps);
	vmcore_close(&want);
	return complaint;
}

#define CHECK_SAME(text)                                                                           \
	do {                                                                                       \
		const char *_c = (text);                                                           \
		if (_c[0]) {                                                                       \
			test_fail(__FILE__, __LINE__, _c);                                         \
			return;                                                                    \
		}                                                                                  \
	} while (0)

#define CHECK_DUMP(level, r)                                                                       \
	do {                                                                                       \
		for (size_t _i = 0; _i < ARRAY_SIZE(all_caps); _i++)                               \
			CHECK_SAME(dump(level, all_caps[_i], r));                                  \
	} while (0)

static void prepare(unsigned int level)
{
	filter_init(level);
	take_decisions(level);
	elf_prepare(level);
}

static void begin(void) { pages_begin(&pages_style[2]); }

/* Free blocks of 1 << order pages until `pages` are free. */
static void free_run(u64 pfn, u64 pages)
{
	for (u64 end = pfn + pages; pfn < end;) {
		unsigned int order = 0;

		while (order < 10 && !(pfn & (1ull << order)) && pfn + (2ull << order) <= end)
			order++;
		page_make(pfn, PAGE_FREE, order);
		pfn += 1ull << order;
	}
}

static void a_bit_of_everything(void)
{
	free_run(0x1400, 1024);
	free_run(0x1900, 255); /* one short of a run */
	free_run(0x1b00, 256);
	for (u64 i = 0; i < 300; i++)
		page_make(0x2000 + i, PAGE_CACHE, 0);
	for (u64 i = 0; i < 40; i++)
		page_make(0x2000 + 300 + i, PAGE_CACHE_PRIVATE, 0);
	page_make(0x2400, PAGE_HUGETLB, 9);
	page_make(0x2600, PAGE_ANON, 9);
	free_run(0x2800, 77); /* a run of two kinds */
	free_run(0x4e80, 384); /* the last pages */
}

TEST(levels)
{
	static const unsigned int level[] = { 0, 1, 2, 4, 6, 8, 15, 16, 24, 31 };
	static const u8 zero[300 * PAGE_SIZE];
	struct result r, all;

	begin();
	CHECK_EQ(pages_end(), 0);
	a_bit_of_everything();
	mem_write(0x4a00 * PAGE_SIZE, zero, sizeof(zero));
	prepare(0);
	CHECK_DUMP(0, &all);
	for (size_t i = 1; i < ARRAY_SIZE(level); i++) {
		prepare(level[i]);
		CHECK_DUMP(level[i], &r);
		CHECK(r.size < all.size);
		CHECK_EQ(r.stats.unreadable, 0);
	}
	/* 300 pages of zeros, the last one with a word in it */
	CHECK_EQ(r.phnum, 7);
	mem_write(0x4a00 * PAGE_SIZE + 299 * PAGE_SIZE + 4088, "a", 1);
	prepare(LEVEL_ZERO);
	CHECK_DUMP(LEVEL_ZERO, &r);
	CHECK_EQ((all.size - r.size) / PAGE_SIZE, 299);
}

TEST(loads_that_begin_and_end_in_runs)
{
	static const struct {
		pa_t from, to;
	} load[] = {
		{ 0x1500000, 0x1700000 },           /* within a run */
		{ 0x1500123, 0x1500456 },           /* within a page of a run */
		{ 0x1500123, 0x1600456 },
		{ 0x1300018, 0x1700345 },           /* the run cut at its end */
		{ 0x17f0000, 0x1900010 },           /* 16 pages of it: too few at the beginning */
		{ 0x1700000, 0x1900010 },           /* 256 pages of it */
		{ 0x16fffff, 0x1900010 },
		{ 0x1300000, 0x1400001 },           /* a byte of it */
		{ 0x1000000, 0x1b00000 + 0x10000 },
		{ 0x1000000, 0x1000000 },
		{ 0x1500abc, 0x1500abc },
	};
	struct result r;

	for (size_t i = 0; i < ARRAY_SIZE(load); i++) {
		begin();
		kernel_hdr.n = 0; /* without the one of all RAM */
		corehdr_load(&kernel_hdr, KERNEL_PA, KERNEL_RAM_TO - KERNEL_PA);
		corehdr_load(&kernel_hdr, load[i].from, load[i].to - load[i].from);
		CHECK_EQ(pages_end(), 0);
		/* one by one: a block's first page may be no RAM here */
		for (u64 pfn = 0x1400; pfn < 0x1c00; pfn++)
			if (pfn < 0x1800 || pfn >= 0x1b00)
				page_make(pfn, PAGE_FREE, 0);
		prepare(LEVEL_FREE);
		CHECK_DUMP(LEVEL_FREE, &r);
	}
}

/* The kernel's text is listed twice, and contents may lie elsewhere (kexec_load's backup). */
TEST(loads_that_overlap_and_a_backup)
{
	struct result r;

	begin();
	corehdr_load(&kernel_hdr, 0x1a00000, 0x500000);
	corehdr_add(&kernel_hdr, &(struct elf64_phdr){ .p_type = PT_LOAD, .p_offset = 0x3300000,
	                                               .p_paddr = 0x1400000, .p_filesz = 0x700000,
	                                               .p_memsz = 0x700000 });
	CHECK_EQ(pages_end(), 0);
	a_bit_of_everything();
	prepare(LEVEL_MAX);
	CHECK_DUMP(LEVEL_MAX, &r);
	/* where the two do not agree within a page, nobody knows which page frame it is */
	corehdr_add(&kernel_hdr, &(struct elf64_phdr){ .p_type = PT_LOAD, .p_offset = 0x3300010,
	                                               .p_paddr = 0x1400000, .p_filesz = 0x300000,
	                                               .p_memsz = 0x300000 });
	CHECK_EQ(source_init_elfcorehdr(HDR), 0);
	elf_prepare(LEVEL_MAX);
	CHECK_EQ(elf_size(), r.size + 0x301000);
}

TEST(pages_never_to_be_read)
{
	struct result r;

	begin();
	CHECK_EQ(pages_end(), 0);
	a_bit_of_everything();
	page_make(0x1234, PAGE_HWPOISON, 0);
	page_make(0x1235, PAGE_HWPOISON, 0);
	page_make(0x1920, PAGE_OFFLINE, 0); /* in what is too short to be left out */
	page_make(0x2800, PAGE_HWPOISON, 0);
	page_poke(0x2600 + 33, FIELD_FLAGS, 1ull << 23); /* a tail */
	for (u64 i = 0; i < 5000; i++) /* a balloon */
		page_make(0x3400 + i, PAGE_OFFLINE, 0);
	prepare(0);
	CHECK_DUMP(0, &r);
	CHECK_EQ(r.stats.unreadable, 5005);
	CHECK_EQ(r.stats.pages, PAGES);
	prepare(LEVEL_MAX);
	CHECK_DUMP(LEVEL_MAX, &r);
	CHECK_EQ(r.stats.unreadable, 3);
}

TEST(struct_pages_that_change_afterwards)
{
	struct result r;

	begin();
	CHECK_EQ(pages_end(), 0);
	a_bit_of_everything();
	prepare(LEVEL_MAX);
	free_run(0x1000, 1024);
	free_run(0x3000, 4096);
	for (u64 i = 0; i < 1024; i++)
		page_make(0x1400 + i, PAGE_PLAIN, 0);
	CHECK_DUMP(LEVEL_MAX, &r);
}

TEST(nothing_known_keeps_all)
{
	struct result r;

	begin();
	kernel_unsay("SYMBOL(mem_section)");
	CHECK_EQ(pages_end(), 0);
	a_bit_of_everything();
	CHECK_EQ(filter_init(LEVEL_MAX), LEVEL_ZERO);
	take_decisions(0);
	CHECK_EQ(elf_prepare(LEVEL_ZERO), 0);
	CHECK_DUMP(0, &r);
}

TEST(more_program_headers_than_readers_know)
{
	unsigned int loads = 1300;
	struct result r;

	begin();
	for (unsigned int i = 1; i < loads; i++)
		corehdr_load(&kernel_hdr, KERNEL_RAM, KERNEL_RAM_TO - KERNEL_RAM);
	CHECK_EQ(pages_end(), 0);
	for (u64 pfn = 0x1020; pfn < 0x4a00; pfn += 290) /* with the one behind: 53 headers a load */
		free_run(pfn, 257);
	free_run(0x4a00, 600);
	prepare(LEVEL_FREE);
	rule = is_planned;
	CHECK_SAME(dump(LEVEL_FREE, SINK_TAKES_SPAN, &r));
	rule = is_left_out;
	CHECK(r.phnum < 65535 && r.phnum > 30000);
	/* one load less, and they fit */
	begin();
	for (unsigned int i = 1; i < 65533 / 52; i++)
		corehdr_load(&kernel_hdr, KERNEL_RAM, KERNEL_RAM_TO - KERNEL_RAM);
	CHECK_EQ(pages_end(), 0);
	for (u64 i = 0; i < 50; i++)
		free_run(0x1020 + i * 290, 257);
	free_run(0x4a00, 600);
	prepare(LEVEL_FREE);
	CHECK_SAME(dump(LEVEL_FREE, SINK_TAKES_SPAN, &r));
	CHECK(r.phnum > 65534 - 52);
}

TEST(out_of_time)
{
	begin();
	CHECK_EQ(pages_end(), 0);
	free_run(0x1400, 1024);
	filter_init(LEVEL_FREE);
	fake_expired = 1;
	CHECK_EQ(elf_prepare(LEVEL_FREE), -ETIME);
	fake_expired = 0;
	CHECK_EQ(elf_prepare(LEVEL_FREE), 0);
}
