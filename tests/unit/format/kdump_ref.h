/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads dumps back by the format's own rules; and sinks that keep what they are given. Shares no code
 * with the writer. */
#ifndef AFTERIMAGE_KDUMP_REF_H
#define AFTERIMAGE_KDUMP_REF_H

#include "dump/sink.h"

#define REF_STALE 0xa5 /* what lies in a dump area before */
#define REF_BYTES (12u << 20)
#define REF_EARLY_BLOCKS 73 /* the table of early pages, and its header, before bitmap 1 */

/* A sink in memory. */
struct ref_sink {
	struct sink sink;  /* first */
	u8 *bytes;         /* REF_BYTES */
	u64 len;           /* one past the highest byte written */
	unsigned int writes;
	unsigned int fail_at; /* this write and those behind it give -EPIPE; 0: never */
	unsigned int cut_at;  /* from this write on nothing is stored any more; 0: never */
	u64 span_bytes;
	int finished;         /* status given to finish() + 1 */
};
void ref_sink_open(struct ref_sink *s, unsigned int caps, u8 fill);
void ref_sink_close(struct ref_sink *s);

/* makedumpfile -R of a stream's bytes: *out (REF_BYTES, zeros) and its length. NULL, or what is wrong;
 * a stream without its end record is wrong only if `whole`. */
const char *ref_rearrange(const u8 *in, u64 len, bool whole, u8 *out, u64 *out_len);

/* An open dump. */
struct ref_dump {
	const u8 *bytes;
	u64 len;
	u32 status, sub_blocks, bitmap_blocks, nr_cpus, max_mapnr32;
	s64 time_s;
	const char *uts; /* 6 x 65 */
	u64 phys_base, max_mapnr, off_vmcoreinfo, size_vmcoreinfo, off_note, size_note;
	s32 level;
	const u8 *bitmap1, *bitmap2;
	const u8 *desc;
};
/* NULL, or what is wrong. */
const char *ref_open(struct ref_dump *d, const u8 *bytes, u64 len);
bool ref_bit(const u8 *bitmap, u64 pfn);

struct ref_page {
	u64 offset;
	u32 size, flags;
};
/* The descriptor number n. */
struct ref_page ref_page(const struct ref_dump *d, u64 n);
/* Does its data make exactly this page? */
bool ref_page_is(const struct ref_dump *d, const struct ref_page *p, const u8 page[PAGE_SIZE]);

#endif
