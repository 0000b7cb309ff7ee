/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An address for the interface: as ip= says, from DHCP, or from router advertisements. */
#ifndef AFTERIMAGE_ADDRESS_H
#define AFTERIMAGE_ADDRESS_H

#include "config/config.h"
#include "lwip/netif.h"

#define REASON_MAX 120

/* Give the interface an address from which `t` can be reached; polls the device meanwhile. The
 * deadlines are the contract's: DHCP 20 s, SLAAC 10 s. -ETIMEDOUT, -EIO, -ETIME with the reason in
 * words. */
int address_settle(struct netif *n, const struct config *cfg, const struct target *t,
                   char reason[REASON_MAX]);

/* "10.0.2.15" or "[2001:db8::1]". */
#define ADDRESS_TEXT_MAX 48
void address_print(const u8 *bytes, bool v6, char out[ADDRESS_TEXT_MAX]);

/* lwIP's form of an address in network order. */
ip_addr_t address_of(const u8 *bytes, bool v6);

#endif
