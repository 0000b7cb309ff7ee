// SPDX-License-Identifier: GPL-2.0-or-later
// Finds dump areas in files and devices, and moves their headers on.
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "area/areafile.h"
#include "dump/disk/partition.h"

#define WRITER_CTL 0u

struct search {
	struct areafile *a;
	struct input in;
	unsigned int found;
	int damage; /* the last stamp that cannot be used */
	struct why *why;
};

static int read_disk(void *ctx, u64 off, void *buf, u32 len)
{
	struct search *s = ctx;

	return input_read(&s->in, off, buf, len);
}

static int look_at(void *ctx, u64 start, u64 len)
{
	struct search *s = ctx;
	struct area_stamp stamp;
	int err;

	if (len < sizeof(stamp) || input_read(&s->in, start, &stamp, sizeof(stamp)))
		return 0;
	err = area_stamp_check(&stamp, len);
	if (err && err != -ENODATA)
		s->damage = err;
	if (err)
		return 0;
	if (!s->found++) {
		s->a->extents.start = start;
		s->a->stamp = stamp;
	}
	/* A whole disk: a partition table that is still there would lead into dumps. */
	return start == 0;
}

static int search_partitions(struct search *s, int fd, u64 size)
{
	int sector_bytes, err;

	if (!ioctl(fd, BLKSSZGET, &sector_bytes))
		return partition_each(read_disk, size, (u32)sector_bytes, look_at, s);
	err = partition_each(read_disk, size, 512, look_at, s);
	if (!s->found && !s->damage) /* an image does not tell its sector size */
		err = partition_each(read_disk, size, 4096, look_at, s);
	return err;
}

/* The stamps behind the first: each extent follows the one before it in the file. */
static int read_stamps(struct areafile *a, const struct input *in, struct why *why)
{
	struct input_extents *x = &a->extents;
	const struct area_stamp *first = &a->stamp;
	u64 logical = first->length;

	for (x->n = 1; x->n < first->extent_count; x->n++) {
		u64 at = x->start + logical + x->n * AREA_BLOCK;
		struct area_stamp s;
		int err = input_read(in, at, &s, sizeof(s));

		if (!err)
			err = area_stamp_check(&s, in->size - at);
		if (err || memcmp(s.uuid, first->uuid, sizeof(s.uuid)) || s.extent_no != x->n ||
		    s.extent_count != first->extent_count || s.logical_off != logical ||
		    s.area_size != first->area_size)
			return refuse(why, -EBADMSG,
				      "the stamp of extent %u of %u of the dump area is gone", x->n + 1,
				      first->extent_count);
		x->at[x->n] = logical;
		logical += s.length;
	}
	if (logical != first->area_size)
		return refuse(why, -EBADMSG, "the extents of the dump area are not all there");
	return 0;
}

static int read_headers(struct areafile *a, const struct input *in, struct why *why)
{
	struct area_header copy[2];
	struct input headers;
	int err = read_stamps(a, in, why);

	if (err)
		return err;
	headers = areafile_input(a, 0, sizeof(copy));
	err = input_read(&headers, 0, copy, sizeof(copy));
	if (err)
		return refuse(why, err, "reading the area's headers: %s", strerror(-err));
	a->current = area_header_pick(copy, &a->stamp);
	if (a->current >= 0)
		a->header = copy[a->current];
	else
		a->current = -1;
	return 0;
}

int areafile_find(struct areafile *a, int fd, u64 size, struct why *why)
{
	struct search s = { .a = a, .in = input_of_file(fd, 0, size), .why = why };
	int err;

	memset(a, 0, sizeof(*a));
	a->fd = fd;
	err = search_partitions(&s, fd, size);
	if (s.found == 1)
		return read_headers(a, &s.in, why);
	if (s.found)
		return refuse(why, -EEXIST, "%u dump areas in its partitions: name one of these",
			      s.found);
	if (s.damage == -EPROTONOSUPPORT)
		return refuse(why, s.damage, "the dump area is of a newer format than known here");
	if (s.damage)
		return refuse(why, s.damage, "the stamp of the dump area is damaged");
	if (err < 0 && err != -ENODATA)
		return refuse(why, err, "reading the partition table: %s", strerror(-err));
	return refuse(why, -ENODATA, "no dump area");
}

struct input areafile_input(const struct areafile *a, u64 logical, u64 length)
{
	return input_of_extents(a->fd, &a->extents, logical, length);
}

struct input areafile_section(const struct areafile *a, const struct area_section *s, u64 length)
{
	/* area_header_check has seen to it that all this lies within the area, and the area within
	 * the file */
	return areafile_input(a, s->offset, MIN(length, s->length));
}

const struct area_section *areafile_find_section(const struct areafile *a, u32 type)
{
	for (u32 i = 0; a->current >= 0 && i < a->header.section_count; i++)
		if (a->header.section[i].type == type)
			return &a->header.section[i];
	return NULL;
}

int areafile_open(const char *path, bool write)
{
	int fd = open(path, (write ? O_RDWR : O_RDONLY) | O_CLOEXEC);

	if (fd < 0 && errno == EPERM) /* so it says of an immutable file */
		fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? say_error(-errno, "%s", path) : fd;
}

bool areafile_is_immutable(int fd)
{
	int flags;

	return !ioctl(fd, FS_IOC_GETFLAGS, &flags) && flags & FS_IMMUTABLE_FL;
}

int areafile_set_immutable(int fd, bool on)
{
	int flags, was;

	if (ioctl(fd, FS_IOC_GETFLAGS, &flags))
		return errno == ENOTTY || errno == EINVAL ? 0 : -errno; /* a device, or no such flag */
	was = (flags & FS_IMMUTABLE_FL) != 0;
	if (was == on)
		return was;
	flags ^= FS_IMMUTABLE_FL;
	return ioctl(fd, FS_IOC_SETFLAGS, &flags) ? -errno : was;
}

int areafile_lock(int fd, const char *path)
{
	if (!flock(fd, LOCK_EX | LOCK_NB))
		return 0;
	if (errno == EWOULDBLOCK)
		return say_fail(-EBUSY, "%s is being worked on by another program", path);
	return say_error(-errno, "locking %s", path);
}

int areafile_write_block(int fd, u64 off, const void *block)
{
	ssize_t n;

	do
		n = pwrite(fd, block, AREA_BLOCK, (off_t)off);
	while (n < 0 && errno == EINTR);
	if (n == AREA_BLOCK && !fsync(fd))
		return 0;
	return say_error(n >= 0 && n < AREA_BLOCK ? -EIO : -errno,
			 "writing the area's block at %llu", off);
}

void area_header_make(struct area_header *h, const u8 uuid[16], u64 sequence)
{
	memset(h, 0, sizeof(*h));
	memcpy(h->magic, AREA_HEADER_MAGIC, sizeof(h->magic));
	memcpy(h->uuid, uuid, sizeof(h->uuid));
	h->version = AREA_VERSION;
	h->sequence = sequence;
	h->state = AREA_EMPTY;
	h->writer = WRITER_CTL;
	area_header_seal(h);
}

/* A block of the area's logical space: an immutable file is not for that moment. */
static int write_logical(const struct areafile *a, u64 logical, const void *block)
{
	int was = areafile_set_immutable(a->fd, false), fd = a->fd, err;
	char self[32];
	u64 room;

	if (was < 0)
		return say_error(was, "lifting the dump area's immutable flag");
	snprintf(self, sizeof(self), "/proc/self/fd/%d", a->fd);
	if ((fcntl(a->fd, F_GETFL) & O_ACCMODE) == O_RDONLY)
		fd = open(self, O_RDWR | O_CLOEXEC);
	err = fd < 0 ? say_error(-errno, "opening the dump area for writing") :
		       areafile_write_block(fd, input_extents_place(&a->extents, logical, &room), block);
	if (fd >= 0 && fd != a->fd)
		close(fd);
	if (was && areafile_set_immutable(a->fd, true) < 0)
		say("the dump area's file is not immutable any more: chattr +i sets that again");
	return err;
}

/* The next header, into the copy that does not count. */
static int move_on(struct areafile *a, struct area_header *h)
{
	int other = !a->current, err;

	if (a->current < 0 || a->header.sequence == ~0ull)
		return say_fail(-EBADMSG, "the area's headers are damaged");
	h->sequence = a->header.sequence + 1;
	h->writer = WRITER_CTL;
	area_header_seal(h);
	err = write_logical(a, (u64)other * AREA_BLOCK, h);
	if (err)
		return err;
	a->header = *h;
	a->current = other;
	return 0;
}

int areafile_set_empty(struct areafile *a)
{
	struct area_header h;

	area_header_make(&h, a->stamp.uuid, 0);
	return move_on(a, &h);
}

int areafile_drop_section(struct areafile *a, u32 type)
{
	struct area_header h = a->header;
	u32 i = 0;

	while (i < h.section_count && h.section[i].type != type)
		i++;
	if (i == h.section_count)
		return 0;
	h.section_count--;
	memmove(&h.section[i], &h.section[i + 1], (h.section_count - i) * sizeof(h.section[0]));
	memset(&h.section[h.section_count], 0, sizeof(h.section[0]));
	return move_on(a, &h);
}

const char *area_state_name(u32 state)
{
	switch (state) {
	case AREA_EMPTY:
		return "empty";
	case AREA_IN_PROGRESS:
		return "in progress";
	case AREA_COMPLETE:
		return "complete";
	}
	return "unknown";
}

int areafile_or_dump(const struct command *cmd, int argc, char **argv,
		     int (*area)(const char *path, const struct areafile *a),
		     int (*dump)(const char *path, const struct input *in))
{
	static const struct option options[] = { COMMON_OPTIONS };
	struct why why = { "" };
	struct areafile a;
	struct input in;
	int c, fd, err;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) >= 0)
		return command_option(cmd, c);
	if (argc - optind != 1)
		return command_misuse(cmd, "exactly one file or device");
	fd = input_open(&in, argv[optind]);
	if (fd < 0)
		return CTL_FAILED;
	err = areafile_find(&a, fd, in.size, &why);
	if (!err)
		err = area(argv[optind], &a);
	else if (err == -ENODATA)
		err = dump(argv[optind], &in);
	else
		say("%s: %s", argv[optind], why.text);
	close(fd);
	return err ? CTL_FAILED : CTL_DONE;
}
