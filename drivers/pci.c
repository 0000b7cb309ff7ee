/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PCI configuration space, the walk over all functions, capabilities, BARs (PCI Local Bus 3.0,
 * PCI Express Base 5.0, PCI Firmware 3.2 for MCFG). */
#include "drivers/pci.h"

#include <arch/io.h>

#include "bytes.h"
#include "clock.h"
#include "log.h"
#include "map.h"
#include "drivers/acpi.h"
#include "drivers/pci_config.h"

/* Configuration mechanism #1 (PCI Local Bus 3.0, 3.2.2.3.2). */
#define CONFIG_ADDRESS 0xcf8
#define CONFIG_DATA    0xcfc
#define CONFIG_ENABLE  (1u << 31)

#define DEVICES_PER_BUS 32
#define FUNCTIONS_PER_DEVICE 8
#define CAP_STEPS 48 /* (256 - 64) / 4: more capabilities do not fit */
#define UNSIZED_BAR_MAX (1 * GIB)

/* ACPI MCFG (PCI Firmware 3.2, 4.1.2): allocations of 16 bytes behind a 44-byte header. */
#define MCFG_HEADER_BYTES 44
#define MCFG_ENTRY_BYTES  16

static struct pci_buses ranges[PCI_BUS_RANGES];
static unsigned int n_ranges;
static bool has_ports;

static u32 config_address(struct pci_addr a, u16 reg)
{
	return CONFIG_ENABLE | (u32)a.bus << 16 | (a.dev & 31u) << 11 | (a.fn & 7u) << 8 | (reg & 0xfcu);
}

/* Ports reach the first 256 bytes of segment 0 on every PC, need no mapping and cannot be sent
 * astray by a damaged MCFG, so they serve whatever they can. If they do, the register is selected. */
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
		return p ? mmio_read##bits(p) : (u##bits)~0u;                                      \
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

static int visit_device(struct pci_addr a, int (*visit)(const struct pci_func *f, void *ctx), void *ctx)
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
 * further root buses (a second socket, QEMU's pxb) are under no bridge, and AML, which names them, is
 * not for us to run. */
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
	}
	return n;
}

static void add_ecam(pa_t base, u16 segment, u8 first, u8 last)
{
	if (n_ranges == ARRAY_SIZE(ranges)) {
		log_info("pci: segment %u buses %u-%u left out: more than %u ECAM windows", segment, first,
			 last, PCI_BUS_RANGES - 1);
		return;
	}
	u64 len = ((u64)last - first + 1) << 20;
	bool bad = !base || (base & PAGE_MASK) || first > last || base > ~(u64)0 - ((u64)256 << 20) ||
		   !map_addressable(base + ((u64)first << 20), len);
	for (unsigned int i = 0; i < n_ranges && !bad; i++)
		bad = ranges[i].ecam && ranges[i].segment == segment && first <= ranges[i].last &&
		      last >= ranges[i].first;
	if (bad) {
		log_info("pci: MCFG entry ignored: segment %u buses %u-%u at 0x%llx", segment, first, last,
			 (unsigned long long)base);
		return;
	}
	ranges[n_ranges++] = (struct pci_buses){
		.ecam = base, .segment = segment, .first = first, .last = last
	};
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

u8 pci_find_cap(struct pci_addr a, u8 id, u8 from)
{
	u8 header = pci_read8(a, PCI_HEADER_TYPE) & 0x7f;
	u8 pos = header == PCI_HEADER_TYPE_CARDBUS ? PCI_CB_CAPABILITY_LIST : PCI_CAPABILITY_LIST;
	u8 found = 0;

	if (!(pci_read16(a, PCI_STATUS) & PCI_STATUS_CAP_LIST))
		return 0;
	pos = pci_read8(a, pos) & ~3u;
	for (unsigned int i = 0; i < CAP_STEPS && pos >= PCI_STD_HEADER_SIZEOF; i++) {
		if (pos >= from && (!found || pos < found) && pci_read8(a, pos) == id)
			found = pos;
		pos = pci_read8(a, pos + PCI_CAP_LIST_NEXT) & ~3u;
	}
	return found;
}

static u32 probe_bar(struct pci_addr a, u16 reg)
{
	u32 old = pci_read32(a, reg);

	pci_write32(a, reg, ~0u);
	u32 mask = pci_read32(a, reg);
	pci_write32(a, reg, old);
	if (pci_read32(a, reg) != old)
		log_info("pci: %02x:%02x.%x register 0x%x holds 0x%x instead of 0x%x after sizing", a.bus, a.dev,
			 a.fn, reg, pci_read32(a, reg), old);
	return mask;
}

int pci_bar(struct pci_addr a, unsigned int n, pa_t *base, u64 *size)
{
	u8 class = pci_read8(a, PCI_CLASS_DEVICE + 1);
	u8 header = pci_read8(a, PCI_HEADER_TYPE) & 0x7f;
	unsigned int bars = header == PCI_HEADER_TYPE_NORMAL ? 6 : header == PCI_HEADER_TYPE_BRIDGE ? 2 : 0;

	if (n >= bars)
		return -ENODEV;
	u16 reg = (u16)(PCI_BASE_ADDRESS_0 + 4 * n);
	u32 low = pci_read32(a, reg);
	bool wide = (low & PCI_BASE_ADDRESS_MEM_TYPE_MASK) == PCI_BASE_ADDRESS_MEM_TYPE_64;
	if (low == ~0u || (low & PCI_BASE_ADDRESS_SPACE_IO) || (wide && n + 1 >= bars))
		return -ENODEV;
	*base = (low & PCI_BASE_ADDRESS_MEM_MASK & 0xffffffffu) |
		(wide ? (u64)pci_read32(a, reg + 4) << 32 : 0);
	if (!*base)
		return -ENODEV;
	if (pci_left_alone(class)) {
		*size = MIN(*base & -*base, (u64)UNSIZED_BAR_MAX);
		return 0;
	}
	u16 command = pci_read16(a, PCI_COMMAND);
	pci_write16(a, PCI_COMMAND, command & ~(PCI_COMMAND_MEMORY | PCI_COMMAND_IO));
	u64 mask = probe_bar(a, reg) & PCI_BASE_ADDRESS_MEM_MASK & 0xffffffffu;
	mask |= wide ? (u64)probe_bar(a, reg + 4) << 32 : ~(u64)0xffffffff;
	pci_write16(a, PCI_COMMAND, command);
	*size = mask & -mask;
	if (!(u32)mask && !wide)
		*size = 0;
	if (!*size || (*base & (*size - 1)) || !map_addressable(*base, *size))
		return -ENODEV;
	return 0;
}

void pci_irqs_off(struct pci_addr a)
{
	u8 msi = pci_find_cap(a, PCI_CAP_ID_MSI, 0);
	u8 msix = pci_find_cap(a, PCI_CAP_ID_MSIX, 0);

	if (msi)
		pci_write16(a, msi + PCI_MSI_FLAGS,
			    pci_read16(a, msi + PCI_MSI_FLAGS) & ~PCI_MSI_FLAGS_ENABLE);
	if (msix)
		pci_write16(a, msix + PCI_MSIX_FLAGS,
			    pci_read16(a, msix + PCI_MSIX_FLAGS) & ~PCI_MSIX_FLAGS_ENABLE);
}

/* D3hot to D0 may reset the function (PCI PM 1.2, 5.4.1: No_Soft_Reset clear) and with it the BARs. */
static void leave_sleep(struct pci_addr a)
{
	u8 pm = pci_find_cap(a, PCI_CAP_ID_PM, 0);
	u32 bars[6];

	if (!pm)
		return;
	u16 ctrl = pci_read16(a, pm + PCI_PM_CTRL);
	if (!(ctrl & PCI_PM_CTRL_STATE_MASK))
		return;
	for (unsigned int i = 0; i < ARRAY_SIZE(bars); i++)
		bars[i] = pci_read32(a, PCI_BASE_ADDRESS_0 + 4 * i);
	pci_write16(a, pm + PCI_PM_CTRL, ctrl & ~PCI_PM_CTRL_STATE_MASK);
	delay_us(10 * MS); /* PCI PM 1.2, table 5-6 */
	for (unsigned int i = 0; i < ARRAY_SIZE(bars); i++)
		if (pci_read32(a, PCI_BASE_ADDRESS_0 + 4 * i) != bars[i])
			pci_write32(a, PCI_BASE_ADDRESS_0 + 4 * i, bars[i]);
}

void pci_wake(struct pci_addr a)
{
	u16 command = pci_read16(a, PCI_COMMAND);

	leave_sleep(a);
	pci_irqs_off(a);
	pci_write16(a, PCI_COMMAND,
		    (command & ~PCI_COMMAND_MASTER) | PCI_COMMAND_MEMORY | PCI_COMMAND_INTX_DISABLE);
}

void pci_bus_master(struct pci_addr a, bool on)
{
	u16 command = pci_read16(a, PCI_COMMAND);

	pci_write16(a, PCI_COMMAND, on ? command | PCI_COMMAND_MASTER : command & ~PCI_COMMAND_MASTER);
}

void pci_name(struct pci_addr a, char out[16])
{
	format(out, 16, "%04x:%02x:%02x.%x", a.segment, a.bus, a.dev, a.fn);
}
