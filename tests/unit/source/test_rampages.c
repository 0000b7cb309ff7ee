/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RAM by page frames, against a table with a bit for each page; and on a machine too large for one.
 * */
#include "unit/test.h"

#include <linux/elf.h>

#include "base.h"
#include "dump/source/rampages.h"
#include "dump/source/source.h"

#define LOADS_MAX 20000
#define PAGES     (64 * 1024)

static struct elf64_phdr load[LOADS_MAX];
static u32 n_loads;
static u64 looks; /* at program headers */
static u8 truth[PAGES / 8];

bool source_next_load(u32 *at, struct elf64_phdr *out)
{
	if (*at >= n_loads)
		return false;
	looks++;
	*out = load[(*at)++];
	return true;
}

bool source_next_load_in(u32 *at, enum load_key key, pa_t from, pa_t to, struct elf64_phdr *out)
{
	if (key != LOAD_BY_PADDR)
		abort();
	while (source_next_load(at, out))
		if (ALIGN_DOWN(out->p_paddr, 4096) < to &&
		    ALIGN_UP(out->p_paddr + out->p_memsz, 4096) > from)
			return true;
	return false;
}

static void begin(void)
{
	n_loads = 0;
	looks = 0;
	memset(truth, 0, sizeof(truth));
	rampages_init();
}

static void add(u64 paddr, u64 bytes, u64 offset)
{
	load[n_loads++] = (struct elf64_phdr){ .p_type = PT_LOAD, .p_paddr = paddr,
					       .p_offset = offset, .p_memsz = bytes };
	u64 end = bytes ? (paddr + bytes + 4095) / 4096 : 0;
	for (u64 pfn = paddr / 4096; pfn < end && pfn < PAGES; pfn++)
		truth[pfn / 8] |= (u8)(1 << pfn % 8);
}

static void add_here(u64 paddr, u64 bytes) { add(paddr, bytes, paddr); }

/* What it says of every page, in steps of `step` pages. */
static bool all_true(u32 step)
{
	static u8 bitmap[PAGES / 8];
	u64 count = 0, next = ~0ull, end = 0;

	for (u64 pfn = 0; pfn < PAGES; pfn += step) {
		memset(bitmap, 0xa5, sizeof(bitmap));
		rampages_bitmap(pfn, step, bitmap);
		if (memcmp(bitmap, truth + pfn / 8, step / 8) || bitmap[step / 8] != 0xa5)
			return false;
	}
	for (u64 pfn = PAGES; pfn-- > 0;) {
		if (truth[pfn / 8] >> pfn % 8 & 1) {
			count++;
			next = pfn;
			end = end ? end : pfn + 1;
		}
		if (pfn % 997 == 0 && rampages_next(pfn) != next)
			return false;
	}
	return rampages_count() == count && rampages_end() == end;
}

TEST(nothing)
{
	begin();
	CHECK(all_true(4096));
	CHECK_EQ(rampages_next(0), ~0ull);
	add_here(0x5123, 0); /* an empty one touches no page */
	rampages_init();
	CHECK(all_true(4096));
}

TEST(a_small_machine)
{
	begin();
	add_here(0x2000000, 0x3430000);                /* the kernel's text, RAM twice */
	add(0, 0x9fc00, 0x3f061000);                   /* the backup */
	add_here(0x100000, 0x3000000 + 0x18);          /* the next shares its last page */
	add_here(0x3100018, 0x5000000 - 0x100018 - 5);
	add_here(0x9000000, 1);
	CHECK(all_true(4096));
	CHECK(all_true(64));
	CHECK_EQ(rampages_next(0x9001), ~0ull);
	CHECK_EQ(rampages_next(0xa0), 0x100);
}

TEST(any_order_any_overlap)
{
	u64 seed = 1;

	for (int round = 0; round < 30; round++) {
		begin();
		for (int i = 0; i < 10 << round % 7; i++) { /* up to 640: several windows */
			seed = seed * 6364136223846793005ull + 1442695040888963407ull;
			add_here((seed >> 20) % 0xffe0000 & (round & 1 ? ~0ull : ~0xfffull),
				 (seed >> 50) * (seed >> 49 & 1 ? 1 : 30) % 0x10000);
		}
		CHECK(all_true(16384 >> round % 3));
	}
}

/* Isolated pages, downwards: every window overflows from its end. */
TEST(descending_pages)
{
	begin();
	for (u64 i = 8000; i-- > 0;)
		add_here(i * 2 * 4096 * 4, 4096);
	CHECK(all_true(16384));
}

TEST(contents_of_the_backup)
{
	begin();
	add_here(0x2000000, 0x1000);
	add(0x1000, 0x9ec00, 0x3f062000);
	add_here(0x9fc00, 0x400); /* shares the page, and is where it is */
	add_here(0x100000, 0x1000000);
	CHECK_EQ(rampages_contents(0x0fff), 0x0fff);
	CHECK_EQ(rampages_contents(0x1000), 0x3f062000);
	CHECK_EQ(rampages_contents(0x9fbff), 0x3f062000 + 0x9ebff);
	CHECK_EQ(rampages_contents(0x9fc00), 0x9fc00);
	CHECK_EQ(rampages_contents(0x100000), 0x100000);
	CHECK_EQ(rampages_contents(0x2000010), 0x2000010);
	CHECK_EQ(rampages_contents(0x3f062000), 0x3f062000);
	/* without that neighbour the whole page is the backup's */
	n_loads = 2;
	rampages_init();
	CHECK_EQ(rampages_contents(0x9fc00), 0x3f062000 + 0x9ec00);
	CHECK_EQ(rampages_contents(0xa0000), 0xa0000);
	/* and on a machine without one nobody looks at the headers */
	begin();
	add_here(0x100000, 0x1000000);
	rampages_contents(0);
	looks = 0;
	CHECK_EQ(rampages_contents(0x123456), 0x123456);
	CHECK_EQ(looks, 0);
}

/* 1 TiB in 4096 ranges with a hole behind each: one walk over them for each 128 in a pass. */
TEST(thousands_of_ranges)
{
	static u8 bitmap[16384 / 8];
	u64 pages = 0;

	begin();
	for (u64 i = 0; i < 4096; i++)
		add_here(i << 28, 255 * MIB);
	for (u64 pfn = 0; pfn < rampages_end(); pfn += 16384) {
		rampages_bitmap(pfn, 16384, bitmap);
		for (size_t i = 0; i < sizeof(bitmap); i += 8) {
			u64 word;

			memcpy(&word, bitmap + i, 8);
			pages += (u64)__builtin_popcountll(word);
		}
	}
	CHECK_EQ(pages, 4096 * 255 * 256);
	CHECK(looks <= (4096 / 128 + 3) * 4096ull);
	CHECK_EQ(rampages_count(), pages);
}
