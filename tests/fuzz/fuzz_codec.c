/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any page, through every codec, comes back as it was. The input is repeated until it fills the page. */
#include <stdlib.h>

#include "codec_pages.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static u8 page[PAGE_SIZE], packed[CODEC_OUT_BYTES];

	if (!size)
		return 0;
	for (size_t i = 0; i < PAGE_SIZE; i++)
		page[i] = data[i % size] ^ (size < PAGE_SIZE / 2 ? (u8)(i / size / 16) : 0);
	for (enum codec c = CODEC_LZO; c < CODEC_NONE; c++) {
		u32 n;

		if (codec_begin(c))
			abort();
		n = codec_page(packed, page);
		if (n >= PAGE_SIZE || (n && !codec_decodes(c, packed, n, page)))
			abort();
	}
	return 0;
}
