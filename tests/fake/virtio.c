/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A virtio network device behind fake PCI functions and registers. */
#include "fake/virtio.h"

#include <linux/virtio_config.h>
#include <linux/virtio_net.h>
#include <linux/virtio_pci.h>
#include <stdio.h>
#include <string.h>

#include "drivers/iommu/iommu.h"
#include "map.h"
#include <arch/io.h>

#define COMMON_AT 0x0000u
#define DEVICE_AT 0x2000u
#define NOTIFY_AT 0x3000u
#define PART      0x1000u
#define MULTIPLIER 4u

struct fake_virtio fake;
unsigned int fake_sent_count, fake_received_count;
void *fake_sent_last;
u32 fake_received_len;
bool fake_received_known;
u8 fake_received_first;

const struct pci_func fake_function = { .at = { .dev = 3 }, .vendor = 0x1af4, .device = 0x1041 };

static u32 dfselect, gfselect, qselect;
static bool resetting;
static unsigned int reset_left;

void fake_virtio_reset(void)
{
	memset(&fake, 0, sizeof(fake));
	fake.queue_max = 256;
	fake.notify_off = 1;
	fake.link = VIRTIO_NET_S_LINK_UP;
	fake.status = 0xf; /* the dead kernel's driver was running it */
	fake.mastering = false;
	resetting = false;
	fake_sent_count = fake_received_count = 0;
	fake_sent_last = NULL;
}

/* Configuration space: three vendor capabilities at 0x40, 0x54, 0x68, in that order. */
static u32 cap_word(u16 reg)
{
	static const u8 type[] = { VIRTIO_PCI_CAP_COMMON_CFG, VIRTIO_PCI_CAP_DEVICE_CFG, VIRTIO_PCI_CAP_NOTIFY_CFG };
	static const u32 at[] = { COMMON_AT, DEVICE_AT, NOTIFY_AT };
	unsigned int n = (reg - 0x40u) / 20, off = (reg - 0x40u) % 20;

	switch (off) {
	case 0:
		return PCI_CAP_ID_VNDR | (u32)20 << 16 | (u32)type[n] << 24;
	case VIRTIO_PCI_CAP_BAR:
		return 4;
	case VIRTIO_PCI_CAP_OFFSET:
		return at[n] + fake.cap_offset_add;
	case VIRTIO_PCI_CAP_LENGTH:
		return PART;
	case VIRTIO_PCI_NOTIFY_CAP_MULT:
		return MULTIPLIER;
	}
	return 0;
}

u32 pci_read32(struct pci_addr a, u16 reg)
{
	(void)a;
	return reg >= 0x40 && reg < 0x40 + 60 ? cap_word(reg & ~3u) : 0;
}

u8 pci_read8(struct pci_addr a, u16 reg) { return (u8)(pci_read32(a, reg) >> 8 * (reg & 3)); }

u8 pci_find_cap(struct pci_addr a, u8 id, u8 from)
{
	(void)a;
	if (fake.legacy || id != PCI_CAP_ID_VNDR)
		return 0;
	for (u8 pos = 0x40; pos < 0x40 + 60; pos += 20)
		if (pos >= from)
			return pos;
	return 0;
}

int pci_bar(struct pci_addr a, unsigned int n, pa_t *base, u64 *size)
{
	(void)a;
	if (n != 4)
		return -ENODEV;
	*base = FAKE_BAR;
	*size = FAKE_BAR_SIZE;
	return 0;
}

void pci_wake(struct pci_addr a) { (void)a; }

int pci_reset(struct pci_addr a)
{
	(void)a;
	if (!fake.flr_helps)
		return -ENODEV;
	resetting = false;
	fake.status = 0;
	fake.resets++;
	return 0;
}

int iommu_allow(struct pci_addr a)
{
	(void)a;
	return fake.cut_off ? -EIO : 0;
}

void pci_bus_master(struct pci_addr a, bool on)
{
	(void)a;
	fake.mastering = on;
	if (on && !fake.resets)
		fake.mastered_while_old = true;
}

void pci_name(struct pci_addr a, char out[16]) { snprintf(out, 16, "0000:00:%02x.0", a.dev); }

void *map_mmio(pa_t pa, u64 len)
{
	(void)len;
	return (void *)pa;
}

static struct fake_queue *selected(void) { return qselect < FAKE_QUEUES ? &fake.queue[qselect] : NULL; }

static u64 common_read(u32 off)
{
	const struct fake_queue *q = selected();

	switch (off) {
	case VIRTIO_PCI_COMMON_DF:
		return dfselect ? fake.offered >> 32 : (u32)fake.offered;
	case VIRTIO_PCI_COMMON_STATUS:
		if (resetting && fake.reset_reads != ~0u && !reset_left--) {
			resetting = false;
			fake.status = 0;
			fake.resets++;
			memset(fake.queue, 0, sizeof(fake.queue));
		}
		return fake.status;
	case VIRTIO_PCI_COMMON_Q_SIZE:
		return q ? q->size ? q->size : fake.queue_max : 0;
	case VIRTIO_PCI_COMMON_Q_NOFF:
		return q ? fake.notify_off * qselect : 0;
	}
	return 0;
}

static void common_write(u32 off, u64 v)
{
	struct fake_queue *q = selected();

	switch (off) {
	case VIRTIO_PCI_COMMON_DFSELECT:
		dfselect = (u32)v;
		return;
	case VIRTIO_PCI_COMMON_GFSELECT:
		gfselect = (u32)v;
		return;
	case VIRTIO_PCI_COMMON_GF:
		fake.agreed = gfselect ? (fake.agreed & 0xffffffff) | v << 32 : v;
		return;
	case VIRTIO_PCI_COMMON_STATUS:
		if (!v) {
			resetting = true;
			reset_left = fake.reset_reads;
			return;
		}
		fake.status = (u8)v;
		if (fake.refuses || (fake.agreed & ~fake.offered))
			fake.status &= (u8)~VIRTIO_CONFIG_S_FEATURES_OK;
		return;
	case VIRTIO_PCI_COMMON_Q_SELECT:
		qselect = (u32)v;
		return;
	}
	if (!q)
		return;
	switch (off) {
	case VIRTIO_PCI_COMMON_Q_SIZE:
		q->size = (u16)v;
		break;
	case VIRTIO_PCI_COMMON_Q_ENABLE:
		q->enable = (u16)v;
		break;
	case VIRTIO_PCI_COMMON_Q_DESCLO:
		q->desc = v;
		break;
	case VIRTIO_PCI_COMMON_Q_AVAILLO:
		q->avail = v;
		break;
	case VIRTIO_PCI_COMMON_Q_USEDLO:
		q->used = v;
		break;
	}
}

static u64 reg_read(const volatile void *reg)
{
	static const u8 mac[6] = { 0x52, 0x54, 0, 0x12, 0x34, 0x56 };
	u32 off = (u32)((pa_t)reg - FAKE_BAR);

	if (off < PART)
		return common_read(off);
	off -= DEVICE_AT;
	if (off < sizeof(mac))
		return mac[off];
	if (off == offsetof(struct virtio_net_config, status))
		return fake.link;
	return off == offsetof(struct virtio_net_config, mtu) ? fake.mtu : 0;
}

static void reg_write(volatile void *reg, u64 v)
{
	u32 off = (u32)((pa_t)reg - FAKE_BAR);

	if (off < PART)
		common_write(off, v);
	else if (off >= NOTIFY_AT && v < FAKE_QUEUES)
		fake.queue[v].bells++;
}

u8 mmio_read8(const volatile void *reg) { return (u8)reg_read(reg); }
u16 mmio_read16(const volatile void *reg) { return (u16)reg_read(reg); }
u32 mmio_read32(const volatile void *reg) { return (u32)reg_read(reg); }
void mmio_write8(volatile void *reg, u8 v) { reg_write(reg, v); }
void mmio_write16(volatile void *reg, u16 v) { reg_write(reg, v); }
void mmio_write32(volatile void *reg, u32 v) { reg_write(reg, v); }
void mmio_write64(volatile void *reg, u64 v) { reg_write(reg, v); }

int fake_take(unsigned int queue, u16 *head, struct net_seg *seg, unsigned int max)
{
	struct fake_queue *q = &fake.queue[queue];
	const struct vring_avail *avail = (const void *)q->avail;
	const struct vring_desc *table = (const void *)q->desc;
	unsigned int n = 0, size = q->size, at;

	if (!q->enable || avail->idx == q->seen)
		return -1;
	*head = avail->ring[q->seen++ % q->size];
	at = *head;
	if (at < size && (table[at].flags & VRING_DESC_F_INDIRECT)) {
		size = table[at].len / sizeof(*table);
		table = (const void *)table[at].addr;
		at = 0;
	}
	for (; n < max; at = table[at].next) {
		if (at >= size)
			return -2;
		seg[n++] = (struct net_seg){ .pa = table[at].addr, .len = table[at].len };
		if (!(table[at].flags & VRING_DESC_F_NEXT))
			return (int)n;
	}
	return -2;
}

void fake_used(unsigned int queue, u32 id, u32 len)
{
	struct fake_queue *q = &fake.queue[queue];
	struct vring_used *used = (void *)q->used;

	used->ring[q->used_idx % q->size] = (struct vring_used_elem){ .id = id, .len = len };
	used->idx = ++q->used_idx;
}

void net_sent(struct netdev *d, void *cookie)
{
	(void)d;
	fake_sent_count++;
	fake_sent_last = cookie;
}

void net_received(struct netdev *d, const void *frame, u32 len, bool csum_known)
{
	(void)d;
	fake_received_count++;
	fake_received_len = len;
	fake_received_known = csum_known;
	fake_received_first = *(const u8 *)frame;
}
