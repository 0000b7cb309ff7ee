/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The log's two forms, read by the offsets of VMCOREINFO: kernel/printk/printk_ringbuffer.c since
 * 5.10, struct printk_log of kernel/printk/printk.c before (not run on a real kernel). */
#include "dump/linux/dmesg.h"

#include <string.h>

#include "dump/linux/kernel_va.h"
#include "dump/linux/vmcoreinfo.h"
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

static void flush_text(void)
{
	if (!out.err && out.n)
		out.err = out.fn(out.ctx, out.buf, out.n);
	out.n = 0;
}

static void put(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (out.n == sizeof(out.buf))
			flush_text();
		out.buf[out.n++] = text[i];
	}
}

static void put_char(u8 c, size_t indent)
{
	char hex[8] = "";

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

/* What VMCOREINFO must say of each form. */
enum {
	RING_DESCS,
	RING_TEXT,
	ATOMIC,
	DESCS_BITS,
	DESCS_DESCS,
	DESCS_INFOS,
	DESCS_HEAD,
	DESCS_TAIL,
	TEXT_BITS,
	TEXT_DATA,
	DESC_SIZE,
	DESC_STATE,
	DESC_LPOS,
	LPOS_BEGIN,
	LPOS_NEXT,
	INFO_SIZE,
	INFO_TS_NSEC,
	INFO_TEXT_LEN,
	PRB_END,
	LOG_BUF = PRB_END,
	LOG_BUF_LEN,
	LOG_FIRST_IDX,
	LOG_NEXT_IDX,
	LOG_SIZE,
	LOG_TS_NSEC,
	LOG_LEN,
	LOG_TEXT_LEN,
	LOG_END,
};

static const struct {
	char kind[7], name[33];
} wanted[] = {
	[RING_DESCS] = { "OFFSET", "printk_ringbuffer.desc_ring" },
	[RING_TEXT] = { "OFFSET", "printk_ringbuffer.text_data_ring" },
	[ATOMIC] = { "OFFSET", "atomic_long_t.counter" },
	[DESCS_BITS] = { "OFFSET", "prb_desc_ring.count_bits" },
	[DESCS_DESCS] = { "OFFSET", "prb_desc_ring.descs" },
	[DESCS_INFOS] = { "OFFSET", "prb_desc_ring.infos" },
	[DESCS_HEAD] = { "OFFSET", "prb_desc_ring.head_id" },
	[DESCS_TAIL] = { "OFFSET", "prb_desc_ring.tail_id" },
	[TEXT_BITS] = { "OFFSET", "prb_data_ring.size_bits" },
	[TEXT_DATA] = { "OFFSET", "prb_data_ring.data" },
	[DESC_SIZE] = { "SIZE", "prb_desc" },
	[DESC_STATE] = { "OFFSET", "prb_desc.state_var" },
	[DESC_LPOS] = { "OFFSET", "prb_desc.text_blk_lpos" },
	[LPOS_BEGIN] = { "OFFSET", "prb_data_blk_lpos.begin" },
	[LPOS_NEXT] = { "OFFSET", "prb_data_blk_lpos.next" },
	[INFO_SIZE] = { "SIZE", "printk_info" },
	[INFO_TS_NSEC] = { "OFFSET", "printk_info.ts_nsec" },
	[INFO_TEXT_LEN] = { "OFFSET", "printk_info.text_len" },
	[LOG_BUF] = { "SYMBOL", "log_buf" },
	[LOG_BUF_LEN] = { "SYMBOL", "log_buf_len" },
	[LOG_FIRST_IDX] = { "SYMBOL", "log_first_idx" },
	[LOG_NEXT_IDX] = { "SYMBOL", "log_next_idx" },
	[LOG_SIZE] = { "SIZE", "printk_log" },
	[LOG_TS_NSEC] = { "OFFSET", "printk_log.ts_nsec" },
	[LOG_LEN] = { "OFFSET", "printk_log.len" },
	[LOG_TEXT_LEN] = { "OFFSET", "printk_log.text_len" },
};

static u64 said[LOG_END];

static int ask_for(unsigned int first, unsigned int end)
{
	for (unsigned int i = first; i < end; i++) {
		if (vmcoreinfo_value(wanted[i].kind, wanted[i].name, &said[i]))
			continue;
		log_info("log: no %s(%s) in VMCOREINFO", wanted[i].kind, wanted[i].name);
		return -ENOENT;
	}
	return 0;
}

/* A value of the crashed kernel, of up to 8 bytes; *ok becomes false where it cannot be read. */
static u64 get(u64 va, size_t size, bool *ok)
{
	u64 v = 0;

	if (kernel_va_read(&v, va, size))
		*ok = false;
	return v;
}

static int nonsense(const char *what)
{
	log_info("log: %s", what);
	return -EFAULT;
}

/* The lockless ring. */
struct prb {
	u64 descs, infos, text; /* addresses */
	u64 desc_bits, text_bits;
	u64 head, tail;         /* ids */
};

static int prb_open(struct prb *r, u64 prb)
{
	bool ok = true;
	u64 ring, descs, text;

	if (ask_for(0, PRB_END))
		return -ENOENT;
	ring = get(prb, sizeof(u64), &ok);
	descs = ring + said[RING_DESCS];
	text = ring + said[RING_TEXT];
	r->desc_bits = get(descs + said[DESCS_BITS], sizeof(u32), &ok);
	r->descs = get(descs + said[DESCS_DESCS], sizeof(u64), &ok);
	r->infos = get(descs + said[DESCS_INFOS], sizeof(u64), &ok);
	r->head = get(descs + said[DESCS_HEAD] + said[ATOMIC], sizeof(u64), &ok);
	r->tail = get(descs + said[DESCS_TAIL] + said[ATOMIC], sizeof(u64), &ok);
	r->text_bits = get(text + said[TEXT_BITS], sizeof(u32), &ok);
	r->text = get(text + said[TEXT_DATA], sizeof(u64), &ok);
	if (!ok)
		return nonsense("the ring's head cannot be read");
	if (r->desc_bits > DESC_BITS_MAX || r->text_bits > RING_BITS_MAX ||
	    ((r->head - r->tail) & ID_MASK) >> r->desc_bits)
		return nonsense("the ring's head is nonsense");
	return 0;
}

/* One record; nothing where it is not committed, has no text or is damaged. */
static void prb_record(const struct prb *r, u64 id)
{
	u64 slot = id & ((1ull << r->desc_bits) - 1), mask = (1ull << r->text_bits) - 1;
	u64 desc = r->descs + slot * said[DESC_SIZE], info = r->infos + slot * said[INFO_SIZE];
	u64 state, begin, next, ts_nsec, len;
	bool ok = true;

	state = get(desc + said[DESC_STATE] + said[ATOMIC], sizeof(u64), &ok);
	if (!ok || (state & ID_MASK) != id ||
	    (state >> STATE_SHIFT != STATE_COMMITTED && state >> STATE_SHIFT != STATE_FINALIZED))
		return;
	begin = get(desc + said[DESC_LPOS] + said[LPOS_BEGIN], sizeof(u64), &ok) & mask;
	next = get(desc + said[DESC_LPOS] + said[LPOS_NEXT], sizeof(u64), &ok) & mask;
	ts_nsec = get(info + said[INFO_TS_NSEC], sizeof(u64), &ok);
	len = get(info + said[INFO_TEXT_LEN], sizeof(u16), &ok);
	if (!ok || begin == next)
		return;
	if (!next)
		next = mask + 1; /* the block ends where the ring does */
	if (begin > next)
		begin = 0; /* it would not fit before the ring's end: it is at its start */
	if (next - begin < BLOCK_ID_BYTES)
		return;
	begin += BLOCK_ID_BYTES;
	put_record(ts_nsec, r->text + begin, MIN(len, next - begin));
}

static int prb_decode(u64 prb)
{
	struct prb r;
	int err = prb_open(&r, prb);
	u64 records;

	if (err)
		return err;
	records = ((r.head - r.tail) & ID_MASK) + 1;
	for (u64 i = 0; i < records && !out.err; i++)
		prb_record(&r, (r.tail + i) & ID_MASK);
	return 0;
}

/* struct printk_log: a header, text, dictionary and padding each, `len` bytes in all; one with len
 * 0 says that the next is at the start of the buffer. */
static int log_buf_decode(void)
{
	u64 buf, buf_len, at, next, size;
	bool ok = true, wrapped = false;

	if (ask_for(PRB_END, LOG_END))
		return -ENOENT;
	buf = get(said[LOG_BUF], sizeof(u64), &ok);
	buf_len = get(said[LOG_BUF_LEN], sizeof(u32), &ok);
	at = get(said[LOG_FIRST_IDX], sizeof(u32), &ok);
	next = get(said[LOG_NEXT_IDX], sizeof(u32), &ok);
	size = said[LOG_SIZE];
	if (!ok)
		return nonsense("log_buf cannot be read");
	while (at != next && !out.err) {
		u64 ts_nsec = get(buf + at + said[LOG_TS_NSEC], sizeof(u64), &ok);
		u64 len = get(buf + at + said[LOG_LEN], sizeof(u16), &ok);
		u64 text_len = get(buf + at + said[LOG_TEXT_LEN], sizeof(u16), &ok);

		if (!ok || at >= buf_len)
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

bool dmesg_memory(unsigned int i, u64 *va, u64 *len)
{
	u64 prb;
	bool ok = true;
	struct prb r;

	if (!vmcoreinfo_value("SYMBOL", "prb", &prb)) {
		if (i || ask_for(PRB_END, LOG_END))
			return false;
		*va = get(said[LOG_BUF], sizeof(u64), &ok);
		*len = get(said[LOG_BUF_LEN], sizeof(u32), &ok);
		return ok;
	}
	if (i > 2 || prb_open(&r, prb))
		return false;
	*va = i == 0 ? r.descs : i == 1 ? r.infos : r.text;
	*len = i == 0 ? said[DESC_SIZE] << r.desc_bits :
	       i == 1 ? said[INFO_SIZE] << r.desc_bits : 1ull << r.text_bits;
	return true;
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
	flush_text();
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
		if (c == '\t')
			c = ' ';
		else if (c < ' ') /* nothing here may move the console's cursor */
			c = '?';
		if (lines.n < sizeof(lines.text) - 1)
			lines.text[lines.n++] = c;
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
