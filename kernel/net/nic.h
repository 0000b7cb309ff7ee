/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which network devices there are, in the order in which they are tried. */
#ifndef AFTERIMAGE_NIC_H
#define AFTERIMAGE_NIC_H

#include "config.h"
#include "drivers/netdev.h"

/* Open the next supported device at or after position *at (0: the first; moved behind it) that
 * dump.nic= allows. A device that does not start is told and skipped; the caller releases what it
 * gets. -ENODEV: no more. */
int nic_next(const struct config *cfg, unsigned int *at, struct netdev **out);

#endif
