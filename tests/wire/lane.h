/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One direction of the wire: what happens to each frame, and when it comes out. */
#ifndef AFTERIMAGE_WIRE_LANE_H
#define AFTERIMAGE_WIRE_LANE_H

#include "base.h"

#define PARTS 1000000u /* chances are counted in millionths */

struct faults {
	u32 lose, repeat, swap, corrupt; /* chances of a frame */
	u32 swap_by;      /* frames that overtake a late one */
	u64 delay_us, jitter_us;
	u64 rate;         /* bytes a second; 0: no limit */
	u64 queue_bytes;  /* what waits for the rate; more is dropped */
	u32 hole;         /* IP packets longer than this vanish; 0: none */
	u64 cut_at, cut_us; /* after so many bytes nothing passes for so long; cut_us 0: never */
	bool whole;       /* frames to be cut by the device count as one, are lost as one */
	bool vouch;       /* the receiver is told that the sum is right, whatever happened */
};

struct counts {
	u64 frames, bytes, large, lost, repeated, swapped, corrupted, fallen, cut, full, untagged;
};

struct packet;

struct lane {
	int in, out;
	u16 tag, untag;   /* VLAN that every frame gets, or has and loses; 0: none */
	u64 seed;
	struct faults f;
	struct counts n;
	struct packet *first, **last; /* in the order in which they come out */
	u64 waiting_bytes, free_us;   /* the line is free again */
	struct packet *late;          /* kept back until `overtakes` others went by */
	u32 overtakes;
	u64 late_us;
	u64 cut_until_us;
};

void lane_start(struct lane *l, int in, int out, u64 seed);

/* Take what has arrived at `in`; false: the device is gone. */
bool lane_take(struct lane *l, u64 now);

/* Let out what is due; when to come again, or 0. */
u64 lane_give(struct lane *l, u64 now);

#endif
