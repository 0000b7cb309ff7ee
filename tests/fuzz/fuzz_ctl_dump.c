/* SPDX-License-Identifier: GPL-2.0-or-later */
/* afterimagectl's readers: ELF, kdump and flattened files, and the same bytes as a stream. */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vmcore/check.h"
#include "vmcore/mend.h"
#include "vmcore/ram.h"
#include "vmcore/stream.h"

#define MEND_MAX (1ull << 30) /* of a file that a hostile record made long */

static int read_file(const u8 *data, size_t size)
{
	static const u8 ram_bytes[1 << 16];
	struct ram ram = { .in = input_of_memory(ram_bytes, sizeof(ram_bytes)), .split = 1 << 15 };
	struct input in = input_of_memory(data, size);
	struct ram_result result;
	struct why why = { "" };
	struct check check;
	struct dump d;
	u8 word[8];
	int whole = -1;

	if (!dump_open(&d, &in, &why)) {
		whole = check_dump(&check, &d, true);
		for (u32 i = 0; i < 8; i++) /* back and forth, over the ends of pages */
			(void)dump_read_phys(&d, (i * 5 % 8 * 0x40000) + 0xffc, word, sizeof(word));
		if (!whole)
			(void)ram_compare(&result, &ram, &d, NULL);
	}
	dump_close(&d);
	return whole;
}

/* What was mended, or was whole, once more: now every page is decoded. */
static void mend_again(struct output *out, u64 size)
{
	struct mended mended;

	if (size <= MEND_MAX)
		(void)mend_kdump(out, &size, true, &mended);
}

/* The pieces that the stream comes in: the input's last byte says how large. */
static void read_stream(const u8 *data, size_t size)
{
	size_t step = size ? data[size - 1] * 64u + 29 : 1;
	struct output out = { .fd = memfd_create("dump", MFD_CLOEXEC) };
	struct why why = { "" };
	struct stream s;
	struct dump d;
	int err = 0;

	if (out.fd < 0)
		abort();
	stream_begin(&s, &out);
	for (size_t at = 0; at < size && !err; at += step) {
		err = stream_feed(&s, data + at, MIN(step, size - at), &why);
		if (at < 4096)
			(void)stream_expected(&s);
	}
	/* a memory file takes any offset that a record may have */
	if (stream_end(&s, &d, &why) < 0 && !err)
		abort();
	dump_close(&d);
	mend_again(&out, s.size);
	close(out.fd);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	(void)read_file(data, size);
	read_stream(data, size);
	return 0;
}
