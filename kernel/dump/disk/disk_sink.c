/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The disk sink: gathers a container's bytes and spans into large device writes and keeps the
 * area's header truthful at every moment (docs/area-format.md). */
#include "dump/disk/disk_sink.h"

#include <string.h>

#include "clock.h"
#include "dump/disk/settled.h"
#include "log.h"

/* Together as much as the overlay has. One half is filled while the disk fetches the other. */
#ifdef SMALL_IMAGE
#define HALF_BYTES (32 * KIB) /* copied bytes that one device write can hold */
#else
#define HALF_BYTES (44 * KIB)
#endif
#define STAGE_BYTES (2 * HALF_BYTES)
#define LATER_BYTES (32 * KIB) /* that wait for a flush: kdump's bitmap of 1 GiB */
#define BATCH_BYTES (8 * MIB)  /* of one device write; larger is no faster */
#define BATCH_FIRST (128 * KIB) /* until the disk has shown that it is quick: a command has 30 s */
#define QUICK_US    (1 * SEC)   /* waited for a device write; the next one may be twice as large */
#define SLOW_US     (4 * SEC)   /* half as large */
#define BATCH_SEGS  128u
#define HEADER_US (10 * SEC) /* a power cut loses no more of what the header knows */

#define WRITER_KERNEL 1u

/* A device write being gathered: one stretch of the container, made of old RAM by reference and of
 * blocks of the staging buffer, in any mixture. Whole blocks; `start` and `end` are what is new. */
struct batch {
	u64 start, end;
	unsigned int n;
	struct blk_seg seg[BATCH_SEGS];
	u32 staged; /* bytes of its half of the staging buffer taken */
};

/* One that the device is writing. */
struct flight {
	bool on;
	u64 start, end;
};

static struct disk_sink {
	struct sink sink;
	struct disk_area area;
	struct area_section section[AREA_MAX_SECTIONS];
	unsigned int n_section; /* the last one is being written: offsets count from its start */
	u64 crash_time;
	u64 later_off; /* of it: where the first byte of later[] belongs, and how many there are */
	u32 later_n;
	struct settled settled;
	u64 header_us; /* when the header was last written */
	u64 batch_max; /* bytes of a device write, from BATCH_FIRST to BATCH_BYTES */
	struct flight flight;
	bool upper; /* half of the staging buffer: the batch's; the other one is in flight, or free */
	bool broken; /* does not answer, or has lost what it had taken: leave it alone but for the reset */
	struct batch batch;
} disk_sink;

static u8 stage[STAGE_BYTES] ALIGNED(4096) OVERLAY(disk);
static u8 later[LATER_BYTES] OVERLAY(disk);
static disk_probe_fn disk_probe;

_Static_assert(DISK_NOTE_SCRATCH <= STAGE_BYTES, "the search and the note borrow the staging buffer");

static struct disk_sink *of_sink(struct sink *s)
{
	return (struct disk_sink *)s;
}
_Static_assert(offsetof(struct disk_sink, sink) == 0, "of_sink");

/* Nothing goes on from here: what was gathered would come behind a gap. */
static int failed(struct disk_sink *k, int err, const char *what)
{
	k->broken |= err != -EIO;
	k->batch.n = 0;
	k->batch.staged = 0;
	if (!k->sink.reason[0])
		format(k->sink.reason, sizeof(k->sink.reason),
		       "%s: %s: error %d, %llu bytes written", k->area.dev->name, what, -err,
		       k->sink.settled);
	return err;
}

static struct area_section *section_now(struct disk_sink *k)
{
	return &k->section[k->n_section - 1];
}

/* One block of ours at a logical offset of the area. */
static int write_block(struct disk_sink *k, u64 logical, const void *block)
{
	struct blkdev *d = k->area.dev;
	struct blk_seg seg = { .pa = (pa_t)block, .len = AREA_BLOCK };

	return blk_write(d, k->area.start + logical, &seg, 1);
}

/* A flush that failed has dropped nobody knows what, and the next one would succeed (ACS-4, 7.10.4): the
 * header that is there is the last one that can be true. */
static int medium_flush(struct disk_sink *k)
{
	int err = k->area.dev->ops->flush(k->area.dev);

	k->broken |= err != 0;
	return err;
}

static void pace(struct disk_sink *k, u64 took_us)
{
	if (took_us < QUICK_US)
		k->batch_max = MIN(2 * k->batch_max, BATCH_BYTES);
	else if (took_us > SLOW_US)
		k->batch_max = MAX(k->batch_max / 2, BATCH_FIRST);
}

/* What is in flight has landed, and counts. */
static int flight_end(struct disk_sink *k)
{
	struct blkdev *d = k->area.dev;
	u64 began = clock_us(); /* as the deadline of a command: what the CPU did before is not the disk's */
	int err;

	if (!k->flight.on)
		return 0;
	err = d->ops->wait(d);
	k->flight.on = false;
	if (err)
		return failed(k, err, "cannot write");
	pace(k, clock_us() - began);
	err = settled_add(&k->settled, k->flight.start, k->flight.end);
	k->sink.settled = k->settled.bytes;
	section_now(k)->length = MAX(section_now(k)->length, k->settled.high);
	return err ? failed(k, err, "stalled") : 0;
}

/* The next header: into the copy that does not count, so that a cut leaves the other one. The flush
 * before makes what it says true, the flush behind makes it last. */
static int write_header(struct disk_sink *k, u32 state)
{
	struct area_header *h = (struct area_header *)(stage + (k->upper ? 0 : HALF_BYTES));
	int err = flight_end(k);

	if (err)
		return err;
	err = medium_flush(k);
	memset(h, 0, sizeof(*h));
	memcpy(h->magic, AREA_HEADER_MAGIC, sizeof(h->magic));
	memcpy(h->uuid, k->area.uuid, sizeof(h->uuid));
	h->version = AREA_VERSION;
	h->sequence = k->area.sequence + 1;
	h->state = state;
	h->section_count = k->n_section;
	memcpy(h->section, k->section, k->n_section * sizeof(k->section[0]));
	h->time = k->crash_time;
	h->settled = k->sink.settled;
	h->writer = WRITER_KERNEL;
	area_header_seal(h);
	if (!err)
		err = write_block(k, !k->area.current * AREA_BLOCK, h);
	if (!err)
		err = medium_flush(k);
	if (err)
		return failed(k, err, "cannot write the area's header");
	k->area.current = !k->area.current;
	k->area.sequence++;
	k->header_us = clock_us();
	return 0;
}

static u64 batch_bytes(const struct batch *b)
{
	return b->end - ALIGN_DOWN(b->start, AREA_BLOCK);
}

/* Give it to the device, which may take its time while the next one is gathered. */
static int batch_flush(struct disk_sink *k)
{
	struct batch *b = &k->batch;
	struct blkdev *d = k->area.dev;
	int err;

	if (!b->n)
		return 0; /* perhaps there is no section yet */
	err = flight_end(k);
	if (!err && clock_us() - k->header_us > HEADER_US)
		err = write_header(k, AREA_IN_PROGRESS);
	if (err)
		return err;
	k->flight = (struct flight){ .on = true, .start = b->start, .end = b->end };
	err = d->ops->write_begin(d, k->area.start + section_now(k)->offset + ALIGN_DOWN(b->start, AREA_BLOCK),
				  b->seg, b->n);
	b->n = 0;
	b->staged = 0;
	k->upper = !k->upper;
	if (err) {
		k->flight.on = false;
		return failed(k, err, "cannot write");
	}
	return 0;
}

/* All that was gathered is with the device. */
static int batch_settle(struct disk_sink *k)
{
	int err = batch_flush(k);

	return err ? err : flight_end(k);
}

static void batch_add(struct batch *b, pa_t pa, u64 len)
{
	struct blk_seg *last = b->n ? &b->seg[b->n - 1] : NULL;

	if (last && last->pa + last->len == pa)
		last->len += len;
	else
		b->seg[b->n++] = (struct blk_seg){ .pa = pa, .len = len };
}

static u8 *staged_to(const struct disk_sink *k)
{
	return stage + (k->upper ? HALF_BYTES : 0) + k->batch.staged;
}

/* Take a block of the staging buffer for the container's block that holds the batch's end. Unless
 * all of it is about to be written, it begins as what the medium has there: zeros behind our last
 * byte. */
static int batch_stage(struct disk_sink *k, bool whole)
{
	struct batch *b = &k->batch;
	struct blkdev *d = k->area.dev;
	u64 off = ALIGN_DOWN(b->end, AREA_BLOCK);
	u8 *block = staged_to(k);
	struct blk_seg seg = { .pa = (pa_t)block, .len = AREA_BLOCK };
	int err = whole ? 0 : flight_end(k);

	if (err)
		return err;
	if (!whole && off < k->settled.high)
		err = d->ops->read(d, k->area.start + section_now(k)->offset + off, &seg, 1);
	else if (!whole)
		memset(block, 0, AREA_BLOCK);
	if (err)
		return failed(k, err, "cannot read back");
	b->staged += AREA_BLOCK;
	batch_add(b, seg.pa, seg.len);
	return 0;
}

/* Make the batch one that can go on at container offset off. */
static int batch_at(struct disk_sink *k, u64 off)
{
	struct batch *b = &k->batch;
	bool full = b->n == BATCH_SEGS || b->staged == HALF_BYTES || batch_bytes(b) >= k->batch_max;
	int err = 0;

	if (off != b->end || (full && off % AREA_BLOCK == 0))
		err = batch_flush(k);
	if (err || b->n)
		return err;
	b->start = off;
	b->end = off;
	return off % AREA_BLOCK ? batch_stage(k, false) : 0;
}

static int check_room(struct disk_sink *k, u64 off, u64 len)
{
	u64 room = k->area.size - section_now(k)->offset;

	if (off <= room && len <= room - off)
		return 0;
	format(k->sink.reason, sizeof(k->sink.reason),
	       "the dump outgrew the area of %llu bytes on %s", k->area.size, k->area.dev->name);
	return -ENOSPC;
}

static int disk_write(struct sink *s, u64 off, const void *buf, u32 len)
{
	struct disk_sink *k = of_sink(s);
	struct batch *b = &k->batch;
	const u8 *from = buf;
	int err = check_room(k, off, len);

	while (len && !err) {
		u32 at = off % AREA_BLOCK, n = MIN(len, AREA_BLOCK - at);

		err = batch_at(k, off);
		if (!err && !at)
			err = batch_stage(k, n == AREA_BLOCK);
		if (err)
			break;
		memcpy(staged_to(k) - AREA_BLOCK + at, from, n);
		from += n;
		len -= n;
		off += n;
		b->end = off;
		s->accepted += n;
	}
	return err;
}

static int disk_write_span(struct sink *s, u64 off, pa_t pa, u64 len)
{
	struct disk_sink *k = of_sink(s);
	int err = check_room(k, off, len);

	if (!err && (off | pa | len) % AREA_BLOCK)
		err = failed(k, -EINVAL, "span not in whole blocks");
	while (len && !err) {
		u64 n;

		err = batch_at(k, off);
		if (err)
			break;
		n = MIN(len, k->batch_max - batch_bytes(&k->batch));
		batch_add(&k->batch, pa, n);
		pa += n;
		len -= n;
		off += n;
		k->batch.end = off;
		s->accepted += n;
	}
	return err;
}

/* What was written so far to the medium; then what had to wait for that, as any other write. */
static int later_flush(struct disk_sink *k)
{
	u32 n = k->later_n;
	int err = n ? batch_settle(k) : 0;

	k->later_n = 0;
	if (n && !err) {
		err = medium_flush(k);
		if (err)
			return failed(k, err, "cannot flush");
		err = disk_write(&k->sink, k->later_off, later, n);
	}
	return err;
}

static int disk_write_later(struct sink *s, u64 off, const void *buf, u32 len)
{
	struct disk_sink *k = of_sink(s);
	bool fits = off == k->later_off + k->later_n && len <= LATER_BYTES - k->later_n;
	int err = k->later_n && !fits ? later_flush(k) : 0;

	if (!err && len > LATER_BYTES)
		err = failed(k, -EINVAL, "too much to wait for a flush");
	if (err)
		return err;
	if (!k->later_n)
		k->later_off = off;
	memcpy(later + k->later_n, buf, len);
	k->later_n += len;
	return 0;
}

static void section_close(struct disk_sink *k)
{
	section_now(k)->length = k->settled.high;
	section_now(k)->flags = AREA_SECTION_WHOLE;
}

static int section_end(struct disk_sink *k)
{
	int err = later_flush(k);

	if (!err)
		err = batch_settle(k);
	if (!err)
		section_close(k);
	return err;
}

/* What the place held before must not be taken for the beginning of this section: its first block is
 * cleared before a header speaks of it, and no header speaks of older sections while that is done. */
int disk_sink_section(struct sink *s, enum area_section_type type, u64 planned)
{
	struct disk_sink *k = of_sink(s);
	u64 offset = AREA_DATA_OFF;
	int err = k->n_section ? section_end(k) : write_header(k, AREA_IN_PROGRESS);

	if (err)
		return err;
	if (k->n_section)
		offset = section_now(k)->offset + ALIGN_UP(k->settled.high, AREA_BLOCK);
	if (offset < k->area.size) {
		memset(stage, 0, AREA_BLOCK);
		err = write_block(k, offset, stage);
	}
	if (err)
		return failed(k, err, "cannot write");
	k->section[k->n_section++] =
		(struct area_section){ .type = type, .offset = offset, .length = planned };
	settled_section(&k->settled);
	k->batch.start = 0;
	k->batch.end = 0;
	return write_header(k, AREA_IN_PROGRESS);
}

u64 disk_sink_room(const struct sink *s)
{
	const struct disk_sink *k = (const struct disk_sink *)s;

	return k->area.size - AREA_DATA_OFF;
}

static int disk_finish(struct sink *s, int status)
{
	struct disk_sink *k = of_sink(s);
	struct blkdev *d = k->area.dev;
	int err;
	u32 state;

	k->broken |= status == -ECANCELED;
	err = k->broken ? -EIO : later_flush(k);
	if (!err)
		err = batch_settle(k);
	state = status || err || !k->n_section ? AREA_IN_PROGRESS : AREA_COMPLETE;
	if (state == AREA_COMPLETE)
		section_close(k);
	/* An incomplete dump's header says at least how much of it there is. */
	if (!k->broken && k->n_section) {
		int bad = write_header(k, state);

		err = err ? err : bad;
	}
	d->ops->release(d);
	return status ? status : err;
}

static const struct sink_ops disk_ops = { .write = disk_write,
					  .write_span = disk_write_span,
					  .write_later = disk_write_later,
					  .finish = disk_finish };

/* Unix seconds as "YYYY-MM-DDTHH:MM:SSZ". Years of 365.2425 days from March on, days counted from
 * 0000-03-01. */
static void format_utc(u64 t, char out[32])
{
	u64 days = MIN(t / 86400, (u64)2932896) + 719468, s = t % 86400; /* to the end of 9999 */
	u64 era = days / 146097, doe = days % 146097;
	u64 yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	u64 doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	u64 mp = (5 * doy + 2) / 153;
	u64 month = mp < 10 ? mp + 3 : mp - 9;

	if (t)
		format(out, 32, "%04llu-%02llu-%02lluT%02llu:%02llu:%02lluZ",
		       era * 400 + yoe + (month <= 2), month, doy - (153 * mp + 2) / 5 + 1,
		       s / 3600, s / 60 % 60, s % 60);
	else
		format(out, 32, "unknown time");
}

void disk_sink_set_probe(disk_probe_fn probe)
{
	disk_probe = probe;
}

int disk_sink_note(const struct target *t, const char *text, u32 len, bool ours, char reason[DISK_REASON_MAX])
{
	return disk_note(disk_probe, t, text, len, ours, stage, reason);
}

int disk_sink_open(struct sink **out, const struct config *cfg, const struct target *t,
		   u64 dump_bytes, u64 crash_time, bool copy_mode, char reason[DISK_REASON_MAX])
{
	struct disk_sink *k = &disk_sink;
	char when[32];
	int err;

	memset(k, 0, sizeof(*k));
	err = disk_area_open(disk_probe, t, &k->area, stage, reason);
	if (err)
		return err;
	if (k->area.state == AREA_COMPLETE && !cfg->overwrite) {
		format_utc(k->area.time, when);
		format(reason, DISK_REASON_MAX, "holds dump of %s", when);
		err = -EEXIST;
	} else if (dump_bytes > k->area.size - AREA_DATA_OFF) {
		format(reason, DISK_REASON_MAX, "dump of %llu bytes, area on %s holds %llu",
		       dump_bytes, k->area.dev->name, k->area.size - AREA_DATA_OFF);
		err = -ENOSPC;
	}
	k->sink.ops = &disk_ops;
	k->sink.caps = SINK_SEEK | (copy_mode ? 0 : SINK_TAKES_SPAN);
	k->crash_time = crash_time;
	k->batch_max = BATCH_FIRST;
	settled_begin(&k->settled, cfg->stall_s * SEC);
	if (err) {
		k->area.dev->ops->release(k->area.dev);
		return err;
	}
	*out = &k->sink;
	return 0;
}
