/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The stamp and the header copies of a dump area: what passes the checks lies within the area. */
#include <stdlib.h>
#include <string.h>

#include "dump/disk/area.h"

static void expect(bool ok)
{
	if (!ok)
		abort();
}

/* The input: flags, room in 64 KiB, then what stamp and headers begin with. Bit 0: checksums are
 * made to fit; bit 1: the headers belong to the stamp. */
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct area_stamp stamp;
	static struct area_header copy[2];
	size_t third;
	u64 room;
	int picked;

	if (size < 2)
		return 0;
	memset(&stamp, 0, sizeof(stamp));
	memset(copy, 0, sizeof(copy));
	room = (u64)data[1] << 16;
	third = MIN((size - 2) / 3, (size_t)AREA_BLOCK);
	memcpy(&stamp, data + 2, third);
	memcpy(&copy[0], data + 2 + third, third);
	memcpy(&copy[1], data + 2 + 2 * third, third);
	for (int i = 0; i < 2; i++) {
		if (data[0] & 2)
			memcpy(copy[i].uuid, stamp.uuid, sizeof(stamp.uuid));
		if (data[0] & 1)
			area_header_seal(&copy[i]);
	}
	if (data[0] & 1)
		area_stamp_seal(&stamp);
	if (area_stamp_check(&stamp, room))
		return 0;
	expect(stamp.length <= room - AREA_BLOCK && stamp.area_size >= AREA_MIN_BYTES);
	picked = area_header_pick(copy, &stamp);
	if (picked < 0)
		return 0;
	expect(picked < 2 && copy[picked].section_count <= AREA_MAX_SECTIONS);
	for (u32 i = 0; i < copy[picked].section_count; i++) {
		const struct area_section *s = &copy[picked].section[i];

		expect(s->offset >= AREA_DATA_OFF && s->offset <= stamp.area_size &&
		       s->length <= stamp.area_size - s->offset);
	}
	return 0;
}
