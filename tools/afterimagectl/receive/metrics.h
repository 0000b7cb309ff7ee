/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The receiver's state in the text format of Prometheus (version 0.0.4). */
#ifndef AFTERIMAGECTL_METRICS_H
#define AFTERIMAGECTL_METRICS_H

#include "receive/receiver.h"

void metrics_print(FILE *f, struct receiver *rc);

#endif
