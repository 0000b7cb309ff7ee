/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pulse of the main loop: things to do each second, and whether we still get anywhere. */
#include "heartbeat.h"

#include "clock.h"

#define STUCK_US (60 * SEC)     /* issue and docs/design.md: "It always ends" */
#define STEP_MIN_US (240 * SEC) /* a disk command: 4 tries of 30 s, 33 s of recovery between two */

static void (*every_second[HEARTBEAT_SLOTS])(void);
static unsigned int n_every_second;
static u64 next_second_us;

/* Written by the main loop, read by an NMI: single stores. */
static volatile u64 alive_us, moved_us;
static u64 step_us = STEP_MIN_US;

static void pulse(u64 now)
{
	alive_us = now;
	if (now < next_second_us)
		return;
	next_second_us = now + SEC;
	for (unsigned int i = 0; i < n_every_second; i++)
		every_second[i]();
}

void heartbeat(void) { pulse(clock_us()); }

void heartbeat_moved(void)
{
	u64 now = clock_us();

	moved_us = now;
	pulse(now);
}

int heartbeat_every_second(void (*fn)(void))
{
	if (n_every_second == HEARTBEAT_SLOTS)
		return -ENOSPC;
	every_second[n_every_second++] = fn;
	return 0;
}

void heartbeat_set_step(u64 seconds) { step_us = MAX(seconds * SEC, STEP_MIN_US); }

const char *heartbeat_stuck(void)
{
	/* in this order: what is read first can only be too old */
	u64 alive = alive_us, moved = moved_us, now = clock_us();

	if (now > alive + STUCK_US)
		return "an endless loop of our own: no sign of life for 60 s";
	if (now > moved + step_us + STUCK_US)
		return "an endless loop of our own: it waits, and nothing moves";
	return NULL;
}
