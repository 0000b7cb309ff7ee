/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Time since entry, and the one idiom for waiting: nothing in this kernel waits without a deadline. */
#ifndef AFTERIMAGE_CLOCK_H
#define AFTERIMAGE_CLOCK_H

#include "base.h"
#include <arch/cpu.h>

#define MS ((u64)1000)
#define SEC ((u64)1000000)

void clock_init(void);     /* calibrate the TSC (PIT channel 2, else CPUID, else 1 GHz and said so) */
u64 clock_us(void);        /* microseconds since entry, monotonic */
void delay_us(u64 us);     /* busy wait */

/* dump.timeout=: a budget over the whole run. clock_expired() is polled by every long wait. */
void clock_set_budget(u64 seconds); /* 0: none */
bool clock_expired(void);

/* Called in every turn of every wait loop: pauses the CPU and beats (heartbeat.h). */
void clock_relax(void);

/* WAIT_FOR(cond, us): poll until cond is true, at most `us` microseconds. Yields whether it became
 * true; the condition is looked at once more after the deadline, so a slow CPU loses nothing. */
#define WAIT_FOR(cond, us)                                                                         \
	({                                                                                         \
		u64 _end = clock_us() + (us);                                                      \
		bool _ok;                                                                          \
		while (!(_ok = !!(cond)) && clock_us() < _end)                                     \
			clock_relax();                                                             \
		_ok || (cond);                                                                     \
	})

#endif
