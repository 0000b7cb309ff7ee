/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reader and the sinks of kdump_ref.h. */
#include "kdump_ref.h"

#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "fake/codec_pages.h"
#include "fake/memory.h"

static struct ref_sink *of_sink(struct sink *s) { return (struct ref_sink *)s; }

static int ref_take(struct ref_sink *r, u64 off, u64 len, const void *p, pa_t pa)
{
	r->writes++;
	if (r->fail_at && r->writes >= r->fail_at)
		return -EPIPE;
	if ((!(r->sink.caps & SINK_SEEK) && off != r->sink.accepted) || off + len > REF_BYTES)
		abort();
	r->sink.accepted += len;
	r->sink.settled = r->sink.accepted;
	if (r->cut_at && r->writes >= r->cut_at)
		return 0;
	if (p)
		memcpy(r->bytes + off, p, len);
	else
		mem_read(r->bytes + off, pa, len);
	r->len = MAX(r->len, off + len);
	return 0;
}

static int ref_write(struct sink *s, u64 off, const void *buf, u32 len)
{
	return ref_take(of_sink(s), off, len, buf, 0);
}

static int ref_write_span(struct sink *s, u64 off, pa_t pa, u64 len)
{
	if (!(s->caps & SINK_TAKES_SPAN) || (pa | len | (s->caps & SINK_SEEK ? off : 0)) % PAGE_SIZE)
		abort();
	of_sink(s)->span_bytes += len;
	return ref_take(of_sink(s), off, len, NULL, pa);
}

static int ref_finish(struct sink *s, int status)
{
	of_sink(s)->finished = status + 1;
	return status;
}

void ref_sink_open(struct ref_sink *s, unsigned int caps, u8 fill)
{
	static const struct sink_ops ops = { .write = ref_write, .write_span = ref_write_span, .finish = ref_finish };

	*s = (struct ref_sink){ .sink = { .ops = &ops, .caps = caps }, .bytes = malloc(REF_BYTES) };
	memset(s->bytes, fill, REF_BYTES);
}

void ref_sink_close(struct ref_sink *s) { free(s->bytes); }

const char *ref_rearrange(const u8 *in, u64 len, bool whole, u8 *out, u64 *out_len)
{
	static u8 seen[REF_BYTES];
	u64 at = 4096;

	memset(seen, 0, sizeof(seen));
	*out_len = 0;
	if (len < at || memcmp(in, "makedumpfile\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\1", 32))
		return "no start block";
	for (u64 i = 32; i < 4096; i++)
		if (in[i])
			return "bytes behind the start header";
	while (len - at >= 16) {
		u64 off = get_be64(in + at), n = get_be64(in + at + 8);

		at += 16;
		if (off == ~0ull)
			return n == ~0ull && at == len ? NULL : "odd end";
		if (!n || off > REF_BYTES || n > REF_BYTES - off)
			return "odd record";
		n = MIN(n, len - at);
		for (u64 i = off; i < off + n; i++)
			if (seen[i]++)
				return "records overlap";
		memcpy(out + off, in + at, n);
		*out_len = MAX(*out_len, off + n);
		at += n;
	}
	return whole ? "no end record" : NULL;
}

const char *ref_open(struct ref_dump *d, const u8 *bytes, u64 len)
{
	const u8 *sub = bytes + 4096;
	u64 map;

	*d = (struct ref_dump){ .bytes = bytes, .len = len };
	if (len < 8192 || memcmp(bytes, "KDUMP   ", 8) || get_le32(bytes + 8) != 6)
		return "signature or version";
	for (u64 i = 464; i < 4096; i++)
		if (bytes[i])
			return "bytes behind the header";
	d->uts = (const char *)bytes + 12;
	if (memcmp(d->uts + 4 * 65, "x86_64", 7))
		return "machine";
	d->time_s = (s64)get_le64(bytes + 408);
	d->status = get_le32(bytes + 424);
	d->sub_blocks = get_le32(bytes + 432);
	d->bitmap_blocks = get_le32(bytes + 436);
	d->max_mapnr32 = get_le32(bytes + 440);
	d->nr_cpus = get_le32(bytes + 460);
	d->phys_base = get_le64(sub);
	d->level = (s32)get_le32(sub + 8);
	d->off_vmcoreinfo = get_le64(sub + 32);
	d->size_vmcoreinfo = get_le64(sub + 40);
	d->off_note = get_le64(sub + 48);
	d->size_note = get_le64(sub + 56);
	d->max_mapnr = get_le64(sub + 96);
	map = ((d->max_mapnr + 7) / 8 + 4095) / 4096;
	if (get_le32(bytes + 428) != 4096 || d->bitmap_blocks != 2 * map || get_le32(sub + 12))
		return "geometry";
	if (d->sub_blocks != (104 + d->size_note + 4095) / 4096 + REF_EARLY_BLOCKS)
		return "sub header";
	d->bitmap1 = bytes + (1 + (u64)d->sub_blocks) * 4096;
	d->bitmap2 = d->bitmap1 + map * 4096;
	d->desc = d->bitmap2 + map * 4096;
	return NULL;
}

bool ref_bit(const u8 *bitmap, u64 pfn) { return bitmap[pfn / 8] >> pfn % 8 & 1; }

struct ref_page ref_page(const struct ref_dump *d, u64 n)
{
	const u8 *p = d->desc + 24 * n;

	return (struct ref_page){ get_le64(p), get_le32(p + 8), get_le32(p + 12) };
}

bool ref_page_is(const struct ref_dump *d, const struct ref_page *p, const u8 page[PAGE_SIZE])
{
	const u8 *at = d->bytes + p->offset;

	if (p->offset > d->len || p->size > d->len - p->offset || p->size > PAGE_SIZE)
		return false;
	if (!p->flags)
		return p->size == PAGE_SIZE && !memcmp(at, page, PAGE_SIZE);
	return codec_decodes(p->flags == 2 ? CODEC_LZO : p->flags == 0x20 ? CODEC_ZSTD : CODEC_ZLIB, at,
			     p->size, page);
}
