/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Under which IDs a device appears behind which bridges, and what is remembered of a refusal. */
#include "unit/test.h"

#include "drivers/iommu/iommu.h"
#include "drivers/iommu/unit.h"
#include "fake/pci.h"
#include "map.h"

static struct iommu_source seen;
static int answer;

int vtd_allow(const struct iommu_source *s)
{
	seen = *s;
	return answer;
}

int amdvi_allow(const struct iommu_source *s)
{
	(void)s;
	return 0;
}

int viommu_allow(const struct iommu_source *s)
{
	(void)s;
	return 0;
}

void viommu_init(void) {}

static bool no_tables_left;

void *map_mmio(pa_t pa, u64 len)
{
	(void)len;
	return no_tables_left ? NULL : map_mmio_window(pa);
}

/* A bridge; `type` of PCI Express, or -1 for a conventional one. */
static void bridge(u8 bus, u8 dev, u8 secondary, int type)
{
	struct func *f = func_add(0, bus, dev, 0, 1, 0x0604, PCI_HEADER_TYPE_BRIDGE);

	f->cfg[PCI_SECONDARY_BUS] = secondary;
	if (type < 0)
		return;
	f->cfg[PCI_STATUS] = PCI_STATUS_CAP_LIST;
	f->cfg[PCI_CAPABILITY_LIST] = 0x40;
	f->cfg[0x40] = PCI_CAP_ID_EXP;
	f->cfg[0x42] = (u8)(type << 4);
}

static bool appears_as(u8 bus, u8 dev, unsigned int n, const u16 *ids)
{
	func_add(0, bus, dev, 0, 1, 0x0200, 0);
	pci_init();
	if (iommu_allow((struct pci_addr){ 0, bus, dev, 0 }) || seen.n != n)
		return false;
	return !memcmp(seen.id, ids, n * sizeof(*ids));
}

TEST(below_pci_express)
{
	machine_reset();
	bridge(0, 1, 1, PCI_EXP_TYPE_ROOT_PORT);
	bridge(1, 0, 2, PCI_EXP_TYPE_UPSTREAM);
	bridge(2, 3, 3, PCI_EXP_TYPE_DOWNSTREAM);
	CHECK(appears_as(3, 0, 1, (u16[]){ 0x300 }));
	CHECK(appears_as(0, 7, 1, (u16[]){ 0x38 }));
}

TEST(below_conventional_pci)
{
	machine_reset();
	bridge(0, 1, 1, PCI_EXP_TYPE_ROOT_PORT);
	bridge(1, 0, 2, PCI_EXP_TYPE_PCI_BRIDGE);
	CHECK(appears_as(2, 5, 2, (u16[]){ 0x228, 0x200 }));
	machine_reset();
	bridge(0, 0x1e, 1, -1);
	CHECK(appears_as(1, 5, 3, (u16[]){ 0x128, 0x100, 0xf0 }));
	machine_reset();
	bridge(0, 2, 1, -1);
	bridge(1, 2, 2, PCI_EXP_TYPE_PCIE_BRIDGE);
	CHECK(appears_as(2, 0, 4, (u16[]){ 0x200, 0x110, 0x100, 0x10 }));
}

/* A bridge that leads to its own bus or upwards leads nowhere. */
TEST(bridges_in_a_circle)
{
	machine_reset();
	bridge(1, 1, 1, -1);
	bridge(2, 1, 1, -1);
	CHECK(appears_as(1, 0, 1, (u16[]){ 0x100 }));
}

TEST(translations_of_its_own_are_off)
{
	machine_reset();
	mcfg_add(ECAM_BASE, 0, 0, 255);
	struct func *f = func_add(0, 0, 3, 0, 1, 0x0200, 0);

	f->cfg[PCI_STATUS] = PCI_STATUS_CAP_LIST;
	f->cfg[PCI_CAPABILITY_LIST] = 0x40;
	f->cfg[0x40] = PCI_CAP_ID_EXP;
	put32(f->cfg + 0x100, 0x140u << 20 | 1 << 16 | PCI_EXT_CAP_ID_ERR);
	put32(f->cfg + 0x140, 1 << 16 | PCI_EXT_CAP_ID_ATS);
	put32(f->cfg + 0x144, (u32)(PCI_ATS_CTRL_ENABLE | 3) << 16);
	pci_init();
	CHECK_EQ(iommu_allow((struct pci_addr){ 0, 0, 3, 0 }), 0);
	CHECK_EQ(cfg32(f, 0x144), 3u << 16);
}

/* Registers are where a function's configuration space is: it answers, or nobody does. */
TEST(registers)
{
	volatile u8 *regs;

	machine_reset();
	func_add(0, 0, 1, 0, 1, 0x0200, 0);
	CHECK_EQ(iommu_map("a", ECAM_BASE + 0x8000, 4096, &regs), 1);
	CHECK_EQ(iommu_map("a", ECAM_BASE + 0x9000, 4096, &regs), 0);
	CHECK(test_logged("no a unit answers at 0xb0009000"));
	no_tables_left = true;
	CHECK_EQ(iommu_map("a", ECAM_BASE + 0x8000, 4096, &regs), -EIO);
	ram_end = ~0ull; /* it would be over old RAM */
	CHECK_EQ(iommu_map("a", ECAM_BASE + 0x8000, 4096, &regs), 0);
}

TEST(refusals_are_told_once)
{
	char name[16];

	machine_reset();
	pci_init();
	iommu_init();
	CHECK(!iommu_refused(name));
	answer = -EIO;
	CHECK_EQ(iommu_allow((struct pci_addr){ 0, 0, 31, 2 }), -EIO);
	answer = 0;
	CHECK(iommu_refused(name));
	CHECK(!strcmp(name, "0000:00:1f.2"));
	CHECK(!iommu_refused(name));
}

TEST(pages_run_out)
{
	machine_reset();
	pci_init();
	CHECK_EQ(iommu_allow((struct pci_addr){ 0, 0, 31, 2 }), 0);
	for (unsigned int i = 0; i < IOMMU_PAGES; i++)
		CHECK(iommu_page_take());
	CHECK(!iommu_page_take());
}
