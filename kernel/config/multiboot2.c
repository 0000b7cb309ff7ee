/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A bounded walk over the Multiboot2 information structure (specification 2.0, section 3.6). */
#include "config/multiboot2.h"

#include <string.h>

#include "bytes.h"
#include "log.h"
#include "map.h"

/* 3.6.1, 3.6.2: total size and a reserved word, then tags of type and size, aligned to 8. */
#define INFO_HEADER_BYTES 8
#define INFO_BYTES_MAX    ((u32)(1 * MIB))
#define TAG_HEADER_BYTES  8
#define TAG_ALIGN         8
#define TAGS_MAX          1024

/* Tag types, and their fields' offsets from the tag's beginning. */
#define TAG_END          0
#define TAG_CMDLINE      1  /* 3.6.5 */
#define TAG_MODULE       3  /* 3.6.6 */
#define TAG_MMAP         6  /* 3.6.8 */
#define TAG_RSDP_OLD     14 /* 3.6.14 */
#define TAG_RSDP_NEW     15 /* 3.6.15 */
#define TAG_EFI_MMAP     17 /* 3.6.17 */
#define CMDLINE_TEXT     8
#define MODULE_START     8
#define MODULE_END       12
#define MODULE_BYTES     16
#define MMAP_ENTRY_SIZE  8
#define MMAP_ENTRIES     16
#define MMAP_ENTRY_BYTES 24
#define MMAP_ENTRY_MAX   256
#define MMAP_AVAILABLE   1
#define RSDP_COPY        8

/* EFI memory descriptors (UEFI 2.9, 7.2, GetMemoryMap): what is RAM once boot services are over. */
#define EFI_DESC_BYTES         40
#define EFI_DESC_START         8
#define EFI_DESC_PAGES         24
#define EFI_LOADER_CODE        1
#define EFI_BOOT_SERVICES_DATA 4
#define EFI_CONVENTIONAL       7

#define HOLES_MAX 16

struct tag {
	pa_t pa;
	u32 type, size;
};

static pa_t info;
static u32 info_len; /* 0: none */
static struct tag mmap;
static u32 mmap_entry;
static pa_t rsdp;
static struct hole {
	pa_t start;
	u64 len;
} holes[HOLES_MAX];
static unsigned int n_holes;

/* The tag at *off, and *off moved to the next one. False at the end or where the frame breaks. */
static bool tag_next(u32 *off, struct tag *t)
{
	u8 h[TAG_HEADER_BYTES];

	if (*off > info_len || info_len - *off < sizeof(h) || peek(h, info + *off, sizeof(h)))
		return false;
	t->pa = info + *off;
	t->type = get_le32(h);
	t->size = get_le32(h + 4);
	if (t->type == TAG_END || t->size < TAG_HEADER_BYTES || t->size > info_len - *off)
		return false;
	*off += (u32)ALIGN_UP(t->size, TAG_ALIGN);
	return true;
}

static void hole_add(pa_t start, u64 len)
{
	if (!len)
		return;
	if (n_holes == HOLES_MAX) {
		log_info("multiboot2: more than %u modules, 0x%llx counts as old RAM",
			 HOLES_MAX - 2, (unsigned long long)start);
		return;
	}
	pa_t first = ALIGN_DOWN(start, PAGE_SIZE);
	holes[n_holes++] = (struct hole){ first, ALIGN_UP(start + len, PAGE_SIZE) - first };
}

static void module_add(const struct tag *t)
{
	u8 m[MODULE_BYTES];

	if (t->size < sizeof(m) || peek(m, t->pa, sizeof(m)))
		return;
	u32 start = get_le32(m + MODULE_START), end = get_le32(m + MODULE_END);
	if (end > start)
		hole_add(start, end - start);
}

/* Take a memory map whose entries can be what we read of them; the first of each kind counts, and
 * the plain one before EFI's. */
static void mmap_take(const struct tag *t)
{
	u8 size[4];
	u32 least = t->type == TAG_MMAP ? MMAP_ENTRY_BYTES : EFI_DESC_BYTES;

	if (mmap.size && (mmap.type == TAG_MMAP || t->type == TAG_EFI_MMAP))
		return;
	if (t->size < MMAP_ENTRIES || peek(size, t->pa + MMAP_ENTRY_SIZE, sizeof(size)))
		return;
	if (get_le32(size) < least || get_le32(size) > MMAP_ENTRY_MAX) {
		log_info("multiboot2: memory map entries of %u bytes", get_le32(size));
		return;
	}
	mmap = *t;
	mmap_entry = get_le32(size);
}

int multiboot2_init(pa_t info_pa, pa_t image, u64 image_len)
{
	u8 head[INFO_HEADER_BYTES];
	bool new_rsdp = false;
	struct tag t;
	u32 off = INFO_HEADER_BYTES;

	info_len = 0;
	rsdp = 0;
	n_holes = 0;
	mmap = (struct tag){ 0 };
	if (!info_pa || info_pa % TAG_ALIGN || !map_addressable(info_pa, INFO_BYTES_MAX) ||
	    peek(head, info_pa, sizeof(head)) || get_le32(head) < INFO_HEADER_BYTES ||
	    get_le32(head) > INFO_BYTES_MAX) {
		log_info("multiboot2: no sound information at 0x%llx", (unsigned long long)info_pa);
		return -EINVAL;
	}
	info = info_pa;
	info_len = get_le32(head);
	hole_add(image - MULTIBOOT2_STUB_BYTES,
		 image_len + MULTIBOOT2_STUB_BYTES + MULTIBOOT2_TABLES_BYTES);
	hole_add(info, info_len);
	for (unsigned int i = 0; i < TAGS_MAX && tag_next(&off, &t); i++) {
		if (t.type == TAG_MODULE)
			module_add(&t);
		else if (t.type == TAG_MMAP || t.type == TAG_EFI_MMAP)
			mmap_take(&t);
		else if (t.type == TAG_RSDP_NEW || (t.type == TAG_RSDP_OLD && !new_rsdp))
			rsdp = t.pa + RSDP_COPY;
		new_rsdp |= t.type == TAG_RSDP_NEW;
	}
	return 0;
}

void multiboot2_cmdline(char *out, size_t size)
{
	u32 off = INFO_HEADER_BYTES;
	struct tag t;

	out[0] = '\0';
	for (unsigned int i = 0; i < TAGS_MAX && tag_next(&off, &t); i++) {
		if (t.type != TAG_CMDLINE)
			continue;
		size_t n = MIN((size_t)t.size - CMDLINE_TEXT, size - 1);

		if (peek(out, t.pa + CMDLINE_TEXT, n))
			log_info("multiboot2: the command line cannot be read");
		out[n] = '\0';
		if (t.size - CMDLINE_TEXT > size)
			log_info("multiboot2: command line of %u bytes cut to %u", t.size,
				 (unsigned int)n);
		return;
	}
}

pa_t multiboot2_rsdp(void)
{
	return rsdp;
}

/* The i-th entry of the memory map. 1: RAM, 0: something else, -ENOENT: the map ends. */
static int mmap_read(u32 i, pa_t *start, u64 *len)
{
	u8 e[EFI_DESC_BYTES];
	u32 type;

	if (mmap.size < MMAP_ENTRIES || i >= (mmap.size - MMAP_ENTRIES) / mmap_entry)
		return -ENOENT;
	u32 need = mmap.type == TAG_MMAP ? MMAP_ENTRY_BYTES : EFI_DESC_BYTES;
	if (peek(e, mmap.pa + MMAP_ENTRIES + (u64)i * mmap_entry, need))
		return 0;
	if (mmap.type == TAG_MMAP) {
		*start = get_le64(e);
		*len = get_le64(e + 8);
		type = get_le32(e + 16);
		return type == MMAP_AVAILABLE && *len && map_addressable(*start, *len);
	}
	type = get_le32(e);
	*start = get_le64(e + EFI_DESC_START);
	*len = get_le64(e + EFI_DESC_PAGES) << PAGE_SHIFT;
	return ((type >= EFI_LOADER_CODE && type <= EFI_BOOT_SERVICES_DATA) ||
		type == EFI_CONVENTIONAL) &&
	       get_le64(e + EFI_DESC_PAGES) < (u64)1 << (64 - PAGE_SHIFT) && *len &&
	       map_addressable(*start, *len);
}

/* The hole that begins first among those that share a byte with [start, end). */
static const struct hole *first_hole(pa_t start, pa_t end)
{
	const struct hole *first = NULL;

	for (unsigned int i = 0; i < n_holes; i++)
		if (ranges_overlap(start, end - start, holes[i].start, holes[i].len) &&
		    (!first || holes[i].start < first->start))
			first = &holes[i];
	return first;
}

int multiboot2_ram(unsigned int index, pa_t *start, u64 *len)
{
	int is_ram;

	for (u32 i = 0; (is_ram = mmap_read(i, start, len)) >= 0; i++) {
		pa_t at = *start, end = *start + *len;

		if (!is_ram)
			continue;
		while (at < end) {
			const struct hole *h = first_hole(at, end);
			pa_t stop = h ? MAX(h->start, at) : end;

			if (stop > at && index-- == 0) {
				*start = at;
				*len = stop - at;
				return 0;
			}
			at = h ? h->start + h->len : end;
		}
	}
	return -ENOENT;
}
