// SPDX-License-Identifier: GPL-2.0-or-later
// Decompresses the pages of kdump-compressed dumps, whatever their bytes are.
#include <errno.h>
#include <lzo/lzo1x.h>
#include <zlib.h>
#include <zstd.h>

#include "vmcore/page_decode.h"

static int decode_zlib(const u8 *from, u32 len, u8 out[PAGE_SIZE])
{
	uLongf n = PAGE_SIZE;

	return uncompress(out, &n, from, len) == Z_OK && n == PAGE_SIZE ? 0 : -EBADMSG;
}

static int decode_lzo(const u8 *from, u32 len, u8 out[PAGE_SIZE])
{
	lzo_uint n = PAGE_SIZE;

	return lzo1x_decompress_safe(from, len, out, &n, NULL) == LZO_E_OK && n == PAGE_SIZE
		   ? 0
		   : -EBADMSG;
}

/* One-shot, so that the output is the window: a frame that asks for a large one gets no memory. */
static int decode_zstd(const u8 *from, u32 len, u8 out[PAGE_SIZE])
{
	static ZSTD_DCtx *context;

	if (!context)
		context = ZSTD_createDCtx();
	if (!context)
		return -ENOMEM;
	return ZSTD_decompressDCtx(context, out, PAGE_SIZE, from, len) == PAGE_SIZE ? 0 : -EBADMSG;
}

int page_decode(const struct input *in, const struct kdump_page *p, u8 out[PAGE_SIZE])
{
	u8 packed[PAGE_SIZE];
	int err;

	if (!p->size || p->size > PAGE_SIZE)
		return -EBADMSG;
	if (!p->flags)
		return p->size == PAGE_SIZE ? input_read(in, p->offset, out, PAGE_SIZE) : -EBADMSG;
	err = input_read(in, p->offset, packed, p->size);
	if (err)
		return err;
	switch (p->flags) {
	case KDUMP_ZLIB:
		return decode_zlib(packed, p->size, out);
	case KDUMP_LZO:
		return decode_lzo(packed, p->size, out);
	case KDUMP_ZSTD:
		return decode_zstd(packed, p->size, out);
	default:
		return p->flags == KDUMP_SNAPPY ? -EOPNOTSUPP : -EBADMSG;
	}
}
