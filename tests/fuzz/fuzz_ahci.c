/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A hostile AHCI controller with hostile disks: registers, IDENTIFY data and the ends of commands are the
 * input's. Every wait ends (fake/ahci.c aborts where the driver breaks a rule). Input: the controller,
 * then a disk for each of some ports, then 512 bytes of IDENTIFY data for them all. */
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "clock.h"
#include "drivers/ahci/ahci.h"
#include "fake/ahci.h"

#define SECTORS 64u

extern unsigned long long fake_step_us;

static u8 buf[BLK_UNIT] ALIGNED(4096);

static int use(struct blkdev *d, void *ctx)
{
	struct blk_seg seg = { .pa = (pa_t)buf, .len = BLK_UNIT };

	(void)ctx;
	if ((d->sector_bytes != 512 && d->sector_bytes != 4096) || !d->size || d->size % BLK_UNIT)
		abort();
	if (d->sector_bytes == 512) { /* as the fake disk's are, whatever IDENTIFY says */
		d->ops->read(d, 0, &seg, 1);
		blk_write(d, BLK_UNIT, &seg, 1);
		d->ops->flush(d);
	}
	return 0;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct bytes in = bytes_of(data, size);
	u8 flags = bytes_u8(&in);

	fake_hba_reset();
	fake_step_us = 100 * MS; /* a wait of 30 s is 300 looks */
	hba.cap ^= bytes_le32(&in);
	hba.pi = bytes_u8(&in) & ((1u << FAKE_PORTS) - 1); /* of others the fake knows nothing */
	if (!hba.pi)
		return 0;
	hba.reset_stuck = flags & 1;
	hba.reset_loses = flags & 2;
	hba.gone = flags & 4;
	hba.bios_busy = flags & 8;
	hba.cut_off = flags & 16;
	for (unsigned int i = 0; i < FAKE_PORTS; i++) {
		u8 how = bytes_u8(&in), ends = bytes_u8(&in);
		struct fake_disk *d = how & 1 ? fake_disk_add(i, SECTORS, 512) : NULL;

		if (!d)
			continue;
		d->vanishes = how & 2;
		d->busy_for_ever = how & 4;
		d->cr_stuck = how & 8;
		d->clo_helps = how & 16;
		d->signature ^= how & 32 ? bytes_le32(&in) : 0;
		for (d->n_ends = 0; d->n_ends < ARRAY_SIZE(d->ends) && d->n_ends < ends % 16u;)
			d->ends[d->n_ends++] = (enum fake_end)(bytes_u8(&in) % (END_NEVER + 1));
		for (unsigned int w = 0; how & 64 && w < 256 && bytes_left(&in) >= 4; w += bytes_u8(&in))
			d->identify[w % 256] ^= bytes_le16(&in);
	}
	ahci_probe(use, NULL);
	return 0;
}
