/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much receive takes: of all, of one source, of one stream, of the disk. */
#ifndef AFTERIMAGECTL_LIMITS_H
#define AFTERIMAGECTL_LIMITS_H

#include <arpa/inet.h>

#include "ctl.h"

/* A stream that brings less than this in the idle time is given up: what a capture kernel itself
 * holds a target to (dump.stall=). */
#define LIMIT_IDLE_BYTES MIB
#define LIMIT_IDLE_S     600
#define LIMIT_RATE_MIN   (64 * KIB) /* less, and a capture kernel would give up by itself */

/* 0 is no limit, but for idle. */
struct limits {
	u64 streams;          /* at once; the descriptors may allow fewer */
	u64 per_source;       /* at once */
	u64 rate;             /* bytes a second, of one source */
	u64 size;             /* bytes of one stream */
	u64 idle;             /* seconds */
	const char *min_free; /* "10%" or "2G" of the file system that the dumps go to; NULL */
};

/* The address that connections come from, as long as it has any. */
struct source {
	struct source *next;
	char address[INET6_ADDRSTRLEN];
	unsigned int streams;
	u64 budget;      /* bytes that may be taken now */
	double refilled; /* when */
};

/* Set the limit that an option names ("max-rate", ...). 0, or -EINVAL that was told. */
int limits_set(struct limits *l, const char *option, const char *value);

/* The source of one more connection, or NULL: it has as many as it may (-EMFILE in *err) or there
 * is no memory (-ENOMEM). */
struct source *source_join(const struct limits *l, const char *address, int *err);
void source_leave(struct source *s);

/* How many bytes of `want` may be taken from the source now; 0: none for a while. */
u64 source_allow(struct source *s, const struct limits *l, u64 want, double now);
void source_charge(struct source *s, u64 bytes);

/* The file system's free bytes (for us) and size, and the floor that is to stay free. 0 or a
 * negative errno. */
struct room {
	u64 free, size, floor;
};
int room_look(struct room *room, int dir, const struct limits *l);

#endif
