/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kdump-compressed container: makedumpfile's disk-dump format, header version 6
 * (docs/formats.md). */
#ifndef AFTERIMAGE_KDUMP_H
#define AFTERIMAGE_KDUMP_H

#include "dump/codec/codec.h"
#include "dump/dump.h"

/* Bytes that the container takes at least: headers, notes, both bitmaps, the largest possible
 * descriptor table and the zero page. What the pages add is only known at the end. */
u64 kdump_size_min(void);

/* Write the container in one pass to a sink with SINK_SEEK (a dump area, or flatten_begin()). `level`
 * is filter_init()'s answer. Header status: on a stream the final one; in a dump area (in_place)
 * incomplete until the very last write, so that a cut leaves a dump that says so. st->total becomes
 * the container's bytes, on a stream those that its finish() adds included. 0, the sink's error,
 * -ETIME, -ENOENT: the codec is not built in, or -ESTALE: the ranges of RAM did not read the same
 * twice. finish() is the caller's. */
int kdump_write(struct sink *s, struct dump_stats *st, unsigned int level, enum codec codec,
		bool in_place);

#endif
