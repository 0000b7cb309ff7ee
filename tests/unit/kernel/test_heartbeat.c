/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pulse: what runs each second, and when the main loop counts as stuck. */
#include "unit/test.h"

#include "clock.h"
#include "heartbeat.h"

static u64 now;
static unsigned int first, second, third;

u64 clock_us(void) { return now; }

static void count_first(void) { first++; }
static void count_second(void) { second++; }
static void count_third(void) { third++; }

static void one_hour_of_work(void)
{
	for (u64 end = now + 3600 * SEC; now < end; now += 100 * MS) {
		heartbeat_moved();
		CHECK(!heartbeat_stuck());
	}
}

TEST(each_second)
{
	CHECK_EQ(heartbeat_every_second(count_first), 0);
	CHECK_EQ(heartbeat_every_second(count_second), 0);
	CHECK_EQ(heartbeat_every_second(count_third), 0);
	CHECK_EQ(heartbeat_every_second(count_first), -ENOSPC);
	one_hour_of_work();
	CHECK_EQ(first, 3600);
	CHECK_EQ(second, 3600);
	CHECK_EQ(third, 3600);
	for (u64 end = now + 10 * SEC; now < end; now += MS)
		heartbeat(); /* waiting feeds, too */
	CHECK_EQ(first, 3610);
}

TEST(a_loop_that_does_not_poll)
{
	one_hour_of_work();
	now += 60 * SEC - 100 * MS;
	CHECK(!heartbeat_stuck());
	now += 101 * MS;
	CHECK(heartbeat_stuck());
	heartbeat();
	CHECK(!heartbeat_stuck());
}

/* Polls for `seconds` without a step. */
static bool stuck_after(u64 seconds)
{
	const char *why = NULL;

	heartbeat_moved();
	for (u64 end = now + seconds * SEC; now < end && !why; now += SEC) {
		heartbeat();
		why = heartbeat_stuck();
	}
	return why;
}

TEST(a_loop_that_only_polls)
{
	heartbeat_set_step(0);
	CHECK(!stuck_after(300)); /* the longest disk command */
	CHECK(stuck_after(302));
	heartbeat_set_step(300);
	CHECK(!stuck_after(360)); /* a peer's zero window */
	CHECK(stuck_after(362));
	heartbeat_moved();
	CHECK(!heartbeat_stuck());
}
