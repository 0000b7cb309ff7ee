/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The search for early pages in hostile memory: the input is a list of (place, value), written over the tables,
 * struct pages, data, stack and note of a sound kernel. Whatever they say, nothing outside the elfcorehdr's
 * ranges is read, the search ends, and what is found can be sent and found again. */
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "dump/format/early.h"
#include "dump/linux/filter.h"
#include "dump/source/rampages.h"
#include "fake/kernel.h"
#include "fake/memory.h"
#include "fake/pages.h"

/* Data begins on 2 MiB; the rest lies close before it, since to walk through much that is empty only takes time. */
#define RODATA  0x8000u
#define DATA    0x10000u
#define IMAGE   (KERNEL_VA + 18 * MIB - DATA)
#define TEXT_PA (KERNEL_FREE + 8 * MIB - DATA)
#define DATA_PA (TEXT_PA + DATA)
#define STACK   0xffffc90000004000ull
#define STACK_PA (TEXT_PA + 0x800000)
#define CPU_PA  (KERNEL_RAM + 0x1000) /* at the start of RAM: the 256 KiB before an area are read, too */
#define SLAB    0x4200u
#define X       0x163ull
#define RO      0x8000000000000161ull

static const pa_t area[] = { KERNEL_ROOT, DATA_PA, STACK_PA, (pa_t)SLAB << PAGE_SHIFT, CPU_PA, PAGES_ROOTS,
			     PAGES_SECTIONS, KERNEL_FREE };

static void only_ram(pa_t pa, u64 len)
{
	if (pa >= 0x3d000000 && pa < 0x3d001000) /* the elfcorehdr */
		return;
	if (pa < KERNEL_RAM || pa >= KERNEL_RAM_TO || len > KERNEL_RAM_TO - pa)
		abort();
}

/* Made once; then what an input wrote is undone. */
static void kernel_up(void)
{
	static bool up;

	if (up) {
		mem_back();
		return;
	}
	up = true;
	pages_begin(&pages_style[0]);
	for (u64 i = 0; i < 4; i++) {
		kernel_map(IMAGE + i * PAGE_SIZE, TEXT_PA + i * PAGE_SIZE, 1, X);
		kernel_map(IMAGE + RODATA + i * PAGE_SIZE, TEXT_PA + RODATA + i * PAGE_SIZE, 1, RO);
		kernel_map(IMAGE + DATA + i * PAGE_SIZE, DATA_PA + i * PAGE_SIZE, 1, PTE_KERNEL);
		kernel_map(STACK + i * PAGE_SIZE, STACK_PA + i * PAGE_SIZE, 1, PTE_KERNEL);
	}
	kernel_text(IMAGE, TEXT_PA, DATA + 4 * PAGE_SIZE);
	kernel_cpu(CPU_PA, STACK + 0x1f00);
	page_make(SLAB, PAGE_SLAB, 3);
	kernel_write64(DATA_PA + 8, PAGES_DIRECT + ((u64)SLAB << PAGE_SHIFT));
	kernel_write64(((u64)SLAB << PAGE_SHIFT) + 8, STACK);
	kernel_write64(STACK_PA + 8, IMAGE + 0x1234);
	pages_end();
	mem_mark();
}

static void send_and_find(void)
{
	static bool sent[KERNEL_RAM_TO / PAGE_SIZE];
	u64 pfn, off = 4096, sum = 0, to = rampages_end();
	u32 at = 0, n, most, size;

	memset(sent, 0, sizeof(sent));
	if (to > ARRAY_SIZE(sent))
		abort();
	while (early_next(&at, &pfn, &n)) {
		if (!n || pfn + n > to)
			abort();
		for (u64 end = pfn + n; pfn < end; pfn++) {
			if (!early_turn(pfn, &most))
				continue;
			early_sent(pfn, off, 10);
			off += 10;
			sum++;
			sent[pfn] = true;
		}
	}
	if (sum > EARLY_SIZES)
		abort();
	for (pfn = 0; pfn < to; pfn++)
		if (sent[pfn] != (early_find(pfn, &off, &size) && size == 10))
			abort();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct bytes b = bytes_of(data, size);

	if (size > 4096)
		return 0;
	kernel_up();
	while (bytes_left(&b) >= 11) {
		pa_t at = area[bytes_u8(&b) % ARRAY_SIZE(area)];
		u16 word = bytes_le16(&b);

		kernel_write64(at + word % 4096 * 8, bytes_le64(&b));
	}
	mem_on_peek = only_ram;
	kernel_again();
	filter_init(31);
	early_collect();
	send_and_find();
	return 0;
}
