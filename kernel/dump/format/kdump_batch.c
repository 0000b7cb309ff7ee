/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The gathering of kdump_batch.h. */
#include "dump/format/kdump_batch.h"

#include <string.h>

#include "dump/codec/codec.h"
#include "dump/format/flatten.h"
#include "dump/format/kdump_format.h"
#include "log.h"

#define RECORD_BYTES (32 * KIB) /* of data, at least, before it goes */
#define DATA_BYTES   (RECORD_BYTES + CODEC_OUT_BYTES)
#define DESCS        512u /* whole blocks; of raw pages 2 MiB */

struct span {
	pa_t pa;
	u64 len;
};

static union {
	u8 data[DATA_BYTES];
	struct span span[DESCS]; /* instead of data */
} gathered ALIGNED(4096) OVERLAY(kdump);

static struct kdump_desc desc[DESCS] ALIGNED(4096) OVERLAY(kdump);

_Static_assert(sizeof(desc) % KDUMP_BLOCK == 0, "whole blocks");

static struct batch {
	struct sink *sink;
	struct dump_stats *st;
	struct batch_place at; /* its offsets: of what is gathered now */
	u32 data_n;            /* bytes in gathered.data */
	u32 spans;
	u64 span_bytes;
	u32 descs;
	struct kdump_desc named; /* the last descriptor; size 0: none since batch_name() */
	u64 name;
	int err;
} batch;

static u64 data_end(const struct batch *b) { return b->at.data_off + b->data_n + b->span_bytes; }

static void hand_out(struct batch *b, u64 off, const void *p, u32 n)
{
	if (!b->err && n)
		b->err = b->sink->ops->write(b->sink, off, p, n);
}

static void descs_flush(struct batch *b)
{
	u32 n = b->descs * (u32)sizeof(*desc), whole = (u32)ALIGN_UP(n, KDUMP_BLOCK);

	if (!b->at.in_place) {
		hand_out(b, b->at.desc_off, desc, n);
	} else {
		memset((u8 *)desc + n, 0, whole - n);
		hand_out(b, b->at.desc_off, desc, whole);
		if (b->descs < DESCS)
			return; /* once more, with more of them */
	}
	b->at.desc_off += n;
	b->descs = 0;
}

/* In place the last block stays here until it is full; `all`: it is written nevertheless. */
static void data_flush(struct batch *b, bool all)
{
	u32 done = b->at.in_place ? (u32)ALIGN_DOWN(b->data_n, KDUMP_BLOCK) : b->data_n;

	hand_out(b, b->at.data_off, gathered.data, all ? b->data_n : done);
	memmove(gathered.data, gathered.data + done, b->data_n - done);
	b->at.data_off += done;
	b->data_n -= done;
}

static void spans_flush(struct batch *b)
{
	if (!b->at.in_place && b->spans && !b->err)
		b->err = flatten_record(b->sink, b->at.data_off, b->span_bytes);
	for (u32 i = 0; i < b->spans && !b->err; i++) {
		const struct span *s = &gathered.span[i];

		b->err = dump_span(b->sink, b->st, b->at.data_off, s->pa, s->len);
		b->at.data_off += s->len;
	}
	b->spans = 0;
	b->span_bytes = 0;
}

static void all_flush(struct batch *b, bool all)
{
	if (!b->at.in_place)
		descs_flush(b);
	if (b->spans)
		spans_flush(b);
	else
		data_flush(b, all);
}

/* One more page of zeros: the descriptor before may stand for it too. */
static bool desc_repeats(const struct batch *b, u64 off)
{
	struct kdump_desc *last = b->descs ? &desc[b->descs - 1] : NULL;
	u64 more = last ? last->page_flags / KDUMP_EARLY_MORE : 0;

	if (!b->at.runs || !last || (u64)last->offset != off || off != b->at.zero_off ||
	    last->page_flags % KDUMP_EARLY_MORE + more + 1 != b->name ||
	    more + 1 == ~0ull / KDUMP_EARLY_MORE)
		return false;
	last->page_flags += KDUMP_EARLY_MORE;
	return true;
}

static int desc_add(struct batch *b, u64 off, u32 size, u32 flags)
{
	u64 used = (u64)b->descs * sizeof(*desc);

	if (b->err)
		return b->err;
	if (b->at.desc_end - b->at.desc_off - used < sizeof(*desc)) {
		log_info("more pages of RAM than were counted before");
		return b->err = -ESTALE;
	}
	b->named = (struct kdump_desc){
		.offset = (s64)off, .size = size, .flags = flags, .page_flags = b->name,
	};
	if (desc_repeats(b, off))
		return 0;
	desc[b->descs++] = b->named;
	if (b->descs == DESCS && b->spans)
		all_flush(b, true); /* one record of descriptors, one of their pages */
	if (b->descs == DESCS)
		descs_flush(b);
	return b->err;
}

void batch_begin(struct sink *s, struct dump_stats *st, const struct batch_place *at)
{
	batch = (struct batch){ .sink = s, .st = st, .at = *at };
}

int batch_append(const void *p, u32 n)
{
	u8 *to = batch_room();

	if (to) {
		memcpy(to, p, n);
		batch.data_n += n;
	}
	return batch.err;
}

int batch_zero(void)
{
	batch.st->pages++;
	return desc_add(&batch, batch.at.zero_off, KDUMP_BLOCK, 0);
}

int batch_span(pa_t pa)
{
	struct batch *b = &batch;
	struct span *last = b->spans ? &gathered.span[b->spans - 1] : NULL;
	u64 off = data_end(b);

	if (last && last->pa + last->len == pa)
		last->len += PAGE_SIZE;
	else
		gathered.span[b->spans++] = (struct span){ pa, PAGE_SIZE };
	b->span_bytes += PAGE_SIZE;
	return desc_add(b, off, KDUMP_BLOCK, 0);
}

u8 *batch_room(void)
{
	if (batch.data_n > RECORD_BYTES)
		all_flush(&batch, false);
	return batch.err ? NULL : gathered.data + batch.data_n;
}

int batch_page(u32 n, u32 flags)
{
	u64 off = data_end(&batch);

	batch.data_n += n;
	batch.st->pages++;
	return desc_add(&batch, off, n, flags);
}

int batch_refer(u64 off, u32 size, u32 flags)
{
	batch.st->pages++;
	return desc_add(&batch, off, size, flags);
}

void batch_name(u64 pfn)
{
	batch.name = pfn;
	batch.named.size = 0;
}

const struct kdump_desc *batch_named(void) { return batch.named.size ? &batch.named : NULL; }

void batch_descs_to(u64 off, u64 end)
{
	batch.at.desc_off = off;
	batch.at.desc_end = end;
	batch.descs = 0;
	batch.at.runs = false;
	batch_name(0);
}

int batch_sync(void)
{
	all_flush(&batch, true);
	if (batch.at.in_place)
		descs_flush(&batch);
	return batch.err;
}

u64 batch_end(void) { return data_end(&batch); }
