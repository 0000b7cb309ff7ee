/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ranges of an elfcorehdr where no memory is: told from memory that only looks like it. */
#include "unit/test.h"

#include "base.h"
#include "dump/dump.h"
#include "dump/linux/absent.h"
#include "dump/linux/filter.h"
#include "dump/source/source.h"
#include "fake/elfcorehdr.h"
#include "fake/memory.h"
#include "fake/pages.h"

#define GONE     (1ull << 40) /* in no section of the fake kernel */
#define GONE_PFN (GONE / PAGE_SIZE)
#define BLOCK    (ABSENT_PAGES * PAGE_SIZE)
#define HERE     0x60000000ull /* in a section */

extern unsigned long long fake_step_us;

static u8 keep[FILTER_PAGES / 8], never[FILTER_PAGES / 8];

static void fill(pa_t pa, u64 len, int byte)
{
	static u8 page[PAGE_SIZE];

	memset(page, byte, sizeof(page));
	for (u64 at = 0; at < len; at += PAGE_SIZE)
		mem_write(pa + at, page, sizeof(page));
}

static const struct pages_style *style_6_1(void)
{
	const struct pages_style *s = pages_style;

	while (strcmp(s->name, "6.1"))
		s++;
	return s;
}

/* RAM of two blocks that the headers list at pa. */
static void machine(pa_t pa)
{
	fake_step_us = 1; /* memory answers at once */
	pages_begin(style_6_1());
	corehdr_load(&kernel_hdr, pa, 2 * BLOCK);
	test_log_clear();
}

static void up(void)
{
	CHECK_EQ(pages_end(), 0);
	CHECK_EQ(filter_init(0), 0);
}

TEST(all_ones_where_the_kernel_knows_of_no_ram)
{
	machine(GONE);
	fill(GONE, BLOCK, 0xff);
	up();
	CHECK(absent_at(GONE_PFN) && absent_at(GONE_PFN + ABSENT_PAGES - 1));
	CHECK(!absent_at(GONE_PFN + ABSENT_PAGES)); /* something is there */
	CHECK(test_logged("no memory answers at 0x10000000000"));
	test_log_clear();
	CHECK(absent_at(GONE_PFN)); /* again, and told once */
	CHECK(!test_logged("no memory"));
}

TEST(the_filter_leaves_it_out_at_every_level)
{
	machine(GONE);
	fill(GONE, BLOCK, 0xff);
	up();
	for (unsigned int level = 0; level <= LEVEL_MAX; level += LEVEL_MAX) {
		filter_init(level);
		filter_begin();
		memset(keep, 0xff, sizeof(keep));
		filter_apply(GONE_PFN, FILTER_PAGES, keep, never);
		for (u32 i = 0; i < sizeof(keep); i++)
			CHECK(!keep[i] && never[i] == 0xff);
		memset(keep, 0xff, sizeof(keep));
		filter_apply(GONE_PFN + FILTER_PAGES, FILTER_PAGES, keep, never);
		for (u32 i = 0; i < sizeof(keep); i++)
			CHECK(keep[i] == 0xff && !never[i]);
	}
}

TEST(one_line_of_something_else_keeps_it)
{
	machine(GONE);
	fill(GONE, BLOCK, 0xff);
	mem_write(GONE + 11 * BLOCK / 32 + 24, "x", 1);
	up();
	CHECK(!absent_at(GONE_PFN));
}

TEST(all_ones_where_the_kernel_has_ram_are_contents)
{
	machine(HERE);
	fill(HERE, BLOCK, 0xff);
	up();
	CHECK(!absent_at(HERE / PAGE_SIZE));
	fake_step_us = 100;
	CHECK(!absent_at(HERE / PAGE_SIZE + ABSENT_PAGES) && !absent_at(HERE / PAGE_SIZE));
}

TEST(all_ones_where_the_kernel_is_silent_are_contents)
{
	machine(GONE);
	fill(GONE, BLOCK, 0xff);
	kernel_unsay("SYMBOL(mem_section)");
	up();
	CHECK(!absent_at(GONE_PFN));
}

TEST(zeros_where_the_kernel_knows_of_no_ram)
{
	machine(GONE);
	fill(GONE, BLOCK, 0);
	fill(GONE + BLOCK, BLOCK, 1);
	up();
	CHECK(absent_at(GONE_PFN) && !absent_at(GONE_PFN + ABSENT_PAGES));
}

TEST(where_the_kernel_is_silent_it_must_be_slow)
{
	machine(GONE);
	fill(GONE, BLOCK, 0);
	fill(GONE + BLOCK, BLOCK, 1);
	kernel_unsay("SYMBOL(mem_section)");
	up();
	CHECK(!absent_at(GONE_PFN));
	fake_step_us = 100;
	up();
	CHECK(absent_at(GONE_PFN) && !absent_at(GONE_PFN + ABSENT_PAGES));
}

TEST(nothing_can_be_read)
{
	machine(GONE);
	for (u64 at = 0; at < BLOCK; at += PAGE_SIZE)
		mem_fault(GONE + at);
	up();
	CHECK(absent_at(GONE_PFN) && !absent_at(GONE_PFN + ABSENT_PAGES));
	/* not what the kernel has: a page that can be read may be among them */
	machine(HERE);
	for (u64 at = 0; at < BLOCK; at += PAGE_SIZE)
		mem_fault(HERE + at);
	up();
	CHECK(!absent_at(HERE / PAGE_SIZE));
}

TEST(only_what_is_listed_is_looked_at)
{
	fake_step_us = 1;
	pages_begin(style_6_1());
	corehdr_load(&kernel_hdr, GONE + 0x123000, 0x5000);
	fill(GONE + 0x123000, 0x5000, 0xff);
	up();
	CHECK(absent_at(GONE_PFN));
	CHECK(!absent_at(GONE_PFN + ABSENT_PAGES)); /* nothing is listed there */
}

static u64 written;

static int take(struct sink *s, u64 off, const void *buf, u32 len)
{
	(void)s, (void)off, (void)buf;
	written += len;
	return 0;
}

TEST(an_elf_core_of_level_0_has_no_room_for_it)
{
	static const struct sink_ops ops = { .write = take };
	struct sink s = { .ops = &ops };
	struct dump_stats st = { 0 };

	machine(GONE);
	fill(GONE, BLOCK, 0);
	up();
	CHECK_EQ(elf_prepare(0), 0);
	CHECK_EQ(elf_size() - (KERNEL_RAM_TO - KERNEL_RAM) - BLOCK, 2 * PAGE_SIZE);
	written = 0;
	CHECK(!elf_write(&s, &st) && written == elf_size() && !st.unreadable);
	/* and without such a range nothing is left out */
	machine(HERE);
	up();
	CHECK_EQ(elf_prepare(0), 0);
	CHECK_EQ(elf_size() - (KERNEL_RAM_TO - KERNEL_RAM) - 2 * BLOCK, 2 * PAGE_SIZE);
	CHECK(!test_logged("keeps"));
}
