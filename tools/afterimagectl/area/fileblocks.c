// SPDX-License-Identifier: GPL-2.0-or-later
// Where a file's blocks are on its file system's device (FIEMAP), and whether they stay there.
#include <errno.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include "area/runs.h"
#include "host/sysfile.h"

#define FIEMAP_BATCH 128u
#define OPTIONS_LINE 256

/* linux/fiemap.h: what an extent must not be. */
static const struct {
	u32 flag;
	const char *name;
} unfit[] = {
	{ FIEMAP_EXTENT_DATA_INLINE, "inline (inside an inode)" },
	{ FIEMAP_EXTENT_DATA_TAIL, "packed with other files' ends" },
	{ FIEMAP_EXTENT_DATA_ENCRYPTED, "encrypted" },
	{ FIEMAP_EXTENT_ENCODED, "encoded (compressed or encrypted)" },
	{ FIEMAP_EXTENT_SHARED, "shared with another file (reflink, snapshot)" },
	{ FIEMAP_EXTENT_DELALLOC, "not allocated yet" },
	{ FIEMAP_EXTENT_UNKNOWN, "of unknown place" },
	{ FIEMAP_EXTENT_UNWRITTEN, "unwritten: what is dumped there would read back as zeros" },
	{ FIEMAP_EXTENT_NOT_ALIGNED, "not aligned to blocks" },
};

/* data=journal, by whatever way it was asked for: the journal is replayed over what was dumped. */
static bool journals_data(dev_t dev)
{
	char name[64], path[96], line[OPTIONS_LINE];
	bool found = false;
	FILE *f;

	if (!layer_name(dev, name))
		return false;
	snprintf(path, sizeof(path), "/proc/fs/ext4/%s/options", name);
	f = sys_open(path);
	while (f && !found && fgets(line, sizeof(line), f))
		found = !strcmp(line, "data=journal\n");
	if (f)
		fclose(f);
	return found;
}

static int check_file_system(int fd, dev_t dev, struct why *why)
{
	struct fsxattr x = { 0 };
	struct statfs fs;
	int flags = 0;

	if (fstatfs(fd, &fs))
		return refuse(why, -errno, "its file system: %s", strerror(errno));
	if (fs.f_type != EXT4_SUPER_MAGIC && fs.f_type != XFS_SUPER_MAGIC)
		return refuse(why, -EOPNOTSUPP,
			      "it is not on ext4 or xfs, whose files' blocks stay where they are");
	if (!ioctl(fd, FS_IOC_FSGETXATTR, &x) && x.fsx_xflags & FS_XFLAG_REALTIME)
		return refuse(why, -EOPNOTSUPP, "it is on a realtime device of xfs");
	if ((!ioctl(fd, FS_IOC_GETFLAGS, &flags) && flags & FS_JOURNAL_DATA_FL) || journals_data(dev))
		return refuse(why, -EOPNOTSUPP,
			      "its data go through the journal (data=journal, chattr +j)");
	return 0;
}

/* Has it a length, and does it end before the numbers do? */
static bool is_possible(const struct fiemap_extent *e)
{
	return e->fe_length && e->fe_logical <= ~e->fe_length && e->fe_physical <= ~e->fe_length;
}

static int add_extent(struct runs *r, const struct fiemap_extent *e, u64 at, u64 size, struct why *why)
{
	for (size_t i = 0; i < ARRAY_SIZE(unfit); i++)
		if (e->fe_flags & unfit[i].flag)
			return refuse(why, -EOPNOTSUPP, "its blocks from byte %llu on are %s", at,
				      unfit[i].name);
	if (e->fe_logical != at)
		return refuse(why, -EOPNOTSUPP, "it has a hole at byte %llu", at);
	if (runs_add(r, at, e->fe_physical, MIN(e->fe_length, size - at)))
		return refuse(why, -E2BIG, "it is in more than %u pieces", AREA_MAX_EXTENTS);
	return 0;
}

int runs_of_file(int fd, u64 size, struct runs *r, dev_t *dev, struct why *why)
{
	static union {
		struct fiemap map;
		u8 room[sizeof(struct fiemap) + FIEMAP_BATCH * sizeof(struct fiemap_extent)];
	} fm;
	struct stat st;
	u64 at = 0;
	int err = fstat(fd, &st) ? -errno : 0;

	r->n = 0;
	if (err)
		return refuse(why, err, "%s", strerror(-err));
	*dev = st.st_dev;
	err = check_file_system(fd, st.st_dev, why);
	while (at < size && !err) {
		fm.map = (struct fiemap){ .fm_start = at,
					  .fm_length = size - at,
					  .fm_flags = FIEMAP_FLAG_SYNC,
					  .fm_extent_count = FIEMAP_BATCH };
		if (ioctl(fd, FS_IOC_FIEMAP, &fm.map))
			return refuse(why, -errno, "where its blocks are: %s", strerror(errno));
		if (!fm.map.fm_mapped_extents)
			return refuse(why, -EOPNOTSUPP, "it has a hole at byte %llu", at);
		for (u32 i = 0; i < MIN(fm.map.fm_mapped_extents, FIEMAP_BATCH) && at < size && !err; i++) {
			struct fiemap_extent e = fm.map.fm_extents[i];

			if (!is_possible(&e))
				return refuse(why, -EPROTO,
					      "where its blocks are: nonsense from byte %llu on", at);
			if (e.fe_logical < at && e.fe_logical + e.fe_length > at) { /* seen in part */
				e.fe_physical += at - e.fe_logical;
				e.fe_length -= at - e.fe_logical;
				e.fe_logical = at;
			}
			err = add_extent(r, &e, at, size, why);
			at += e.fe_length;
		}
	}
	return err;
}
