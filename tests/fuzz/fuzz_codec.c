/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any page, through a codec, comes back as it was. The input says which codec, and is repeated until it fills the
 * page. */
#include <stdlib.h>

#include "fake/codec_pages.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static u8 page[PAGE_SIZE], packed[CODEC_OUT_BYTES];
	enum codec c;
	u32 n;

	if (size < 2)
		return 0;
	c = *data++ % CODEC_NONE;
	size--;
	for (size_t i = 0; i < PAGE_SIZE; i++)
		page[i] = data[i % size] ^ (size < PAGE_SIZE / 2 ? (u8)(i / size / 16) : 0);
	if (codec_begin(c))
		abort();
	n = codec_page(packed, page);
	if (n >= PAGE_SIZE || (n && !codec_decodes(c, packed, n, page)))
		abort();
	return 0;
}
