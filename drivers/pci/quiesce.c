/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Making the machine hold still: bus mastering off everywhere (contract "Quiescing"), and the
 * device address space that must never be read as RAM. */
#include "drivers/pci/pci.h"

#include "clock.h"
#include "log.h"
#include "drivers/pci/config.h"

#define PENDING_WAIT (100 * MS)

#define LAPIC_BASE    0xfee00000 /* SDM 3A, 11.4.1; also where MSI writes go */
#define LAPIC_BYTES   4096
#define IO_APIC_BASE  0xfec00000
#define IO_APIC_BYTES 4096

#define WINDOWS_MAX 64

struct quiesce {
	int (*visit)(const struct pci_func *f, void *ctx);
	unsigned int quiesced, stubborn, pending;
};

/* Windows of bridges: a BAR below one needs neither an entry of its own nor sizing. */
static struct window {
	pa_t base;
	u64 len;
} windows[WINDOWS_MAX];
static unsigned int n_windows;

static void (*forbid)(pa_t pa, u64 len);

/* An AMD IOMMU is a function too, and reads its tables; drivers/iommu/amd.c sees to it. */
static bool is_iommu(const struct pci_func *f)
{
	return f->class == PCI_BASE_CLASS_SYSTEM && f->subclass == PCI_SUBCLASS_IOMMU;
}

static int quiesce_function(const struct pci_func *f, void *ctx)
{
	struct quiesce *q = ctx;

	pci_irqs_off(f->at);
	pci_bus_master(f->at, false);
	u16 command = pci_read16(f->at, PCI_COMMAND);
	if (command & PCI_COMMAND_MASTER) {
		char name[16];

		pci_name(f->at, name);
		log_info("pci: %s keeps bus mastering on, command 0x%04x", name, command);
		q->stubborn++;
	} else {
		q->quiesced++;
	}
	return 0;
}

/* PCI Express Base 5.0, 7.5.3.5: a request of this function is still unanswered. */
static int count_pending(const struct pci_func *f, void *ctx)
{
	struct quiesce *q = ctx;
	u8 cap = pci_find_cap(f->at, PCI_CAP_ID_EXP, 0);

	if (cap && (pci_read16(f->at, cap + PCI_EXP_DEVSTA) & PCI_EXP_DEVSTA_TRPND))
		q->pending++;
	return 0;
}

/* A virtual function goes on when its physical one has lost its bus mastering: it has a bit of its own
 * (PCI Express Base 5.0, 9.3.4.1.3). Clearing VF Enable instead would cut off what is under way, and
 * its capability could not be read for a second after (9.3.3.3.1). */
static int visit_with_virtual(const struct pci_func *f, void *ctx)
{
	struct quiesce *q = ctx;

	if (pci_left_alone(f->class) || is_iommu(f))
		return 0;
	q->visit(f, q);
	return pci_walk_vfs(f, q->visit, q);
}

static unsigned int still_pending(struct quiesce *q)
{
	q->pending = 0;
	q->visit = count_pending;
	pci_walk(visit_with_virtual, q);
	return q->pending;
}

void pci_quiesce(void)
{
	struct quiesce q = { .visit = quiesce_function };
	u64 start = clock_us();

	pci_walk(visit_with_virtual, &q);
	(void)WAIT_FOR(!still_pending(&q), PENDING_WAIT);
	log_info("pci: quiesced %u functions in %llu ms, %u kept bus mastering, %u with "
		 "transactions pending",
		 q.quiesced, (unsigned long long)((clock_us() - start) / MS), q.stubborn,
		 q.pending);
}

/* A BAR or window that decodes nothing may hold any address, that of RAM too. */
static bool decodes_memory(const struct pci_func *f)
{
	return pci_read16(f->at, PCI_COMMAND) & PCI_COMMAND_MEMORY;
}

static bool in_window(pa_t base, u64 len)
{
	for (unsigned int i = 0; i < n_windows; i++)
		if (base >= windows[i].base && base - windows[i].base < windows[i].len &&
		    len <= windows[i].len - (base - windows[i].base))
			return true;
	return false;
}

static void forbid_window(pa_t base, pa_t last)
{
	if (!base || last < base || in_window(base, last - base + 1))
		return;
	forbid(base, last - base + 1);
	if (n_windows < ARRAY_SIZE(windows))
		windows[n_windows++] = (struct window){ base, last - base + 1 };
}

/* PCI-to-PCI Bridge Architecture 1.2, 3.2.5.6-3.2.5.10: limits are inclusive, in units of 1 MiB. */
static int forbid_bridge(const struct pci_func *f, void *ctx)
{
	(void)ctx;
	if (f->header_type != PCI_HEADER_TYPE_BRIDGE || !decodes_memory(f))
		return 0;
	u32 memory = pci_read32(f->at, PCI_MEMORY_BASE);
	u32 pref = pci_read32(f->at, PCI_PREF_MEMORY_BASE);
	u64 base = (pref & PCI_PREF_RANGE_MASK & 0xffffu) << 16;
	u64 last = (pref & 0xfff00000u) | 0xfffff;

	forbid_window((memory & PCI_MEMORY_RANGE_MASK & 0xffffu) << 16,
		      (memory & 0xfff00000u) | 0xfffff);
	if ((pref & PCI_PREF_RANGE_TYPE_MASK) == PCI_PREF_RANGE_TYPE_64) {
		base |= (u64)pci_read32(f->at, PCI_PREF_BASE_UPPER32) << 32;
		last |= (u64)pci_read32(f->at, PCI_PREF_LIMIT_UPPER32) << 32;
	}
	forbid_window(base, last);
	return 0;
}

static int forbid_function(const struct pci_func *f, void *ctx)
{
	(void)ctx;
	if (!decodes_memory(f))
		return 0;
	for (unsigned int n = 0; n < 6; n++) {
		u32 low = pci_read32(f->at, (u16)(PCI_BASE_ADDRESS_0 + 4 * n));
		pa_t base;
		u64 size;

		if (f->header_type == PCI_HEADER_TYPE_BRIDGE && n == 2)
			break;
		if (low & PCI_BASE_ADDRESS_SPACE_IO)
			continue;
		bool wide = (low & PCI_BASE_ADDRESS_MEM_TYPE_MASK) == PCI_BASE_ADDRESS_MEM_TYPE_64;
		base = low & PCI_BASE_ADDRESS_MEM_MASK & 0xffffffffu;
		if (wide && n < 5)
			base |= (u64)pci_read32(f->at, (u16)(PCI_BASE_ADDRESS_0 + 4 * n + 4)) << 32;
		if (!in_window(base, 1) && !pci_bar(f->at, n, &base, &size))
			forbid(base, size);
		n += wide;
	}
	return 0;
}

void pci_forbid_bars(void (*forbid_registers)(pa_t pa, u64 len))
{
	const struct pci_buses *r;

	forbid = forbid_registers;
	n_windows = 0;
	forbid(LAPIC_BASE, LAPIC_BYTES);
	forbid(IO_APIC_BASE, IO_APIC_BYTES);
	for (unsigned int i = 0; (r = pci_bus_range(i)); i++)
		if (r->ecam)
			forbid(r->ecam + ((u64)r->first << 20),
			       ((u64)r->last - r->first + 1) << 20);
	pci_walk(forbid_bridge, NULL);
	pci_walk(forbid_function, NULL);
}
