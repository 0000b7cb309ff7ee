/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Descriptors and page data of a kdump-compressed container on their way to the sink, in pieces as
 * large as our memory allows. */
#ifndef AFTERIMAGE_KDUMP_BATCH_H
#define AFTERIMAGE_KDUMP_BATCH_H

#include "dump/dump.h"

struct kdump_desc;

/* Descriptors go to desc_off .. desc_end, data from data_off on, all multiples of a block; the zero
 * page lies at zero_off.
 *
 * On a stream descriptors go before their data, nothing twice. In place (a dump area) data goes as it
 * comes, descriptors when there are many, both in whole blocks, so that no block is read back; what
 * has not filled its block by batch_sync() is written again later. */
struct batch_place {
	bool in_place;
	bool runs; /* of pages of zeros, named in order: one descriptor (KDUMP_EARLY_MORE) */
	u64 desc_off, desc_end, data_off, zero_off;
};

void batch_begin(struct sink *s, struct dump_stats *st, const struct batch_place *at);

/* n bytes of data, at most KDUMP_BLOCK, without a descriptor. */
int batch_append(const void *p, u32 n);

/* A page of zeros, or one that cannot be read. */
int batch_zero(void);

/* A page by reference where that is allowed; only where all data since batch_sync() is such. */
int batch_span(pa_t pa);

/* A page of n bytes where batch_room() said (CODEC_OUT_BYTES of room there; NULL: the sink failed,
 * batch_sync() says how); flags: its codec's, 0 raw. */
u8 *batch_room(void);
int batch_page(u32 n, u32 flags);

/* A page whose data is there already. */
int batch_refer(u64 off, u32 size, u32 flags);

/* The next descriptor also names its page (in page_flags, which readers ignore). */
void batch_name(u64 pfn);

/* The descriptor added since then; NULL: none was. */
const struct kdump_desc *batch_named(void);

/* Descriptors go elsewhere from now on; after batch_sync(). Data goes on where it is. */
void batch_descs_to(u64 off, u64 end);

/* Hand on all there is. 0 or the sink's error. */
int batch_sync(void);

/* Where the data ends. */
u64 batch_end(void);

#endif
