/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The disk sink, and the note of a failure, on an area whose stamp and headers hold arbitrary fields under right
 * checksums: it writes inside the area or not at all. */
#include <stdlib.h>
#include <string.h>

#include "dump/disk/disk_sink.h"
#include "fake/memdisk.h"

#define DISK_BYTES (1200u << 10)
#define FIELDS     72u /* in front of the reserved bytes and the sections */

static const struct target target = { .kind = TARGET_DISK, .uuid = { 1, 2, 3 } };

static void overlay(void *block, size_t n, const u8 **data, size_t *size)
{
	n = MIN(n, *size);
	for (size_t i = 0; i < n; i++)
		((u8 *)block)[i] ^= (*data)[i];
	*data += n;
	*size -= n;
}

/* One disk for all runs; what its area says of itself is new in each. */
static struct memdisk *fresh_disk(void)
{
	static u8 empty[3 * AREA_BLOCK];
	struct memdisk *d = memdisk;

	if (!d->mem) {
		memdisk_add(DISK_BYTES, 512);
		memdisk_format(d, 0, 1 << 20, 1);
		memcpy(empty, d->mem, sizeof(empty));
	}
	memdisk_forget(d);
	memcpy(d->mem, empty, sizeof(empty));
	return d;
}

static void check_writes(const struct memdisk *d, const struct area_stamp *s)
{
	for (unsigned int i = 0; i < d->n_ops; i++)
		if (d->ops[i].len && (d->ops[i].off < AREA_BLOCK ||
				      d->ops[i].off + d->ops[i].len > AREA_BLOCK + s->area_size))
			abort();
}

/* The area is as it was, or it says why. */
static void note(const struct memdisk *d, const struct area_header h[2], bool ours)
{
	static const char text[] = "afterimage 0.1.0 crash=1 release=6.1.0 failures=1\n";
	const struct area_stamp *s = (const struct area_stamp *)d->mem;
	const struct area_section *last;
	char reason[DISK_REASON_MAX] = "";
	int err = disk_sink_note(&target, text, sizeof(text) - 1, ours, reason), now;

	if (d->live || !err == !!reason[0])
		abort();
	check_writes(d, s);
	if (err)
		return;
	now = area_header_pick(h, s);
	if (now < 0 || !h[now].section_count)
		abort();
	last = &h[now].section[h[now].section_count - 1];
	if (last->type != AREA_SECTION_FAILURE || last->length != sizeof(text) - 1)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static u8 ram[8192] ALIGNED(4096);
	struct config cfg = { .stall_s = 300 };
	char reason[DISK_REASON_MAX];
	struct memdisk *d;
	struct area_stamp *s;
	struct area_header *h;
	struct sink *sink;
	u8 what;

	if (size < 1)
		return 0;
	cfg.overwrite = data[0] & 1;
	what = data[0];
	data++;
	size--;
	d = fresh_disk();
	s = (struct area_stamp *)d->mem;
	h = (struct area_header *)(d->mem + AREA_BLOCK);
	h[1] = h[0];
	overlay(s, FIELDS, &data, &size);
	overlay(&h[0], FIELDS + 96, &data, &size);
	overlay(&h[1], FIELDS + 96, &data, &size);
	area_stamp_seal(s);
	area_header_seal(&h[0]);
	area_header_seal(&h[1]);
	disk_sink_set_probe(memdisk_probe);
	if (what & 2) {
		note(d, h, what & 1);
		return 0;
	}
	if (disk_sink_open(&sink, &cfg, &target, 9000, 1, false, reason)) {
		if (d->n_ops || d->live || !reason[0])
			abort();
		return 0;
	}
	if (disk_sink_section(sink, AREA_SECTION_VMCORE, 9000) ||
	    sink->ops->write(sink, 8192, ram, 808) ||
	    sink->ops->write_span(sink, 0, (pa_t)ram, 8192) || sink->ops->finish(sink, 0) ||
	    d->live)
		abort();
	check_writes(d, s);
	if (area_stamp_check(s, DISK_BYTES) || area_header_pick(h, s) < 0 ||
	    h[area_header_pick(h, s)].state != AREA_COMPLETE)
		abort();
	return 0;
}
