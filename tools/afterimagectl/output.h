/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that appear under their name only when they are whole: written under a temporary name,
 * synced, renamed; nothing is ever overwritten. */
#ifndef AFTERIMAGECTL_OUTPUT_H
#define AFTERIMAGECTL_OUTPUT_H

#include <limits.h>

#include "base.h"

struct output {
	int dir; /* belongs to the caller */
	int fd;  /* readable too */
	char temp[NAME_MAX + 1];
	u64 started; /* writeback has been asked for up to here */
};

/* Create `temp` in the folder; says why not. Returns 0 or a negative errno. */
int output_create(struct output *o, int dir, const char *temp);

/* All bytes at off; pages of zeros (of the file: off decides) become holes unless `dense`. The
 * file must not have data there yet, unless dense. Says nothing. */
int output_write(struct output *o, u64 off, const void *buf, u64 len, bool dense);

/* On the medium under this name, or told why not: then the temporary file is kept. */
int output_commit(struct output *o, const char *name);

/* Away with it. */
void output_discard(struct output *o);

/* Does a name exist in the folder? Says so if it does. */
bool output_exists(int dir, const char *dir_name, const char *name);

/* Open a folder, made if it is not there (its parent must be). The descriptor, or a negative errno
 * that was told. */
int folder_open(const char *path);

/* From now on SIGINT and SIGTERM set stop_requested() instead of ending the program, so that it can
 * clean up; a second one ends it. */
void stop_catch(void);
bool stop_requested(void);

#endif
