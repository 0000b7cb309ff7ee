/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pulse of the main loop: what must happen all the time happens here, and the timer against endless loops
 * (drivers/lapic.h) looks here whether we still get anywhere. */
#ifndef AFTERIMAGE_HEARTBEAT_H
#define AFTERIMAGE_HEARTBEAT_H

#include "base.h"

/* Alive: called in every turn of every wait, through clock_relax(). Runs what is due each second. */
void heartbeat(void);

/* Alive, and one step further: pages were looked at or handed on, a device or peer answered with what
 * was wanted (a disk command succeeded, bytes were acknowledged), or run.c, a driver's search or a
 * handshake began something of which there is a limited number. A retry of the same is no step. */
void heartbeat_moved(void);

/* Call fn about once a second from now on, from within any wait and any loop over pages: it must be
 * short, must not wait and must not log. -ENOSPC: HEARTBEAT_SLOTS functions are registered already. A
 * second life begins with none. */
#define HEARTBEAT_SLOTS 3
int heartbeat_every_second(void (*fn)(void));

/* The longest that one step may take: dump.stall=, and at least what a driver may spend on one
 * command with all its retries. Before it is called, that minimum. */
void heartbeat_set_step(u64 seconds);

/* NULL, or why the main loop is judged to be endless: not alive for 60 s, or alive but without a step
 * for 60 s longer than any step may take. Safe to call from an NMI. */
const char *heartbeat_stuck(void);

#endif
