/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The local APIC's timer, behind registers and behind MSRs. */
#include "unit/test.h"

#include <arch/cpu.h>
#include <arch/io.h>

#include "clock.h"
#include "drivers/lapic.h"
#include "heartbeat.h"
#include "map.h"

#define RATE 7812500ull /* 1 GHz by 128 */

static u64 now;
static struct {
	u64 base;            /* MSR 0x1b */
	bool mapped, counts, fires;
	bool by_msr, by_mmio, irqs;
	u32 reg[64];         /* by offset / 16 */
	u64 written_us;      /* when the initial count was */
	u64 cr8;
	unsigned int eois;
	u8 masks[2];
} apic;

#define LVT   apic.reg[0x32]
#define LINT0 apic.reg[0x35]
#define SVR   apic.reg[0x0f]
#define COUNT apic.reg[0x38]

static void apic_reset(u64 base)
{
	memset(&apic, 0, sizeof(apic));
	apic.base = base;
	apic.mapped = apic.counts = apic.fires = true;
	LVT = 0x400ef;       /* TSC deadline, as Linux has it */
	LINT0 = 0x700;
	SVR = 0x10f;
	apic.reg[0x10] = 1;  /* vector 0 in service: one more than ends by itself */
	apic.reg[0x17] = 1u << 31;
	apic.cr8 = 15;
	test_log_clear();
}

/* The interrupt comes as soon as the time is over and it may. */
static void maybe_fire(void)
{
	if (!apic.fires || !apic.irqs || !COUNT || (LVT & 0x10000) || (LVT & 0x60000) == 0x40000 ||
	    !(SVR & 0x100) || apic.cr8 > 14 || apic.reg[0x10] || apic.reg[0x17] ||
	    (now - apic.written_us) * RATE < COUNT * SEC)
		return;
	if (!(LVT & 0x20000))
		COUNT = 0;
	lapic_interrupt(LVT & 0xff);
}

u64 clock_us(void)
{
	now += 10;
	maybe_fire();
	return now;
}
void delay_us(u64 us) { now += us; }
void clock_relax(void) {}
void heartbeat_moved(void) {}

static u32 reg_read(u32 i)
{
	u64 gone = (now - apic.written_us) * RATE / SEC;

	return i == 0x39 ? (apic.counts ? COUNT - (u32)gone : COUNT) : apic.reg[i];
}

static void reg_write(u32 i, u32 v)
{
	if (i == 0x0b) { /* the highest ends */
		apic.eois++;
		for (int k = 0x17; k >= 0x10; k--) {
			if (apic.reg[k]) {
				apic.reg[k] = 0;
				break;
			}
		}
		return;
	}
	apic.reg[i] = v;
	if (i == 0x38)
		apic.written_us = now;
}

static u8 page[4096] __attribute__((aligned(4096)));

void *map_mmio(pa_t pa, u64 len)
{
	return apic.mapped && pa == 0xfee00000 && len <= sizeof(page) ? page : NULL;
}
u32 mmio_read32(const volatile void *reg)
{
	apic.by_mmio = true;
	return reg_read((u32)((const volatile u8 *)reg - page) / 16);
}
void mmio_write32(volatile void *reg, u32 v)
{
	apic.by_mmio = true;
	reg_write((u32)((volatile u8 *)reg - page) / 16, v);
}
u64 rdmsr(u32 msr)
{
	if (msr == MSR_APIC_BASE)
		return apic.base;
	apic.by_msr = true;
	return reg_read(msr - 0x800);
}
void wrmsr(u32 msr, u64 v)
{
	apic.by_msr = true;
	reg_write(msr - 0x800, (u32)v);
}
void outb(u16 port, u8 v) { apic.masks[port == 0xa1] = v; }
void write_cr8(u64 v) { apic.cr8 = v; }
void irqs_on(void) { apic.irqs = true; }
void irqs_off(void) { apic.irqs = false; }

static void runs(void)
{
	CHECK(!test_logged("no timer"));
	CHECK(apic.irqs);
	CHECK_EQ(apic.cr8, 14);
	CHECK_EQ(LVT, 0x200f0);
	CHECK(COUNT > RATE * 9 / 10 && COUNT < RATE * 11 / 10); /* once a second */
	CHECK_EQ(SVR, 0x1ff);
	CHECK(LINT0 & 0x10000);
	CHECK_EQ(apic.masks[0], 0xff);
	CHECK_EQ(apic.masks[1], 0xff);
	CHECK(!apic.reg[0x10] && !apic.reg[0x17]);
}

TEST(registers)
{
	apic_reset(0xfee00900);
	lapic_timer_start();
	runs();
	CHECK(apic.by_mmio && !apic.by_msr);
}

TEST(msrs)
{
	apic_reset(0xfee00d00);
	apic.mapped = false;
	lapic_timer_start();
	runs();
	CHECK(apic.by_msr && !apic.by_mmio);
}

TEST(interrupts_that_are_not_the_timer)
{
	apic_reset(0xfee00900);
	lapic_timer_start();
	apic.eois = 0;
	lapic_interrupt(0xfd); /* of the dead kernel */
	CHECK_EQ(apic.eois, 1);
	lapic_interrupt(LAPIC_SPURIOUS);
	CHECK_EQ(apic.eois, 1);
}

/* Told, and nothing interrupts. */
static void does_not(const char *why)
{
	lapic_timer_start();
	CHECK(test_logged(why));
	CHECK(!apic.irqs);
	CHECK_EQ(apic.cr8, 15);
	lapic_timer_resume();
	CHECK(!apic.irqs);
}

TEST(none)
{
	apic_reset(0xfee00100);
	does_not("it is turned off");
	CHECK(!apic.by_mmio && !apic.by_msr);
}

TEST(not_mapped)
{
	apic_reset(0xfee00900);
	apic.mapped = false;
	does_not("its registers are not mapped");
}

TEST(does_not_count)
{
	apic_reset(0xfee00900);
	apic.counts = false;
	does_not("it does not count");
}

TEST(does_not_interrupt)
{
	apic_reset(0xfee00900);
	apic.fires = false;
	does_not("its interrupt does not come");
}
