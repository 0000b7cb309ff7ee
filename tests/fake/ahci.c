/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The controller of fake/ahci.h (AHCI 1.3.1), and the PCI functions that the driver needs. */
#include "fake/ahci.h"

#include <arch/io.h>

#include "unit/test.h"

#include "drivers/ahci/port.h"
#include "drivers/iommu/iommu.h"
#include "map.h"

struct port {
	u32 clb, clbu, fb, fbu, is, ie, cmd, tfd, sig, ssts, sctl, serr, sact, ci;
	u64 comreset_at;
	bool in_flight; /* a command that has not ended */
};

struct fake_hba hba;

static u8 window[HBA_PORT(HBA_PORTS)]; /* never touched: its addresses are the registers */
static struct port ports[FAKE_PORTS];
static u32 ghc, bohc;

static void hba_reset(void);

#define RULE(cond)                                                                                 \
	do {                                                                                       \
		if (!(cond)) {                                                                     \
			fprintf(stderr, "%s:%d: the driver broke: %s\n", __FILE__, __LINE__,       \
				#cond);                                                            \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/* --- PCI */

int pci_walk(int (*visit)(const struct pci_func *f, void *ctx), void *ctx)
{
	struct pci_func nic = { .at = { 0, 0, 3, 0 }, .class = 2 };
	struct pci_func f = { .at = { 0, 0, 31, 2 }, .class = 1, .subclass = 6, .prog_if = 1 };
	int rc = visit(&nic, ctx);

	return rc ? rc : visit(&f, ctx);
}

int pci_bar(struct pci_addr a, unsigned int n, pa_t *base, u64 *size)
{
	RULE(a.dev == 31 && n == 5);
	*base = (pa_t)window;
	*size = hba.bar_bytes;
	return hba.bar_bytes ? 0 : -ENODEV;
}

void *map_mmio(pa_t pa, u64 len)
{
	RULE(pa == (pa_t)window && len <= hba.bar_bytes);
	return window;
}

void pci_wake(struct pci_addr a)
{
	RULE(a.dev == 31);
	hba.bus_master = false;
}

int iommu_allow(struct pci_addr a)
{
	(void)a;
	return hba.cut_off ? -EIO : 0;
}

void pci_bus_master(struct pci_addr a, bool on)
{
	RULE(a.dev == 31);
	for (unsigned int i = 0; i < FAKE_PORTS && on;
	     i++) /* nothing of the dead kernel's may run */
		RULE(!(ports[i].cmd & (PORT_CMD_CR | PORT_CMD_FR)));
	hba.bus_master = on;
}

int pci_reset(struct pci_addr a)
{
	RULE(a.dev == 31 && !hba.bus_master);
	if (!hba.flr_helps)
		return -ENODEV;
	hba.flrs++;
	hba.reset_stuck = false;
	hba_reset();
	return 0;
}

void pci_name(struct pci_addr a, char out[16])
{
	snprintf(out, 16, "%04x:%02x:%02x.%x", a.segment, a.bus, a.dev, a.fn);
}

/* --- the device */

static void link_reset(unsigned int i)
{
	struct fake_disk *d = &hba.disk[i];
	struct port *p = &ports[i];

	p->ci = 0;
	p->sact = 0;
	p->sig = PORT_ALL_ONES;
	p->tfd = 0x7f;
	if (d->vanishes)
		d->there = false;
	p->ssts = d->there ? 0x113 : 0;
	if (!d->there)
		return;
	p->serr = 1u << 26; /* DIAG.X, and what follows waits for it to be cleared (3.3.12) */
	p->is |= PORT_IS_PCS;
}

static void first_fis(unsigned int i)
{
	struct port *p = &ports[i];

	if (!hba.disk[i].there || !(p->cmd & PORT_CMD_FRE) || p->serr || p->tfd != 0x7f)
		return;
	p->tfd = hba.disk[i].busy_for_ever ? 0x80 : 0x50;
	p->sig = hba.disk[i].signature;
}

static void hba_reset(void)
{
	hba.resets++;
	ghc = 0;
	for (unsigned int i = 0; i < FAKE_PORTS; i++) {
		ports[i] = (struct port){ .clb = ports[i].clb, .fb = ports[i].fb };
		link_reset(i);
	}
}

static u64 move_data(const struct ahci_header *h, u8 *medium, u64 room)
{
	const struct ahci_table *t = (const struct ahci_table *)(h->ctba | (u64)h->ctbau << 32);
	u64 done = 0;

	RULE(h->flags >> 16 <= AHCI_PRDS);
	for (u32 i = 0; i < h->flags >> 16; i++) {
		void *m = (void *)(t->prdt[i].dba | (u64)t->prdt[i].dbau << 32);
		u64 len = (u64)(t->prdt[i].dbc & 0x3fffff) + 1;

		RULE((t->prdt[i].dbc & 1) && len <= room - done);
		if (h->flags & AHCI_HEADER_W)
			memcpy(medium + done, m, len);
		else
			memcpy(m, medium + done, len);
		done += len;
	}
	return done;
}

static void run_command(unsigned int i)
{
	struct port *p = &ports[i];
	struct fake_disk *d = &hba.disk[i];
	struct ahci_header *h = (struct ahci_header *)(p->clb | (u64)p->clbu << 32);
	const struct fis_h2d *f = (const struct fis_h2d *)(h->ctba | (u64)h->ctbau << 32);
	u64 lba = f->lba0 | f->lba1 << 8 | f->lba2 << 16 | (u64)f->lba3 << 24 | (u64)f->lba4 << 32 |
		  (u64)f->lba5 << 40;
	u32 count = f->count | f->count_exp << 8;
	enum fake_end end = END_WELL;
	u64 bytes = 0;

	RULE(hba.bus_master && (p->cmd & PORT_CMD_ST) && (p->cmd & PORT_CMD_FRE));
	RULE(h->ctba % 128 == 0 && (h->flags & 31) == 5 && !h->prdbc);
	RULE(f->type == FIS_H2D && f->flags == FIS_H2D_C);
	d->commands++;
	if (f->command == ATA_IDENTIFY_DEVICE) {
		bytes = move_data(h, (u8 *)d->identify, ATA_ID_BYTES);
	} else {
		if (d->next_end < d->n_ends)
			end = d->ends[d->next_end++];
		if (f->command == ATA_FLUSH_CACHE_EXT) {
			d->flushes += end == END_WELL;
		} else {
			RULE(f->command == ATA_READ_DMA_EXT || f->command == ATA_WRITE_DMA_EXT);
			RULE((f->command == ATA_WRITE_DMA_EXT) == !!(h->flags & AHCI_HEADER_W));
			RULE(f->device == FIS_DEVICE_LBA);
			count = count ? count : 65536;
			RULE(lba <= d->sectors && count <= d->sectors - lba);
			if (end == END_WELL) {
				bytes = move_data(h, d->data + lba * d->sector_bytes,
						  (u64)count * d->sector_bytes);
				RULE(bytes == (u64)count * d->sector_bytes);
				d->largest = bytes > d->largest ? bytes : d->largest;
			}
		}
	}
	h->prdbc = (u32)bytes;
	if (end != END_NEVER && f->command != ATA_IDENTIFY_DEVICE) /* PIO ends without one */
		((u8 *)(p->fb | (u64)p->fbu << 32))[AHCI_FIS_D2H] = FIS_D2H;
	p->is |= 1;
	p->tfd = end == END_NEVER       ? 0xd0
		 : end == END_TFES      ? 0x51
		 : end == END_TFES_BUSY ? 0xd1
					: 0x50;
	p->ci = end == END_NEVER || end == END_IFS || end == END_TFES ? 1 : 0;
	if (end == END_TFES || end == END_TFES_BUSY)
		p->is |= PORT_IS_TFES;
	if (end == END_IFS)
		p->is |= PORT_IS_IFS;
	if (end == END_PCS)
		p->is |= PORT_IS_PCS;
	if (end == END_HBDS)
		p->is |= PORT_IS_HBDS;
}

/* --- registers */

static u32 *port_reg(u64 off, unsigned int *i)
{
	static u32 none;
	struct port *p;

	none = 0;
	*i = (unsigned int)(off - 0x100) / 0x80;
	if (*i >= FAKE_PORTS)
		return &none;
	p = &ports[*i];
	switch ((off - 0x100) % 0x80) {
	case PORT_CLB:
		return &p->clb;
	case PORT_CLBU:
		return &p->clbu;
	case PORT_FB:
		return &p->fb;
	case PORT_FBU:
		return &p->fbu;
	case PORT_IS:
		return &p->is;
	case PORT_IE:
		return &p->ie;
	case PORT_CMD:
		return &p->cmd;
	case PORT_TFD:
		return &p->tfd;
	case PORT_SIG:
		return &p->sig;
	case PORT_SSTS:
		return &p->ssts;
	case PORT_SCTL:
		return &p->sctl;
	case PORT_SERR:
		return &p->serr;
	case PORT_CI:
		return &p->ci;
	default:
		return &none;
	}
}

u32 mmio_read32(const volatile void *reg)
{
	u64 off = (u64)((const volatile u8 *)reg - window);
	unsigned int i;

	RULE(off < hba.bar_bytes && off % 4 == 0);
	if (hba.gone)
		return PORT_ALL_ONES;
	switch (off) {
	case HBA_CAP:
		return hba.reset_loses && hba.resets ? 0 : hba.cap;
	case HBA_GHC:
		return ghc;
	case HBA_PI:
		return hba.reset_loses && hba.resets ? 0 : hba.pi;
	case HBA_CAP2:
		return hba.cap2;
	case HBA_BOHC:
		return bohc;
	}
	return off < 0x100 ? 0 : *port_reg(off, &i);
}

static void write_cmd(unsigned int i, u32 v)
{
	struct port *p = &ports[i];
	u32 busy = PORT_TFD_BSY | PORT_TFD_DRQ;

	if ((v & PORT_CMD_ST) && !(p->cmd & PORT_CMD_ST)) {
		RULE((v & PORT_CMD_FRE) && !(p->tfd & busy) && (p->ssts & 15) == 3); /* 10.3.1 */
		RULE(!(p->cmd & PORT_CMD_CR));
	}
	if (!(v & PORT_CMD_ST) && (p->cmd & PORT_CMD_ST))
		RULE(!p->in_flight); /* allowed, but QEMU 7.2 dies of it */
	if (!(v & PORT_CMD_FRE) && (p->cmd & PORT_CMD_FRE))
		RULE(!(p->cmd & PORT_CMD_CR) || hba.disk[i].cr_stuck); /* 10.3.2 */
	if ((v & PORT_CMD_CLO) && hba.disk[i].clo_helps)
		p->tfd &= ~busy;
	v &= ~(PORT_CMD_CLO | PORT_CMD_CR | PORT_CMD_FR);
	if ((v & PORT_CMD_ST) || hba.disk[i].cr_stuck)
		v |= PORT_CMD_CR;
	if (v & PORT_CMD_FRE)
		v |= PORT_CMD_FR;
	if (!(v & PORT_CMD_CR))
		p->ci = 0;
	p->cmd = v;
	first_fis(i);
}

static void write_sctl(unsigned int i, u32 v)
{
	struct port *p = &ports[i];

	if ((v & 15) == PORT_SCTL_DET_INIT) {
		RULE(!(p->cmd & PORT_CMD_ST)); /* 10.4.2 */
		p->comreset_at = fake_now_us;
	} else if ((p->sctl & 15) == PORT_SCTL_DET_INIT) {
		RULE(fake_now_us - p->comreset_at >= 1000);
		hba.disk[i].comresets++;
		link_reset(i);
	}
	p->sctl = v;
}

static void write_hba(u64 off, u32 v)
{
	if (off == HBA_GHC) {
		ghc = v;
		if ((v & HBA_GHC_HR) && !hba.reset_stuck) {
			for (unsigned int i = 0; i < FAKE_PORTS; i++)
				hba.disk[i].cr_stuck = false;
			hba_reset();
		}
	} else if (off == HBA_CAP || off == HBA_PI) {
		RULE(v == (off == HBA_CAP ? hba.cap : hba.pi));
		hba.reset_loses = false;
	} else if (off == HBA_BOHC) {
		RULE(v == HBA_BOHC_OOS);
		bohc = hba.bios_busy ? bohc | v | HBA_BOHC_BB : v;
	}
}

void mmio_write32(volatile void *reg, u32 v)
{
	u64 off = (u64)((volatile u8 *)reg - window);
	unsigned int i;
	u32 *r;

	RULE(off < hba.bar_bytes && off % 4 == 0);
	if (hba.gone)
		return;
	if (off < 0x100) {
		write_hba(off, v);
		return;
	}
	RULE(ghc & HBA_GHC_AE); /* 3.1.2 */
	r = port_reg(off, &i);
	RULE(i < FAKE_PORTS && (hba.pi & 1u << i));
	switch ((off - 0x100) % 0x80) {
	case PORT_IS:
		*r &= ~v;
		break;
	case PORT_SERR:
		*r &= ~v;
		first_fis(i);
		break;
	case PORT_CMD:
		write_cmd(i, v);
		break;
	case PORT_SCTL:
		write_sctl(i, v);
		break;
	case PORT_CI:
		RULE(v == 1 && !*r);
		run_command(i);
		break;
	default:
		*r = v;
	}
}

/* --- for the tests */

void fake_hba_reset(void)
{
	for (unsigned int i = 0; i < FAKE_PORTS; i++)
		free(hba.disk[i].data);
	memset(&hba, 0, sizeof(hba));
	memset(ports, 0, sizeof(ports));
	hba.cap = HBA_CAP_S64A | HBA_CAP_SCLO | 3;
	hba.pi = (1u << FAKE_PORTS) - 1;
	hba.bar_bytes = 4096;
	hba.bus_master = true;
	ghc = HBA_GHC_AE | HBA_GHC_IE;
	bohc = HBA_BOHC_BOS;
	fake_expired = 0;
	fake_step_us = 10;
}

struct fake_disk *fake_disk_add(unsigned int port, u64 sectors, u32 sector_bytes)
{
	struct fake_disk *d = &hba.disk[port];

	*d = (struct fake_disk){ .there = true,
				 .signature = PORT_SIG_ATA,
				 .sectors = sectors,
				 .sector_bytes = sector_bytes };
	d->data = calloc(sectors, sector_bytes);
	d->identify[ATA_ID_COMMANDS2] = ATA_ID_VALID | ATA_ID_COMMANDS2_LBA48;
	memcpy(&d->identify[ATA_ID_CAPACITY48], &sectors, 8);
	if (sector_bytes != 512) {
		u32 words = sector_bytes / 2;

		d->identify[ATA_ID_SECTOR] = ATA_ID_VALID | ATA_ID_SECTOR_LONG;
		memcpy(&d->identify[ATA_ID_SECTOR_WORDS], &words, 4);
	}
	/* The dead kernel's queued commands are in flight, its list and FIS area somewhere in old
	 * RAM. */
	ports[port] = (struct port){ .in_flight = true,
				     .clb = 0x1000,
				     .fb = 0x2000,
				     .ie = ~0u,
				     .is = 0x41,
				     .ci = 0xff,
				     .sact = 0xff,
				     .ssts = 0x123,
				     .tfd = 0x40,
				     .sig = PORT_SIG_ATA,
				     .cmd = PORT_CMD_ST | PORT_CMD_FRE | PORT_CMD_CR | PORT_CMD_FR |
					    PORT_CMD_SUD | PORT_CMD_POD };
	return d;
}
