/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The target disk:UUID: a dump area on any disk that a driver finds. */
#ifndef AFTERIMAGE_DISK_SINK_H
#define AFTERIMAGE_DISK_SINK_H

#include "config.h"
#include "dump/disk_find.h"
#include "dump/sink.h"

/* main.c says who finds disks. */
void disk_sink_set_probe(disk_probe_fn probe);

/* Find the area, make sure that it may be overwritten and holds dump_bytes (what the container will
 * have, or the most it can have), and mark it 'in progress'. Nothing is written when this fails,
 * unless it is that mark itself; `reason` then says why. crash_time in Unix seconds, 0: unknown.
 * copy_mode: the sink does not take spans. */
int disk_sink_open(struct sink **out, const struct config *cfg, const struct target *t,
		   u64 dump_bytes, u64 crash_time, bool copy_mode, char reason[DISK_REASON_MAX]);

#endif
