/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A small AHCI controller with disks, behind the fake registers and PCI functions; it misbehaves on
 * request and ends the program when the driver breaks a rule of the specification. */
#ifndef AFTERIMAGE_FAKE_AHCI_H
#define AFTERIMAGE_FAKE_AHCI_H

#include "base.h"

#define FAKE_PORTS 4

/* How one command ends. */
enum fake_end { END_WELL, END_TFES, END_TFES_BUSY, END_IFS, END_HBDS, END_PCS, END_SHORT, END_NEVER };

struct fake_disk {
	bool there;
	bool vanishes;      /* no link after the next COMRESET */
	bool busy_for_ever; /* BSY never clears after COMRESET */
	bool cr_stuck;      /* CR stays until the HBA is reset */
	bool clo_helps;     /* BSY is only the HBA's idea */
	u32 signature;
	u64 sectors;
	u32 sector_bytes;
	u8 *data;
	u16 identify[256];
	enum fake_end ends[16]; /* of the next commands but IDENTIFY; then END_WELL */
	unsigned int n_ends, next_end;
	/* what happened */
	unsigned int comresets, commands, flushes;
	u64 largest; /* bytes of one command */
};

struct fake_hba {
	u32 cap, cap2, pi;
	bool reset_stuck; /* HR never clears */
	bool flr_helps;   /* but for this, if there is a function-level reset */
	bool reset_loses; /* CAP and PI become 0 at a reset until written */
	bool gone;        /* all registers read as ones */
	bool bios_busy;
	bool bus_master;
	bool cut_off;     /* behind an IOMMU that cannot be tamed */
	u64 bar_bytes;
	unsigned int resets, flrs;
	struct fake_disk disk[FAKE_PORTS];
};

extern struct fake_hba hba;

/* A controller as a dead kernel leaves it: every port with a disk has commands running. */
void fake_hba_reset(void);
struct fake_disk *fake_disk_add(unsigned int port, u64 sectors, u32 sector_bytes);

#endif
