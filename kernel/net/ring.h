/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes that were copied for a stream, kept until nobody can send them again. */
#ifndef AFTERIMAGE_NET_RING_H
#define AFTERIMAGE_NET_RING_H

#include "base.h"

#ifdef SMALL_IMAGE
#define RING_BYTES   (104u * 1024)
#else
#define RING_BYTES   (128u * 1024)
#endif
#define RING_EXTENTS 64u

/* Stretches of the stream that lie in the ring; between them spans went by reference. */
struct ring_extent {
	u64 stream_off;
	u32 len;
};

/* Positions run freely, the index is the position modulo RING_BYTES: tail <= given <= head. */
struct ring {
	u64 head;  /* written */
	u64 given; /* handed to TCP: from here to head are the stream's newest bytes */
	u64 tail;  /* still needed */
	unsigned int first, count; /* of extent[], which covers tail..given */
	struct ring_extent extent[RING_EXTENTS];
};

void ring_reset(struct ring *r);

/* Copy as much of the len bytes as there is room for; returns how much. */
u32 ring_put(struct ring *r, const u8 *p, u32 len);

/* The bytes to be handed on next: one contiguous piece; 0: none. */
u32 ring_peek(const struct ring *r, const u8 **p);

/* n of them were handed on, as stream bytes from stream_off. ring_can_take() must hold before. */
bool ring_can_take(const struct ring *r, u64 stream_off);
void ring_take(struct ring *r, u32 n, u64 stream_off);

/* Are there bytes here from before stream offset `done`? */
bool ring_holds_before(const struct ring *r, u64 done);

/* Every stream byte before `done` is needed no more. */
void ring_release(struct ring *r, u64 done);

#endif
