/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The Multiboot2 information structure out of arbitrary bytes. */
#include <stdlib.h>
#include <string.h>

#include "base.h"
#include "config/multiboot2.h"
#include "map.h"

#define INFO 0x100000u

static const u8 *mem;
static size_t mem_len;

bool map_addressable(pa_t pa, u64 len)
{
	return pa < 1ull << 46 && len <= (1ull << 46) - pa;
}

unsigned int peek(void *dst, pa_t pa, u64 len)
{
	memset(dst, 0, len);
	if (pa < INFO || pa - INFO >= mem_len || len > mem_len - (pa - INFO))
		return 1;
	memcpy(dst, mem + (pa - INFO), len);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char cmdline[64];
	pa_t start;
	u64 len;

	mem = data;
	mem_len = size;
	if (multiboot2_init(INFO, 0x1801000, 0x80000))
		return 0;
	memset(cmdline, 'x', sizeof(cmdline));
	multiboot2_cmdline(cmdline, sizeof(cmdline));
	if (!memchr(cmdline, '\0', sizeof(cmdline)))
		abort();
	multiboot2_rsdp();
	for (unsigned int i = 0; i < 256 && !multiboot2_ram(i, &start, &len); i++)
		if (!len || !map_addressable(start, len) ||
		    ranges_overlap(start, len, 0x1800000, 0x87000) ||
		    ranges_overlap(start, len, INFO, 8))
			abort();
	return 0;
}
