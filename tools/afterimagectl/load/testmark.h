/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `afterimagectl test` leaves before it crashes the machine, and `save` adds when the dump is
 * there. */
#ifndef AFTERIMAGECTL_TESTMARK_H
#define AFTERIMAGECTL_TESTMARK_H

#include <limits.h>

#include "conf/conf.h"

/* Not below the receiver's folder, which belongs to another user. */
#define TESTMARK_PATH "/var/lib/afterimage-test"
#define BOOT_ID_TEXT  40

struct testmark {
	u64 time; /* of the crash on purpose; Unix seconds */
	char boot[BOOT_ID_TEXT];
	char target[CONF_TARGETS][CONF_TEXT]; /* as configured then */
	unsigned int n_target;
	u64 crashed, up, saved; /* the dump's own time, when the next boot began, when save had it;
				   0: not saved */
	bool complete;
	char dump[PATH_MAX]; /* its folder */
};

/* Write it durably, for a crash now. 0 or -errno, told. */
int testmark_make(const struct conf *c);

/* 0; -ENOENT, untold: there was no test; or -errno, told. */
int testmark_read(struct testmark *m);

/* Is the system that wrote it still running? */
bool testmark_is_of_this_boot(const struct testmark *m);

/* A dump of a crash at `crashed` was saved to `dir`: if it is the test's, that is added and told in
 * one line. */
void testmark_saved(u64 crashed, const char *dir, bool complete);

#endif
