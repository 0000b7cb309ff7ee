/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A hostile extent map: what is read of it stays within what it promises, and opens nothing without
 * stamps. */
#include <stdlib.h>
#include <string.h>

#include "dump/disk/disk_sink.h"
#include "dump/disk/extent_map.h"
#include "fake/memdisk.h"

#define AREA_AT (64u << 10)

static const struct target target = { .kind = TARGET_DISK, .in_file = true, .uuid = { 1, 2, 3 } };

/* Is there a map to go by? */
static bool check(const u8 *text, size_t size)
{
	static struct extent e[AREA_MAX_EXTENTS];
	char reason[DISK_REASON_MAX] = "";
	int n;

	extent_map_set((pa_t)text, size);
	n = extent_map_read(target.uuid, e, reason);
	if (!n || n > (int)AREA_MAX_EXTENTS || (n < 0) != (reason[0] != '\0'))
		abort();
	for (int i = 0; i < n; i++)
		if ((e[i].start | e[i].length) % AREA_BLOCK || e[i].length <= AREA_BLOCK ||
		    e[i].start + e[i].length < e[i].start)
			abort();
	return n > 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config cfg = { .stall_s = 300 };
	char reason[DISK_REASON_MAX] = "";
	struct memdisk *d;
	struct sink *sink;
	u8 *text = malloc(size); /* no byte behind it */

	memcpy(text, data, size);
	if (check(text, size)) {
		memdisk_clear();
		d = memdisk_add(2 << 20, 512);
		memdisk_format(d, AREA_AT, 1 << 20, 1);
		disk_sink_set_probe(memdisk_probe);
		if (!disk_sink_open(&sink, &cfg, &target, 9000, 1, false, reason))
			sink->ops->finish(sink, -EIO);
		else if (!reason[0])
			abort();
		if (d->live || d->n_ops)
			abort();
	}
	free(text);
	return 0;
}
