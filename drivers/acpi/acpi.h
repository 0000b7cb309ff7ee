/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ACPI tables, as far as a capture kernel needs them: MCFG, the reset register, _S5. */
#ifndef AFTERIMAGE_ACPI_H
#define AFTERIMAGE_ACPI_H

#include "base.h"

/* Find the RSDP (`rsdp` if not 0, else the EBDA and 0xe0000-0xfffff) and keep the address of XSDT
 * or RSDT. Without one everything below reports -ENOENT. */
void acpi_init(pa_t rsdp);

/* Physical address and length of the first table with that signature whose checksum is right and
 * whose length is sane. */
int acpi_find(const char sig[4], pa_t *pa, u32 *len);

/* Generic Address Structure (ACPI 6.4, 5.2.3.2). */
struct acpi_gas {
	u8 space, bit_width, bit_offset, access;
	u64 address;
};
struct acpi_gas acpi_get_gas(const u8 *p); /* its 12 bytes in a table */

/* What the FADT and the DSDT/SSDTs say about ending; read once by acpi_power_init(), used by
 * power.c. */
struct acpi_power {
	bool has_reset;
	struct acpi_gas reset_reg;
	u8 reset_value;
	bool has_s5;
	u16 pm1a_cnt, pm1b_cnt;  /* I/O ports, 0: none */
	u8 slp_typ_a, slp_typ_b;
	u16 smi_cmd;
	u8 acpi_enable;
	struct acpi_gas sleep_control; /* hardware-reduced machines */
	bool hw_reduced;
};
void acpi_power_init(struct acpi_power *p);

#endif
