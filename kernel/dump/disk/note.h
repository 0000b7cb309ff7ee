/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text why a dump failed, into a dump area. */
#ifndef AFTERIMAGE_DISK_NOTE_H
#define AFTERIMAGE_DISK_NOTE_H

#include "dump/disk/find.h"

/* Find the target's area and add the text as its failure section (docs/area-format.md) at its end,
 * in place of one that is there; nothing else of it changes. `scratch` has DISK_NOTE_SCRATCH bytes, 4 KiB
 * aligned. -EEXIST: the area holds a complete dump, and not the one that `ours` says we wrote;
 * -ENOSPC: no room for it beside what is there; else as disk_area_open() and the device say. `reason`
 * says why. */
#define DISK_NOTE_MAX     (2 * AREA_BLOCK)
#define DISK_NOTE_SCRATCH (DISK_SCRATCH + DISK_NOTE_MAX)
int disk_note(disk_probe_fn probe, const struct target *t, const char *text, u32 len, bool ours, u8 *scratch,
              char reason[DISK_REASON_MAX]);

#endif
