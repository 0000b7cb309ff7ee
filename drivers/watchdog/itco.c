/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The TCO timer of Intel's chipsets: ICH to the 9 series behind the LPC bridge (ICH9 data sheet
 * 316972, 13.9), later ones behind the SMBus controller (300 series data sheet 337348, chapter 15). */
#include "drivers/watchdog/watchdog.h"

#include <arch/io.h>

#include "drivers/pci/pci.h"
#include "log.h"
#include "map.h"

#define VENDOR_INTEL 0x8086
#define CLASS_LPC    0x0601
#define CLASS_SMBUS  0x0c05

/* LPC bridge, 00:1f.0 */
#define LPC_PMBASE         0x40
#define LPC_PMBASE_ADDRESS 0xff80u
#define LPC_ACPI_CNTL      0x44
#define LPC_ACPI_EN        (1u << 7)
#define LPC_GEN_STS        0xd4 /* ICH to ICH5 */
#define LPC_GEN_STS_NO_REBOOT (1u << 1)
#define LPC_RCBA           0xf0
#define LPC_RCBA_ENABLED   (1u << 0)
#define LPC_RCBA_ADDRESS   0xffffc000u
#define RCBA_GCS           0x3410
#define GCS_NO_REBOOT      (1u << 5)
#define PM_TCO             0x60

/* SMBus controller, 00:1f.4 */
#define SMBUS_TCOBASE   0x50
#define SMBUS_TCOCTL    0x54
#define SMBUS_TCOCTL_EN (1u << 8)
#define TCOBASE_IO      (1u << 0)
#define TCOBASE_ADDRESS 0xffe0u

/* The TCO's ports. Version 1's timer has 6 bits, its registers are bytes. */
#define TCO_RLD           0x00
#define TCO1_TMR          0x01
#define TCO1_STS          0x04
#define TCO1_STS_TIMEOUT  (1u << 3)
#define TCO1_CNT          0x08
#define TCO1_CNT_NO_REBOOT (1u << 0) /* 300 series and later; reserved before */
#define TCO1_CNT_NMI_NOW  (1u << 8) /* cleared by writing 1 */
#define TCO1_CNT_HALT     (1u << 11)
#define TCO2_TMR          0x12
#define TCO1_TMR_MASK     0x3fu
#define TCO2_TMR_MASK     0x3ffu

static u16 tco; /* base port */
static bool byte_wide; /* version 1 */

static bool is_intel(struct pci_addr a, u16 class)
{
	return pci_read16(a, PCI_VENDOR_ID) == VENDOR_INTEL && pci_read16(a, PCI_CLASS_DEVICE) == class;
}

static u16 base_of_smbus(void)
{
	static const struct pci_addr smbus = { .dev = 0x1f, .fn = 4 };
	u32 base;

	if (!is_intel(smbus, CLASS_SMBUS) || !(pci_read32(smbus, SMBUS_TCOCTL) & SMBUS_TCOCTL_EN))
		return 0;
	base = pci_read32(smbus, SMBUS_TCOBASE);
	return base & TCOBASE_IO && base <= 0xffff ? base & TCOBASE_ADDRESS : 0;
}

/* Does the strap or the firmware keep the timer from resetting? Then it is nobody's watchdog. */
static bool lpc_no_reboot(struct pci_addr lpc)
{
	u32 rcba = pci_read32(lpc, LPC_RCBA);
	u8 *gcs;

	if (byte_wide)
		return pci_read32(lpc, LPC_GEN_STS) & LPC_GEN_STS_NO_REBOOT;
	if (!(rcba & LPC_RCBA_ENABLED))
		return false;
	gcs = map_mmio((rcba & LPC_RCBA_ADDRESS) + RCBA_GCS, sizeof(u32));
	return gcs && mmio_read32(gcs) & GCS_NO_REBOOT;
}

static u16 base_of_lpc(void)
{
	static const struct pci_addr lpc = { .dev = 0x1f };
	u32 base = pci_read32(lpc, LPC_PMBASE);
	u8 family = pci_read16(lpc, PCI_DEVICE_ID) >> 8;

	if (!is_intel(lpc, CLASS_LPC) || !(pci_read8(lpc, LPC_ACPI_CNTL) & LPC_ACPI_EN) ||
	    base > 0xffff || !(base & LPC_PMBASE_ADDRESS))
		return 0;
	byte_wide = family == 0x24 || family == 0x25; /* ICH to ICH5, 6300ESB */
	if (lpc_no_reboot(lpc))
		return 0;
	return (base & LPC_PMBASE_ADDRESS) + PM_TCO;
}

static enum watchdog_state tco_find(char words[WATCHDOG_WORDS])
{
	bool seconds = false;
	unsigned int ticks;
	u16 control;

	tco = base_of_lpc();
	if (!tco) {
		byte_wide = false;
		seconds = true;
		tco = base_of_smbus();
	}
	if (!tco)
		return WATCHDOG_NONE;
	control = inw(tco + TCO1_CNT);
	ticks = byte_wide ? inb(tco + TCO1_TMR) & TCO1_TMR_MASK : inw(tco + TCO2_TMR) & TCO2_TMR_MASK;
	/* it resets when it ends for the second time; a tick is 0.6 s, or 1 s with the SMBus controller */
	format(words, WATCHDOG_WORDS, "port 0x%x, resets after %u s", tco,
	       2 * (seconds ? ticks : ticks * 6 / 10));
	if (control == 0xffff)
		return WATCHDOG_NONE;
	return control & (TCO1_CNT_HALT | TCO1_CNT_NO_REBOOT) ? WATCHDOG_STANDS : WATCHDOG_RUNS;
}

static void tco_feed(void)
{
	if (!byte_wide) {
		outw(tco + TCO_RLD, 1);
		return;
	}
	outw(tco + TCO1_STS, TCO1_STS_TIMEOUT); /* count to two anew: later ones do so by themselves */
	outb(tco + TCO_RLD, 1);
}

static bool tco_stop(void)
{
	u16 control = inw(tco + TCO1_CNT) & ~TCO1_CNT_NMI_NOW;

	outw(tco + TCO1_CNT, control | TCO1_CNT_HALT);
	return inw(tco + TCO1_CNT) & TCO1_CNT_HALT;
}

const struct watchdog_driver wdt_itco = {
	.name = "iTCO", .find = tco_find, .feed = tco_feed, .stop = tco_stop
};
