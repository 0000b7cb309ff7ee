/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A fake machine behind ports 0xcf8/0xcfc and an ECAM window: walk, capabilities, BARs, quiescing.
 */
#include "test.h"

#include <linux/pci_regs.h>

#include "base.h"
#include <arch/io.h>
#include "drivers/acpi.h"
#include "drivers/pci.h"
#include "dump/oldmem.h"
#include "map.h"

#define FUNCS     16
#define ECAM_BASE 0xb0000000ull

static struct func {
	struct pci_addr at;
	bool present;
	u8 cfg[4096];
	u32 bar_mask[6];            /* writable bits */
	unsigned int pending_reads; /* DEVSTA says pending that often */
	u8 devsta;
	bool stubborn; /* keeps its bus mastering */
	bool decode_lost, sized;
} funcs[FUNCS];
static unsigned int n_funcs;
static u32 config_address;
static bool no_ports;
static u8 mcfg[44 + 16 * 20];
static u32 mcfg_len;
static struct {
	u64 pa, len;
} forbidden[32];
static unsigned int n_forbidden;

static struct func *find(u16 segment, u8 bus, u8 dev, u8 fn)
{
	for (unsigned int i = 0; i < n_funcs; i++) {
		struct pci_addr a = funcs[i].at;
		if (a.segment == segment && a.bus == bus && a.dev == dev && a.fn == fn)
			return &funcs[i];
	}
	return NULL;
}

static struct func *add(u16 segment, u8 bus, u8 dev, u8 fn, u16 id, u16 class, u8 header)
{
	struct func *f = &funcs[n_funcs++];

	memset(f, 0, sizeof(*f));
	f->at = (struct pci_addr){ segment, bus, dev, fn };
	f->cfg[0] = 0xf4;
	f->cfg[1] = 0x1a;
	memcpy(f->cfg + 2, &id, 2);
	f->cfg[PCI_CLASS_DEVICE] = (u8) class;
	f->cfg[PCI_CLASS_DEVICE + 1] = (u8)(class >> 8);
	f->cfg[PCI_HEADER_TYPE] = header;
	f->cfg[PCI_COMMAND] = PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;
	return f;
}

static void machine_reset(void)
{
	n_funcs = n_forbidden = 0;
	mcfg_len = 0;
	no_ports = false;
	config_address = 0;
}

static void put32(u8 *p, u32 v)
{
	memcpy(p, &v, 4);
}
static u32 cfg32(struct func *f, unsigned int reg)
{
	u32 v;
	memcpy(&v, f->cfg + reg, 4);
	return v;
}

static u32 cfg_read(struct func *f, unsigned int reg, unsigned int n)
{
	u32 v = 0;

	if (!f)
		return n == 4 ? ~0u : (1u << 8 * n) - 1;
	if (f->devsta && reg == f->devsta && f->pending_reads) {
		f->pending_reads--;
		return PCI_EXP_DEVSTA_TRPND;
	}
	memcpy(&v, f->cfg + reg, n);
	return v;
}

static void cfg_write(struct func *f, unsigned int reg, unsigned int n, u32 v)
{
	if (!f)
		return;
	if (reg >= PCI_BASE_ADDRESS_0 && reg < PCI_BASE_ADDRESS_0 + 24 && n == 4) {
		unsigned int bar = (reg - PCI_BASE_ADDRESS_0) / 4;
		u32 fixed = cfg32(f, reg) & ~f->bar_mask[bar];

		f->sized = true;
		if (cfg32(f, PCI_COMMAND) & PCI_COMMAND_MEMORY)
			f->decode_lost = true; /* moved a BAR while it was decoding */
		put32(f->cfg + reg, (v & f->bar_mask[bar]) | fixed);
		return;
	}
	if (reg == PCI_COMMAND && f->stubborn)
		v |= PCI_COMMAND_MASTER;
	memcpy(f->cfg + reg, &v, n);
}

static struct func *by_port(void)
{
	return find(0, (config_address >> 16) & 0xff, (config_address >> 11) & 31,
		    (config_address >> 8) & 7);
}

static u32 port_in(u16 port, unsigned int n)
{
	if (no_ports)
		return ~0u;
	if (port == 0xcf8)
		return config_address;
	return cfg_read(by_port(), (config_address & 0xfc) + (port & 3), n);
}

static void port_out(u16 port, unsigned int n, u32 v)
{
	if (no_ports)
		return;
	if (port == 0xcf8)
		config_address = v;
	else
		cfg_write(by_port(), (config_address & 0xfc) + (port & 3), n, v);
}

u8 inb(u16 p)
{
	return (u8)port_in(p, 1);
}
u16 inw(u16 p)
{
	return (u16)port_in(p, 2);
}
u32 inl(u16 p)
{
	return port_in(p, 4);
}
void outb(u16 p, u8 v)
{
	port_out(p, 1, v);
}
void outw(u16 p, u16 v)
{
	port_out(p, 2, v);
}
void outl(u16 p, u32 v)
{
	port_out(p, 4, v);
}

/* ECAM: the window hands out fake addresses that say which register is meant. */
static u8 window[4096];
static struct func *in_window;

void *map_mmio_window(pa_t page)
{
	u64 off = page - ECAM_BASE;
	u16 segment = (u16)(off >> 28);

	in_window = find(segment, (off >> 20) & 0xff, (off >> 15) & 31, (off >> 12) & 7);
	return window;
}

static unsigned int reg_of(const volatile void *p)
{
	return (unsigned int)((const volatile u8 *)p - window);
}
u8 mmio_read8(const volatile void *p)
{
	return (u8)cfg_read(in_window, reg_of(p), 1);
}
u16 mmio_read16(const volatile void *p)
{
	return (u16)cfg_read(in_window, reg_of(p), 2);
}
u32 mmio_read32(const volatile void *p)
{
	return cfg_read(in_window, reg_of(p), 4);
}
void mmio_write8(volatile void *p, u8 v)
{
	cfg_write(in_window, reg_of(p), 1, v);
}
void mmio_write16(volatile void *p, u16 v)
{
	cfg_write(in_window, reg_of(p), 2, v);
}
void mmio_write32(volatile void *p, u32 v)
{
	cfg_write(in_window, reg_of(p), 4, v);
}

bool map_addressable(pa_t pa, u64 len)
{
	return pa < 1ull << 47 && len <= (1ull << 47) - pa;
}

unsigned int peek(void *dst, pa_t pa, u64 len)
{
	memcpy(dst, mcfg + pa, len);
	return 0;
}

int acpi_find(const char sig[4], pa_t *pa, u32 *len)
{
	if (!mcfg_len || memcmp(sig, "MCFG", 4))
		return -ENOENT;
	*pa = 0;
	*len = mcfg_len;
	return 0;
}

void oldmem_forbid(pa_t pa, u64 len)
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

static void mcfg_add(u64 base, u16 segment, u8 first, u8 last)
{
	if (!mcfg_len)
		mcfg_len = 44;
	u8 *e = mcfg + mcfg_len;
	memset(e, 0, 16);
	memcpy(e, &base, 8);
	memcpy(e + 8, &segment, 2);
	e[10] = first;
	e[11] = last;
	mcfg_len += 16;
}

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
	add(0, 0x80, 3, 0, 1, 0x0200, 0); /* under a root bus that no bridge leads to */
	add(0, 1, 0, 0, 1, 0x0200, 0);
	add(0, 0, 0, 0, 1, 0x0600, 0);
	add(0, 0, 3, 0, 1, 0x0200, 0);
	add(0, 0, 3, 2, 1, 0x0200, 0); /* a phantom: fn 0 says single function */
	add(0, 0, 31, 0, 1, 0x0601, 0x80);
	add(0, 0, 31, 2, 1, 0x0106, 0);
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
	add(0, 0, 0, 0, 1, 0x0600, 0);
	CHECK_EQ((pci_init(), pci_walk(stop_at_net, NULL)), 0);
	add(0, 0, 5, 0, 1, 0x0200, 0);
	CHECK_EQ(pci_walk(stop_at_net, NULL), 7);
}

TEST(empty_machine)
{
	machine_reset();
	pci_init();
	CHECK(!*walk());
	CHECK(test_logged("nothing found"));
	pci_quiesce();
	pci_forbid_bars();
	CHECK_EQ(n_forbidden, 2);
}

TEST(ecam_of_another_segment)
{
	machine_reset();
	add(0, 0, 0, 0, 1, 0x0600, 0);
	struct func *f = add(1, 2, 4, 0, 0x1041, 0x0200, 0);
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
	put32(funcs[0].cfg + 0x100, 0x0001000b);
	CHECK_EQ(pci_read32(funcs[0].at, 0x100), 0x0001000b);
	CHECK_EQ(pci_read16((struct pci_addr){ 9, 0, 0, 0 }, 0), 0xffff);
}

TEST(too_many_ecam_windows)
{
	machine_reset();
	add(0, 0, 0, 0, 1, 0x0600, 0);
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
	add(0, 0, 1, 0, 0x1041, 0x0200, 0);
	mcfg_add(ECAM_BASE, 0, 0, 255);
	pci_init();
	CHECK(!strcmp(walk(), "0000:00:01.0 "));
	CHECK_EQ(pci_read16(funcs[0].at, PCI_DEVICE_ID), 0x1041);
}

static struct func *with_caps(const u8 *list, unsigned int n)
{
	struct func *f;

	machine_reset();
	f = add(0, 0, 1, 0, 1, 0x0200, 0);
	f->cfg[PCI_STATUS] = PCI_STATUS_CAP_LIST;
	f->cfg[PCI_CAPABILITY_LIST] = list[0];
	for (unsigned int i = 0; i < n; i++)
		f->cfg[list[i] + 1] = i + 1 < n ? list[i + 1] : 0;
	pci_init();
	return f;
}

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

static void set_bar(struct func *f, unsigned int n, u32 v, u32 mask)
{
	put32(f->cfg + PCI_BASE_ADDRESS_0 + 4 * n, v);
	f->bar_mask[n] = mask;
}

TEST(bars)
{
	pa_t base;
	u64 size;

	machine_reset();
	struct func *f = add(0, 0, 3, 0, 1, 0x0200, 0);
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
	struct func *f = add(0, 0, 3, 0, 1, 0x0200, 0);
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
	struct func *f = add(0, 0, 1, 0, 1, 0x0300, 0);
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

TEST(quiesce)
{
	machine_reset();
	struct func *bridge = add(0, 0, 1, 0, 1, 0x0604, 1);
	struct func *f = add(0, 1, 0, 0, 1, 0x0200, 0);
	struct func *slow = add(0, 1, 1, 0, 1, 0x0108, 0);
	struct func *bad = add(0, 1, 2, 0, 1, 0x0c03, 0);

	f->cfg[PCI_STATUS] = PCI_STATUS_CAP_LIST;
	f->cfg[PCI_CAPABILITY_LIST] = 0x40;
	f->cfg[0x40] = PCI_CAP_ID_MSI;
	f->cfg[0x41] = 0x60;
	f->cfg[0x42] = 0x81;
	f->cfg[0x60] = PCI_CAP_ID_MSIX;
	f->cfg[0x63] = 0x80;
	slow->cfg[PCI_STATUS] = PCI_STATUS_CAP_LIST;
	slow->cfg[PCI_CAPABILITY_LIST] = 0x80;
	slow->cfg[0x80] = PCI_CAP_ID_EXP;
	slow->devsta = 0x80 + PCI_EXP_DEVSTA;
	slow->pending_reads = 5;
	bad->stubborn = true;
	pci_init();
	pci_quiesce();
	CHECK(bridge->cfg[PCI_COMMAND] & PCI_COMMAND_MASTER);
	CHECK(!(f->cfg[PCI_COMMAND] & PCI_COMMAND_MASTER));
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

TEST(forbidden_addresses)
{
	machine_reset();
	struct func *bridge = add(0, 0, 1, 0, 1, 0x0604, 1);
	struct func *below = add(0, 1, 0, 0, 1, 0x0200, 0);
	struct func *root = add(0, 0, 2, 0, 1, 0x0106, 0);
	struct func *off = add(0, 0, 3, 0, 1, 0x0106, 0);
	struct func *closed = add(0, 0, 4, 0, 1, 0x0604, 1);

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
	pci_forbid_bars();
	CHECK(is_forbidden(0xfee00000, 4096));
	CHECK(is_forbidden(0xfec00000, 4096));
	CHECK(is_forbidden(ECAM_BASE, 256 << 20));
	CHECK(is_forbidden(0xfe800000, 0x200000));
	CHECK(is_forbidden(0x800000000, 0x200000));
	CHECK(is_forbidden(0xfebf0000, 4096));
	CHECK_EQ(n_forbidden, 6);
	CHECK(!below->sized && !off->sized && root->sized && !root->decode_lost);
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
