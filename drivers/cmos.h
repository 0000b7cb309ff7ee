/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The smallest place that outlives a reset: 16 bytes of the CMOS clock's RAM. */
#ifndef AFTERIMAGE_CMOS_H
#define AFTERIMAGE_CMOS_H

#include "base.h"

/* Where it lies: behind what the PC AT's checksum covers (0x10-0x2d) and what SeaBIOS, OVMF and QEMU use
 * (up to 0x5f). Linux uses nothing there. In /dev/nvram it lies 14 bytes lower. */
#define CMOS_RECORD     0x70
#define CMOS_RECORD_MAGIC "AIF1"

struct cmos_record {
	u8 magic[4];
	u8 phase;      /* enum failure_phase */
	u8 count;      /* targets that failed */
	u16 err;       /* errno, 0 unknown */
	u32 crash_time; /* Unix seconds, 0 unknown */
	u16 seconds;   /* from entry to the failure; 65535: or more */
	u16 crc;       /* the lower half of CRC-32C over what is before */
} PACKED;
_Static_assert(sizeof(struct cmos_record) == 16, "up to 0x7f");

/* -EBUSY: these bytes are somebody else's (neither all 0x00, nor all 0xff, nor a record); -ENODEV: no
 * such RAM: it does not hold what is written. */
int cmos_record_write(const struct cmos_record *r);

/* Zeros over a record of ours, nothing else. */
void cmos_record_clear(void);

#endif
