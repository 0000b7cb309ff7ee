/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which pages readers need first: found by the tables, the notes and VMCOREINFO of a fake kernel. */
#include "test.h"

#include "base.h"
#include "dump/early.h"
#include "dump/kernel_va.h"
#include "dump/rampages.h"
#include "fake_kernel.h"
#include "fake_memory.h"

#define IMAGE    (KERNEL_VA + 16 * MIB) /* of pages, beside the one that the fake kernel comes with */
#define TEXT_PA  KERNEL_FREE
#define GAP_PA   (TEXT_PA + 0x10000)
#define RO_PA    (TEXT_PA + 0x200000)
#define DATA_PA  (TEXT_PA + 0x400000)
#define STACK    0xffffc90000004000ull
#define STACK_PA (TEXT_PA + 0x800000)
#define CPU_PA   0x1900000ull

#define X  0x163ull                /* G, D, A, RW, P */
#define RO 0x8000000000000161ull

static void kernel_up(void)
{
	u8 note[368] = { 5, 0, 0, 0, 0x50, 1, 0, 0, 1, 0, 0, 0, 'C', 'O', 'R', 'E' };
	u64 rsp = STACK + 0x1f00;

	kernel_begin(4);
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
	corehdr_add(&kernel_hdr, &(struct elf64_phdr){ .p_type = PT_LOAD, .p_flags = 7,
		.p_offset = TEXT_PA, .p_vaddr = IMAGE, .p_paddr = TEXT_PA, .p_memsz = 0x404000,
		.p_filesz = 0x404000 });
	memcpy(note + 284, &rsp, sizeof(rsp));
	mem_write(CPU_PA, note, sizeof(note));
	corehdr_note(&kernel_hdr, CPU_PA, sizeof(note));
	kernel_write64(STACK_PA + 0x1000, IMAGE + 0x5123); /* below what the stack pointer says */
	CHECK_EQ(kernel_end(), 0);
}

/* Place in the order of value; -1: not early. */
static int place_of(pa_t pa)
{
	u64 pfn, first = pa >> PAGE_SHIFT;
	u32 at = 0, n, most;
	int place = 0;

	while (early_next(&at, &pfn, &n, &most)) {
		if (first >= pfn && first < pfn + n)
			return place + (int)(first - pfn);
		place += (int)n;
	}
	return -1;
}

TEST(what_is_early_and_in_which_order)
{
	kernel_up();
	early_collect();
	CHECK(place_of(CPU_PA) >= 0);
	CHECK(place_of(STACK_PA) > place_of(CPU_PA));
	CHECK(place_of(STACK_PA + 0x3000) > place_of(CPU_PA));
	CHECK(place_of(kernel_entry(STACK, 1)) > place_of(CPU_PA));
	CHECK(place_of(DATA_PA) > place_of(STACK_PA));
	CHECK(place_of(DATA_PA + 0x3000) > place_of(DATA_PA)); /* behind a read-only page of it */
	CHECK(place_of(TEXT_PA + 0x5000) > place_of(DATA_PA + 0x3000));
	CHECK(place_of(TEXT_PA + 0x6000) > 0);
	CHECK(place_of(RO_PA) > place_of(TEXT_PA + 0x6000));
	CHECK_EQ(place_of(TEXT_PA + 0x4000), -1);
	CHECK_EQ(place_of(TEXT_PA + 0x7000), -1);
	CHECK_EQ(place_of(GAP_PA), -1); /* given back at boot */
	CHECK_EQ(place_of(RO_PA + 0x4000), -1);
}

TEST(each_page_once_and_not_too_many)
{
	u64 pfn, sum = 0;
	u32 at = 0, n, most;

	kernel_up();
	early_collect();
	while (early_next(&at, &pfn, &n, &most)) {
		for (u64 p = pfn; p < pfn + n; p++) {
			CHECK_EQ(place_of(p << PAGE_SHIFT), (int)(sum + p - pfn));
			CHECK(p < rampages_end());
		}
		sum += n;
	}
	CHECK(sum && sum <= EARLY_PAGES);
}

TEST(what_was_sent_is_found_again)
{
	u64 pfn, first, off = 4096;
	u32 at = 0, n, most, size;

	kernel_up();
	early_collect();
	while (early_next(&at, &pfn, &n, &most) && pfn != STACK_PA >> PAGE_SHIFT)
		;
	CHECK_EQ(pfn, STACK_PA >> PAGE_SHIFT);
	first = pfn;
	early_sent(first, 0, 0);
	early_sent(first + 1, 5000, 77);
	early_sent(first + 3, 5077, PAGE_SIZE);
	CHECK(early_within(first - 60, 64));
	CHECK(!early_find(first - 1, &off, &size));
	CHECK(early_find(first, &off, &size) && !size);
	CHECK(early_find(first + 1, &off, &size) && off == 5000 && size == 77);
	CHECK(!early_find(first + 2, &off, &size));
	CHECK(early_find(first + 3, &off, &size) && off == 5077 && size == PAGE_SIZE);
	CHECK(!early_within(1ull << 40, 64));
}

TEST(nothing_to_go_by)
{
	u64 pfn;
	u32 at = 0, n, most;

	kernel_up();
	for (unsigned int i = 0; i < 512; i++)
		kernel_write64(KERNEL_ROOT + i * 8, 0);
	kernel_va_init();
	early_collect();
	while (early_next(&at, &pfn, &n, &most))
		CHECK(pfn + n <= rampages_end());
}
