/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The log's two forms, read by the offsets of VMCOREINFO: kernel/printk/printk_ringbuffer.c since 5.10,
 * struct printk_log of kernel/printk/printk.c before (not run on a real kernel). */
#include "dump/dmesg.h"

#include <string.h>

#include "bytes.h"
#include "dump/kernel_va.h"
#include "dump/vmcoreinfo.h"
#include "log.h"

#define NSEC_PER_SEC  1000000000u
#define NSEC_PER_USEC 1000u
#define STAMP_MAX     24 /* "[18446744073.709551] " */
#define PIECE         128
#define OUT_BYTES     512
#define RING_BITS_MAX 31 /* log_buf_len= is at most 2 GiB */
#define DESC_BITS_MAX 26 /* and a record is expected to have 32 bytes (PRB_AVGBITS) */

/* prb_desc.state_var: the state in the two top bits, the id below. */
#define STATE_SHIFT 62
#define ID_MASK     ((1ull << STATE_SHIFT) - 1)
enum { STATE_COMMITTED = 1, STATE_FINALIZED = 2 };
#define BLOCK_ID_BYTES 8 /* struct prb_data_block: the id in front of the text */

#define LOG_HEADER_MIN 16 /* struct printk_log never was smaller */

static struct {
	dmesg_fn *fn;
	void *ctx;
	int err;
	size_t n;
	char buf[OUT_BYTES];
} out;

static void flush(void)
{
	if (!out.err && out.n)
		out.err = out.fn(out.ctx, out.buf, out.n);
	out.n = 0;
}

static void put(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (out.n == sizeof(out.buf))
			flush();
		out.buf[out.n++] = text[i];
	}
}

static void put_char(u8 c, size_t indent)
{
	char hex[8];

	if ((c >= ' ' && c <= '~') || (c >= '\t' && c <= '\r'))
		put((char *)&c, 1);
	else
		put(hex, (size_t)format(hex, sizeof(hex), "\\x%02x", c));
	if (c == '\n')
		for (size_t i = 0; i < indent; i++)
			put(" ", 1);
}

/* One record: time stamp, text at va, end of line. */
static void put_record(u64 ts_nsec, u64 va, u64 len)
{
	char stamp[STAMP_MAX];
	u8 text[PIECE];
	size_t indent = (size_t)format(stamp, sizeof(stamp), "[%5llu.%06llu] ",
				       ts_nsec / NSEC_PER_SEC,
				       ts_nsec % NSEC_PER_SEC / NSEC_PER_USEC);

	put(stamp, indent);
	while (len && !out.err) {
		u64 n = MIN(MIN(len, (u64)PIECE), PAGE_SIZE - (va & PAGE_MASK));

		if (kernel_va_read(text, va, n))
			break;
		for (u64 i = 0; i < n; i++)
			put_char(text[i], indent);
		va += n;
		len -= n;
	}
	put("\n", 1);
}

/* What VMCOREINFO must say. */
struct want {
	const char *kind, *name;
	u64 *to;
};

static bool want_all(const struct want *w, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (vmcoreinfo_value(w[i].kind, w[i].name, w[i].to))
			continue;
		log_info("log: no %s(%s) in VMCOREINFO", w[i].kind, w[i].name);
		return false;
	}
	return true;
}

/* Values of the crashed kernel, each at its own address. */
struct value {
	u64 va;
	void *to;
	size_t size;
};

static bool read_all(const struct value *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (kernel_va_read(v[i].to, v[i].va, v[i].size))
			return false;
	return true;
}

static int nonsense(const char *what)
{
	log_info("log: %s", what);
	return -EFAULT;
}

/* The lockless ring. */
struct prb {
	u64 descs, infos, data; /* addresses */
	u32 desc_bits, data_bits;
	u64 head, tail;         /* ids */
	u64 desc_size, state_var, lpos, begin, next; /* struct prb_desc */
	u64 info_size, ts_nsec, text_len;            /* struct printk_info */
};

static int prb_open(struct prb *r, u64 prb)
{
	u64 desc_ring, text_ring, counter, count_bits, descs, infos, head, tail, size_bits, data, at;
	const struct want want[] = {
		{ "OFFSET", "printk_ringbuffer.desc_ring", &desc_ring },
		{ "OFFSET", "printk_ringbuffer.text_data_ring", &text_ring },
		{ "OFFSET", "atomic_long_t.counter", &counter },
		{ "OFFSET", "prb_desc_ring.count_bits", &count_bits },
		{ "OFFSET", "prb_desc_ring.descs", &descs },
		{ "OFFSET", "prb_desc_ring.infos", &infos },
		{ "OFFSET", "prb_desc_ring.head_id", &head },
		{ "OFFSET", "prb_desc_ring.tail_id", &tail },
		{ "OFFSET", "prb_data_ring.size_bits", &size_bits },
		{ "OFFSET", "prb_data_ring.data", &data },
		{ "SIZE", "prb_desc", &r->desc_size },
		{ "OFFSET", "prb_desc.state_var", &r->state_var },
		{ "OFFSET", "prb_desc.text_blk_lpos", &r->lpos },
		{ "OFFSET", "prb_data_blk_lpos.begin", &r->begin },
		{ "OFFSET", "prb_data_blk_lpos.next", &r->next },
		{ "SIZE", "printk_info", &r->info_size },
		{ "OFFSET", "printk_info.ts_nsec", &r->ts_nsec },
		{ "OFFSET", "printk_info.text_len", &r->text_len },
	};

	if (!want_all(want, ARRAY_SIZE(want)))
		return -ENOENT;
	if (kernel_va_read(&at, prb, sizeof(at)))
		return nonsense("SYMBOL(prb) cannot be read");
	const struct value value[] = {
		{ at + desc_ring + count_bits, &r->desc_bits, sizeof(r->desc_bits) },
		{ at + desc_ring + descs, &r->descs, sizeof(r->descs) },
		{ at + desc_ring + infos, &r->infos, sizeof(r->infos) },
		{ at + desc_ring + head + counter, &r->head, sizeof(r->head) },
		{ at + desc_ring + tail + counter, &r->tail, sizeof(r->tail) },
		{ at + text_ring + size_bits, &r->data_bits, sizeof(r->data_bits) },
		{ at + text_ring + data, &r->data, sizeof(r->data) },
	};
	if (!read_all(value, ARRAY_SIZE(value)))
		return nonsense("the ring's head cannot be read");
	r->state_var += counter;
	if (r->desc_bits > DESC_BITS_MAX || r->data_bits > RING_BITS_MAX ||
	    ((r->head - r->tail) & ID_MASK) >> r->desc_bits)
		return nonsense("the ring's head is nonsense");
	return 0;
}

/* One record; nothing where it is not committed, has no text or is damaged. */
static void prb_record(const struct prb *r, u64 id)
{
	u64 slot = id & ((1ull << r->desc_bits) - 1), mask = (1ull << r->data_bits) - 1;
	u64 desc = r->descs + slot * r->desc_size, info = r->infos + slot * r->info_size;
	u64 state, begin, next, ts_nsec;
	u16 len;
	const struct value value[] = {
		{ desc + r->lpos + r->begin, &begin, sizeof(begin) },
		{ desc + r->lpos + r->next, &next, sizeof(next) },
		{ info + r->ts_nsec, &ts_nsec, sizeof(ts_nsec) },
		{ info + r->text_len, &len, sizeof(len) },
	};

	if (kernel_va_read(&state, desc + r->state_var, sizeof(state)) || (state & ID_MASK) != id)
		return;
	state >>= STATE_SHIFT;
	if ((state != STATE_COMMITTED && state != STATE_FINALIZED) ||
	    !read_all(value, ARRAY_SIZE(value)) || (begin & mask) == (next & mask))
		return;
	begin &= mask;
	next = ((next - 1) & mask) + 1; /* a block may end where the ring does */
	if (begin > next)
		begin = 0; /* the block would not fit before the ring's end: it is at its start */
	if (next - begin < BLOCK_ID_BYTES)
		return;
	begin += BLOCK_ID_BYTES;
	put_record(ts_nsec, r->data + begin, MIN((u64)len, next - begin));
}

static int prb_decode(u64 prb)
{
	static struct prb r;
	int err = prb_open(&r, prb);
	u64 records = ((r.head - r.tail) & ID_MASK) + 1;

	if (err)
		return err;
	for (u64 i = 0; i < records && !out.err; i++)
		prb_record(&r, (r.tail + i) & ID_MASK);
	return 0;
}

/* struct printk_log: a header, text, dictionary and padding each, `len` bytes in all; one with len 0
 * says that the next is at the start of the buffer. */
static int log_buf_decode(void)
{
	u64 size, o_ts_nsec, o_len, o_text_len, s_buf, s_buf_len, s_first, s_next, buf, ts_nsec;
	u64 at;
	u32 buf_len, first, next;
	u16 len, text_len;
	bool wrapped = false;
	const struct want want[] = {
		{ "SYMBOL", "log_buf", &s_buf },
		{ "SYMBOL", "log_buf_len", &s_buf_len },
		{ "SYMBOL", "log_first_idx", &s_first },
		{ "SYMBOL", "log_next_idx", &s_next },
		{ "SIZE", "printk_log", &size },
		{ "OFFSET", "printk_log.ts_nsec", &o_ts_nsec },
		{ "OFFSET", "printk_log.len", &o_len },
		{ "OFFSET", "printk_log.text_len", &o_text_len },
	};

	if (!want_all(want, ARRAY_SIZE(want)))
		return -ENOENT;
	const struct value head[] = {
		{ s_buf, &buf, sizeof(buf) },
		{ s_buf_len, &buf_len, sizeof(buf_len) },
		{ s_first, &first, sizeof(first) },
		{ s_next, &next, sizeof(next) },
	};
	if (!read_all(head, ARRAY_SIZE(head)))
		return nonsense("log_buf cannot be read");
	for (at = first; at != next && !out.err;) {
		const struct value record[] = {
			{ buf + at + o_ts_nsec, &ts_nsec, sizeof(ts_nsec) },
			{ buf + at + o_len, &len, sizeof(len) },
			{ buf + at + o_text_len, &text_len, sizeof(text_len) },
		};

		if (at >= buf_len || !read_all(record, ARRAY_SIZE(record)))
			return nonsense("a record lies outside log_buf: the rest is left out");
		if (len >= LOG_HEADER_MIN && len >= size && text_len <= len - size) {
			put_record(ts_nsec, buf + at + size, text_len);
			at += len;
		} else if (!len && !wrapped) {
			wrapped = true;
			at = 0;
		} else {
			return nonsense("a damaged record in log_buf: the rest is left out");
		}
	}
	return 0;
}

int dmesg_decode(dmesg_fn *fn, void *ctx)
{
	u64 prb;
	int err;

	out.fn = fn;
	out.ctx = ctx;
	out.err = 0;
	out.n = 0;
	err = vmcoreinfo_value("SYMBOL", "prb", &prb) ? prb_decode(prb) : log_buf_decode();
	flush();
	return out.err ? out.err : err;
}

static struct {
	dmesg_line_fn *fn;
	bool all;
	u64 seen, skip; /* lines */
	size_t n;
	char text[DMESG_LINE_MAX];
} lines;

static int count_lines(void *ctx, const char *text, size_t len)
{
	(void)ctx;
	for (size_t i = 0; i < len; i++)
		lines.seen += text[i] == '\n';
	return 0;
}

static void line_end(void)
{
	lines.text[lines.n] = '\0';
	lines.fn(lines.text);
	lines.n = 0;
}

static int split_lines(void *ctx, const char *text, size_t len)
{
	(void)ctx;
	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (lines.skip) {
			lines.skip -= c == '\n';
			continue;
		}
		if (c == '\n') {
			line_end();
			continue;
		}
		if (lines.n == sizeof(lines.text) - 1 && lines.all)
			line_end();
		if (lines.n < sizeof(lines.text) - 1)
			lines.text[lines.n++] = c == '\t' ? ' ' : c < ' ' ? '?' : c;
	}
	return 0;
}

/* Twice over the log where only its end is wanted: that takes no memory. */
int dmesg_lines(u64 last, dmesg_line_fn *fn)
{
	int err;

	memset(&lines, 0, sizeof(lines));
	lines.fn = fn;
	lines.all = last == DMESG_ALL;
	if (!lines.all) {
		err = dmesg_decode(count_lines, NULL);
		if (err && !lines.seen)
			return err;
		lines.skip = lines.seen > last ? lines.seen - last : 0;
	}
	return dmesg_decode(split_lines, NULL);
}
