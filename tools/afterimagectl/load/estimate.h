/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How large a dump of this machine is. */
#ifndef AFTERIMAGECTL_ESTIMATE_H
#define AFTERIMAGECTL_ESTIMATE_H

#include "conf/conf.h"

/* About what a dump now would be, without compression, in bytes: what the level's bits leave of RAM. */
u64 estimate_now(const struct conf *c);

/* What an area should have for whatever the machine will be doing: twice that, an eighth of RAM at least
 * and all of it at most, and the container's own tables. */
u64 estimate_room(const struct conf *c);

#endif
