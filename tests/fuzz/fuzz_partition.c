/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GPT and MBR out of arbitrary bytes: whatever is visited lies on the disk and overlaps nothing. */
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "fake/crc32.h"
#include "dump/disk/partition.h"

#define DISK_BYTES (64u << 10)

static u8 disk[DISK_BYTES];
static u64 seen[PARTITION_MAX][2];
static unsigned int n_seen;

static int read_disk(void *ctx, u64 off, void *buf, u32 len)
{
	(void)ctx;
	if (off % 4096 || len != 4096 || off > DISK_BYTES - len)
		abort();
	memcpy(buf, disk + off, len);
	return 0;
}

static int visit(void *ctx, u64 start, u64 len)
{
	u32 sector = *(u32 *)ctx;

	if (!start && len == DISK_BYTES)
		return 0;
	if (!start || !len || (start | len) % sector || start >= DISK_BYTES ||
	    len > DISK_BYTES - start || n_seen == PARTITION_MAX)
		abort();
	for (unsigned int i = 0; i < n_seen; i++)
		if (ranges_overlap(start, len, seen[i][0], seen[i][1]))
			abort();
	seen[n_seen][0] = start;
	seen[n_seen++][1] = len;
	return 0;
}

/* The checksums are right, so that what lies behind them is reached. */
static void seal(u64 lba, u32 sector)
{
	u8 *h = disk + lba * sector;
	u32 bytes = get_le32(h + 12);
	u64 entries = get_le64(h + 72), array = (u64)get_le32(h + 80) * get_le32(h + 84);

	if (entries < DISK_BYTES / sector && array <= DISK_BYTES - entries * sector)
		put_le32(h + 88, crc32(disk + entries * sector, array));
	if (bytes > sector)
		return;
	put_le32(h + 16, 0);
	put_le32(h + 16, crc32(h, bytes));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	u32 sector;

	if (!size || size > DISK_BYTES)
		return 0;
	sector = *data & 1 ? 4096 : 512;
	memset(disk, 0, sizeof(disk));
	memcpy(disk + 440, data + 1,
	       MIN(size - 1, sizeof(disk) - 440)); /* from just before the MBR's table */
	if (*data & 2) {
		disk[510] = 0x55;
		disk[511] = 0xaa;
	}
	if (*data & 4)
		seal(1, sector);
	if (*data & 8) /* a backup header: a copy of the primary one */
		memcpy(disk + DISK_BYTES - sector, disk + sector, 512);
	n_seen = 0;
	partition_each(read_disk, DISK_BYTES, sector, visit, &sector);
	return 0;
}
