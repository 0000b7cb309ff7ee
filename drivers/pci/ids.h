/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which PCI functions the drivers take: asked by them, and by the host program before it arms. */
#ifndef AFTERIMAGE_PCI_IDS_H
#define AFTERIMAGE_PCI_IDS_H

#include <linux/virtio_ids.h>

#include "base.h"

#define VIRTIO_VENDOR           0x1af4
#define VIRTIO_DEVICE_MODERN    0x1040 /* + the device type (virtio 1.2, 4.1.2.1) */
#define VIRTIO_NET_TRANSITIONAL 0x1000

/* Class code, subclass and programming interface (AHCI 1.3.1, 2.1.5). */
#define AHCI_CLASS_CODE 0x010601

static inline bool virtio_net_takes(u16 vendor, u16 device)
{
	return vendor == VIRTIO_VENDOR &&
	       (device == VIRTIO_DEVICE_MODERN + VIRTIO_ID_NET || device == VIRTIO_NET_TRANSITIONAL);
}

static inline bool ahci_takes(u32 class_code)
{
	return class_code == AHCI_CLASS_CODE;
}

#endif
