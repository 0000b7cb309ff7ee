/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text why a dump failed, in areas of every state. */
#include "unit/test.h"

#include "disk_fixture.h"

static const char words[] = "afterimage 0.1.0 crash=1 release=x failures=1\nfailed a phase=data\nreason b\n";

static int note(bool ours) { return disk_sink_note(&target, words, sizeof(words) - 1, ours, reason); }

static const struct area_section *failure_of(const struct area_header *h)
{
	for (u32 i = 0; i < h->section_count; i++)
		if (h->section[i].type == AREA_SECTION_FAILURE)
			return &h->section[i];
	return NULL;
}

static bool has_words(struct memdisk *d, const struct area_header *h)
{
	const struct area_section *s = failure_of(h);

	return s && s->flags == AREA_SECTION_WHOLE && s->length == sizeof(words) - 1 &&
	       !memcmp(d->mem + AREA_AT + AREA_BLOCK + s->offset, words, sizeof(words) - 1);
}

TEST(empty_area)
{
	struct memdisk *d = fresh();

	CHECK_EQ(note(false), 0);
	CHECK_EQ(header_of(d, AREA_AT)->state, AREA_EMPTY);
	CHECK(has_words(d, header_of(d, AREA_AT)));
	CHECK_EQ(header_of(d, AREA_AT)->section_count, 1);
	CHECK_EQ(d->live, 0);
	CHECK_EQ(note(false), 0); /* in place of the one before */
	CHECK_EQ(header_of(d, AREA_AT)->section_count, 1);
	CHECK(has_words(d, header_of(d, AREA_AT)));
	CHECK_EQ(opened(64 * KIB, false), 0); /* the next dump does not know it */
	CHECK_EQ(sink->ops->finish(sink, -EIO), -EIO);
	CHECK(!failure_of(header_of(d, AREA_AT)));
}

TEST(complete_area)
{
	struct memdisk *d = fresh();
	u8 *before = malloc(4 * MIB);

	make_complete(d, AREA_AT, 64 * KIB, 1);
	memcpy(before, d->mem, 4 * MIB);
	CHECK_EQ(note(false), -EEXIST);
	CHECK(!memcmp(before, d->mem, 4 * MIB));
	CHECK_EQ(d->live, 0);
	CHECK_EQ(note(true), 0);
	CHECK_EQ(header_of(d, AREA_AT)->state, AREA_COMPLETE);
	CHECK_EQ(header_of(d, AREA_AT)->section_count, 2);
	CHECK_EQ(header_of(d, AREA_AT)->section[0].length, 64 * KIB);
	CHECK(has_words(d, header_of(d, AREA_AT)));
	CHECK(!memcmp(before + DATA_AT(AREA_AT), d->mem + DATA_AT(AREA_AT), 64 * KIB));
	free(before);
}

TEST(no_room_behind_the_dump)
{
	struct memdisk *d = fresh();
	u64 all = header_of(d, AREA_AT) ? AREA_SIZE - AREA_DATA_OFF : 0;
	u8 *before = malloc(4 * MIB);

	make_complete(d, AREA_AT, all, 1);
	memcpy(before, d->mem, 4 * MIB);
	CHECK_EQ(note(true), -ENOSPC);
	CHECK(!memcmp(before, d->mem, 4 * MIB));
	CHECK_EQ(d->live, 0);
	free(before);
}

/* Whatever of it reached the medium: the header that counts is the one before or the one with the text. */
TEST(cut_at_any_write)
{
	u8 *image = malloc(4 * MIB);
	struct memdisk *d = fresh();
	unsigned int first, end;

	CHECK_EQ(opened(64 * KIB, false), 0);
	CHECK_EQ(sink->ops->finish(sink, -EIO), -EIO);
	memcpy(image, d->mem, 4 * MIB);
	first = d->n_ops;
	CHECK_EQ(note(false), 0);
	end = d->n_ops;
	memcpy(d->mem, image, 4 * MIB);
	for (unsigned int i = first; i < end; i++) {
		const struct area_header *h = header_of(d, AREA_AT);

		CHECK(h && h->state == AREA_IN_PROGRESS);
		CHECK(!failure_of(h) || has_words(d, h));
		if (d->ops[i].len)
			memcpy(d->mem + d->ops[i].off, d->ops[i].data, d->ops[i].len);
	}
	CHECK(has_words(d, header_of(d, AREA_AT)));
	free(image);
}

TEST(errors)
{
	struct memdisk *d = fresh();

	d->fail_writes = -EIO;
	CHECK_EQ(note(false), -EIO);
	CHECK(strstr(reason, "cannot write: error 5"));
	CHECK_EQ(d->live, 0);
	d->fail_writes = 0;
	d->fail_flush = -ETIMEDOUT;
	CHECK_EQ(note(false), -ETIMEDOUT);
	CHECK(!failure_of(header_of(d, AREA_AT)));
	memdisk_clear();
	CHECK_EQ(note(false), -ENODEV);
}
