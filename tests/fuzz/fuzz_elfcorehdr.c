/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A hostile elfcorehdr: the input is what lies in memory from the header on. Whatever is in it, the
 * dump ends, every page goes to the container in order, and the totals agree. */
#include <stdlib.h>
#include <string.h>

#include "dump/dump.h"
#include "dump/linux/filter.h"
#include "dump/source/source.h"
#include "fake/elfcorehdr.h"
#include "fake/memory.h"

#define HDR 0x3d000000ull
#define INPUT_MAX 16384
#define PREPARE_MAX (64 * MIB) /* more would only take time */
#define DUMP_MAX (256 * KIB) /* accepted bytes before the sink gives up */

static u64 position;

static int count(struct sink *s, u64 off, u64 len)
{
	if (off != position || !len || off % PAGE_SIZE || len % PAGE_SIZE)
		abort();
	position += len;
	s->accepted = s->settled = position;
	return position > DUMP_MAX ? -ENOSPC : 0;
}

static int count_write(struct sink *s, u64 off, const void *buf, u32 len)
{
	const volatile u8 *p = buf;

	(void)p[0];
	(void)p[len - 1];
	return count(s, off, len);
}

static int count_span(struct sink *s, u64 off, pa_t pa, u64 len)
{
	if (pa < LOW_16M || pa >= mem_limit || len > mem_limit - pa || pa % PAGE_SIZE)
		abort();
	return count(s, off, len);
}

static void dump(unsigned int caps)
{
	static const struct sink_ops ops = { .write = count_write, .write_span = count_span };
	struct sink s = { .ops = &ops, .caps = caps };
	struct dump_stats st = { 0 };
	int err;

	position = 0;
	err = elf_write(&s, &st);
	if (err == -EFBIG ? position != 0 : err == -ENOSPC ? position <= DUMP_MAX : err)
		abort();
	if (!err && (position != st.total || st.total != elf_size()))
		abort();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct source_summary sum;
	struct elf64_hdr eh;

	/* more program headers than the input holds are noise that only costs time */
	if (size < sizeof(eh) || size > INPUT_MAX)
		return 0;
	memcpy(&eh, data, sizeof(eh));
	if (eh.e_phnum > size / sizeof(struct elf64_phdr))
		return 0;
	mem_reset();
	mem_write(HDR, data, size);
	if (source_init_elfcorehdr(HDR))
		return 0;
	source_summarise(&sum);
	elf_prepare(0);
	dump(0);
	dump(SINK_TAKES_SPAN);
	if (sum.bytes > PREPARE_MAX)
		return 0;
	/* no struct pages here: only pages of zeros can go, and there are few */
	elf_prepare(LEVEL_ZERO);
	dump(SINK_TAKES_SPAN);
	return 0;
}
