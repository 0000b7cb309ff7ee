/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sink behind dump.to=tcp://: one container over one TCP connection. */
#ifndef AFTERIMAGE_TCP_SINK_H
#define AFTERIMAGE_TCP_SINK_H

#include "config/config.h"
#include "dump/sink.h"

/* Bring up each allowed NIC in turn until the target answers (contract: deadlines). `copy_mode`: no
 * old RAM by reference, after a device broke on it. On success *out is ready for the first byte and
 * finish() must be called once; there is one such sink at a time. Otherwise a negative errno, the
 * last NIC's reason in words in `reason`, and no device left running. */
int tcp_sink_open(struct sink **out, const struct config *cfg, const struct target *t, bool copy_mode,
                  char reason[120]);

#endif
