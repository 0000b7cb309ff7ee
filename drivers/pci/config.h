/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of this folder share with each other alone. */
#ifndef AFTERIMAGE_PCI_CONFIG_H
#define AFTERIMAGE_PCI_CONFIG_H

#include "drivers/pci/pci.h"

#define PCI_BUS_RANGES 17 /* the ports' and 16 of MCFG */

/* A range of buses of one segment and how its configuration space is reached. */
struct pci_buses {
	pa_t ecam; /* address of bus 0's (whatever `first` is), 0: ports only */
	u16 segment;
	u8 first, last;
	u32 live[8]; /* a bit for each bus that has a function */
};

/* The i-th range, or NULL. */
const struct pci_buses *pci_bus_range(unsigned int i);

/* Bridges carry the traffic of everything below; a display that stops fetching may hang with its
 * firmware. Neither loses its bus mastering or, for a moment, its decoding. */
static inline bool pci_left_alone(u8 class)
{
	return class == PCI_BASE_CLASS_BRIDGE || class == PCI_BASE_CLASS_DISPLAY;
}

/* A visitor: a bridge in D3hot passes no request on; wake it, with all that the old kernel had set. */
int pci_wake_bridge(const struct pci_func *f, void *ctx);

/* MSI and MSI-X off. */
void pci_irqs_off(struct pci_addr a);

/* Visit the enabled virtual functions of a physical one, as pci_walk() does; nothing where it has none
 * or ECAM does not reach its extended capabilities. What is visited has pf's IDs and class: its own
 * header shows none. */
int pci_walk_vfs(const struct pci_func *pf, int (*visit)(const struct pci_func *f, void *ctx),
		 void *ctx);

#endif
