/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A fake machine behind ports 0xcf8/0xcfc and an ECAM window, for the tests of drivers/pci. */
#ifndef AFTERIMAGE_FAKE_PCI_H
#define AFTERIMAGE_FAKE_PCI_H

#include "drivers/pci/pci.h"

#define ECAM_BASE 0xb0000000ull /* segment n's window: 256 MiB from n * 256 MiB behind it */

struct func {
	struct pci_addr at;
	u8 cfg[4096];
	u32 bar_mask[6];            /* writable bits */
	unsigned int pending_reads; /* DEVSTA says pending that often */
	u8 devsta;
	u16 reset_reg, reset_mask, reset_value; /* a write like this one resets the function: 0 is none */
	unsigned int resets;
	bool stubborn; /* keeps its bus mastering */
	bool decode_lost, sized;
};

extern bool no_ports;
extern pa_t ram_start, ram_end; /* map_is_device() says no to what touches this */

/* An empty machine with ports, no MCFG, no RAM. */
void machine_reset(void);
/* A function that decodes memory and is bus master; `class` is base class and subclass. */
struct func *func_add(u16 segment, u8 bus, u8 dev, u8 fn, u16 id, u16 class, u8 header);
void mcfg_add(u64 base, u16 segment, u8 first, u8 last);

/* A new machine with one function whose capabilities lie at these offsets, linked in this order. */
struct func *with_caps(const u8 *list, unsigned int n);
void set_bar(struct func *f, unsigned int n, u32 v, u32 mask);

void put32(u8 *p, u32 v);
u32 cfg32(struct func *f, unsigned int reg);

#endif
