/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A source without VMCOREINFO, for what uses nothing of vmcoreinfo.c but its parser of numbers. */
#include <string.h>

#include "base.h"
#include "dump/source/source.h"

int source_vmcoreinfo(struct source_note *out)
{
	(void)out;
	return -ENOENT;
}

void source_read_note(void *dst, const struct source_note *n, u64 off, u64 len)
{
	(void)n, (void)off;
	memset(dst, 0, len);
}
