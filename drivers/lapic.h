/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The local APIC's timer: the one interrupt that we take, against endless loops. */
#ifndef AFTERIMAGE_LAPIC_H
#define AFTERIMAGE_LAPIC_H

#include "base.h"

/* Vectors that the task priority lets through: the timer's, old ones of the dead kernel that are still
 * pending, and the spurious one. */
#define LAPIC_FIRST_VECTOR 0xf0u
#define LAPIC_TIMER_VECTOR 0xf0u
#define LAPIC_SPURIOUS     0xffu

/* Let the timer interrupt us about once a second; where that cannot be had, the console says so. Every
 * other interrupt is masked, at the old interrupt controllers too. Needs map_guard(). */
void lapic_timer_start(void);

/* Allow interrupts again, if the timer runs. */
void lapic_timer_resume(void);

/* Called by the trap handler for each vector from LAPIC_FIRST_VECTOR on. */
void lapic_interrupt(u64 vector);

#endif
