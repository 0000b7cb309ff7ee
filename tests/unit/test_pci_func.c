/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One function: capabilities, BARs, power state. */
#include "test.h"

#include "fake_pci.h"

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
