/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Watchdogs that the dead kernel left running: found, fed until the end, stopped where the machine is
 * to stand still. */
#ifndef AFTERIMAGE_WATCHDOG_H
#define AFTERIMAGE_WATCHDOG_H

#include "base.h"

/* Look for watchdogs; one that runs is fed at once and every second from now on, which keeps it armed:
 * should we hang, it ends the machine. One that runs and cannot be fed is stopped. A line for each.
 * After pci_init() and map_guard(), before the first wait that may be long. */
void watchdog_init(void);

/* The machine is about to stand still or to be off: stop what runs. Before a reset a watchdog is left
 * running, since it helps should the reset fail. At most once, whatever happens: safe from a trap. */
void watchdog_stop(void);

/* What a driver is. `find` looks once and says what it saw in `words`; only when it said RUNS or DEAF
 * is anything else called. `feed` is called from any wait: no configuration space, no line, no wait. */
enum watchdog_state {
	WATCHDOG_NONE,   /* no such thing, or none that could end this machine */
	WATCHDOG_STANDS, /* it is not armed */
	WATCHDOG_RUNS,
	WATCHDOG_DEAF,   /* it runs, and feeding is impossible */
};
#define WATCHDOG_WORDS 64

struct watchdog_driver {
	const char *name;
	enum watchdog_state (*find)(char words[WATCHDOG_WORDS]);
	void (*feed)(void);
	bool (*stop)(void); /* does it stand now? */
};

extern const struct watchdog_driver wdt_wdat, wdt_itco, wdt_i6300esb;

#endif
