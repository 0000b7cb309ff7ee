/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pages as codecs meet them, and the codecs of the distribution, which share no code with ours. */
#ifndef AFTERIMAGE_TEST_CODEC_PAGES_H
#define AFTERIMAGE_TEST_CODEC_PAGES_H

#include "dump/codec/codec.h"

enum codec_page_kind {
	CODEC_PAGE_ZERO,
	CODEC_PAGE_BYTE,    /* one value */
	CODEC_PAGE_TEXT,
	CODEC_PAGE_POINTERS,
	CODEC_PAGE_SPARSE,  /* zeros with some words */
	CODEC_PAGE_HALF,    /* half random */
	CODEC_PAGE_LAST,    /* differs from a byte pattern at its end only */
	CODEC_PAGE_RANDOM,  /* does not shrink */
	CODEC_PAGES,
};

/* Page number i is of kind i % CODEC_PAGES; no two are alike but those of zeros. */
void codec_page_fill(u8 page[PAGE_SIZE], unsigned int i);

/* Does the distribution's decompressor make exactly the page of it? */
bool codec_decodes(enum codec c, const u8 *in, u32 n, const u8 page[PAGE_SIZE]);

/* A function of a shared library, or the end of the program. */
void *distro_function(const char *library, const char *function);

#endif
