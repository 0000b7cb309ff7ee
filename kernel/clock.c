/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Time since entry out of the TSC, calibrated once against the PIT (Intel 8254, channel 2). */
#include "clock.h"

#include <arch/io.h>

#include "heartbeat.h"
#include "log.h"

#define PAUSE_TURNS 64 /* waiting turns to one PAUSE */
#define PIT_HZ 1193182u
#define PIT_CH2 0x42
#define PIT_MODE 0x43
#define PIT_CH2_ONE_SHOT 0xb0 /* channel 2, low then high byte, mode 0, binary */
#define PORT_B 0x61           /* gate and output of channel 2, speaker */
#define PORT_B_GATE2 0x01
#define PORT_B_SPEAKER 0x02
#define PIT_CH2_LATCH 0x80
#define PIT_FULL 0xffffu       /* counts down for 55 ms */
#define PIT_SPAN (PIT_HZ / 100) /* counts between the two samples: 10 ms */
#define PIT_READS 8            /* of a sample; the quickest counts */
#define PIT_LOOKS 1000000u     /* a look is 3 port accesses, 0.3 us at the very least */

#define CPUID_TSC 0x15
#define TSC_MHZ_DEFAULT 1000

/* Time goes on in a second life. */
static KEEP u64 tsc_at_entry;
static KEEP u64 us_per_tick; /* as a fraction of 2^64; 0: not calibrated yet */
static u64 budget_us; /* 0: none */

static u16 pit_count(void)
{
	u8 low;

	outb(PIT_MODE, PIT_CH2_LATCH);
	low = inb(PIT_CH2);
	return (u16)(low | inb(PIT_CH2) << 8);
}

/* What the counter shows at a TSC value. A CPU that is taken away in between (SMM, a busy host) makes
 * a read slow: the quickest of several is right. */
static u16 pit_sample(u64 *tsc)
{
	u64 quickest = ~0ull;
	u16 count = 0;

	for (int i = 0; i < PIT_READS; i++) {
		u64 before = rdtsc();
		u16 seen = pit_count();
		u64 after = rdtsc();

		if (after - before >= quickest)
			continue;
		quickest = after - before;
		*tsc = before + quickest / 2;
		count = seen;
	}
	return count;
}

/* TSC ticks per millisecond, or 0 where there is no PIT that counts. */
static u64 calibrate_pit(void)
{
	u8 port_b = inb(PORT_B);
	u64 t0 = 0, t1 = 0;
	u16 c0, c1;

	outb(PORT_B, (u8)((port_b & ~PORT_B_SPEAKER) | PORT_B_GATE2));
	outb(PIT_MODE, PIT_CH2_ONE_SHOT);
	outb(PIT_CH2, PIT_FULL & 0xff);
	outb(PIT_CH2, PIT_FULL >> 8);
	c0 = pit_sample(&t0);
	for (unsigned int looks = 0; looks < PIT_LOOKS && (u16)(c0 - pit_count()) < PIT_SPAN;)
		looks++;
	c1 = pit_sample(&t1);
	outb(PORT_B, port_b);
	/* behind zero it counts on from 0xffff: a span of more than one round cannot be told */
	if ((u16)(c0 - c1) < PIT_SPAN)
		return 0;
	return (t1 - t0) / (u16)(c0 - c1) * (PIT_HZ / 1000);
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

	if (us_per_tick)
		return;
	tsc_at_entry = rdtsc();
	rate = calibrate_pit();
	if (rate < 1000) /* under 1 MHz: nonsense */
		rate = calibrate_cpuid();
	if (rate < 1000) {
		log_info("no clock to calibrate the TSC with, taking it for %u MHz", TSC_MHZ_DEFAULT);
		rate = TSC_MHZ_DEFAULT * 1000;
	}
	us_per_tick = ~0ull / rate * 1000;
}

/* Asked in every poll: a multiplication, no division. */
u64 clock_us(void)
{
	u64 rate = us_per_tick ? us_per_tick : ~0ull / TSC_MHZ_DEFAULT;

	return (u64)((unsigned __int128)(rdtsc() - tsc_at_entry) * rate >> 64);
}

void delay_us(u64 us)
{
	u64 end = clock_us() + us;

	while (clock_us() < end)
		clock_relax();
}

void clock_set_budget(u64 seconds) { budget_us = seconds * SEC; }

bool clock_expired(void) { return budget_us && clock_us() >= budget_us; }

/* A hypervisor may take each PAUSE for an offer of the CPU and meanwhile hold what the thread that we
 * wait for needs: not in every turn. */
void clock_relax(void)
{
	static unsigned int turn;

	heartbeat();
	if (!(++turn % PAUSE_TURNS))
		cpu_relax();
}
