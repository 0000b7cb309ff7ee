/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Partition tables of both kinds, both sector sizes, whole, damaged and hostile. */
#include "unit/test.h"

#include "bytes.h"
#include "fake/crc32.h"
#include "dump/disk/partition.h"

#define DISK_BYTES  (4u << 20)
#define GPT_ENTRIES 128u

static u8 disk[DISK_BYTES];
static u32 sector;

static struct {
	u64 start, len;
} seen[PARTITION_MAX + 2];
static unsigned int n_seen, stop_at, reads;
static int read_error;
static u64 error_below; /* reads at offsets below fail */

static int read_disk(void *ctx, u64 off, void *buf, u32 len)
{
	if (ctx != disk || off % 4096 || len != 4096 || off > DISK_BYTES - 4096)
		abort();
	reads++;
	if (off < error_below)
		return read_error;
	memcpy(buf, disk + off, len);
	return 0;
}

static int visit(void *ctx, u64 start, u64 len)
{
	(void)ctx;
	seen[n_seen].start = start / sector;
	seen[n_seen++].len = len / sector;
	return n_seen == stop_at ? 42 : 0;
}

static int each(u64 bytes)
{
	n_seen = reads = 0;
	return partition_each(read_disk, bytes, sector, visit, disk);
}

/* Exactly the whole disk and these, as start, length; ended by 0, 0. */
static bool saw(const u64 *want)
{
	unsigned int i = 1;

	if (!n_seen || seen[0].start || seen[0].len != DISK_BYTES / sector)
		return false;
	for (; want[1]; want += 2, i++)
		if (i >= n_seen || seen[i].start != want[0] || seen[i].len != want[1])
			return false;
	return i == n_seen;
}
#define SAW(...) saw((const u64[]){ __VA_ARGS__, 0, 0 })

static void blank(u32 sector_bytes)
{
	memset(disk, 0, sizeof(disk));
	sector = sector_bytes;
	stop_at = 0;
	error_below = 0;
}

static void mbr_entry(u64 lba, int i, u8 type, u32 start, u32 count)
{
	u8 *s = disk + lba * sector, *e = s + 446 + 16 * i;

	e[4] = type;
	put_le32(e + 8, start);
	put_le32(e + 12, count);
	s[510] = 0x55;
	s[511] = 0xaa;
}

static u8 *gpt_header(u64 lba)
{
	return disk + lba * sector;
}

static void gpt_seal(u64 lba)
{
	u8 *h = gpt_header(lba);
	u64 entries = get_le64(h + 72);

	put_le32(h + 88,
		 crc32(disk + entries * sector, (size_t)get_le32(h + 80) * get_le32(h + 84)));
	put_le32(h + 16, 0);
	put_le32(h + 16, crc32(h, get_le32(h + 12)));
}

static void gpt_side(u64 lba, u64 entries)
{
	u8 *h = gpt_header(lba);
	u64 last = DISK_BYTES / sector - 1;

	memcpy(h, "EFI PART", 8);
	put_le32(h + 8, 0x10000);
	put_le32(h + 12, 92);
	put_le64(h + 24, lba);
	put_le64(h + 32, lba == 1 ? last : 1);
	put_le64(h + 40, 40);
	put_le64(h + 48, last - 40);
	put_le64(h + 72, entries);
	put_le32(h + 80, GPT_ENTRIES);
	put_le32(h + 84, 128);
}

static u64 backup(void)
{
	return DISK_BYTES / sector - 1;
}
static u64 backup_entries(void)
{
	return backup() - GPT_ENTRIES * 128 / sector;
}

static void gpt_entry(int i, u64 first, u64 last)
{
	u64 at[] = { 2, backup_entries() };

	for (int k = 0; k < 2; k++) {
		u8 *e = disk + at[k] * sector + i * 128;

		e[0] = 1;
		put_le64(e + 32, first);
		put_le64(e + 40, last);
	}
	gpt_seal(1);
	gpt_seal(backup());
}

static void gpt(u32 sector_bytes)
{
	blank(sector_bytes);
	mbr_entry(0, 0, 0xee, 1, ~0u);
	gpt_side(1, 2);
	gpt_side(backup(), backup_entries());
	gpt_entry(0, 64, 127);
	gpt_entry(5, 256, 256);
	gpt_entry(127, 300, 399);
}

TEST(gpt_of_both_sector_sizes)
{
	gpt(512);
	CHECK_EQ(each(DISK_BYTES), 0);
	CHECK(SAW(64, 64, 256, 1, 300, 100));
	gpt(4096);
	CHECK_EQ(each(DISK_BYTES), 0);
	CHECK(SAW(64, 64, 256, 1, 300, 100));
	stop_at = 3;
	CHECK_EQ(each(DISK_BYTES), 42);
	CHECK_EQ(n_seen, 3);
	stop_at = 1;
	CHECK_EQ(each(DISK_BYTES), 42);
	CHECK_EQ(reads, 0);
}

TEST(gpt_backup_when_the_primary_is_damaged)
{
	static const u32 field[] = { 0, 12, 16, 24, 40, 72, 80, 84, 88 };

	for (unsigned int i = 0; i < ARRAY_SIZE(field); i++) {
		gpt(i % 2 ? 512 : 4096);
		gpt_header(1)[field[i]] ^= 1;
		CHECK_EQ(each(DISK_BYTES), 0);
		CHECK(SAW(64, 64, 256, 1, 300, 100));
		gpt_header(backup())[field[i]] ^= 1;
		CHECK_EQ(each(DISK_BYTES), 0);
		CHECK(SAW(0, 0));
	}
	gpt(512);
	disk[2 * 512 + 33] ^= 1; /* the array, not the header */
	CHECK_EQ(each(DISK_BYTES), 0);
	CHECK(SAW(64, 64, 256, 1, 300, 100));
}

TEST(gpt_hostile_but_well_sealed)
{
	gpt(512);
	gpt_entry(1, 100, 200);   /* overlaps the first */
	gpt_entry(2, 8000, 8151); /* ends in the last usable sector */
	gpt_entry(3, 8000, 8152); /* behind it */
	gpt_entry(4, 500, 499);
	gpt_entry(6, 2, 30); /* in the table itself */
	gpt_entry(7, 600, ~0ull);
	gpt_entry(8, ~0ull, ~0ull);
	CHECK_EQ(each(DISK_BYTES), 0);
	CHECK(SAW(64, 64, 8000, 152, 256, 1, 300, 100));

	gpt(512);
	put_le64(gpt_header(1) + 48, ~0ull); /* everything is usable */
	gpt_seal(1);
	gpt_entry(6, 600, ~0ull - 1);
	CHECK_EQ(each(DISK_BYTES), 0);
	CHECK(SAW(64, 64, 256, 1, 300, 100));

	/* Arrays that are too large, of strange entries, elsewhere: neither header is followed. */
	for (int i = 0; i < 6; i++) {
		static const u32 count[] = { ~0u, 8193, 128, 128, 128, 128 };
		static const u32 size[] = { 128, 128, 64, 192, 0, ~0u };

		gpt(512);
		for (int k = 0; k < 2; k++) {
			u8 *h = gpt_header(k ? backup() : 1);

			put_le32(h + 80, count[i]);
			put_le32(h + 84, size[i]);
			put_le32(h + 16, 0);
			put_le32(h + 16, crc32(h, 92));
		}
		CHECK_EQ(each(DISK_BYTES), 0);
		CHECK(SAW(0, 0));
		CHECK(reads < 10);
	}
	gpt(4096);
	for (int k = 0; k < 2; k++) {
		u8 *h = gpt_header(k ? backup() : 1);

		put_le64(h + 72, k ? DISK_BYTES / 4096 - 1 : ~0ull / 4096 + 2);
		put_le32(h + 16, 0);
		put_le32(h + 16, crc32(h, 92));
	}
	CHECK_EQ(each(DISK_BYTES), 0);
	CHECK(SAW(0, 0));
}

TEST(gpt_needs_its_protective_mbr)
{
	gpt(512);
	memset(disk, 0, 512);
	CHECK_EQ(each(DISK_BYTES), 0);
	CHECK(SAW(0, 0));
}

TEST(mbr_with_logical_partitions)
{
	blank(512);
	mbr_entry(0, 0, 0x83, 64, 100);
	mbr_entry(0, 1, 0x05, 1000, 3000);
	mbr_entry(0, 3, 0x83, 5000, 8192 - 5000);
	mbr_entry(1000, 0, 0x83, 8, 92);
	mbr_entry(1000, 1, 0x05, 500, 500); /* relative to 1000 */
	mbr_entry(1500, 0, 0x83, 10, 20);
	mbr_entry(1500, 1, 0x0f, 100, 500);
	mbr_entry(1100, 0, 0x82, 1, 1); /* backwards, and the last one */
	CHECK_EQ(each(DISK_BYTES), 0);
	CHECK(SAW(64, 100, 1008, 92, 1510, 20, 1101, 1, 5000, 3192));
}

TEST(mbr_hostile)
{
	blank(512);
	mbr_entry(0, 0, 0x83, 8000, 193); /* leaves the disk */
	mbr_entry(0, 1, 0x83, ~0u, ~0u);
	mbr_entry(0, 2, 0x83, 0, 10); /* the table itself */
	mbr_entry(0, 3, 0x85, 1000, 100);
	mbr_entry(1000, 0, 0x83, 1, 9);
	mbr_entry(1000, 1, 0x85, 0, 100); /* the chain bites its tail */
	CHECK_EQ(each(DISK_BYTES), 0);
	CHECK(SAW(1001, 9));
	CHECK(reads < 300);
	mbr_entry(1000, 1, 0x85, ~0u, 100); /* or leaves the disk */
	CHECK_EQ(each(DISK_BYTES), 0);
	CHECK(SAW(1001, 9));

	blank(512);
	for (u32 i = 0; i < 300; i++) { /* longer than is followed */
		mbr_entry(10 + 2 * i, 0, 0x83, 1, 1);
		mbr_entry(10 + 2 * i, 1, 0x05, 2 * i + 2, 2);
	}
	mbr_entry(0, 0, 0x05, 10, 8000);
	mbr_entry(0, 1, 0x83, 8000, 10);
	CHECK_EQ(each(DISK_BYTES), 0);
	CHECK_EQ(n_seen, 1 + PARTITION_MAX);

	blank(512); /* a boot sector, no table */
	mbr_entry(0, 0, 0x83, 64, 100);
	disk[446 + 16] = 0x0c;
	CHECK_EQ(each(DISK_BYTES), 0);
	CHECK(SAW(0, 0));
}

TEST(no_table_and_small_disks)
{
	blank(512);
	CHECK_EQ(each(DISK_BYTES), 0);
	CHECK(SAW(0, 0));
	gpt(512);
	for (u64 bytes = 0; bytes < 64 << 10; bytes += 512)
		CHECK_EQ(each(bytes), 0);
	CHECK_EQ(partition_each(read_disk, DISK_BYTES, 520, visit, disk), -EINVAL);
}

TEST(read_errors)
{
	gpt(4096);
	read_error = -EIO;
	error_below = 4096;
	CHECK_EQ(each(DISK_BYTES), -EIO);
	gpt(4096);
	disk[4096] = 'x';
	CHECK_EQ(each(DISK_BYTES), 0);
	CHECK(SAW(64, 64, 256, 1, 300, 100));
}
