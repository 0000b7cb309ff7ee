/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kdump-compressed container (docs/formats.md): RAM in cycles, each evaluated once. */
#include "dump/format/kdump.h"

#include <string.h>

#include "bytes.h"
#include "clock.h"
#include "dump/format/early.h"
#include "dump/format/flatten.h"
#include "dump/format/kdump_batch.h"
#include "dump/format/kdump_format.h"
#include "dump/linux/filter.h"
#include "dump/linux/kernel_va.h"
#include "dump/linux/vmcoreinfo.h"
#include "dump/source/oldmem.h"
#include "dump/source/rampages.h"
#include "dump/source/source.h"
#include "life/life.h"
#include "log.h"

#define PIECE_BYTES 256u

#define UTS_NAME_OFFSET 4 /* before 5.11, which tells: behind a struct kref */

#define OFF_SUB_HEADER KDUMP_BLOCK
#define OFF_NOTES (OFF_SUB_HEADER + sizeof(struct kdump_sub_header))

#define EARLY_BYTES (EARLY_PAGES * sizeof(struct kdump_desc))

_Static_assert(EARLY_BYTES % KDUMP_BLOCK == 0, "whole blocks");
_Static_assert(EARLY_PAGES + 16 <= FILTER_PAGES, "all candidates may be one range");

/* Container offsets. */
struct layout {
	u64 max_mapnr;
	u64 notes;         /* bytes */
	u64 early;         /* table of EARLY_BYTES, and its header */
	u64 early_header;
	u64 bitmap[2];     /* offsets of bitmap_bytes each */
	u64 bitmap_bytes;
	u64 descs, descs_end;
	u64 data;          /* begins with the zero page */
};

static struct kdump {
	struct sink *sink;
	struct dump_stats *st;
	struct layout at;
	unsigned int level;
	enum codec codec;
	bool in_place;
} kdump;

/* One cycle: pages of RAM, and those of them that are kept. */
static u8 ram[FILTER_PAGES / 8] ALIGNED(8) OVERLAY(kdump);
static u8 kept[FILTER_PAGES / 8] ALIGNED(8) OVERLAY(kdump);

/* The source leaves out what no CPU can address (2^52 bytes): no sum overflows. */
static void layout_make(struct layout *l)
{
	struct source_note n;
	u32 at = 0;

	*l = (struct layout){ .max_mapnr = rampages_end() };
	while (source_next_note(&at, &n))
		l->notes += n.len;
	l->bitmap_bytes = ALIGN_UP((l->max_mapnr + 7) / 8, KDUMP_BLOCK);
	l->early = ALIGN_UP(OFF_NOTES + l->notes, KDUMP_BLOCK);
	l->early_header = l->early + EARLY_BYTES;
	l->bitmap[0] = l->early_header + KDUMP_BLOCK;
	l->bitmap[1] = l->bitmap[0] + l->bitmap_bytes;
	l->descs = l->bitmap[1] + l->bitmap_bytes;
	l->descs_end = l->descs + rampages_count() * sizeof(struct kdump_desc);
	l->data = ALIGN_UP(l->descs_end, KDUMP_BLOCK);
}

u64 kdump_size_min(void)
{
	struct layout l;

	layout_make(&l);
	return l.data + KDUMP_BLOCK;
}

/* What the crashed kernel calls itself; in any case what readers insist on. */
static void utsname_read(struct kdump_utsname *u)
{
	static const char machine[] = "x86_64";
	u64 ns, off;

	if (!vmcoreinfo_value("OFFSET", "uts_namespace.name", &off))
		off = UTS_NAME_OFFSET;
	if (!vmcoreinfo_value("SYMBOL", "init_uts_ns", &ns) ||
	    kernel_va_read(u, ns + off, sizeof(*u)) || memcmp(u->machine, machine, sizeof(machine))) {
		memset(u, 0, sizeof(*u));
		memcpy(u->sysname, "Linux", sizeof("Linux"));
		memcpy(u->machine, machine, sizeof(machine));
		vmcoreinfo_get("OSRELEASE", u->release, UTS_FIELD);
	}
	for (u8 *end = (u8 *)u + UTS_FIELD - 1; end < (u8 *)(u + 1); end += UTS_FIELD)
		*end = 0;
}

/* Headers and bitmaps: where the medium may be written in another order, they come after what they
 * promise. */
static int write_promise(const struct kdump *k, u64 off, const void *p, u32 n)
{
	const struct sink_ops *ops = k->sink->ops;

	if (k->in_place && ops->write_later)
		return ops->write_later(k->sink, off, p, n);
	return ops->write(k->sink, off, p, n);
}

static int write_main_header(const struct kdump *k, bool incomplete)
{
	struct kdump_header *h = (struct kdump_header *)dump_page;
	struct source_summary sum;

	source_summarise(&sum);
	memset(h, 0, sizeof(*h));
	memcpy(h->signature, KDUMP_SIGNATURE, sizeof(h->signature));
	h->version = KDUMP_VERSION;
	utsname_read(&h->uts);
	h->time_s = (s64)vmcoreinfo_number("CRASHTIME", 0);
	h->status = codec_flag(k->codec) | (incomplete ? KDUMP_INCOMPLETE : 0);
	h->block_size = KDUMP_BLOCK;
	h->sub_hdr_blocks = (u32)(k->at.bitmap[0] / KDUMP_BLOCK - 1);
	h->bitmap_blocks = (u32)(2 * k->at.bitmap_bytes / KDUMP_BLOCK);
	h->max_mapnr = (u32)MIN(k->at.max_mapnr, (u64)~0u);
	h->nr_cpus = MAX(sum.cpus, 1u);
	return write_promise(k, 0, h, sizeof(*h));
}

/* Where a note's descriptor lies among the notes, one behind the other. */
static u64 note_offset(const struct source_note *desc)
{
	struct source_note n;
	u64 off = 0;
	u32 at = 0;

	while (source_next_note(&at, &n)) {
		u64 in = desc->pa - n.pa;

		if (n.own && desc->own)
			in = (u64)((const u8 *)desc->own - (const u8 *)n.own);
		if (!n.own == !desc->own && in < n.len)
			return off + in;
		off += n.len;
	}
	return 0;
}

static int append_sub_header(const struct kdump *k)
{
	struct kdump_sub_header h = {
		.phys_base = kernel_va_phys_base(),
		.dump_level = (s32)k->level,
		.max_mapnr_64 = k->at.max_mapnr,
	};
	struct source_note v;

	if (k->at.notes) {
		h.offset_note = (s64)OFF_NOTES;
		h.size_note = k->at.notes;
	}
	if (!source_vmcoreinfo(&v)) {
		h.offset_vmcoreinfo = (s64)(OFF_NOTES + note_offset(&v));
		h.size_vmcoreinfo = v.len;
	}
	return batch_append(&h, sizeof(h));
}

/* The notes as they are now, up to the block's end; as many bytes as they were before. */
static int append_notes(const struct kdump *k)
{
	u64 left = k->at.early - OFF_NOTES;
	struct source_note n;
	u8 piece[PIECE_BYTES];
	u32 at = 0;
	int err = 0;

	while (!err && source_next_note(&at, &n)) {
		for (u64 off = 0; off < n.len && left && !err; off += sizeof(piece)) {
			u64 len = MIN(MIN(n.len - off, (u64)sizeof(piece)), left);

			source_read_note(piece, &n, off, len);
			err = batch_append(piece, (u32)len);
			left -= len;
		}
	}
	memset(piece, 0, sizeof(piece));
	for (u32 len; left && !err; left -= len) {
		len = (u32)MIN(left, (u64)sizeof(piece));
		err = batch_append(piece, len);
	}
	return err;
}

/* Of the cycle that *pfn lies in: its first page, and how many. */
static u32 cycle_pages(const struct kdump *k, u64 *pfn)
{
	*pfn = ALIGN_DOWN(*pfn, FILTER_PAGES);
	return (u32)MIN((u64)FILTER_PAGES, ALIGN_UP(k->at.max_mapnr - *pfn, 8));
}

/* In place no stale bit may count: the early table and both bitmaps begin as zeros. */
static int clear_bitmaps(const struct kdump *k)
{
	int err = 0;

	memset(dump_page, 0, sizeof(dump_page));
	for (u64 off = k->at.early; off < k->at.descs && !err; off += KDUMP_BLOCK) {
		err = k->sink->ops->write(k->sink, off, dump_page, KDUMP_BLOCK);
		if (!err && clock_expired())
			err = -ETIME;
	}
	return err;
}

static int write_no_header(const struct kdump *k)
{
	memset(dump_page, 0, sizeof(dump_page));
	return k->sink->ops->write(k->sink, 0, dump_page, KDUMP_BLOCK);
}

static int write_early_header(const struct kdump *k)
{
	struct kdump_early *h = (struct kdump_early *)dump_page;

	memset(dump_page, 0, sizeof(dump_page));
	memcpy(h->signature, KDUMP_EARLY_SIGNATURE, sizeof(h->signature));
	h->offset = k->at.early;
	h->count = EARLY_PAGES;
	return write_promise(k, k->at.early_header, h, KDUMP_BLOCK);
}

/* Which pages are RAM is known from the beginning: a reader of a cut dump can tell what is missing
 * from what never was. */
static int write_ram_bitmap(const struct kdump *k)
{
	int err = 0;

	for (u64 pfn = rampages_next(0); !err && pfn < k->at.max_mapnr;) {
		u32 n = cycle_pages(k, &pfn);

		memset(ram, 0, sizeof(ram));
		rampages_bitmap(pfn, n, ram);
		err = k->sink->ops->write(k->sink, k->at.bitmap[0] + pfn / 8, ram, n / 8);
		if (!err && clock_expired())
			err = -ETIME;
		pfn = rampages_next(pfn + FILTER_PAGES);
	}
	return err;
}

/* All that stands before bitmap 2, and the zero page. Leaves the batch ready for pages. */
static int write_front(const struct kdump *k)
{
	struct batch_place at = { .in_place = k->in_place, .data_off = OFF_SUB_HEADER };
	int err = k->in_place ? write_no_header(k) : write_main_header(k, false);

	batch_begin(k->sink, k->st, &at);
	if (!err)
		err = append_sub_header(k);
	if (!err)
		err = append_notes(k);
	if (!err)
		err = batch_sync();
	if (!err)
		err = k->in_place ? clear_bitmaps(k) : write_early_header(k);
	if (!err && k->in_place)
		err = write_main_header(k, true);
	if (!err)
		err = write_ram_bitmap(k);
	at = (struct batch_place){
		.in_place = k->in_place,
		.runs = true,
		.desc_off = k->at.early,
		.desc_end = k->at.early_header,
		.data_off = k->at.data,
		.zero_off = k->at.data,
	};
	batch_begin(k->sink, k->st, &at);
	memset(dump_page, 0, sizeof(dump_page));
	if (!err)
		err = batch_append(dump_page, sizeof(dump_page));
	return err ? err : batch_sync();
}

static bool page_is_zero(void)
{
	const u64 *p = (const u64 *)dump_page, *end = p + PAGE_SIZE / sizeof(*p);

	for (; p < end; p += 8)
		if (p[0] | p[1] | p[2] | p[3] | p[4] | p[5] | p[6] | p[7])
			return false;
	return true;
}

/* One that would be compressed, and not to less than `most` bytes, is left out; 0: none is. */
static int write_page(const struct kdump *k, u64 pfn, u32 most)
{
	pa_t pa = rampages_contents(pfn << PAGE_SHIFT);
	u8 *out;
	u32 n;

	if (k->codec == CODEC_NONE && !(k->level & LEVEL_ZERO))
		return batch_span(pa);
	if (oldmem_read(dump_page, pa, PAGE_SIZE)) {
		k->st->unreadable++;
		return batch_zero();
	}
	if ((k->level & LEVEL_ZERO) && page_is_zero())
		return batch_zero();
	if (k->codec == CODEC_NONE)
		return batch_span(pa);
	out = batch_room();
	if (!out)
		return batch_sync();
	life_begin(LIFE_COMPRESS);
	n = codec_page(out, dump_page);
	life_begin(LIFE_ALL);
	if (most && (!n || n >= most))
		return 0;
	if (n)
		return batch_page(n, codec_flag(k->codec));
	memcpy(out, dump_page, PAGE_SIZE);
	return batch_page(PAGE_SIZE, 0);
}

static u32 bits_in(u64 word)
{
	u32 n = 0;

	for (; word; word &= word - 1)
		n++;
	return n;
}

static bool bit_is_set(const u8 *bitmap, u64 i) { return bitmap[i / 8] >> i % 8 & 1; }

static void choose_pages(u64 pfn, u32 n)
{
	memset(ram, 0, sizeof(ram));
	rampages_bitmap(pfn, n, ram);
	memcpy(kept, ram, sizeof(kept));
	if (life_begin(LIFE_FILTER))
		filter_apply(pfn, n, kept, NULL);
	life_begin(LIFE_ALL);
}

/* A page that readers need first, to the early table and the data. */
static int write_early_page(const struct kdump *k, u64 pfn, u32 most)
{
	const struct kdump_desc *d;
	int err;

	batch_name(pfn);
	err = write_page(k, pfn, most);
	d = batch_named();
	if (err)
		return err;
	if (!d)
		early_later(pfn);
	else if ((u64)d->offset == k->at.data)
		early_sent(pfn, 0, 0);
	else
		early_sent(pfn, (u64)d->offset, d->size);
	return clock_expired() ? -ETIME : 0;
}

/* Those of the range's pages whose turn it is, and which the filter keeps. */
static int write_early_range(const struct kdump *k, u64 pfn, u32 n)
{
	u64 start = ALIGN_DOWN(pfn, 8);
	u32 most;
	int err = 0;

	filter_begin();
	choose_pages(start, (u32)ALIGN_UP(pfn + n - start, 8));
	for (; n && !err; n--, pfn++) {
		if (early_turn(pfn, &most)) {
			if (bit_is_set(kept, pfn - start))
				err = write_early_page(k, pfn, most);
			else
				early_drop(pfn);
		}
		dump_progress(k->sink, k->st);
	}
	return err;
}

/* Afterwards the batch is ready for the pages in their order. */
static int write_early_pages(const struct kdump *k)
{
	u64 pfn;
	u32 at = 0, n;
	int err = 0;

	early_collect();
	life_begin(LIFE_ALL);
	while (!err && early_next(&at, &pfn, &n))
		err = write_early_range(k, pfn, n);
	if (!err)
		err = batch_sync();
	if (!err && k->in_place)
		err = write_early_header(k);
	batch_descs_to(k->at.descs, k->at.descs_end);
	k->st->pages = 0; /* they count when their turn comes */
	return err;
}

static int write_kept_page(const struct kdump *k, u64 pfn, bool perhaps_sent)
{
	u64 off;
	u32 size;

	if (k->in_place) /* a torn bitmap moves descriptors to other pages */
		batch_name(pfn);
	if (!perhaps_sent || !early_find(pfn, &off, &size))
		return write_page(k, pfn, 0);
	if (!size)
		return batch_refer(k->at.data, KDUMP_BLOCK, 0);
	return batch_refer(off, size, size == KDUMP_BLOCK ? 0 : codec_flag(k->codec));
}

/* The pages of one cycle, 64 at a time. */
static int write_kept_pages(const struct kdump *k, u64 pfn, u32 n)
{
	int err = 0;

	for (u32 i = 0; i < n && !err; i += 64) {
		bool perhaps_sent = early_within(pfn + i, 64);
		u64 word = get_le64(kept + i / 8);

		for (; word && !err; word &= word - 1)
			err = write_kept_page(k, pfn + i + (u32)__builtin_ctzll(word), perhaps_sent);
		k->st->ram_done += bits_in(get_le64(ram + i / 8));
		dump_progress(k->sink, k->st);
		if (!err && clock_expired())
			err = -ETIME;
	}
	return err;
}

static int write_kept_bitmap(const struct kdump *k, u64 pfn, u32 n)
{
	return write_promise(k, k->at.bitmap[1] + pfn / 8, kept, n / 8);
}

/* On a stream what a page's bytes mean is known before they come; in place nothing counts before it
 * is there. */
static int write_cycle(const struct kdump *k, u64 pfn, u32 n)
{
	int err = 0;

	choose_pages(pfn, n);
	if (!k->in_place)
		err = write_kept_bitmap(k, pfn, n);
	if (!err)
		err = write_kept_pages(k, pfn, n);
	if (err || !k->in_place)
		return err;
	err = batch_sync();
	return err ? err : write_kept_bitmap(k, pfn, n);
}

int kdump_write(struct sink *s, struct dump_stats *st, unsigned int level, enum codec codec,
		bool in_place)
{
	struct kdump *k = &kdump;
	int err = codec_begin(codec);

	*k = (struct kdump){ .sink = s, .st = st, .level = level, .codec = codec, .in_place = in_place };
	layout_make(&k->at);
	st->ram_pages = rampages_count();
	if (!err)
		err = write_front(k);
	if (!err)
		err = write_early_pages(k);
	filter_begin();
	for (u64 pfn = rampages_next(0); !err && pfn < k->at.max_mapnr;) {
		u32 n = cycle_pages(k, &pfn);

		err = write_cycle(k, pfn, n);
		pfn = rampages_next(pfn + FILTER_PAGES);
	}
	if (!err)
		err = batch_sync();
	if (!err && in_place)
		err = write_main_header(k, false);
	st->total = in_place ? batch_end() : s->accepted + FLATTEN_END_BYTES;
	return err;
}
