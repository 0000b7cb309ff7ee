/* SPDX-License-Identifier: GPL-2.0-or-later */
/* VT-d: a unit that translates by a dead kernel's tables, in all the states that one may be left in, and
 * units that do not do as they are told. */
#include "unit/test.h"

#include <arch/cpu.h>
#include <arch/io.h>

#include "drivers/iommu/unit.h"
#include "map.h"

#define UNIT_AT   0xfed90000ull
#define UNIT_LEN  0x1000u
#define IRO       0x0f0u /* in units of 16: the IOTLB registers at 0xf00 */
#define OLD_ROOT  0x1234000ull

#define GSTS_TE  (1u << 31)
#define GSTS_RTP (1u << 30)
#define GSTS_WBF (1u << 27)
#define GSTS_QIE (1u << 26)
#define GSTS_IRE (1u << 25)
#define CAP_39   ((u64)2 << 8)
#define CAP_48   ((u64)4 << 8)
#define CAP_1G   ((u64)1 << 35)
#define CAP_RWBF ((u64)1 << 4)
#define ESRTPS   ((u64)1 << 63)
#define ECAP_PT  ((u64)1 << 6)
#define ECAP_C   ((u64)1 << 0)

static struct {
	u64 cap, ecap, rtaddr, iqh, iqt, ccmd, iotlb;
	u32 ver, gsts, fectl, pmen;
	/* how it misbehaves */
	bool absent, no_invalidate, te_stuck, srtp_stuck;
	/* what happened */
	u64 root; /* in force */
	unsigned int flushed_lines, contexts_forgotten, tlb_forgotten, commands, te_off, buffers_written;
	bool wrong; /* something that the specification forbids */
} hw;

static u64 page[IOMMU_PAGES][512] ALIGNED(4096);
static unsigned int taken;

u64 *iommu_page_take(void) { return taken < IOMMU_PAGES ? page[taken++] : NULL; }

bool dmar_find(struct pci_addr at, pa_t *regs)
{
	(void)at;
	*regs = UNIT_AT;
	return !hw.absent;
}

void *map_mmio(pa_t pa, u64 len)
{
	return pa >= UNIT_AT && pa + len <= UNIT_AT + UNIT_LEN ? (void *)pa : NULL;
}

int iommu_map(const char *kind, pa_t at, u64 len, volatile u8 **regs)
{
	(void)kind;
	*regs = map_mmio(at, len);
	return 1;
}

void pci_name(struct pci_addr a, char out[16]) { snprintf(out, 16, "%02x:%02x.%x", a.bus, a.dev, a.fn); }

void clflush(const void *p)
{
	(void)p;
	hw.flushed_lines++;
}

static unsigned int reg(const volatile void *p) { return (unsigned int)((pa_t)p - UNIT_AT); }

u32 mmio_read32(const volatile void *p)
{
	switch (reg(p)) {
	case 0x00:
		return hw.ver;
	case 0x1c:
		return hw.gsts;
	case 0x38:
		return hw.fectl;
	case 0x64:
		return hw.pmen;
	}
	hw.wrong = true;
	return 0;
}

u64 mmio_read64(const volatile void *p)
{
	switch (reg(p)) {
	case 0x08:
		return hw.cap;
	case 0x10:
		return hw.ecap;
	case 0x20:
		return hw.rtaddr;
	case 0x28:
		return hw.ccmd;
	case 0x80:
		return hw.iqh < hw.iqt ? hw.iqh++ : hw.iqh;
	case 0x88:
		return hw.iqt;
	case IRO * 16 + 8:
		return hw.iotlb;
	}
	hw.wrong = true;
	return 0;
}

static void global_command(u32 v)
{
	u32 changed = (v ^ hw.gsts) & (GSTS_TE | GSTS_QIE | GSTS_IRE);

	hw.commands++;
	hw.wrong |= changed & (changed - 1);                     /* one at a time */
	hw.wrong |= (v & (GSTS_RTP | GSTS_WBF)) && changed;
	hw.wrong |= changed & GSTS_IRE;                          /* none of our business */
	hw.buffers_written += !!(v & GSTS_WBF);
	if ((v & GSTS_RTP) && !hw.srtp_stuck) {
		hw.root = hw.rtaddr;
		hw.gsts |= GSTS_RTP;
		hw.wrong |= hw.gsts & GSTS_TE && hw.rtaddr & 0xc00;
	} else if (v & GSTS_RTP) {
		hw.gsts &= ~GSTS_RTP;
	}
	if ((changed & GSTS_TE) && !(hw.te_stuck && !(v & GSTS_TE))) {
		hw.te_off += !(v & GSTS_TE);
		hw.gsts ^= GSTS_TE;
	}
	if (changed & GSTS_QIE) {
		hw.wrong |= hw.iqh != hw.iqt;
		hw.gsts ^= GSTS_QIE;
	}
}

void mmio_write32(volatile void *p, u32 v)
{
	switch (reg(p)) {
	case 0x18:
		global_command(v);
		break;
	case 0x38:
		hw.fectl = v;
		break;
	case 0x64:
		hw.pmen = v >> 31 ? v | 1 : v & ~1u;
		break;
	default:
		hw.wrong = true;
	}
}

void mmio_write64_whole(volatile void *p, u64 v)
{
	switch (reg(p)) {
	case 0x20:
		/* the mode may not change under translation (11.4.5) */
		hw.wrong |= (hw.gsts & GSTS_TE) && ((v ^ hw.rtaddr) & 0xc00);
		hw.rtaddr = v;
		break;
	case 0x28:
		hw.wrong |= hw.gsts & GSTS_QIE;
		hw.contexts_forgotten += v >> 61 == 5;
		hw.ccmd = hw.no_invalidate ? v : v & ~((u64)1 << 63);
		break;
	case IRO * 16 + 8:
		hw.wrong |= (hw.gsts & GSTS_QIE) || !hw.contexts_forgotten;
		hw.tlb_forgotten += v >> 60 == 9;
		hw.iotlb = v & ~((u64)1 << 63);
		break;
	default:
		hw.wrong = true;
	}
}

/* As Linux leaves it: translating, with a queue and interrupt remapping. */
static void left_on(void)
{
	memset(&hw, 0, sizeof(hw));
	memset(page, 0xa5, sizeof(page)); /* what they held stays */
	hw.ver = 0x10;
	hw.cap = CAP_39 | CAP_48 | CAP_1G;
	hw.ecap = ECAP_PT | ECAP_C | (u64)IRO << 8;
	hw.gsts = GSTS_TE | GSTS_RTP | GSTS_QIE | GSTS_IRE;
	hw.root = hw.rtaddr = OLD_ROOT;
	hw.pmen = 0x80000001;
	hw.iqt = 3; /* one of its commands is still to be done */
	taken = 0;
	test_log_clear();
}

static int allow(unsigned int n, u16 first, u16 second)
{
	struct iommu_source s = { .at = { .bus = 0, .dev = 31, .fn = 2 }, .n = n, .id = { first, second } };

	return vtd_allow(&s);
}

/* The context entry that the unit finds for an ID. */
static const u64 *context(u16 id)
{
	static const u64 none[2];
	const u64 *root = (const u64 *)hw.root, *table;

	if (!(root[2 * (id >> 8)] & 1))
		return none;
	table = (const u64 *)(root[2 * (id >> 8)] & ~0xfffull);
	return &table[2 * (id & 255)];
}

static unsigned int present(void)
{
	unsigned int n = 0;

	for (u32 id = 0; id < 0x10000; id++)
		n += context((u16)id)[0] & 1;
	return n;
}

TEST(only_the_device_passes)
{
	left_on();
	CHECK_EQ(allow(1, 0xfa, 0), 0);
	CHECK(!hw.wrong && hw.root == (u64)page[0]);
	CHECK_EQ(context(0xfa)[0], 1 | 2 << 2);
	CHECK_EQ(context(0xfa)[1], 1 << 8 | 2); /* a domain, 48 bits */
	CHECK_EQ(present(), 1);
	CHECK_EQ(hw.gsts, GSTS_TE | GSTS_RTP | GSTS_IRE);
	CHECK(!hw.te_off && hw.contexts_forgotten == 1 && hw.tlb_forgotten == 1);
	CHECK_EQ(hw.fectl, 1u << 31);
	CHECK(!hw.flushed_lines && !hw.buffers_written && !hw.pmen);
	CHECK(test_logged("only 00:1f.2 passes, untranslated"));
	taken = 0; /* the next device, in its turn */
	CHECK_EQ(allow(2, 0x328, 0x300), 0);
	CHECK(!hw.wrong && context(0x328)[0] && context(0x300)[0]);
	CHECK_EQ(present(), 2);
}

TEST(ids_on_several_buses)
{
	left_on();
	CHECK_EQ(allow(2, 0x328, 0xf0), 0);
	CHECK(!hw.wrong && context(0x328)[0] && context(0xf0)[0]);
	CHECK_EQ(present(), 2);
}

TEST(off_already)
{
	left_on();
	hw.gsts = 0;
	CHECK_EQ(allow(1, 0xfa, 0), 0);
	CHECK(!hw.commands && !hw.pmen && !hw.wrong);
	left_on();
	hw.absent = true;
	CHECK_EQ(allow(1, 0xfa, 0), 0);
	CHECK(!hw.commands);
	left_on();
	hw.ecap |= (u64)0x3ff << 8; /* its IOTLB registers where there are none */
	CHECK_EQ(allow(1, 0xfa, 0), -EIO);
	CHECK(!hw.commands);
}

TEST(tables_that_are_not_snooped)
{
	left_on();
	hw.ecap &= ~ECAP_C;
	hw.cap |= CAP_RWBF;
	CHECK_EQ(allow(1, 0xfa, 0), 0);
	CHECK_EQ(hw.flushed_lines, 2 * 64);
	CHECK(!hw.wrong && hw.buffers_written);
}

TEST(identity_where_nothing_passes_untranslated)
{
	const u64 *table;

	left_on();
	hw.ecap &= ~ECAP_PT;
	CHECK_EQ(allow(1, 0xfa, 0), 0);
	CHECK_EQ(context(0xfa)[1], 1 << 8 | 1); /* 39 bits: three levels */
	CHECK_EQ(context(0xfa)[0] & 0xfff, 1);
	table = (const u64 *)(context(0xfa)[0] & ~0xfffull);
	for (u64 i = 0; i < 512; i++)
		CHECK_EQ(table[i], i << 30 | 0x83);
	left_on();
	hw.ecap &= ~ECAP_PT;
	hw.cap &= ~CAP_39;
	CHECK_EQ(allow(1, 0xfa, 0), 0);
	CHECK_EQ(context(0xfa)[1], 1 << 8 | 2);
	table = (const u64 *)(context(0xfa)[0] & ~0xfffull);
	CHECK(table[0] & 1 && !table[1] && !table[511]);
	table = (const u64 *)(table[0] & ~0xfffull);
	CHECK_EQ(table[511], 511ull << 30 | 0x83);
	CHECK(!hw.wrong && present() == 1);
}

TEST(scalable_mode)
{
	left_on();
	hw.root = hw.rtaddr = OLD_ROOT | 1 << 10;
	CHECK_EQ(allow(1, 0xfa, 0), 0);
	CHECK(!hw.wrong && hw.te_off == 1 && (hw.gsts & GSTS_TE));
	CHECK_EQ(present(), 1);
	CHECK(test_logged("in scalable mode"));
}

TEST(invalidates_by_itself)
{
	left_on();
	hw.ver = 0x60;
	hw.cap |= ESRTPS;
	CHECK_EQ(allow(1, 0xfa, 0), 0);
	CHECK(!hw.wrong && !hw.contexts_forgotten && !hw.te_off);
}

/* No own tables: then it is off, and that is said. */
static bool turned_off(void)
{
	return !allow(2, 0xfa, 0x100) && !(hw.gsts & GSTS_TE) && !hw.wrong &&
	       test_logged("off, every device passes");
}

TEST(turned_off)
{
	left_on();
	hw.ecap &= ~ECAP_PT;
	hw.cap &= ~CAP_1G;
	CHECK(turned_off());
	left_on();
	hw.ecap &= ~ECAP_PT;
	hw.cap = CAP_1G | (u64)1 << 8; /* a width that nobody has */
	CHECK(turned_off());
	left_on();
	hw.ecap &= ~ECAP_PT;
	hw.cap &= ~CAP_39; /* root, context, two levels: no page for a second bus */
	CHECK(turned_off());
	left_on();
	hw.no_invalidate = true;
	CHECK(turned_off());
	left_on();
	hw.ver = 0x60;
	CHECK(turned_off());
	left_on();
	hw.srtp_stuck = true;
	CHECK(turned_off());
}

TEST(cannot_be_tamed)
{
	left_on();
	hw.no_invalidate = hw.te_stuck = true;
	fake_now_us = 0;
	CHECK_EQ(allow(1, 0xfa, 0), -EIO);
	CHECK(test_logged("00:1f.2 is cut off"));
	CHECK(fake_now_us < 5000000);
}
