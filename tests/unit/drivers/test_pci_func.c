/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One function: capabilities, BARs, power state. */
#include "unit/test.h"

#include "fake/pci.h"

TEST(capabilities)
{
	struct func *f = with_caps((const u8[]){ 0x98, 0x84, 0x70, 0x40 }, 4);

	f->cfg[0x98] = PCI_CAP_ID_MSIX;
	f->cfg[0x84] = f->cfg[0x40] = PCI_CAP_ID_VNDR;
	f->cfg[0x70] = PCI_CAP_ID_PM;
	CHECK_EQ(pci_find_cap(f->at, PCI_CAP_ID_MSIX, 0), 0x98);
	CHECK_EQ(pci_find_cap(f->at, PCI_CAP_ID_VNDR, 0), 0x40);
	CHECK_EQ(pci_find_cap(f->at, PCI_CAP_ID_VNDR, 0x41), 0x84);
	CHECK_EQ(pci_find_cap(f->at, PCI_CAP_ID_VNDR, 0x85), 0);
	CHECK_EQ(pci_find_cap(f->at, PCI_CAP_ID_EXP, 0), 0);
	f->cfg[PCI_STATUS] = 0;
	CHECK_EQ(pci_find_cap(f->at, PCI_CAP_ID_MSIX, 0), 0);
}

TEST(capability_loop)
{
	struct func *f = with_caps((const u8[]){ 0x40, 0x50 }, 2);

	f->cfg[0x51] = 0x40;
	CHECK_EQ(pci_find_cap(f->at, PCI_CAP_ID_EXP, 0), 0);
	f->cfg[0x50] = PCI_CAP_ID_EXP;
	CHECK_EQ(pci_find_cap(f->at, PCI_CAP_ID_EXP, 0), 0x50);
	CHECK_EQ(pci_find_cap(f->at, PCI_CAP_ID_EXP, 0x51), 0);
	f->cfg[0x51] = 0x10; /* into the header */
	CHECK_EQ(pci_find_cap(f->at, PCI_CAP_ID_PM, 0), 0);
	memset(f->cfg + 4, 0xff, 252); /* the device is gone */
	CHECK_EQ(pci_find_cap(f->at, PCI_CAP_ID_PM, 0), 0);
}

TEST(bars)
{
	pa_t base;
	u64 size;

	machine_reset();
	struct func *f = func_add(0, 0, 3, 0, 1, 0x0200, 0);
	set_bar(f, 0, 0xc001, 0xffffffe0);     /* I/O */
	set_bar(f, 1, 0xfebd1000, 0xfffff000); /* 4 KiB */
	set_bar(f, 2, 0xc, 0xfffc0000);        /* 64-bit, 256 KiB, prefetchable */
	set_bar(f, 3, 0x38, 0xffffffff);
	set_bar(f, 5, 0xfe000004, 0xfffff000); /* 64-bit, but no upper half */
	pci_init();
	CHECK_EQ(pci_bar(f->at, 0, &base, &size), -ENODEV);
	CHECK_EQ(pci_bar(f->at, 1, &base, &size), 0);
	CHECK_EQ(base, 0xfebd1000);
	CHECK_EQ(size, 4096);
	CHECK_EQ(pci_bar(f->at, 2, &base, &size), 0);
	CHECK_EQ(base, 0x3800000000);
	CHECK_EQ(size, 0x40000);
	CHECK_EQ(pci_bar(f->at, 4, &base, &size), -ENODEV);
	CHECK_EQ(pci_bar(f->at, 5, &base, &size), -ENODEV);
	CHECK_EQ(pci_bar(f->at, 6, &base, &size), -ENODEV);
	CHECK(!f->decode_lost);
	CHECK_EQ(cfg32(f, PCI_BASE_ADDRESS_1), 0xfebd1000);
	CHECK_EQ(cfg32(f, PCI_BASE_ADDRESS_3), 0x38);
	CHECK_EQ(cfg32(f, PCI_COMMAND) & 0xffff, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
}

TEST(bar_nonsense)
{
	pa_t base;
	u64 size;

	machine_reset();
	struct func *f = func_add(0, 0, 3, 0, 1, 0x0200, 0);
	set_bar(f, 0, 0xfebd1000, 0); /* nothing writable */
	set_bar(f, 2, ~0u, 0);
	set_bar(f, 4, 0x4, 0); /* 64 GiB and more: low half all zero */
	set_bar(f, 5, 0x40, 0xfffffff0);
	pci_init();
	CHECK_EQ(pci_bar(f->at, 0, &base, &size), 0);
	CHECK_EQ(size, 0x1000); /* no more than the address allows */
	CHECK_EQ(pci_bar(f->at, 1, &base, &size), -ENODEV);
	CHECK_EQ(pci_bar(f->at, 2, &base, &size), -ENODEV);
	CHECK_EQ(pci_bar(f->at, 4, &base, &size), 0);
	CHECK_EQ(base, 0x4000000000);
	CHECK_EQ(size, 0x1000000000);
}

TEST(displays_and_bridges_keep_decoding)
{
	pa_t base;
	u64 size;

	machine_reset();
	struct func *f = func_add(0, 0, 1, 0, 1, 0x0300, 0);
	set_bar(f, 0, 0xfd000008, 0xff000000);
	set_bar(f, 2, 0x8000000c, 0);
	pci_init();
	CHECK_EQ(pci_bar(f->at, 0, &base, &size), 0);
	CHECK_EQ(size, 0x1000000);
	CHECK_EQ(pci_bar(f->at, 2, &base, &size), 0);
	CHECK_EQ(size, 1ull << 30);
	CHECK(!f->sized);
	pci_quiesce();
	CHECK(f->cfg[PCI_COMMAND] & PCI_COMMAND_MASTER);
}

TEST(wake)
{
	struct func *f = with_caps((const u8[]){ 0x40 }, 1);

	f->cfg[0x40] = PCI_CAP_ID_PM;
	f->cfg[0x44] = 3;
	fake_now_us = 0;
	pci_wake(f->at);
	CHECK_EQ(f->cfg[0x44], 0);
	CHECK(fake_now_us >= 10000);
	CHECK_EQ(cfg32(f, PCI_COMMAND) & 0xffff, PCI_COMMAND_MEMORY | PCI_COMMAND_INTX_DISABLE);
	pci_bus_master(f->at, true);
	CHECK(f->cfg[PCI_COMMAND] & PCI_COMMAND_MASTER);
	pci_bus_master(f->at, false);
	CHECK(!(f->cfg[PCI_COMMAND] & PCI_COMMAND_MASTER));
}

/* A function that had what the old kernel set up in BAR 0 and in Device Control, and a way to be reset. */
static struct func *resettable(u16 reg, u16 mask, u16 value)
{
	struct func *f = with_caps((const u8[]){ 0x40, 0x50, 0x90 }, 3);

	f->cfg[0x40] = PCI_CAP_ID_PM;
	f->cfg[0x50] = PCI_CAP_ID_EXP;
	f->cfg[0x90] = PCI_CAP_ID_AF;
	f->cfg[0x50 + PCI_EXP_DEVCTL] = PCI_EXP_DEVCTL_PAYLOAD_256B;
	set_bar(f, 0, 0xfebd1000, 0xfffff000);
	f->reset_reg = reg;
	f->reset_mask = mask;
	f->reset_value = value;
	fake_now_us = 0;
	return f;
}

static bool is_as_before(struct func *f)
{
	return f->resets == 1 && cfg32(f, PCI_BASE_ADDRESS_0) == 0xfebd1000 && !f->decode_lost &&
	       f->cfg[0x50 + PCI_EXP_DEVCTL] == PCI_EXP_DEVCTL_PAYLOAD_256B;
}

TEST(what_waking_takes_away_comes_back)
{
	struct func *f = resettable(0x40 + PCI_PM_CTRL, PCI_PM_CTRL_STATE_MASK, 0);

	f->cfg[0x40 + PCI_PM_CTRL] = 3;
	pci_wake(f->at);
	CHECK(is_as_before(f));
	CHECK_EQ(cfg32(f, PCI_COMMAND) & 0xffff, PCI_COMMAND_MEMORY | PCI_COMMAND_INTX_DISABLE);
}

TEST(function_level_resets)
{
	struct func *f = resettable(0, 0, 0);

	CHECK_EQ(pci_reset(f->at), -ENODEV);

	f = resettable(0x50 + PCI_EXP_DEVCTL, PCI_EXP_DEVCTL_BCR_FLR, PCI_EXP_DEVCTL_BCR_FLR);
	put32(f->cfg + 0x50 + PCI_EXP_DEVCAP, PCI_EXP_DEVCAP_FLR);
	CHECK_EQ(pci_reset(f->at), 0);
	CHECK(is_as_before(f) && fake_now_us >= 100000);
	CHECK_EQ(cfg32(f, PCI_COMMAND) & 0xffff, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);

	f = resettable(0x90 + PCI_AF_CTRL, PCI_AF_CTRL_FLR, PCI_AF_CTRL_FLR);
	f->cfg[0x90 + PCI_AF_CAP] = PCI_AF_CAP_TP | PCI_AF_CAP_FLR;
	CHECK_EQ(pci_reset(f->at), 0);
	CHECK(is_as_before(f) && fake_now_us >= 100000);
}

TEST(a_bridge_that_sleeps_is_woken)
{
	struct func *b;

	machine_reset();
	b = func_add(0, 0, 1, 2, 1, 0x0604, PCI_HEADER_TYPE_BRIDGE);
	func_add(0, 0, 1, 0, 2, 0x0604, PCI_HEADER_TYPE_BRIDGE | 0x80);
	b->cfg[PCI_STATUS] = PCI_STATUS_CAP_LIST;
	b->cfg[PCI_CAPABILITY_LIST] = 0x40;
	b->cfg[0x40] = PCI_CAP_ID_PM;
	b->cfg[0x40 + PCI_PM_CTRL] = 3;
	memset(b->bar_mask, 0xff, sizeof(b->bar_mask));
	b->cfg[PCI_SECONDARY_BUS] = 5;
	b->cfg[PCI_MEMORY_BASE] = 0x10;
	b->reset_reg = 0x40 + PCI_PM_CTRL;
	b->reset_mask = PCI_PM_CTRL_STATE_MASK;
	pci_init();
	CHECK_EQ(b->resets, 1);
	CHECK(!b->cfg[0x40 + PCI_PM_CTRL] && b->cfg[PCI_SECONDARY_BUS] == 5 && b->cfg[PCI_MEMORY_BASE] == 0x10);
	CHECK_EQ(cfg32(b, PCI_COMMAND) & 0xffff, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	CHECK(test_logged("bridge 0000:00:01.2 slept"));
}
