/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The receiver: its connections, from silent to settled, and the loop that serves them all. */
#ifndef AFTERIMAGECTL_RECEIVER_H
#define AFTERIMAGECTL_RECEIVER_H

#include "receive/catalog.h"
#include "receive/limits.h"
#include "receive/reception.h"

struct MHD_Daemon;

/* What becomes of a connection; each is in one of them, in the order in which they came there. */
enum {
	STAGE_SILENT,    /* not a byte so far: the oldest makes room when it must */
	STAGE_STREAMING, /* a dump is coming */
	STAGE_ENDED,     /* no more comes; waits for a process to settle it */
	STAGE_SETTLING,
	STAGES
};

struct stage {
	struct reception_list list;
	u64 count;
};

struct receiver {
	struct store store;
	struct limits limits;
	bool once; /* one dump, then exit with its status */

	struct stage stage[STAGES];

	struct catalog catalog;
	struct MHD_Daemon *http; /* NULL: none */
	int epoll, listener, signals, http_epoll;
	u64 connections_max; /* as many as --max-streams and descriptors allow */
	unsigned int settlers_max;
	bool paused;            /* the listener waits until there is room again */
	struct reception *only; /* with once: the dump */
	bool stopping;          /* no more bytes are taken; what has come is being settled */
	u64 held;               /* streams that wait because of --max-rate */
	double ticked, pruned, told; /* when last */
	int status;

	/* Since the start, for metrics. */
	time_t started;
	u64 received;   /* bytes, of dumps that have ended */
	u64 results[4]; /* by enum settled */
	u64 cuts[CUTS];
	u64 refused, dropped; /* connections: one too many of a source; silent, for others' sake */
};

/* Serve until the dump has ended (once) or a signal comes. `store`, `limits` and `once` are set and
 * the rest is zero; the sockets become the receiver's, http may be -1. The exit status. */
int receiver_run(struct receiver *rc, int listener, int http);

#endif
