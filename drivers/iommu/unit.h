/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of this folder share with each other alone. */
#ifndef AFTERIMAGE_IOMMU_UNIT_H
#define AFTERIMAGE_IOMMU_UNIT_H

#include "drivers/pci/pci.h"

#define IOMMU_IDS     6
#define IOMMU_PAGES   4
#define IOMMU_WAIT_US SEC /* for any register; Linux gives 10 s, hardware needs microseconds */

/* A device as IOMMUs know it: its own requester ID and those that bridges above it put in its place. */
struct iommu_source {
	struct pci_addr at;
	unsigned int n;
	u16 id[IOMMU_IDS]; /* bus << 8 | device << 3 | function */
};

static inline u16 pci_id(struct pci_addr a)
{
	return (u16)(a.bus << 8 | (a.dev & 31u) << 3 | (a.fn & 7u));
}

/* Pages that translation tables and queues of the unit in use are made of; what they held stays. NULL
 * when all are taken. */
u64 *iommu_page_take(void);

/* Registers of a unit that a table names: 1. 0 (told) where none can be or nothing answers: nobody can have
 * turned that unit on. -EIO (told) where they cannot be mapped. */
int iommu_map(const char *kind, pa_t at, u64 len, volatile u8 **regs);

/* ACPI DMAR: registers of the unit that a device is behind. False: none. */
bool dmar_find(struct pci_addr at, pa_t *regs);
/* The same of IVRS, and the ID under which the unit looks the device up. */
bool ivrs_find(u16 segment, u16 id, pa_t *regs, u16 *as);

/* Each lets the device through: 0 also when it is behind none of that kind, or it is off. */
int vtd_allow(const struct iommu_source *s);
int amdvi_allow(const struct iommu_source *s);
int viommu_allow(const struct iommu_source *s);
void viommu_init(void);

#endif
