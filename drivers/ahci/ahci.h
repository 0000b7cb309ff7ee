/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Disks behind AHCI controllers (drivers/blkdev.h is what they are used through). */
#ifndef AFTERIMAGE_AHCI_H
#define AFTERIMAGE_AHCI_H

#include "drivers/blkdev.h"

/* Take over every AHCI controller (PCI class 01/06/01) whatever state the dead kernel left it in,
 * bring up each port that has an ATA disk, and call found() with it. Where found() returns 0 the
 * port and, after its last port, the controller are released and the search goes on; otherwise
 * the search ends with that value and the device stays live until its release(). One device is live
 * at a time. Returns what found() returned, -ETIME when the run's budget is over, or 0. */
int ahci_probe(int (*found)(struct blkdev *d, void *ctx), void *ctx);

#endif
