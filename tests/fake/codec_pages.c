/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pages of codec_pages.h. */
#include "fake/codec_pages.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static u64 random_next(u64 *state)
{
	u64 z = *state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

static void fill_random(u8 *to, u64 n, u64 *state)
{
	for (u64 i = 0; i < n; i++)
		to[i] = (u8)random_next(state);
}

void codec_page_fill(u8 page[PAGE_SIZE], unsigned int i)
{
	u64 state = i, *word = (u64 *)page;
	u64 n = 0;

	memset(page, 0, PAGE_SIZE);
	switch ((enum codec_page_kind)(i % CODEC_PAGES)) {
	case CODEC_PAGE_BYTE:
		memset(page, (int)i, PAGE_SIZE);
		break;
	case CODEC_PAGE_TEXT:
		while (n < PAGE_SIZE - 40)
			n += (u64)snprintf((char *)page + n, 40, "[%5u.%06u] line %llu of a log\n", i,
					   (unsigned int)random_next(&state) % 1000000, n);
		break;
	case CODEC_PAGE_POINTERS:
		for (n = 0; n < PAGE_SIZE / 8; n++)
			word[n] = 0xffff888000000000ull + (random_next(&state) & 0x3ffffc0);
		break;
	case CODEC_PAGE_SPARSE:
		for (n = 0; n < 20; n++)
			word[random_next(&state) % (PAGE_SIZE / 8)] = random_next(&state);
		break;
	case CODEC_PAGE_HALF:
		fill_random(page, PAGE_SIZE / 2, &state);
		break;
	case CODEC_PAGE_LAST:
		for (n = 0; n < PAGE_SIZE; n++)
			page[n] = (u8)(n % (i + 3));
		page[PAGE_SIZE - 1] = 0xa5;
		break;
	case CODEC_PAGE_RANDOM:
		fill_random(page, PAGE_SIZE, &state);
		break;
	default:
		break;
	}
}

/* Not linked: each other's functions have the same names. */
void *distro_function(const char *library, const char *function)
{
	void *so = dlopen(library, RTLD_NOW | RTLD_LOCAL), *f = so ? dlsym(so, function) : NULL;

	if (!f) {
		fprintf(stderr, "%s\n", dlerror());
		exit(1);
	}
	return f;
}

static size_t decode_lzo(const u8 *in, u32 n, u8 *out, size_t room)
{
	static int (*f)(const u8 *in, size_t n, u8 *out, size_t *out_n, void *work);

	if (!f)
		f = distro_function("liblzo2.so.2", "lzo1x_decompress_safe");
	return f(in, n, out, &room, NULL) ? 0 : room;
}

static size_t decode_zstd(const u8 *in, u32 n, u8 *out, size_t room)
{
	static size_t (*f)(void *out, size_t room, const void *in, size_t n);

	if (!f)
		f = distro_function("libzstd.so.1", "ZSTD_decompress");
	return f(out, room, in, n);
}

bool codec_decodes(enum codec c, const u8 *in, u32 n, const u8 page[PAGE_SIZE])
{
	u8 out[PAGE_SIZE + 1];
	uLongf zlib_len = sizeof(out);
	size_t len = 0;

	if (c == CODEC_LZO)
		len = decode_lzo(in, n, out, sizeof(out));
	else if (c == CODEC_ZSTD)
		len = decode_zstd(in, n, out, sizeof(out));
	else if (uncompress(out, &zlib_len, in, n) == Z_OK)
		len = zlib_len;
	return len == PAGE_SIZE && !memcmp(out, page, PAGE_SIZE);
}
