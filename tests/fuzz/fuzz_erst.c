/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An arbitrary ERST. What it reads from registers is the input as well. */
#include "map.h"
#include "unit/test.h"

#include "../../drivers/acpi/erst.c"

#define TABLE_NAME "ERST"
#include "action_table.h"

void *map_mmio(pa_t pa, u64 len)
{
	if (pa < LOW_16M || len > sizeof(page) - pa % PAGE_SIZE)
		return NULL;
	return page + pa % PAGE_SIZE;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fake_step_us = 100000; /* a wait is a few looks */
	input = data;
	input_len = size;
	memset(page, 0, sizeof(page));
	for (size_t i = 0; i < sizeof(page) && size; i += size)
		memcpy(page + i, data, MIN(size, sizeof(page) - i)); /* registers say something, too */
	(void)erst_write("words", 5, 1);
	return 0;
}
