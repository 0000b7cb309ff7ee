/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The firmware's store for error records (ACPI ERST). */
#ifndef AFTERIMAGE_ERST_H
#define AFTERIMAGE_ERST_H

#include "base.h"

/* Store a text as a record of the form in which Linux's pstore keeps its log, so that the next kernel shows
 * it as /sys/fs/pstore/dmesg-erst-ID; `time` in Unix seconds. -ENODEV: no ERST, or one that is not
 * understood; -ENOSPC: full, or the text is too long for it; -ETIMEDOUT; -EIO. */
int erst_write(const char *text, u32 len, u64 time);

#endif
