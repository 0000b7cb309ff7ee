/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The crashed kernel's log as text: the lockless ring (5.10 and later) or struct printk_log (3.11
 * to 5.9). */
#ifndef AFTERIMAGE_DMESG_H
#define AFTERIMAGE_DMESG_H

#include "base.h"

/* Takes the text in pieces, in order; not 0 ends the decoding. */
typedef int dmesg_fn(void *ctx, const char *text, size_t len);

/* Decode the log as makedumpfile --dump-dmesg prints it (1.7.4; newer ones add the caller): one
 * "[%5llu.%06llu] text\n" a record, none for a record without text, continuation lines indented,
 * what is no ASCII text as \xNN (makedumpfile: \xffffffNN above 127). Records are walked in place.
 * 0; -ENOENT: VMCOREINFO does not say where the log is; -EFAULT: the ring's head cannot be read or
 * is nonsense (each told); else what fn returned. A damaged record is left out. kernel_va_init()
 * must have been called; where it failed, the log may be readable all the same. */
int dmesg_decode(dmesg_fn *fn, void *ctx);

/* The log's memory, piece by piece: what a reader of the ring, or of log_buf, wants to see. False: no
 * piece i. Whether it can be read, and how much of what it claims is sound, is not known. */
bool dmesg_memory(unsigned int i, u64 *va, u64 *len);

/* Takes one line: printable ASCII, no end of line. */
typedef void dmesg_line_fn(const char *line);

#define DMESG_ALL (~(u64)0)
#define DMESG_LINE_MAX 256 /* with the NUL */

/* The last `last` lines of the log, the oldest first, cut to DMESG_LINE_MAX; or DMESG_ALL, and then
 * a longer line comes in several. For the console: put something before each, so that none can pass
 * for one of our own. Errors as dmesg_decode(). */
int dmesg_lines(u64 last, dmesg_line_fn *fn);

#endif
