/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From nothing to an established connection: NIC, link, address, handshake. */
#ifndef AFTERIMAGE_TCP_CONNECT_H
#define AFTERIMAGE_TCP_CONNECT_H

#include "address.h"
#include "config/config.h"
#include "drivers/netdev.h"
#include "stream.h"

/* "10.0.2.2:7117" */
#define PEER_TEXT_MAX (ADDRESS_TEXT_MAX + 8)
void peer_print(const struct target *t, char out[PEER_TEXT_MAX]);

/* Try the NICs in order until the target answers on one; then that device is attached (ether.h) and
 * in *dev, and `st` is connected. Else nothing is attached and the last reason is in `reason`. */
int tcp_connect_any(struct stream *st, struct netdev **dev, const struct config *cfg,
                    const struct target *t, char reason[REASON_MAX]);

#endif
