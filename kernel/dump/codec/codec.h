/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Page compression: one page at a time, one codec in a run; their memory is one overlay. */
#ifndef AFTERIMAGE_CODEC_H
#define AFTERIMAGE_CODEC_H

#include "base.h"

enum codec { CODEC_LZO, CODEC_ZSTD, CODEC_ZLIB, CODEC_NONE, CODECS }; /* names: dump.compress= */

/* Is it built in (make CODECS=...)? CODEC_NONE always is. */
bool codec_built_in(enum codec c);
const char *codec_name(enum codec c);

/* Set the memory of the overlay up. 0, or -ENOENT: not built in. */
int codec_begin(enum codec c);

/* The page's descriptor flag (diskdump_mod.h): DUMP_DH_COMPRESSED_ZLIB 1, LZO 2, ZSTD 0x20; 0 for
 * none. */
u32 codec_flag(enum codec c);

/* Room that `out` must have: a codec may overshoot before it is seen not to shrink (lzo1x_1 up to
 * 4419 bytes, zstd 4174). */
#define CODEC_OUT_BYTES 4608u

/* Compress one page to out. The size, below PAGE_SIZE; 0: it does not shrink (or CODEC_NONE): store
 * it raw. */
u32 codec_page(u8 *out, const u8 page[PAGE_SIZE]);

#endif
