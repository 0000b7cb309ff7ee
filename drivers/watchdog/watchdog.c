/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All watchdogs that we know, as one: what was running is fed, and stopped where it must be. */
#include "drivers/watchdog/watchdog.h"

#include "heartbeat.h"
#include "log.h"

/* One device may be known to two of them (a WDAT over the TCO's registers): fed twice, no harm. */
static const struct watchdog_driver *const drivers[] = { &wdt_wdat, &wdt_itco, &wdt_i6300esb };
static bool fed[ARRAY_SIZE(drivers)];
static bool any_fed;

static void feed_all(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(drivers); i++)
		if (fed[i])
			drivers[i]->feed();
}

static bool stop_one(const struct watchdog_driver *d)
{
	bool stands = d->stop();

	log_info("watchdog: %s: %s", d->name, stands ? "stopped" : "cannot be stopped");
	return stands;
}

static void look(unsigned int i)
{
	const struct watchdog_driver *d = drivers[i];
	char words[WATCHDOG_WORDS] = "";
	enum watchdog_state state = d->find(words);

	if (state == WATCHDOG_STANDS)
		log_debug("watchdog: %s: %s: not armed", d->name, words);
	if (state == WATCHDOG_RUNS)
		log_info("watchdog: %s: %s: runs, fed every second", d->name, words);
	if (state == WATCHDOG_DEAF)
		log_info("watchdog: %s: %s: runs and cannot be fed", d->name, words);
	fed[i] = state == WATCHDOG_RUNS;
	any_fed |= fed[i];
	if (fed[i])
		d->feed();
	else if (state == WATCHDOG_DEAF)
		stop_one(d);
}

void watchdog_init(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(drivers); i++)
		look(i);
	if (any_fed && heartbeat_every_second(feed_all))
		log_info("watchdog: nobody to feed it");
}

void watchdog_stop(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(drivers); i++) {
		if (!fed[i])
			continue;
		fed[i] = false; /* first: a fault in here comes back through the trap handler */
		stop_one(drivers[i]);
	}
}
