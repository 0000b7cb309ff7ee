/* SPDX-License-Identifier: GPL-2.0-or-later */
/* DMAR and IVRS out of arbitrary bytes. The input: a device's segment, bus and function, the secondary bus of
 * every bridge, then the table, which lies under both names. */
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "drivers/acpi/acpi.h"
#include "drivers/iommu/unit.h"
#include "map.h"

#define TABLE_AT 0x1000u
#define HEAD     5

static const u8 *table;
static u32 table_len;
static u8 secondary;

int acpi_find(const char sig[4], pa_t *pa, u32 *len)
{
	(void)sig;
	*pa = TABLE_AT;
	*len = table_len;
	return 0;
}

unsigned int peek(void *dst, pa_t pa, u64 len)
{
	if (pa < TABLE_AT || pa - TABLE_AT > table_len || len > table_len - (pa - TABLE_AT))
		abort(); /* beyond what acpi_find() gave */
	memcpy(dst, table + (pa - TABLE_AT), len);
	return 0;
}

u8 pci_read8(struct pci_addr a, u16 reg)
{
	if (a.dev > 31 || a.fn > 7)
		abort();
	return reg == PCI_SECONDARY_BUS ? secondary : 0xff;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pci_addr at;
	pa_t regs;
	u16 as;

	if (size < HEAD + 36)
		return 0;
	at = (struct pci_addr){ .segment = get_le16(data), .bus = data[2], .dev = data[3] >> 3, .fn = data[3] & 7 };
	secondary = data[4];
	table = data + HEAD;
	table_len = (u32)(size - HEAD);
	(void)dmar_find(at, &regs);
	(void)ivrs_find(at.segment, pci_id(at), &regs, &as);
	return 0;
}
