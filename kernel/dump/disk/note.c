/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One more section in a dump area, after all else has failed or is done. */
#include "dump/disk/note.h"

#include <string.h>

#include "log.h"

#define WRITER_KERNEL 1u

static int write_blocks(const struct disk_area *a, u64 logical, const void *from, u32 len)
{
	struct blk_seg seg = { .pa = (pa_t)from, .len = len };

	return blk_write(a->dev, a->start + logical, &seg, 1);
}

/* The slot of the failure section; NULL where others leave no room for it. */
static struct area_section *make_room(struct area_header *h, u64 offset, u64 len)
{
	struct area_section *slot = NULL;

	for (u32 i = 0; i < h->section_count; i++) {
		struct area_section *s = &h->section[i];

		if (s->type == AREA_SECTION_FAILURE)
			slot = s;
		else if (ranges_overlap(offset, len, s->offset, s->length))
			return NULL;
	}
	if (!slot && h->section_count < AREA_MAX_SECTIONS)
		slot = &h->section[h->section_count++];
	return slot;
}

/* Text first, then the header that speaks of it, into the copy that does not count. */
static int write_note(const struct disk_area *a, struct area_header *h, u8 *block, u64 offset, u32 len)
{
	const struct blkdev_ops *ops = a->dev->ops;
	int err = write_blocks(a, offset, block, (u32)ALIGN_UP(len, AREA_BLOCK));

	h->sequence = a->sequence + 1;
	h->writer = WRITER_KERNEL;
	area_header_seal(h);
	if (!err)
		err = ops->flush(a->dev);
	if (!err)
		err = write_blocks(a, !a->current * AREA_BLOCK, h, AREA_BLOCK);
	return err ? err : ops->flush(a->dev);
}

int disk_note(disk_probe_fn probe, const struct target *t, const char *text, u32 len, bool ours, u8 *scratch,
              char reason[DISK_REASON_MAX])
{
	u64 room = ALIGN_UP(MIN(len, DISK_NOTE_MAX), AREA_BLOCK), offset;
	struct area_section *slot = NULL;
	struct area_header *h;
	struct disk_area a;
	int err = disk_area_open(probe, t, &a, scratch, reason);

	if (err)
		return err;
	len = MIN(len, DISK_NOTE_MAX);
	offset = a.size - room; /* AREA_MIN_BYTES is far more */
	h = (struct area_header *)(scratch + (1 + a.current) * AREA_BLOCK);
	if (a.state == AREA_COMPLETE && !ours) {
		format(reason, DISK_REASON_MAX, "holds a complete dump: left as it is");
		err = -EEXIST;
	} else {
		slot = make_room(h, offset, room);
	}
	if (slot) {
		*slot = (struct area_section){ .type = AREA_SECTION_FAILURE,
			                       .flags = AREA_SECTION_WHOLE,
			                       .offset = offset,
			                       .length = len };
		memset(scratch + DISK_SCRATCH, 0, DISK_NOTE_MAX);
		memcpy(scratch + DISK_SCRATCH, text, len);
		err = write_note(&a, h, scratch + DISK_SCRATCH, offset, len);
		if (err)
			format(reason, DISK_REASON_MAX, "%s: cannot write: error %d", a.dev->name, -err);
	} else if (!err) {
		format(reason, DISK_REASON_MAX, "no room behind the dump");
		err = -ENOSPC;
	}
	a.dev->ops->release(a.dev);
	return err;
}
