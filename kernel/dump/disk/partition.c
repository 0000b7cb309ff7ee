/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GPT (UEFI 2.10, chapter 5) and MBR partition tables, read one page at a time as hostile input. */
#include "dump/disk/partition.h"

#include <string.h>

#define GPT_MAGIC       "EFI PART"
#define GPT_PRIMARY_LBA 1
#define GPT_HEADER_MIN  92u
#define GPT_ENTRY_MIN   128u
#define GPT_ARRAY_MAX   (1u << 20) /* the usual array has 16 KiB */

#define MBR_TABLE_OFF           446u
#define MBR_SIGNATURE_OFF       510u
#define MBR_SIGNATURE           0xaa55u
#define MBR_ACTIVE              0x80u
#define MBR_TYPE_GPT            0xeeu
#define MBR_TYPE_EXTENDED       0x05u
#define MBR_TYPE_EXTENDED_LBA   0x0fu
#define MBR_TYPE_EXTENDED_LINUX 0x85u

struct gpt_header {
	u8 magic[8];
	u32 revision;
	u32 header_size;
	u32 header_crc;
	u32 reserved;
	u64 my_lba;
	u64 alternate_lba;
	u64 first_usable_lba;
	u64 last_usable_lba;
	u8 disk_guid[16];
	u64 entry_lba;
	u32 entry_count;
	u32 entry_size;
	u32 array_crc;
} PACKED;

struct gpt_entry {
	u8 type_guid[16]; /* zero: unused */
	u8 guid[16];
	u64 first_lba;
	u64 last_lba; /* inclusive */
} PACKED;

struct mbr_entry {
	u8 status;
	u8 chs_first[3];
	u8 type;
	u8 chs_last[3];
	u32 lba;
	u32 count;
} PACKED;

struct scan {
	partition_read_fn read;
	partition_visit_fn visit;
	void *ctx;
	u64 bytes;
	u64 sectors;
	u32 sector_bytes;
	u64 page_off; /* what the page holds; ~0: nothing */
	unsigned int n_seen;
};

static u8 page[PAGE_SIZE] ALIGNED(4096) OVERLAY(disk);
static struct {
	u64 lba, count;
} seen[PARTITION_MAX];

/* CRC-32 as in UEFI 2.10, 5.3.2 (reflected 0x04c11db7), to be started with and ended by ~. */
static u32 crc32_update(u32 crc, const u8 *b, size_t n)
{
	while (n--) {
		crc ^= *b++;
		for (int k = 0; k < 8; k++)
			crc = (crc >> 1) ^ (0xedb88320u & -(crc & 1));
	}
	return crc;
}

/* Bring the page that holds byte `off` in; *p is that byte, *room what follows it in the page. */
static int page_at(struct scan *s, u64 off, const u8 **p, u32 *room)
{
	u64 at = ALIGN_DOWN(off, PAGE_SIZE);
	int rc;

	if (at >= s->bytes || s->bytes - at < PAGE_SIZE)
		return -ENODATA;
	if (at != s->page_off) {
		s->page_off = ~0ull;
		rc = s->read(s->ctx, at, page, PAGE_SIZE);
		if (rc)
			return rc;
		s->page_off = at;
	}
	*p = page + (off - at);
	*room = (u32)(PAGE_SIZE - (off - at));
	return 0;
}

/* Tell the visitor about a partition that is inside the disk and where none was seen yet. */
static int partition_seen(struct scan *s, u64 lba, u64 count)
{
	if (!lba || !count || lba >= s->sectors || count > s->sectors - lba)
		return 0;
	if (s->n_seen == PARTITION_MAX)
		return 0;
	for (unsigned int i = 0; i < s->n_seen; i++)
		if (ranges_overlap(lba, count, seen[i].lba, seen[i].count))
			return 0;
	seen[s->n_seen].lba = lba;
	seen[s->n_seen++].count = count;
	return s->visit(s->ctx, lba * s->sector_bytes, count * s->sector_bytes);
}

static int gpt_array_check(struct scan *s, const struct gpt_header *h)
{
	u64 off = h->entry_lba * s->sector_bytes;
	u64 left = (u64)h->entry_count * h->entry_size;
	u32 crc = ~0u;

	while (left) {
		const u8 *p;
		u32 room;
		int rc = page_at(s, off, &p, &room);

		if (rc)
			return rc;
		room = (u32)MIN(left, (u64)room);
		crc = crc32_update(crc, p, room);
		off += room;
		left -= room;
	}
	return ~crc == h->array_crc ? 0 : -EBADMSG;
}

/* Read and check the header at `lba` (UEFI 2.10, 5.3.2) and the checksum of its array. */
static int gpt_header_read(struct scan *s, u64 lba, struct gpt_header *h)
{
	static const u8 zero[4];
	const size_t crc_off = offsetof(struct gpt_header, header_crc);
	const u8 *p;
	u32 crc, room;
	int rc = page_at(s, lba * s->sector_bytes, &p, &room);

	if (rc)
		return rc;
	memcpy(h, p, sizeof(*h));
	if (memcmp(h->magic, GPT_MAGIC, sizeof(h->magic)) || h->my_lba != lba)
		return -ENODATA;
	if (h->header_size < GPT_HEADER_MIN || h->header_size > s->sector_bytes)
		return -EBADMSG;
	crc = crc32_update(~0u, p, crc_off);
	crc = crc32_update(crc, zero, sizeof(zero));
	crc = crc32_update(crc, p + crc_off + 4, h->header_size - crc_off - 4);
	if (~crc != h->header_crc)
		return -EBADMSG;
	/* A power of two from 128 up: an entry's first fields never cross a page. */
	if (h->entry_size < GPT_ENTRY_MIN || (h->entry_size & (h->entry_size - 1)) ||
	    (u64)h->entry_count * h->entry_size > GPT_ARRAY_MAX || h->entry_lba >= s->sectors)
		return -EBADMSG;
	return gpt_array_check(s, h);
}

static int gpt_each(struct scan *s, const struct gpt_header *h)
{
	static const u8 unused[16];

	for (u32 i = 0; i < h->entry_count; i++) {
		struct gpt_entry e;
		const u8 *p;
		u32 room;
		int rc =
		    page_at(s, h->entry_lba * s->sector_bytes + (u64)i * h->entry_size, &p, &room);

		if (rc)
			return rc;
		memcpy(&e, p, sizeof(e));
		if (!memcmp(e.type_guid, unused, sizeof(unused)) || e.last_lba < e.first_lba ||
		    e.first_lba < h->first_usable_lba || e.last_lba > h->last_usable_lba ||
		    e.last_lba >= s->sectors)
			continue;
		rc = partition_seen(s, e.first_lba, e.last_lba - e.first_lba + 1);
		if (rc)
			return rc;
	}
	return 0;
}

/* The four entries of the MBR or EBR at `lba`; -ENODATA where there is none. */
static int mbr_read(struct scan *s, u64 lba, struct mbr_entry e[4])
{
	const u8 *p;
	u32 room;
	int rc = page_at(s, lba * s->sector_bytes, &p, &room);

	if (rc)
		return rc;
	if ((p[MBR_SIGNATURE_OFF] | p[MBR_SIGNATURE_OFF + 1] << 8) != MBR_SIGNATURE)
		return -ENODATA;
	memcpy(e, p + MBR_TABLE_OFF, 4 * sizeof(*e));
	for (int i = 0; i < 4; i++)
		if (e[i].status & ~MBR_ACTIVE)
			return -ENODATA; /* a boot sector's code, no table */
	return 0;
}

static bool mbr_is_extended(const struct mbr_entry *e)
{
	return e->type == MBR_TYPE_EXTENDED || e->type == MBR_TYPE_EXTENDED_LBA ||
	       e->type == MBR_TYPE_EXTENDED_LINUX;
}

/* Follow the chain of EBRs: each has one logical partition, relative to itself, and a link to the
 * next EBR, relative to the extended partition. A loop ends with the count of steps. */
static int mbr_each_logical(struct scan *s, u64 extended)
{
	u64 ebr = extended;

	for (unsigned int step = 0; step < PARTITION_MAX && ebr < s->sectors; step++) {
		struct mbr_entry e[4];
		u64 next = s->sectors;

		if (mbr_read(s, ebr, e))
			return 0; /* a broken chain costs the rest of it, nothing else */
		for (int i = 0; i < 2; i++) {
			int rc;

			if (!e[i].type || !e[i].count)
				continue;
			if (mbr_is_extended(&e[i])) {
				next = extended + e[i].lba;
				continue;
			}
			rc = partition_seen(s, ebr + e[i].lba, e[i].count);
			if (rc)
				return rc;
		}
		ebr = next;
	}
	return 0;
}

static int mbr_each(struct scan *s, const struct mbr_entry e[4])
{
	for (int i = 0; i < 4; i++) {
		int rc;

		if (!e[i].type || !e[i].count)
			continue;
		rc = mbr_is_extended(&e[i]) ? mbr_each_logical(s, e[i].lba)
					    : partition_seen(s, e[i].lba, e[i].count);
		if (rc)
			return rc;
	}
	return 0;
}

int partition_each(partition_read_fn read, u64 disk_bytes, u32 sector_bytes,
		   partition_visit_fn visit, void *ctx)
{
	struct scan s = { .read = read,
			  .visit = visit,
			  .ctx = ctx,
			  .bytes = disk_bytes,
			  .sector_bytes = sector_bytes,
			  .page_off = ~0ull };
	struct mbr_entry mbr[4];
	struct gpt_header gpt;
	int rc;

	if (sector_bytes != 512 && sector_bytes != 4096)
		return -EINVAL;
	s.sectors = disk_bytes / sector_bytes;
	rc = visit(ctx, 0, disk_bytes);
	if (rc)
		return rc;
	rc = mbr_read(&s, 0, mbr);
	if (rc)
		return rc == -ENODATA ? 0 : rc;
	for (int i = 0; i < 4; i++) {
		if (mbr[i].type != MBR_TYPE_GPT)
			continue;
		rc = gpt_header_read(&s, GPT_PRIMARY_LBA, &gpt);
		if (rc)
			rc = gpt_header_read(&s, s.sectors - 1, &gpt);
		if (rc)
			return rc == -ENODATA || rc == -EBADMSG ? 0 : rc;
		return gpt_each(&s, &gpt);
	}
	return mbr_each(&s, mbr);
}
