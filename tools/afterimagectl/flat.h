/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The flattened format of makedumpfile -F: a dump as a stream of (offset, size, bytes) records. */
#ifndef AFTERIMAGECTL_FLAT_H
#define AFTERIMAGECTL_FLAT_H

#include "ctl.h"
#include "input.h"

#define FLAT_SIGNATURE "makedumpfile" /* NUL-padded to 16 bytes */
#define FLAT_TYPE      1
#define FLAT_VERSION   1
#define FLAT_SNIFF     32u          /* bytes that tell a flattened stream */
#define FLAT_START     4096u        /* the start block */
#define FLAT_RECORD    16u          /* a record's header: offset and size, big endian */
#define FLAT_LIMIT     (1ull << 47) /* no rearranged dump is larger: 128 TiB */

struct flat_record {
	u64 offset; /* in the rearranged file */
	u64 size;
};

/* Do these FLAT_SNIFF bytes begin a flattened stream that we understand? */
bool flat_sniff(const u8 *p);

/* 0: a record; 1: the end record; -EBADMSG: no record that could be meant. */
int flat_record(const u8 header[FLAT_RECORD], struct flat_record *r, struct why *why);

struct flat_extent {
	u64 offset; /* in the rearranged file */
	u64 size;
	u64 position; /* of its bytes in the flattened file */
};

struct flat_map {
	struct flat_extent *extent; /* by offset */
	size_t count, room;
	u64 size;        /* of the rearranged file */
	bool ended;      /* the end record was there */
	u64 trailing;    /* bytes after it */
	u64 overlapping; /* bytes written more than once */
};

/* Index a flattened file. 0 also for a cut one (ended is false, and *why tells where); errors:
 * -EBADMSG a hostile record, -ENOMEM, -E2BIG too many records, those of reading. The map belongs
 * to the caller: flat_map_free(). */
int flat_map_build(struct flat_map *map, const struct input *in, struct why *why);
void flat_map_free(struct flat_map *map);

/* The rearranged view of the flattened `in`. Holes read as zeros. */
struct input flat_map_view(const struct flat_map *map, const struct input *in);
u64 flat_map_next(const struct input *view, u64 off); /* input_next_data() */
int flat_map_read(const struct input *view, u64 off, void *buf, u64 len);

#endif
