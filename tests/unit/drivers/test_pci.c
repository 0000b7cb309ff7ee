/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Configuration space by ports and ECAM, and the walk over all functions. */
#include "unit/test.h"

#include "fake/pci.h"

static char seen[256];

static int note(const struct pci_func *f, void *ctx)
{
	char name[16];

	(void)ctx;
	pci_name(f->at, name);
	strcat(seen, name);
	strcat(seen, " ");
	return 0;
}

static const char *walk(void)
{
	seen[0] = '\0';
	pci_walk(note, NULL);
	return seen;
}

TEST(walk_in_order_and_multi_function)
{
	machine_reset();
	func_add(0, 0x80, 3, 0, 1, 0x0200, 0); /* under a root bus that no bridge leads to */
	func_add(0, 1, 0, 0, 1, 0x0200, 0);
	func_add(0, 0, 0, 0, 1, 0x0600, 0);
	func_add(0, 0, 3, 0, 1, 0x0200, 0);
	func_add(0, 0, 3, 2, 1, 0x0200, 0); /* a phantom: fn 0 says single function */
	func_add(0, 0, 31, 0, 1, 0x0601, 0x80);
	func_add(0, 0, 31, 2, 1, 0x0106, 0);
	pci_init();
	CHECK(!strcmp(
	    walk(),
	    "0000:00:00.0 0000:00:03.0 0000:00:1f.0 0000:00:1f.2 0000:01:00.0 0000:80:03.0 "));
}

static int stop_at_net(const struct pci_func *f, void *ctx)
{
	(void)ctx;
	return f->class == 2 ? 7 : 0;
}

TEST(walk_stops)
{
	machine_reset();
	func_add(0, 0, 0, 0, 1, 0x0600, 0);
	CHECK_EQ((pci_init(), pci_walk(stop_at_net, NULL)), 0);
	func_add(0, 0, 5, 0, 1, 0x0200, 0);
	CHECK_EQ(pci_walk(stop_at_net, NULL), 7);
}

TEST(empty_machine)
{
	machine_reset();
	pci_init();
	CHECK(!*walk());
	CHECK(test_logged("nothing found"));
}

TEST(ecam_of_another_segment)
{
	machine_reset();
	struct func *host = func_add(0, 0, 0, 0, 1, 0x0600, 0);
	struct func *f = func_add(1, 2, 4, 0, 0x1041, 0x0200, 0);
	mcfg_add(ECAM_BASE, 0, 0, 255);
	mcfg_add(ECAM_BASE + (1ull << 28), 1, 0, 15);
	mcfg_add(ECAM_BASE + (1ull << 28), 1, 10, 20); /* overlaps the one before */
	mcfg_add(0, 2, 0, 255);                        /* nowhere */
	mcfg_add(ECAM_BASE, 3, 9, 3);                  /* backwards */
	mcfg_add(~0ull - 0xfff, 4, 0, 255);            /* wraps */
	pci_init();
	CHECK(test_logged("segment 1 buses 10-20"));
	CHECK(test_logged("segment 2 buses 0-255"));
	CHECK(test_logged("segment 3 buses 9-3"));
	CHECK(test_logged("segment 4 buses 0-255"));
	CHECK(!strcmp(walk(), "0000:00:00.0 0001:02:04.0 "));
	put32(f->cfg + 0x100, 0x12345678);
	CHECK_EQ(pci_read32(f->at, 0x100), 0x12345678);
	pci_write16(f->at, 0x102, 0xabcd);
	CHECK_EQ(pci_read32(f->at, 0x100), 0xabcd5678u);
	/* extended space of segment 0 goes through ECAM too, beyond any window there is nothing */
	put32(host->cfg + 0x100, 0x0001000b);
	CHECK_EQ(pci_read32(host->at, 0x100), 0x0001000b);
	CHECK_EQ(pci_read16((struct pci_addr){ 9, 0, 0, 0 }, 0), 0xffff);
}

/* A damaged MCFG: what is "written to configuration space" there would land in old RAM. */
TEST(ecam_inside_ram)
{
	machine_reset();
	struct func *host = func_add(0, 0, 0, 0, 1, 0x0600, 0);
	struct func *lost = func_add(1, 0, 0, 0, 1, 0x0200, 0);

	ram_start = ECAM_BASE + (271ull << 20); /* the last bus of segment 1's window */
	ram_end = ram_start + MIB;
	mcfg_add(ECAM_BASE, 0, 0, 255);
	mcfg_add(ECAM_BASE + (1ull << 28), 1, 0, 15);
	pci_init();
	CHECK(test_logged("MCFG entry ignored: segment 1 buses 0-15 at 0xc0000000"));
	CHECK(!strcmp(walk(), "0000:00:00.0 "));
	pci_write16(lost->at, PCI_COMMAND, 0);
	pci_write32(lost->at, 0x100, 1);
	CHECK_EQ(cfg32(lost, PCI_COMMAND) & 0xffff, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	CHECK_EQ(cfg32(lost, 0x100), 0);
	pci_write32(host->at, 0x100, 1);
	CHECK_EQ(cfg32(host, 0x100), 1);
}

TEST(too_many_ecam_windows)
{
	machine_reset();
	func_add(0, 0, 0, 0, 1, 0x0600, 0);
	for (u16 i = 0; i < 20; i++)
		mcfg_add(ECAM_BASE + ((u64)(i + 1) << 28), i + 1, 0, 1);
	pci_init();
	CHECK(test_logged("left out"));
	CHECK(!strcmp(walk(), "0000:00:00.0 "));
}

TEST(no_ports_at_all)
{
	machine_reset();
	no_ports = true;
	struct func *f = func_add(0, 0, 1, 0, 0x1041, 0x0200, 0);
	mcfg_add(ECAM_BASE, 0, 0, 255);
	pci_init();
	CHECK(!strcmp(walk(), "0000:00:01.0 "));
	CHECK_EQ(pci_read16(f->at, PCI_DEVICE_ID), 0x1041);
}

