/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is this machine armed as it is configured? In words and as JSON. */
#ifndef AFTERIMAGECTL_ARMED_STATUS_H
#define AFTERIMAGECTL_ARMED_STATUS_H

#include "json.h"

/* As members of *j, or in words where that is NULL. 0: armed as configured; -EINVAL: not; what else
 * keeps the answer from being found is told. */
int armed_status(const char *config, struct json *j);

#endif
