// SPDX-License-Identifier: GPL-2.0-or-later
// Writes files whole or not at all, sparse, without leaving all the writing to the end.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl.h"
#include "input.h"
#include "output.h"

/* Dirty pages are sent on their way in such steps, so that the final fsync is short. */
#define WRITEBACK_STEP (32 * MIB)

static volatile sig_atomic_t stop_signal;

static void on_stop(int sig)
{
	stop_signal = sig;
}

void stop_catch(void)
{
	struct sigaction sa = { .sa_handler = on_stop, .sa_flags = (int)SA_RESETHAND };

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
}

bool stop_requested(void)
{
	return stop_signal != 0;
}

int folder_open(const char *path)
{
	int fd;

	if (mkdir(path, 0777) && errno != EEXIST)
		return say_error(-errno, "%s", path);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? say_error(-errno, "%s", path) : fd;
}

bool output_exists(int dir, const char *dir_name, const char *name)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW))
		return false;
	say("%s/%s exists already; nothing is overwritten", dir_name, name);
	return true;
}

int output_create(struct output *o, int dir, const char *temp)
{
	memset(o, 0, sizeof(*o));
	o->dir = dir;
	snprintf(o->temp, sizeof(o->temp), "%s", temp);
	o->fd = openat(dir, o->temp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return o->fd < 0 ? say_error(-errno, "creating %s", o->temp) : 0;
}

static int write_all(int fd, u64 off, const u8 *p, u64 len)
{
	while (len) {
		ssize_t n = pwrite(fd, p, len, (off_t)off);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		p += n;
		off += (u64)n;
		len -= (u64)n;
	}
	return 0;
}

/* Write what is not a page of zeros, in pieces as long as possible. */
static int write_sparse(int fd, u64 off, const u8 *p, u64 len)
{
	u64 pending = 0; /* bytes before p + at that are to be written */
	u64 at = 0;
	int err = 0;

	while (at < len && !err) {
		u64 n = MIN(len - at, PAGE_SIZE - (off + at) % PAGE_SIZE);

		if (n == PAGE_SIZE && all_zero(p + at, n)) {
			err = write_all(fd, off + at - pending, p + at - pending, pending);
			pending = 0;
		} else {
			pending += n;
		}
		at += n;
	}
	return err ? err : write_all(fd, off + at - pending, p + at - pending, pending);
}

int output_write(struct output *o, u64 off, const void *buf, u64 len, bool dense)
{
	int err = dense ? write_all(o->fd, off, buf, len) : write_sparse(o->fd, off, buf, len);

	if (!err && off + len > o->started + WRITEBACK_STEP) {
		u64 end = ALIGN_DOWN(off + len, PAGE_SIZE);

		/* advice: an error will be seen by fsync */
		(void)sync_file_range(o->fd, (off_t)o->started, (off_t)(end - o->started),
				      SYNC_FILE_RANGE_WRITE);
		o->started = end;
	}
	return err;
}

/* rename() that refuses an existing name, where the file system can: else link() and unlink(). */
static int rename_new(int dir, const char *from, const char *to)
{
	if (!renameat2(dir, from, dir, to, RENAME_NOREPLACE))
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -errno;
	if (linkat(dir, from, dir, to, 0) || unlinkat(dir, from, 0))
		return -errno;
	return 0;
}

int output_commit(struct output *o, const char *name)
{
	int err = fsync(o->fd) ? -errno : 0;

	if (!err)
		err = rename_new(o->dir, o->temp, name);
	if (!err && fsync(o->dir))
		err = -errno;
	close(o->fd);
	o->fd = -1;
	return err ? say_error(err, "storing %s", name) : 0;
}

void output_discard(struct output *o)
{
	if (o->fd < 0)
		return;
	close(o->fd);
	o->fd = -1;
	unlinkat(o->dir, o->temp, 0);
}
