/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One PCI function: capabilities, BARs, power state, bus mastering (PCI Local Bus 3.0, PCI Power
 * Management 1.2). */
#include "drivers/pci/pci.h"

#include "clock.h"
#include "log.h"
#include "map.h"
#include "drivers/pci/config.h"

#define CAP_STEPS       48 /* (256 - 64) / 4: more capabilities do not fit */
#define EXT_CAPS_MAX    ((PCI_CFG_SPACE_EXP_SIZE - PCI_CFG_SPACE_SIZE) / 8)
#define UNSIZED_BAR_MAX (1 * GIB)
#define FLR_US          (100 * MS)

struct state {
	u32 header[12]; /* from PCI_BASE_ADDRESS_0 to the end of the standard header */
	u16 command, devctl;
	u8 exp; /* where the PCI Express capability is, 0: none */
};

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

u16 pci_find_ext_cap(struct pci_addr a, u16 id)
{
	u16 pos = PCI_CFG_SPACE_SIZE;

	if (!pci_find_cap(a, PCI_CAP_ID_EXP, 0))
		return 0;
	for (unsigned int i = 0; i < EXT_CAPS_MAX && pos >= PCI_CFG_SPACE_SIZE; i++) {
		u32 header = pci_read32(a, pos);

		if (!header || header == ~0u)
			return 0;
		if (PCI_EXT_CAP_ID(header) == id)
			return pos;
		pos = PCI_EXT_CAP_NEXT(header);
	}
	return 0;
}

static u32 probe_bar(struct pci_addr a, u16 reg)
{
	u32 old = pci_read32(a, reg);

	pci_write32(a, reg, ~0u);
	u32 mask = pci_read32(a, reg);
	pci_write32(a, reg, old);
	if (pci_read32(a, reg) != old)
		log_info("pci: %02x:%02x.%x register 0x%x holds 0x%x instead of 0x%x after sizing",
			 a.bus, a.dev, a.fn, reg, pci_read32(a, reg), old);
	return mask;
}

int pci_bar(struct pci_addr a, unsigned int n, pa_t *base, u64 *size)
{
	u8 class = pci_read8(a, PCI_CLASS_DEVICE + 1);
	u8 header = pci_read8(a, PCI_HEADER_TYPE) & 0x7f;
	unsigned int bars = header == PCI_HEADER_TYPE_NORMAL   ? 6
			    : header == PCI_HEADER_TYPE_BRIDGE ? 2
							       : 0;

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

/* What a reset of the function takes away and the old kernel had set up: BARs and, of a bridge, bus
 * numbers and windows; the payload size that the port above counts on. */
static void state_save(struct pci_addr a, struct state *s)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(s->header); i++)
		s->header[i] = pci_read32(a, PCI_BASE_ADDRESS_0 + 4 * i);
	s->command = pci_read16(a, PCI_COMMAND);
	s->exp = pci_find_cap(a, PCI_CAP_ID_EXP, 0);
	s->devctl = s->exp ? pci_read16(a, s->exp + PCI_EXP_DEVCTL) : 0;
}

static void state_restore(struct pci_addr a, const struct state *s)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(s->header); i++)
		if (pci_read32(a, PCI_BASE_ADDRESS_0 + 4 * i) != s->header[i])
			pci_write32(a, PCI_BASE_ADDRESS_0 + 4 * i, s->header[i]);
	if (s->exp && pci_read16(a, s->exp + PCI_EXP_DEVCTL) != s->devctl)
		pci_write16(a, s->exp + PCI_EXP_DEVCTL, s->devctl);
}

/* D3hot to D0 may reset the function (PCI PM 1.2, 5.4.1: No_Soft_Reset clear). Its command register is
 * then the caller's to write. */
static bool leave_sleep(struct pci_addr a, struct state *s)
{
	u8 pm = pci_find_cap(a, PCI_CAP_ID_PM, 0);

	if (!pm)
		return false;
	u16 ctrl = pci_read16(a, pm + PCI_PM_CTRL);
	if (!(ctrl & PCI_PM_CTRL_STATE_MASK))
		return false;
	state_save(a, s);
	pci_write16(a, pm + PCI_PM_CTRL, ctrl & ~PCI_PM_CTRL_STATE_MASK);
	delay_us(10 * MS); /* PCI PM 1.2, table 5-6 */
	state_restore(a, s);
	return true;
}

int pci_wake_bridge(const struct pci_func *f, void *ctx)
{
	struct state s;
	char name[16];

	(void)ctx;
	if (f->header_type != PCI_HEADER_TYPE_BRIDGE || !leave_sleep(f->at, &s))
		return 0;
	pci_write16(f->at, PCI_COMMAND, s.command);
	pci_name(f->at, name);
	log_info("pci: bridge %s slept", name);
	return 0;
}

/* PCI Express Base 5.0, 6.6.2, and Advanced Capabilities for Conventional PCI 1.0: nobody may touch the
 * function for 100 ms. */
int pci_reset(struct pci_addr a)
{
	u8 af = pci_find_cap(a, PCI_CAP_ID_AF, 0);
	struct state s;

	state_save(a, &s);
	if (s.exp && (pci_read32(a, s.exp + PCI_EXP_DEVCAP) & PCI_EXP_DEVCAP_FLR))
		pci_write16(a, s.exp + PCI_EXP_DEVCTL, s.devctl | PCI_EXP_DEVCTL_BCR_FLR);
	else if (af && (pci_read8(a, af + PCI_AF_CAP) & PCI_AF_CAP_FLR))
		pci_write8(a, af + PCI_AF_CTRL, PCI_AF_CTRL_FLR);
	else
		return -ENODEV;
	delay_us(FLR_US);
	state_restore(a, &s);
	pci_write16(a, PCI_COMMAND, s.command);
	return 0;
}

void pci_wake(struct pci_addr a)
{
	u16 command = pci_read16(a, PCI_COMMAND);
	struct state s;

	(void)leave_sleep(a, &s);
	pci_irqs_off(a);
	pci_write16(a, PCI_COMMAND,
		    (command & ~PCI_COMMAND_MASTER) | PCI_COMMAND_MEMORY |
			PCI_COMMAND_INTX_DISABLE);
}

void pci_bus_master(struct pci_addr a, bool on)
{
	u16 command = pci_read16(a, PCI_COMMAND);

	pci_write16(a, PCI_COMMAND,
		    on ? command | PCI_COMMAND_MASTER : command & ~PCI_COMMAND_MASTER);
}

void pci_name(struct pci_addr a, char out[16])
{
	format(out, 16, "%04x:%02x:%02x.%x", a.segment, a.bus, a.dev, a.fn);
}
