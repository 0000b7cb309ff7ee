/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hostile notes and vmcoreinfo text. The input's first two bytes say where in its page the PT_NOTE
 * begins, the rest lies there. */
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "dump/linux/vmcoreinfo.h"
#include "dump/source/source.h"
#include "fake/elfcorehdr.h"
#include "fake/memory.h"

#define HDR 0x3d000000ull
#define NOTE 0x2000000ull

static void look(const char *key, size_t size)
{
	char *value = malloc(size); /* exactly: ASan watches the end */

	if (!vmcoreinfo_get(key, value, size) && value[0])
		abort();
	if (strlen(value) >= size || strchr(value, '\n'))
		abort();
	free(value);
}

/* A value that is refused leaves what was there. */
static void value(const char *kind, const char *name)
{
	u64 v = 0x5a5a5a5a5a5a5a5a, again = 1;
	bool found = vmcoreinfo_value(kind, name, &v);

	if (!found ? v != 0x5a5a5a5a5a5a5a5a : !vmcoreinfo_value(kind, name, &again) || v != again)
		abort();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct source_summary sum;
	struct source_note n;
	struct corehdr c;
	pa_t at;

	if (size < 2 || size > 16384)
		return 0;
	mem_reset();
	at = NOTE + (get_le16(data) & PAGE_MASK);
	mem_write(at, data + 2, size - 2);
	corehdr_begin(&c, HDR);
	corehdr_note(&c, at, size - 2);
	if (source_init_elfcorehdr(HDR))
		abort();
	source_summarise(&sum);
	if (!source_vmcoreinfo(&n) && (n.pa < at || n.len > size - 2 || n.pa + n.len > at + size - 2))
		abort();
	look("OSRELEASE", 65);
	look("SYMBOL(prb)", 1);
	vmcoreinfo_number("CRASHTIME", 0);
	value("SYMBOL", "prb");
	value("NUMBER", "phys_base");
	return 0;
}
