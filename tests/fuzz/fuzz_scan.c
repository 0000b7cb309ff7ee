/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The search for VMCOREINFO in arbitrary RAM: what is found is a note that lies where there is RAM, and a note that
 * stands alone at the start of a page is found. Input: where the two ranges of RAM begin and end, then pieces of
 * memory: place, kind, length, contents. */
#include <stdlib.h>
#include <string.h>

#include "base.h"
#include "bytes.h"
#include "dump/source/oldmem.h"
#include "dump/source/scan.h"
#include "dump/source/source.h"

#define RAM_BASE  0x1000000ull
#define RAM_BYTES (16 * PAGE_SIZE)
#define NOTE_HEAD 24u /* header and name */

static u8 ram[RAM_BYTES];
static struct elf64_phdr load[2];

unsigned int oldmem_read(void *dst, pa_t pa, u64 len)
{
	memset(dst, 0, len);
	if (pa < RAM_BASE || pa - RAM_BASE >= RAM_BYTES || len > RAM_BYTES - (pa - RAM_BASE))
		return 1;
	memcpy(dst, ram + (pa - RAM_BASE), len);
	return 0;
}

bool source_next_load(u32 *at, struct elf64_phdr *out)
{
	if (*at == ARRAY_SIZE(load))
		return false;
	*out = load[(*at)++];
	return true;
}

static void range(struct elf64_phdr *p, struct bytes *in)
{
	u64 start = bytes_le16(in) % RAM_BYTES;

	*p = (struct elf64_phdr){ .p_offset = RAM_BASE + start, .p_memsz = bytes_le16(in) % (RAM_BYTES - start + 1) };
}

/* A piece of memory, or a note with it as text. */
static void piece(struct bytes *in)
{
	u32 place = bytes_le16(in), len, head = 0;
	u8 kind = bytes_u8(in);
	const u8 *p;

	len = bytes_le16(in);
	place = (kind & 2 ? place * 4u : place * (u32)PAGE_SIZE) % (u32)RAM_BYTES;
	len = MIN(len, (u32)bytes_left(in));
	if (kind & 1) {
		head = NOTE_HEAD;
		if (place + head > RAM_BYTES)
			return;
		put_le32(ram + place, 11);
		put_le32(ram + place + 4, len);
		put_le32(ram + place + 8, 0);
		memcpy(ram + place + 12, "VMCOREINFO\0", 12);
	}
	len = MIN(len, (u32)RAM_BYTES - place - head);
	p = bytes_take(in, len);
	if (p)
		memcpy(ram + place + head, p, len);
}

/* Is that a note, as far as its header says? */
static bool is_note(u64 at, u64 *len)
{
	u8 h[NOTE_HEAD];

	if (oldmem_read(h, RAM_BASE + at, sizeof(h)) || get_le32(h) != 11 || get_le32(h + 8) ||
	    memcmp(h + 12, "VMCOREINFO", 11) || get_le32(h + 4) < 32 || get_le32(h + 4) > 64 * KIB)
		return false;
	*len = NOTE_HEAD + ALIGN_UP(get_le32(h + 4), 4);
	return true;
}

static bool in_ram(u64 at)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(load); i++)
		if (RAM_BASE + at >= load[i].p_offset && RAM_BASE + at - load[i].p_offset < load[i].p_memsz)
			return true;
	return false;
}

/* A note where since 4.11 one is, in a page that is RAM as a whole, and whose text says a release at once. */
static bool is_obvious(u64 at)
{
	u64 len;

	return at % (2 * PAGE_SIZE) == 0 && is_note(at, &len) && !memcmp(ram + at + NOTE_HEAD, "OSRELEASE=6.1\n", 14) &&
	       ((RAM_BASE + at >= load[0].p_offset && RAM_BASE + at + PAGE_SIZE <= load[0].p_offset + load[0].p_memsz) ||
	        (RAM_BASE + at >= load[1].p_offset && RAM_BASE + at + PAGE_SIZE <= load[1].p_offset + load[1].p_memsz));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size);
	pa_t pa = 0, again = 0;
	u64 len = 0, note_len;
	int err;

	memset(ram, 0, sizeof(ram));
	range(&load[0], &in);
	range(&load[1], &in);
	while (bytes_left(&in) && !in.bad)
		piece(&in);
	err = scan_vmcoreinfo(&pa, &len);
	if (err != scan_vmcoreinfo(&again, &note_len) || (!err && (pa != again || len != note_len)))
		abort();
	if (err && err != -ENOENT)
		abort();
	if (!err && (pa % 16 || !in_ram(pa - RAM_BASE) || !is_note(pa - RAM_BASE, &note_len) || len != note_len))
		abort();
	for (u64 at = 0; err && at < RAM_BYTES; at += PAGE_SIZE)
		if (is_obvious(at))
			abort();
	return 0;
}
