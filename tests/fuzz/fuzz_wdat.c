/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An arbitrary WDAT: found, fed twice, stopped. What it reads from registers is the input as well. */
#include "map.h"

#include "../../drivers/watchdog/wdat.c"

#define TABLE_NAME "WDAT"
#include "action_table.h"

void *map_mmio(pa_t pa, u64 len)
{
	if (len > 8 || pa % len)
		abort();
	return pa < LOW_16M ? NULL : page + pa % PAGE_SIZE;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char words[WATCHDOG_WORDS];
	enum watchdog_state state;

	input = data;
	input_len = size;
	memset(&feed, 0, sizeof(feed));
	memset(&stop, 0, sizeof(stop));
	memset(page, 0, sizeof(page));
	state = wdt_wdat.find(words);
	if (state == WATCHDOG_RUNS) {
		wdt_wdat.feed();
		wdt_wdat.feed();
	}
	if (state == WATCHDOG_RUNS || state == WATCHDOG_DEAF)
		wdt_wdat.stop();
	return 0;
}
