/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One of ACPI's action tables, and a machine whose registers say what is in the input as well. To be included once,
 * behind the driver. */
#ifndef AFTERIMAGE_ACTION_TABLE_H
#define AFTERIMAGE_ACTION_TABLE_H

#include <stdlib.h>
#include <string.h>

#include "base.h"
#include "bytes.h"
#include <arch/io.h>
#include "drivers/acpi/acpi.h"

static const u8 *input;
static size_t input_len;
static u8 page[2 * PAGE_SIZE]; /* of registers */

/* The input is the table of that name, and there is no other. */
int acpi_find(const char sig[4], pa_t *pa, u32 *len)
{
	*pa = PAGE_SIZE;
	*len = (u32)input_len;
	return memcmp(sig, TABLE_NAME, 4) ? -ENOENT : 0;
}

struct acpi_gas acpi_get_gas(const u8 *p)
{
	return (struct acpi_gas){ p[0], p[1], p[2], p[3], get_le64(p + 4) };
}

/* Only what the table has may be read. */
unsigned int peek(void *dst, pa_t pa, u64 len)
{
	if (pa < PAGE_SIZE || pa - PAGE_SIZE > input_len || len > input_len - (pa - PAGE_SIZE))
		abort();
	memcpy(dst, input + (pa - PAGE_SIZE), len);
	return 0;
}

static u32 read_port(u16 port)
{
	return input_len ? input[port % input_len] : 0;
}

static void check_port(u16 port, unsigned int bytes)
{
	if (port + bytes > 0x10000 || port % bytes || (port >= 0x70 && port < 0x78) ||
	    (port >= 0xcf8 && port < 0xd00))
		abort();
}

#define DEFINE_PORT(suffix, type, bytes)                                                           \
	type in##suffix(u16 p)                                                                     \
	{                                                                                          \
		check_port(p, bytes);                                                              \
		return (type)read_port(p);                                                         \
	}                                                                                          \
	void out##suffix(u16 p, type v)                                                            \
	{                                                                                          \
		(void)v;                                                                           \
		check_port(p, bytes);                                                              \
	}
DEFINE_PORT(b, u8, 1)
DEFINE_PORT(w, u16, 2)
DEFINE_PORT(l, u32, 4)

#define DEFINE_MMIO(bits)                                                                          \
	void mmio_write##bits(volatile void *p, u##bits v)                                         \
	{                                                                                          \
		memcpy((void *)p, &v, sizeof(v));                                                  \
	}
#define DEFINE_MMIO_READ(bits)                                                                     \
	u##bits mmio_read##bits(const volatile void *p)                                            \
	{                                                                                          \
		u##bits v;                                                                         \
		memcpy(&v, (const void *)p, sizeof(v));                                            \
		return v;                                                                          \
	}
DEFINE_MMIO(8)
DEFINE_MMIO(16)
DEFINE_MMIO(32)
DEFINE_MMIO(64)
DEFINE_MMIO_READ(8)
DEFINE_MMIO_READ(16)
DEFINE_MMIO_READ(32)

#endif
