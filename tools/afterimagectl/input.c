// SPDX-License-Identifier: GPL-2.0-or-later
// Bounds-checked reading of whatever holds a dump.
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl.h"
#include "flat.h"
#include "input.h"

struct input input_of_file(int fd, u64 base, u64 size)
{
	return (struct input){ .fd = fd, .base = base, .size = size };
}

struct input input_of_extents(int fd, const struct input_extents *x, u64 base, u64 size)
{
	return (struct input){ .fd = fd, .base = base, .size = size, .extents = x };
}

u64 input_extents_place(const struct input_extents *x, u64 at, u64 *room)
{
	unsigned int i = 0;

	while (i + 1 < x->n && x->at[i + 1] <= at)
		i++;
	*room = i + 1 < x->n ? x->at[i + 1] - at : ~0ull - at;
	return x->start + at + (i + 1) * AREA_BLOCK;
}

struct input input_of_memory(const void *p, u64 size)
{
	return (struct input){ .fd = -1, .mem = p, .size = size };
}

static int read_fd(int fd, u64 off, u8 *buf, u64 len)
{
	while (len) {
		ssize_t n = pread(fd, buf, len, (off_t)off);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n) /* it became shorter since it was measured */
			return -ENODATA;
		buf += n;
		off += (u64)n;
		len -= (u64)n;
	}
	return 0;
}

static int read_extents(const struct input *in, u64 off, u8 *buf, u64 len)
{
	int err = 0;

	while (len && !err) {
		u64 room, at = input_extents_place(in->extents, in->base + off, &room), n = MIN(len, room);

		err = read_fd(in->fd, at, buf, n);
		off += n;
		buf += n;
		len -= n;
	}
	return err;
}

int input_read(const struct input *in, u64 off, void *buf, u64 len)
{
	if (off > in->size || len > in->size - off)
		return -ENODATA;
	if (in->map)
		return flat_map_read(in, off, buf, len);
	if (in->mem) {
		if (len)
			memcpy(buf, in->mem + in->base + off, len);
		return 0;
	}
	if (in->extents)
		return read_extents(in, off, buf, len);
	return read_fd(in->fd, in->base + off, buf, len);
}

u64 input_next_data(const struct input *in, u64 off)
{
	u64 at = in->base + off, room = ~0ull;
	off_t next;

	if (in->map)
		return flat_map_next(in, off);
	if (in->mem || off >= in->size)
		return MIN(off, in->size);
	if (in->extents)
		at = input_extents_place(in->extents, at, &room);
	next = lseek(in->fd, (off_t)at, SEEK_DATA);
	if (next < 0) /* a hole to the end, or no notion of holes */
		return errno == ENXIO ? in->size : off;
	return MIN(off + MIN((u64)next - at, room), in->size);
}

bool all_zero(const void *p, size_t n)
{
	const u8 *b = p;

	return !n || (!b[0] && !memcmp(b, b + 1, n - 1));
}

int file_size(int fd, const char *path, u64 *size)
{
	struct stat st;

	if (fstat(fd, &st))
		return say_error(-errno, "%s", path);
	if (S_ISREG(st.st_mode)) {
		*size = (u64)st.st_size;
		return 0;
	}
	if (!S_ISBLK(st.st_mode))
		return say_error(-EINVAL, "%s is neither a file nor a block device", path);
	if (ioctl(fd, BLKGETSIZE64, size))
		return say_error(-errno, "%s: size of the device", path);
	return 0;
}

int input_open(struct input *in, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	u64 size;
	int err;

	if (fd < 0)
		return say_error(-errno, "%s", path);
	err = file_size(fd, path, &size);
	if (err) {
		close(fd);
		return err;
	}
	*in = input_of_file(fd, 0, size);
	return fd;
}
