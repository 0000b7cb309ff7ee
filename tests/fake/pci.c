/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A fake machine behind ports 0xcf8/0xcfc and an ECAM window. */
#include "fake/pci.h"

#include <string.h>

#include <arch/io.h>
#include "drivers/acpi/acpi.h"
#include "map.h"

#define FUNCS       16
#define MCFG_HEADER 44

bool no_ports;
pa_t ram_start, ram_end;

static struct func funcs[FUNCS];
static u64 place[FUNCS]; /* their addresses: asked for at every access */
static unsigned int n_funcs;
static u32 config_address;
static u8 mcfg[MCFG_HEADER + 16 * 20];
static u32 mcfg_len;

static u64 place_of(u16 segment, u8 bus, u8 dev, u8 fn) { return (u64)segment << 24 | bus << 16 | dev << 8 | fn; }

static struct func *find(u16 segment, u8 bus, u8 dev, u8 fn)
{
	u64 wanted = place_of(segment, bus, dev, fn);

	for (unsigned int i = 0; i < n_funcs; i++)
		if (place[i] == wanted)
			return &funcs[i];
	return NULL;
}

struct func *func_add(u16 segment, u8 bus, u8 dev, u8 fn, u16 id, u16 class, u8 header)
{
	struct func *f = &funcs[n_funcs];

	place[n_funcs++] = place_of(segment, bus, dev, fn);
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

void machine_reset(void)
{
	n_funcs = 0;
	mcfg_len = 0;
	ram_start = ram_end = 0;
	no_ports = false;
	config_address = 0;
}

void put32(u8 *p, u32 v)
{
	memcpy(p, &v, 4);
}
u32 cfg32(struct func *f, unsigned int reg)
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
	if (f->reset_reg && reg == f->reset_reg && (v & f->reset_mask) == f->reset_value) {
		f->resets++;
		memset(f->cfg + PCI_COMMAND, 0, 2);
		for (unsigned int at = PCI_BASE_ADDRESS_0; at < PCI_STD_HEADER_SIZEOF; at++)
			f->cfg[at] = at == PCI_CAPABILITY_LIST ? f->cfg[at] : 0;
		v &= ~(u32)PCI_EXP_DEVCTL_BCR_FLR;
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

bool map_is_device(pa_t pa, u64 len)
{
	return map_addressable(pa, len) && (pa >= ram_end || pa + len <= ram_start);
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

void mcfg_add(u64 base, u16 segment, u8 first, u8 last)
{
	if (!mcfg_len)
		mcfg_len = MCFG_HEADER;
	u8 *e = mcfg + mcfg_len;
	memset(e, 0, 16);
	memcpy(e, &base, 8);
	memcpy(e + 8, &segment, 2);
	e[10] = first;
	e[11] = last;
	mcfg_len += 16;
}

struct func *with_caps(const u8 *list, unsigned int n)
{
	struct func *f;

	machine_reset();
	f = func_add(0, 0, 1, 0, 1, 0x0200, 0);
	f->cfg[PCI_STATUS] = PCI_STATUS_CAP_LIST;
	f->cfg[PCI_CAPABILITY_LIST] = list[0];
	for (unsigned int i = 0; i < n; i++)
		f->cfg[list[i] + 1] = i + 1 < n ? list[i + 1] : 0;
	pci_init();
	return f;
}

void set_bar(struct func *f, unsigned int n, u32 v, u32 mask)
{
	put32(f->cfg + PCI_BASE_ADDRESS_0 + 4 * n, v);
	f->bar_mask[n] = mask;
}
