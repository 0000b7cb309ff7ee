/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a page frame to its struct page, through mem_section. */
#include "unit/test.h"

#include "base.h"
#include "dump/linux/memmap.h"
#include "fake/memory.h"
#include "fake/pages.h"

#define STYLE (&pages_style[2])

/* Are the struct pages of these read, and are they theirs? */
static bool reads(u64 pfn, u32 n)
{
	static u8 got[64 * 64], want[64 * 64];

	mem_read(want, page_struct(pfn), n * 64);
	return memmap_read(got, pfn, n) && !memcmp(got, want, n * 64);
}

TEST(struct_pages_of_ram)
{
	pages_begin(STYLE);
	CHECK_EQ(pages_end(), 0);
	CHECK_EQ(memmap_init(), 64);
	CHECK(reads(PAGES_PFN, 64));
	CHECK(reads(PAGES_PFN + 13, 63));
	CHECK(reads(PAGES_PFN_TO - 64, 64));
	CHECK(!reads(0x40000, 1));  /* no vmemmap */
	CHECK(!reads(1ull << 40, 1)); /* behind the roots */
	CHECK(!reads(~0ull >> 12, 1));
}

TEST(sections_that_are_not_there)
{
	pages_begin(STYLE);
	kernel_unsay("NUMBER(SECTION_SIZE_BITS)");
	kernel_say("NUMBER(SECTION_SIZE_BITS)=24"); /* 4096 pages */
	kernel_write64(PAGES_SECTIONS + 1 * 32, PAGES_VMEMMAP | 0xe); /* 16 MiB: not present */
	kernel_write64(PAGES_SECTIONS + 2 * 32, PAGES_VMEMMAP | 0x1f);
	kernel_write64(PAGES_SECTIONS + 3 * 32, 0);
	CHECK_EQ(pages_end(), 0);
	CHECK_EQ(memmap_init(), 64);
	CHECK(!reads(0x1000, 1));
	CHECK(reads(0x2000, 1));
	CHECK(reads(0x2fff, 1));
	CHECK(!reads(0x2fff, 2)); /* into the next one */
	CHECK(!reads(0x3000, 1));
	CHECK(reads(0x4000, 1));
	CHECK(!reads(0x80000, 1)); /* no root */
}

TEST(a_piece_over_two_sections)
{
	pages_begin(STYLE);
	kernel_unsay("NUMBER(SECTION_SIZE_BITS)");
	kernel_say("NUMBER(SECTION_SIZE_BITS)=24");
	CHECK_EQ(pages_end(), 0);
	CHECK_EQ(memmap_init(), 64);
	CHECK(reads(0x2fe0, 64));
}

/* 4.15-rc: SYMBOL(mem_section) is the address of the pointer to the array. */
TEST(pointer_to_the_array)
{
	pages_begin(STYLE);
	kernel_unsay("SYMBOL(mem_section)");
	kernel_say("SYMBOL(mem_section)=%llx", KERNEL_VA + 0x20000);
	kernel_write64(KERNEL_PA + 0x20000, PAGES_DIRECT + PAGES_ROOTS);
	kernel_write64(KERNEL_PA + 0x20008, 0);
	CHECK_EQ(pages_end(), 0);
	CHECK_EQ(memmap_init(), 64);
	CHECK(reads(PAGES_PFN, 64));
}

TEST(garbage_leads_nowhere)
{
	u8 page[PAGE_SIZE];

	pages_begin(STYLE);
	for (u64 i = 0; i < PAGE_SIZE; i++)
		page[i] = (u8)(i * 37 + 11);
	mem_write(PAGES_ROOTS, page, sizeof(page));
	CHECK_EQ(pages_end(), 0);
	test_log_clear();
	CHECK_EQ(memmap_init(), 0);
	CHECK(test_logged("leads to no struct page"));

	pages_begin(STYLE);
	mem_write(PAGES_SECTIONS, page, sizeof(page));
	CHECK_EQ(pages_end(), 0);
	CHECK_EQ(memmap_init(), 0);

	pages_begin(STYLE);
	mem_fault(PAGES_ROOTS);
	CHECK_EQ(pages_end(), 0);
	CHECK_EQ(memmap_init(), 0);
}
