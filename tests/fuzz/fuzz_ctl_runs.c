/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a file's blocks are, by the answers of FIEMAP, device-mapper and sysfs: what comes out is the whole file, once, in
 * its order. Input: the file's size in blocks and what kinds of answer there are, then the answers. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/dm-ioctl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "bytes.h"
#include "area/runs.h"
#include "host/sysfile.h"

static struct bytes in;

/* Extents of which most fields follow from the one before, so that some make sense. */
static int answer_fiemap(struct fiemap *f)
{
	u64 logical = f->fm_start;

	f->fm_mapped_extents = bytes_u8(&in);
	for (u32 i = 0; i < MIN(f->fm_mapped_extents, f->fm_extent_count) && !in.bad; i++) {
		u8 how = bytes_u8(&in);
		struct fiemap_extent e = { .fe_logical = logical,
			                   .fe_physical = (u64)bytes_u8(&in) << (how & 4 ? 16 : 10),
			                   .fe_length = (u64)bytes_u8(&in) << 12 };

		if (how & 1)
			e.fe_logical = bytes_le64(&in);
		if (how & 2)
			e.fe_length = bytes_le64(&in);
		if (how & 8)
			e.fe_flags = bytes_le16(&in);
		if (how & 16)
			e.fe_physical = bytes_le64(&in);
		logical = e.fe_logical + e.fe_length;
		f->fm_extents[i] = e;
	}
	return 0;
}

/* A table of rows, or anything. */
static int answer_table(struct dm_ioctl *dm)
{
	char *data = (char *)(dm + 1);
	u32 at = 0, room = dm->data_size - sizeof(*dm), sector = 0;
	u8 how = bytes_u8(&in);

	memset(data, 0, 4096);
	dm->target_count = how & 1 ? bytes_le32(&in) : bytes_u8(&in) % 8;
	dm->flags = how & 2 ? bytes_u8(&in) << 8 : 0;
	if (how & 4) { /* no text in it ends */
		memset(data, '1', room);
		at = room - MIN(room, 512u);
	}
	for (u32 i = 0; i < dm->target_count && i < 16 && !in.bad && at + 512 <= room; i++) {
		struct dm_target_spec s = { .sector_start = sector, .length = bytes_u8(&in) * 8u };
		const u8 *p;

		how = bytes_u8(&in);
		strcpy(s.target_type, how & 1 ? "crypt" : "linear");
		s.next = how & 2 ? bytes_le32(&in) : at + 64;
		sector += (u32)s.length + (how & 4 ? 8 : 0);
		memcpy(data + at, &s, sizeof(s));
		p = bytes_take(&in, how >> 4);
		if (p)
			memcpy(data + at + sizeof(s), p, how >> 4);
		else
			snprintf(data + at + sizeof(s), 24, "8:%u %u", how & 8 ? i : 0, (i * 5 + 1) * 8);
		at = MIN(s.next, room);
	}
	return 0;
}

static int answer_ioctl(int fd, unsigned long request, void *arg)
{
	(void)fd;
	switch (request) {
	case FS_IOC_FIEMAP:
		return answer_fiemap(arg);
	case DM_TABLE_STATUS:
		return answer_table(arg);
	}
	return errno = ENOTTY, -1;
}

static int answer_stat(struct stat *st)
{
	*st = (struct stat){ .st_dev = makedev(253, 1) };
	return 0;
}

static int answer_statfs(struct statfs *fs)
{
	fs->f_type = EXT4_SUPER_MAGIC;
	return 0;
}

/* sysfs: partitions, mapped devices, RAIDs, plain disks, as the input has it. */
const char *sys_path(const char *path) { return path; }
FILE *sys_open(const char *path) { return (void)path, NULL; }

int sys_read_number(const char *path, u64 *value)
{
	(void)path;
	*value = bytes_u8(&in);
	if (*value & 1)
		*value = bytes_le64(&in);
	return in.bad ? -ENOENT : 0;
}

int sys_read(const char *path, char *buf, size_t size)
{
	size_t n = bytes_u8(&in) % 16;
	const u8 *p = bytes_take(&in, n);

	(void)path;
	clean_text(buf, size, p && n ? (const char *)p : "8:0", p && n ? n : 3);
	return 0;
}

static char *answer_realpath(char *real)
{
	strcpy(real, bytes_u8(&in) & 1 ? "/sys/devices/virtual/block/dm-0" : "/sys/devices/pci0000:00/ata1/block/sda/sda1");
	return in.bad ? NULL : real;
}

#define ioctl            answer_ioctl
#define fstat(fd, st)    answer_stat(st)
#define fstatfs(fd, fs)  answer_statfs(fs)
#define open(path, how)  1000
#define close(fd)        ((void)(fd))
#define access(path, ok) ((void)(path), bytes_u8(&in) & 1 ? 0 : -1)
#define realpath(p, r)   ((void)(p), answer_realpath(r))
#define opendir(path)    ((void)(path), (DIR *)NULL)
#include "area/fileblocks.c"
#include "area/layers.c"

static void expect(bool ok)
{
	if (!ok)
		abort();
}

static void check(const struct runs *r, u64 size)
{
	u64 at = 0;

	expect(r->n <= AREA_MAX_EXTENTS);
	for (unsigned int i = 0; i < r->n; i++) {
		expect(r->run[i].file == at && r->run[i].length && r->run[i].length <= size - at);
		expect(r->run[i].device + r->run[i].length > r->run[i].device);
		at += r->run[i].length;
	}
	expect(at == size);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct runs r;
	struct why why = { "" };
	dev_t dev;
	u64 bytes;
	int err;

	in = bytes_of(data, size);
	bytes = (u64)bytes_le16(&in) * 4096;
	err = runs_of_file(1000, bytes, &r, &dev, &why);
	expect(!err == !why.text[0]);
	if (err)
		return 0;
	check(&r, bytes);
	err = runs_to_disk(&r, &dev, &why);
	expect(!err == !why.text[0]);
	if (!err)
		check(&r, bytes);
	return 0;
}
