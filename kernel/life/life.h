/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two lives: a fault of our own ends the first one and its target, and the second one does without what
 * failed; a fault in the second one ends the run (docs/design.md). */
#ifndef AFTERIMAGE_LIFE_H
#define AFTERIMAGE_LIFE_H

#include "base.h"
#include "drivers/power.h"

struct trap_frame;

/* What is being done, as far as a second life can do without it. */
enum life_part {
	LIFE_ALL,      /* anything else */
	LIFE_ACPI,
	LIFE_QUIESCE,  /* everybody else's DMA */
	LIFE_LOG,      /* the crashed kernel's */
	LIFE_FILTER,   /* what a level leaves out */
	LIFE_EARLY,    /* what readers need first */
	LIFE_COMPRESS,
};

/* Begin a part, LIFE_ALL behind its end. False: the first life ended in it, so leave it out. */
bool life_begin(enum life_part part);

/* Which target is being tried from now on, an index into the list. */
void life_target(int index);
#define LIFE_NO_TARGET (-1)

/* How the first life ended; NULL: it has not. */
struct life_fault {
	int target;          /* or LIFE_NO_TARGET */
	enum life_part part;
	char reason[120];    /* "a fault of our own: trap 14 at image+0x1a2b", "machine check: ..." */
};
const struct life_fault *life_fault(void);

/* From here on the run ends with this action, whatever happens. */
void life_last_words(enum power_action action);

/* A fault of our own, anywhere: take it down, and have the trap return to the top of the main stack, to
 * what is left to do: tell, close the target, stop all DMA, begin the second life; or tell and take the
 * failure action. `why` where the trap itself does not say it, else NULL. */
void life_end(struct trap_frame *f, const char *why);

/* The machine is past a second life: what life_end() has to do is to tell and to take the failure action. */
void life_no_second(void);

/* boot/entry.S: all mutable state but .keep as at entry, the stack empty, and start_again(). */
void second_life(void) NORETURN;

#endif
