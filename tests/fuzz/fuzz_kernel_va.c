/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hostile page tables: the input is a list of (table page, entry, value), written over those of a
 * sound kernel. Whatever they say, nothing outside the elfcorehdr's ranges is read, each walk ends,
 * what it says of a mapping's length is so, and what is remembered changes no answer. */
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "dump/linux/kernel_va.h"
#include "dump/source/oldmap.h"
#include "fake/kernel.h"
#include "fake/memory.h"

#define DIRECT  0xffff889f00000000ull
#define VMEMMAP 0xffffea0000000000ull
#define TABLES  16 /* pages from the root on */

static void only_ram(pa_t pa, u64 len)
{
	if (pa >= 0x3d000000 && pa < 0x3d001000) /* the elfcorehdr */
		return;
	if (pa < KERNEL_RAM || pa >= KERNEL_RAM_TO || len > KERNEL_RAM_TO - pa)
		abort();
}

/* The same mapping for all of the length that it is said to have. */
static u64 look(u64 va)
{
	u64 len, rest;
	pa_t pa, again;
	bool found = kernel_va_walk(va, &pa, &len);

	if (!len)
		abort();
	if (kernel_va_walk(va + len - 1, &again, &rest) != found || rest != 1 ||
	    (found && again != pa + len - 1))
		abort();
	return len;
}

/* Each made once; then what an input wrote is undone. */
static void machine(unsigned int levels)
{
	static bool made[MEM_STORES];

	mem_use(levels);
	if (made[levels]) {
		mem_back();
		return;
	}
	made[levels] = true;
	kernel_begin(levels);
	kernel_map(DIRECT, KERNEL_FREE, 3, PTE_KERNEL);
	kernel_map(VMEMMAP + 0x1ff000, KERNEL_FREE, 1, PTE_KERNEL);
	kernel_map(VMEMMAP + 0x200000, KERNEL_FREE, 2, PTE_KERNEL);
	kernel_end();
	mem_mark();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct bytes b = bytes_of(data, size);
	struct oldmap map;
	static u8 to[10000];

	if (size < 1 || size > 4096)
		return 0;
	machine(bytes_u8(&b) & 1 ? 5 : 4);
	while (bytes_left(&b) >= 11) {
		pa_t table = KERNEL_ROOT + bytes_u8(&b) % TABLES * 4096;
		u16 entry = bytes_le16(&b);

		kernel_write64(table + entry % 512 * 8, bytes_le64(&b));
	}
	mem_on_peek = only_ram;
	kernel_again();
	oldmap_find(&map);
	if (map.page_offset % GIB || map.text_len > GIB)
		abort();
	for (u64 va = 0, i = 0; i < 64; i++) { /* from hole to mapping, and some addresses inside */
		u64 len = look(va);

		if (len > 0x1234)
			look(va + 0x1234);
		if (va + len < va)
			break;
		va += len;
	}
	look(VMEMMAP + 0x200123);
	look(DIRECT + 0x12345);
	kernel_va_read(to, VMEMMAP + 0x1ff010, sizeof(to));
	kernel_va_read(to, DIRECT + 0x1ff010, sizeof(to));
	kernel_va_read(to, KERNEL_VA + 5, sizeof(to));
	return 0;
}
