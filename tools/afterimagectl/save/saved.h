/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The folder with the saved dumps, /var/crash: room in it, old ones, what stands beside a dump. */
#ifndef AFTERIMAGECTL_SAVED_H
#define AFTERIMAGECTL_SAVED_H

#include "conf/conf.h"

#define SAVED_SUMMARY "summary.json"

/* Is there room for `bytes` more above min_free? 0 or -ENOSPC, or what went wrong; told. */
int saved_room(const struct conf *c, u64 bytes);

/* Remove the oldest dumps beyond `keep`: folders with a summary of ours, and nothing else. */
void saved_rotate(const struct conf *c);

/* Run every program of the hooks folder, in order of its names, with `dir` as its argument; one
 * that fails is told, one that takes more than ten minutes is killed. */
void saved_hooks(const struct conf *c, const char *dir);

#endif
