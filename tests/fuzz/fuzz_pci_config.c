/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Functions whose configuration space is the input: found, quiesced, sized, woken, reset. What is not for us to
 * change is as it was. Input: flags, then for each function: place, class and header, writable bits of its BARs, and
 * what differs from a plain function. */
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "drivers/iommu/iommu.h"
#include "drivers/iommu/unit.h"
#include "drivers/pci/pci.h"
#include "drivers/pci/config.h"
#include "fake/pci.h"
#include "map.h"

#define FUNCS 4u

extern unsigned long long fake_step_us;

static struct func *func[FUNCS], before[FUNCS];
static unsigned int n;

static void expect(bool ok)
{
	if (!ok)
		abort();
}

/* Pieces of configuration space: where, how much, what. */
static void overlay(struct func *f, struct bytes *in)
{
	for (unsigned int pieces = bytes_u8(in) % 32; pieces-- && !in->bad;) {
		u32 at = bytes_le16(in) % sizeof(f->cfg), len = bytes_u8(in) % 64;
		const u8 *p;

		len = MIN(len, (u32)sizeof(f->cfg) - at);
		p = bytes_take(in, len);
		if (p)
			memcpy(f->cfg + at, p, len);
	}
}

static void machine(struct bytes *in)
{
	u8 flags = bytes_u8(in);

	machine_reset();
	no_ports = flags & 15; /* all 256 buses are looked at through ports: rarely */
	mcfg_add(flags & 16 ? bytes_le64(in) : ECAM_BASE, 0, 0, 1);
	ram_end = flags & 32 ? ECAM_BASE + PAGE_SIZE : 0;
	for (n = 0; n < FUNCS && bytes_left(in);) {
		u8 at = bytes_u8(in), header = bytes_u8(in);
		struct func *f = func_add(0, at >> 7, (u8)(n << 2 | (at >> 3 & 3)), at & 7, 0x1041, bytes_le16(in), header & 0x83);

		f->stubborn = header & 4;
		f->devsta = header & 8 ? 0x4a : 0;
		f->pending_reads = header >> 4 & 7;
		for (unsigned int i = 0; i < 6; i++)
			f->bar_mask[i] = bytes_le32(in) & ~15u;
		overlay(f, in);
		func[n++] = f;
	}
}

static void remember(void)
{
	for (unsigned int i = 0; i < n; i++)
		before[i] = *func[i];
}

static int seen;
static int visit(const struct pci_func *f, void *ctx)
{
	(void)ctx;
	expect(f->at.bus < 2 && f->at.dev < 32 && f->at.fn < 8 && !(f->header_type & 0x80));
	seen++;
	return 0;
}

/* Bus mastering, the enable bits of MSI and MSI-X: off; nothing is turned on, and nothing else in the header is
 * touched. */
static void check_quiesced(void)
{
	for (unsigned int i = 0; i < n; i++) {
		if (!memcmp(before[i].cfg, func[i]->cfg, sizeof(before[i].cfg)))
			continue;
		for (u32 at = 0; at < sizeof(before[i].cfg); at++) {
			u8 was = before[i].cfg[at], is = func[i]->cfg[at];

			if (func[i]->devsta && at == func[i]->devsta)
				was |= PCI_EXP_DEVSTA_TRPND; /* so it read, and a capability may claim to lie there */
			expect(is == was || func[i]->stubborn || (is & ~was) == 0);
			expect(is == was || at == PCI_COMMAND || at >= PCI_STD_HEADER_SIZEOF);
		}
	}
}

static void forbid(pa_t pa, u64 len)
{
	expect(len && pa + len - 1 >= pa);
}

/* Sizing leaves everything as it was, moves no BAR that decodes, and bridges and displays alone. */
static void check_sized(void)
{
	for (unsigned int i = 0; i < n; i++) {
		expect(!memcmp(before[i].cfg, func[i]->cfg, sizeof(before[i].cfg)));
		expect(!func[i]->decode_lost);
		expect(!func[i]->sized || !pci_left_alone(func[i]->cfg[PCI_CLASS_DEVICE + 1]));
	}
}

/* The IOMMUs themselves are fuzz_iommu_regs.c's; here is under which IDs they are told to know a function: its own
 * first, and none twice. */
int vtd_allow(const struct iommu_source *s)
{
	expect(s->n && s->n <= IOMMU_IDS && s->id[0] == pci_id(s->at));
	for (unsigned int i = 0; i < s->n; i++)
		for (unsigned int k = 0; k < i; k++)
			expect(s->id[i] != s->id[k]);
	return 0;
}
int amdvi_allow(const struct iommu_source *s) { return (void)s, 0; }
int viommu_allow(const struct iommu_source *s) { return (void)s, 0; }
void viommu_init(void) {}
void *map_mmio(pa_t pa, u64 len) { return (void)pa, (void)len, NULL; }

static void each(struct func *f)
{
	pa_t base;
	u64 size;
	u8 at = 0;
	char name[16];

	for (unsigned int i = 0; i < 8; i++)
		expect(pci_bar(f->at, i, &base, &size) || (base && size && (size & (size - 1)) == 0));
	for (unsigned int i = 0; i < 64; i++) { /* "a caller's loop ends" */
		u8 next = pci_find_cap(f->at, PCI_CAP_ID_VNDR, at ? at + 1 : 0);

		expect(!next || (next > at && next >= PCI_STD_HEADER_SIZEOF));
		at = next;
		if (!at)
			break;
	}
	expect(!at);
	at = 0;
	expect(pci_find_ext_cap(f->at, PCI_EXT_CAP_ID_SRIOV) <= PCI_CFG_SPACE_EXP_SIZE - 4);
	expect(!iommu_allow(f->at));
	pci_wake(f->at);
	expect(f->stubborn || pci_read32(f->at, PCI_VENDOR_ID) == ~0u || !(f->cfg[PCI_COMMAND] & PCI_COMMAND_MASTER));
	(void)pci_reset(f->at);
	pci_bus_master(f->at, true);
	pci_name(f->at, name);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct bytes in = bytes_of(data, size);

	fake_step_us = 20000; /* 100 ms for what is pending are five looks */
	machine(&in);
	pci_init();
	seen = 0;
	pci_walk(visit, NULL);
	expect(seen <= (int)n);
	remember();
	pci_quiesce();
	check_quiesced();
	remember();
	pci_forbid_bars(forbid);
	check_sized();
	for (unsigned int i = 0; i < n; i++)
		each(func[i]);
	return 0;
}
