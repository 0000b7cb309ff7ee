/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bounded reader for bytes from outside, and unaligned little/big-endian loads and stores. */
#ifndef AFTERIMAGE_BYTES_H
#define AFTERIMAGE_BYTES_H

#include "base.h"
#include <string.h>

#define DEFINE_LE(bits)                                                                            \
	static inline u##bits get_le##bits(const void *p)                                          \
	{                                                                                          \
		u##bits v;                                                                         \
		__builtin_memcpy(&v, p, sizeof(v));                                                \
		return v;                                                                          \
	}                                                                                          \
	static inline void put_le##bits(void *p, u##bits v) { __builtin_memcpy(p, &v, sizeof(v)); }
DEFINE_LE(16)
DEFINE_LE(32)
DEFINE_LE(64)
#undef DEFINE_LE

static inline u16 get_be16(const void *p) { return __builtin_bswap16(get_le16(p)); }
static inline u32 get_be32(const void *p) { return __builtin_bswap32(get_le32(p)); }
static inline u64 get_be64(const void *p) { return __builtin_bswap64(get_le64(p)); }
static inline void put_be16(void *p, u16 v) { put_le16(p, __builtin_bswap16(v)); }
static inline void put_be32(void *p, u32 v) { put_le32(p, __builtin_bswap32(v)); }
static inline void put_be64(void *p, u64 v) { put_le64(p, __builtin_bswap64(v)); }

/* A cursor over [pos, end). A read past the end yields zeros, sets `bad` and moves nothing, so a
 * parser may read a whole record and check `bad` once. */
struct bytes {
	const u8 *pos;
	const u8 *end;
	bool bad;
};

static inline struct bytes bytes_of(const void *p, size_t n)
{
	return (struct bytes){ .pos = p, .end = (const u8 *)p + n };
}

static inline size_t bytes_left(const struct bytes *b) { return (size_t)(b->end - b->pos); }

/* The next n bytes, or NULL with `bad` set. */
static inline const u8 *bytes_take(struct bytes *b, size_t n)
{
	const u8 *p = b->pos;
	if (b->bad || n > bytes_left(b)) {
		b->bad = true;
		return NULL;
	}
	b->pos += n;
	return p;
}

static inline u8 bytes_u8(struct bytes *b)
{
	const u8 *p = bytes_take(b, 1);
	return p ? *p : 0;
}

static inline u16 bytes_le16(struct bytes *b)
{
	const u8 *p = bytes_take(b, 2);
	return p ? get_le16(p) : 0;
}

static inline u32 bytes_le32(struct bytes *b)
{
	const u8 *p = bytes_take(b, 4);
	return p ? get_le32(p) : 0;
}

static inline u64 bytes_le64(struct bytes *b)
{
	const u8 *p = bytes_take(b, 8);
	return p ? get_le64(p) : 0;
}

#endif
