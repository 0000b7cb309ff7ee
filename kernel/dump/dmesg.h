/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The crashed kernel's log as text: the lockless ring (5.10 and later) or struct printk_log (3.5 to 5.9). */
#ifndef AFTERIMAGE_DMESG_H
#define AFTERIMAGE_DMESG_H

#include "base.h"

/* Takes the text in pieces, in order; not 0 ends the decoding. */
typedef int dmesg_fn(void *ctx, const char *text, size_t len);

/* Decode the log as makedumpfile --dump-dmesg and vmcore-dmesg print it: one "[%5llu.%06llu] text\n" a record,
 * continuation lines indented, what is no text as \xNN. Records are walked in place. 0; -ENOENT: VMCOREINFO does not say
 * where the log is; -EFAULT: the ring's head cannot be read or is nonsense (each told once); else what fn returned. A damaged record is
 * left out. kernel_va_init() must have been called. */
int dmesg_decode(dmesg_fn *fn, void *ctx);

#endif
