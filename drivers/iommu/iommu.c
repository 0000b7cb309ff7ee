/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Letting a device through whatever IOMMU it is behind: under which IDs it appears there, whose turn it
 * is, and the memory for tables. */
#include "drivers/iommu/iommu.h"

#include <arch/io.h>
#include <string.h>

#include "drivers/iommu/unit.h"
#include "log.h"
#include "map.h"

#define BRIDGES_MAX 32 /* in a row; each lies on a bus of its own */

/* Looked at by hardware as long as a unit uses them, through a second life too: nothing else is ever put
 * here. */
static KEEP u64 pages[IOMMU_PAGES][PAGE_SIZE / sizeof(u64)] ALIGNED(4096);
static unsigned int pages_taken;
static char refused[16]; /* the device, for the next reason */

u64 *iommu_page_take(void)
{
	return pages_taken < IOMMU_PAGES ? pages[pages_taken++] : NULL;
}

int iommu_map(const char *kind, pa_t at, u64 len, volatile u8 **regs)
{
	bool can_be = map_is_device(at, len);

	*regs = can_be ? map_mmio(at, len) : NULL;
	if (can_be && !*regs)
		return -EIO;
	if (can_be && mmio_read32(*regs) != ~0u)
		return 1;
	log_info("iommu: no %s unit answers at 0x%llx", kind, at);
	return 0;
}

static void add_id(struct iommu_source *s, u16 id)
{
	for (unsigned int i = 0; i < s->n; i++)
		if (s->id[i] == id)
			return;
	if (s->n < IOMMU_IDS)
		s->id[s->n++] = id;
}

struct upstream {
	u16 segment;
	u8 bus;
	struct pci_addr bridge;
};

static int is_upstream(const struct pci_func *f, void *ctx)
{
	struct upstream *u = ctx;

	if (f->header_type != PCI_HEADER_TYPE_BRIDGE || f->at.segment != u->segment ||
	    f->at.bus >= u->bus || pci_read8(f->at, PCI_SECONDARY_BUS) != u->bus)
		return 0;
	u->bridge = f->at;
	return 1;
}

/* PCI Express to PCI/PCI-X Bridge 1.0, 2.3: such a bridge asks as function 0 of its secondary bus, or as
 * the device does (PCI-X). One the other way round and a conventional one ask as themselves; but a
 * conventional one may be of the first kind and not say so. */
static void add_aliases(struct iommu_source *s, struct pci_addr bridge, u8 secondary)
{
	u8 cap = pci_find_cap(bridge, PCI_CAP_ID_EXP, 0);
	u16 type = cap ? (pci_read16(bridge, cap + PCI_EXP_FLAGS) & PCI_EXP_FLAGS_TYPE) >> 4 : 0;

	if (!cap || type == PCI_EXP_TYPE_PCI_BRIDGE)
		add_id(s, (u16)(secondary << 8));
	if (!cap || type == PCI_EXP_TYPE_PCIE_BRIDGE)
		add_id(s, pci_id(bridge));
}

static void find_source(struct iommu_source *s, struct pci_addr at)
{
	struct upstream u = { .segment = at.segment, .bus = at.bus };

	*s = (struct iommu_source){ .at = at };
	add_id(s, pci_id(at));
	for (unsigned int i = 0; i < BRIDGES_MAX && pci_walk(is_upstream, &u); i++) {
		add_aliases(s, u.bridge, u.bus);
		u.bus = u.bridge.bus;
	}
}

/* Addresses that the device has translated in advance (PCI Express Base 5.0, 10.5.1) are those of the
 * crashed kernel's tables. */
static void ats_off(struct pci_addr at)
{
	u16 cap = pci_find_ext_cap(at, PCI_EXT_CAP_ID_ATS);

	if (cap)
		pci_write16(at, cap + PCI_ATS_CTRL,
			    pci_read16(at, cap + PCI_ATS_CTRL) & ~PCI_ATS_CTRL_ENABLE);
}

void iommu_init(void)
{
	refused[0] = '\0';
	viommu_init();
}

int iommu_allow(struct pci_addr at)
{
	struct iommu_source s;
	int err;

	pages_taken = 0;
	find_source(&s, at);
	ats_off(at);
	err = vtd_allow(&s);
	if (!err)
		err = amdvi_allow(&s);
	if (!err)
		err = viommu_allow(&s);
	if (err)
		pci_name(at, refused);
	return err;
}

bool iommu_refused(char device[16])
{
	bool was = refused[0];

	memcpy(device, refused, sizeof(refused));
	refused[0] = '\0';
	return was;
}
