/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ACPI tables, MCFG and _S5 out of arbitrary memory. The first 8 bytes of the input say which bytes
 * to fix up, so that checksums do not keep the fuzzer out; the rest is memory from address 0x1000
 * on. */
#include <stdlib.h>
#include <string.h>

#include "base.h"
#include "bytes.h"
#include <arch/io.h>
#include "drivers/acpi/acpi.h"
#include "drivers/pci/config.h"
#include "drivers/pci/pci.h"
#include "map.h"

#define BASE       0x1000u
#define SUMS       4
#define MEMORY_MAX 8192

static u8 mem[MEMORY_MAX];
static size_t mem_len;

bool map_addressable(pa_t pa, u64 len)
{
	return pa < 1ull << 47 && len <= (1ull << 47) - pa;
}

unsigned int peek(void *dst, pa_t pa, u64 len)
{
	if (!map_addressable(pa, len))
		abort(); /* callers look first */
	memset(dst, 0, len);
	if (pa < BASE || pa - BASE >= mem_len || len > mem_len - (pa - BASE))
		return 1;
	memcpy(dst, mem + (pa - BASE), len);
	return 0;
}

/* No ports; configuration space reads as part of the input. */
void outb(u16 p, u8 v)
{
	(void)p, (void)v;
}
void outw(u16 p, u16 v)
{
	(void)p, (void)v;
}
void outl(u16 p, u32 v)
{
	(void)p, (void)v;
}
u8 inb(u16 p)
{
	(void)p;
	return 0xff;
}
u16 inw(u16 p)
{
	(void)p;
	return 0xffff;
}
u32 inl(u16 p)
{
	(void)p;
	return ~0u;
}

bool map_is_device(pa_t pa, u64 len)
{
	return map_addressable(pa, len);
}

static u8 window[4096 + 8];
void *map_mmio_window(pa_t page)
{
	if ((page & PAGE_MASK) || !map_addressable(page, PAGE_SIZE))
		abort();
	return page & 0x10000 ? NULL : window;
}
u8 mmio_read8(const volatile void *p)
{
	return *(const volatile u8 *)p;
}
u16 mmio_read16(const volatile void *p)
{
	return get_le16((const void *)p);
}
u32 mmio_read32(const volatile void *p)
{
	return get_le32((const void *)p);
}
void mmio_write8(volatile void *p, u8 v)
{
	(void)p, (void)v;
}
void mmio_write16(volatile void *p, u16 v)
{
	(void)p, (void)v;
}
void mmio_write32(volatile void *p, u32 v)
{
	(void)p, (void)v;
}

static int count_virtual(const struct pci_func *f, void *ctx)
{
	pci_read16(f->at, PCI_STATUS);
	return ++*(unsigned int *)ctx == 16;
}

static int count(const struct pci_func *f, void *ctx)
{
	unsigned int virtuals = 0;
	pa_t base;
	u64 size;

	for (unsigned int n = 0; n < 7; n++)
		if (!pci_bar(f->at, n, &base, &size) && !size)
			abort();
	pci_find_cap(f->at, PCI_CAP_ID_EXP, 0);
	pci_walk_vfs(f, count_virtual, &virtuals);
	return ++*(unsigned int *)ctx == 16;
}

/* Make the table at `at` sum to zero over the length it claims. */
static void fix_table(size_t at)
{
	u8 sum = 0;

	if (at + 36 > mem_len)
		return;
	u32 len = get_le32(mem + at + 4);
	if (len > mem_len - at)
		return;
	for (u32 i = 0; i < len; i++)
		sum += mem[at + i];
	mem[at + 9] -= sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct acpi_power p;
	unsigned int functions = 0;
	pa_t pa;
	u32 len;

	if (size < 2 * SUMS)
		return 0;
	mem_len = MIN(size - 2 * SUMS, (size_t)MEMORY_MAX);
	memcpy(mem, data + 2 * SUMS, mem_len);
	for (unsigned int i = 0; i < SUMS; i++)
		fix_table(get_le16(data + 2 * i));
	memset(window, 0, sizeof(window));
	memcpy(window, mem, MIN(mem_len, (size_t)4096));

	acpi_init(BASE);
	acpi_find("APIC", &pa, &len);
	acpi_power_init(&p);
	pci_init();
	pci_walk(count, &functions);
	return 0;
}
