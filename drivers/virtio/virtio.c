/* SPDX-License-Identifier: GPL-2.0-or-later */
/* virtio 1.2 over PCI, 4.1: the modern interface; features, queues, start and end of a device. */
#include "drivers/virtio/virtio.h"

#include <linux/virtio_pci.h>

#include "clock.h"
#include "log.h"
#include "map.h"
#include <arch/io.h>

#define RESET_US   SEC
#define CAPS_MAX   16u /* vendor capabilities looked at; there are five kinds */
#define CAP_BYTES  16u /* struct virtio_pci_cap */
#define NO_VECTOR  VIRTIO_MSI_NO_VECTOR
#define COMMON_LEN (VIRTIO_PCI_COMMON_Q_USEDHI + 4u)
#define CONFIG_MAX 256u /* of the device-specific structure, mapped */

/* One vendor capability (4.1.4): where a structure lies. */
struct virtio_cap {
	u8 type;
	pa_t pa;
	u64 len;
};

/* False: another vendor thing, an I/O BAR, or out of the BAR's bounds; the device may offer the same
 * structure elsewhere. */
static bool cap_read(struct virtio_dev *v, u8 pos, struct virtio_cap *c)
{
	u32 off = pci_read32(v->at, pos + VIRTIO_PCI_CAP_OFFSET);
	u32 len = pci_read32(v->at, pos + VIRTIO_PCI_CAP_LENGTH);
	u8 bar = pci_read8(v->at, pos + VIRTIO_PCI_CAP_BAR);
	pa_t base;
	u64 size;

	if (pci_read8(v->at, pos + VIRTIO_PCI_CAP_LEN) < CAP_BYTES)
		return false;
	c->type = pci_read8(v->at, pos + VIRTIO_PCI_CAP_CFG_TYPE);
	if (c->type != VIRTIO_PCI_CAP_COMMON_CFG && c->type != VIRTIO_PCI_CAP_NOTIFY_CFG &&
	    c->type != VIRTIO_PCI_CAP_DEVICE_CFG)
		return false;
	if (bar > 5 || pci_bar(v->at, bar, &base, &size))
		return false;
	if (!len || off > size || len > size - off) {
		log_info("%s: capability 0x%02x: 0x%x+0x%x beyond BAR %u of 0x%llx bytes", v->name, pos,
		         off, len, bar, (unsigned long long)size);
		return false;
	}
	c->pa = base + off;
	c->len = len;
	return true;
}

static void cap_use(struct virtio_dev *v, u8 pos, const struct virtio_cap *c)
{
	if (c->type == VIRTIO_PCI_CAP_COMMON_CFG && !v->common && c->len >= COMMON_LEN) {
		v->common = map_mmio(c->pa, COMMON_LEN);
	} else if (c->type == VIRTIO_PCI_CAP_DEVICE_CFG && !v->device) {
		v->device_len = (u32)MIN(c->len, (u64)CONFIG_MAX);
		v->device = map_mmio(c->pa, v->device_len);
	} else if (c->type == VIRTIO_PCI_CAP_NOTIFY_CFG && !v->notify) {
		v->notify = c->pa;
		v->notify_len = c->len;
		v->notify_multiplier = pci_read32(v->at, pos + VIRTIO_PCI_NOTIFY_CAP_MULT);
	}
}

int virtio_open(struct virtio_dev *v, struct pci_addr at, const char *name)
{
	struct virtio_cap c;
	u8 pos = 0;

	*v = (struct virtio_dev){ .at = at, .name = name };
	pci_wake(at);
	for (unsigned int i = 0; i < CAPS_MAX; i++) {
		pos = pci_find_cap(at, PCI_CAP_ID_VNDR, pos ? pos + 1 : 0);
		if (!pos)
			break;
		if (cap_read(v, pos, &c))
			cap_use(v, pos, &c);
	}
	if (!v->common && !v->notify) {
		log_info("%s: legacy virtio only, which has no driver here", name);
		return -ENODEV;
	}
	if (!v->common || !v->notify || (v->device_len && !v->device)) {
		log_info("%s: its configuration structures cannot be used", name);
		return -EIO;
	}
	return 0;
}

u8 virtio_status(struct virtio_dev *v)
{
	return mmio_read8(v->common + VIRTIO_PCI_COMMON_STATUS);
}

static void status_add(struct virtio_dev *v, u8 bits)
{
	mmio_write8(v->common + VIRTIO_PCI_COMMON_STATUS, virtio_status(v) | bits);
}

int virtio_reset(struct virtio_dev *v)
{
	mmio_write8(v->common + VIRTIO_PCI_COMMON_STATUS, 0);
	if (WAIT_FOR(!virtio_status(v), RESET_US))
		return 0;
	if (!pci_reset(v->at)) {
		log_info("%s: function-level reset", v->name);
		if (!virtio_status(v))
			return 0;
	}
	log_info("%s: no reset in 1 s, status 0x%02x", v->name, virtio_status(v));
	return -ETIMEDOUT;
}

u64 virtio_offered(struct virtio_dev *v)
{
	u64 low;

	status_add(v, VIRTIO_CONFIG_S_ACKNOWLEDGE);
	status_add(v, VIRTIO_CONFIG_S_DRIVER);
	mmio_write32(v->common + VIRTIO_PCI_COMMON_DFSELECT, 0);
	low = mmio_read32(v->common + VIRTIO_PCI_COMMON_DF);
	mmio_write32(v->common + VIRTIO_PCI_COMMON_DFSELECT, 1);
	return low | (u64)mmio_read32(v->common + VIRTIO_PCI_COMMON_DF) << 32;
}

int virtio_agree(struct virtio_dev *v, u64 features)
{
	mmio_write32(v->common + VIRTIO_PCI_COMMON_GFSELECT, 0);
	mmio_write32(v->common + VIRTIO_PCI_COMMON_GF, (u32)features);
	mmio_write32(v->common + VIRTIO_PCI_COMMON_GFSELECT, 1);
	mmio_write32(v->common + VIRTIO_PCI_COMMON_GF, (u32)(features >> 32));
	status_add(v, VIRTIO_CONFIG_S_FEATURES_OK);
	/* 3.1.1 step 6: only its standing says that the device agrees */
	if (!(features & VIRTIO_BIT(VIRTIO_F_VERSION_1)) ||
	    !(virtio_status(v) & VIRTIO_CONFIG_S_FEATURES_OK)) {
		log_info("%s: refuses features 0x%llx, status 0x%02x", v->name,
		         (unsigned long long)features, virtio_status(v));
		return -EOPNOTSUPP;
	}
	v->features = features;
	return 0;
}

int virtio_queue(struct virtio_dev *v, struct virtq *q, u16 index, u16 max)
{
	volatile u8 *c = v->common;
	u16 size;
	u64 bell;

	mmio_write16(c + VIRTIO_PCI_COMMON_Q_SELECT, index);
	size = mmio_read16(c + VIRTIO_PCI_COMMON_Q_SIZE);
	bell = (u64)mmio_read16(c + VIRTIO_PCI_COMMON_Q_NOFF) * v->notify_multiplier;
	if (!size || (size & (size - 1)) || bell > v->notify_len || v->notify_len - bell < sizeof(u16)) {
		log_info("%s: queue %u of %u, doorbell at 0x%llx of 0x%llx", v->name, index, size,
		         (unsigned long long)bell, (unsigned long long)v->notify_len);
		return -EIO;
	}
	q->doorbell = map_mmio(v->notify + bell, sizeof(u16));
	if (!q->doorbell)
		return -EIO;
	q->index = index;
	q->size = MIN(size, max);
	q->offered = q->told = q->taken = 0;
	q->avail->flags = VRING_AVAIL_F_NO_INTERRUPT;
	mmio_write16(c + VIRTIO_PCI_COMMON_Q_SIZE, q->size);
	mmio_write16(c + VIRTIO_PCI_COMMON_Q_MSIX, NO_VECTOR);
	mmio_write64(c + VIRTIO_PCI_COMMON_Q_DESCLO, (pa_t)q->desc);
	mmio_write64(c + VIRTIO_PCI_COMMON_Q_AVAILLO, (pa_t)q->avail);
	mmio_write64(c + VIRTIO_PCI_COMMON_Q_USEDLO, (pa_t)q->used);
	mmio_write16(c + VIRTIO_PCI_COMMON_Q_ENABLE, 1);
	return 0;
}

void virtio_start(struct virtio_dev *v)
{
	pci_bus_master(v->at, true);
	status_add(v, VIRTIO_CONFIG_S_DRIVER_OK);
}

bool virtio_broken(struct virtio_dev *v)
{
	u8 status = virtio_status(v); /* a function that has gone reads as all ones */

	if (!(status & VIRTIO_CONFIG_S_NEEDS_RESET))
		return false;
	log_info("%s: needs a reset, status 0x%02x", v->name, status);
	return true;
}

void virtio_release(struct virtio_dev *v)
{
	(void)virtio_reset(v);
	pci_bus_master(v->at, false);
}

u8 virtio_config8(struct virtio_dev *v, u32 off)
{
	return off < v->device_len ? mmio_read8(v->device + off) : 0;
}

u16 virtio_config16(struct virtio_dev *v, u32 off)
{
	return off + 1 < v->device_len ? mmio_read16(v->device + off) : 0;
}
