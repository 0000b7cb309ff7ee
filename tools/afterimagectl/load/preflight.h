/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Would a panic now leave a dump? What check asks, and test before it crashes the machine. */
#ifndef AFTERIMAGECTL_PREFLIGHT_H
#define AFTERIMAGECTL_PREFLIGHT_H

#include "load/plan.h"

/* Settle *p and print a line for each thing that a dump needs. 0, or -EINVAL: something is wrong.
 */
int preflight(struct plan *p, const struct conf *conf);

#endif
