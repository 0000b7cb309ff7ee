/* SPDX-License-Identifier: GPL-2.0-or-later */
/* AHCI resets and the states of a port (Serial ATA AHCI 1.3.1; section numbers are its own). */
#include "drivers/ahci/port.h"

#include <string.h>

#include "clock.h"
#include "life/failure.h"
#include "log.h"

#define HBA_RESET_US (1 * SEC)  /* 10.4.3 */
#define PORT_STOP_US (500 * MS) /* 10.3.2 */
#define COMRESET_US  (2 * MS)   /* 10.4.2: at least 1 ms */
#define LINK_US      (1 * SEC)
#define READY_US     (30 * SEC) /* a sleeping disk spins up */

struct ahci_memory ahci_memory;

int ahci_hba_reset(volatile u8 *hba, u32 cap, u32 implemented)
{
	mmio_write32(hba + HBA_GHC, HBA_GHC_AE);
	mmio_write32(hba + HBA_GHC, HBA_GHC_AE | HBA_GHC_HR);
	if (!WAIT_FOR(!(mmio_read32(hba + HBA_GHC) & HBA_GHC_HR), HBA_RESET_US)) {
		log_info("ahci: HBA reset does not end: GHC 0x%x", mmio_read32(hba + HBA_GHC));
		return -ETIMEDOUT;
	}
	mmio_write32(hba + HBA_GHC, HBA_GHC_AE);
	/* HwInit registers that the firmware wrote (3.1.1, 3.1.4); some HBAs forget them here. */
	if (mmio_read32(hba + HBA_CAP) != cap)
		mmio_write32(hba + HBA_CAP, cap);
	if (mmio_read32(hba + HBA_PI) != implemented)
		mmio_write32(hba + HBA_PI, implemented);
	return 0;
}

int ahci_port_stop_list(struct ahci_port *p)
{
	port_write(p, PORT_CMD, port_read(p, PORT_CMD) & ~PORT_CMD_ST);
	return WAIT_FOR(!(port_read(p, PORT_CMD) & PORT_CMD_CR), PORT_STOP_US) ? 0 : -ETIMEDOUT;
}

int ahci_port_close(struct ahci_port *p)
{
	bool in_flight = p->last == -ETIMEDOUT || p->last == -ETIME;

	if (in_flight || ahci_port_stop_list(p))
		return ahci_hba_reset(p->hba, p->cap, p->implemented);
	port_write(p, PORT_CMD, port_read(p, PORT_CMD) & ~PORT_CMD_FRE);
	if (WAIT_FOR(!(port_read(p, PORT_CMD) & PORT_CMD_FR), PORT_STOP_US))
		return 0;
	return ahci_hba_reset(p->hba, p->cap, p->implemented);
}

bool ahci_port_ready(const struct ahci_port *p)
{
	return !(port_read(p, PORT_TFD) & (PORT_TFD_BSY | PORT_TFD_DRQ));
}

static bool link_up(const struct ahci_port *p)
{
	return (port_read(p, PORT_SSTS) & PORT_SSTS_DET) == PORT_SSTS_DET_UP;
}

static void set_memory(struct ahci_port *p)
{
	pa_t list = (pa_t)ahci_memory.list, fis = (pa_t)ahci_memory.fis;

	/* The command table stays: a retry after this reset issues it again. */
	memset(ahci_memory.list, 0, sizeof(ahci_memory.list));
	memset((void *)ahci_memory.fis, 0, sizeof(ahci_memory.fis));
	port_write(p, PORT_CLB, (u32)list);
	port_write(p, PORT_CLBU, (u32)(list >> 32));
	port_write(p, PORT_FB, (u32)fis);
	port_write(p, PORT_FBU, (u32)(fis >> 32));
}

/* COMRESET (10.4.2) and the link behind it. Ends a dead kernel's queued commands, too: a disk in
 * the middle of NCQ takes no other command. */
static int reset_link(struct ahci_port *p)
{
	port_write(p, PORT_SCTL, PORT_SCTL_IPM_OFF | PORT_SCTL_DET_INIT);
	delay_us(COMRESET_US);
	port_write(p, PORT_SCTL, PORT_SCTL_IPM_OFF | PORT_SCTL_DET_NONE);
	if (!WAIT_FOR(link_up(p), LINK_US)) {
		log_info("%s: no link after COMRESET: SSTS 0x%x", p->blk.name,
			 port_read(p, PORT_SSTS));
		failure_device("%s: no link, SSTS 0x%x", p->blk.name, port_read(p, PORT_SSTS));
		return -ENODEV;
	}
	/* While SERR.DIAG.X is set the device's first FIS is not taken (3.3.13, 10.4.2). */
	port_write(p, PORT_SERR, PORT_ALL_ONES);
	return 0;
}

static int wait_ready(struct ahci_port *p)
{
	if (WAIT_FOR(ahci_port_ready(p) || clock_expired(), READY_US) && ahci_port_ready(p))
		return 0;
	if (clock_expired())
		return -ETIME;
	if (p->cap & HBA_CAP_SCLO) { /* 3.3.7: the HBA's copy of BSY and DRQ may be what is stuck */
		port_write(p, PORT_CMD, port_read(p, PORT_CMD) | PORT_CMD_CLO);
		if (WAIT_FOR(!(port_read(p, PORT_CMD) & PORT_CMD_CLO), PORT_STOP_US) &&
		    ahci_port_ready(p))
			return 0;
	}
	log_info("%s: busy for %llu s: TFD 0x%x", p->blk.name, READY_US / SEC,
		 port_read(p, PORT_TFD));
	failure_device("%s: busy, TFD 0x%x SSTS 0x%x", p->blk.name, port_read(p, PORT_TFD),
		       port_read(p, PORT_SSTS));
	return -ETIMEDOUT;
}

void ahci_port_start(struct ahci_port *p)
{
	port_write(p, PORT_SERR, PORT_ALL_ONES);
	port_write(p, PORT_IS, PORT_ALL_ONES);
	port_write(p, PORT_CMD, port_read(p, PORT_CMD) | PORT_CMD_ST); /* 10.3.1 */
}

int ahci_port_open(struct ahci_port *p)
{
	int rc;

	port_write(p, PORT_IE, 0);
	set_memory(p);
	port_write(p, PORT_CMD, PORT_CMD_ICC_ACTIVE | PORT_CMD_POD | PORT_CMD_SUD);
	port_write(p, PORT_CMD, PORT_CMD_ICC_ACTIVE | PORT_CMD_POD | PORT_CMD_SUD | PORT_CMD_FRE);
	rc = reset_link(p);
	if (!rc)
		rc = wait_ready(p);
	if (!rc)
		ahci_port_start(p);
	return rc;
}
