/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The flattened format: what the stream gets, byte for byte. */
#include "bytes.h"
#include "dump/format/flatten.h"
#include "fake/memory.h"
#include "kdump_ref.h"
#include "unit/test.h"

TEST(records)
{
	static u8 file[REF_BYTES];
	struct ref_sink r;
	struct sink *s;
	u64 len;

	ref_sink_open(&r, 0, 0);
	s = flatten_begin(&r.sink);
	CHECK_EQ(s->caps, SINK_SEEK);
	CHECK_EQ(r.len, 0);
	CHECK_EQ(s->ops->write(s, 8192, "abc", 3), 0);
	CHECK_EQ(s->ops->write(s, 0, "de", 2), 0);
	CHECK_EQ(r.len, 4096 + 2 * 16 + 5);
	CHECK(!memcmp(r.bytes, "makedumpfile\0\0\0\0", 16));
	CHECK(get_be64(r.bytes + 16) == 1 && get_be64(r.bytes + 24) == 1);
	CHECK(get_be64(r.bytes + 4096) == 8192 && get_be64(r.bytes + 4104) == 3);
	CHECK(!memcmp(r.bytes + 4112, "abc", 3));
	CHECK(s->accepted == r.len && s->settled == r.len);
	CHECK_EQ(s->ops->finish(s, 0), 0);
	CHECK(get_be64(r.bytes + r.len - 16) == ~0ull && get_be64(r.bytes + r.len - 8) == ~0ull);
	CHECK(s->accepted == r.len && r.finished == 1);
	CHECK(!ref_rearrange(r.bytes, r.len, true, file, &len));
	CHECK(len == 8195 && !memcmp(file, "de", 2) && !memcmp(file + 8192, "abc", 3) && !file[4096]);
	ref_sink_close(&r);
}

/* Several writes, copied and by reference, in one record. */
TEST(one_record_of_many_writes)
{
	static u8 page[PAGE_SIZE];
	struct ref_sink r;
	struct sink *s;

	mem_reset();
	ref_sink_open(&r, SINK_TAKES_SPAN, 0);
	s = flatten_begin(&r.sink);
	CHECK_EQ(s->caps, SINK_SEEK | SINK_TAKES_SPAN);
	CHECK_EQ(flatten_record(s, 4096, 3 * 4096), 0);
	CHECK_EQ(s->ops->write_span(s, 4096, 0x2000000, 8192), 0);
	CHECK_EQ(s->ops->write(s, 12288, page, 4096), 0);
	CHECK_EQ(s->ops->write_span(s, 16384, 0x3000000, 4096), 0);
	CHECK_EQ(r.len, 4096 + 16 + 12288 + 16 + 4096);
	CHECK_EQ(get_be64(r.bytes + 4104), 12288);
	mem_read(page, 0x3000000, PAGE_SIZE);
	CHECK(!memcmp(r.bytes + r.len - 4096, page, 4096));
	CHECK(get_be64(r.bytes + r.len - 4112) == 16384 && get_be64(r.bytes + r.len - 4104) == 4096);
	ref_sink_close(&r);
}

TEST(a_dump_that_failed_has_no_end)
{
	static u8 file[REF_BYTES];
	struct ref_sink r;
	struct sink *s;
	u64 len;

	ref_sink_open(&r, 0, 0);
	s = flatten_begin(&r.sink);
	CHECK_EQ(s->ops->write(s, 0, "abc", 3), 0);
	CHECK_EQ(s->ops->finish(s, -ETIME), -ETIME);
	CHECK_EQ(r.finished, -ETIME + 1);
	CHECK(ref_rearrange(r.bytes, r.len, true, file, &len));
	ref_sink_close(&r);
}

TEST(errors_are_the_streams)
{
	for (unsigned int at = 1; at < 72; at++) {
		struct ref_sink r;
		struct sink *s;
		int err;

		ref_sink_open(&r, 0, 0);
		r.fail_at = at;
		s = flatten_begin(&r.sink);
		err = s->ops->write(s, 0, "abc", 3);
		CHECK_EQ(err, at <= 66 ? -EPIPE : 0); /* 64 pieces of the start block, header, bytes */
		CHECK_EQ(s->ops->finish(s, err), at <= 67 ? -EPIPE : 0);
		CHECK_EQ(r.finished, at <= 67 ? -EPIPE + 1 : 1);
		ref_sink_close(&r);
	}
}
