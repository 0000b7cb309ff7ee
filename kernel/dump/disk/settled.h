/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much of a section is written, and whether that goes on. */
#ifndef AFTERIMAGE_SETTLED_H
#define AFTERIMAGE_SETTLED_H

#include "base.h"

struct settled {
	u64 high;        /* behind the last byte that was written so far */
	u64 front, tail; /* what settled lies before the one or from the other on */
	u64 bytes;       /* of all sections */
	u64 stall_us;
	u64 window_us; /* the stall window's start, and what was settled then */
	u64 window_bytes;
};

/* Of a dump: fewer than 1 MiB in stall_us is a stall. */
void settled_begin(struct settled *s, u64 stall_us);
/* The next section begins. */
void settled_section(struct settled *s);
/* Bytes start .. end of the section are written. -ETIMEDOUT: it has stalled. */
int settled_add(struct settled *s, u64 start, u64 end);

#endif
