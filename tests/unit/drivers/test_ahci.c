/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The AHCI driver against a controller that was left running, and against broken ones. */
#include "unit/test.h"

#include "clock.h"
#include "drivers/ahci/ahci.h"
#include "drivers/ahci/port.h"
#include "fake/ahci.h"

static struct blkdev *dev;
static unsigned int seen;

static int take_first(struct blkdev *d, void *ctx)
{
	(void)ctx;
	seen++;
	dev = d;
	return 1;
}

static int take_none(struct blkdev *d, void *ctx)
{
	*(u64 *)ctx += d->size;
	seen++;
	return 0;
}

/* A controller with one disk of 1 MiB on port 1, taken. */
static struct fake_disk *one_disk(void)
{
	fake_hba_reset();
	return fake_disk_add(1, 2048, 512);
}

static int probe_first(void)
{
	dev = NULL;
	seen = 0;
	return ahci_probe(take_first, NULL);
}

static int write_at(u64 off, void *buf, u64 len)
{
	struct blk_seg seg = { .pa = (pa_t)buf, .len = len };

	return blk_write(dev, off, &seg, 1);
}

static u8 buf[64 * 1024] ALIGNED(4096);

TEST(takes_over_a_running_disk)
{
	struct fake_disk *d = one_disk();
	struct blk_seg seg[2] = { { (pa_t)buf + 8192, 4096 }, { (pa_t)buf, 4096 } };

	CHECK_EQ(probe_first(), 1);
	CHECK(!strcmp(dev->name, "ahci 0000:00:1f.2 port 1"));
	CHECK_EQ(dev->size, 2048 * 512);
	CHECK_EQ(dev->sector_bytes, 512);
	CHECK(d->comresets >= 1 && hba.resets == 1 && hba.bus_master);
	for (u32 i = 0; i < sizeof(buf); i++)
		buf[i] = (u8)(i * 31 + (i >> 8));
	CHECK_EQ(blk_write(dev, 16384, seg, 2), 0);
	CHECK(!memcmp(d->data + 16384, buf + 8192, 4096) && !memcmp(d->data + 20480, buf, 4096));
	seg[0] = (struct blk_seg){ (pa_t)buf + 32768, 8192 };
	CHECK_EQ(dev->ops->read(dev, 16384, seg, 1), 0);
	CHECK(!memcmp(d->data + 16384, buf + 32768, 8192));
	CHECK_EQ(dev->ops->flush(dev), 0);
	CHECK_EQ(d->flushes, 1);
	dev->ops->release(dev);
	CHECK(!hba.bus_master && hba.resets == 2);
}

TEST(cut_off_by_an_iommu)
{
	one_disk();
	hba.cut_off = true;
	CHECK_EQ(probe_first(), 0);
	CHECK(!seen && !hba.bus_master && hba.resets == 1);
}

TEST(visits_all_disks_and_leaves_them_released)
{
	u64 total = 0;

	fake_hba_reset();
	fake_disk_add(0, 2048, 512);
	fake_disk_add(2, 256, 4096);
	fake_disk_add(3, 2048, 512)->signature = PORT_SIG_ATAPI;
	seen = 0;
	CHECK_EQ(ahci_probe(take_none, &total), 0);
	CHECK_EQ(seen, 2);
	CHECK_EQ(total, 2 * MIB);
	CHECK(!hba.bus_master && hba.resets == 2);
	CHECK(test_logged("port 3: ATAPI device"));
	CHECK_EQ(probe_first(), 1); /* once more, as the sink does */
	dev->ops->release(dev);
}

TEST(large_requests_are_split)
{
	u64 bytes = 80 * MIB;
	u8 *big = aligned_alloc(4096, bytes);
	struct fake_disk *d;
	struct blk_seg seg[300];

	fake_hba_reset();
	d = fake_disk_add(1, 96 * MIB / 512, 512);
	for (u64 i = 0; i < bytes; i += 8)
		*(u64 *)(big + i) = i * 0x9e3779b97f4a7c15;
	CHECK_EQ(probe_first(), 1);
	d->commands = 0;
	CHECK_EQ(write_at(MIB, big, bytes), 0);
	CHECK_EQ(d->commands, 3); /* 65536 sectors are 32 MiB */
	CHECK_EQ(d->largest, 32 * MIB);
	CHECK(!memcmp(d->data + MIB, big, bytes));
	d->commands = 0;
	for (unsigned int i = 0; i < 300; i++)
		seg[i] = (struct blk_seg){ (pa_t)big + (299 - i) * 4096, 4096 };
	CHECK_EQ(blk_write(dev, 0, seg, 300), 0);
	CHECK_EQ(d->commands, 3); /* 128 PRDs */
	for (unsigned int i = 0; i < 300; i++)
		CHECK(!memcmp(d->data + i * 4096, big + (299 - i) * 4096, 4096));
	dev->ops->release(dev);
	free(big);
}

TEST(requests_outside_the_disk_are_refused)
{
	struct fake_disk *d = one_disk();

	CHECK_EQ(probe_first(), 1);
	d->commands = 0;
	CHECK_EQ(write_at(MIB, buf, 4096), -EINVAL);
	CHECK_EQ(write_at(MIB - 4096, buf, 8192), -EINVAL);
	CHECK_EQ(write_at(ALIGN_DOWN(~0ull, 4096), buf, 4096), -EINVAL);
	CHECK_EQ(write_at(0, buf, 0), -EINVAL);
	CHECK_EQ(write_at(512, buf, 4096), -EINVAL);
	CHECK_EQ(write_at(0, buf + 512, 4096), -EINVAL);
	CHECK_EQ(d->commands, 0);
	dev->ops->release(dev);
}

static int write_ending(struct fake_disk *d, const enum fake_end *ends, unsigned int n)
{
	memcpy(d->ends, ends, n * sizeof(*ends));
	d->n_ends = n;
	d->next_end = 0;
	d->commands = 0;
	d->comresets = 0;
	memset(d->data, 0, 4096);
	return write_at(0, buf, 4096);
}

TEST(errors_are_retried_three_times)
{
	static const enum fake_end tfes[] = { END_TFES },
				   ifs[] = { END_IFS, END_TFES_BUSY, END_SHORT };
	static const enum fake_end bad[] = { END_TFES, END_TFES, END_TFES, END_TFES };
	struct fake_disk *d = one_disk();

	buf[7] = 77;
	CHECK_EQ(probe_first(), 1);
	CHECK_EQ(write_ending(d, tfes, 1), 0);
	CHECK_EQ(d->commands, 2);
	CHECK_EQ(d->comresets, 0); /* a device that is ready again is not reset */
	CHECK_EQ(d->data[7], 77);
	CHECK_EQ(write_ending(d, ifs, 3), 0);
	CHECK_EQ(d->commands, 4);
	CHECK_EQ(d->comresets, 1);
	CHECK_EQ(d->data[7], 77);
	CHECK_EQ(write_ending(d, bad, 4), -EIO);
	CHECK_EQ(d->commands, 4);
	CHECK_EQ(write_at(0, buf, 4096), 0); /* and the next is a new one */
	CHECK_EQ(d->commands, 5);
	CHECK(test_logged("command 0x35 at sector 0, 8 sectors: failed: IS 0x40000001 TFD 0x51"));
	dev->ops->release(dev);
	CHECK(!hba.bus_master);
}

TEST(memory_errors_are_told_apart)
{
	static const enum fake_end host[] = { END_HBDS };
	struct fake_disk *d = one_disk();

	CHECK_EQ(probe_first(), 1);
	CHECK_EQ(write_ending(d, host, 1), -EREMOTEIO);
	CHECK_EQ(d->commands, 1);
	dev->ops->release(dev);

	/* A controller of 32 bits: refused as we lie above; memory above refused by itself, too. */
	one_disk();
	CHECK_EQ(probe_first(), 1);
	hba.cap &= ~HBA_CAP_S64A;
	((struct ahci_port *)dev)->cap = hba.cap;
	CHECK_EQ(write_at(0, buf, 4096), -EREMOTEIO);
	dev->ops->release(dev);
	one_disk();
	hba.cap &= ~HBA_CAP_S64A;
	CHECK_EQ(probe_first(), 0);
	CHECK(test_logged("32-bit only") && !hba.bus_master);
}

/* What its cache held is lost, and nobody knows that it is the same disk: no second try. */
TEST(a_disk_that_was_away_is_not_gone_on_with)
{
	static const enum fake_end away[] = { END_PCS };
	struct fake_disk *d = one_disk();

	CHECK_EQ(probe_first(), 1);
	CHECK_EQ(write_ending(d, away, 1), -ENODEV);
	CHECK_EQ(d->commands, 1);
	CHECK(test_logged("unplugged, or without power"));
	dev->ops->release(dev);
}

/* A disk of 4Kn, which QEMU 7.2 has not got: sectors count 4096 bytes in every command. */
TEST(sectors_of_4096_bytes)
{
	struct fake_disk *d;

	fake_hba_reset();
	d = fake_disk_add(1, 256, 4096);
	CHECK_EQ(probe_first(), 1);
	CHECK(dev->size == MIB && dev->sector_bytes == 4096);
	memset(buf, 0x77, 8192);
	CHECK_EQ(write_at(MIB - 8192, buf, 8192), 0);
	CHECK(d->data[MIB - 8192] == 0x77 && d->data[MIB - 1] == 0x77 && !d->data[MIB - 8193]);
	CHECK_EQ(write_at(MIB - 4096, buf, 8192), -EINVAL);
	dev->ops->release(dev);
}

TEST(a_failed_flush_is_not_repeated)
{
	struct fake_disk *d = one_disk();

	CHECK_EQ(probe_first(), 1);
	d->commands = 0;
	d->ends[0] = END_TFES;
	d->n_ends = 1;
	CHECK_EQ(dev->ops->flush(dev), -EIO);
	CHECK_EQ(d->commands, 1);
	dev->ops->release(dev);
}

TEST(every_wait_has_an_end)
{
	static const enum fake_end never[] = { END_NEVER, END_NEVER, END_NEVER, END_NEVER };
	struct fake_disk *d = one_disk();
	u64 start;

	fake_step_us = 1000;
	CHECK_EQ(probe_first(), 1);
	start = clock_us();
	CHECK_EQ(write_ending(d, never, 4), -ETIMEDOUT);
	CHECK_EQ(d->commands, 4);
	CHECK(clock_us() - start < 130 * SEC);
	CHECK(clock_us() - start > 120 * SEC);
	dev->ops->release(dev);

	/* The list cannot be stopped, either: only an HBA reset helps. */
	d = one_disk();
	fake_step_us = 1000;
	CHECK_EQ(probe_first(), 1);
	d->cr_stuck = true;
	CHECK_EQ(write_ending(d, never, 1), 0);
	CHECK_EQ(hba.resets, 2);
	dev->ops->release(dev);

	/* The run's budget ends a wait at once. */
	d = one_disk();
	CHECK_EQ(probe_first(), 1);
	fake_expired = 1;
	start = clock_us();
	CHECK_EQ(write_ending(d, never, 1), -ETIME);
	CHECK(clock_us() - start < SEC);
	dev->ops->release(dev);
}

TEST(broken_ports_are_passed_by)
{
	struct fake_disk *d;
	u64 start;

	fake_hba_reset();
	fake_step_us = 1000;
	fake_disk_add(0, 2048, 512)->busy_for_ever = true;
	fake_disk_add(1, 2048, 512)->vanishes = true;
	fake_disk_add(2, 2048, 512)->signature = 0x12345678;
	d = fake_disk_add(3, 2048, 512);
	start = clock_us();
	CHECK_EQ(probe_first(), 1);
	CHECK(dev->ops && strstr(dev->name, "port 3") && d->commands == 1);
	CHECK(clock_us() - start < 40 * SEC);
	CHECK(test_logged("port 0: busy for 30 s: TFD 0x80"));
	CHECK(test_logged("port 1: no link after COMRESET: SSTS 0x0"));
	CHECK(test_logged("port 2: no disk (signature 0x12345678)"));
	dev->ops->release(dev);

	d = one_disk();
	fake_step_us = 1000;
	d->busy_for_ever = true;
	d->clo_helps = true;
	CHECK_EQ(probe_first(), 1);
	dev->ops->release(dev);

	d = one_disk();
	d->busy_for_ever = true;
	fake_expired = 1;
	CHECK_EQ(probe_first(), -ETIME);
	CHECK(!hba.bus_master);
}

TEST(broken_controllers_are_passed_by)
{
	struct fake_disk *d = one_disk();

	hba.reset_stuck = true;
	CHECK_EQ(probe_first(), 0);
	CHECK(test_logged("HBA reset does not end: GHC 0x80000001") && !hba.bus_master);

	one_disk();
	hba.reset_stuck = true;
	hba.flr_helps = true;
	CHECK_EQ(probe_first(), 1);
	CHECK(hba.flrs == 1 && test_logged("function-level reset"));
	dev->ops->release(dev);

	one_disk();
	hba.gone = true;
	CHECK_EQ(probe_first(), 0);

	one_disk();
	hba.bar_bytes = 0;
	CHECK_EQ(probe_first(), 0);

	one_disk();
	hba.bar_bytes = 0x180; /* of four ports, the registers of one: nothing there */
	CHECK_EQ(probe_first(), 0);

	one_disk();
	hba.reset_loses = true;
	hba.cap2 = HBA_CAP2_BOH;
	hba.bios_busy = true;
	CHECK_EQ(probe_first(), 1);
	dev->ops->release(dev);

	d = one_disk();
	fake_step_us = 100;
	CHECK_EQ(probe_first(), 1);
	hba.gone = true; /* while in use */
	CHECK_EQ(write_at(0, buf, 4096), -ETIMEDOUT);
	CHECK(test_logged("controller is gone"));
	dev->ops->release(dev);
	CHECK(!d->flushes);
}

TEST(a_port_that_does_not_stop_is_reset)
{
	struct fake_disk *d = one_disk();

	d->cr_stuck = true;
	CHECK_EQ(probe_first(), 1);
	CHECK_EQ(hba.resets, 1);
	dev->ops->release(dev);
}

TEST(what_identify_says_is_checked)
{
	struct fake_disk *d = one_disk();

	d->identify[ATA_ID_COMMANDS2] = ATA_ID_VALID;
	CHECK_EQ(probe_first(), 0);
	d = one_disk();
	d->identify[ATA_ID_COMMANDS2] = 0xffff;
	CHECK_EQ(probe_first(), 0);
	d = one_disk();
	memset(&d->identify[ATA_ID_CAPACITY48], 0, 8);
	CHECK_EQ(probe_first(), 0);
	d = one_disk();
	memset(&d->identify[ATA_ID_CAPACITY48], 0xff, 8);
	CHECK_EQ(probe_first(), 0);
	d = one_disk();
	d->identify[ATA_ID_SECTOR] = ATA_ID_VALID | ATA_ID_SECTOR_LONG;
	d->identify[ATA_ID_SECTOR_WORDS] = 260;
	CHECK_EQ(probe_first(), 0);
	d = one_disk();
	d->identify[ATA_ID_GENERAL] = ATA_ID_GENERAL_NOT_ATA;
	CHECK_EQ(probe_first(), 0);
	CHECK(!hba.bus_master);
}
