/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A virtio device whose configuration space, registers and answers are the input: the structures that its
 * capabilities speak of, features, a queue; as virtio-iommu also requests. Only what lies in one of its BARs is mapped,
 * and only what is mapped is touched. Input: flags, BARs, pieces of configuration space, then what is read of
 * registers, and what the device does when its bell rings. */
#include <stdlib.h>
#include <string.h>

#include <arch/io.h>

#include "bytes.h"
#include "drivers/iommu/unit.h"
#include "drivers/virtio/virtio.h"
#include "map.h"

#define MAPS      8u
#define QUEUE_MAX 16u

extern unsigned long long fake_step_us;

static struct bytes in;
static u8 cfg[PCI_CFG_SPACE_SIZE + 64]; /* behind the end: what a capability at the end would reach */
static u32 bar_mask[6];
static struct {
	void *p; /* of just that size */
	u64 len;
} map[MAPS];
static unsigned int n_maps;
static u64 told[3]; /* a queue's descriptors, available and used ring, as the device was told them */

static void expect(bool ok)
{
	if (!ok)
		abort();
}

static u32 cfg_read(u16 reg, unsigned int bytes)
{
	u32 v = 0;

	expect(reg + bytes <= sizeof(cfg));
	memcpy(&v, cfg + reg, bytes);
	return v;
}

static void cfg_write(u16 reg, u32 v, unsigned int bytes)
{
	expect(reg + bytes <= sizeof(cfg));
	if (reg >= PCI_BASE_ADDRESS_0 && reg < PCI_BASE_ADDRESS_0 + 24) {
		u32 fixed = ~bar_mask[(reg - PCI_BASE_ADDRESS_0) / 4];

		v = (v & ~fixed) | (cfg_read(reg & (u16)~3u, 4) & fixed);
	}
	memcpy(cfg + reg, &v, bytes);
}

u8 pci_read8(struct pci_addr a, u16 reg) { return (void)a, (u8)cfg_read(reg, 1); }
u16 pci_read16(struct pci_addr a, u16 reg) { return (void)a, (u16)cfg_read(reg, 2); }
u32 pci_read32(struct pci_addr a, u16 reg) { return (void)a, cfg_read(reg, 4); }
void pci_write8(struct pci_addr a, u16 reg, u8 v) { (void)a, cfg_write(reg, v, 1); }
void pci_write16(struct pci_addr a, u16 reg, u16 v) { (void)a, cfg_write(reg, v, 2); }
void pci_write32(struct pci_addr a, u16 reg, u32 v) { (void)a, cfg_write(reg, v, 4); }

int pci_walk(int (*visit)(const struct pci_func *f, void *ctx), void *ctx)
{
	return visit(&(struct pci_func){ .vendor = 0x1af4, .device = 0x1057 }, ctx);
}

bool map_addressable(pa_t pa, u64 len) { return pa < 1ull << 47 && len <= (1ull << 47) - pa; }

/* Within a BAR, as they are now? */
static bool in_a_bar(pa_t pa, u64 len)
{
	pa_t base;
	u64 size;

	for (unsigned int i = 0; i < 6; i++)
		if (!pci_bar((struct pci_addr){ 0 }, i, &base, &size) && pa >= base && pa - base <= size &&
		    len <= size - (pa - base))
			return true;
	return false;
}

void *map_mmio(pa_t pa, u64 len)
{
	expect(len && len <= PAGE_SIZE && in_a_bar(pa, len));
	if (n_maps == MAPS || pa % 8 == 7)
		return NULL;
	map[n_maps].p = calloc(1, len);
	map[n_maps].len = len;
	return map[n_maps++].p;
}

static void touch(const volatile void *reg, u64 bytes)
{
	const u8 *p = (const u8 *)(uintptr_t)reg;

	for (unsigned int i = 0; i < n_maps; i++)
		if (p >= (u8 *)map[i].p && p + bytes <= (u8 *)map[i].p + map[i].len)
			return;
	abort();
}

u8 mmio_read8(const volatile void *reg) { return touch(reg, 1), bytes_u8(&in); }
u16 mmio_read16(const volatile void *reg) { return touch(reg, 2), bytes_le16(&in); }
u32 mmio_read32(const volatile void *reg) { return touch(reg, 4), bytes_le32(&in); }
void mmio_write8(volatile void *reg, u8 v) { (void)v, touch(reg, 1); }
void mmio_write32(volatile void *reg, u32 v) { (void)v, touch(reg, 4); }

void mmio_write64(volatile void *reg, u64 v)
{
	touch(reg, 8);
	told[0] = told[1];
	told[1] = told[2];
	told[2] = v;
}

/* The bell: the device writes what it likes into what it was given. */
void mmio_write16(volatile void *reg, u16 v)
{
	struct vring_desc *desc = (struct vring_desc *)told[0];
	struct vring_used *used = (struct vring_used *)told[2];

	(void)v;
	touch(reg, 2);
	if (!desc || bytes_u8(&in) & 1)
		return;
	for (unsigned int i = 0; i < 2; i++)
		if (desc[i].flags & VRING_DESC_F_WRITE)
			*(u8 *)desc[i].addr = bytes_u8(&in);
	used->idx += bytes_u8(&in) % 4;
	used->flags = bytes_u8(&in);
	used->ring[bytes_u8(&in) % 2] = (struct vring_used_elem){ .id = bytes_le32(&in), .len = bytes_le32(&in) };
}

static void use_queue(struct virtio_dev *v)
{
	static struct vring_desc desc[QUEUE_MAX];
	static u8 avail[6 + 2 * QUEUE_MAX] ALIGNED(4), ring[6 + 8 * QUEUE_MAX] ALIGNED(4);
	struct virtq q = { .desc = desc, .avail = (void *)avail, .used = (void *)ring };
	u32 id, len;

	memset(ring, 0, sizeof(ring));
	if (virtio_queue(v, &q, bytes_u8(&in), QUEUE_MAX))
		return;
	expect(q.size && q.size <= QUEUE_MAX && !(q.size & (q.size - 1)) && q.doorbell);
	virtio_start(v);
	for (unsigned int i = 0; i < 16 && bytes_left(&in); i++) {
		u16 out = virtq_outstanding(&q);
		int got;

		if (out < q.size && bytes_u8(&in) & 1)
			virtq_offer(&q, bytes_u8(&in) % q.size);
		virtq_kick(&q);
		out = virtq_outstanding(&q);
		got = virtq_take(&q, &id, &len);
		expect(got < 0 || (got == 1 ? virtq_outstanding(&q) == out - 1 : !got && virtq_outstanding(&q) == out));
	}
}

static void use_device(void)
{
	struct virtio_dev v;

	if (virtio_open(&v, (struct pci_addr){ 0 }, "fuzz")) {
		expect(!(cfg[PCI_COMMAND] & PCI_COMMAND_MASTER));
		return;
	}
	expect(v.common && v.notify_len);
	if (!virtio_reset(&v) && !virtio_agree(&v, virtio_offered(&v) & bytes_le64(&in)))
		use_queue(&v);
	for (unsigned int i = 0; i < 8; i++) {
		(void)virtio_config8(&v, bytes_u8(&in));
		(void)virtio_config16(&v, bytes_le16(&in));
	}
	(void)virtio_broken(&v);
	virtio_release(&v);
	expect(!(cfg[PCI_COMMAND] & PCI_COMMAND_MASTER));
}

static void use_iommu(void)
{
	struct iommu_source s = { .n = bytes_u8(&in) % (IOMMU_IDS + 1) };

	for (unsigned int i = 0; i < s.n; i++)
		s.id[i] = bytes_le16(&in);
	viommu_init();
	for (unsigned int i = 0; i < 3; i++) {
		int err = viommu_allow(&s);

		expect(!err || err == -EIO);
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	u8 flags;

	in = bytes_of(data, size);
	fake_step_us = 100000; /* a wait is ten looks */
	memset(cfg, 0, sizeof(cfg));
	n_maps = 0;
	memset(told, 0, sizeof(told));
	flags = bytes_u8(&in);
	cfg[PCI_STATUS] = PCI_STATUS_CAP_LIST;
	for (unsigned int i = 0; i < 6; i++) {
		bar_mask[i] = flags & 1u << i ? ~0u << bytes_u8(&in) % 32 : ~0u;
		put_le32(cfg + PCI_BASE_ADDRESS_0 + 4 * i, flags & 1u << i ? bytes_le32(&in) : 0);
	}
	for (unsigned int pieces = bytes_u8(&in) % 16; pieces-- && !in.bad;) {
		u32 at = bytes_u8(&in), len = bytes_u8(&in) % 64;
		const u8 *p = bytes_take(&in, len);

		if (p && (at < PCI_BASE_ADDRESS_0 || at >= PCI_BASE_ADDRESS_0 + 24))
			memcpy(cfg + at, p, MIN(len, (u32)sizeof(cfg) - at));
	}
	if (flags & 64)
		use_iommu();
	else
		use_device();
	while (n_maps)
		free(map[--n_maps].p);
	return 0;
}
