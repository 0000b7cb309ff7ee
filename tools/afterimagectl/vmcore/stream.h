/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A container that arrives as a stream: recognised by its first bytes, stored plain (a flattened
 * one rearranged), judged by its structure when it ends. */
#ifndef AFTERIMAGECTL_STREAM_H
#define AFTERIMAGECTL_STREAM_H

#include "ctl.h"
#include "vmcore/dump.h"
#include "vmcore/mend.h"
#include "output.h"

enum stream_state {
	STREAM_SNIFFING,    /* hold collects the first bytes */
	STREAM_PLAIN,       /* hold collects a page of the file */
	STREAM_FLAT_START,  /* `left` bytes of the start block to skip */
	STREAM_FLAT_RECORD, /* hold collects a record's header */
	STREAM_FLAT_DATA,   /* `left` bytes of the record belong at offset `at` */
	STREAM_FLAT_ENDED,
};

struct stream {
	struct output *out; /* belongs to the caller, empty at the start */
	enum stream_state state;
	bool flattened;
	bool foreign; /* the first bytes are those of no container */
	u64 received; /* bytes of the stream */
	u64 size;     /* of the stored file */
	u64 at, left;
	u64 trailing;         /* bytes after the end record */
	struct mended mended; /* what is left of a cut kdump dump */
	u64 expected;         /* the file's size by its own headers; 0: not known (yet) */
	u32 held;
	u8 hold[4096];
};

enum verdict { STREAM_WHOLE, STREAM_INCOMPLETE, STREAM_UNKNOWN };

void stream_begin(struct stream *s, struct output *out);

/* The next bytes. 0; -EBADMSG: what follows makes no sense any more (a hostile record; *why);
 * other errors: storing failed (*why too). After an error only stream_end() is called. */
int stream_feed(struct stream *s, const u8 *p, u64 len, struct why *why);

/* The size that the file will have, where its headers tell and have come; else 0. */
u64 stream_expected(struct stream *s);

/* How much of the dump has come, 0 to 1, where its container tells; else negative. */
double stream_share(struct stream *s);

/* No more bytes: the file holds all of them and is as long as it will be. 0 or -errno, untold;
 * stream_end() does it too. */
int stream_flush(struct stream *s);

/* No more bytes: settle the file's length, judge, and open what was stored for its identity (the
 * caller's to dump_close() in all cases; it holds nothing when the verdict is STREAM_UNKNOWN). A
 * cut kdump dump is mended. *why tells why it is not whole. A negative errno: the
 * stored file could not be written or read. */
int stream_end(struct stream *s, struct dump *d, struct why *why);

#endif
