/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The target list: one after the other until one holds the dump. */
#ifndef AFTERIMAGE_RUN_H
#define AFTERIMAGE_RUN_H

#include "config/config.h"

/* Print the contract's target, progress and result lines. True when a target holds the whole dump. */
bool run_targets(const struct config *cfg);

/* After a fault of our own: the target in use is broken off, its device reset. */
void run_break_off(void);

#endif
