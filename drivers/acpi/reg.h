/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Registers that ACPI's action tables (WDAT, ERST) name. */
#ifndef AFTERIMAGE_ACPI_REG_H
#define AFTERIMAGE_ACPI_REG_H

#include "drivers/acpi/acpi.h"

struct acpi_reg {
	volatile u8 *mmio; /* NULL: a port */
	u16 port;
	u8 bytes;  /* of one access: 1, 2, 4, and 8 in memory */
	u8 shift;  /* the field's lowest bit in it */
	bool keep; /* a write leaves the bits outside the mask as they are */
	u64 mask;  /* of the field, shifted down */
};

/* Map what the structure at `at` (12 bytes of a table) describes. -EINVAL: no register that we would
 * touch: an address space but memory and ports, a width that there is not, a field that leaves the
 * register, PCI's configuration ports or the CMOS clock's. -ENOMEM: not to be mapped (map_mmio()). */
int acpi_reg_map(struct acpi_reg *r, const u8 *at, u64 mask, bool keep);

u64 acpi_reg_read(const struct acpi_reg *r);
void acpi_reg_write(const struct acpi_reg *r, u64 v);

#endif
