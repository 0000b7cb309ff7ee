/* SPDX-License-Identifier: GPL-2.0-or-later */
/* AHCI: taking controllers over from a dead kernel and finding the disks behind them (Serial ATA
 * AHCI 1.3.1; section numbers are its own; ATA ACS-4). */
#include "drivers/ahci/ahci.h"

#include "bytes.h"
#include "clock.h"
#include "drivers/ahci/port.h"
#include "drivers/iommu/iommu.h"
#include "drivers/pci/ids.h"
#include "heartbeat.h"
#include "log.h"
#include "map.h"

#define HANDOFF_US      (25 * MS) /* 10.6.3 */
#define HANDOFF_BUSY_US (2 * SEC)
/* For ports that had no device before the reset: OOB signalling takes 10 ms at most (SATA 3.4, 8.4). */
#define SETTLE_US       (25 * MS)
#define LINKS_US        (1 * SEC)

#define LBA48_SECTORS ((u64)1 << 48)

struct search {
	int (*found)(struct blkdev *d, void *ctx);
	void *ctx;
};

static struct ahci_port live;

/* Ports of the mask in whose register any of the bits is set. */
static u32 ports_with(volatile u8 *hba, u32 ports, u32 reg, u32 bits)
{
	u32 mask = 0;

	for (u32 i = 0; i < HBA_PORTS; i++)
		if ((ports & 1u << i) && (mmio_read32(hba + HBA_PORT(i) + reg) & bits))
			mask |= 1u << i;
	return mask;
}

static void ports_change(volatile u8 *hba, u32 ports, u32 reg, u32 clear, u32 set)
{
	for (u32 i = 0; i < HBA_PORTS; i++) {
		volatile u8 *r = hba + HBA_PORT(i) + reg;

		if (ports & 1u << i)
			mmio_write32(r, (mmio_read32(r) & ~clear) | set);
	}
}

/* 10.6.3: firmware that still drives the controller (legacy emulation) lets go of it. */
static void bios_handoff(volatile u8 *hba)
{
	if (!(mmio_read32(hba + HBA_CAP2) & HBA_CAP2_BOH))
		return;
	mmio_write32(hba + HBA_BOHC, HBA_BOHC_OOS);
	if (!WAIT_FOR(!(mmio_read32(hba + HBA_BOHC) & HBA_BOHC_BOS), HANDOFF_US) &&
	    (mmio_read32(hba + HBA_BOHC) & HBA_BOHC_BB))
		WAIT_FOR(!(mmio_read32(hba + HBA_BOHC) & HBA_BOHC_BOS), HANDOFF_BUSY_US);
}

/* Let the links come up again after the reset, all at once. Returns the ports worth a look. */
static u32 wake_ports(volatile u8 *hba, u32 ports, u32 had_device)
{
	u64 settled = clock_us() + SETTLE_US;

	ports_change(hba, ports, PORT_SCTL, ~0u, PORT_SCTL_IPM_OFF | PORT_SCTL_DET_NONE);
	ports_change(hba, ports, PORT_CMD, 0, PORT_CMD_SUD | PORT_CMD_POD); /* 10.1.1, CAP.SSS */
	WAIT_FOR(!(had_device & ~ports_with(hba, ports, PORT_SSTS, PORT_SSTS_DET_DEVICE)) &&
		     clock_us() >= settled,
		 LINKS_US);
	return had_device | ports_with(hba, ports, PORT_SSTS, PORT_SSTS_DET_DEVICE);
}

static u16 id_word(unsigned int n)
{
	return get_le16(ahci_memory.identify + 2 * n);
}

/* What the disk says about itself (ACS-4, 7.12.7), into the blkdev. */
static int read_identity(struct ahci_port *p)
{
	u16 commands = id_word(ATA_ID_COMMANDS2), sector = id_word(ATA_ID_SECTOR);
	u64 sectors = get_le64(ahci_memory.identify + 2 * ATA_ID_CAPACITY48);
	u32 bytes = 512;

	if ((id_word(ATA_ID_GENERAL) & ATA_ID_GENERAL_NOT_ATA) ||
	    (commands & ATA_ID_VALID_MASK) != ATA_ID_VALID ||
	    !(commands & ATA_ID_COMMANDS2_LBA48)) {
		log_info("%s: no 48-bit disk: IDENTIFY words 0x%x, 0x%x: not used", p->blk.name,
			 id_word(ATA_ID_GENERAL), commands);
		return -ENODEV;
	}
	if ((sector & ATA_ID_VALID_MASK) == ATA_ID_VALID && (sector & ATA_ID_SECTOR_LONG))
		bytes = 2 * get_le32(ahci_memory.identify + 2 * ATA_ID_SECTOR_WORDS);
	if ((bytes != 512 && bytes != BLK_UNIT) || sectors > LBA48_SECTORS || sectors * bytes < BLK_UNIT) {
		log_info("%s: %llu sectors of %u bytes: not used", p->blk.name, sectors, bytes);
		return -ENODEV;
	}
	p->blk.sector_bytes = bytes;
	p->blk.size = ALIGN_DOWN(sectors * bytes, BLK_UNIT);
	log_debug("%s: disk of %llu MiB, sectors of %u bytes, write cache %s", p->blk.name,
		  p->blk.size / MIB, bytes,
		  id_word(ATA_ID_ENABLED1) & ATA_ID_ENABLED1_WRITE_CACHE ? "on" : "off");
	return 0;
}

static int blk_read(struct blkdev *d, u64 off, const struct blk_seg *seg, unsigned int n)
{
	return ahci_read((struct ahci_port *)d, off, seg, n);
}

static int blk_write_begin(struct blkdev *d, u64 off, const struct blk_seg *seg, unsigned int n)
{
	return ahci_write_begin((struct ahci_port *)d, off, seg, n);
}

static int blk_wait(struct blkdev *d)
{
	return ahci_wait((struct ahci_port *)d);
}

static int blk_flush(struct blkdev *d)
{
	return ahci_flush((struct ahci_port *)d);
}

static void hba_release(struct ahci_port *p)
{
	ahci_hba_reset(p->hba, p->cap, p->implemented);
	pci_bus_master(p->at, false);
}

static void blk_release(struct blkdev *d)
{
	hba_release((struct ahci_port *)d);
}

static const struct blkdev_ops ahci_ops = {
	.read = blk_read,
	.write_begin = blk_write_begin,
	.wait = blk_wait,
	.flush = blk_flush,
	.release = blk_release,
};

/* Bring one port up and show its disk to the searcher. */
static int try_port(struct ahci_port *p, u32 no, const char *hba_name, const struct search *s)
{
	u32 sig;
	int rc;

	format(p->blk.name, sizeof(p->blk.name), "ahci %s port %u", hba_name, no);
	p->regs = p->hba + HBA_PORT(no);
	p->blk.ops = &ahci_ops;
	p->blk.sector_bytes = 512;
	p->last = 0;
	heartbeat_moved();
	rc = ahci_port_open(p);
	sig = port_read(p, PORT_SIG);
	if (!rc && sig != PORT_SIG_ATA) {
		log_info("%s: %s (signature 0x%x): not used", p->blk.name,
			 sig == PORT_SIG_ATAPI ? "ATAPI device"
			 : sig == PORT_SIG_PM  ? "port multiplier"
					       : "no disk",
			 sig);
		rc = -ENODEV;
	}
	if (!rc)
		rc = ahci_identify(p);
	if (!rc)
		rc = read_identity(p);
	if (!rc) {
		rc = s->found(&p->blk, s->ctx);
		if (rc)
			return rc;
	}
	ahci_port_close(p);
	if (rc != -ETIME)
		return 0;
	hba_release(p);
	return rc;
}

/* Take the controller over; leaves it reset, all its ports stopped, bus mastering off. */
static int take_hba(struct ahci_port *p, const struct pci_func *f, const char *name,
		    u32 *had_device)
{
	pa_t base;
	u64 size;
	u32 room;

	*p = (struct ahci_port){ .at = f->at };
	pci_wake(f->at);
	if (pci_bar(f->at, AHCI_ABAR, &base, &size) || size < HBA_PORT(1)) {
		log_info("ahci %s: BAR %u not usable", name, AHCI_ABAR);
		return -ENODEV;
	}
	size = MIN(size, (u64)HBA_PORT(HBA_PORTS));
	p->hba = map_mmio(base, size);
	if (!p->hba)
		return -ENOMEM;
	mmio_write32(p->hba + HBA_GHC, HBA_GHC_AE); /* 3.1.2: before any other register */
	p->cap = mmio_read32(p->hba + HBA_CAP);
	p->implemented = mmio_read32(p->hba + HBA_PI);
	if (p->cap == PORT_ALL_ONES) {
		log_info("ahci %s: does not answer", name);
		return -ENODEV;
	}
	if (!(p->cap & HBA_CAP_S64A) && (pa_t)(&ahci_memory + 1) > 4 * GIB) {
		log_info("ahci %s: 32-bit only (CAP 0x%x) and we lie above 4 GiB: not used", name,
			 p->cap);
		return -ENODEV;
	}
	room = (u32)(size - HBA_PORT(0)) / HBA_PORT_BYTES;
	p->ports = room < HBA_PORTS ? p->implemented & ((1u << room) - 1) : p->implemented;
	bios_handoff(p->hba);
	*had_device = ports_with(p->hba, p->ports, PORT_SSTS, PORT_SSTS_DET_DEVICE);
	/* Ends every command of the dead kernel (10.4.3), as Linux does it. The lists are not
	 * stopped before: QEMU (seen in 7.2) dies when a list is taken away under a command in
	 * flight. */
	if (!ahci_hba_reset(p->hba, p->cap, p->implemented))
		return 0;
	if (pci_reset(f->at))
		return -ETIMEDOUT;
	log_info("ahci %s: function-level reset", name);
	return ahci_hba_reset(p->hba, p->cap, p->implemented);
}

static int try_hba(const struct pci_func *f, void *ctx)
{
	char name[16];
	u32 had_device, ports;

	if (!ahci_takes((u32)f->class << 16 | (u32)f->subclass << 8 | f->prog_if))
		return 0;
	pci_name(f->at, name);
	if (take_hba(&live, f, name, &had_device) || iommu_allow(f->at))
		return 0;
	ports = wake_ports(live.hba, live.ports, had_device);
	log_debug("ahci %s: ports 0x%x, devices on 0x%x", name, live.ports, ports);
	pci_bus_master(f->at, true);
	for (u32 i = 0; i < HBA_PORTS; i++) {
		int rc = ports & 1u << i ? try_port(&live, i, name, ctx) : 0;

		if (rc)
			return rc;
	}
	hba_release(&live);
	return 0;
}

int ahci_probe(int (*found)(struct blkdev *d, void *ctx), void *ctx)
{
	struct search s = { .found = found, .ctx = ctx };

	return pci_walk(try_hba, &s);
}
