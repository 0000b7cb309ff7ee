/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happens to a dump when its stream has ended: mended, checked, named, its log decoded, all of
 * it on the disk; in a process of its own, because that may take long and what is looked at is
 * hostile. */
#ifndef AFTERIMAGECTL_SETTLE_H
#define AFTERIMAGECTL_SETTLE_H

#include <sys/types.h>

#include "ctl.h"

#define INFO_NAME "info.json"
#define PART_NAME "vmcore.part" /* until it is settled */

struct reception;
struct store;

/* What the process ends with; the first three as enum verdict. */
enum settled { SETTLED_WHOLE, SETTLED_INCOMPLETE, SETTLED_UNKNOWN, SETTLED_NOT };

/* Start it. Its process id, or a negative errno that was told. */
pid_t settle_start(struct reception *r, const struct store *store);

/* The process died: name the dump incomplete, without looking at it. */
void settle_unseen(struct reception *r, const struct store *store, const char *why);

#endif
