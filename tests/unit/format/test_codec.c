/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Page codecs against the distribution's libraries: what they decode, and what they would have
 * written. */
#include "fake/codec_pages.h"
#include "unit/test.h"

/* Every kind of page, several times over, so that what a page leaves behind meets another. */
static const char *round_trip(enum codec c)
{
	static u8 page[PAGE_SIZE], out[CODEC_OUT_BYTES];
	static char why[100];
	unsigned int shrunk = 0;

	if (codec_begin(c))
		return "does not begin";
	for (unsigned int i = 0; i < 8 * CODEC_PAGES; i++) {
		u32 n;

		codec_page_fill(page, i);
		n = codec_page(out, page);
		snprintf(why, sizeof(why), "page %u, %u bytes", i, n);
		if (n >= PAGE_SIZE || (n && !codec_decodes(c, out, n, page)))
			return why;
		if (!n != (i % CODEC_PAGES == CODEC_PAGE_RANDOM))
			return why;
		shrunk += !!n;
	}
	return shrunk ? "" : "nothing shrinks";
}

TEST(lzo_decodes) { CHECK(!*round_trip(CODEC_LZO)); }
TEST(zstd_decodes) { CHECK(!*round_trip(CODEC_ZSTD)); }
TEST(zlib_decodes) { CHECK(!*round_trip(CODEC_ZLIB)); }

/* After one codec has used the overlay, another finds garbage. */
TEST(one_codec_after_another)
{
	for (int i = 0; i < 2; i++)
		for (enum codec c = CODEC_LZO; c < CODEC_NONE; c++)
			CHECK(!*round_trip(c));
}

TEST(lzo_is_what_makedumpfile_writes)
{
	static u8 page[PAGE_SIZE], ours[CODEC_OUT_BYTES], real[CODEC_OUT_BYTES], work[1 << 17];
	int (*f)(const u8 *in, size_t n, u8 *out, size_t *out_n, void *work) =
		distro_function("liblzo2.so.2", "lzo1x_1_compress");

	CHECK_EQ(codec_begin(CODEC_LZO), 0);
	for (unsigned int i = 0; i < 4 * CODEC_PAGES; i++) {
		size_t n;
		u32 have;

		codec_page_fill(page, i);
		have = codec_page(ours, page);
		CHECK_EQ(f(page, PAGE_SIZE, real, &n, work), 0);
		CHECK_EQ(have, n < PAGE_SIZE ? n : 0);
		CHECK(!memcmp(ours, real, have));
	}
}

TEST(zstd_is_what_makedumpfile_writes)
{
	static u8 page[PAGE_SIZE], ours[CODEC_OUT_BYTES], real[CODEC_OUT_BYTES];
	void *(*create)(void) = distro_function("libzstd.so.1", "ZSTD_createCCtx");
	size_t (*f)(void *ctx, void *out, size_t room, const void *in, size_t n, int level) =
		distro_function("libzstd.so.1", "ZSTD_compressCCtx");
	size_t (*destroy)(void *ctx) = distro_function("libzstd.so.1", "ZSTD_freeCCtx");
	void *context = create();

	CHECK_EQ(codec_begin(CODEC_ZSTD), 0);
	for (unsigned int i = 0; i < 4 * CODEC_PAGES; i++) {
		size_t n;
		u32 have;

		codec_page_fill(page, i);
		have = codec_page(ours, page);
		n = f(context, real, sizeof(real), page, PAGE_SIZE, 1);
		CHECK_EQ(have, n < PAGE_SIZE ? n : 0);
		CHECK(!memcmp(ours, real, have));
	}
	destroy(context);
}

TEST(none_stores_raw)
{
	static u8 page[PAGE_SIZE], out[CODEC_OUT_BYTES];

	CHECK_EQ(codec_begin(CODEC_NONE), 0);
	CHECK_EQ(codec_page(out, page), 0);
	CHECK_EQ(codec_flag(CODEC_NONE), 0);
}

TEST(names_and_flags)
{
	CHECK(!strcmp(codec_name(CODEC_LZO), "lzo") && codec_flag(CODEC_LZO) == 2);
	CHECK(!strcmp(codec_name(CODEC_ZSTD), "zstd") && codec_flag(CODEC_ZSTD) == 0x20);
	CHECK(!strcmp(codec_name(CODEC_ZLIB), "zlib") && codec_flag(CODEC_ZLIB) == 1);
	CHECK(!strcmp(codec_name(CODEC_NONE), "none"));
	for (enum codec c = 0; c < CODECS; c++)
		CHECK(codec_built_in(c));
}
