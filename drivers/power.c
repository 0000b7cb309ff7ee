/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the run ends: ACPI 6.4 (4.8.3.6 reset register, 7.4.2 S5), the PC's other ways to reset. */
#include "drivers/power.h"

#include <arch/cpu.h>
#include <arch/io.h>

#include "clock.h"
#include "log.h"
#include "map.h"
#include "drivers/acpi/acpi.h"
#include "drivers/pci/pci.h"
#include "drivers/watchdog/watchdog.h"

/* Generic Address Structure spaces (ACPI 6.4, table 5.1). */
#define GAS_MEMORY     0
#define GAS_IO         1
#define GAS_PCI_CONFIG 2

/* PM1 control (ACPI 6.4, 4.8.3.2.1) and sleep control (4.8.3.7) registers. */
#define PM1_SCI_EN          (1u << 0)
#define PM1_SLP_TYP_SHIFT   10
#define PM1_SLP_TYP         (7u << PM1_SLP_TYP_SHIFT)
#define PM1_SLP_EN          (1u << 13)
#define SLEEP_CONTROL_SHIFT 2
#define SLEEP_CONTROL_EN    (1u << 5)

/* Reset control register of Intel's south bridges and all that copy them. */
#define RESET_CONTROL 0xcf9
#define RESET_SYSTEM  0x02
#define RESET_CPU     0x04

/* Keyboard controller: pulse output line 0, which is wired to reset. */
#define I8042_STATUS      0x64
#define I8042_COMMAND     0x64
#define I8042_INPUT_FULL  0x02
#define I8042_PULSE_RESET 0xfe

/* PS/2 system control port A. */
#define PORT_A           0x92
#define PORT_A_FAST_INIT 0x01
#define NO_DEVICE        0xff

#define ACPI_ENABLE_WAIT (3 * SEC) /* as long as Linux waits for SCI_EN */
#define POWEROFF_WAIT    (2 * SEC)
#define RESET_WAIT       (200 * MS)
#define I8042_WAIT       (100 * MS)

static struct acpi_power acpi;
static void *reset_mmio, *sleep_mmio; /* mapped beforehand: power_end() asks nobody for anything */
static unsigned int resets_tried;

static void *map_gas(const struct acpi_gas *gas)
{
	return gas->space == GAS_MEMORY && gas->address ? map_mmio(gas->address, 1) : NULL;
}

void power_init(void)
{
	acpi_power_init(&acpi);
	reset_mmio = acpi.has_reset ? map_gas(&acpi.reset_reg) : NULL;
	sleep_mmio = acpi.hw_reduced ? map_gas(&acpi.sleep_control) : NULL;
	log_debug("power: reset register %s (space %u, 0x%llx), S5 %s (PM1a 0x%x, type %u)",
		  acpi.has_reset ? "known" : "unknown", acpi.reset_reg.space,
		  (unsigned long long)acpi.reset_reg.address, acpi.has_s5 ? "known" : "unknown",
		  acpi.pm1a_cnt, acpi.slp_typ_a);
}

static void write_gas(const struct acpi_gas *gas, void *mmio, u8 v)
{
	if (gas->space == GAS_IO && gas->address <= 0xffff) {
		outb((u16)gas->address, v);
	} else if (gas->space == GAS_MEMORY && mmio) {
		mmio_write8(mmio, v);
	} else if (gas->space == GAS_PCI_CONFIG) {
		/* Table 5.1: device in bits 47:32, function in 31:16, offset in 15:0, all on bus 0.
		 */
		struct pci_addr a = { 0, 0, (gas->address >> 32) & 31, (gas->address >> 16) & 7 };

		pci_write8(a, gas->address & 0xff, v);
	}
}

static void reset_acpi(void)
{
	if (acpi.has_reset)
		write_gas(&acpi.reset_reg, reset_mmio, acpi.reset_value);
}

/* The CPU is reset when its bit rises; the other bit says: and the platform with it. */
static void reset_cf9(void)
{
	outb(RESET_CONTROL, RESET_SYSTEM);
	delay_us(50);
	outb(RESET_CONTROL, RESET_SYSTEM | RESET_CPU);
}

static void reset_8042(void)
{
	if (inb(I8042_STATUS) == NO_DEVICE)
		return;
	(void)WAIT_FOR(!(inb(I8042_STATUS) & I8042_INPUT_FULL), I8042_WAIT);
	outb(I8042_COMMAND, I8042_PULSE_RESET);
}

static void reset_port_a(void)
{
	u8 v = inb(PORT_A);

	if (v == NO_DEVICE)
		return;
	outb(PORT_A, v & ~PORT_A_FAST_INIT);
	outb(PORT_A, v | PORT_A_FAST_INIT);
}

/* In the order that works most widely. After a fault on the way it is called again and goes on with the
 * next. */
void power_reset(void)
{
	static void (*const resets[])(void) = {
		reset_acpi, reset_cf9, reset_8042, reset_port_a, cpu_triple_fault,
	};

	while (resets_tried < ARRAY_SIZE(resets)) {
		resets[resets_tried++]();
		delay_us(RESET_WAIT);
	}
	log_always("nothing resets this machine; it stands still");
	cpu_stop();
}

static void enter_sleep(u16 port, u8 type)
{
	u16 v = inw(port) & ~(PM1_SLP_TYP | PM1_SLP_EN);

	v |= (u16)(type << PM1_SLP_TYP_SHIFT);
	outw(port, v);
	outw(port, v | PM1_SLP_EN);
}

/* Linux left ACPI mode on; under a boot loader it may still be off. */
static void enable_acpi(void)
{
	if ((inw(acpi.pm1a_cnt) & PM1_SCI_EN) || !acpi.smi_cmd || !acpi.acpi_enable)
		return;
	outb(acpi.smi_cmd, acpi.acpi_enable);
	if (!WAIT_FOR(inw(acpi.pm1a_cnt) & PM1_SCI_EN, ACPI_ENABLE_WAIT))
		log_info("power: ACPI mode does not come on, PM1a control 0x%04x",
			 inw(acpi.pm1a_cnt));
}

/* Returns only if it did not work. */
static void poweroff(void)
{
	if (!acpi.has_s5 || (!acpi.hw_reduced && !acpi.pm1a_cnt)) {
		log_always("power off: ACPI does not say how; rebooting instead");
		return;
	}
	watchdog_stop();
	if (acpi.hw_reduced) {
		write_gas(&acpi.sleep_control, sleep_mmio,
			  (u8)(acpi.slp_typ_a << SLEEP_CONTROL_SHIFT | SLEEP_CONTROL_EN));
	} else {
		enable_acpi();
		enter_sleep(acpi.pm1a_cnt, acpi.slp_typ_a);
		if (acpi.pm1b_cnt)
			enter_sleep(acpi.pm1b_cnt, acpi.slp_typ_b);
	}
	delay_us(POWEROFF_WAIT);
	log_always("power off: ACPI S5 had no effect; rebooting instead");
}

void power_end(enum power_action a)
{
	log_always("final action: %s", power_name(a));
	if (a == POWER_HALT) {
		watchdog_stop(); /* before a reset one may run on: it helps should the reset fail */
		cpu_stop();
	}
	if (a == POWER_POWEROFF)
		poweroff();
	power_reset();
}

const char *power_name(enum power_action a)
{
	static const char *const names[] = {
		[POWER_REBOOT] = "reboot", [POWER_POWEROFF] = "poweroff", [POWER_HALT] = "halt"
	};

	return (unsigned int)a < ARRAY_SIZE(names) ? names[a] : "reboot";
}
