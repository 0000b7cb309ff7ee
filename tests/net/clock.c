/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The clock of the network tests: real time, or a multiple of it where only our own deadlines count. */
#include "tap.h"

#include <time.h>

#include "clock.h"
#include "heartbeat.h"

unsigned int clock_speed = 1;
static u64 budget_end;

static u64 real_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * SEC + (u64)t.tv_nsec / 1000;
}

u64 clock_us(void)
{
	static u64 last_real, now = SEC;
	u64 real = real_us();

	now += last_real ? (real - last_real) * clock_speed : 0;
	last_real = real;
	return now;
}

u64 rdtsc(void) { return real_us() * 2399; }
void clock_set_budget(u64 seconds) { budget_end = seconds ? clock_us() + seconds * SEC : 0; }
bool clock_expired(void) { return budget_end && clock_us() >= budget_end; }
void clock_relax(void) {}
void heartbeat_moved(void) {}
void delay_us(u64 us) { for (u64 end = clock_us() + us; clock_us() < end;) ; }
void clock_init(void) {}
