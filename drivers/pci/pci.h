/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PCI: configuration space (ports, and ECAM for what ports cannot reach), walking, BARs, quiescing. */
#ifndef AFTERIMAGE_PCI_H
#define AFTERIMAGE_PCI_H

#include <linux/pci_regs.h>

#include "base.h"

/* PCI Code and ID Assignment 1.11, 1: base classes that are treated apart. */
#define PCI_BASE_CLASS_DISPLAY 0x03
#define PCI_BASE_CLASS_BRIDGE  0x06
#define PCI_BASE_CLASS_SYSTEM  0x08
#define PCI_SUBCLASS_IOMMU     0x06

struct pci_addr {
	u16 segment;
	u8 bus, dev, fn;
};

/* One function as found by the walk; nothing about it is stored, the walk is done again when
 * somebody asks. */
struct pci_func {
	struct pci_addr at;
	u16 vendor, device;
	u8 class, subclass, prog_if;
	u8 header_type; /* without the multi-function bit */
};

u8 pci_read8(struct pci_addr a, u16 reg);
u16 pci_read16(struct pci_addr a, u16 reg);
u32 pci_read32(struct pci_addr a, u16 reg);
void pci_write8(struct pci_addr a, u16 reg, u8 v);
void pci_write16(struct pci_addr a, u16 reg, u16 v);
void pci_write32(struct pci_addr a, u16 reg, u32 v);

/* Visit every function in segment, bus, device, function order, each bus once, as the old kernel
 * numbered them; stops and returns the visitor's value when it is not 0. */
int pci_walk(int (*visit)(const struct pci_func *f, void *ctx), void *ctx);

/* Use ACPI's MCFG if there is one and find the buses in use. Writes nothing, but for bridges that sleep: they
 * are woken. */
void pci_init(void);

/* Name every memory BAR, bridge window, ECAM window, LAPIC and IO-APIC to `forbid`: never RAM to be
 * read. Finding a BAR's size turns its decoding off for a moment: call it after pci_quiesce(). */
void pci_forbid_bars(void (*forbid)(pa_t pa, u64 len));

/* Contract "Quiescing": bus mastering, MSI and MSI-X off everywhere but in bridges, displays and
 * IOMMUs, read back, up to 100 ms for Transactions Pending. Logs a summary line. */
void pci_quiesce(void);

/* The lowest offset >= `from` at which the list holds a capability of that kind (PCI_CAP_ID_*), or
 * 0. To go on after one found at `pos`, ask from pos + 1: offsets only grow, so a caller's loop ends
 * whatever the list looks like. */
u8 pci_find_cap(struct pci_addr a, u8 id, u8 from);

/* Where the extended capability of that kind is (PCI_EXT_CAP_ID_*), or 0: none, or ECAM does not reach
 * it. The list of a function without any begins with zeros or, where nobody decodes, with ones (PCI
 * Express Base 5.0, 7.6). */
u16 pci_find_ext_cap(struct pci_addr a, u16 id);

/* Base and size of memory BAR `n` (64-bit BARs take two), as the old kernel programmed it. -ENODEV
 * for an I/O BAR, an unset one or nonsense. Size is found by the usual all-ones probe with decoding
 * off; bridges and displays must not lose theirs, so theirs is an upper bound: the base's alignment,
 * at most 1 GiB. */
int pci_bar(struct pci_addr a, unsigned int n, pa_t *base, u64 *size);

/* D0 (10 ms if it slept), memory decoding on, INTx off, MSI/MSI-X off; bus mastering off. */
void pci_wake(struct pci_addr a);
void pci_bus_master(struct pci_addr a, bool on);

/* Function-level reset, for a device whose own reset does not help; BARs and the command register are as
 * before. -ENODEV: it has none. */
int pci_reset(struct pci_addr a);

/* "0000:00:03.0" */
void pci_name(struct pci_addr a, char out[16]);

#endif
