/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The local APIC's timer, by registers or by MSRs, as the dead kernel left it (Intel SDM 3A, chapter
 * 11; AMD APM 2, chapter 16). No register is written by which another CPU could be reached. */
#include "drivers/lapic.h"

#include <arch/cpu.h>
#include <arch/io.h>

#include "clock.h"
#include "heartbeat.h"
#include "log.h"
#include "map.h"

#define APIC_BASE_X2APIC  (1u << 10)
#define APIC_BASE_ENABLED (1u << 11)
#define APIC_BASE_ADDRESS 0x000ffffffffff000ull
#define APIC_BYTES        0x400 /* up to the divide configuration */

/* Register offsets (table 11-1); by MSR 0x800 + offset / 16 (11.12.1.2). */
#define APIC_EOI     0x0b0
#define APIC_SVR     0x0f0
#define APIC_ISR     0x100 /* eight of them */
#define APIC_LVT_TIMER 0x320
#define APIC_LVT_LINT0 0x350
#define APIC_INITIAL 0x380
#define APIC_CURRENT 0x390
#define APIC_DIVIDE  0x3e0
#define X2APIC_MSR   0x800

#define SVR_ENABLED      (1u << 8)
#define LVT_MASKED       (1u << 16)
#define LVT_PERIODIC     (1u << 17)
#define DIVIDE_BY_128    0xau
#define VECTORS          256u

/* Of the two 8259s. */
#define PIC1_MASK 0x21
#define PIC2_MASK 0xa1
#define PIC_ALL   0xff

#define TPR_BELOW_OURS 14 /* the priority class of all vectors but ours */
#define TPR_ALL        15
#define MEASURE_US     (10 * MS)
#define FIRST_TICK_US  (2 * SEC) /* a hypervisor whose host is busy is late */

static volatile u8 *regs; /* NULL: by MSR */
static volatile unsigned int ticks;
static bool running;

static u32 apic_read(u32 reg)
{
	return regs ? mmio_read32(regs + reg) : (u32)rdmsr(X2APIC_MSR + reg / 16);
}

static void apic_write(u32 reg, u32 v)
{
	if (regs)
		mmio_write32(regs + reg, v);
	else
		wrmsr(X2APIC_MSR + reg / 16, v);
}

/* NULL, or why there are no registers. */
static const char *find_registers(void)
{
	u64 base = rdmsr(MSR_APIC_BASE);

	if (!(base & APIC_BASE_ENABLED))
		return "it is turned off";
	regs = base & APIC_BASE_X2APIC ? NULL : map_mmio(base & APIC_BASE_ADDRESS, APIC_BYTES);
	return regs || (base & APIC_BASE_X2APIC) ? NULL : "its registers are not mapped";
}

static bool any_in_service(void)
{
	u32 any = 0;

	for (u32 i = 0; i < VECTORS / 32; i++)
		any |= apic_read(APIC_ISR + 16 * i);
	return any;
}

/* The dead kernel may have crashed in interrupts, whose vectors would hold ours back. */
static void end_old_interrupts(void)
{
	for (unsigned int i = 0; i < VECTORS && any_in_service(); i++)
		apic_write(APIC_EOI, 0);
}

/* Timer counts in a second. */
static u64 measure(void)
{
	u64 start, us;
	u32 left;

	apic_write(APIC_DIVIDE, DIVIDE_BY_128);
	apic_write(APIC_INITIAL, ~0u);
	start = clock_us();
	delay_us(MEASURE_US);
	left = apic_read(APIC_CURRENT);
	us = clock_us() - start;
	apic_write(APIC_INITIAL, 0);
	return (u64)(~0u - left) * SEC / us;
}

static const char *start(void)
{
	const char *why = find_registers();
	u64 rate;

	if (why)
		return why;
	outb(PIC1_MASK, PIC_ALL);
	outb(PIC2_MASK, PIC_ALL);
	apic_write(APIC_LVT_LINT0, apic_read(APIC_LVT_LINT0) | LVT_MASKED);
	apic_write(APIC_SVR, SVR_ENABLED | LAPIC_SPURIOUS);
	end_old_interrupts();
	apic_write(APIC_LVT_TIMER, LVT_MASKED | LAPIC_TIMER_VECTOR);
	rate = measure();
	if (!rate || rate > ~0u)
		return "it does not count";

	ticks = 0;
	write_cr8(TPR_BELOW_OURS);
	apic_write(APIC_LVT_TIMER, LAPIC_TIMER_VECTOR);
	apic_write(APIC_INITIAL, (u32)(rate / 1000 + 1));
	irqs_on();
	if (!WAIT_FOR(ticks, FIRST_TICK_US)) {
		irqs_off();
		write_cr8(TPR_ALL);
		return "its interrupt does not come";
	}
	apic_write(APIC_LVT_TIMER, LVT_PERIODIC | LAPIC_TIMER_VECTOR);
	apic_write(APIC_INITIAL, (u32)rate);
	return NULL;
}

void lapic_timer_start(void)
{
	const char *why;

	heartbeat_moved(); /* from here on it counts */
	why = start();
	running = !why;
	if (why)
		log_info("no timer against endless loops: the local APIC's: %s", why);
}

void lapic_timer_resume(void)
{
	if (running)
		irqs_on();
}

void lapic_interrupt(u64 vector)
{
	if (vector == LAPIC_SPURIOUS) /* 11.9: none is in service */
		return;
	if (vector == LAPIC_TIMER_VECTOR)
		ticks++;
	apic_write(APIC_EOI, 0);
}
