/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files in memory behind afterimagectl's input.h and output.h, which are the real ones: no system call is made. */
#ifndef AFTERIMAGE_MEMORY_FILE_H
#define AFTERIMAGE_MEMORY_FILE_H

#include "base.h"

#define MEMORY_FILE_MAX (3 * MIB) /* then the disk is full */
#define MEMORY_FILES    2
#define MEMORY_FILE_FD  1000 /* descriptor of the first one */

extern struct memory_file {
	u8 bytes[MEMORY_FILE_MAX];
	u64 size;
	u64 dirty; /* behind it all is zero */
} memory_file[MEMORY_FILES];

/* Empty again. */
void memory_file_clear(struct memory_file *f);

#endif
