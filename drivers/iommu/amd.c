/* SPDX-License-Identifier: GPL-2.0-or-later */
/* AMD-Vi (AMD I/O Virtualization Technology 3.08): a unit that still translates is given a device table
 * of our own, in which one device may reach memory. */
#include "drivers/iommu/unit.h"

#include <arch/io.h>
#include <string.h>

#include "clock.h"
#include "log.h"

/* Registers (3.4). */
#define AMDVI_DEVICE_TABLE 0x0000
#define AMDVI_COMMANDS     0x0008
#define AMDVI_CONTROL      0x0018
#define AMDVI_FEATURES     0x0030
#define AMDVI_HEAD         0x2000
#define AMDVI_TAIL         0x2008
#define AMDVI_BYTES        0x2010

#define CONTROL_ENABLE   ((u64)1 << 0)
#define CONTROL_EVENTS   ((u64)3 << 2) /* log and interrupt */
#define CONTROL_COMMANDS ((u64)1 << 12)
#define CONTROL_PAGE_REQ ((u64)3 << 13)
#define CONTROL_GUEST_IO ((u64)3 << 28)
#define FEATURE_INVALIDATE_ALL ((u64)1 << 6)
#define COMMANDS_256     ((u64)8 << 56) /* 4 KiB of them */

/* A device table entry (2.2.2.1). Valid and without either permission, everything is refused; all zero,
 * everything would pass. */
#define DTE_WORDS       4
#define DTE_VALID       ((u64)3 << 0) /* and its translation fields are */
#define DTE_READ_WRITE  ((u64)3 << 61)
#define DTES_PER_PAGE   (PAGE_SIZE / (DTE_WORDS * sizeof(u64)))
#define TABLE_PAGES     (IOMMU_PAGES - 1)
#define TABLE_DTES      (TABLE_PAGES * DTES_PER_PAGE)

/* Commands (2.4). */
#define COMMAND_WAIT           ((u64)1 << 60)
#define COMMAND_WAIT_STORE     ((u64)1 << 0)
#define COMMAND_INVALIDATE_ALL ((u64)8 << 60)
#define COMMAND_BYTES          16
#define DONE_WORD              510 /* of the queue's page: far behind the commands */
#define DONE                   0x646f6e65u

/* IDs under which the unit knows the device. */
struct entries {
	unsigned int n;
	u16 id[2 * IOMMU_IDS];
};

static u64 reg_read(volatile u8 *regs, u32 reg) { return mmio_read64(regs + reg); }
static void reg_write(volatile u8 *regs, u32 reg, u64 v) { mmio_write64_whole(regs + reg, v); }

/* Written, and taken. */
static bool reg_set(volatile u8 *regs, u32 reg, u64 v)
{
	reg_write(regs, reg, v);
	return reg_read(regs, reg) == v;
}

static void control_clear(volatile u8 *regs, u64 bits)
{
	reg_write(regs, AMDVI_CONTROL, reg_read(regs, AMDVI_CONTROL) & ~bits);
}

/* False: one of the IDs lies beyond the table, which is the start of all buses'. */
static bool table_fill(u64 *table, const struct entries *e)
{
	for (unsigned int i = 0; i < TABLE_DTES; i++) {
		u64 *dte = table + i * DTE_WORDS;

		dte[0] = DTE_VALID;
		dte[1] = dte[2] = dte[3] = 0;
	}
	for (unsigned int i = 0; i < e->n; i++) {
		if (e->id[i] >= TABLE_DTES)
			return false;
		table[e->id[i] * DTE_WORDS] |= DTE_READ_WRITE;
	}
	return true;
}

/* 2.4: forget all that was cached, and say when it is done. Not one command is given before the queue is
 * seen to be ours: those in the crashed kernel's may store into its memory. */
static bool forget_all(volatile u8 *regs, u64 *queue)
{
	volatile u64 *done = &queue[DONE_WORD];

	queue[0] = COMMAND_INVALIDATE_ALL;
	queue[1] = 0;
	queue[2] = COMMAND_WAIT | COMMAND_WAIT_STORE | (pa_t)done;
	queue[3] = DONE;
	*done = 0;
	dma_mb();
	if (reg_read(regs, AMDVI_CONTROL) & CONTROL_COMMANDS ||
	    !reg_set(regs, AMDVI_COMMANDS, (pa_t)queue | COMMANDS_256) ||
	    !reg_set(regs, AMDVI_HEAD, 0) || !reg_set(regs, AMDVI_TAIL, 0))
		return false;
	reg_write(regs, AMDVI_CONTROL, reg_read(regs, AMDVI_CONTROL) | CONTROL_COMMANDS);
	reg_write(regs, AMDVI_TAIL, 2 * COMMAND_BYTES);
	return WAIT_FOR(*done == DONE, IOMMU_WAIT_US);
}

/* The unit goes on translating meanwhile. Its logs are in the crashed kernel's memory: off. */
static bool table_change(volatile u8 *regs, const struct entries *e)
{
	u64 *table = NULL, *queue = iommu_page_take(), base;

	for (unsigned int i = 0; i < TABLE_PAGES; i++) {
		u64 *page = iommu_page_take();

		if (!page)
			return false;
		table = table ? table : page; /* they lie side by side */
	}
	if (!(reg_read(regs, AMDVI_FEATURES) & FEATURE_INVALIDATE_ALL) || !table_fill(table, e))
		return false;
	base = (pa_t)table | (TABLE_PAGES - 1);
	control_clear(regs, CONTROL_COMMANDS);
	control_clear(regs, CONTROL_EVENTS | CONTROL_GUEST_IO | CONTROL_PAGE_REQ);
	dma_mb();
	return reg_set(regs, AMDVI_DEVICE_TABLE, base) && forget_all(regs, queue);
}

/* In Linux's order (iommu_disable). A unit of a host with SNP ignores it. */
static bool unit_off(volatile u8 *regs)
{
	control_clear(regs, CONTROL_COMMANDS);
	control_clear(regs, CONTROL_EVENTS);
	control_clear(regs, CONTROL_GUEST_IO);
	control_clear(regs, CONTROL_PAGE_REQ);
	control_clear(regs, CONTROL_ENABLE);
	return WAIT_FOR(!(reg_read(regs, AMDVI_CONTROL) & CONTROL_ENABLE), IOMMU_WAIT_US);
}

static bool find_unit(const struct iommu_source *s, struct entries *e, pa_t *at)
{
	e->n = 0;
	for (unsigned int i = 0; i < s->n; i++) {
		u16 as;

		if (!ivrs_find(s->at.segment, s->id[i], at, &as))
			continue;
		e->id[e->n++] = s->id[i];
		e->id[e->n++] = as;
	}
	return e->n > 0;
}

int amdvi_allow(const struct iommu_source *s)
{
	struct entries e;
	volatile u8 *regs;
	char name[16];
	int there;
	pa_t at;

	if (!find_unit(s, &e, &at))
		return 0;
	there = iommu_map("AMD-Vi", at, AMDVI_BYTES, &regs);
	if (there <= 0)
		return there;
	if (!(reg_read(regs, AMDVI_CONTROL) & CONTROL_ENABLE)) {
		log_debug("iommu: AMD-Vi at 0x%llx is off", at);
		return 0;
	}
	pci_name(s->at, name);
	if (table_change(regs, &e)) {
		log_info("iommu: AMD-Vi at 0x%llx was on: now only %s passes", at, name);
		return 0;
	}
	if (unit_off(regs)) {
		log_info("iommu: AMD-Vi at 0x%llx takes no table of ours: off, every device passes", at);
		return 0;
	}
	log_info("iommu: AMD-Vi at 0x%llx stays on (locked, as for SNP?), control 0x%llx: %s is cut off",
		 at, reg_read(regs, AMDVI_CONTROL), name);
	return -EIO;
}
