/* SPDX-License-Identifier: GPL-2.0-or-later */
/* zstd level 1, one frame a page, as makedumpfile writes it. */
#include "dump/codec/ops.h"

#include "log.h"

#define ZSTD_DEPS_MALLOC /* a static context never asks for memory */
#define ZSTD_malloc(size) NULL
#define ZSTD_calloc(n, size) NULL
#define ZSTD_free(p) ((void)(p))
#define ZSTD_NO_INTRINSICS
#define ZSTD_DISABLE_ASM 1
#define ZSTD_STRIP_ERROR_STRINGS 1
#define ZSTD_TRACE 0
#define DYNAMIC_BMI2 0
#include <common/entropy_common.c>
#include <common/error_private.c>
#include <common/zstd_common.c>
#include <compress/fse_compress.c>
#include <compress/hist.c>
#include <compress/huf_compress.c>
#include <compress/zstd_compress_literals.c>
#include <compress/zstd_compress_sequences.c>
/* The fast strategy, but for dictionaries: those two get other names and no callers. */
#include <compress/zstd_fast.h>
extern __typeof__(ZSTD_compressBlock_fast) codec_zstd_no_dict, codec_zstd_no_ext_dict;
#define ZSTD_compressBlock_fast_dictMatchState codec_zstd_no_dict
#define ZSTD_compressBlock_fast_extDict codec_zstd_no_ext_dict
#include <compress/zstd_fast.c>
#undef ZSTD_compressBlock_fast_dictMatchState
#undef ZSTD_compressBlock_fast_extDict
#include <compress/zstd_compress.c>

#define LEVEL 1

/* What ZSTD_estimateCCtxSize() says of pages at this level, and some more; the unit test knows. */
#define CONTEXT_BYTES (76 * KIB)

static u8 memory[CONTEXT_BYTES] ALIGNED(64) OVERLAY(zstd);
static ZSTD_CCtx *context;

/* Level 1 of 4 KiB pages knows one strategy and neither dictionaries nor checksums: what the tables of
 * zstd_compress.c name besides is never called. */
static NORETURN void never(void) { panic("zstd: not a function of level 1"); }

#ifndef __clang__ /* does not know it */
#pragma GCC diagnostic ignored "-Wattribute-alias"
#endif
#define NEVER(f) extern __typeof__(f) f __attribute__((alias("never")))
NEVER(FSE_decompress_wksp_bmi2);
NEVER(ZSTD_XXH64_digest);
NEVER(ZSTD_XXH64_update);
NEVER(ZSTD_compressBlock_fast_dictMatchState);
NEVER(ZSTD_compressBlock_fast_extDict);
NEVER(ZSTD_compressBlock_doubleFast);
NEVER(ZSTD_compressBlock_doubleFast_dictMatchState);
NEVER(ZSTD_compressBlock_doubleFast_extDict);
NEVER(ZSTD_compressBlock_greedy);
NEVER(ZSTD_compressBlock_greedy_dictMatchState);
NEVER(ZSTD_compressBlock_greedy_dedicatedDictSearch);
NEVER(ZSTD_compressBlock_greedy_extDict);
NEVER(ZSTD_compressBlock_greedy_row);
NEVER(ZSTD_compressBlock_greedy_dictMatchState_row);
NEVER(ZSTD_compressBlock_greedy_dedicatedDictSearch_row);
NEVER(ZSTD_compressBlock_greedy_extDict_row);
NEVER(ZSTD_compressBlock_lazy);
NEVER(ZSTD_compressBlock_lazy_dictMatchState);
NEVER(ZSTD_compressBlock_lazy_dedicatedDictSearch);
NEVER(ZSTD_compressBlock_lazy_extDict);
NEVER(ZSTD_compressBlock_lazy_row);
NEVER(ZSTD_compressBlock_lazy_dictMatchState_row);
NEVER(ZSTD_compressBlock_lazy_dedicatedDictSearch_row);
NEVER(ZSTD_compressBlock_lazy_extDict_row);
NEVER(ZSTD_compressBlock_lazy2);
NEVER(ZSTD_compressBlock_lazy2_dictMatchState);
NEVER(ZSTD_compressBlock_lazy2_dedicatedDictSearch);
NEVER(ZSTD_compressBlock_lazy2_extDict);
NEVER(ZSTD_compressBlock_lazy2_row);
NEVER(ZSTD_compressBlock_lazy2_dictMatchState_row);
NEVER(ZSTD_compressBlock_lazy2_dedicatedDictSearch_row);
NEVER(ZSTD_compressBlock_lazy2_extDict_row);
NEVER(ZSTD_compressBlock_btlazy2);
NEVER(ZSTD_compressBlock_btlazy2_dictMatchState);
NEVER(ZSTD_compressBlock_btlazy2_extDict);
NEVER(ZSTD_compressBlock_btopt);
NEVER(ZSTD_compressBlock_btopt_dictMatchState);
NEVER(ZSTD_compressBlock_btopt_extDict);
NEVER(ZSTD_compressBlock_btultra);
NEVER(ZSTD_compressBlock_btultra_dictMatchState);
NEVER(ZSTD_compressBlock_btultra_extDict);
NEVER(ZSTD_compressBlock_btultra2);
NEVER(ZSTD_compressSuperBlock);
NEVER(ZSTD_dedicatedDictSearch_lazy_loadDictionary);
NEVER(ZSTD_fillDoubleHashTable);
NEVER(ZSTD_insertAndFindFirstIndex);
NEVER(ZSTD_ldm_adjustParameters);
NEVER(ZSTD_ldm_blockCompress);
NEVER(ZSTD_ldm_fillHashTable);
NEVER(ZSTD_ldm_generateSequences);
NEVER(ZSTD_ldm_skipRawSeqStoreBytes);
NEVER(ZSTD_ldm_skipSequences);
NEVER(ZSTD_row_update);
NEVER(ZSTD_updateTree);

/* These three are called in any case: no long distance matching, no checksum. */
size_t ZSTD_ldm_getTableSize(ldmParams_t params) { return (void)params, 0; }
size_t ZSTD_ldm_getMaxNbSeq(ldmParams_t params, size_t n) { return (void)params, (void)n, 0; }
XXH_errorcode ZSTD_XXH64_reset(XXH64_state_t *state, XXH64_hash_t seed)
{
	return (void)state, (void)seed, XXH_OK;
}

static int zstd_begin(void)
{
	context = ZSTD_initStaticCCtx(memory, sizeof(memory));
	return context ? 0 : -ENOMEM;
}

static size_t zstd_page(u8 *out, const u8 *page)
{
	size_t n = ZSTD_compressCCtx(context, out, CODEC_OUT_BYTES, page, PAGE_SIZE, LEVEL);

	return ZSTD_isError(n) ? 0 : n;
}

CODEC_OPS codec_zstd = { CODEC_ZSTD, 0x20, zstd_begin, zstd_page };
