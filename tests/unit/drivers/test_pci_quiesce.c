/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A machine that holds still, and the addresses that are never RAM. */
#include "unit/test.h"

#include "fake/pci.h"

static struct {
	u64 pa, len;
} forbidden[32];
static unsigned int n_forbidden;

static void forbid(pa_t pa, u64 len)
{
	forbidden[n_forbidden].pa = pa;
	forbidden[n_forbidden++].len = len;
}

static bool is_forbidden(u64 pa, u64 len)
{
	for (unsigned int i = 0; i < n_forbidden; i++)
		if (forbidden[i].pa == pa && forbidden[i].len == len)
			return true;
	return false;
}

static bool is_master(const struct func *f)
{
	return f->cfg[PCI_COMMAND] & PCI_COMMAND_MASTER;
}

/* One more capability in front of the list. */
static void cap_add(struct func *f, u8 at, u8 id)
{
	f->cfg[at] = id;
	f->cfg[at + 1] = f->cfg[PCI_CAPABILITY_LIST];
	f->cfg[PCI_CAPABILITY_LIST] = at;
	f->cfg[PCI_STATUS] = PCI_STATUS_CAP_LIST;
}

TEST(nothing_to_quiesce)
{
	machine_reset();
	n_forbidden = 0;
	pci_init();
	pci_quiesce();
	CHECK(test_logged("quiesced 0 functions"));
	pci_forbid_bars(forbid);
	CHECK_EQ(n_forbidden, 2);
}

TEST(quiesce)
{
	machine_reset();
	struct func *bridge = func_add(0, 0, 1, 0, 1, 0x0604, 1);
	struct func *iommu = func_add(0, 0, 2, 0, 1, 0x0806, 0);
	struct func *f = func_add(0, 1, 0, 0, 1, 0x0200, 0);
	struct func *slow = func_add(0, 1, 1, 0, 1, 0x0108, 0);
	struct func *bad = func_add(0, 1, 2, 0, 1, 0x0c03, 0);

	cap_add(f, 0x60, PCI_CAP_ID_MSIX);
	f->cfg[0x63] = 0x80;
	cap_add(f, 0x40, PCI_CAP_ID_MSI);
	f->cfg[0x42] = 0x81;
	cap_add(slow, 0x80, PCI_CAP_ID_EXP);
	slow->devsta = 0x80 + PCI_EXP_DEVSTA;
	slow->pending_reads = 5;
	bad->stubborn = true;
	pci_init();
	pci_quiesce();
	CHECK(is_master(bridge) && is_master(iommu));
	CHECK(!is_master(f));
	CHECK(f->cfg[PCI_COMMAND] & PCI_COMMAND_MEMORY);
	CHECK_EQ(f->cfg[0x42], 0x80);
	CHECK_EQ(f->cfg[0x63], 0);
	CHECK_EQ(slow->pending_reads, 0);
	CHECK(test_logged("0000:01:02.0 keeps bus mastering on"));
	CHECK(test_logged("quiesced 2 functions"));
	CHECK(test_logged("1 kept bus mastering, 0 with transactions pending"));
	test_log_clear();
	slow->pending_reads = ~0u;
	fake_now_us = 0;
	pci_quiesce();
	CHECK(test_logged("1 with transactions pending"));
	CHECK(fake_now_us >= 100000 && fake_now_us < 110000);
}

/* A physical function 01:00.0 with `n` of 8 virtual ones from 02:00.0 on, in steps of `stride`. */
#define SRIOV 0x140

static struct func *physical(u16 class, u16 n, u16 stride)
{
	machine_reset();
	mcfg_add(ECAM_BASE, 0, 0, 255);
	struct func *f = func_add(0, 1, 0, 0, 1, class, 0);

	cap_add(f, 0x40, PCI_CAP_ID_EXP);
	put32(f->cfg + 0x100, SRIOV << 20 | 1 << 16 | PCI_EXT_CAP_ID_ERR);
	put32(f->cfg + SRIOV, 1 << 16 | PCI_EXT_CAP_ID_SRIOV);
	put32(f->cfg + SRIOV + PCI_SRIOV_CTRL, PCI_SRIOV_CTRL_VFE | PCI_SRIOV_CTRL_MSE);
	put32(f->cfg + SRIOV + PCI_SRIOV_INITIAL_VF, 8 << 16 | 8);
	put32(f->cfg + SRIOV + PCI_SRIOV_NUM_VF, n);
	put32(f->cfg + SRIOV + PCI_SRIOV_VF_OFFSET, (u32)stride << 16 | 0x100);
	return f;
}

/* What a virtual function shows of itself (9.3.4.1): neither IDs nor decoding. */
static struct func *virtual(u8 bus, u8 dev, u8 fn)
{
	struct func *f = func_add(0, bus, dev, fn, 0xffff, 0, 0);

	f->cfg[0] = f->cfg[1] = 0xff;
	f->cfg[PCI_COMMAND] = PCI_COMMAND_MASTER;
	return f;
}

TEST(virtual_functions)
{
	struct func *pf = physical(0x0200, 3, 0x45), *vf[4];

	vf[0] = virtual(2, 0, 0);
	vf[1] = virtual(2, 8, 5);
	vf[2] = virtual(2, 17, 2);
	vf[3] = virtual(2, 25, 7); /* NumVFs is 3: nobody's */
	cap_add(vf[0], 0x60, PCI_CAP_ID_MSIX);
	vf[0]->cfg[0x63] = 0x80;
	cap_add(vf[1], 0x80, PCI_CAP_ID_EXP);
	vf[1]->devsta = 0x80 + PCI_EXP_DEVSTA;
	vf[1]->pending_reads = 3;
	vf[2]->stubborn = true;
	pci_init();
	pci_quiesce();
	CHECK(!is_master(pf) && !is_master(vf[0]) && !is_master(vf[1]));
	CHECK(is_master(vf[2]) && is_master(vf[3]));
	CHECK_EQ(vf[0]->cfg[0x63], 0);
	CHECK_EQ(vf[1]->pending_reads, 0);
	CHECK(test_logged("0000:02:11.2 keeps bus mastering on"));
	CHECK(test_logged("quiesced 3 functions"));
	CHECK(cfg32(pf, SRIOV + PCI_SRIOV_CTRL) & PCI_SRIOV_CTRL_VFE);
}

TEST(virtual_functions_that_are_not_enabled_or_not_reached)
{
	struct func *pf = physical(0x0200, 1, 0), *vf = virtual(2, 0, 0);

	pf->cfg[SRIOV + PCI_SRIOV_CTRL] = 0;
	pci_init();
	pci_quiesce();
	CHECK(is_master(vf));
	pf->cfg[SRIOV + PCI_SRIOV_CTRL] = PCI_SRIOV_CTRL_VFE;
	pci_quiesce();
	CHECK(!is_master(vf)); /* one alone needs no stride */

	pf = physical(0x0380, 1, 0); /* a display's are left alone like itself */
	vf = virtual(2, 0, 0);
	pci_init();
	pci_quiesce();
	CHECK(is_master(pf) && is_master(vf));

	pf = physical(0x0200, 1, 0);
	vf = virtual(2, 0, 0);
	ram_end = ~0ull; /* no ECAM window */
	pci_init();
	pci_quiesce();
	CHECK(!is_master(pf) && is_master(vf));
}

TEST(sriov_nonsense)
{
	struct func *pf = physical(0x0200, 0xffff, 1), *vf = virtual(2, 1, 0);

	pci_init();
	pci_quiesce();
	CHECK(is_master(vf)); /* the ninth of eight */
	CHECK(test_logged("quiesced 1 functions")); /* the other eight are not there */
	CHECK(test_logged("0 kept bus mastering"));

	pf = physical(0x0200, 8, 0);
	vf = virtual(2, 0, 0);
	pci_init();
	pci_quiesce();
	CHECK(is_master(vf)); /* eight in one place */
	test_log_clear();
	put32(pf->cfg + SRIOV + PCI_SRIOV_VF_OFFSET, 0xff000000 | 0x0100);
	pci_quiesce();
	CHECK(!is_master(vf)); /* the second would be beyond the last bus */
	CHECK(test_logged("quiesced 2 functions"));
	test_log_clear();
	put32(pf->cfg + SRIOV + PCI_SRIOV_VF_OFFSET, 0x80 << 16); /* the first in the physical one's place */
	pci_quiesce();
	CHECK(test_logged("quiesced 1 functions"));

	pf = physical(0x0200, 1, 0);
	vf = virtual(2, 0, 0);
	put32(pf->cfg + 0x100, 0x100 << 20 | 1 << 16 | PCI_EXT_CAP_ID_ERR); /* a list in a circle */
	pci_init();
	pci_quiesce();
	CHECK(is_master(vf));
}

TEST(forbidden_addresses)
{
	machine_reset();
	n_forbidden = 0;
	struct func *bridge = func_add(0, 0, 1, 0, 1, 0x0604, 1);
	struct func *below = func_add(0, 1, 0, 0, 1, 0x0200, 0);
	struct func *root = func_add(0, 0, 2, 0, 1, 0x0106, 0);
	struct func *off = func_add(0, 0, 3, 0, 1, 0x0106, 0);
	struct func *closed = func_add(0, 0, 4, 0, 1, 0x0604, 1);

	put32(bridge->cfg + PCI_MEMORY_BASE, 0xfe9ffe80);      /* 0xfe800000-0xfe9fffff */
	put32(bridge->cfg + PCI_PREF_MEMORY_BASE, 0x00110001); /* 64-bit, 0x800000000-0x8001fffff */
	bridge->cfg[PCI_PREF_BASE_UPPER32] = bridge->cfg[PCI_PREF_LIMIT_UPPER32] = 8;
	put32(closed->cfg + PCI_MEMORY_BASE, 0x0000fff0);
	put32(closed->cfg + PCI_PREF_MEMORY_BASE, 0x0000fff0);
	set_bar(below, 0, 0xfe900000, 0xfffff000);
	set_bar(root, 5, 0xfebf0000, 0xfffff000);
	set_bar(off, 0, 0x00400000, 0xfffff000);
	off->cfg[PCI_COMMAND] = 0;
	mcfg_add(ECAM_BASE, 0, 0, 255);
	pci_init();
	pci_forbid_bars(forbid);
	CHECK(is_forbidden(0xfee00000, 4096));
	CHECK(is_forbidden(0xfec00000, 4096));
	CHECK(is_forbidden(ECAM_BASE, 256 << 20));
	CHECK(is_forbidden(0xfe800000, 0x200000));
	CHECK(is_forbidden(0x800000000, 0x200000));
	CHECK(is_forbidden(0xfebf0000, 4096));
	CHECK_EQ(n_forbidden, 6);
	CHECK(!below->sized && !off->sized && root->sized && !root->decode_lost);
}

