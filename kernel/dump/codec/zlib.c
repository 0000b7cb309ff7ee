/* SPDX-License-Identifier: GPL-2.0-or-later */
/* zlib streams by libdeflate, level 1: three times as fast as zlib itself. */
#include "dump/codec/ops.h"

#define LEVEL 1

#pragma GCC diagnostic ignored "-Wunused-function"
#define FREESTANDING
#define LIBDEFLATEEXPORT static /* other levels are seen to be never used */
#define LIB_X86_ADLER32_IMPL_H /* no SSE: the generic checksum */
#define u64 deflate_u64        /* theirs is a long */
#define s64 deflate_s64
#undef MIN
#undef MAX
#include <lib/lib_common.h>
#include <libdeflate.h>
#include <lib/deflate_compress.c>
#include <lib/adler32.c>
#include <lib/zlib_compress.c>
#undef u64
#undef s64

/* The compressor ends with a store of sequences for any input; a page has no more matches than this,
 * and the rest of the store is never touched. */
#define PAGE_SEQUENCES (PAGE_SIZE / HT_MATCHFINDER_MIN_MATCH_LEN + 1)
#define COMPRESSOR_BYTES offsetof(struct libdeflate_compressor, p.f.sequences[PAGE_SEQUENCES + 1])

static u8 memory[COMPRESSOR_BYTES] ALIGNED(64) OVERLAY(zlib);
static struct libdeflate_compressor *compressor;

/* The hooks of lib/utils.c: the one allocation of a run. Not to be inlined: the compiler would complain
 * of the missing end. */
__attribute__((noinline)) void *libdeflate_aligned_malloc(size_t alignment, size_t size)
{
	return alignment <= 64 && size >= sizeof(memory) ? memory : NULL;
}

void libdeflate_aligned_free(void *p) { (void)p; }

static int zlib_begin(void)
{
	compressor = libdeflate_alloc_compressor(LEVEL);
	return compressor ? 0 : -ENOMEM;
}

static size_t zlib_page(u8 *out, const u8 *page)
{
	return libdeflate_zlib_compress(compressor, page, PAGE_SIZE, out, PAGE_SIZE - 1);
}

CODEC_OPS codec_zlib = { CODEC_ZLIB, 1, zlib_begin, zlib_page };
