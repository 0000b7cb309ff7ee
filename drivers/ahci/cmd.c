/* SPDX-License-Identifier: GPL-2.0-or-later */
/* AHCI commands, one at a time in slot 0, and recovery from their errors (AHCI 1.3.1, 5.5
 * and 6.2.2; ATA ACS-4). */
#include "drivers/ahci/port.h"

#include <string.h>

#include "clock.h"
#include "heartbeat.h"
#include "life/failure.h"
#include "log.h"

#define COMMAND_US       (30 * SEC)
#define FLUSH_US         (60 * SEC)
#define COMMAND_RETRIES  3
#define IDENTIFY_RETRIES 1    /* a disk that does not say what it is is not worth minutes */
#define LOOK_US          MS   /* at the registers, where the received FIS says nothing */
#define SLOT             0x1u /* bit of slot 0 in PxCI */

/* What ends a command badly (6.1.5 to 6.1.9 and a device that was plugged anew). */
#define PORT_IS_HOST   (PORT_IS_HBFS | PORT_IS_HBDS)
#define PORT_IS_ERRORS (PORT_IS_HOST | PORT_IS_TFES | PORT_IS_IFS | PORT_IS_OFS | PORT_IS_PCS)

/* What is left of a request. */
struct cursor {
	const struct blk_seg *seg;
	unsigned int n;
	u64 done; /* of seg[0] */
};

static void fill_header(const struct ahci_command *c)
{
	struct ahci_header *h = &ahci_memory.list[0];
	struct fis_h2d *f = &ahci_memory.table.fis;
	pa_t table = (pa_t)&ahci_memory.table;

	*f = (struct fis_h2d){
		.type = FIS_H2D,
		.flags = FIS_H2D_C,
		.command = c->op,
		.device = c->sectors ? FIS_DEVICE_LBA : 0,
		.lba0 = (u8)c->lba,
		.lba1 = (u8)(c->lba >> 8),
		.lba2 = (u8)(c->lba >> 16),
		.lba3 = (u8)(c->lba >> 24),
		.lba4 = (u8)(c->lba >> 32),
		.lba5 = (u8)(c->lba >> 40),
		.count = (u8)c->sectors,
		.count_exp = (u8)(c->sectors >> 8), /* ATA_MAX_SECTORS becomes 0, as it should */
	};
	*h = (struct ahci_header){
		.flags = AHCI_HEADER_CFL(sizeof(*f)) | (c->write ? AHCI_HEADER_W : 0) |
			 AHCI_HEADER_PRDTL(c->n_prd),
		.ctba = (u32)table,
		.ctbau = (u32)(table >> 32),
	};
}

static void fill_prd(unsigned int i, pa_t pa, u64 len)
{
	ahci_memory.table.prdt[i] =
	    (struct ahci_prd){ .dba = (u32)pa, .dbau = (u32)(pa >> 32), .dbc = (u32)len - 1 };
}

static bool command_ended(const struct ahci_port *p)
{
	return !(port_read(p, PORT_CI) & SLOT) || (port_read(p, PORT_IS) & PORT_IS_ERRORS);
}

/* The device's last word lies in memory, as the received register FIS (4.2.1). Registers are asked only
 * when it is there, or once a millisecond, since PIO commands and some errors leave none: reading one
 * stops a CPU, and under a hypervisor the very thread that completes the command. */
static bool command_seems_ended(const struct ahci_port *p, u64 *look_us)
{
	u64 now = clock_us();

	if (ahci_memory.fis[AHCI_FIS_D2H] != FIS_D2H && now < *look_us)
		return false;
	*look_us = now + LOOK_US;
	return command_ended(p) || clock_expired();
}

/* Give it to the controller (5.5.1). */
static void command_issue(struct ahci_port *p, const struct ahci_command *c)
{
	fill_header(c);
	ahci_memory.fis[AHCI_FIS_D2H] = 0;
	port_write(p, PORT_IS, PORT_ALL_ONES);
	dma_wmb();
	port_write(p, PORT_CI, SLOT);
}

/* See how it ends (5.5.3). */
static int command_result(struct ahci_port *p, const struct ahci_command *c)
{
	u32 is, tfd, done;
	const char *what;
	u64 look_us = 0;
	int rc;

	if (!WAIT_FOR(command_seems_ended(p, &look_us), c->timeout_us)) {
		what = "no answer";
		rc = -ETIMEDOUT;
	} else if (!command_ended(p)) {
		return -ETIME;
	} else {
		what = "failed";
		rc = -EIO;
	}
	is = port_read(p, PORT_IS);
	tfd = port_read(p, PORT_TFD);
	dma_rmb();
	done = ahci_memory.list[0].prdbc;
	if (is == PORT_ALL_ONES) {
		what = "controller is gone";
		rc = -EIO;
	} else if (is & PORT_IS_PCS) {
		what = "unplugged, or without power for a moment";
		rc = -ENODEV;
	} else if (is & PORT_IS_HOST) {
		what = "memory access failed";
		rc = -EREMOTEIO;
	} else if (rc == -EIO && !(is & PORT_IS_ERRORS) && !(tfd & (PORT_TFD_ERR | PORT_TFD_DF))) {
		if (done == c->bytes)
			return 0;
		what = "short transfer";
	}
	log_info("%s: command 0x%x at sector %llu, %u sectors: %s: IS 0x%x TFD 0x%x SERR 0x%x, %u "
		 "bytes done",
		 p->blk.name, c->op, c->lba, c->sectors, what, is, tfd, port_read(p, PORT_SERR),
		 done);
	failure_device("%s: IS 0x%x TFD 0x%x SERR 0x%x SSTS 0x%x", p->blk.name, is, tfd,
		       port_read(p, PORT_SERR), port_read(p, PORT_SSTS));
	return rc;
}

/* 6.2.2: where the device is ready again, the list is stopped and started; any other way to fail
 * takes a COMRESET, and a command still in flight or a list that does not stop an HBA reset. */
static int port_recover(struct ahci_port *p)
{
	int rc;

	if (p->last == -EIO && !ahci_port_stop_list(p) && ahci_port_ready(p)) {
		ahci_port_start(p);
		return 0;
	}
	rc = ahci_port_close(p);
	return rc ? rc : ahci_port_open(p);
}

static int command_begin(struct ahci_port *p, const struct ahci_command *c)
{
	int rc = p->last ? port_recover(p) : 0;

	if (rc)
		return rc == -ETIME ? rc : -ETIMEDOUT;
	command_issue(p, c);
	return 0;
}

/* What was begun, and again if that may help. */
static int command_end(struct ahci_port *p, const struct ahci_command *c)
{
	int rc = p->last = command_result(p, c);

	for (int i = 0; i < c->retries && (rc == -EIO || rc == -ETIMEDOUT); i++) {
		rc = command_begin(p, c);
		if (rc)
			return rc;
		rc = p->last = command_result(p, c);
	}
	if (!rc)
		heartbeat_moved();
	return rc;
}

static int command_run(struct ahci_port *p, const struct ahci_command *c)
{
	int rc = command_begin(p, c);

	return rc ? rc : command_end(p, c);
}

/* Describe as much of the rest as one command carries, and move on behind it. */
static int fill_prdt(const struct ahci_port *p, struct ahci_command *c, struct cursor *rest)
{
	u64 max = (u64)ATA_MAX_SECTORS * p->blk.sector_bytes;

	c->bytes = 0;
	for (c->n_prd = 0; rest->n && c->n_prd < AHCI_PRDS && c->bytes < max; c->n_prd++) {
		pa_t pa = rest->seg->pa + rest->done;
		u64 len = MIN(MIN(rest->seg->len - rest->done, AHCI_PRD_MAX), max - c->bytes);

		if (!(p->cap & HBA_CAP_S64A) && pa + len > 4 * GIB) {
			log_info("%s: 32-bit only, cannot reach memory at 0x%llx", p->blk.name, pa);
			return -EREMOTEIO;
		}
		fill_prd(c->n_prd, pa, len);
		c->bytes += len;
		rest->done += len;
		if (rest->done == rest->seg->len) {
			rest->seg++;
			rest->n--;
			rest->done = 0;
		}
	}
	c->sectors = (u32)(c->bytes / p->blk.sector_bytes);
	return 0;
}

static int check_request(const struct ahci_port *p, u64 off, const struct blk_seg *seg, unsigned int n)
{
	u64 room = off <= p->blk.size ? p->blk.size - off : 0;

	for (unsigned int i = 0; i < n; i++) {
		if ((off | seg[i].pa | seg[i].len) % BLK_UNIT || !seg[i].len || seg[i].len > room) {
			log_info("%s: bad request at byte %llu, %llu bytes", p->blk.name, off,
				 seg[i].len);
			return -EINVAL;
		}
		room -= seg[i].len;
	}
	return 0;
}

/* The last command is left to ahci_wait(). */
static int transfer_begin(struct ahci_port *p, struct ahci_command c, u64 off, const struct blk_seg *seg,
			  unsigned int n)
{
	struct cursor rest = { .seg = seg, .n = n };
	int rc = check_request(p, off, seg, n);

	c.timeout_us = COMMAND_US;
	c.retries = COMMAND_RETRIES;
	while (rest.n && !rc) {
		rc = fill_prdt(p, &c, &rest);
		c.lba = off / p->blk.sector_bytes;
		off += c.bytes;
		if (!rc && rest.n) {
			rc = command_run(p, &c);
		} else if (!rc) {
			rc = command_begin(p, &c);
			p->flying = rc ? (struct ahci_command){ 0 } : c;
		}
	}
	return rc;
}

int ahci_write_begin(struct ahci_port *p, u64 off, const struct blk_seg *seg, unsigned int n)
{
	return transfer_begin(p, (struct ahci_command){ .op = ATA_WRITE_DMA_EXT, .write = true }, off, seg, n);
}

int ahci_wait(struct ahci_port *p)
{
	struct ahci_command c = p->flying;

	p->flying.n_prd = 0;
	return c.n_prd ? command_end(p, &c) : 0;
}

int ahci_read(struct ahci_port *p, u64 off, const struct blk_seg *seg, unsigned int n)
{
	int rc = transfer_begin(p, (struct ahci_command){ .op = ATA_READ_DMA_EXT }, off, seg, n);

	return rc ? rc : ahci_wait(p);
}

/* Not repeated: a flush that failed has dropped what it could not write, and the next one would
 * succeed without it (ACS-4, 7.10.4). */
int ahci_flush(struct ahci_port *p)
{
	struct ahci_command c = { .op = ATA_FLUSH_CACHE_EXT, .timeout_us = FLUSH_US };

	return command_run(p, &c);
}

int ahci_identify(struct ahci_port *p)
{
	struct ahci_command c = { .op = ATA_IDENTIFY_DEVICE,
			     .bytes = ATA_ID_BYTES,
			     .n_prd = 1,
			     .timeout_us = COMMAND_US,
			     .retries = IDENTIFY_RETRIES };

	fill_prd(0, (pa_t)ahci_memory.identify, ATA_ID_BYTES);
	return command_run(p, &c);
}
