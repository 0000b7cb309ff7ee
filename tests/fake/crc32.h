/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The CRC of GPT headers (UEFI 2.10, 5.3.2), of the tests' own: what the kernel's is held against. */
#ifndef AFTERIMAGE_TEST_CRC32_H
#define AFTERIMAGE_TEST_CRC32_H

#include "base.h"

static inline u32 crc32(const u8 *p, size_t n)
{
	u32 crc = ~0u;

	while (n--) {
		crc ^= *p++;
		for (int k = 0; k < 8; k++)
			crc = (crc >> 1) ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc;
}

#endif
