/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The codecs that are built in, and the one that was chosen. */
#include "dump/codec/codec.h"

#include "dump/codec/ops.h"

/* By linker.ld; on the host by the linker itself. */
extern const struct codec_ops __start_codec_ops[], __stop_codec_ops[];

static const struct codec_ops *chosen; /* NULL: none */

static const struct codec_ops *codec_find(enum codec c)
{
	for (const struct codec_ops *ops = __start_codec_ops; ops < __stop_codec_ops; ops++)
		if (ops->id == c)
			return ops;
	return NULL;
}

bool codec_built_in(enum codec c) { return c == CODEC_NONE || codec_find(c); }

const char *codec_name(enum codec c)
{
	switch (c) {
	case CODEC_LZO:
		return "lzo";
	case CODEC_ZSTD:
		return "zstd";
	case CODEC_ZLIB:
		return "zlib";
	default:
		return "none";
	}
}

u32 codec_flag(enum codec c)
{
	const struct codec_ops *ops = codec_find(c);

	return ops ? ops->flag : 0;
}

int codec_begin(enum codec c)
{
	chosen = codec_find(c);
	if (chosen)
		return chosen->begin();
	return c == CODEC_NONE ? 0 : -ENOENT;
}

u32 codec_page(u8 *out, const u8 page[PAGE_SIZE])
{
	size_t n = chosen ? chosen->page(out, page) : 0;

	return n < PAGE_SIZE ? (u32)n : 0;
}
