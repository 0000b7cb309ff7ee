/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Dumps of every kind for the network tests: what is sent, and whether it arrived. */
#ifndef AFTERIMAGE_TEST_TRANSFER_H
#define AFTERIMAGE_TEST_TRANSFER_H

#include "config/config.h"
#include "dump/sink.h"
#include "peer.h"

/* A machine at 10.9.0.2/24 or fd09::2/64 that dumps to the host's end of the TAP. */
struct config static_v4(void);
struct config static_v6(void);
extern const struct target to_v4, to_v6;

/* The stream is ram from its start, over and over; in pieces of every kind. */
int send_mixed(struct sink *s, u64 total, unsigned int seed);

/* A dump begun: the receiver listens, the sink is open and has taken `total` bytes. NULL (and told) if
 * not. */
struct sink *transfer_begin(const struct config *c, struct peer *p, u64 total);

/* One whole dump; true if the receiver has exactly the stream. */
bool transfer(const struct config *c, const struct target *t, struct peer *p, u64 total);

/* The connection was closed and not reset. A FIN that was sent again (the host was slow) is acknowledged again, for
 * which there is no connection any more: that ACK may be reset (RFC 9293, 3.5.2). */
bool closed_in_order(void);

#endif
