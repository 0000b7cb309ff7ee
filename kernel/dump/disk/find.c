/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The search for a dump area: all disks are seen before one is trusted (docs/area-format.md). */
#include "dump/disk/find.h"

#include <string.h>

#include "dump/disk/extents.h"
#include "dump/disk/partition.h"
#include "log.h"

/* A stamp with the right UUID, wherever it was seen. */
struct place {
	char disk[sizeof(((struct blkdev *)0)->name)];
	u64 start; /* of the stamp on that disk */
	u64 room;  /* from there to the end of the partition */
};

struct search {
	const u8 *uuid;
	unsigned int n_map;       /* extents in the map; 0: the area is searched for */
	struct area_stamp *stamp; /* scratch */
	struct blkdev *dev;       /* the disk that is being looked at, or that was opened */
	unsigned int disks;
	unsigned int unread; /* places where a stamp may be and that could not be read */
	unsigned int areas;
	struct place area[2]; /* more are counted only */
	int damage;           /* what was wrong with the last unusable stamp of that UUID */
	struct place damaged;
};

static struct extent map[AREA_MAX_EXTENTS] OVERLAY(disk);

_Static_assert(DISK_REASON_MAX == EXTENT_REASON_MAX, "the map's reasons are handed on");

static int read_blocks(struct blkdev *d, u64 off, void *buf, u32 len)
{
	struct blk_seg seg = { .pa = (pa_t)buf, .len = len };

	return d->ops->read(d, off, &seg, 1);
}

static int read_disk(void *ctx, u64 off, void *buf, u32 len)
{
	return read_blocks(((struct search *)ctx)->dev, off, buf, len);
}

static void place_set(struct place *p, const struct blkdev *d, u64 start, u64 room)
{
	memcpy(p->disk, d->name, sizeof(p->disk));
	p->start = start;
	p->room = room;
}

/* Is there a stamp at the start of this partition? */
static int look_at(void *ctx, u64 start, u64 len)
{
	struct search *s = ctx;
	int rc;

	if (start % BLK_UNIT || len < DISK_SCRATCH) {
		log_debug("%s: partition at byte %llu, %llu bytes: not looked at", s->dev->name,
			  start, len);
		return 0;
	}
	rc = read_blocks(s->dev, start, s->stamp, AREA_BLOCK);
	if (rc) { /* one bad sector costs this partition, a device that is gone costs the disk */
		s->unread++;
		return rc == -EIO ? 0 : rc;
	}
	rc = area_stamp_check(s->stamp, len);
	if (rc == -ENODATA)
		return 0;
	if (rc == -EBADMSG || memcmp(s->stamp->uuid, s->uuid, sizeof(s->stamp->uuid)) == 0) {
		if (rc) { /* the damage may be in the UUID, too */
			s->damage = rc;
			place_set(&s->damaged, s->dev, start, len);
		} else {
			if (s->areas < ARRAY_SIZE(s->area))
				place_set(&s->area[s->areas], s->dev, start, len);
			s->areas++;
		}
	}
	/* The whole disk is an area: a partition table that is still there would lead into dumps.
	 */
	return start == 0;
}

static bool is_inside(const struct blkdev *d, const struct extent *e)
{
	return e->start <= d->size && e->length <= d->size - e->start;
}

static int look_at_disk(struct blkdev *d, void *ctx)
{
	struct search *s = ctx;
	int rc;

	s->dev = d;
	s->disks++;
	if (!s->n_map)
		rc = partition_each(read_disk, d->size, d->sector_bytes, look_at, s);
	else if (is_inside(d, &map[0]))
		rc = look_at(s, map[0].start, map[0].length);
	else
		rc = 0;
	if (rc == -ETIME)
		return rc;
	if (rc < 0)
		log_info("%s: not searched to the end: error %d", d->name, rc);
	return 0;
}

static int reopen_disk(struct blkdev *d, void *ctx)
{
	struct search *s = ctx;

	if (strcmp(d->name, s->area[0].disk))
		return 0;
	s->dev = d;
	return 1;
}

/* The verdict of the search, and its words. */
static int judge(const struct search *s, char reason[DISK_REASON_MAX])
{
	if (s->areas == 1)
		return 0;
	if (s->areas > 1)
		format(reason, DISK_REASON_MAX,
		       "%u areas with this UUID: %s byte %llu, %s byte %llu", s->areas,
		       s->area[0].disk, s->area[0].start, s->area[1].disk, s->area[1].start);
	else if (s->damage)
		format(reason, DISK_REASON_MAX, "stamp on %s byte %llu %s", s->damaged.disk,
		       s->damaged.start,
		       s->damage == -EPROTONOSUPPORT ? "is of a newer format" : "is damaged");
	else if (s->n_map)
		format(reason, DISK_REASON_MAX,
		       "the file does not begin at byte %llu of any of %u disks, %u not readable", map[0].start,
		       s->disks, s->unread);
	else
		format(reason, DISK_REASON_MAX, "no such dump area on %u disks, %u places not readable",
		       s->disks, s->unread);
	return s->areas ? -EEXIST : s->damage ? s->damage : -ENODEV;
}

/* Is every extent that the map names one of this area, and none left out? Before a byte is written. */
static int check_extents(struct search *s, char reason[DISK_REASON_MAX])
{
	u64 size = s->stamp->area_size, logical = 0;

	for (u32 i = 0; i < s->n_map; i++) {
		const struct area_stamp *t = s->stamp;
		int rc = is_inside(s->dev, &map[i]) ? 0 : -ENXIO;

		if (!rc)
			rc = read_blocks(s->dev, map[i].start, s->stamp, AREA_BLOCK);
		if (!rc)
			rc = area_stamp_check(t, map[i].length);
		if (rc || memcmp(t->uuid, s->uuid, sizeof(t->uuid)) || t->extent_no != i ||
		    t->extent_count != s->n_map || t->logical_off != logical || t->area_size != size ||
		    t->length != map[i].length - AREA_BLOCK) {
			format(reason, DISK_REASON_MAX,
			       "%s byte %llu is not extent %u of %u of the file: error %d", s->dev->name,
			       map[i].start, i + 1, s->n_map, -rc);
			return rc ? rc : -ESTALE;
		}
		logical += t->length;
	}
	if (logical == size)
		return 0;
	format(reason, DISK_REASON_MAX, "%s: the file's extents are not all in the map", s->dev->name);
	return -ESTALE;
}

/* The headers, each by itself: a bad sector in one copy leaves the other. Of a copy that cannot be
 * read zeros; returns whether there is one, or an error. */
static int read_headers(struct search *s, const struct disk_area *a)
{
	int rc = 0, unread = 0;

	for (unsigned int i = 0; i < 2 && !rc; i++) {
		rc = read_blocks(a->dev, a->start + i * AREA_BLOCK, s->stamp + 1 + i, AREA_BLOCK);
		if (rc == -EIO) {
			log_info("%s: copy %u of the area's header cannot be read", a->dev->name, i);
			memset(s->stamp + 1 + i, 0, AREA_BLOCK);
			unread = 1;
			rc = 0;
		}
	}
	return rc ? rc : unread;
}

/* The stamps on the opened disk once more, and where the logical space is. */
static int area_place(struct search *s, struct disk_area *a, char reason[DISK_REASON_MAX])
{
	const struct place *p = &s->area[0];
	int rc = read_blocks(s->dev, p->start, s->stamp, AREA_BLOCK);

	if (rc) {
		format(reason, DISK_REASON_MAX, "%s: cannot read the area's stamp: error %d", p->disk, -rc);
		return rc;
	}
	if (area_stamp_check(s->stamp, p->room) || memcmp(s->stamp->uuid, s->uuid, sizeof(a->uuid))) {
		format(reason, DISK_REASON_MAX, "%s: the stamp changed while we looked", p->disk);
		return -ESTALE;
	}
	if (!s->n_map && s->stamp->extent_count != 1) {
		format(reason, DISK_REASON_MAX, "%s: area of %u extents: a file's, see target file:", p->disk,
		       s->stamp->extent_count);
		return -EPROTONOSUPPORT;
	}
	if (s->dev->read_only) {
		format(reason, DISK_REASON_MAX, "%s is read-only", p->disk);
		return -EROFS;
	}
	*a = (struct disk_area){ .dev = s->dev, .start = p->start + AREA_BLOCK, .size = s->stamp->area_size };
	if (!s->n_map)
		return 0;
	rc = check_extents(s, reason);
	a->dev = extents_open(s->dev, map, s->n_map, a->size);
	a->start = 0;
	return rc;
}

/* The area on the opened disk, now for use. */
static int area_read(struct search *s, struct disk_area *a, char reason[DISK_REASON_MAX])
{
	const struct area_header *h = (const struct area_header *)(s->stamp + 1);
	int rc = area_place(s, a, reason), unread;

	if (rc)
		return rc;
	unread = read_headers(s, a);
	if (unread < 0) {
		format(reason, DISK_REASON_MAX, "%s: cannot read the area's headers: error %d",
		       a->dev->name, unread);
		return unread;
	}
	rc = area_header_pick(h, s->stamp);
	if (rc < 0 || h[rc].sequence == ~0ull) {
		format(reason, DISK_REASON_MAX, "%s: the area's headers are damaged", a->dev->name);
		return -EBADMSG;
	}
	a->current = (unsigned int)rc;
	a->sequence = h[rc].sequence;
	a->state = h[rc].state;
	a->time = h[rc].time;
	if (unread && a->state == AREA_IN_PROGRESS) /* 'complete' would have come next */
		a->state = AREA_COMPLETE;
	memcpy(a->uuid, s->uuid, sizeof(a->uuid));
	return 0;
}

int disk_area_open(disk_probe_fn probe, const struct target *t, struct disk_area *a, u8 *scratch,
		   char reason[DISK_REASON_MAX])
{
	struct search s = { .uuid = t->uuid, .stamp = (struct area_stamp *)scratch };
	int rc = t->in_file ? extent_map_read(t->uuid, map, reason) : 0;

	if (rc < 0)
		return rc;
	s.n_map = (unsigned int)rc;
	rc = probe(look_at_disk, &s);
	if (rc) {
		format(reason, DISK_REASON_MAX, "time was over while searching %u disks", s.disks);
		return rc;
	}
	rc = judge(&s, reason);
	if (rc)
		return rc;
	rc = probe(reopen_disk, &s);
	if (rc <= 0) {
		format(reason, DISK_REASON_MAX, "%s did not come up again", s.area[0].disk);
		return rc ? rc : -ENODEV;
	}
	rc = area_read(&s, a, reason);
	if (rc)
		s.dev->ops->release(s.dev);
	return rc;
}
