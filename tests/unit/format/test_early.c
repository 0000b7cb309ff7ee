/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which pages readers need first: found by the tables, the notes, the struct pages and VMCOREINFO of a
 * fake kernel; and that what was sent is found again. */
#include "unit/test.h"

#include "base.h"
#include "dump/format/early.h"
#include "dump/format/early_table.h"
#include "dump/linux/filter.h"
#include "dump/linux/kernel_va.h"
#include "dump/source/rampages.h"
#include "fake/kernel.h"
#include "fake/memory.h"
#include "fake/pages.h"

#define IMAGE    (KERNEL_VA + 16 * MIB) /* of pages, beside the one that the fake kernel comes with */
#define TEXT_PA  (KERNEL_FREE + 6 * MIB)
#define GAP_PA   (TEXT_PA + 0x10000)
#define RO_PA    (TEXT_PA + 0x200000)
#define DATA_PA  (TEXT_PA + 0x400000)
#define STACK    0xffffc90000004000ull
#define STACK_PA (TEXT_PA + 0x800000)
#define SLEEPER  0xffffc90000010000ull /* another stack */
#define SLEEP_PA (TEXT_PA + 0x810000)
#define CPU_PA   0x1900000ull

#define SINGLE   0x4200ull /* slabs, by their page frames */
#define NEXT     0x4201ull
#define LARGE    0x4204ull
#define FAR      0x4210ull
#define PAIR     0x4220ull
#define PAIR2    0x4222ull
#define NO_SLAB  0x4230ull

#define X  0x163ull                /* G, D, A, RW, P */
#define RO 0x8000000000000161ull

#define PFN(pa) ((pa) >> PAGE_SHIFT)

static void point(u64 from_pfn, u64 to_pfn)
{
	kernel_write64((from_pfn << PAGE_SHIFT) + 64, PAGES_DIRECT + (to_pfn << PAGE_SHIFT) + 128);
}

static void make_objects(void)
{
	page_make(SINGLE, PAGE_SLAB, 0);
	page_make(NEXT, PAGE_SLAB, 0);
	page_make(LARGE, PAGE_SLAB, 2);
	page_make(FAR, PAGE_SLAB, 3);
	page_make(PAIR, PAGE_SLAB, 1);
	page_make(PAIR2, PAGE_SLAB, 1);
	kernel_write64(DATA_PA + 8, PAGES_DIRECT + (SINGLE << PAGE_SHIFT) + 24);
	kernel_write64(DATA_PA + 16, PAGES_DIRECT + ((LARGE + 1) << PAGE_SHIFT));
	kernel_write64(DATA_PA + 24, PAGES_DIRECT + (NO_SLAB << PAGE_SHIFT));
	point(SINGLE, NEXT);
	point(LARGE + 3, FAR + 6);
	point(FAR, PAIR);
	point(PAIR, PAIR2);
	kernel_write64((FAR + 1) << PAGE_SHIFT, SLEEPER);
	for (u64 i = 0; i < 4; i++)
		kernel_map(SLEEPER + i * PAGE_SIZE, SLEEP_PA + i * PAGE_SIZE, 1, PTE_KERNEL);
	kernel_write64(SLEEP_PA + 0x3f00, IMAGE + 0xc010); /* as the first stack does */
}

static void kernel_up(void)
{
	fake_expired = 0;
	pages_begin(&pages_style[0]);
	for (u64 i = 0; i < 16; i++)
		kernel_map(IMAGE + i * PAGE_SIZE, TEXT_PA + i * PAGE_SIZE, 1, X);
	for (u64 i = 0; i < 4; i++) {
		kernel_map(IMAGE + 0x10000 + i * PAGE_SIZE, GAP_PA + i * PAGE_SIZE, 1, PTE_KERNEL);
		kernel_map(IMAGE + 0x200000 + i * PAGE_SIZE, RO_PA + i * PAGE_SIZE, 1, RO);
		kernel_map(IMAGE + 0x204000 + i * PAGE_SIZE, RO_PA + 0x4000 + i * PAGE_SIZE, 1, PTE_KERNEL);
		kernel_map(IMAGE + 0x400000 + i * PAGE_SIZE, DATA_PA + i * PAGE_SIZE, 1,
		           i == 2 ? RO : PTE_KERNEL);
		kernel_map(STACK + i * PAGE_SIZE, STACK_PA + i * PAGE_SIZE, 1, PTE_KERNEL);
	}
	kernel_text(IMAGE, TEXT_PA, 0x404000);
	kernel_cpu(CPU_PA, STACK + 0x1f00);
	kernel_write64(STACK_PA + 0x1000, IMAGE + 0x5123); /* below what the stack pointer says */
	kernel_write64(STACK_PA + 0x2000, IMAGE + 0xc123);
	mem_write(RO_PA + 0x1100, "Linux version 6.1.0-test (", 26);
	kernel_unsay("OSRELEASE");
	kernel_say("OSRELEASE=6.1.0-test");
	make_objects();
	CHECK_EQ(pages_end(), 0);
	filter_init(31);
}

/* What early_collect() has made of a page; EARLY_NONE: no candidate. */
static enum early_class class_of(u64 pfn)
{
	for (enum early_class c = EARLY_ROOTS; c < EARLY_NONE; c++) {
		u64 at = pfn;

		if (early_take(&at, c, c) && at == pfn)
			return c;
	}
	return EARLY_NONE;
}

TEST(cpus_stacks_tables_and_the_image)
{
	kernel_up();
	early_collect();
	CHECK_EQ(class_of(PFN(CPU_PA)), EARLY_ROOTS);
	CHECK_EQ(class_of(PFN(STACK_PA)), EARLY_ROOTS);
	CHECK_EQ(class_of(PFN(STACK_PA) + 3), EARLY_ROOTS);
	CHECK_EQ(class_of(PFN(kernel_entry(STACK, 1))), EARLY_ROOTS);
	CHECK_EQ(class_of(PFN(PAGES_ROOTS)), EARLY_ROOTS);
	CHECK_EQ(class_of(PFN(DATA_PA)), EARLY_DATA);
	CHECK_EQ(class_of(PFN(DATA_PA) + 3), EARLY_DATA); /* behind a read-only page of it */
	CHECK_EQ(class_of(PFN(RO_PA)), EARLY_RODATA);
	CHECK_EQ(class_of(PFN(RO_PA) + 1), EARLY_ROOTS); /* linux_banner */
	CHECK_EQ(class_of(PFN(GAP_PA)), EARLY_NONE);      /* given back at boot */
	CHECK_EQ(class_of(PFN(RO_PA) + 4), EARLY_NONE);
	CHECK_EQ(class_of(PFN(TEXT_PA) + 4), EARLY_NONE);
	for (u64 i = 5; i < 10; i++) /* half as many stacks speak of it as of anything: some pages more */
		CHECK_EQ(class_of(PFN(TEXT_PA) + i), EARLY_TEXT);
	CHECK_EQ(class_of(PFN(TEXT_PA) + 10), EARLY_NONE);
}

TEST(objects_that_data_points_to)
{
	kernel_up();
	early_collect();
	CHECK_EQ(class_of(SINGLE), EARLY_OBJECTS);
	for (u64 i = 0; i < 4; i++)
		CHECK_EQ(class_of(LARGE + i), EARLY_OBJECTS);
	for (u64 i = 0; i < 8; i++)
		CHECK_EQ(class_of(FAR + i), EARLY_OBJECTS); /* from one large one to the next */
	CHECK_EQ(class_of(PAIR), EARLY_OBJECTS);
	CHECK_EQ(class_of(PAIR2), EARLY_NONE);
	CHECK_EQ(class_of(NEXT), EARLY_NONE);
	CHECK_EQ(class_of(NO_SLAB), EARLY_NONE);
	CHECK_EQ(class_of(PFN(SLEEP_PA) + 3), EARLY_OBJECTS); /* a stack that a task points to */
	CHECK_EQ(class_of(PFN(TEXT_PA) + 0xe), EARLY_TEXT);   /* where both were */
}

TEST(what_looks_like_a_stack_has_nothing_beside_it)
{
	kernel_up();
	kernel_map(SLEEPER + 0x4000, SLEEP_PA + 0x4000, 1, PTE_KERNEL);
	early_collect();
	CHECK_EQ(class_of(PFN(SLEEP_PA)), EARLY_NONE);
}

TEST(time_is_bounded)
{
	unsigned long long began;

	kernel_up();
	fake_step_us = 100 * 1000;
	began = fake_now_us;
	early_collect();
	CHECK(fake_now_us - began < 4 * 1000 * 1000);
	CHECK_EQ(class_of(PFN(STACK_PA)), EARLY_ROOTS);
	fake_step_us = 10;
	fake_expired = 1;
	early_collect();
	CHECK_EQ(class_of(SINGLE), EARLY_NONE);
	fake_expired = 0;
}

TEST(nothing_to_go_by)
{
	u64 pfn;
	u32 at = 0, n;

	kernel_up();
	for (unsigned int i = 0; i < 512; i++)
		kernel_write64(KERNEL_ROOT + i * 8, 0);
	kernel_va_init();
	filter_init(31);
	early_collect();
	while (early_next(&at, &pfn, &n))
		CHECK(pfn + n <= rampages_end());
}

/* --- the table */

/* Everything whose turn it is, in the order of its turns, is sent with a size of its own; each seventh page is
 * of zeros, each fifth waits, each eleventh is not in the dump. */
struct sent {
	u64 off;
	u32 size;
	bool there;
};

static struct sent sent[EARLY_PAGES + 64];

static u64 send_all(u64 first)
{
	u64 pfn, off = 4096, count = 0;
	u32 at = 0, n, most;

	memset(sent, 0, sizeof(sent));
	while (early_next(&at, &pfn, &n)) {
		for (u64 end = pfn + n; pfn < end; pfn++) {
			if (!early_turn(pfn, &most))
				continue;
			count++;
			if (pfn % 11 == 0) {
				early_drop(pfn);
			} else if (pfn % 5 == 0 && most) {
				early_later(pfn);
			} else {
				u32 size = pfn % 7 ? (u32)(pfn % 4096 + 1) : 0;

				early_sent(pfn, size ? off : 0, size);
				sent[pfn - first] = (struct sent){ off, size, true };
				off += size;
			}
		}
	}
	return count;
}

static void find_all(u64 first, u64 end)
{
	for (u64 pfn = first; pfn < end; pfn++) {
		const struct sent *s = &sent[pfn - first];
		u64 off = 0;
		u32 size = 99;

		CHECK_EQ(early_find(pfn, &off, &size), s->there);
		if (s->there)
			CHECK_EQ(size, s->size);
		if (s->there && s->size)
			CHECK_EQ(off, s->off);
	}
}

TEST(what_was_sent_is_found_again)
{
	early_clear();
	early_add(1020, 30, EARLY_REST);
	early_add(1000, 10, EARLY_OBJECTS);
	early_add(1005, 40, EARLY_DATA); /* 1010 to 1019 */
	early_add(1100, 3, EARLY_ROOTS);
	early_add(1096, 4, EARLY_TEXT);
	CHECK(early_has(1049) && early_has(1096) && !early_has(1050) && !early_has(999));
	CHECK_EQ(early_count(), 57);
	send_all(990);
	CHECK(early_within(960, 64));
	CHECK(!early_within(1024 + 128, 64));
	find_all(990, 1110);
}

TEST(what_did_not_shrink_comes_again_once)
{
	u64 pfn, turns = 0;
	u32 at = 0, n, most;

	early_clear();
	early_add(5, 1, EARLY_OBJECTS);
	while (early_next(&at, &pfn, &n)) {
		CHECK(early_turn(5, &most));
		CHECK_EQ(most, turns ? 3072 : 1536);
		early_later(5);
		turns++;
	}
	CHECK_EQ(turns, 2);
	CHECK(!early_find(5, &(u64){ 0 }, &n));
}

TEST(each_page_once_and_not_too_many)
{
	early_clear();
	early_add(100, EARLY_PAGES * 2, EARLY_DATA);
	CHECK(early_count() < EARLY_PAGES);
	early_add(50, 10, EARLY_OBJECTS);
	CHECK(!early_has(50));
	early_add(50, 10, EARLY_TEXT); /* which is found late and sent early */
	CHECK(early_has(59));
	early_add(100, EARLY_PAGES * 2, EARLY_ROOTS);
	CHECK_EQ(early_count(), EARLY_PAGES);
	send_all(50);
	find_all(50, 100 + EARLY_PAGES + 10);

	early_clear();
	for (u64 i = 0; i < 2 * EARLY_RANGES; i++)
		early_add(20000 - 2 * i, 1, EARLY_ROOTS); /* descending, with gaps */
	CHECK_EQ(early_count(), EARLY_RANGES);
	send_all(10000);
	find_all(10000, 20001);

	early_clear();
	early_add((1ull << 36) - 1, 5, EARLY_ROOTS); /* further than is remembered */
	CHECK_EQ(early_count(), 1);
}
