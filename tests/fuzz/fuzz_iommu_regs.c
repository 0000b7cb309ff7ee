/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IOMMUs whose registers are the input, and which do as they are told or not. Every wait ends; where a unit is said to
 * let our device through by tables, these are of our own pages and show that device alone. Input: flags, the
 * device's IDs, registers, then what becomes of each write. */
#include <stdlib.h>
#include <string.h>

#include <arch/cpu.h>
#include <arch/io.h>

#include "bytes.h"
#include "drivers/iommu/unit.h"
#include "map.h"

#define UNIT_AT  0xfed90000ull
#define UNIT_LEN 0x6000u /* as far as ECAP.IRO reaches */

extern unsigned long long fake_step_us;

static struct bytes in;
static u64 pages[IOMMU_PAGES][512] ALIGNED(4096);
static unsigned int taken;
static u8 regs[UNIT_LEN];
static struct iommu_source source;
static bool amd;

static void expect(bool ok)
{
	if (!ok)
		abort();
}

u64 *iommu_page_take(void) { return taken < IOMMU_PAGES ? pages[taken++] : NULL; }
bool dmar_find(struct pci_addr at, pa_t *pa) { return (void)at, *pa = UNIT_AT, true; }
bool ivrs_find(u16 segment, u16 id, pa_t *pa, u16 *as) { return (void)segment, *as = id, *pa = UNIT_AT, true; }
void pci_name(struct pci_addr a, char out[16]) { (void)a, strcpy(out, "0000:00:03.0"); }

/* Lines of our own tables only. */
void clflush(const void *p) { expect((const u8 *)p >= (u8 *)pages && (const u8 *)p < (u8 *)(pages + IOMMU_PAGES)); }

void *map_mmio(pa_t pa, u64 len)
{
	expect(pa >= UNIT_AT && pa - UNIT_AT < UNIT_LEN && len <= UNIT_LEN - (pa - UNIT_AT));
	return regs + (pa - UNIT_AT);
}

int iommu_map(const char *kind, pa_t at, u64 len, volatile u8 **out)
{
	(void)kind;
	*out = map_mmio(at, len);
	return 1;
}

static u32 reg_of(const volatile void *reg, u32 bytes)
{
	u64 off = (u64)((const volatile u8 *)reg - regs);

	expect(off + bytes <= UNIT_LEN && off % bytes == 0);
	return (u32)off;
}

u32 mmio_read32(const volatile void *reg) { return get_le32(regs + reg_of(reg, 4)); }
u64 mmio_read64(const volatile void *reg) { return get_le64(regs + reg_of(reg, 8)); }

static bool is_ours(u64 page) { return page >= (u64)pages && page < (u64)(pages + IOMMU_PAGES) && page % 4096 == 0; }

static bool is_source(u16 id)
{
	for (unsigned int i = 0; i < source.n; i++)
		if (source.id[i] == id)
			return true;
	return false;
}

/* Root and context tables as the unit takes them over. */
static void check_root(u64 root)
{
	expect(is_ours(root));
	for (unsigned int bus = 0; bus < 256; bus++) {
		const u64 *context = (const u64 *)(((const u64 *)root)[2 * bus] & ~(u64)0xfff);

		if (!(((const u64 *)root)[2 * bus] & 1))
			continue;
		expect(is_ours((u64)context));
		for (unsigned int fn = 0; fn < 256; fn++)
			expect(!(context[2 * fn] & 1) || is_source((u16)(bus << 8 | fn)));
	}
}

/* A device table: whoever it does not name may neither read nor write, and it names all that are within it. */
static void check_devices(u64 base)
{
	const u64 *table = (const u64 *)(base & ~(u64)0xfff);
	u32 n = (u32)((base & 0x1ff) + 1) * 128;

	expect(is_ours((u64)table) && is_ours((u64)table + n * 32 - 4096));
	for (u32 id = 0; id < n; id++) {
		bool opens = table[4 * id] >> 61 & 3;

		expect((table[4 * id] & 3) == 3 && (!opens || is_source((u16)id)));
	}
}

/* What the unit makes of it: nothing, or what was meant; in AMD's queue, too. Only VT-d's root address, which the driver
 * does not read back, is always taken. */
static void act(u32 reg, u64 v, u32 bytes)
{
	u8 how = bytes_u8(&in);

	if ((how & 1) && (amd || reg != 0x20))
		return;
	memcpy(regs + reg, &v, bytes);
	if (!amd && reg == 0x18) { /* GCMD shows in GSTS */
		put_le32(regs + 0x1c, (u32)v | (how & 2 ? 1u << 30 : 0));
		if (v & 1u << 30)
			check_root(get_le64(regs + 0x20));
	}
	if (!amd && (reg == 0x28 || bytes == 8) && !(how & 4))
		regs[reg + 7] &= 0x7f; /* an invalidation is done */
	if (amd && reg == 0x2008 && v && !(how & 4)) {
		u64 *queue = (u64 *)(get_le64(regs + 8) & 0xffffffffff000ull);

		expect(is_ours((u64)queue));
		check_devices(get_le64(regs));
		*(u64 *)(queue[2] & 0xffffffffffff8ull) = queue[3];
	}
}

void mmio_write32(volatile void *reg, u32 v) { act(reg_of(reg, 4), v, 4); }
void mmio_write64_whole(volatile void *reg, u64 v) { act(reg_of(reg, 8), v, 8); }

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	int err;

	in = bytes_of(data, size);
	fake_step_us = 200000; /* a wait is five looks */
	amd = bytes_u8(&in) & 1;
	taken = 0;
	memset(pages, 0xa5, sizeof(pages)); /* what they held stays */
	memset(regs, 0, sizeof(regs));
	source = (struct iommu_source){ .at = { .dev = 3 } };
	for (source.n = bytes_u8(&in) % IOMMU_IDS + 1, err = 0; err < (int)source.n; err++)
		source.id[err] = bytes_le16(&in);
	for (unsigned int n = bytes_u8(&in) % 16; n--;) { /* registers that say something */
		u32 at = bytes_le16(&in) % UNIT_LEN & ~7u;

		put_le64(regs + at, bytes_le64(&in));
	}
	err = amd ? amdvi_allow(&source) : vtd_allow(&source);
	expect(!err || err == -EIO);
	expect(taken <= IOMMU_PAGES);
	return 0;
}
