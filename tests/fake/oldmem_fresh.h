/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a second life does to kernel/dump/source/oldmem.c: all its tables empty again. */
#ifndef AFTERIMAGE_OLDMEM_FRESH_H
#define AFTERIMAGE_OLDMEM_FRESH_H

void oldmem_forget(void);

#endif
