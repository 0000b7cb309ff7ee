/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The watchdog of Intel's 6300ESB (data sheet 300641-004, chapter 15), which QEMU has as well. */
#include "drivers/watchdog/watchdog.h"

#include <arch/io.h>

#include "drivers/pci/pci.h"
#include "log.h"
#include "map.h"

#define ESB_VENDOR 0x8086
#define ESB_DEVICE 0x25ab

/* Configuration space. */
#define ESB_CONFIG        0x60
#define ESB_CONFIG_NO_OUT (1u << 5) /* the second timer's end resets nothing */
#define ESB_LOCK          0x68
#define ESB_LOCK_LOCKED   (1u << 0)
#define ESB_LOCK_ENABLED  (1u << 1)

/* Memory: the reload register takes a word behind two bytes of a fixed sequence. */
#define ESB_BYTES         0x10
#define ESB_RELOAD        0x0c
#define ESB_UNLOCK1       0x80
#define ESB_UNLOCK2       0x86
#define ESB_RELOAD_TIMERS (1u << 8)

static struct pci_addr esb;
static volatile u8 *regs;

static int is_esb(const struct pci_func *f, void *ctx)
{
	(void)ctx;
	esb = f->at;
	return f->vendor == ESB_VENDOR && f->device == ESB_DEVICE;
}

static enum watchdog_state esb_find(char words[WATCHDOG_WORDS])
{
	pa_t base;
	u64 size;
	u8 lock;

	if (!pci_walk(is_esb, NULL))
		return WATCHDOG_NONE;
	lock = pci_read8(esb, ESB_LOCK);
	pci_name(esb, words);
	if (!(lock & ESB_LOCK_ENABLED) || (pci_read16(esb, ESB_CONFIG) & ESB_CONFIG_NO_OUT))
		return WATCHDOG_STANDS;
	if (pci_bar(esb, 0, &base, &size) || size < ESB_BYTES)
		return WATCHDOG_DEAF;
	pci_write16(esb, PCI_COMMAND, pci_read16(esb, PCI_COMMAND) | PCI_COMMAND_MEMORY);
	regs = map_mmio(base, ESB_BYTES);
	return regs ? WATCHDOG_RUNS : WATCHDOG_DEAF;
}

static void esb_feed(void)
{
	mmio_write8(regs + ESB_RELOAD, ESB_UNLOCK1);
	mmio_write8(regs + ESB_RELOAD, ESB_UNLOCK2);
	mmio_write16(regs + ESB_RELOAD, ESB_RELOAD_TIMERS);
}

/* Once locked it counts on, but what its end does is not locked. */
static bool esb_stop(void)
{
	pci_write8(esb, ESB_LOCK, 0);
	if (!(pci_read8(esb, ESB_LOCK) & ESB_LOCK_ENABLED))
		return true;
	pci_write16(esb, ESB_CONFIG, pci_read16(esb, ESB_CONFIG) | ESB_CONFIG_NO_OUT);
	return pci_read16(esb, ESB_CONFIG) & ESB_CONFIG_NO_OUT;
}

const struct watchdog_driver wdt_i6300esb = {
	.name = "i6300esb", .find = esb_find, .feed = esb_feed, .stop = esb_stop
};
