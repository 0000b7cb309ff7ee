/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What arrives at a receiver, a byte stream that anybody may send. However it was cut into pieces, the same is stored
 * and judged; what is stored is what came, a flattened one rearranged as its records say; and what was judged to be
 * whole is whole when it is opened again. The input's last byte says how large one of the two ways' pieces are. */
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "memory_file.h"
#include "vmcore/check.h"
#include "vmcore/stream.h"

struct way {
	struct output out;
	struct stream s;
	int err, verdict;
	struct why why;
	double share;
};

static struct memory_file model;

static void expect(bool ok)
{
	if (!ok)
		abort();
}

static void receive(struct way *w, int n, const u8 *data, size_t size, size_t step)
{
	*w = (struct way){ .out.fd = MEMORY_FILE_FD + n, .verdict = 0 };
	memory_file_clear(&memory_file[n]);
	stream_begin(&w->s, &w->out);
	for (size_t at = 0; at < size && !w->err; at += step)
		w->err = stream_feed(&w->s, data + at, MIN(step, size - at), &w->why);
	if (!w->err)
		w->err = stream_flush(&w->s);
	w->share = stream_share(&w->s);
	expect(w->share <= 1.0);
}

/* makedumpfile's flattened format: records of offset, size and data until one of -1, behind a block of 4 KiB. */
static void model_records(const u8 *data, size_t size)
{
	memory_file_clear(&model);
	for (size_t at = FLAT_START; at + FLAT_RECORD <= size;) {
		u64 off = get_be64(data + at), len = get_be64(data + at + 8), have;

		at += FLAT_RECORD;
		have = MIN(len, (u64)(size - at));
		if (off == ~0ull && len == ~0ull)
			return;
		if (!have)
			continue; /* wherever it would have gone */
		expect(off <= MEMORY_FILE_MAX && have <= MEMORY_FILE_MAX - off);
		memcpy(model.bytes + off, data + at, have);
		model.size = model.dirty = MAX(model.size, off + have);
		at += have;
	}
}

static void compare(const struct memory_file *f, const u8 *bytes, u64 size)
{
	expect(f->size == size && !memcmp(f->bytes, bytes, size));
}

static void judge(struct way *w)
{
	struct check check;
	struct dump d;

	w->verdict = stream_end(&w->s, &d, &w->why);
	expect(w->verdict <= STREAM_UNKNOWN);
	if (w->verdict == STREAM_WHOLE && d.container != CONTAINER_DMESG) {
		struct input in = input_of_file(w->out.fd, 0, w->s.size);
		struct why why = { "" };
		struct dump again;

		expect(!dump_open(&again, &in, &why) && again.container == d.container);
		expect(!check_dump(&check, &again, false) && !check.why.text[0]);
		dump_close(&again);
	}
	dump_close(&d);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct way whole, pieces;

	receive(&whole, 0, data, size, size ? size : 1);
	receive(&pieces, 1, data, size, size ? data[size - 1] * 32u + 29 : 1);
	expect(!whole.err == !pieces.err && whole.s.flattened == pieces.s.flattened);
	if (!whole.err) {
		compare(&memory_file[0], memory_file[1].bytes, memory_file[1].size);
		if (whole.s.flattened)
			model_records(data, size);
		compare(&memory_file[0], whole.s.flattened ? model.bytes : data,
		        whole.s.flattened ? model.size : size);
		expect(whole.share == pieces.share);
	}
	judge(&whole);
	judge(&pieces);
	if (!whole.err) {
		expect(whole.verdict == pieces.verdict && !strcmp(whole.why.text, pieces.why.text));
		compare(&memory_file[0], memory_file[1].bytes, memory_file[1].size);
	}
	return 0;
}
