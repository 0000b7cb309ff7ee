/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Our page tables on the host: what may be mapped to be written, with which attributes, and for how
 * long. */
#include "unit/test.h"

#include <arch/cpu.h>

#include "boot/map_init.h"
#include "boot/start.h"
#include "boot/trap.h"
#include "map.h"

/* The linker's symbols: text, rodata and data of four pages each, then a guard page and the stack. */
__asm__(".bss\n"
        ".balign 4096\n"
        ".globl __image_start, __text_end, __rodata_end, main_stack_guard, __image_end\n"
        "__image_start: .skip 16384\n"
        "__text_end: .skip 16384\n"
        "__rodata_end: .skip 16384\n"
        "main_stack_guard: .skip 8192\n"
        "__image_end:\n"
        ".text\n");

#define P  1ull
#define RW 2ull
#define A  0x20ull
#define UC 0x18ull /* PCD, PWT */
#define D  0x40ull
#define NX (1ull << 63)
#define REGISTERS (P | RW | NX | UC | A | D)
#define READ      (P | NX | A)

#define RAM  0x40000000ull
#define BAR  0xfebf0000ull
#define ECAM 0xb0000000ull

static u64 cr3;
static pa_t last_read; /* where copy_faulty() was sent */

u64 rdmsr(u32 msr) { return msr == MSR_EFER ? 0x500 : msr == 0xc0010010 ? 1 << 23 : 0; }
void wrmsr(u32 msr, u64 v) { (void)msr, (void)v; }
u64 read_cr3(void) { return cr3; }
void write_cr3(u64 v) { cr3 = v; }
u64 read_cr4(void) { return 0x20; }
void write_cr4(u64 v) { (void)v; }
void invlpg(pa_t va) { (void)va; }

/* One of AMD's whose firmware allows to encrypt memory: 51 bits of address, of which that takes five. */
#define C_BIT (1ull << 47)

void cpuid(u32 leaf, u32 sub, u32 r[4])
{
	(void)sub;
	r[0] = leaf == 0x80000000 ? 0x80000021 : leaf == 0x8000001f ? 1 : 51;
	r[1] = leaf == 0x8000001f ? 5 << 6 | 47 : 0;
}

/* What the CPU would find: the entry that maps an address, 0 if there is none. */
static u64 pte(u64 va)
{
	const u64 *t = (const u64 *)cr3;

	for (unsigned int shift = 39; shift > 12; shift -= 9) {
		u64 e = t[va >> shift & 511];

		if (!(e & P))
			return 0;
		t = (const u64 *)(e & 0x000ffffffffff000ull);
	}
	return t[va >> 12 & 511];
}

static u64 pte_of(const void *va) { return pte((u64)va); }

/* Memory that reads as its own addresses, if the page is mapped. */
size_t copy_faulty(void *dst, const void *src, size_t n)
{
	for (size_t i = 0; i < n; i += 8) {
		u64 at = (u64)src + i, e = pte(at), word;

		last_read = at;
		if (!(e & P))
			return n - i;
		word = (e & 0x000ffffffffff000ull) + (at & 4095);
		memcpy((u8 *)dst + i, &word, 8);
	}
	return 0;
}

/* One range of RAM of 1 GiB. */
static bool gap(pa_t pa, pa_t *start, pa_t *end)
{
	*start = pa < RAM ? 0 : RAM + GIB;
	*end = pa < RAM ? RAM : map_physical_limit();
	return pa - RAM >= GIB && pa < *end;
}

static void begin(void)
{
	if (!cr3)
		map_init();
	map_guard(gap);
}

TEST(image)
{
	begin();
	CHECK_EQ(pte((pa_t)__image_start), (pa_t)__image_start | P);
	CHECK_EQ(pte((pa_t)__text_end), (pa_t)__text_end | P | NX);
	CHECK_EQ(pte((pa_t)__rodata_end), (pa_t)__rodata_end | P | RW | NX);
	CHECK_EQ(pte((pa_t)main_stack_guard), 0);
	CHECK_EQ(pte((pa_t)__image_end), 0);
}

TEST(nothing_is_mapped_before_it_is_known_where_ram_is)
{
	begin();
	map_guard(NULL);
	CHECK(!map_is_device(BAR, 4096));
	CHECK(!map_mmio(BAR, 4096));
	CHECK(!map_mmio_window(ECAM));
}

TEST(registers)
{
	u8 *at, *other;

	begin();
	at = map_mmio(BAR + 0x10, 0x1000); /* two pages */
	CHECK_EQ((u64)at & 4095, 0x10);
	CHECK_EQ(pte_of(at), BAR | REGISTERS);
	CHECK_EQ(pte_of(at + 0x1000), (BAR + 0x1000) | REGISTERS);
	CHECK_EQ(pte_of(at + 0x2000), 0);
	other = map_mmio(BAR + 0x8000, 16);
	CHECK_EQ(pte_of(other), (BAR + 0x8000) | REGISTERS);
	CHECK(other != at);
	CHECK_EQ(pte(BAR), 0);
}

TEST(registers_once_mapped_are_found_again)
{
	u8 *at, *more;

	begin();
	at = map_mmio(BAR, 0x2000);
	CHECK(map_mmio(BAR + 0x1ffc, 4) == at + 0x1ffc);
	CHECK(map_mmio(BAR, 0x2000) == at);
	more = map_mmio(BAR, 0x3000); /* one page further: all of them anew */
	CHECK_EQ(pte_of(more + 0x2000), (BAR + 0x2000) | REGISTERS);
	CHECK_EQ(pte_of(more), BAR | REGISTERS);
	CHECK(map_mmio(BAR, 0x3000) == more);
}

TEST(a_bar_in_old_ram_is_refused)
{
	begin();
	CHECK(!map_mmio(RAM, 4096));
	CHECK(test_logged("no registers can be at 0x40000000, 4096 bytes"));
	CHECK(!map_mmio(RAM + GIB - 16, 16));
	CHECK(!map_mmio(RAM - 4096, 4097)); /* its end alone */
	CHECK(map_is_device(RAM - 4096, 4096));
	CHECK(map_is_device(RAM + GIB, 4096));
	CHECK(!map_is_device(RAM - 4096, 2 * GIB)); /* all of it inside */
}

TEST(neither_our_image_nor_the_low_16_mib_nor_what_the_cpu_cannot_reach)
{
	begin();
	CHECK(!map_is_device((pa_t)__image_start, 4096));
	CHECK(!map_is_device((pa_t)__image_end - 1, 1));
	CHECK(!map_is_device(0xfffff0, 16));
	CHECK(map_is_device(LOW_16M, 16));
	CHECK(!map_is_device(BAR, 0));
	CHECK(!map_is_device((1ull << 46) - 4096, 4097));
	CHECK(!map_is_device(~0ull - 4095, 4096));
}

TEST(config_window_is_one_page_and_never_in_old_ram)
{
	u8 *at;

	begin();
	at = map_mmio_window(ECAM);
	CHECK_EQ(pte_of(at), ECAM | REGISTERS);
	CHECK(map_mmio_window(ECAM + 0x8000) == at);
	CHECK_EQ(pte_of(at), (ECAM + 0x8000) | REGISTERS);
	CHECK(!map_mmio_window(RAM + 0x8000));
	CHECK_EQ(pte_of(at), (ECAM + 0x8000) | REGISTERS);
	CHECK(map_mmio(BAR, 4096));
	CHECK(!map_mmio_window(BAR)); /* somebody's for good */
}

TEST(reading_maps_one_page_read_only)
{
	u64 word[3];
	pa_t at;

	begin();
	CHECK_EQ(peek(word, RAM + 0xff8, sizeof(word)), 0);
	CHECK(word[0] == RAM + 0xff8 && word[2] == RAM + 0x1008);
	at = last_read;
	CHECK_EQ(pte(at), (RAM + 0x1000) | READ);
	CHECK_EQ(peek(word, 1ull << 46, 8), 1);
	CHECK_EQ(word[0], 0);
	CHECK_EQ(peek(word, (1ull << 46) - 8, 8), 0); /* the last word there is */
	CHECK_EQ(last_read & ~4095ull, at & ~4095ull);
	CHECK_EQ(pte(at), ((1ull << 46) - 4096) | READ);
}

TEST(registers_stay_what_they_are_when_read)
{
	u8 *registers;
	u64 word;

	begin();
	registers = map_mmio(BAR, 4096);
	CHECK_EQ(peek(&word, BAR + 8, 8), 0);
	CHECK_EQ(word, BAR + 8);
	CHECK_EQ(last_read, (u64)registers + 8);
	CHECK_EQ(peek(&word, RAM + 8, 8), 0);
	CHECK_EQ(pte_of(registers), BAR | REGISTERS);
}

TEST(the_window_is_full)
{
	unsigned int n = 0;
	u64 word;
	u8 *last;

	begin();
	CHECK(!map_mmio(BAR, 512 * 4096)); /* more than there ever was */
	CHECK(test_logged("no room left to map registers at 0xfebf0000"));
	while (n < 1000 && map_mmio(ECAM + n * 0x2000ull, 8)) /* no neighbours */
		n++;
	CHECK(n > 400 && n < 510);
	last = map_mmio(ECAM + (n - 1) * 0x2000ull, 8);
	CHECK_EQ(pte_of(last), (ECAM + (n - 1) * 0x2000ull) | REGISTERS);
	CHECK(pte((pa_t)__image_start) & P);
	CHECK(map_mmio(BAR, 8));
	CHECK_EQ(peek(&word, RAM, 8), 0);
	CHECK(map_mmio_window(ECAM - 0x1000));
}

TEST(encrypted_memory)
{
	u64 word;

	begin();
	CHECK_EQ(map_c_bit(), C_BIT);
	CHECK_EQ(map_physical_limit(), 1ull << 46);
	CHECK(!peek(&word, RAM + 0x1008, 8) && word == RAM + 0x1008);
	CHECK(!peek(&word, (RAM + 0x1008) | C_BIT, 8) && word == ((RAM + 0x1008) | C_BIT));
	CHECK(!peek(&word, RAM + 0x1008, 8) && word == RAM + 0x1008);
	CHECK_EQ(peek(&word, 1ull << 46 | C_BIT, 8), 1);
	CHECK(!map_is_device(BAR | C_BIT, 4096)); /* registers are not */
}

/* The last: nothing takes it back. */
TEST(no_registers_in_the_reservation)
{
	begin();
	map_keep(0xf0000000, 0x1234);
	map_keep(0, 0);
	CHECK(!map_is_device(0xf0000000, 1) && !map_is_device(0xefffffff, 2));
	CHECK(!map_is_device(0xf0001233, 1) && map_is_device(0xf0001234, 1));
	CHECK(!map_mmio(0xf0001000, 4) && !map_mmio_window(0xf0000000));
}
