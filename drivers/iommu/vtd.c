/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Intel VT-d (Virtualization Technology for Directed I/O 4.1): a unit that still translates is given
 * tables of our own, in which one device exists. */
#include "drivers/iommu/unit.h"

#include <arch/cpu.h>
#include <arch/io.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "map.h"

/* Registers (chapter 11). */
#define VTD_VER    0x00
#define VTD_CAP    0x08
#define VTD_ECAP   0x10
#define VTD_GCMD   0x18
#define VTD_GSTS   0x1c
#define VTD_RTADDR 0x20
#define VTD_CCMD   0x28
#define VTD_FECTL  0x38
#define VTD_PMEN   0x64
#define VTD_IQH    0x80
#define VTD_IQT    0x88
#define VTD_BYTES  0x100
#define VTD_IOTLB  8 /* behind the invalidate address register, at ECAP.IRO */

#define VER_MAJOR(v)      ((v) >> 4 & 15)
#define VER_NO_INVALIDATE 6u /* 6.5: from here on, only the queue invalidates */

#define CAP_RWBF     ((u64)1 << 4)
#define CAP_SAGAW(c) ((c) >> 8 & 31)
#define CAP_1G_PAGES ((u64)1 << 35)
#define CAP_ESRTPS   ((u64)1 << 63) /* a new root table invalidates everything by itself */
#define ECAP_C       ((u64)1 << 0)  /* tables are looked up through the CPU's caches */
#define ECAP_PT      ((u64)1 << 6)
#define ECAP_IRO(e)  (((e) >> 8 & 0x3ff) * 16)

/* GCMD and GSTS have the same bits; of GSTS, those that are kept when a command is written (11.4.4.1). */
#define G_TE       (1u << 31)
#define G_SRTP     (1u << 30)
#define G_WBF      (1u << 27)
#define G_QIE      (1u << 26)
#define G_KEEP     0x96ffffffu
#define RTADDR_TTM ((u64)3 << 10) /* 0: legacy mode */
#define CCMD_ICC   ((u64)1 << 63)
#define CCMD_ALL   ((u64)1 << 61)
#define IOTLB_IVT  ((u64)1 << 63)
#define IOTLB_ALL  ((u64)1 << 60)
#define IOTLB_DRAIN ((u64)3 << 48)
#define FECTL_IM   (1u << 31)
#define PMEN_EPM   (1u << 31)
#define PMEN_PRS   (1u << 0)

/* Legacy root and context entries, second-stage entries (9.1, 9.3, 9.8). */
#define ENTRY_P         1u
#define CONTEXT_PASS    (2u << 2)
#define CONTEXT_HI(aw)  ((u64)1 << 8 | (aw)) /* domain 1: 0 may be reserved (CAP.CM) */
#define AW_39           1u
#define AW_48           2u
#define PAGE_RW         3u
#define PAGE_LARGE      ((u64)1 << 7)
#define TABLE_ENTRIES   512

struct unit {
	volatile u8 *regs;
	volatile u8 *iotlb;
	u64 cap, ecap;
};

static u32 status(const struct unit *u) { return mmio_read32(u->regs + VTD_GSTS); }

/* One command at a time; it is done when GSTS shows `want` in `mask` (11.4.4.1). */
static bool command(const struct unit *u, u32 clear, u32 set, u32 mask, u32 want)
{
	mmio_write32(u->regs + VTD_GCMD, (status(u) & G_KEEP & ~clear) | set);
	return WAIT_FOR((status(u) & mask) == want, IOMMU_WAIT_US);
}

static bool translation_off(const struct unit *u) { return command(u, G_TE, 0, G_TE, 0); }

/* 11.4.17: memory that firmware closed to DMA until the kernel had tables. */
static bool protection_off(const struct unit *u)
{
	volatile u8 *pmen = u->regs + VTD_PMEN;

	if (!(mmio_read32(pmen) & PMEN_PRS))
		return true;
	mmio_write32(pmen, mmio_read32(pmen) & ~PMEN_EPM);
	return WAIT_FOR(!(mmio_read32(pmen) & PMEN_PRS), IOMMU_WAIT_US);
}

/* 6.5.2: not before it has done what it was given; but a queue that is stuck stays so. While it is on,
 * the registers must not be used to invalidate. */
static bool queue_off(const struct unit *u)
{
	if (!(status(u) & G_QIE))
		return true;
	(void)WAIT_FOR(mmio_read64(u->regs + VTD_IQH) == mmio_read64(u->regs + VTD_IQT),
		       IOMMU_WAIT_US);
	return command(u, G_QIE, 0, G_QIE, 0);
}

/* The tables are read from memory, and those of a unit that is said to need it leave a buffer first. */
static bool tables_flush(const struct unit *u, const u64 *page)
{
	for (unsigned int i = 0; !(u->ecap & ECAP_C) && i < PAGE_SIZE; i += 64)
		clflush((const u8 *)page + i);
	dma_mb();
	return !(u->cap & CAP_RWBF) || command(u, 0, G_WBF, G_WBF, 0);
}

static u64 *table_make(void)
{
	u64 *t = iommu_page_take();

	if (t)
		memset(t, 0, PAGE_SIZE);
	return t;
}

/* Identity in 1 GiB pages, the first 512 GiB, for a unit that passes nothing through untranslated. */
static u64 identity_make(const struct unit *u, u32 aw)
{
	u64 *top = table_make(), *low = top;

	if (!top || !(u->cap & CAP_1G_PAGES))
		return 0;
	if (aw == AW_48) {
		low = table_make();
		if (!low)
			return 0;
		top[0] = (u64)low | PAGE_RW;
	}
	for (u64 i = 0; i < TABLE_ENTRIES; i++)
		low[i] = i * GIB | PAGE_LARGE | PAGE_RW;
	if (!tables_flush(u, low) || !tables_flush(u, top))
		return 0;
	return (u64)top;
}

/* The lower half of a context entry, and the address width that belongs to it; 0: the unit can neither. */
static u64 passage(const struct unit *u, u32 *aw)
{
	u64 widths = CAP_SAGAW(u->cap), table;

	if (u->ecap & ECAP_PT) { /* 9.3: the largest width there is */
		*aw = 31u - (u32)__builtin_clz((u32)widths | 1);
		return ENTRY_P | CONTEXT_PASS;
	}
	*aw = (widths & 1u << AW_39) ? AW_39 : AW_48;
	if (!(widths & 1u << *aw))
		return 0;
	table = identity_make(u, *aw);
	return table ? table | ENTRY_P : 0;
}

/* Root and context tables in which only the IDs of the device are present. NULL: not possible. */
static u64 *root_make(const struct unit *u, const struct iommu_source *s)
{
	u64 *root = table_make(), low;
	u32 aw;

	low = root ? passage(u, &aw) : 0;
	if (!low)
		return NULL;
	for (unsigned int i = 0; i < s->n; i++) {
		u64 *entry = &root[2 * (s->id[i] >> 8)];
		u64 *context = (u64 *)(*entry & ~PAGE_MASK);

		if (!context)
			context = table_make();
		if (!context)
			return NULL;
		context[2 * (s->id[i] & 255)] = low;
		context[2 * (s->id[i] & 255) + 1] = CONTEXT_HI(aw);
		*entry = (u64)context | ENTRY_P;
		if (!tables_flush(u, context))
			return NULL;
	}
	return tables_flush(u, root) ? root : NULL;
}

/* 6.5.1: first the context cache, then what was looked up through it. */
static bool invalidate(const struct unit *u)
{
	volatile u8 *ccmd = u->regs + VTD_CCMD;

	if (u->cap & CAP_ESRTPS)
		return true;
	if (VER_MAJOR(mmio_read32(u->regs + VTD_VER)) >= VER_NO_INVALIDATE)
		return false;
	mmio_write64_whole(ccmd, CCMD_ICC | CCMD_ALL);
	if (!WAIT_FOR(!(mmio_read64(ccmd) & CCMD_ICC), IOMMU_WAIT_US))
		return false;
	mmio_write64_whole(u->iotlb, IOTLB_IVT | IOTLB_ALL | IOTLB_DRAIN);
	return WAIT_FOR(!(mmio_read64(u->iotlb) & IOTLB_IVT), IOMMU_WAIT_US);
}

static bool is_legacy(const struct unit *u)
{
	return !(mmio_read64(u->regs + VTD_RTADDR) & RTADDR_TTM);
}

/* Translation stays on while the tables change, so that no device's DMA ever lands on physical addresses
 * that were meant as others. Only a unit in scalable mode must be off in between (11.4.5: its mode may not
 * change while it translates). */
static bool tables_change(const struct unit *u, const struct iommu_source *s)
{
	bool legacy = is_legacy(u);
	u64 *root = root_make(u, s);

	if (!root || !queue_off(u) || (!legacy && !translation_off(u)))
		return false;
	mmio_write64_whole(u->regs + VTD_RTADDR, (u64)root);
	return command(u, 0, G_SRTP, G_SRTP, G_SRTP) && invalidate(u) &&
	       (legacy || command(u, 0, G_TE, G_TE, G_TE)) && protection_off(u);
}

/* As iommu_map(). */
static int unit_open(struct unit *u, pa_t at)
{
	int there = iommu_map("VT-d", at, VTD_BYTES, &u->regs);

	if (there <= 0)
		return there;
	u->cap = mmio_read64(u->regs + VTD_CAP);
	u->ecap = mmio_read64(u->regs + VTD_ECAP);
	u->iotlb = map_mmio(at + ECAP_IRO(u->ecap), 2 * VTD_IOTLB);
	if (!u->iotlb)
		return -EIO;
	u->iotlb += VTD_IOTLB;
	return 1;
}

int vtd_allow(const struct iommu_source *s)
{
	struct unit u;
	char name[16];
	bool was_legacy;
	int there;
	pa_t at;

	if (!dmar_find(s->at, &at))
		return 0;
	there = unit_open(&u, at);
	if (there <= 0)
		return there;
	pci_name(s->at, name);
	mmio_write32(u.regs + VTD_FECTL, FECTL_IM);
	if (!(status(&u) & G_TE)) {
		log_debug("iommu: VT-d at 0x%llx is off", at);
		return protection_off(&u) ? 0 : -EIO;
	}
	was_legacy = is_legacy(&u);
	if (tables_change(&u, s)) {
		log_info("iommu: VT-d at 0x%llx was on%s: now only %s passes, %s", at,
			 was_legacy ? "" : " in scalable mode", name,
			 u.ecap & ECAP_PT ? "untranslated" : "with the first 512 GiB mapped as they are");
		return 0;
	}
	if (translation_off(&u) && protection_off(&u)) {
		log_info("iommu: VT-d at 0x%llx takes no tables of ours: off, every device passes",
			 at);
		return 0;
	}
	log_info("iommu: VT-d at 0x%llx stays on, status 0x%x: %s is cut off", at, status(&u),
		 name);
	return -EIO;
}
