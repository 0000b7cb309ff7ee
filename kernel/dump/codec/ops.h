/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a codec is to codec.c. Each NAME.c includes its library's unmodified sources (from
 * build/deps, pinned by tools/deps.lock) as one unit, so that what is never called is never linked. */
#ifndef AFTERIMAGE_CODEC_OPS_H
#define AFTERIMAGE_CODEC_OPS_H

#include "dump/codec/codec.h"

struct codec_ops {
	enum codec id;
	u32 flag;
	/* 0 or negative; the codec's memory holds garbage before */
	int (*begin)(void);
	/* bytes written to out (CODEC_OUT_BYTES of room), or 0 */
	size_t (*page)(u8 *out, const u8 *page);
};

/* Whoever is linked is built in: linker.ld gathers these. With the alignment said, compilers add
 * none of their own. */
#define CODEC_OPS                                                                                  \
	__attribute__((section("codec_ops"), used)) ALIGNED(8) static const struct codec_ops

#endif
