// SPDX-License-Identifier: GPL-2.0-or-later
// How large a dump of this machine is, by /proc/meminfo and the level.
#include "load/estimate.h"

#include <string.h>

#include "host/machine.h"

#define LOG_BYTES (16 * MIB) /* of a dump that is the log, and of what stands beside another */

static bool log_only(const struct conf *c)
{
	return !strcmp(c->format, "dmesg");
}

u64 estimate_now(const struct conf *c)
{
	unsigned int level = *c->level                  ? (unsigned int)conf_bytes(c->level, 0)
			     : strcmp(c->format, "elf") ? 31
							: 0;
	u64 all = machine_meminfo("MemTotal"), out = 0;

	if (log_only(c))
		return LOG_BYTES;
	if (level & 2)
		out += machine_meminfo("Cached") + machine_meminfo("Buffers") -
		       machine_meminfo("Shmem");
	if (level & 8)
		out += machine_meminfo("AnonPages");
	if (level & 16)
		out += machine_meminfo("MemFree");
	return all > out ? all - out : 0;
}

u64 estimate_room(const struct conf *c)
{
	u64 all = machine_meminfo("MemTotal"), room = MAX(2 * estimate_now(c), all / 8);

	if (log_only(c))
		return 2 * LOG_BYTES;
	return MIN(room, all) + all / 64 + 2 * LOG_BYTES; /* kdump has 24 bytes a page, and bitmaps */
}
