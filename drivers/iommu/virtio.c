/* SPDX-License-Identifier: GPL-2.0-or-later */
/* virtio-iommu (virtio 1.2, 5.13): reset, closed, and the device of the target put into a domain that
 * passes everything. */
#include "drivers/iommu/unit.h"

#include <arch/io.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_iommu.h>
#include <string.h>

#include "clock.h"
#include "drivers/pci/ids.h"
#include "drivers/virtio/virtio.h"
#include "log.h"

#define PCI_DEVICE_IOMMU (VIRTIO_DEVICE_MODERN + VIRTIO_ID_IOMMU)
#define DESCS            2u /* what we say, what it answers */
#define DOMAIN           1u

/* All that the device reads and writes. */
static ALIGNED(16) struct {
	struct vring_desc desc[DESCS];
	struct virtio_iommu_req_attach request; /* and of a DETACH, whose flags are reserved */
	u8 avail[sizeof(struct vring_avail) + 2 * DESCS + 2] ALIGNED(4);
	u8 used[sizeof(struct vring_used) + sizeof(struct vring_used_elem) * DESCS + 2] ALIGNED(4);
} dma;

static enum { ABSENT, STUBBORN, OPEN, GUARDING } state;
static struct virtio_dev dev;
static struct virtq queue;
static struct iommu_source passed; /* what is in the domain now */

static int is_iommu(const struct pci_func *f, void *ctx)
{
	if (f->vendor != VIRTIO_VENDOR || f->device != PCI_DEVICE_IOMMU)
		return 0;
	*(struct pci_addr *)ctx = f->at;
	return 1;
}

/* 5.13.4: who is in no domain passes or is stopped by this byte. */
static void set_bypass(u8 pass)
{
	mmio_write8(dev.device + offsetof(struct virtio_iommu_config, bypass), pass);
}

static int queue_start(void)
{
	int err;

	memset(&dma, 0, sizeof(dma));
	queue = (struct virtq){ .desc = dma.desc, .avail = (void *)dma.avail,
		                .used = (void *)dma.used };
	err = virtio_queue(&dev, &queue, 0, DESCS);
	if (err)
		return err;
	if (queue.size < DESCS)
		return -EIO;
	dma.desc[0] = (struct vring_desc){ .addr = (pa_t)&dma.request,
		.len = offsetof(struct virtio_iommu_req_attach, tail), .flags = VRING_DESC_F_NEXT, .next = 1 };
	dma.desc[1] = (struct vring_desc){ .addr = (pa_t)&dma.request.tail,
		.len = sizeof(dma.request.tail), .flags = VRING_DESC_F_WRITE };
	virtio_start(&dev);
	return 0;
}

/* Its answer, or -1: none in time, or nonsense. */
static int request(u8 type, u32 endpoint, u32 flags)
{
	u32 id, len;
	int n = 0;

	dma.request = (struct virtio_iommu_req_attach){ .head.type = type, .domain = DOMAIN,
		.endpoint = endpoint, .flags = flags, .tail.status = 0xff };
	virtq_offer(&queue, 0);
	virtq_kick(&queue);
	if (!WAIT_FOR((n = virtq_take(&queue, &id, &len)), IOMMU_WAIT_US) || n < 0)
		return -1;
	return *(volatile u8 *)&dma.request.tail.status;
}

/* The endpoint of a PCI function is its segment and requester ID (QEMU's and Cloud Hypervisor's VIOT). */
static u32 endpoint(const struct iommu_source *s, unsigned int i)
{
	return (u32)s->at.segment << 16 | s->id[i];
}

/* After its reset there are no domains any more. Bypass as a property of domains and of the whole
 * (BYPASS_CONFIG) is what lets one device through and no other; the older feature lets all through. */
void viommu_init(void)
{
	struct pci_addr at;
	u64 offered;

	state = ABSENT;
	passed.n = 0;
	if (!pci_walk(is_iommu, &at))
		return;
	state = STUBBORN;
	if (virtio_open(&dev, at, "virtio-iommu") || virtio_reset(&dev))
		return;
	offered = virtio_offered(&dev);
	offered &= VIRTIO_BIT(VIRTIO_F_VERSION_1) | VIRTIO_BIT(VIRTIO_F_ORDER_PLATFORM) |
		   VIRTIO_BIT(VIRTIO_IOMMU_F_BYPASS) | VIRTIO_BIT(VIRTIO_IOMMU_F_BYPASS_CONFIG);
	if (virtio_agree(&dev, offered))
		return;
	if ((offered & VIRTIO_BIT(VIRTIO_IOMMU_F_BYPASS_CONFIG)) &&
	    dev.device_len >= sizeof(struct virtio_iommu_config)) {
		set_bypass(0);
		if (queue_start()) {
			set_bypass(1);
			state = OPEN;
		} else {
			state = GUARDING;
		}
	} else if (offered & VIRTIO_BIT(VIRTIO_IOMMU_F_BYPASS)) {
		virtio_start(&dev);
		state = OPEN;
	}
}

int viommu_allow(const struct iommu_source *s)
{
	bool in = false;

	if (state == STUBBORN) {
		log_info("iommu: virtio-iommu cannot be made to let anything pass");
		return -EIO;
	}
	if (state != GUARDING)
		return 0;
	for (unsigned int i = 0; i < passed.n; i++)
		(void)request(VIRTIO_IOMMU_T_DETACH, endpoint(&passed, i), 0);
	for (unsigned int i = 0; i < s->n; i++)
		in |= request(VIRTIO_IOMMU_T_ATTACH, endpoint(s, i), VIRTIO_IOMMU_ATTACH_F_BYPASS) ==
		      VIRTIO_IOMMU_S_OK;
	passed = *s;
	if (in) {
		log_info("iommu: virtio-iommu: now only this device passes");
		return 0;
	}
	/* a device that is not behind it, or one that it knows under another number */
	log_info("iommu: virtio-iommu does not know the device, status %u: every device passes",
		 dma.request.tail.status);
	set_bypass(1);
	state = OPEN;
	return 0;
}
