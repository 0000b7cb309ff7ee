/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside the AHCI driver: the one live port, its memory, resets (port.c), commands
 * (cmd.c). */
#ifndef AFTERIMAGE_AHCI_PORT_H
#define AFTERIMAGE_AHCI_PORT_H

#include <arch/io.h>

#include "drivers/ahci/regs.h"
#include "drivers/blkdev.h"
#include "drivers/pci/pci.h"

/* Every byte of ours that a controller ever sees, besides the data it is asked to transfer: one
 * page, used by the one live port. Only command slot 0 is used. */
struct ahci_memory {
	struct ahci_header list[32]; /* 0x000 command list, 1 KiB aligned (PxCLB) */
	volatile u8 fis[256];        /* 0x400 received FISes, 256 byte aligned (PxFB) */
	struct ahci_table table;     /* 0x500 command table of slot 0, 128 byte aligned */
	u8 identify[ATA_ID_BYTES];   /* 0xd80 IDENTIFY DEVICE data */
} ALIGNED(4096);

_Static_assert(sizeof(struct ahci_memory) == 4096, "one page");

struct ahci_command {
	u8 op;
	bool write;
	u64 lba;
	u32 sectors;
	u64 bytes; /* that the PRDs describe */
	unsigned int n_prd;
	u64 timeout_us;
	int retries;
};

struct ahci_port {
	struct blkdev blk; /* first: the ops cast it back */
	struct pci_addr at;
	volatile u8 *hba;  /* registers of the controller */
	volatile u8 *regs; /* and of this port */
	struct ahci_command flying; /* the write that ahci_wait() ends; n_prd 0: none */
	int last;          /* how the last command ended: recover before the next if not 0 */
	u32 cap;           /* CAP and PI as they were when we came */
	u32 implemented;
	u32 ports; /* of these, the ones whose registers the BAR has */
};

_Static_assert(offsetof(struct ahci_port, blk) == 0, "a blkdev is an ahci_port");

extern struct ahci_memory ahci_memory;

/* HBA reset (10.4.3); CAP and PI are written back if the HBA lost them. Leaves AE set, interrupts
 * off, every port stopped. -ETIMEDOUT after 1 s. */
int ahci_hba_reset(volatile u8 *hba, u32 cap, u32 implemented);

/* Stop processing the command list (10.3.2). No command may be in flight. -ETIMEDOUT after 500 ms.
 */
int ahci_port_stop_list(struct ahci_port *p);
/* Stop everything, whatever that takes: the list and then the FISes, or the HBA as a whole. */
int ahci_port_close(struct ahci_port *p);

/* From any state of a stopped port to one that takes commands: our memory, COMRESET, link, device
 * not busy, ST. -ENODEV no link within 1 s, -ETIMEDOUT busy for 30 s, -ETIME. */
int ahci_port_open(struct ahci_port *p);
/* ST=1; the device must not be busy. */
void ahci_port_start(struct ahci_port *p);
bool ahci_port_ready(const struct ahci_port *p);

/* IDENTIFY DEVICE into ahci_memory.identify. Errors of this and the others as in blkdev.h. */
int ahci_identify(struct ahci_port *p);
int ahci_read(struct ahci_port *p, u64 off, const struct blk_seg *seg, unsigned int n);
/* All but the last command of it have ended; that one does in ahci_wait(). */
int ahci_write_begin(struct ahci_port *p, u64 off, const struct blk_seg *seg, unsigned int n);
int ahci_wait(struct ahci_port *p);
int ahci_flush(struct ahci_port *p);

static inline u32 port_read(const struct ahci_port *p, u32 reg)
{
	return mmio_read32(p->regs + reg);
}
static inline void port_write(struct ahci_port *p, u32 reg, u32 v)
{
	mmio_write32(p->regs + reg, v);
}

#endif
