/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The targets disk:UUID and file:UUID: a dump area on any disk that a driver finds. */
#ifndef AFTERIMAGE_DISK_SINK_H
#define AFTERIMAGE_DISK_SINK_H

#include "config/config.h"
#include "dump/disk/find.h"
#include "dump/disk/note.h"
#include "dump/sink.h"

/* main.c says who finds disks. */
void disk_sink_set_probe(disk_probe_fn probe);

/* Find the area and make sure that it may be overwritten and holds dump_bytes (what the container will
 * have at least). Writes nothing; `reason` says why it failed. crash_time in Unix seconds, 0: unknown.
 * copy_mode: the sink does not take spans. disk_sink_section() comes next. */
int disk_sink_open(struct sink **out, const struct config *cfg, const struct target *t,
		   u64 dump_bytes, u64 crash_time, bool copy_mode, char reason[DISK_REASON_MAX]);

/* What follows is a section of the area behind those before it, its offsets counting from 0: the area
 * is marked 'in progress' with it. `planned` is how long it will be, 0 if that is not known. Errors as
 * of the sink's write. At most AREA_MAX_SECTIONS. */
int disk_sink_section(struct sink *s, enum area_section_type type, u64 planned);

/* disk_note() with the disks and the memory of this sink, which must not be open. */
int disk_sink_note(const struct target *t, const char *text, u32 len, bool ours, char reason[DISK_REASON_MAX]);

/* Bytes that all sections together can have. */
u64 disk_sink_room(const struct sink *s);

#endif
