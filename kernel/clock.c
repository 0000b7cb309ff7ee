/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Time since entry out of the TSC, calibrated once against the PIT (Intel 8254, channel 2). */
#include "clock.h"

#include <arch/io.h>

#include "log.h"

#define PIT_HZ 1193182u
#define PIT_CH2 0x42
#define PIT_MODE 0x43
#define PIT_CH2_ONE_SHOT 0xb0 /* channel 2, low then high byte, mode 0, binary */
#define PORT_B 0x61           /* gate and output of channel 2, speaker */
#define PORT_B_GATE2 0x01
#define PORT_B_SPEAKER 0x02
#define PORT_B_OUT2 0x20
#define CALIBRATE_MS 5
#define CALIBRATE_TRIES 4

#define CPUID_TSC 0x15
#define TSC_MHZ_DEFAULT 1000

static u64 tsc_at_entry;
static u64 tsc_per_ms = TSC_MHZ_DEFAULT * 1000;
static u64 budget_us; /* 0: none */

/* TSC ticks per millisecond over one window, or 0 where there is no PIT that counts. */
static u64 pit_window(void)
{
	u16 count = PIT_HZ * CALIBRATE_MS / 1000;
	u8 port_b = inb(PORT_B);
	u64 start, ticks = 0;

	outb(PORT_B, (u8)((port_b & ~PORT_B_SPEAKER) | PORT_B_GATE2));
	outb(PIT_MODE, PIT_CH2_ONE_SHOT);
	outb(PIT_CH2, (u8)count);
	outb(PIT_CH2, (u8)(count >> 8));
	start = rdtsc();
	if (inb(PORT_B) & PORT_B_OUT2)
		return 0; /* already high: nothing counts there */
	/* A port read takes no less than about 0.1 us, so this ends within seconds in any case. */
	for (unsigned int looks = 0; looks < 10000000 && !ticks; looks++)
		if (inb(PORT_B) & PORT_B_OUT2)
			ticks = rdtsc() - start;
	outb(PORT_B, port_b);
	return ticks / CALIBRATE_MS;
}

/* A CPU that was taken away while a window closed (SMM, a busy host) sees it too long, never too
 * short: the shortest of several is right. */
static u64 calibrate_pit(void)
{
	u64 best = pit_window();

	for (int i = 1; i < CALIBRATE_TRIES && best; i++)
		best = MIN(best, pit_window());
	return best;
}

/* SDM 2A, CPUID leaf 15H: TSC = crystal * ebx / eax. */
static u64 calibrate_cpuid(void)
{
	u32 r[4];

	cpuid(0, 0, r);
	if (r[0] < CPUID_TSC)
		return 0;
	cpuid(CPUID_TSC, 0, r);
	return r[0] ? (u64)r[2] * r[1] / r[0] / 1000 : 0;
}

void clock_init(void)
{
	u64 rate;

	tsc_at_entry = rdtsc();
	rate = calibrate_pit();
	if (rate < 1000) /* under 1 MHz: nonsense */
		rate = calibrate_cpuid();
	if (rate < 1000) {
		log_info("no clock to calibrate the TSC with, taking it for %u MHz", TSC_MHZ_DEFAULT);
		rate = TSC_MHZ_DEFAULT * 1000;
	}
	tsc_per_ms = rate;
}

u64 clock_us(void)
{
	u64 ticks = rdtsc() - tsc_at_entry;

	/* in two steps, so that nothing overflows for centuries */
	return ticks / tsc_per_ms * 1000 + ticks % tsc_per_ms * 1000 / tsc_per_ms;
}

void delay_us(u64 us)
{
	u64 end = clock_us() + us;

	while (clock_us() < end)
		clock_relax();
}

void clock_set_budget(u64 seconds) { budget_us = seconds * SEC; }

bool clock_expired(void) { return budget_us && clock_us() >= budget_us; }

void clock_relax(void) { cpu_relax(); }
