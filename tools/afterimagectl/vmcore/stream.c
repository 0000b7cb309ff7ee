// SPDX-License-Identifier: GPL-2.0-or-later
// Streams to files: what receive and repair have in common.
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "bytes.h"
#include "vmcore/check.h"
#include "vmcore/stream.h"

void stream_begin(struct stream *s, struct output *out)
{
	memset(s, 0, sizeof(*s));
	s->out = out;
}

/* Fill hold up to `want` bytes; the number taken. */
static u64 hold_fill(struct stream *s, const u8 *p, u64 len, u32 want)
{
	u64 n = MIN(len, (u64)(want - s->held));

	memcpy(s->hold + s->held, p, n);
	s->held += (u32)n;
	return n;
}

static int store(struct stream *s, u64 off, const u8 *p, u64 len, bool dense)
{
	int err = output_write(s->out, off, p, len, dense);

	if (!err)
		s->size = MAX(s->size, off + len);
	return err;
}

static void recognise(struct stream *s)
{
	if (s->held >= FLAT_SNIFF && flat_sniff(s->hold)) {
		s->flattened = true;
		s->left = FLAT_START - s->held;
		s->held = 0;
		s->state = STREAM_FLAT_START;
	} else {
		s->foreign = container_sniff(s->hold, s->held) == CONTAINER_UNKNOWN;
		s->state = STREAM_PLAIN; /* what is held is the beginning of its first page */
	}
}

/* Whole pages go as they come, what is between them through hold: so zero pages are seen however
 * the stream was cut into pieces. Returns the bytes taken or an error. */
static s64 feed_plain(struct stream *s, const u8 *p, u64 len)
{
	u64 n;
	int err;

	if (s->held || len < sizeof(s->hold)) {
		n = hold_fill(s, p, len, sizeof(s->hold));
		if (s->held < sizeof(s->hold))
			return (s64)n;
		err = store(s, s->size, s->hold, s->held, false);
		s->held = 0;
	} else {
		n = ALIGN_DOWN(len, sizeof(s->hold));
		err = store(s, s->size, p, n, false);
	}
	return err ? err : (s64)n;
}

static s64 feed_record(struct stream *s, const u8 *p, u64 len, struct why *why)
{
	struct flat_record r;
	u64 n = hold_fill(s, p, len, FLAT_RECORD);
	int err;

	if (s->held < FLAT_RECORD)
		return (s64)n;
	s->held = 0;
	err = flat_record(s->hold, &r, why);
	if (err < 0)
		return err;
	s->state = err ? STREAM_FLAT_ENDED : STREAM_FLAT_DATA;
	s->at = r.offset;
	s->left = r.size;
	return (s64)n;
}

static s64 feed_data(struct stream *s, const u8 *p, u64 len)
{
	u64 n = MIN(len, s->left);
	int err = store(s, s->at, p, n, true); /* a later record may overwrite an earlier one */

	if (err)
		return err;
	s->at += n;
	s->left -= n;
	if (!s->left)
		s->state = STREAM_FLAT_RECORD;
	return (s64)n;
}

static s64 feed_some(struct stream *s, const u8 *p, u64 len, struct why *why)
{
	u64 n;

	switch (s->state) {
	case STREAM_SNIFFING:
		n = hold_fill(s, p, len, FLAT_SNIFF);
		if (s->held == FLAT_SNIFF)
			recognise(s);
		return (s64)n;
	case STREAM_PLAIN:
		return feed_plain(s, p, len);
	case STREAM_FLAT_START:
		n = MIN(len, s->left);
		s->left -= n;
		if (!s->left)
			s->state = STREAM_FLAT_RECORD;
		return (s64)n;
	case STREAM_FLAT_RECORD:
		return feed_record(s, p, len, why);
	case STREAM_FLAT_DATA:
		return feed_data(s, p, len);
	case STREAM_FLAT_ENDED:
		break;
	}
	s->trailing += len;
	return (s64)len;
}

int stream_feed(struct stream *s, const u8 *p, u64 len, struct why *why)
{
	s->received += len;
	while (len) {
		s64 n = feed_some(s, p, len, why);

		if (n < 0)
			return refuse(why, (int)n, "storing it: %s", strerror((int)-n));
		p += n;
		len -= (u64)n;
	}
	return 0;
}

u64 stream_expected(struct stream *s)
{
	struct input in = input_of_file(s->out->fd, 0, s->size);
	struct why why = { "" };
	struct elfcore e;
	u8 magic[SELFMAG];

	if (s->expected || s->flattened || s->foreign || input_read(&in, 0, magic, sizeof(magic)) ||
	    container_sniff(magic, sizeof(magic)) != CONTAINER_ELF)
		return s->expected;
	if (!elfcore_open(&e, &in, &why))
		s->expected = e.end;
	elfcore_close(&e);
	return s->expected;
}

int stream_flush(struct stream *s)
{
	int err = 0;

	if (s->state == STREAM_SNIFFING)
		recognise(s);
	if (s->state == STREAM_PLAIN && s->held)
		err = store(s, s->size, s->hold, s->held, false);
	s->held = 0;
	if (!err && ftruncate(s->out->fd, (off_t)s->size))
		err = -errno;
	return err;
}

/* Mend what was stored, and look at it again: it may be read with its mended bitmaps only. */
static int mend(struct stream *s, struct dump *d)
{
	struct why why = { "" };
	struct input in;
	int err = mend_kdump(s->out, &s->size, false, &s->mended);

	if (err)
		return err;
	dump_close(d);
	in = input_of_file(s->out->fd, 0, s->size);
	(void)dump_open(d, &in, &why); /* tells what it can */
	return STREAM_INCOMPLETE;
}

/* A log has no structure but its lines. */
static int judge_log(const struct stream *s, struct why *why)
{
	struct input in = input_of_file(s->out->fd, 0, s->size);
	char last = '\0';

	why->text[0] = '\0';
	if (s->size && !input_read(&in, s->size - 1, &last, 1) && last == '\n')
		return STREAM_WHOLE;
	refuse(why, 0, "the log ends within a line");
	return STREAM_INCOMPLETE;
}

int stream_end(struct stream *s, struct dump *d, struct why *why)
{
	struct input in;
	struct check check;
	int err;

	memset(d, 0, sizeof(*d));
	err = stream_flush(s);
	if (err)
		return err;
	in = input_of_file(s->out->fd, 0, s->size);
	if (s->flattened && s->state != STREAM_FLAT_ENDED)
		refuse(why, 0, "the flattened stream was cut after %llu bytes: no end record",
		       s->received);
	if (s->trailing)
		refuse(why, 0, "%llu bytes after the end record", s->trailing);
	err = dump_open(d, &in, why);
	if (err == -EMEDIUMTYPE && d->container == CONTAINER_DMESG && !s->flattened)
		return judge_log(s, why);
	if (err == -EMEDIUMTYPE)
		return s->flattened && s->size ? STREAM_INCOMPLETE : STREAM_UNKNOWN;
	if (!err) {
		err = check_dump(&check, d, false);
		refuse(why, 0, "%s", check.why.text);
	}
	if (err && err != -EBADMSG && err != -ENODATA)
		return err;
	if (!err && !why->text[0])
		return STREAM_WHOLE;
	return d->container == CONTAINER_KDUMP ? mend(s, d) : STREAM_INCOMPLETE;
}
