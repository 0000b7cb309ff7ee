/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The watchdog that ACPI's WDAT describes (Microsoft, Hardware Watchdog Timers Design Specification
 * 1.01, chapter 2): which registers to read and write to feed it or to stop it. */
#include "drivers/watchdog/watchdog.h"

#include "bytes.h"
#include "drivers/acpi/reg.h"
#include "log.h"
#include "map.h"

/* The table behind ACPI's header. */
#define WDAT_PERIOD       48 /* ms */
#define WDAT_FLAGS        60
#define WDAT_FLAG_ENABLED (1u << 0)
#define WDAT_ENTRIES      64
#define WDAT_HEADER_BYTES 68
#define WDAT_ENTRIES_MAX  64u /* a real one has about 20 */

/* An entry: one instruction of an action. */
#define ENTRY_BYTES       24
#define ENTRY_ACTION      0
#define ENTRY_INSTRUCTION 1
#define ENTRY_REGISTER    4
#define ENTRY_VALUE       16
#define ENTRY_MASK        20

enum action { ACTION_RESET = 1, ACTION_GET_COUNTDOWN = 5, ACTION_GET_RUNNING = 8, ACTION_SET_STOPPED = 11 };
enum instruction { READ_VALUE, READ_COUNTDOWN, WRITE_VALUE };
#define INSTRUCTION_PRESERVE 0x80

#define STEPS_MAX 6

struct step {
	struct acpi_reg reg;
	u32 value;
	bool write;
};

/* An action, ready to run from anywhere. */
static struct action_steps {
	unsigned int n;
	bool bad; /* something in it is not for us to do: it cannot be done at all */
	struct step step[STEPS_MAX];
} feed, stop;

static int step_make(struct step *s, const u8 entry[ENTRY_BYTES])
{
	u8 instruction = entry[ENTRY_INSTRUCTION] & (u8)~INSTRUCTION_PRESERVE;

	if (instruction > WRITE_VALUE)
		return -EINVAL;
	s->write = instruction == WRITE_VALUE;
	s->value = get_le32(entry + ENTRY_VALUE);
	return acpi_reg_map(&s->reg, entry + ENTRY_REGISTER, get_le32(entry + ENTRY_MASK),
	                    entry[ENTRY_INSTRUCTION] & INSTRUCTION_PRESERVE);
}

static void step_add(struct action_steps *a, const u8 entry[ENTRY_BYTES])
{
	if (a->n == STEPS_MAX || step_make(&a->step[a->n], entry))
		a->bad = true;
	else
		a->n++;
}

static bool can_run(const struct action_steps *a) { return a->n && !a->bad; }

static void run_steps(const struct action_steps *a)
{
	for (unsigned int i = 0; i < a->n; i++) {
		const struct step *s = &a->step[i];

		if (s->write)
			acpi_reg_write(&s->reg, s->value);
		else
			(void)acpi_reg_read(&s->reg);
	}
}

/* What the entry's register says now: is it the value for which the action asks? */
static bool is_true(const u8 entry[ENTRY_BYTES])
{
	struct step s;

	return step_make(&s, entry) || acpi_reg_read(&s.reg) == s.value;
}

static u64 countdown(const u8 entry[ENTRY_BYTES])
{
	struct step s;

	return step_make(&s, entry) ? 0 : acpi_reg_read(&s.reg);
}

static enum watchdog_state wdat_find(char words[WATCHDOG_WORDS])
{
	u8 header[WDAT_HEADER_BYTES], entry[ENTRY_BYTES];
	bool runs = true; /* unless the table says how to ask */
	u64 counts = 0;
	u32 len, n;
	pa_t pa;

	if (acpi_find("WDAT", &pa, &len) || len < sizeof(header) || peek(header, pa, sizeof(header)) ||
	    !(header[WDAT_FLAGS] & WDAT_FLAG_ENABLED))
		return WATCHDOG_NONE;
	n = MIN(get_le32(header + WDAT_ENTRIES), (len - WDAT_HEADER_BYTES) / ENTRY_BYTES);
	for (u32 i = 0; i < MIN(n, WDAT_ENTRIES_MAX); i++) {
		if (peek(entry, pa + WDAT_HEADER_BYTES + i * ENTRY_BYTES, sizeof(entry)))
			continue;
		if (entry[ENTRY_ACTION] == ACTION_RESET)
			step_add(&feed, entry);
		else if (entry[ENTRY_ACTION] == ACTION_SET_STOPPED)
			step_add(&stop, entry);
		else if (entry[ENTRY_ACTION] == ACTION_GET_RUNNING)
			runs = is_true(entry);
		else if (entry[ENTRY_ACTION] == ACTION_GET_COUNTDOWN)
			counts = countdown(entry);
	}
	format(words, WATCHDOG_WORDS, "%u of %u instructions understood, set to %llu ms", feed.n + stop.n,
	       n, counts * get_le32(header + WDAT_PERIOD));
	return !runs ? WATCHDOG_STANDS : can_run(&feed) ? WATCHDOG_RUNS : WATCHDOG_DEAF;
}

static void wdat_feed(void) { run_steps(&feed); }

static bool wdat_stop(void)
{
	if (can_run(&stop))
		run_steps(&stop);
	return can_run(&stop);
}

const struct watchdog_driver wdt_wdat = {
	.name = "ACPI WDAT", .find = wdat_find, .feed = wdat_feed, .stop = wdat_stop
};
