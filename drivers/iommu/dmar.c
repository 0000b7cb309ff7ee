/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ACPI DMAR: which VT-d unit a device is behind (Intel VT-d 4.1, chapter 8). */
#include "drivers/iommu/unit.h"

#include "bytes.h"
#include "drivers/acpi/acpi.h"
#include "map.h"

#define DMAR_HEADER 48 /* 8.1 */

/* A remapping structure's and a device scope's first bytes (8.3, 8.3.1). */
#define DRHD             0
#define DRHD_BYTES       16
#define DRHD_FLAGS       4
#define DRHD_SEGMENT     6
#define DRHD_REGISTERS   8
#define DRHD_INCLUDE_ALL 1u
#define SCOPE_BYTES      6
#define SCOPE_START_BUS  5
#define SCOPE_ENDPOINT   1
#define SCOPE_BRIDGE     2
#define PATH_STEPS_MAX   16 /* the length is a byte: 124 would fit, and no machine is that deep */

/* Follow a scope's path, bridge by bridge, as the secondary buses are numbered now. */
static bool walk_path(struct pci_addr *at, struct bytes path)
{
	for (unsigned int i = 0; i < PATH_STEPS_MAX; i++) {
		at->dev = bytes_u8(&path) & 31;
		at->fn = bytes_u8(&path) & 7;
		if (path.bad)
			return false;
		if (bytes_left(&path) < 2)
			return true;
		at->bus = pci_read8(*at, PCI_SECONDARY_BUS);
	}
	return false;
}

static bool scope_covers(const u8 *scope, u8 len, struct pci_addr at)
{
	struct pci_addr end = { .segment = at.segment, .bus = scope[SCOPE_START_BUS] };

	if ((scope[0] != SCOPE_ENDPOINT && scope[0] != SCOPE_BRIDGE) ||
	    !walk_path(&end, bytes_of(scope + SCOPE_BYTES, len - SCOPE_BYTES)))
		return false;
	if (pci_id(end) == pci_id(at))
		return true;
	if (scope[0] == SCOPE_ENDPOINT)
		return false;
	return at.bus >= pci_read8(end, PCI_SECONDARY_BUS) &&
	       at.bus <= pci_read8(end, PCI_SUBORDINATE_BUS);
}

/* Is the device in one of the scopes at [pa, pa+len)? */
static bool scopes_cover(pa_t pa, u32 len, struct pci_addr at)
{
	u8 scope[255];

	while (len >= SCOPE_BYTES) {
		if (peek(scope, pa, SCOPE_BYTES) || scope[1] < SCOPE_BYTES || scope[1] > len ||
		    peek(scope, pa, scope[1]))
			return false;
		if (scope_covers(scope, scope[1], at))
			return true;
		pa += scope[1];
		len -= scope[1];
	}
	return false;
}

/* 8.4: a unit that includes all devices of a segment has those that no other unit of it names. */
bool dmar_find(struct pci_addr at, pa_t *regs)
{
	bool found = false;
	u32 len, n, off;
	pa_t pa;

	if (acpi_find("DMAR", &pa, &len))
		return false;
	for (off = DMAR_HEADER; off < len && len - off >= DRHD_BYTES; off += n) {
		u8 d[DRHD_BYTES];

		if (peek(d, pa + off, sizeof(d)))
			return found;
		n = get_le16(d + 2);
		if (n < 4 || n > len - off)
			return found;
		if (get_le16(d) != DRHD || n < DRHD_BYTES ||
		    get_le16(d + DRHD_SEGMENT) != at.segment)
			continue;
		if (scopes_cover(pa + off + DRHD_BYTES, n - DRHD_BYTES, at)) {
			*regs = get_le64(d + DRHD_REGISTERS);
			return true;
		}
		if (d[DRHD_FLAGS] & DRHD_INCLUDE_ALL) {
			*regs = get_le64(d + DRHD_REGISTERS);
			found = true;
		}
	}
	return found;
}
