/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The log of a hostile dump: VMCOREINFO, page tables and ring all come out of the file. */
#include "vmcore/crashlog.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = input_of_memory(data, size);
	struct panic_line panic = { .used = 0 };
	struct why why = { "" };
	struct dump d;

	if (!dump_open(&d, &in, &why))
		(void)crashlog_decode(&d, panic_line_feed, &panic, &why);
	dump_close(&d);
	return 0;
}
