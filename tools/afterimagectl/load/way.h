/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the capture kernel will reach a network target: settled while the machine is well. */
#ifndef AFTERIMAGECTL_WAY_H
#define AFTERIMAGECTL_WAY_H

#include "host/machine.h"
#include "host/route.h"

struct way {
	char target[64]; /* tcp://ADDRESS:PORT, the name resolved */
	struct sockaddr_storage peer;
	struct route route;
	char ifname[IF_NAMESIZE]; /* as the operator knows it: the one with the address */
	struct iface nic;         /* the device below it */
	char pci[PCI_NAME];
	u16 vlan; /* 0: none */
	u32 mtu;
	bool has_gwmac;
	u8 gwmac[6];
};

/* Resolve the host of `target` (tcp://HOST:PORT) and find the way there; through `interface` if
 * that is not empty. 0, or -errno, told. A gateway that does not answer is told and no error. */
int way_settle(struct way *w, const char *target, const char *interface);

/* Does the target take a connection within some seconds? 0, or -errno, untold. */
int way_try(const struct way *w);

#endif
