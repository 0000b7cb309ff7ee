/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A record in the CMOS clock's RAM (Motorola MC146818; ports 0x70 and 0x71 of the PC AT). */
#include "drivers/cmos.h"

#include <arch/io.h>
#include <string.h>

#define CMOS_INDEX 0x70 /* bit 7 stays clear: it would block NMIs */
#define CMOS_DATA  0x71

static void read_all(u8 *to)
{
	for (unsigned int i = 0; i < sizeof(struct cmos_record); i++) {
		outb(CMOS_INDEX, (u8)(CMOS_RECORD + i));
		to[i] = inb(CMOS_DATA);
	}
}

static void write_all(const u8 *from)
{
	for (unsigned int i = 0; i < sizeof(struct cmos_record); i++) {
		outb(CMOS_INDEX, (u8)(CMOS_RECORD + i));
		outb(CMOS_DATA, from[i]);
	}
}

static bool all_are(const u8 *p, u8 v)
{
	for (unsigned int i = 0; i < sizeof(struct cmos_record); i++)
		if (p[i] != v)
			return false;
	return true;
}

static bool is_record(const u8 *p) { return !memcmp(p, CMOS_RECORD_MAGIC, 4); }

int cmos_record_write(const struct cmos_record *r)
{
	u8 now[sizeof(*r)];

	read_all(now);
	if (!is_record(now) && !all_are(now, 0) && !all_are(now, 0xff))
		return -EBUSY;
	write_all((const u8 *)r);
	read_all(now);
	return memcmp(now, r, sizeof(*r)) ? -ENODEV : 0;
}

void cmos_record_clear(void)
{
	static const u8 zero[sizeof(struct cmos_record)];
	u8 now[sizeof(struct cmos_record)];

	read_all(now);
	if (is_record(now))
		write_all(zero);
}
