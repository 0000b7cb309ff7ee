/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The progress line: on standard error, only where that is a terminal. */
#ifndef AFTERIMAGECTL_PROGRESS_H
#define AFTERIMAGECTL_PROGRESS_H

#include "base.h"

/* Seconds that only go forward. */
double clock_seconds(void);

/* There is one line at a time. `what` must live as long as it is shown; total 0: not known. */
void progress_begin(const char *what, u64 total);

/* Bytes done so far; redraws a few times a second, so call it as often as you like. */
void progress_at(u64 done);
bool progress_due(void); /* would progress_at() redraw now? */
void progress_retitle(const char *what, u64 total);

/* Away with the line: for good, or until the next progress_at(). */
void progress_end(void);
void progress_hide(void);

/* "1.5 GiB", "312 KiB": a size for people. */
void print_size(char out[32], u64 bytes);

#endif
