/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The virtual functions of SR-IOV (PCI Express Base 5.0, chapter 9). They answer with Vendor ID FFFF
 * (9.3.4.1.1), so that no walk meets them: the physical function's extended capability says where they
 * are. It lies where only ECAM reaches. */
#include "drivers/pci/pci.h"

#include "drivers/pci/config.h"

/* 9.2.1.2: the routing IDs are an arithmetic sequence. */
int pci_walk_vfs(const struct pci_func *pf, int (*visit)(const struct pci_func *f, void *ctx),
		 void *ctx)
{
	u16 cap = pci_find_ext_cap(pf->at, PCI_EXT_CAP_ID_SRIOV);

	if (!cap || !(pci_read16(pf->at, cap + PCI_SRIOV_CTRL) & PCI_SRIOV_CTRL_VFE))
		return 0;
	u32 n = MIN(pci_read16(pf->at, cap + PCI_SRIOV_NUM_VF),
		    pci_read16(pf->at, cap + PCI_SRIOV_TOTAL_VF));
	u16 offset = pci_read16(pf->at, cap + PCI_SRIOV_VF_OFFSET);
	u16 stride = pci_read16(pf->at, cap + PCI_SRIOV_VF_STRIDE);
	u32 id = ((u32)pf->at.bus << 8 | pf->at.dev << 3 | pf->at.fn) + offset;

	if (!offset || (!stride && n > 1))
		return 0;
	for (u32 i = 0; i < n && id <= 0xffff; i++, id += stride) {
		struct pci_func vf = *pf;

		vf.at.bus = (u8)(id >> 8);
		vf.at.dev = (u8)(id >> 3 & 31);
		vf.at.fn = (u8)(id & 7);
		if (pci_read16(vf.at, PCI_COMMAND) == 0xffff) /* not there: bits 15:11 are 0 */
			continue;
		int ret = visit(&vf, ctx);
		if (ret)
			return ret;
	}
	return 0;
}
