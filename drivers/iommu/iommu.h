/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IOMMUs that the crashed kernel left translating: the device that a target's driver takes is let
 * through, alone where the hardware permits. */
#ifndef AFTERIMAGE_IOMMU_H
#define AFTERIMAGE_IOMMU_H

#include "drivers/pci/pci.h"

/* Take a virtio-iommu over, which is a device itself. Call it after pci_quiesce(): what its domains held
 * back may pass until it is set up again. Units that firmware tables describe are left as they are, and go
 * on containing what they contained, until iommu_allow() is asked for a device behind them. */
void iommu_init(void);

/* To be called by a driver that takes a device, after its reset and before its bus mastering is on:
 * afterwards a DMA address is a physical address. One device is let through at a time, each call takes
 * the permission of the one before. 0 too where no IOMMU is in the way; -EIO (told) where one is that
 * cannot be tamed: the device reaches no memory. */
int iommu_allow(struct pci_addr at);

/* Was a device refused since the last call, and which ("0000:00:03.0") was the last one? */
bool iommu_refused(char device[16]);

#endif
