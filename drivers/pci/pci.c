/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PCI configuration space and the walk over all functions (PCI Local Bus 3.0, PCI Express Base 5.0,
 * PCI Firmware 3.2 for MCFG). */
#include "drivers/pci/pci.h"

#include <arch/io.h>

#include "bytes.h"
#include "log.h"
#include "map.h"
#include "drivers/acpi/acpi.h"
#include "drivers/pci/config.h"

/* Configuration mechanism #1 (PCI Local Bus 3.0, 3.2.2.3.2). */
#define CONFIG_ADDRESS 0xcf8
#define CONFIG_DATA    0xcfc
#define CONFIG_ENABLE  (1u << 31)

#define DEVICES_PER_BUS      32
#define FUNCTIONS_PER_DEVICE 8

/* ACPI MCFG (PCI Firmware 3.2, 4.1.2): allocations of 16 bytes behind a 44-byte header. */
#define MCFG_HEADER_BYTES 44
#define MCFG_ENTRY_BYTES  16

static struct pci_buses ranges[PCI_BUS_RANGES];
static unsigned int n_ranges;
static bool has_ports;

static u32 config_address(struct pci_addr a, u16 reg)
{
	return CONFIG_ENABLE | (u32)a.bus << 16 | (a.dev & 31u) << 11 | (a.fn & 7u) << 8 |
	       (reg & 0xfcu);
}

/* Ports reach the first 256 bytes of segment 0 on every PC, need no mapping and cannot be sent
 * astray by a damaged MCFG, so they serve whatever they can. If they do, the register is selected.
 */
static bool select_port(struct pci_addr a, u16 reg)
{
	if (!has_ports || a.segment || reg >= PCI_CFG_SPACE_SIZE)
		return false;
	outl(CONFIG_ADDRESS, config_address(a, reg));
	return true;
}

/* ECAM (PCI Express Base 5.0, 7.2.2): 4 KiB per function. */
static volatile u8 *ecam_reg(struct pci_addr a, u16 reg)
{
	for (unsigned int i = 0; i < n_ranges; i++) {
		const struct pci_buses *r = &ranges[i];

		if (!r->ecam || r->segment != a.segment || a.bus < r->first || a.bus > r->last)
			continue;
		volatile u8 *page = map_mmio_window(r->ecam + ((u64)a.bus << 20) +
						    ((a.dev & 31u) << 15) + ((a.fn & 7u) << 12));
		return page ? page + (reg & PAGE_MASK) : NULL;
	}
	return NULL;
}

/* A register that nothing decodes reads as all ones, as on the bus. */
#define DEFINE_CONFIG(bits, in, out, lane)                                                         \
	u##bits pci_read##bits(struct pci_addr a, u16 reg)                                         \
	{                                                                                          \
		if (select_port(a, reg))                                                           \
			return in(CONFIG_DATA + (reg & (lane)));                                   \
		volatile u8 *p = ecam_reg(a, reg);                                                 \
		return p ? mmio_read##bits(p) : (u##bits) ~0u;                                     \
	}                                                                                          \
	void pci_write##bits(struct pci_addr a, u16 reg, u##bits v)                                \
	{                                                                                          \
		if (select_port(a, reg)) {                                                         \
			out(CONFIG_DATA + (reg & (lane)), v);                                      \
			return;                                                                    \
		}                                                                                  \
		volatile u8 *p = ecam_reg(a, reg);                                                 \
		if (p)                                                                             \
			mmio_write##bits(p, v);                                                    \
	}
DEFINE_CONFIG(8, inb, outb, 3)
DEFINE_CONFIG(16, inw, outw, 2)
DEFINE_CONFIG(32, inl, outl, 0)
#undef DEFINE_CONFIG

static bool function_present(struct pci_addr a, u32 *id)
{
	*id = pci_read32(a, PCI_VENDOR_ID);
	u16 vendor = (u16)*id;

	/* 0xffff0001 is "configuration request retry", not a function yet. */
	return vendor != 0 && vendor != 0xffff && *id != 0xffff0001;
}

static int visit_device(struct pci_addr a, int (*visit)(const struct pci_func *f, void *ctx),
			void *ctx)
{
	u32 id;
	unsigned int functions = 1;

	for (a.fn = 0; a.fn < functions; a.fn++) {
		if (!function_present(a, &id))
			continue;
		u32 class = pci_read32(a, PCI_CLASS_REVISION);
		u8 header = pci_read8(a, PCI_HEADER_TYPE);
		struct pci_func f = {
			.at = a,
			.vendor = (u16)id,
			.device = (u16)(id >> 16),
			.class = (u8)(class >> 24),
			.subclass = (u8)(class >> 16),
			.prog_if = (u8)(class >> 8),
			.header_type = header & 0x7f,
		};
		if (a.fn == 0 && (header & 0x80))
			functions = FUNCTIONS_PER_DEVICE;
		int ret = visit(&f, ctx);
		if (ret)
			return ret;
	}
	return 0;
}

int pci_walk(int (*visit)(const struct pci_func *f, void *ctx), void *ctx)
{
	for (unsigned int i = 0; i < n_ranges; i++) {
		for (unsigned int bus = ranges[i].first; bus <= ranges[i].last; bus++) {
			if (!(ranges[i].live[bus / 32] & 1u << bus % 32))
				continue;
			for (u8 dev = 0; dev < DEVICES_PER_BUS; dev++) {
				struct pci_addr a = { ranges[i].segment, (u8)bus, dev, 0 };
				int ret = visit_device(a, visit, ctx);
				if (ret)
					return ret;
			}
		}
	}
	return 0;
}

/* Which buses have any function. All are probed, once, rather than following bridges from bus 0:
 * further root buses (a second socket, QEMU's pxb) are under no bridge, and AML, which names them,
 * is not for us to run. */
static unsigned int find_buses(struct pci_buses *r)
{
	unsigned int n = 0;

	for (unsigned int bus = r->first; bus <= r->last; bus++) {
		struct pci_addr a = { r->segment, (u8)bus, 0, 0 };
		u32 id;

		while (a.dev < DEVICES_PER_BUS && !function_present(a, &id))
			a.dev++;
		if (a.dev == DEVICES_PER_BUS)
			continue;
		r->live[bus / 32] |= 1u << bus % 32;
		n++;
		for (a.fn = 0; a.dev < DEVICES_PER_BUS; a.dev++)
			visit_device(a, pci_wake_bridge, NULL); /* before the buses behind them */
	}
	return n;
}

static void add_ecam(pa_t base, u16 segment, u8 first, u8 last)
{
	if (n_ranges == ARRAY_SIZE(ranges)) {
		log_info("pci: segment %u buses %u-%u left out: more than %u ECAM windows", segment,
			 first, last, PCI_BUS_RANGES - 1);
		return;
	}
	u64 len = ((u64)last - first + 1) << 20;
	bool bad = !base || (base & PAGE_MASK) || first > last ||
		   base > ~(u64)0 - ((u64)256 << 20) ||
		   !map_is_device(base + ((u64)first << 20), len);
	for (unsigned int i = 0; i < n_ranges && !bad; i++)
		bad = ranges[i].ecam && ranges[i].segment == segment && first <= ranges[i].last &&
		      last >= ranges[i].first;
	if (bad) {
		log_info("pci: MCFG entry ignored: segment %u buses %u-%u at 0x%llx", segment,
			 first, last, (unsigned long long)base);
		return;
	}
	ranges[n_ranges++] =
	    (struct pci_buses){ .ecam = base, .segment = segment, .first = first, .last = last };
}

static void read_mcfg(void)
{
	pa_t pa;
	u32 len;

	if (acpi_find("MCFG", &pa, &len))
		return;
	for (u32 off = MCFG_HEADER_BYTES; off + MCFG_ENTRY_BYTES <= len; off += MCFG_ENTRY_BYTES) {
		u8 e[MCFG_ENTRY_BYTES];

		if (peek(e, pa + off, sizeof(e)))
			return;
		add_ecam(get_le64(e), get_le16(e + 8), e[10], e[11]);
	}
}

void pci_init(void)
{
	unsigned int buses = 0;

	/* The address register reads back only where mechanism #1 exists. */
	outl(CONFIG_ADDRESS, CONFIG_ENABLE);
	has_ports = inl(CONFIG_ADDRESS) == CONFIG_ENABLE;
	n_ranges = 0;
	if (has_ports)
		ranges[n_ranges++] = (struct pci_buses){ .last = 255 };
	read_mcfg();
	for (unsigned int i = 0; i < n_ranges; i++)
		if (i == 0 || !has_ports || ranges[i].segment)
			buses += find_buses(&ranges[i]);
	if (buses)
		log_debug("pci: %u buses, %u ECAM windows", buses, n_ranges - has_ports);
	else
		log_info("pci: nothing found");
}

const struct pci_buses *pci_bus_range(unsigned int i)
{
	return i < n_ranges ? &ranges[i] : NULL;
}
