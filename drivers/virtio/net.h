/* SPDX-License-Identifier: GPL-2.0-or-later */
/* virtio network device (virtio 1.2, 5.1) over PCI as a netdev. */
#ifndef AFTERIMAGE_VIRTIO_NET_H
#define AFTERIMAGE_VIRTIO_NET_H

#include "drivers/netdev.h"
#include "drivers/pci/pci.h"

/* Is this function a virtio network device, modern or transitional? */
bool virtio_net_match(const struct pci_func *f);

/* Reset the device, left running by the dead kernel, and bring it up. One at a time: release() the
 * last one first. -ENODEV: it speaks only the legacy interface; -EIO, -ETIMEDOUT, -EOPNOTSUPP, all
 * logged; the device is reset and its bus mastering off then. */
int virtio_net_open(const struct pci_func *f, struct netdev **out);

#endif
