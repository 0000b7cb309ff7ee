/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lwIP's idea of the compiler and the platform. */
#ifndef AFTERIMAGE_ARCH_CC_H
#define AFTERIMAGE_ARCH_CC_H

#include <stdint.h>

#define LWIP_NO_INTTYPES_H 1
#define LWIP_NO_UNISTD_H   1
#define LWIP_NO_CTYPE_H    1
#define LWIP_NO_LIMITS_H   1
#ifndef INT_MAX
#define INT_MAX __INT_MAX__
#endif
#ifndef SSIZE_MAX
#define SSIZE_MAX __LONG_MAX__ /* keeps lwIP from making ssize_t an int */
#endif
typedef long ssize_t;
#define X8_F  "02x"
#define U16_F "u"
#define S16_F "d"
#define X16_F "x"
#define U32_F "u"
#define S32_F "d"
#define X32_F "x"
#define SZT_F "lu"

#ifndef BYTE_ORDER
#define LITTLE_ENDIAN 1234
#define BIG_ENDIAN    4321
#define BYTE_ORDER    LITTLE_ENDIAN
#endif
#define lwip_htons(x) __builtin_bswap16(x)
#define lwip_htonl(x) __builtin_bswap32(x)

/* A broken invariant of lwIP is one of ours: the text is left out, file and line find it. */
void net_assert_failed(const char *file, int line) __attribute__((noreturn));
#define LWIP_PLATFORM_DIAG(x)
#define LWIP_PLATFORM_ASSERT(text) net_assert_failed(__FILE_NAME__, __LINE__)

/* lwIP copies out of what it sends only for a window probe or to split a segment; old RAM is not mapped
 * and must be read through its door. */
void net_copy(void *dst, const void *src, unsigned long len);
#define MEMCPY(dst, src, len) net_copy(dst, src, len)

uint16_t net_checksum(const void *p, int len);
uint32_t net_random(void);
#define LWIP_RAND() net_random()

#endif
