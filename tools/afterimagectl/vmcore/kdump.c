// SPDX-License-Identifier: GPL-2.0-or-later
// kdump-compressed dumps: headers, bitmaps, page descriptors.
#include <errno.h>
#include <string.h>

#include "bytes.h"
#include "vmcore/kdump.h"

#define BLOCK             4096u /* block_size on x86_64 */
#define HEADER_BYTES      464u  /* struct disk_dump_header */
#define SUB_HEADER_BYTES  104u
#define VERSION_MIN       3u /* the first with a VMCOREINFO field in the sub header */
#define VERSION_NOTES     4u
#define VERSION_ERASEINFO 5u
#define VERSION_MAPNR_64  6u
#define VERSION_MAX       6u
#define MAX_MAPNR         (1ull << 36) /* 256 TiB */
#define MAX_SUB_BLOCKS    (1u << 20)
#define DESC_BATCH        2730u /* descriptors read at a time: 64 KiB */

static int read_header(struct kdump *k, const u8 h[HEADER_BYTES], u32 *sub_blocks,
		       u32 *bitmap_blocks, struct why *why)
{
	u32 block;

	if (memcmp(h, KDUMP_SIGNATURE, 8))
		return refuse(why, -EBADMSG, "no kdump-compressed file");
	k->version = get_le32(h + 8);
	if (k->version < VERSION_MIN || k->version > VERSION_MAX)
		return refuse(why, -EBADMSG, "header version %u", k->version);
	clean_text(k->nodename, sizeof(k->nodename), h + 12 + KDUMP_UTS_LEN, KDUMP_UTS_LEN);
	clean_text(k->release, sizeof(k->release), h + 12 + 2 * KDUMP_UTS_LEN, KDUMP_UTS_LEN);
	if (memcmp(h + 12 + 4 * KDUMP_UTS_LEN, "x86_64", 6))
		return refuse(why, -EBADMSG, "a dump of another machine type than x86_64");
	k->time = get_le64(h + 408);
	k->status = get_le32(h + KDUMP_STATUS_OFF);
	block = get_le32(h + 428);
	*sub_blocks = get_le32(h + 432);
	*bitmap_blocks = get_le32(h + 436);
	k->max_mapnr = get_le32(h + 440);
	if (block != BLOCK || !*sub_blocks || *sub_blocks > MAX_SUB_BLOCKS)
		return refuse(why, -EBADMSG, "block size %u, sub header of %u blocks", block,
			      *sub_blocks);
	return 0;
}

static void read_sub_header(struct kdump *k, const u8 s[SUB_HEADER_BYTES])
{
	k->phys_base = get_le64(s);
	k->level = (s32)get_le32(s + 8);
	k->split = get_le32(s + 12) != 0;
	k->vmcoreinfo_off = get_le64(s + 32);
	k->vmcoreinfo_len = get_le64(s + 40);
	if (k->version >= VERSION_NOTES) {
		k->note_off = get_le64(s + 48);
		k->note_len = get_le64(s + 56);
	}
	if (k->version >= VERSION_ERASEINFO) {
		k->erase_off = get_le64(s + 64);
		k->erase_len = get_le64(s + 72);
	}
	if (k->version >= VERSION_MAPNR_64)
		k->max_mapnr = get_le64(s + 96);
}

int kdump_open(struct kdump *k, const struct input *in, struct why *why)
{
	u8 h[HEADER_BYTES], s[SUB_HEADER_BYTES];
	u32 sub_blocks = 0, bitmap_blocks = 0;
	int err;

	memset(k, 0, sizeof(*k));
	if (input_read(in, 0, h, sizeof(h)))
		return refuse(why, -ENODATA, "cut within the header");
	err = read_header(k, h, &sub_blocks, &bitmap_blocks, why);
	if (err)
		return err;
	if (input_read(in, BLOCK, s, sizeof(s)))
		return refuse(why, -ENODATA, "cut within the sub header");
	read_sub_header(k, s);
	if (!k->max_mapnr || k->max_mapnr > MAX_MAPNR)
		return refuse(why, -EBADMSG, "%llu page frames", k->max_mapnr);
	k->bitmap_bytes = (k->max_mapnr + 7) / 8;
	if (bitmap_blocks % 2 || bitmap_blocks / 2 < ALIGN_UP(k->bitmap_bytes, BLOCK) / BLOCK)
		return refuse(why, -EBADMSG, "bitmaps of %u blocks for %llu page frames",
			      bitmap_blocks, k->max_mapnr);
	k->bitmap1 = (1 + (u64)sub_blocks) * BLOCK;
	k->bitmap2 = k->bitmap1 + (u64)bitmap_blocks / 2 * BLOCK;
	k->desc = k->bitmap1 + (u64)bitmap_blocks * BLOCK;
	return 0;
}

void kdump_notes(const struct kdump *k, const struct input *in, struct notes *notes)
{
	notes_take_vmcoreinfo(notes, in, k->vmcoreinfo_off, k->vmcoreinfo_len);
	notes_read(notes, in, k->note_off, k->note_len);
}

struct kdump_walk kdump_walk_of(const struct kdump *k, const struct input *in, u64 bitmap)
{
	return (struct kdump_walk){ .k = k, .in = in, .bitmap = bitmap };
}

/* Bitmaps of hostile or very large machines are mostly holes: these are not even read. */
int kdump_walk_next(struct kdump_walk *w, u8 chunk[KDUMP_CHUNK])
{
	u64 bytes = w->k->bitmap_bytes;

	for (; w->next < bytes; w->next += KDUMP_CHUNK) {
		u64 data = input_next_data(w->in, w->bitmap + w->next);
		int err;

		if (data > w->bitmap + w->next)
			w->next = ALIGN_DOWN(data - w->bitmap, KDUMP_CHUNK);
		if (w->next >= bytes)
			break;
		w->at = w->next;
		w->len = MIN(bytes - w->at, (u64)KDUMP_CHUNK);
		err = input_read(w->in, w->bitmap + w->at, chunk, w->len);
		if (err)
			return err;
		if (8 * (w->at + w->len) > w->k->max_mapnr)
			chunk[w->len - 1] &= (u8)(0xff >> (8 * (w->at + w->len) - w->k->max_mapnr));
		if (all_zero(chunk, w->len))
			continue;
		w->next += KDUMP_CHUNK;
		return 0;
	}
	return -ENOENT;
}

int kdump_count(const struct kdump *k, const struct input *in, u64 *pages, struct why *why)
{
	struct kdump_walk w = kdump_walk_of(k, in, k->bitmap2);
	u8 one[KDUMP_CHUNK], two[KDUMP_CHUNK];
	int err;

	*pages = 0;
	if (k->desc > in->size)
		return refuse(why, -ENODATA, "cut within the bitmaps");
	while (!(err = kdump_walk_next(&w, two))) {
		err = input_read(in, k->bitmap1 + w.at, one, w.len);
		if (err)
			break;
		for (u64 i = 0; i < w.len; i++) {
			if (two[i] & ~one[i])
				return refuse(why, -EBADMSG,
					      "near page 0x%llx: dumped, but not in the machine",
					      8 * (w.at + i));
			*pages += (u64)__builtin_popcount(two[i]);
		}
	}
	return err == -ENOENT ? 0 : refuse(why, err, "reading the bitmaps: %s", strerror(-err));
}

void kdump_ram(const struct kdump *k, const struct input *in, u64 *pages, u64 *ranges)
{
	struct kdump_walk w = kdump_walk_of(k, in, k->bitmap1);
	u64 reached = 0; /* one past the last page of RAM so far */
	u8 chunk[KDUMP_CHUNK];

	*pages = *ranges = 0;
	while (!kdump_walk_next(&w, chunk)) {
		for (u64 i = 0; i < w.len; i++) {
			for (u8 bits = chunk[i]; bits; bits &= (u8)(bits - 1)) {
				u64 pfn = 8 * (w.at + i) + (u64)__builtin_ctz(bits);

				*ranges += !*pages || pfn != reached;
				reached = pfn + 1;
				++*pages;
			}
		}
	}
}

static struct kdump_page desc_parse(const u8 d[KDUMP_DESC_BYTES])
{
	return (struct kdump_page){ get_le64(d), get_le32(d + 8), get_le32(d + 12),
				    get_le64(d + 16) };
}

int kdump_desc_read(const struct kdump *k, const struct input *in, u64 position,
		    struct kdump_page *page)
{
	u8 d[KDUMP_DESC_BYTES];
	int err = input_read(in, k->desc + position * KDUMP_DESC_BYTES, d, sizeof(d));

	if (!err)
		*page = desc_parse(d);
	return err;
}

/* The descriptors, read ahead in batches. */
struct desc_reader {
	u8 batch[DESC_BATCH * KDUMP_DESC_BYTES];
	u64 next;  /* file offset of what follows the batch */
	u32 at, n; /* descriptors: next in the batch, in the batch */
};

static int next_desc(struct desc_reader *r, const struct input *in, struct kdump_page *page)
{
	if (r->at == r->n) {
		u64 left = r->next < in->size ? (in->size - r->next) / KDUMP_DESC_BYTES : 0;

		r->n = (u32)MIN(left, (u64)DESC_BATCH);
		r->at = 0;
		if (!r->n || input_read(in, r->next, r->batch, (u64)r->n * KDUMP_DESC_BYTES))
			return -ENODATA;
		r->next += (u64)r->n * KDUMP_DESC_BYTES;
	}
	*page = desc_parse(r->batch + r->at++ * KDUMP_DESC_BYTES);
	return 0;
}

int kdump_each_page(const struct kdump *k, const struct input *in,
		    int (*visit)(void *context, u64 pfn, const struct kdump_page *page),
		    void *context)
{
	struct kdump_walk w = kdump_walk_of(k, in, k->bitmap2);
	struct desc_reader desc = { .next = k->desc };
	u8 bitmap[KDUMP_CHUNK];
	int err;

	while (!(err = kdump_walk_next(&w, bitmap))) {
		for (u64 i = 0; i < w.len; i++) {
			for (u8 bits = bitmap[i]; bits; bits &= (u8)(bits - 1)) {
				struct kdump_page page;

				err = next_desc(&desc, in, &page);
				if (!err)
					err =
					    visit(context,
						  8 * (w.at + i) + (u64)__builtin_ctz(bits), &page);
				if (err)
					return err;
			}
		}
	}
	return err == -ENOENT ? 0 : err;
}
