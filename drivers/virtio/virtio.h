/* SPDX-License-Identifier: GPL-2.0-or-later */
/* virtio 1.2 over PCI, modern interface only (4.1), and its split virtqueues (2.7, ring.c). */
#ifndef AFTERIMAGE_VIRTIO_H
#define AFTERIMAGE_VIRTIO_H

#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#include "drivers/pci/pci.h"

#define VIRTIO_BIT(n) ((u64)1 << (n))

/* A function's configuration structures (4.1.4), found and bounds-checked. */
struct virtio_dev {
	struct pci_addr at;
	const char *name;       /* the driver's, for messages */
	volatile u8 *common;    /* common configuration */
	volatile u8 *device;    /* device-specific; NULL: none */
	u32 device_len;
	pa_t notify;            /* notification area */
	u64 notify_len;
	u32 notify_multiplier;
	u64 features;           /* as agreed */
};

/* A split virtqueue in the driver's memory. Single-threaded, without interrupts. */
struct virtq {
	u16 size;               /* a power of two */
	u16 index;              /* of the device's queues */
	struct vring_desc *desc;
	struct vring_avail *avail;
	struct vring_used *used;
	volatile void *doorbell;
	u16 offered;            /* free-running: chains put into the available ring */
	u16 told;               /* of these, the device was notified of so many */
	u16 taken;              /* free-running: used elements taken back */
};

/* Wake the function and find its structures. -ENODEV: legacy interface only; -EIO: what it says
 * about itself cannot be. Bus mastering stays off. */
int virtio_open(struct virtio_dev *v, struct pci_addr at, const char *name);

/* Reset (4.1.4.3.1) and wait for it: after that the device touches no ring of anybody. -ETIMEDOUT. */
int virtio_reset(struct virtio_dev *v);

/* ACKNOWLEDGE and DRIVER, and read what is offered (3.1.1 steps 2 to 4). */
u64 virtio_offered(struct virtio_dev *v);

/* Agree on a subset of what is offered; VERSION_1 must be in it. -EOPNOTSUPP: the device refuses it. */
int virtio_agree(struct virtio_dev *v, u64 features);

/* Give the device queue `index` with at most `max` descriptors of the memory at q->desc, avail and
 * used, which must be large enough and zero. Afterwards q->size says how many. -EIO. */
int virtio_queue(struct virtio_dev *v, struct virtq *q, u16 index, u16 max);

/* DRIVER_OK, bus mastering on. */
void virtio_start(struct virtio_dev *v);

/* Does the device want a reset, or has it gone? A register read: not to be done all the time. */
bool virtio_broken(struct virtio_dev *v);

/* Device status (2.1), as it is now. */
u8 virtio_status(struct virtio_dev *v);

/* Reset and bus mastering off, whatever state it is in. */
void virtio_release(struct virtio_dev *v);

/* Device-specific configuration; 0 beyond its end. */
u8 virtio_config8(struct virtio_dev *v, u32 off);
u16 virtio_config16(struct virtio_dev *v, u32 off);

/* Make the chain that begins at descriptor `head` available (2.7.13). */
void virtq_offer(struct virtq *q, u16 head);

/* Notify the device of what was offered since the last time, unless it does not want it. */
void virtq_kick(struct virtq *q);

/* Chains offered and not taken back. */
static inline u16 virtq_outstanding(const struct virtq *q) { return (u16)(q->offered - q->taken); }

/* The next used element: 1 and what the device says (nothing of which is to be trusted), 0: none,
 * -EIO: it claims more than it was given. */
int virtq_take(struct virtq *q, u32 *id, u32 *len);

#endif
