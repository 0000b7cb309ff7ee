/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a TCP peer says it has of the stream above what it acknowledges (RFC 2018). */
#ifndef AFTERIMAGE_SACK_H
#define AFTERIMAGE_SACK_H

#include "base.h"

#define SACKS_MAX 64u

/* Sequence numbers wrap around: which of two less than 2 GiB apart comes first. */
static inline bool seq_before(u32 a, u32 b) { return (s32)(a - b) < 0; }
static inline u32 seq_later(u32 a, u32 b) { return seq_before(a, b) ? b : a; }
static inline u32 seq_earlier(u32 a, u32 b) { return seq_before(a, b) ? a : b; }

struct sacks {
	struct sack {
		u32 from, to;
	} block[SACKS_MAX]; /* ascending, apart, none empty */
	unsigned int count;
};

/* The peer has [from, to). What finds no room is not remembered: at worst it is sent again. */
void sack_add(struct sacks *s, u32 from, u32 to);

/* Everything below una is acknowledged. */
void sack_trim(struct sacks *s, u32 una);

/* Bytes that the peer has from seq on. */
u32 sack_bytes_above(const struct sacks *s, u32 seq);

/* Do the len bytes of options of a SYN permit SACK? */
bool sack_permitted(const u8 *opt, u32 len);

/* Add the blocks in a segment's len bytes of options, of which only those between una and nxt can be. */
void sack_read(struct sacks *s, const u8 *opt, u32 len, u32 una, u32 nxt);

#endif
