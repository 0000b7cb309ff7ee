/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a machine has configured of kdump, taken over (kdump.conf(5), SUSE's sysconfig,
 * kdump-tools). */
#ifndef AFTERIMAGECTL_KDUMPCONF_H
#define AFTERIMAGECTL_KDUMPCONF_H

#include "conf/conf.h"

/* Read the one that is there into *c; each line is told with what became of it, and the result
 * printed as an afterimage.conf. 0; -ENOENT: there is none, told. */
int kdumpconf_read(struct conf *c);

#endif
