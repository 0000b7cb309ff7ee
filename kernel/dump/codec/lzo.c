/* SPDX-License-Identifier: GPL-2.0-or-later */
/* LZO1X-1 as makedumpfile uses it: the same bytes for the same page. */
#include "dump/codec/ops.h"

#define LZO_CFG_FREESTANDING 1 /* wants lzo_memset() of us, and nothing else */
#include <lzo1x_1.c>

/* Entries are of 16 bits where 32-bit loads need no alignment (lzo1x_1.c), whatever
 * LZO1X_1_MEM_COMPRESS says; the size of what is cleared for each page. */
#define DICT_BYTES ((1u << D_BITS) * sizeof(lzo_dict_t))

static u8 dict[DICT_BYTES] ALIGNED(64) OVERLAY(lzo);

lzo_voidp lzo_memset(lzo_voidp dst, int c, lzo_uint len) { return __builtin_memset(dst, c, len); }

static int lzo_begin(void) { return 0; }

static size_t lzo_page(u8 *out, const u8 *page)
{
	lzo_uint n = 0;

	return lzo1x_1_compress(page, PAGE_SIZE, out, &n, dict) == LZO_E_OK ? n : 0;
}

CODEC_OPS codec_lzo = { CODEC_LZO, 2, lzo_begin, lzo_page };
