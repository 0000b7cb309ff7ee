/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ACPI IVRS: which AMD-Vi unit a device is behind (AMD I/O Virtualization Technology 3.08, chapter 5). */
#include "drivers/iommu/unit.h"

#include "bytes.h"
#include "drivers/acpi/acpi.h"
#include "map.h"

#define IVRS_HEADER 48 /* 5.2 */

/* I/O virtualization hardware definition blocks (5.2.2). */
#define IVHD_10           0x10
#define IVHD_11           0x11
#define IVHD_40           0x40
#define IVHD_REGISTERS    8
#define IVHD_SEGMENT      16
#define IVHD_BYTES        24
#define IVHD_LONG_BYTES   40 /* 11h and 40h */

/* Device entries (5.2.2.1): the two high bits of the kind give the length of those below F0h. */
#define ENTRY_ALL          1
#define ENTRY_SELECT       2
#define ENTRY_RANGE        3
#define ENTRY_RANGE_END    4
#define ENTRY_ALIAS        0x42
#define ENTRY_ALIAS_RANGE  0x43
#define ENTRY_EXT_SELECT   0x46
#define ENTRY_EXT_RANGE    0x47
#define ENTRY_BYTES(kind)  (4u << ((kind) >> 6))
#define ENTRY_HID          0xf0
#define ENTRY_HID_BYTES    22 /* and a name as long as the last of them says */
#define ENTRY_MAX          32

struct range {
	bool open;
	u16 first;
	bool alias;
	u16 as;
};

/* The bytes of the entry at pa, of which at most `left` are there; 0: it cannot be. */
static u32 entry_read(u8 e[ENTRY_MAX], pa_t pa, u32 left)
{
	u32 n;

	if (left < 4 || peek(e, pa, 4))
		return 0;
	n = e[0] < ENTRY_HID ? ENTRY_BYTES(e[0]) : ENTRY_HID_BYTES;
	if (n > left || peek(e, pa, n))
		return 0;
	if (e[0] >= ENTRY_HID)
		n += e[ENTRY_HID_BYTES - 1];
	return n <= left ? n : 0;
}

/* Does this entry, with the range that it may end, name the device? */
static bool entry_covers(const u8 *e, struct range *r, u16 id, u16 *as)
{
	u16 who = get_le16(e + 1);

	*as = id;
	switch (e[0]) {
	case ENTRY_ALL:
		return true;
	case ENTRY_ALIAS:
		*as = get_le16(e + 5);
		return who == id;
	case ENTRY_SELECT:
	case ENTRY_EXT_SELECT:
		return who == id;
	case ENTRY_RANGE:
	case ENTRY_EXT_RANGE:
	case ENTRY_ALIAS_RANGE:
		*r = (struct range){ .open = true, .first = who, .alias = e[0] == ENTRY_ALIAS_RANGE };
		r->as = r->alias ? get_le16(e + 5) : 0;
		return false;
	case ENTRY_RANGE_END:
		if (r->alias)
			*as = r->as;
		if (!r->open || id < r->first || id > who)
			return false;
		return true;
	}
	return false;
}

static bool entries_cover(pa_t pa, u32 len, u16 id, u16 *as)
{
	struct range r = { 0 };
	u8 e[ENTRY_MAX];
	u32 n;

	for (; (n = entry_read(e, pa, len)); pa += n, len -= n)
		if (entry_covers(e, &r, id, as))
			return true;
	return false;
}

/* Several blocks may describe one unit, for readers of different age: any that names the device will do. */
bool ivrs_find(u16 segment, u16 id, pa_t *regs, u16 *as)
{
	u32 len, n, off;
	pa_t pa;

	if (acpi_find("IVRS", &pa, &len))
		return false;
	for (off = IVRS_HEADER; off < len && len - off >= IVHD_BYTES; off += n) {
		u8 b[IVHD_BYTES];
		u32 head;

		if (peek(b, pa + off, sizeof(b)))
			return false;
		n = get_le16(b + 2);
		head = b[0] == IVHD_10 ? IVHD_BYTES : IVHD_LONG_BYTES;
		if (n < 4 || n > len - off)
			return false;
		if ((b[0] != IVHD_10 && b[0] != IVHD_11 && b[0] != IVHD_40) || n < head ||
		    get_le16(b + IVHD_SEGMENT) != segment)
			continue;
		*regs = get_le64(b + IVHD_REGISTERS);
		if (entries_cover(pa + off + head, n - head, id, as))
			return true;
	}
	return false;
}
