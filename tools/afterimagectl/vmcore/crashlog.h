/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The crashed kernel's log, decoded out of a dump by the capture kernel's own code. */
#ifndef AFTERIMAGECTL_CRASHLOG_H
#define AFTERIMAGECTL_CRASHLOG_H

#include "vmcore/dump.h"
#include "dump/linux/dmesg.h"

#define CRASHLOG_NAME       "vmcore-dmesg.txt"
#define CRASHLOG_INCOMPLETE "vmcore-dmesg-incomplete.txt"
#define CRASHLOG_TEMP       "vmcore-dmesg.part"

/* Decode it, as far as the dump holds it. 0; -ENOENT, -EFAULT: there is none to be had, and *why
 * tells; else what fn returned. One dump at a time. */
int crashlog_decode(const struct dump *d, dmesg_fn *fn, void *ctx, struct why *why);

/* Why the kernel died: "Kernel panic - not syncing: ...", or the BUG or Oops before it where that
 * says more. Feed it the log (a dmesg_fn); then `line` is clean text, empty if there was none. */
struct panic_line {
	char line[200];
	bool panic, bug;
	char buffer[256]; /* the line in the making, cut */
	size_t used;
};
int panic_line_feed(void *panic_line, const char *text, size_t len);

/* The same of a log that is text already; what cannot be read is left out. */
void crashlog_read(const struct input *in, struct panic_line *panic);

/* Write it to CRASHLOG_NAME in the folder, which `where` names, and find out on the way why the
 * kernel died. Its lack is no error of the dump: it is told, and that is all. */
void crashlog_store(const struct dump *d, int dir, const char *where, struct panic_line *panic);

#endif
