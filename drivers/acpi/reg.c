/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Registers that ACPI's action tables name (ACPI 6.4, 5.2.3.2; 18.5.1.2 for mask and preserve). */
#include "drivers/acpi/reg.h"

#include <arch/io.h>

#include "bytes.h"
#include "map.h"

#define GAS_MEMORY 0
#define GAS_IO     1

#define RTC_FIRST    0x70
#define RTC_LAST     0x77
#define CONFIG_FIRST 0xcf8 /* 0xcf9, which resets, is among them */
#define CONFIG_LAST  0xcff

static bool port_is_ours(u64 first, u64 last)
{
	return (first <= RTC_LAST && last >= RTC_FIRST) ||
	       (first <= CONFIG_LAST && last >= CONFIG_FIRST);
}

/* Bytes of one access: as said, or where nothing is said the narrowest that holds the field. */
static unsigned int access_bytes(const struct acpi_gas *gas)
{
	unsigned int bits = gas->bit_width + gas->bit_offset;

	if (gas->access)
		return gas->access <= 4 ? 1u << (gas->access - 1) : 0;
	return bits <= 8 ? 1 : bits <= 16 ? 2 : bits <= 32 ? 4 : bits <= 64 ? 8 : 0;
}

int acpi_reg_map(struct acpi_reg *r, const u8 *at, u64 mask, bool keep)
{
	struct acpi_gas gas = acpi_get_gas(at);
	unsigned int bytes = access_bytes(&gas);

	*r = (struct acpi_reg){ .bytes = (u8)bytes, .shift = gas.bit_offset, .keep = keep, .mask = mask };
	if (!bytes || gas.bit_offset >= 8 * bytes || gas.address % bytes)
		return -EINVAL;
	if (gas.space == GAS_IO) {
		if (bytes > 4 || gas.address > 0x10000 - bytes ||
		    port_is_ours(gas.address, gas.address + bytes - 1))
			return -EINVAL;
		r->port = (u16)gas.address;
		return 0;
	}
	if (gas.space != GAS_MEMORY)
		return -EINVAL;
	r->mmio = map_mmio(gas.address, bytes);
	return r->mmio ? 0 : -ENOMEM;
}

static u64 read_raw(const struct acpi_reg *r)
{
	switch (r->bytes) {
	case 1:
		return r->mmio ? mmio_read8(r->mmio) : inb(r->port);
	case 2:
		return r->mmio ? mmio_read16(r->mmio) : inw(r->port);
	case 4:
		return r->mmio ? mmio_read32(r->mmio) : inl(r->port);
	}
	return mmio_read32(r->mmio) | (u64)mmio_read32(r->mmio + 4) << 32;
}

u64 acpi_reg_read(const struct acpi_reg *r) { return read_raw(r) >> r->shift & r->mask; }

void acpi_reg_write(const struct acpi_reg *r, u64 v)
{
	v = (v & r->mask) << r->shift;
	if (r->keep)
		v |= read_raw(r) & ~(r->mask << r->shift);
	if (r->bytes == 8)
		mmio_write64(r->mmio, v);
	else if (r->mmio)
		r->bytes == 1   ? mmio_write8(r->mmio, (u8)v) :
		r->bytes == 2 ? mmio_write16(r->mmio, (u16)v) :
				mmio_write32(r->mmio, (u32)v);
	else
		r->bytes == 1   ? outb(r->port, (u8)v) :
		r->bytes == 2 ? outw(r->port, (u16)v) :
				outl(r->port, (u32)v);
}
