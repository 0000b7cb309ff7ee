// SPDX-License-Identifier: GPL-2.0-or-later
// A dump area in a file: zeros to the last byte, a stamp at the start of each stretch of the disk.
#include "area/filearea.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "host/machine.h"
#include "output.h"
#include "progress.h"

#define FILL_BYTES (4 * MIB)
#define EXTENT_MIN (3 * AREA_BLOCK) /* the capture kernel looks for a stamp and both headers at once */

static const u8 zeros[FILL_BYTES];

/* Whole of it on the disk, so that no block is left that reads as zeros whatever is there. */
static int fill(int fd, const char *path, u64 size)
{
	int err = fallocate(fd, 0, 0, (off_t)size) ? -errno : 0;

	if (err)
		return say_error(err, "%s: allocating %llu MiB", path, size / MIB);
	progress_begin("zeros", size);
	for (u64 at = 0; at < size && !err;) {
		ssize_t n = pwrite(fd, zeros, MIN(size - at, FILL_BYTES), (off_t)at);

		if (stop_requested())
			err = say_fail(-EINTR, "interrupted: %s is removed again", path);
		else if (n < 0 && errno != EINTR)
			err = say_error(-errno, "writing %s", path);
		at += n > 0 ? (u64)n : 0;
		progress_at(at);
	}
	progress_end();
	if (!err && fsync(fd))
		err = say_error(-errno, "writing %s", path);
	return err;
}

static int locate_runs(int fd, const char *path, u64 size, struct runs *r, dev_t *disk)
{
	struct why why = { "" };
	int err = runs_of_file(fd, size, r, disk, &why);

	if (!err)
		err = runs_to_disk(r, disk, &why);
	return err ? say_fail(err, "%s: %s", path, why.text) : 0;
}

/* The stamps go last, the first one at the very end: without it there is no area. */
static int write_blocks(int fd, const struct runs *r, const u8 uuid[16], u64 size)
{
	struct area_header h;
	int err = 0;

	area_header_make(&h, uuid, 1);
	for (u64 copy = 0; copy < 2 && !err; copy++)
		err = areafile_write_block(fd, (1 + copy) * AREA_BLOCK, &h);
	for (u32 i = r->n; i-- > 0 && !err;) {
		struct area_stamp s = { .version = AREA_VERSION,
					.extent_no = i,
					.extent_count = r->n,
					.logical_off = r->run[i].file - i * AREA_BLOCK,
					.length = r->run[i].length - AREA_BLOCK,
					.area_size = size - r->n * AREA_BLOCK };

		memcpy(s.magic, AREA_STAMP_MAGIC, sizeof(s.magic));
		memcpy(s.uuid, uuid, sizeof(s.uuid));
		area_stamp_seal(&s);
		err = areafile_write_block(fd, r->run[i].file, &s);
	}
	return err;
}

static int check_runs(const struct runs *r, const char *path, u64 size)
{
	for (unsigned int i = 0; i < r->n; i++)
		if (r->run[i].length < EXTENT_MIN)
			return say_fail(-EOPNOTSUPP,
					"%s: a piece of it has %llu bytes only: too fragmented a file system",
					path, r->run[i].length);
	if (size - r->n * AREA_BLOCK < AREA_MIN_BYTES)
		return say_fail(-ENOSPC, "%s: too small", path);
	return 0;
}

static void tell_driver(const char *path, dev_t disk)
{
	char pci[PCI_NAME], name[64] = "its disk";

	if (!machine_pci_of_disk(major(disk), minor(disk), pci) && machine_drives_disk(pci))
		return;
	(void)layer_name(disk, name);
	say("note: %s is on %s, whose controller the capture kernel has no driver for", path, name);
}

static int make(int fd, const char *path, const u8 uuid[16], u64 size)
{
	static struct runs r, after;
	dev_t disk;
	int err = locate_runs(fd, path, 0, &r, &disk); /* what is refused is, before all is written */

	if (!err)
		err = fill(fd, path, size);
	if (!err)
		err = locate_runs(fd, path, size, &r, &disk);
	if (!err)
		err = check_runs(&r, path, size);
	if (!err)
		err = write_blocks(fd, &r, uuid, size);
	if (!err)
		err = locate_runs(fd, path, size, &after, &disk);
	if (!err && (r.n != after.n || memcmp(r.run, after.run, r.n * sizeof(r.run[0]))))
		err = say_fail(-EAGAIN, "%s: the file system moved it while it was written", path);
	if (!err) {
		err = areafile_set_immutable(fd, true);
		err = err < 0 ? say_error(err, "making %s immutable", path) : 0;
	}
	if (!err)
		tell_driver(path, disk);
	return err;
}

/* The file's name is to be there after a crash, too. */
static int sync_folder(const char *path)
{
	char name[PATH_MAX];
	int fd, err;

	snprintf(name, sizeof(name), "%s", path);
	fd = open(dirname(name), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	err = fd < 0 || fsync(fd) ? say_error(-errno, "writing the folder of %s", path) : 0;
	if (fd >= 0)
		close(fd);
	return err;
}

int filearea_make(const char *path, const u8 uuid[16], u64 size)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600), err;

	if (fd < 0)
		return say_error(-errno, "%s", path);
	err = areafile_lock(fd, path);
	if (!err)
		err = make(fd, path, uuid, ALIGN_DOWN(size, AREA_BLOCK));
	if (!err)
		err = sync_folder(path);
	if (err && unlink(path))
		say_error(-errno, "removing %s", path);
	close(fd);
	return err;
}

int filearea_remove(const char *path, int fd, const struct areafile *a)
{
	const struct input_extents *x = &a->extents;
	int was = areafile_set_immutable(fd, false), rw, err = 0;

	if (was < 0)
		return say_error(was, "%s: lifting its immutable flag", path);
	rw = open(path, O_RDWR | O_CLOEXEC);
	if (rw < 0)
		return say_error(-errno, "%s", path);
	for (unsigned int i = 0; i < x->n && !err; i++)
		err = areafile_write_block(rw, x->start + x->at[i] + i * AREA_BLOCK, zeros);
	close(rw);
	if (!err && unlink(path))
		err = say_error(-errno, "removing %s", path);
	return err;
}

/* Stretch [file, file+length) of the file, which must be in one piece on the disk. */
static int add_extent(struct runs *extents, const struct runs *now, u64 file, u64 length)
{
	for (unsigned int i = 0; i < now->n; i++) {
		const struct run *r = &now->run[i];

		if (file < r->file || file - r->file >= r->length)
			continue;
		if (length > r->length - (file - r->file))
			return -ESTALE;
		extents->run[extents->n++] = (struct run){ file, r->device + (file - r->file), length };
		return 0;
	}
	return -ESTALE;
}

static int locate(const char *path, int fd, struct runs *extents, dev_t *disk)
{
	static struct runs now;
	const struct input_extents *x;
	struct why why = { "" };
	struct areafile a;
	u64 size;
	int err = file_size(fd, path, &size);

	if (err)
		return err;
	err = areafile_find(&a, fd, size, &why);
	if (!err && a.extents.start)
		err = refuse(&why, -ENODATA, "a disk's image, no area");
	if (err)
		return say_fail(err, "%s: %s", path, why.text);
	x = &a.extents;
	err = locate_runs(fd, path, a.stamp.area_size + x->n * AREA_BLOCK, &now, disk);
	if (err)
		return err;
	extents->n = 0;
	for (unsigned int i = 0; i < x->n && !err; i++) {
		u64 end = i + 1 < x->n ? x->at[i + 1] : a.stamp.area_size;

		err = add_extent(extents, &now, x->at[i] + i * AREA_BLOCK, end - x->at[i] + AREA_BLOCK);
	}
	return err ? say_fail(err,
			      "%s: its blocks are not in the pieces that its stamps speak of (defragmented, or "
			      "restored?): afterimagectl format --file %s --force makes it anew",
			      path, path) : 0;
}

int filearea_locate(const char *path, struct runs *extents, dev_t *disk)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;

	if (fd < 0)
		return say_error(-errno, "%s", path);
	err = locate(path, fd, extents, disk);
	close(fd);
	return err;
}
