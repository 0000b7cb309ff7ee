/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a dump is read from: a file, a section of a dump area, memory, or the rearranged view of a
 * flattened file. */
#ifndef AFTERIMAGECTL_INPUT_H
#define AFTERIMAGECTL_INPUT_H

#include "base.h"
#include "dump/disk/area.h"

struct flat_map;

/* A file in which each of several extents of contents begins with a block (AREA_BLOCK) that is none of
 * them: a dump area. */
struct input_extents {
	u64 start; /* of the first extent in the file */
	unsigned int n;
	u64 at[AREA_MAX_EXTENTS]; /* what of the contents each begins with; the first with 0 */
};

/* Bytes [0, size). Owns nothing: fd, mem, extents and map belong to whoever made it. */
struct input {
	int fd; /* used where mem is NULL */
	const u8 *mem;
	u64 base; /* of byte 0 in the file */
	u64 size;
	const struct input_extents *extents; /* not NULL: base counts in their contents */
	const struct flat_map *map; /* not NULL: base and fd are the flattened file's (flat.h) */
};

/* A whole file, a window of it, or memory. */
struct input input_of_file(int fd, u64 base, u64 size);
struct input input_of_extents(int fd, const struct input_extents *x, u64 base, u64 size);
struct input input_of_memory(const void *p, u64 size);

/* Where byte `at` of the contents is in the file; *room is what follows it in its extent, the last one
 * without an end. */
u64 input_extents_place(const struct input_extents *x, u64 at, u64 *room);

/* All of [off, off+len), or -ENODATA where that leaves the input, or the error of the read. Says
 * nothing. */
int input_read(const struct input *in, u64 off, void *buf, u64 len);

/* The first offset from off on that can be anything but a hole; the input's size if there is none.
 */
u64 input_next_data(const struct input *in, u64 off);

bool all_zero(const void *p, size_t n);

/* The size of a regular file or block device; says what is wrong with anything else. */
int file_size(int fd, const char *path, u64 *size);

/* Open for reading and measure. Returns the descriptor or a negative errno that was told. */
int input_open(struct input *in, const char *path);

#endif
