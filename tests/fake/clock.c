/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A clock that a test moves: each look costs fake_step_us, so that every wait ends. */
#include "unit/test.h"

#include "clock.h"
#include "heartbeat.h"

unsigned long long fake_now_us, fake_step_us = 10;
int fake_expired;

void clock_init(void) {}
u64 clock_us(void) { return fake_now_us += fake_step_us; }
void delay_us(u64 us) { fake_now_us += us; }
void clock_set_budget(u64 seconds) { (void)seconds; }
bool clock_expired(void) { return fake_expired; }
void clock_relax(void) {}
void heartbeat(void) {}
void heartbeat_moved(void) {}
