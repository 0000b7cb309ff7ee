/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why a dump failed: the words of each failed target, gathered as they are born. Includes nothing of
 * ours but base.h, so that a driver can say what state its device was in. */
#ifndef AFTERIMAGE_FAILURE_H
#define AFTERIMAGE_FAILURE_H

#include "base.h"

enum failure_phase {
	FAILURE_START,  /* before any target */
	FAILURE_FIND,   /* no such device or area */
	FAILURE_OPEN,   /* connecting; or the area is not to be used */
	FAILURE_HEADER, /* before the first page */
	FAILURE_DATA,
	FAILURE_FINISH, /* flushing, closing, confirming */
	FAILURE_FAULT,  /* of our own */
	FAILURE_PHASES
};

/* "start", "find", ...; "unknown" */
static inline const char *failure_phase_name(unsigned int phase)
{
	static const char names[FAILURE_PHASES][8] = { "start", "find", "open", "header", "data", "finish",
		                                      "fault" };

	return phase < FAILURE_PHASES ? names[phase] : "unknown";
}

/* The state of a device or connection as it is now, before it is reset: kept for the next failure_add(),
 * behind what was said before, the same only once; what has no room is cut off. */
void failure_device(const char *fmt, ...) PRINTF(1, 2);

/* A try of a target begins: what devices said before is forgotten, the phase is FAILURE_OPEN. */
void failure_begin(void);

/* How far it got when it failed; err is negative. For the next failure_add(). */
void failure_at(enum failure_phase phase, int err, u64 accepted, u64 settled);

/* It failed, and that is why. The text outlives a fault of our own; what has no room is left out. */
void failure_add(const char *target, int target_len, const char *reason);

/* Every failure so far, docs/area-format.md "What a failure section says" without its first line; and the
 * last one by itself, for whom has no room for words. NULL: there was none. */
const char *failure_text(void);

struct failure {
	u8 phase;
	u8 count;   /* failures in all */
	u16 err;    /* positive errno; 0 unknown */
	u32 seconds; /* after entry */
};
const struct failure *failure_last(void);

#define FAILURE_TEXT_MAX 2048

#endif
