/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one thing that lwIP wants of libc's <stdlib.h>: netif_find(), which nobody calls, uses atoi(). */
#ifndef AFTERIMAGE_COMPAT_STDLIB_H
#define AFTERIMAGE_COMPAT_STDLIB_H

static inline int atoi(const char *s) { return *s - '0'; }

#endif
