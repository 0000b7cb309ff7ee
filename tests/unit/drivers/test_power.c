/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The end of a run against recorded port writes; what would end the machine jumps back here. */
#include "unit/test.h"

#include <setjmp.h>

#include "base.h"
#include <arch/cpu.h>
#include <arch/io.h>
#include "clock.h"
#include "drivers/acpi/acpi.h"
#include "drivers/pci/pci.h"
#include "drivers/power.h"
#include "map.h"

enum { STOPPED = 1, TRIPLE_FAULT, RESET };

static jmp_buf end;
static struct acpi_power tables;
static char writes[4096];
static u16 pm1a;
static bool no_sci, no_8042, busy_8042;
static int ends_at_port;
static unsigned int ends_at_value;
static u8 mmio[8];

static void record(const char *what, unsigned int where, unsigned int v)
{
	size_t n = strlen(writes);

	snprintf(writes + n, sizeof(writes) - n, "%s%x=%x ", what, where, v);
	if ((int)where == ends_at_port && v == ends_at_value)
		longjmp(end, RESET);
}

void outb(u16 p, u8 v)
{
	if (p == 0xb2 && v == 0xf1 && !no_sci)
		pm1a |= 1;
	record("b", p, v);
}

void outw(u16 p, u16 v)
{
	if (p == 0x604)
		pm1a = v & ~0x2000;
	record("w", p, v);
}

void outl(u16 p, u32 v)
{
	record("l", p, v);
}
u8 inb(u16 p)
{
	return p == 0x64 ? (no_8042 ? 0xff : busy_8042 ? 2 : 0x1c) : p == 0x92 ? 2 : 0xff;
}
u16 inw(u16 p)
{
	return p == 0x604 ? pm1a : 0xffff;
}
u32 inl(u16 p)
{
	(void)p;
	return ~0u;
}
void mmio_write8(volatile void *reg, u8 v)
{
	record("m", (unsigned int)((volatile u8 *)reg - mmio), v);
}
void *map_mmio(pa_t pa, u64 len)
{
	return pa == 0xfed80000 && len == 1 ? mmio : NULL;
}
void pci_write8(struct pci_addr a, u16 reg, u8 v)
{
	CHECK_EQ(a.segment + a.bus, 0);
	record("pci", (unsigned int)a.dev << 16 | a.fn << 12 | reg, v);
}
void watchdog_stop(void)
{
	record("watchdogs", 0, 0);
}
void cpu_stop(void)
{
	longjmp(end, STOPPED);
}
void cpu_triple_fault(void)
{
	record("fault", 0, 0);
}
void acpi_power_init(struct acpi_power *p)
{
	*p = tables;
}

/* Everything power.c remembers is in its own object: include it, so that each test starts afresh.
 */
#include "../../drivers/power.c"

static int run(enum power_action a)
{
	int how;

	writes[0] = '\0';
	resets_tried = 0;
	how = setjmp(end);
	if (!how)
		power_end(a);
	return how;
}

static void machine(void)
{
	memset(&tables, 0, sizeof(tables));
	pm1a = 1;
	no_sci = no_8042 = busy_8042 = false;
	ends_at_port = -1;
	tables.has_reset = true;
	tables.reset_reg = (struct acpi_gas){ .space = 1, .address = 0xcf9 };
	tables.reset_value = 0x0f;
	tables.has_s5 = true;
	tables.pm1a_cnt = 0x604;
	tables.slp_typ_a = 5;
	tables.smi_cmd = 0xb2;
	tables.acpi_enable = 0xf1;
	power_init();
}

TEST(halt)
{
	machine();
	CHECK_EQ(run(POWER_HALT), STOPPED);
	CHECK(!strcmp(writes, "watchdogs0=0 "));
	CHECK(test_logged("final action: halt"));
}

TEST(reboot_by_acpi)
{
	machine();
	ends_at_port = 0xcf9;
	ends_at_value = 0x0f;
	CHECK_EQ(run(POWER_REBOOT), RESET);
	CHECK(!strcmp(writes, "bcf9=f "));
	CHECK(test_logged("final action: reboot"));
}

TEST(reboot_tries_everything)
{
	machine();
	CHECK_EQ(run(POWER_REBOOT), STOPPED);
	CHECK(!strcmp(writes, "bcf9=f bcf9=2 bcf9=6 b64=fe b92=2 b92=3 fault0=0 "));
	CHECK(test_logged("nothing resets this machine"));
}

TEST(reboot_without_acpi_or_8042)
{
	machine();
	memset(&tables, 0, sizeof(tables));
	no_8042 = true;
	power_init();
	CHECK_EQ(run(POWER_REBOOT), STOPPED);
	CHECK(!strcmp(writes, "bcf9=2 bcf9=6 b92=2 b92=3 fault0=0 "));
}

TEST(busy_8042_is_bounded)
{
	machine();
	busy_8042 = true;
	fake_now_us = 0;
	CHECK_EQ(run(POWER_REBOOT), STOPPED);
	CHECK(strstr(writes, "b64=fe"));
	CHECK(fake_now_us < 2 * SEC);
}

TEST(reset_register_in_memory_and_pci)
{
	machine();
	tables.reset_reg = (struct acpi_gas){ .space = 0, .address = 0xfed80000 };
	power_init();
	run(POWER_REBOOT);
	CHECK(!strncmp(writes, "m0=f bcf9=2", 11));
	tables.reset_reg.address = 0x1000; /* cannot be mapped: passed over */
	power_init();
	run(POWER_REBOOT);
	CHECK(!strncmp(writes, "bcf9=2", 6));
	tables.reset_reg = (struct acpi_gas){ .space = 2, .address = 0x1f00030044ull };
	power_init();
	run(POWER_REBOOT);
	CHECK(!strncmp(writes, "pci1f3044=f ", 12));
}

/* A fault in one method comes back through the trap handler. */
TEST(fault_on_the_way_goes_on)
{
	machine();
	ends_at_port = 0xcf9;
	ends_at_value = 0x0f;
	CHECK_EQ(run(POWER_REBOOT), RESET);
	writes[0] = '\0';
	if (!setjmp(end))
		power_end(POWER_REBOOT);
	CHECK(!strncmp(writes, "bcf9=2 bcf9=6", 13));
}

TEST(poweroff_s5)
{
	machine();
	ends_at_port = 0x604;
	ends_at_value = 5 << 10 | 1 << 13 | 1;
	CHECK_EQ(run(POWER_POWEROFF), RESET);
	CHECK(!strcmp(writes, "watchdogs0=0 w604=1401 w604=3401 "));
	CHECK(test_logged("final action: poweroff"));
}

TEST(poweroff_enables_acpi_first)
{
	machine();
	pm1a = 0;
	ends_at_port = 0x604;
	ends_at_value = 0x3401;
	CHECK_EQ(run(POWER_POWEROFF), RESET);
	CHECK(!strcmp(writes, "watchdogs0=0 bb2=f1 w604=1401 w604=3401 "));
	pm1a = 0;
	no_sci = true;
	ends_at_value = 0x3400;
	CHECK_EQ(run(POWER_POWEROFF), RESET);
	CHECK(test_logged("ACPI mode does not come on"));
}

TEST(poweroff_falls_back)
{
	machine();
	CHECK_EQ(run(POWER_POWEROFF), STOPPED);
	CHECK(test_logged("S5 had no effect"));
	CHECK(strstr(writes, "bcf9=f"));
	tables.has_s5 = false;
	power_init();
	CHECK_EQ(run(POWER_POWEROFF), STOPPED);
	CHECK(test_logged("does not say how"));
	CHECK(!strncmp(writes, "bcf9=f", 6));
}

TEST(poweroff_hardware_reduced)
{
	machine();
	tables.hw_reduced = true;
	tables.sleep_control = (struct acpi_gas){ .space = 1, .address = 0x600 };
	power_init();
	ends_at_port = 0x600;
	ends_at_value = 5 << 2 | 0x20;
	CHECK_EQ(run(POWER_POWEROFF), RESET);
}

TEST(before_power_init)
{
	machine();
	memset(&tables, 0, sizeof(tables));
	power_init();
	CHECK_EQ(run(POWER_POWEROFF), STOPPED);
	CHECK(test_logged("rebooting instead"));
}
