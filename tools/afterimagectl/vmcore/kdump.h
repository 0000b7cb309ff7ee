/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kdump-compressed dumps (diskdump), header version 6, 64-bit little endian, plain (not flattened).
 */
#ifndef AFTERIMAGECTL_KDUMP_H
#define AFTERIMAGECTL_KDUMP_H

#include "ctl.h"
#include "input.h"
#include "vmcore/notes.h"

#define KDUMP_SIGNATURE  "KDUMP   "
#define KDUMP_STATUS_OFF 424u
#define KDUMP_INCOMPLETE 0x8u /* bit of status */
#define KDUMP_UTS_LEN    65u
#define KDUMP_DESC_BYTES 24u
#define KDUMP_CHUNK      65536u /* bytes of a bitmap at a time */

enum { KDUMP_ZLIB = 0x1, KDUMP_LZO = 0x2, KDUMP_SNAPPY = 0x4, KDUMP_ZSTD = 0x20 };

struct kdump {
	u32 version;
	u32 status;
	u64 max_mapnr;
	s32 level;
	u64 phys_base;
	bool split;
	u64 bitmap1, bitmap2; /* file offsets */
	u64 bitmap_bytes;     /* of one that hold pages below max_mapnr */
	u64 desc;             /* file offset of the page descriptors */
	u64 note_off, note_len;
	u64 vmcoreinfo_off, vmcoreinfo_len;
	u64 erase_off, erase_len;
	u64 time; /* of the crash, Unix seconds */
	char nodename[KDUMP_UTS_LEN], release[KDUMP_UTS_LEN];
};

/* One page's descriptor, as in the file. */
struct kdump_page {
	u64 offset;
	u32 size;
	u32 flags; /* 0: raw */
	u64 page_flags;
};

/* Read the headers. -ENODATA: cut, -EBADMSG: not a dump that we know. */
int kdump_open(struct kdump *k, const struct input *in, struct why *why);
void kdump_notes(const struct kdump *k, const struct input *in, struct notes *notes);

/* A walk over one of the bitmaps, for (w = kdump_walk_of(...); !kdump_walk_next(&w, chunk);):
 * chunks of zeros are left out, and bits that no page frame has are clear. */
struct kdump_walk {
	const struct kdump *k;
	const struct input *in;
	u64 bitmap;  /* file offset */
	u64 at, len; /* the chunk: bytes of the bitmap */
	u64 next;
};
struct kdump_walk kdump_walk_of(const struct kdump *k, const struct input *in, u64 bitmap);
int kdump_walk_next(struct kdump_walk *w,
		    u8 chunk[KDUMP_CHUNK]); /* -ENOENT: the end; -ENODATA: cut */

/* The descriptor at a place of the table, counted from 0. */
int kdump_desc_read(const struct kdump *k, const struct input *in, u64 position,
		    struct kdump_page *page);

/* Is it the descriptor of a page that an incomplete dump has lost? (crash: PAGE_INCOMPLETE) */
static inline bool kdump_page_lost(const struct kdump_page *page)
{
	return !page->offset;
}

/* Call visit for every page that has a descriptor, in ascending order, until it returns non-zero:
 * that is returned then. Other errors: the file is cut (-ENODATA) or unreadable. */
int kdump_each_page(const struct kdump *k, const struct input *in,
		    int (*visit)(void *context, u64 pfn, const struct kdump_page *page),
		    void *context);

/* The number of pages that have a descriptor; -EBADMSG if the bitmaps contradict each other,
 * -ENODATA if they are cut. */
int kdump_count(const struct kdump *k, const struct input *in, u64 *pages, struct why *why);

/* The machine's RAM by bitmap1: pages, and ranges of them. As far as the file goes. */
void kdump_ram(const struct kdump *k, const struct input *in, u64 *pages, u64 *ranges);

#endif
