/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The disk sink: which area it takes, what it refuses, what it writes, what it says of errors. */
#include "unit/test.h"

#include "disk_fixture.h"

static bool refused(struct memdisk *d, int err, const char *text)
{
	bool ok = opened(64 * KIB, false) == err && strstr(reason, text) && !d->n_ops && !d->live;

	if (!ok)
		fprintf(stderr, "reason: %s, %u writes, live %d\n", reason, d->n_ops, d->live);
	return ok;
}

TEST(whole_dump_in_a_partition)
{
	struct memdisk *d = fresh();
	static u8 data[100001];
	struct area_header *h;

	for (u32 i = 0; i < sizeof(data); i++)
		data[i] = (u8)rnd(256);
	CHECK_EQ(opened(sizeof(data), false), 0);
	CHECK_EQ(sink->caps, SINK_SEEK | SINK_TAKES_SPAN);
	h = header_of(d, AREA_AT);
	CHECK(h && h->state == AREA_IN_PROGRESS && h->sequence == 3);
	CHECK_EQ(h->section[0].length, sizeof(data));
	for (u32 off = 0; off < sizeof(data); off += 1000)
		CHECK_EQ(
		    sink->ops->write(sink, off, data + off, MIN(1000u, (u32)sizeof(data) - off)),
		    0);
	CHECK_EQ(sink->accepted, sizeof(data));
	CHECK_EQ(sink->ops->finish(sink, 0), 0);
	CHECK_EQ(sink->settled, sizeof(data));
	CHECK(!d->live);
	CHECK(!memcmp(d->mem + DATA_AT(AREA_AT), data, sizeof(data)));
	for (u64 i = sizeof(data); i % AREA_BLOCK; i++)
		CHECK_EQ(d->mem[DATA_AT(AREA_AT) + i], 0);
	h = header_of(d, AREA_AT);
	CHECK(h && h->state == AREA_COMPLETE && h->sequence == 4 && h->time == NEW_TIME);
	CHECK_EQ(h->section_count, 1);
	CHECK_EQ(h->section[0].type, AREA_SECTION_VMCORE);
	CHECK_EQ(h->section[0].flags, AREA_SECTION_WHOLE);
	CHECK_EQ(h->section[0].offset, AREA_DATA_OFF);
	CHECK_EQ(h->section[0].length, sizeof(data));
	CHECK_EQ(h->settled, sizeof(data));
	CHECK_EQ(h->writer, 1);
}

TEST(log_before_the_dump)
{
	struct memdisk *d = fresh();
	static const char log[] = "[    0.000000] Linux version\n";
	static u8 data[9000];
	struct area_header *h;

	memset(data, 0x5a, sizeof(data));
	CHECK_EQ(disk_sink_open(&sink, &cfg, &target, sizeof(data), NEW_TIME, false, reason), 0);
	CHECK(!d->n_ops);
	CHECK_EQ(disk_sink_room(sink), AREA_SIZE - AREA_DATA_OFF);
	CHECK_EQ(disk_sink_section(sink, AREA_SECTION_DMESG, 0), 0);
	CHECK_EQ(sink->ops->write(sink, 0, log, sizeof(log) - 1), 0);
	CHECK_EQ(disk_sink_section(sink, AREA_SECTION_VMCORE, 0), 0);
	h = header_of(d, AREA_AT);
	CHECK(h && h->state == AREA_IN_PROGRESS && h->section_count == 2);
	CHECK(h->section[0].flags == AREA_SECTION_WHOLE && h->section[0].length == sizeof(log) - 1);
	CHECK(!h->section[1].flags && h->section[1].offset == AREA_DATA_OFF + AREA_BLOCK);
	CHECK_EQ(sink->ops->write(sink, 0, data, sizeof(data)), 0);
	CHECK_EQ(sink->ops->write(sink, AREA_SIZE - AREA_DATA_OFF - AREA_BLOCK, data, 1), -ENOSPC);
	CHECK_EQ(sink->ops->write_span(sink, 12288, (pa_t)data & ~4095ull, 0), 0);
	CHECK_EQ(sink->ops->finish(sink, 0), 0);
	h = header_of(d, AREA_AT);
	CHECK(h && h->state == AREA_COMPLETE && h->section[1].flags == AREA_SECTION_WHOLE);
	CHECK_EQ(h->section[1].length, sizeof(data));
	CHECK(!memcmp(d->mem + DATA_AT(AREA_AT), log, sizeof(log) - 1));
	CHECK(!memcmp(d->mem + DATA_AT(AREA_AT) + AREA_BLOCK, data, sizeof(data)));
}

TEST(nothing_begun_nothing_written)
{
	struct memdisk *d = fresh();

	CHECK_EQ(disk_sink_open(&sink, &cfg, &target, 0, NEW_TIME, false, reason), 0);
	CHECK_EQ(sink->ops->finish(sink, -EIO), -EIO);
	CHECK(!d->n_ops && !d->live && header_of(d, AREA_AT)->state == AREA_EMPTY);
}

TEST(header_follows_a_long_dump)
{
	struct memdisk *d = fresh();
	static u8 ram[4096] ALIGNED(4096);

	CHECK_EQ(opened(0, false), 0);
	d->us_per_op = 1000000;
	for (u64 off = 0; off < MIB; off += 8192)
		CHECK_EQ(sink->ops->write(sink, off, ram, sizeof(ram)), 0);
	CHECK(header_of(d, AREA_AT)->state == AREA_IN_PROGRESS);
	CHECK(header_of(d, AREA_AT)->settled > MIB / 4);
	CHECK(header_of(d, AREA_AT)->section[0].length > MIB / 2);
	CHECK_EQ(sink->ops->finish(sink, 0), 0);
}

TEST(whole_disk_area_hides_an_old_partition_table)
{
	struct memdisk *d = fresh();

	memdisk_format(d, 0, 3 * MIB, 1); /* the partition's stamp is now inside this area */
	CHECK_EQ(opened(64 * KIB, true), 0);
	CHECK_EQ(sink->caps, SINK_SEEK);
	CHECK_EQ(sink->ops->finish(sink, 0), 0);
	CHECK(header_of(d, 0)->state == AREA_COMPLETE &&
	      header_of(d, AREA_AT)->state == AREA_EMPTY);
}

TEST(right_area_among_disks)
{
	struct memdisk *a = fresh(), *b = memdisk_add(4 * MIB, 4096),
		       *c = memdisk_add(64 * KIB, 512);

	a->mem[AREA_AT] = 0;
	memdisk_format(b, 0, 3 * MIB, 9);
	CHECK(refused(a, -ENODEV, "no such dump area on 3 disks"));
	memdisk_format(b, 0, 3 * MIB, 1);
	CHECK_EQ(opened(64 * KIB, false), 0);
	CHECK_EQ(sink->ops->finish(sink, -EIO), -EIO);
	CHECK(header_of(b, 0)->state == AREA_IN_PROGRESS);
	CHECK(!a->n_ops && !c->n_ops && !b->live);
}

TEST(what_is_refused)
{
	struct memdisk *d = fresh(), *e;
	struct area_stamp *s;

	d->mem[AREA_AT + 100] ^= 1;
	CHECK(refused(d, -EBADMSG, "stamp on memdisk 0 byte 1048576 is damaged"));

	d = fresh();
	s = (struct area_stamp *)(d->mem + AREA_AT);
	s->feature_incompat = 1;
	area_stamp_seal(s);
	CHECK(refused(d, -EPROTONOSUPPORT, "newer format"));

	d = fresh();
	s = (struct area_stamp *)(d->mem + AREA_AT);
	s->extent_count = 2;
	area_stamp_seal(s);
	CHECK(refused(d, -EPROTONOSUPPORT, "area of 2 extents"));

	d = fresh();
	d->mem[AREA_AT + AREA_BLOCK + 1000] ^= 1;
	CHECK(refused(d, -EBADMSG, "headers are damaged"));

	d = fresh();
	d->blk.read_only = true;
	CHECK(refused(d, -EROFS, "read-only"));

	d = fresh();
	e = memdisk_add(4 * MIB, 512);
	memdisk_format(e, 0, MIB, 1);
	CHECK(refused(d, -EEXIST,
		      "2 areas with this UUID: memdisk 0 byte 1048576, memdisk 1 byte 0"));
	CHECK(!e->n_ops);

	d = fresh();
	CHECK_EQ(opened(AREA_SIZE - AREA_DATA_OFF + 1, false), -ENOSPC);
	CHECK(strstr(reason, "dump of 2031617 bytes, area on memdisk 0 holds 2031616"));
	CHECK(!d->n_ops && !d->live);
	CHECK_EQ(opened(AREA_SIZE - AREA_DATA_OFF, false), 0);

	d = fresh();
	header_of(d, AREA_AT)->sequence = ~0ull;
	area_header_seal((struct area_header *)(d->mem + AREA_AT + AREA_BLOCK));
	CHECK(refused(d, -EBADMSG, "headers are damaged"));
}

TEST(complete_dump_is_kept_unless_told_otherwise)
{
	struct memdisk *d = fresh();

	make_complete(d, AREA_AT, 5000, NEW_TIME);
	CHECK(refused(d, -EEXIST, "holds dump of 2024-05-01T12:51:30Z"));
	make_complete(d, AREA_AT, 5000, 951782400);
	CHECK(refused(d, -EEXIST, "holds dump of 2000-02-29T00:00:00Z"));
	make_complete(d, AREA_AT, 5000, ~0ull);
	CHECK(refused(d, -EEXIST, "holds dump of 9999-12-31T"));
	make_complete(d, AREA_AT, 5000, 0);
	CHECK(refused(d, -EEXIST, "holds dump of unknown time"));
	cfg.overwrite = true;
	CHECK_EQ(opened(64 * KIB, false), 0);
	CHECK(header_of(d, AREA_AT)->state == AREA_IN_PROGRESS);
}

/* Bytes of the data that were written at least once. */
static u64 written(const struct memdisk *d)
{
	static bool seen[AREA_SIZE / AREA_BLOCK];
	u64 n = 0;

	memset(seen, 0, sizeof(seen));
	for (unsigned int i = 0; i < d->n_ops; i++)
		for (u64 at = d->ops[i].off; at < d->ops[i].off + d->ops[i].len; at += AREA_BLOCK)
			if (at >= DATA_AT(AREA_AT))
				seen[(at - DATA_AT(AREA_AT)) / AREA_BLOCK] = true;
	for (u64 i = 0; i < ARRAY_SIZE(seen); i++)
		n += seen[i] ? AREA_BLOCK : 0;
	return n;
}

TEST(any_order_of_writes_and_spans)
{
	static u8 want[1 << 20] ALIGNED(4096), old_ram[1 << 20] ALIGNED(4096);

	for (u32 i = 0; i < sizeof(old_ram); i++)
		old_ram[i] = (u8)rnd(256);
	for (int round = 0; round < 20; round++) {
		struct memdisk *d = fresh();
		u64 whole = 0;

		memcpy(want, d->mem + DATA_AT(AREA_AT), sizeof(want));
		CHECK_EQ(opened(sizeof(want), false), 0);
		for (int i = 0; i < 400; i++) {
			u32 from = rnd(sizeof(want)), len = 1 + rnd(rnd(4) ? 300 : 150000);
			u32 off = rnd(3) ? (u32)whole : rnd(sizeof(want));
			int rc;

			if (off > sizeof(want) / 2 && !rnd(4))
				off = 0;
			if (rnd(3) == 0) { /* a span */
				from = (u32)ALIGN_DOWN(from, 4096);
				off = (u32)ALIGN_DOWN(off, 4096);
				len = (u32)ALIGN_UP(len, 4096);
			}
			len = MIN(len, (u32)sizeof(want) - MAX(off, from));
			if ((off | from | len) % 4096 == 0 && len)
				rc = sink->ops->write_span(sink, off, (pa_t)(old_ram + from), len);
			else
				rc = sink->ops->write(sink, off, old_ram + from, len);
			CHECK_EQ(rc, 0);
			/* Behind the last byte a block is zeros; in between, what was there. */
			if (off + len > whole) {
				u64 end = ALIGN_UP(off + len, 4096), from0 = ALIGN_DOWN(off, 4096);

				from0 = MAX(from0, ALIGN_UP(whole, 4096));
				if (from0 < end)
					memset(want + from0, 0, MIN(end, sizeof(want)) - from0);
				whole = off + len;
			}
			memcpy(want + off, old_ram + from, len);
		}
		CHECK_EQ(sink->ops->finish(sink, 0), 0);
		CHECK(!memcmp(d->mem + DATA_AT(AREA_AT), want, whole));
		CHECK_EQ(header_of(d, AREA_AT)->section[0].length, whole);
		CHECK(sink->settled && sink->settled <= written(d));
	}
}

/* As a container in place does it: headers again at the end, a block that was not full, a gap. */
TEST(what_is_written_again_settles_once)
{
	static u8 ram[65536] ALIGNED(4096);

	fresh();
	CHECK_EQ(opened(0, false), 0);
	CHECK_EQ(sink->ops->write(sink, 0, ram, 20000), 0);
	CHECK_EQ(sink->ops->write(sink, 300000, ram, 5000), 0);
	CHECK_EQ(sink->ops->write(sink, 4096, ram, 8192), 0);
	CHECK_EQ(sink->ops->write(sink, 303104, ram, 6000), 0);
	CHECK_EQ(sink->ops->write(sink, 12288, ram, 40000), 0);
	CHECK_EQ(sink->ops->write(sink, 303104, ram, 6000), 0);
	CHECK_EQ(sink->ops->finish(sink, 0), 0);
	CHECK_EQ(sink->settled, 12288 + 40000 + 303104 + 6000 - 300000);
}

TEST(adjacent_spans_become_large_writes)
{
	static u8 ram[1 << 20] ALIGNED(4096);
	struct memdisk *d;
	u64 total = 64 * MIB;

	fresh();
	memdisk_clear();
	d = memdisk_add(80 * MIB, 512);
	memdisk_format(d, 0, 72 * MIB, 1);
	CHECK_EQ(opened(total + 4096, false), 0);
	CHECK_EQ(sink->ops->write(sink, 0, ram, 4096), 0);
	for (u64 off = 4096; off < total; off += MIB)
		CHECK_EQ(sink->ops->write_span(sink, off, (pa_t)ram, MIB), 0);
	CHECK_EQ(sink->ops->finish(sink, 0), 0);
	CHECK_EQ(sink->settled, total + 4096);
	/* headers and a cleared block; 128 KiB, and the one gathered meanwhile, to 4 MiB; the rest by 8 */
	CHECK_EQ(d->requests, 4 + 7 + 8);
}

TEST(device_errors_reach_the_caller)
{
	struct memdisk *d = fresh();
	static u8 ram[1 << 17] ALIGNED(4096);

	/* A span that the device cannot fetch, then the second try that copies. */
	CHECK_EQ(opened(sizeof(ram), false), 0);
	d->fail_writes = -EREMOTEIO;
	CHECK_EQ(sink->ops->write_span(sink, 0, (pa_t)ram, sizeof(ram) / 2), 0);
	CHECK_EQ(sink->ops->write_span(sink, sizeof(ram) / 2, (pa_t)ram, 4096), 0);
	CHECK_EQ(sink->ops->write(sink, MIB, ram, 1), -EREMOTEIO);
	CHECK(strstr(sink->reason, "memdisk 0: cannot write"));
	CHECK_EQ(sink->ops->finish(sink, -EREMOTEIO), -EREMOTEIO);
	CHECK(!d->live);
	d->fail_writes = 0;
	CHECK_EQ(opened(sizeof(ram), true), 0);
	CHECK_EQ(sink->ops->write(sink, 0, ram, sizeof(ram)), 0);
	CHECK_EQ(sink->ops->finish(sink, 0), 0);
	CHECK(header_of(d, AREA_AT)->state == AREA_COMPLETE &&
	      header_of(d, AREA_AT)->sequence == 6);

	/* A bad sector: what was written before is kept, and said. */
	d = fresh();
	CHECK_EQ(opened(sizeof(ram), false), 0);
	CHECK_EQ(sink->ops->write(sink, 0, ram, 5000), 0);
	CHECK_EQ(sink->ops->write(sink, 65536, ram, 5000), 0);
	d->fail_writes = -EIO;
	CHECK_EQ(sink->ops->write(sink, 0, ram, 5000), -EIO);
	d->fail_writes = 0;
	CHECK_EQ(sink->ops->finish(sink, -EIO), -EIO);
	CHECK(header_of(d, AREA_AT)->state == AREA_IN_PROGRESS);
	CHECK_EQ(header_of(d, AREA_AT)->settled, 5000);
	CHECK_EQ(header_of(d, AREA_AT)->section[0].length, sizeof(ram));
	CHECK(!header_of(d, AREA_AT)->section[0].flags && !d->live);
	CHECK(strstr(sink->reason, "memdisk 0: cannot write: error 5, 5000 bytes written"));

	/* The last header is not written: the dump has failed, whatever was written before. */
	d = fresh();
	CHECK_EQ(opened(4096, false), 0);
	CHECK_EQ(sink->ops->write(sink, 0, ram, 4096), 0);
	d->fail_writes = -EIO;
	d->fail_after = 1;
	CHECK_EQ(sink->ops->finish(sink, 0), -EIO);
	CHECK(strstr(sink->reason, "header"));
	CHECK(header_of(d, AREA_AT)->state == AREA_IN_PROGRESS && !d->live);

	/* Nor does it count if the flush behind it fails. */
	d = fresh();
	CHECK_EQ(opened(4096, false), 0);
	CHECK_EQ(sink->ops->write(sink, 0, ram, 4096), 0);
	d->fail_flush = -EIO;
	CHECK_EQ(sink->ops->finish(sink, 0), -EIO);
	CHECK(!d->live);

	/* Not even the first mark can be made. */
	d = fresh();
	d->fail_flush = -EIO;
	CHECK_EQ(opened(4096, false), -EIO);
	CHECK(strstr(reason, "header") && !d->n_ops);
	CHECK_EQ(sink->ops->finish(sink, -EIO), -EIO);
	CHECK(!d->live);

	/* More than was announced. */
	d = fresh();
	CHECK_EQ(opened(4096, false), 0);
	CHECK_EQ(sink->ops->write(sink, AREA_SIZE, ram, 4096), -ENOSPC);
	CHECK_EQ(sink->ops->write_span(sink, ALIGN_DOWN(~0ull, 4096), (pa_t)ram, 8192), -ENOSPC);
	CHECK_EQ(sink->ops->finish(sink, -ENOSPC), -ENOSPC);
	CHECK(header_of(d, AREA_AT)->state == AREA_IN_PROGRESS && !d->live);
}

/* What the device dropped nobody knows: no later header may count it. */
TEST(after_a_failed_flush_the_header_stays)
{
	struct memdisk *d = fresh();
	static u8 ram[8192] ALIGNED(4096);
	unsigned int ops;

	CHECK_EQ(opened(0, false), 0);
	CHECK_EQ(sink->ops->write(sink, 0, ram, sizeof(ram)), 0);
	CHECK_EQ(sink->ops->write(sink, MIB, ram, 1), 0);
	d->us_per_op = 11000000;
	d->fail_flush = -EIO;
	ops = d->n_ops;
	CHECK_EQ(sink->ops->write(sink, 65536, ram, 1), 0);
	CHECK_EQ(sink->ops->write(sink, 131072, ram, 1), -EIO); /* before it goes, the header is due */
	d->fail_flush = 0;
	CHECK_EQ(sink->ops->finish(sink, -EIO), -EIO);
	CHECK(header_of(d, AREA_AT)->state == AREA_IN_PROGRESS);
	CHECK_EQ(header_of(d, AREA_AT)->settled, 0);
	CHECK_EQ(d->n_ops, ops + 1);
	CHECK(!d->live);
}

TEST(a_slow_disk_gets_less_at_a_time)
{
	struct memdisk *d = fresh();
	static u8 ram[1 << 20] ALIGNED(4096);

	CHECK_EQ(opened(0, false), 0);
	d->us_per_op = 5000000;
	d->requests = 0;
	CHECK_EQ(sink->ops->write_span(sink, 0, (pa_t)ram, sizeof(ram)), 0);
	CHECK_EQ(sink->ops->finish(sink, 0), 0);
	CHECK(d->requests >= 8 + 1);
}

TEST(what_cannot_be_read)
{
	struct memdisk *d = fresh();

	d->bad_block = AREA_AT;
	CHECK(refused(d, -ENODEV, "no such dump area on 1 disks, 1 places not readable"));

	/* One copy of the header: the other one counts, but what it does not know may be a dump. */
	d->bad_block = AREA_AT + 2 * AREA_BLOCK;
	CHECK_EQ(opened(64 * KIB, false), 0);
	CHECK(test_logged("copy 1 of the area's header cannot be read"));
	CHECK_EQ(sink->ops->finish(sink, -EIO), -EIO);
	CHECK(header_of(d, AREA_AT)->state == AREA_IN_PROGRESS);
	CHECK_EQ(opened(64 * KIB, false), -EEXIST);
	CHECK(strstr(reason, "holds dump of") && !d->live);
	d->bad_block = AREA_AT + AREA_BLOCK;
	CHECK_EQ(opened(64 * KIB, false), -EEXIST);
	cfg.overwrite = true;
	CHECK_EQ(opened(64 * KIB, false), 0);
	CHECK_EQ(sink->ops->finish(sink, 0), 0);
	CHECK(header_of(d, AREA_AT)->state == AREA_COMPLETE);
}

TEST(slow_device_stalls)
{
	struct memdisk *d = fresh();
	static u8 ram[4096] ALIGNED(4096);
	int rc = 0, n = 0;

	cfg.stall_s = 10;
	CHECK_EQ(opened(AREA_SIZE - AREA_DATA_OFF, false), 0);
	d->us_per_op = 1000000;
	for (u64 off = 0; off < MIB && !rc;
	     off += 8192, n++) /* each jumps: one device write each */
		rc = sink->ops->write(sink, off, ram, 4096);
	CHECK_EQ(rc, -ETIMEDOUT);
	CHECK(n >= 10 && n <= 13);
	CHECK(strstr(sink->reason, "stalled"));
	CHECK_EQ(sink->ops->finish(sink, rc), -ETIMEDOUT);
	CHECK(!d->live);
}
