/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why the dump failed, left where the next boot finds it. */
#ifndef AFTERIMAGE_LAST_FAILURE_H
#define AFTERIMAGE_LAST_FAILURE_H

#include "config/config.h"

/* After the target list: what failed goes into the first dump area of the list that takes it. If no target
 * holds the dump (`done` NULL) and no area takes it, into ACPI's ERST, else as a few numbers into the CMOS
 * clock's RAM. If one does, a record of an earlier failure there is cleared. Tells where it is. */
void last_failure_save(const struct config *cfg, const struct target *done);

/* The run ends before the target list, or by a fault of our own: into ERST or CMOS RAM. Once: called
 * again, from a trap in it, it does nothing. */
void last_failure_save_early(const char *reason);

#endif
