/* SPDX-License-Identifier: GPL-2.0-or-later */
/* makedumpfile's flattened format (makedumpfile.h: struct makedumpfile_header and
 * makedumpfile_data_header): a start block, records (offset, size, bytes), an end record. */
#include "dump/format/flatten.h"

#include <string.h>

#include "bytes.h"
#include "log.h"

#define START_BYTES 4096u
#define START_PIECE 64u                /* written at a time */
#define START_SIGNATURE "makedumpfile" /* padded to 16 bytes */
#define START_TYPE 16                  /* offsets in the start block, values big endian */
#define START_VERSION 24
#define TYPE_FLAT 1
#define VERSION_FLAT 1

#define RECORD_HEADER FLATTEN_END_BYTES /* offset, size: both -1 in the end record */

static struct flat {
	struct sink sink; /* first */
	struct sink *stream;
	u64 at, end;      /* the record being written, [at, end) of it to come */
	bool started;
} flat;

/* The next len bytes of the stream. */
static int stream_out(struct flat *f, const void *p, u32 len)
{
	return f->stream->ops->write(f->stream, f->stream->accepted, p, len);
}

/* What the stream knows, for whoever looks at us. */
static int told(struct flat *f, int err)
{
	f->sink.accepted = f->stream->accepted;
	f->sink.settled = f->stream->settled;
	memcpy(f->sink.reason, f->stream->reason, sizeof(f->sink.reason));
	return err;
}

static int put_start(struct flat *f)
{
	u8 piece[START_PIECE] = START_SIGNATURE;
	int err = 0;

	put_be64(piece + START_TYPE, TYPE_FLAT);
	put_be64(piece + START_VERSION, VERSION_FLAT);
	f->started = true;
	for (u32 done = 0; done < START_BYTES && !err; done += sizeof(piece)) {
		err = stream_out(f, piece, sizeof(piece));
		memset(piece, 0, sizeof(piece));
	}
	return err;
}

static int put_header(struct flat *f, u64 off, u64 len)
{
	u8 header[RECORD_HEADER];

	put_be64(header, off);
	put_be64(header + 8, len);
	return stream_out(f, header, sizeof(header));
}

int flatten_record(struct sink *s, u64 off, u64 len)
{
	struct flat *f = (struct flat *)s;
	int err = f->started ? 0 : put_start(f);

	if (f->at != f->end)
		panic("flattened record: %llu bytes missing at %llu", f->end - f->at, f->at);
	if (!err)
		err = put_header(f, off, len);
	f->at = off;
	f->end = off + len;
	return told(f, err);
}

/* Make sure that the next len bytes at off have a record. */
static int take(struct flat *f, u64 off, u64 len)
{
	int err = f->at == f->end ? flatten_record(&f->sink, off, len) : 0;

	if (off != f->at || len > f->end - f->at)
		panic("flattened record: %llu bytes at %llu in [%llu, %llu)", len, off, f->at, f->end);
	f->at += len;
	return err;
}

static int flat_write(struct sink *s, u64 off, const void *buf, u32 len)
{
	struct flat *f = (struct flat *)s;
	int err = len ? take(f, off, len) : 0;

	if (!err)
		err = stream_out(f, buf, len);
	return told(f, err);
}

static int flat_write_span(struct sink *s, u64 off, pa_t pa, u64 len)
{
	struct flat *f = (struct flat *)s;
	int err = len ? take(f, off, len) : 0;

	if (!err)
		err = f->stream->ops->write_span(f->stream, f->stream->accepted, pa, len);
	return told(f, err);
}

static int flat_finish(struct sink *s, int status)
{
	struct flat *f = (struct flat *)s;
	int err = 0, end;

	if (!status) {
		if (!f->started)
			err = put_start(f);
		if (!err)
			err = put_header(f, ~0ull, ~0ull);
	}
	end = f->stream->ops->finish(f->stream, status ? status : err);
	return told(f, err ? err : end);
}

struct sink *flatten_begin(struct sink *stream)
{
	static const struct sink_ops ops = { .write = flat_write,
					     .write_span = flat_write_span,
					     .finish = flat_finish };

	memset(&flat, 0, sizeof(flat));
	flat.stream = stream;
	flat.sink.ops = &ops;
	flat.sink.caps = SINK_SEEK | (stream->caps & SINK_TAKES_SPAN);
	return &flat.sink;
}
