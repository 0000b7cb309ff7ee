/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A sink that knows what it should get: every write is compared with the oracle's bytes at that
 * offset, every page must come exactly once. */
#ifndef AFTERIMAGE_CHECK_SINK_H
#define AFTERIMAGE_CHECK_SINK_H

#include "dump/sink.h"
#include "vmcore_ref.h"

struct check_sink {
	struct sink sink;
	const struct vmcore *want;
	u8 *seen;               /* per container page */
	u64 at;                 /* end of the last write */
	u64 span_bytes;
	u64 fail_at;            /* accepted bytes after which writes give -EPIPE; ~0: never */
	bool low_began;         /* a page of the low 16 MiB was written */
	char complaint[200];    /* empty: all is well so far */
};

void check_sink_open(struct check_sink *c, const struct vmcore *want, unsigned int caps);
/* Also complains about what never came. Frees. */
const char *check_sink_close(struct check_sink *c);

#endif
