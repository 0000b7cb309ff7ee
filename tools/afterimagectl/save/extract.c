// SPDX-License-Identifier: GPL-2.0-or-later
// A dump taken out of a dump area: copied, checked and on the disk before the area is marked empty.
#include "save/extract.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "area/areafile.h"
#include "vmcore/check.h"
#include "vmcore/crashlog.h"
#include "area/last_failure.h"
#include "vmcore/mend.h"
#include "output.h"
#include "progress.h"

#define COPY_BYTES  (4 * MIB)
#define FAILURE_NAME "failure.txt"
#define FAILURE_TEMP "failure.txt.part"
#define TEMP_NAME   "vmcore.part"

static u8 copy_buffer[COPY_BYTES];

struct extract {
	struct areafile area;
	const char *path, *dir_name;
	int dir;
};

static int copy_section(struct output *o, const struct input *in, const char *what)
{
	int err = 0;

	progress_begin(what, in->size);
	for (u64 at = 0; at < in->size && !err; at += COPY_BYTES) {
		u64 n = MIN(in->size - at, COPY_BYTES);

		if (stop_requested()) {
			err = say_fail(-EINTR, "interrupted: the area is as it was");
			break;
		}
		err = input_read(in, at, copy_buffer, n);
		if (err) {
			say_error(err, "reading the %s from the area at %llu", what, at);
			break;
		}
		err = output_write(o, at, copy_buffer, n, false);
		if (err)
			say_error(err, "writing the %s", what);
		progress_at(at + n);
	}
	progress_end();
	if (!err && ftruncate(o->fd, (off_t)in->size))
		err = say_error(-errno, "writing the %s", what);
	return err;
}

static int extract_dmesg(struct extract *x)
{
	const struct area_section *s = areafile_find_section(&x->area, AREA_SECTION_DMESG);
	struct output o;
	struct input in;
	int err;

	if (!s)
		return 0;
	if (!(s->flags & AREA_SECTION_WHOLE)) {
		say("the kernel's log was not written to its end: left out");
		return 0;
	}
	in = areafile_section(&x->area, s, s->length);
	err = output_create(&o, x->dir, CRASHLOG_TEMP);
	if (err)
		return err;
	err = copy_section(&o, &in, "log");
	if (!err)
		err = output_commit(&o, CRASHLOG_NAME);
	output_discard(&o);
	return err;
}

/* Why targets failed, as the capture kernel wrote it down: told, and stored as it is. */
static int extract_failure(struct extract *x)
{
	static char text[FAILURE_SECTION_MAX];
	size_t len = failure_section(x->path, &x->area, text), n;
	struct output o;
	int err;

	if (!len)
		return 0;
	for (size_t at = 0; at < len; at += n + 1) {
		const char *newline = memchr(text + at, '\n', len - at);
		char clean[256];

		n = newline ? (size_t)(newline - text) - at : len - at;
		clean_text(clean, sizeof(clean), text + at, n);
		if (n)
			say("the capture kernel says: %s", clean);
	}
	err = output_create(&o, x->dir, FAILURE_TEMP);
	if (err)
		return err;
	err = output_write(&o, 0, text, len, true);
	err = err ? say_error(err, "writing " FAILURE_NAME) : output_commit(&o, FAILURE_NAME);
	output_discard(&o);
	return err;
}

/* Is the copy what a reader will take? */
static int check_copy(const struct output *o, u64 size, struct why *why)
{
	struct input in = input_of_file(o->fd, 0, size);
	struct check check;
	struct dump d;
	int err = dump_open(&d, &in, why);

	if (!err) {
		err = check_dump(&check, &d, true);
		refuse(why, 0, "%s", check.why.text);
	}
	dump_close(&d);
	return err;
}

/* Beside a dump from an area that has no log of its own. */
static void decode_log(const struct extract *x, const struct output *o, u64 size)
{
	const struct area_section *s = areafile_find_section(&x->area, AREA_SECTION_DMESG);
	struct input in = input_of_file(o->fd, 0, size);
	struct panic_line panic = { .used = 0 };
	struct why why = { "" };
	struct dump d;

	if (s && s->flags & AREA_SECTION_WHOLE)
		return;
	if (!dump_open(&d, &in, &why))
		crashlog_store(&d, x->dir, x->path, &panic);
	dump_close(&d);
}

static int store_incomplete(struct extract *x, struct output *o, u64 size)
{
	u64 settled = x->area.header.settled;
	struct mended mended;
	int err = mend_kdump(o, &size, true, &mended);

	if (err)
		return say_error(err, "mending the dump");
	decode_log(x, o, size);
	err = output_commit(o, "vmcore-incomplete");
	if (err)
		return err;
	if (mended.kept || mended.lost)
		say("the dump is incomplete: %llu pages of it are there, %llu are lost; saved as "
		    "%s/vmcore-incomplete",
		    mended.kept, mended.lost, x->dir_name);
	else
		say("the dump is incomplete: of %llu bytes at least %llu were written, the others "
		    "may be remains of what was there before; saved as %s/vmcore-incomplete",
		    size, MIN(settled, size), x->dir_name);
	return 0;
}

static int store_vmcore(struct extract *x, struct output *o, const struct area_section *s)
{
	bool complete = x->area.header.state == AREA_COMPLETE && (s->flags & AREA_SECTION_WHOLE);
	struct input in = areafile_section(&x->area, s, s->length);
	struct why why = { "" };
	int err;

	if (!complete)
		in.size = mend_extent(&in);
	err = copy_section(o, &in, "dump");
	if (err)
		return err;
	if (!complete)
		return store_incomplete(x, o, in.size);
	err = check_copy(o, in.size, &why);
	decode_log(x, o, in.size);
	if (!err)
		return output_commit(o, "vmcore");
	say("the dump in %s is damaged: %s; the area is left as it is", x->path, why.text);
	return output_commit(o, "vmcore-incomplete") ? -EIO : err;
}

/* 0: stored; 1: stored, and it is incomplete; negative: the area must not be marked empty. */
static int extract_dump(struct extract *x)
{
	const struct area_section *s = areafile_find_section(&x->area, AREA_SECTION_VMCORE);
	struct output o;
	int err = extract_dmesg(x);

	if (!err)
		err = extract_failure(x);
	if (err)
		return err;
	if (!s) { /* the log was all that was asked for, or all that could be had */
		say("%s holds no memory, only the log and what is told above", x->path);
		return x->area.header.state != AREA_COMPLETE;
	}
	err = output_create(&o, x->dir, TEMP_NAME);
	if (err)
		return err;
	err = store_vmcore(x, &o, s);
	output_discard(&o);
	if (err)
		return err;
	return x->area.header.state != AREA_COMPLETE || !(s->flags & AREA_SECTION_WHOLE);
}

static bool names_are_free(const struct extract *x)
{
	static const char *const name[] = { "vmcore", "vmcore-incomplete", CRASHLOG_NAME, TEMP_NAME,
					    CRASHLOG_TEMP, FAILURE_NAME, FAILURE_TEMP };

	for (size_t i = 0; i < ARRAY_SIZE(name); i++)
		if (output_exists(x->dir, x->dir_name, name[i]))
			return false;
	return true;
}

static int find_area(struct extract *x, int fd)
{
	struct why why = { "" };
	u64 size;
	int err = file_size(fd, x->path, &size);

	if (err)
		return err;
	err = areafile_find(&x->area, fd, size, &why);
	if (err)
		return say_fail(err, "%s: %s", x->path, why.text);
	if (x->area.current < 0)
		return say_fail(-EBADMSG, "%s: both headers of the dump area are damaged", x->path);
	if (x->area.header.state == AREA_EMPTY)
		return say_fail(-ENODATA, "%s: the dump area is empty%s", x->path,
				areafile_find_section(&x->area, AREA_SECTION_FAILURE) ?
				    ", but says why a dump failed: afterimagectl status" : "");
	return 0;
}

static int extract(struct extract *x, int fd, bool keep)
{
	int err = find_area(x, fd), status;

	if (err)
		return err;
	x->dir = folder_open(x->dir_name);
	if (x->dir < 0)
		return x->dir;
	status = names_are_free(x) ? extract_dump(x) : -EEXIST;
	if (status >= 0 && !keep && areafile_set_empty(&x->area))
		status = -EIO;
	close(x->dir);
	return status;
}

int area_extract(const char *path, const char *dir, bool keep)
{
	struct extract x = { .path = path, .dir_name = dir, .dir = -1 };
	int fd = areafile_open(path, !keep), status;

	if (fd < 0)
		return fd;
	status = areafile_lock(fd, path);
	if (!status)
		status = extract(&x, fd, keep);
	close(fd);
	return status;
}
