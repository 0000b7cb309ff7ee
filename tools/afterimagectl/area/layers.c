// SPDX-License-Identifier: GPL-2.0-or-later
// From a block device down to the disk it is on: partitions, and device-mapper's linear targets.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/dm-ioctl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "area/runs.h"
#include "host/sysfile.h"

#define SECTOR      512ull
#define SECTORS_MAX (1ull << 53) /* 4 EiB: far more than a disk has, and sums of a few do not wrap */
#define LAYERS_MAX  8 /* on top of each other */
#define TABLE_BYTES (64 * KIB)

int runs_add(struct runs *r, u64 file, u64 device, u64 length)
{
	struct run *last = r->n ? &r->run[r->n - 1] : NULL;

	if (last && last->device + last->length == device) {
		last->length += length;
		return 0;
	}
	if (r->n == AREA_MAX_EXTENTS)
		return -E2BIG;
	r->run[r->n++] = (struct run){ file, device, length };
	return 0;
}

static const char *layer_path(dev_t dev, const char *file, char path[96])
{
	snprintf(path, 96, "/sys/dev/block/%u:%u/%s", major(dev), minor(dev), file);
	return path;
}

static bool layer_has(dev_t dev, const char *file)
{
	char path[96];

	return !access(sys_path(layer_path(dev, file, path)), F_OK);
}

bool layer_name(dev_t dev, char name[64])
{
	char path[96], real[PATH_MAX], *slash;

	if (!realpath(sys_path(layer_path(dev, ".", path)), real))
		return false;
	slash = strrchr(real, '/');
	snprintf(name, 64, "%.63s", slash ? slash + 1 : real);
	return true;
}

/* bcache and the like: made of other devices in a way of its own. */
static bool layer_has_slaves(dev_t dev)
{
	char path[96];
	DIR *dir = opendir(sys_path(layer_path(dev, "slaves", path)));
	struct dirent *entry;
	bool found = false;

	while (dir && (entry = readdir(dir)))
		found |= entry->d_name[0] != '.';
	if (dir)
		closedir(dir);
	return found;
}

/* The device that a file of sysfs names as "8:0". */
static int read_dev(dev_t dev, const char *file, dev_t *other)
{
	char path[96], text[32];
	unsigned int maj, min;

	if (sys_read(layer_path(dev, file, path), text, sizeof(text)) ||
	    sscanf(text, "%u:%u", &maj, &min) != 2)
		return -ENODEV;
	*other = makedev(maj, min);
	return 0;
}

static int below_partition(struct runs *r, dev_t *dev, struct why *why)
{
	char path[96];
	u64 start;

	if (sys_read_number(layer_path(*dev, "start", path), &start) || read_dev(*dev, "../dev", dev) ||
	    start > SECTORS_MAX)
		return refuse(why, -ENODEV, "sysfs does not say where its partition begins");
	for (unsigned int i = 0; i < r->n; i++) {
		if (r->run[i].device > SECTORS_MAX * SECTOR)
			return refuse(why, -EPROTO, "its blocks are beyond any disk");
		r->run[i].device += start * SECTOR;
	}
	return 0;
}

/* One row of a device-mapper table, which must be linear. */
struct row {
	u64 start, length, to; /* bytes */
	dev_t dev;
};

static int read_row(const struct dm_target_spec *spec, const char *words, const char *name, struct row *row,
		    struct why *why)
{
	unsigned long long sector;
	unsigned int maj, min;

	if (strncmp(spec->target_type, "linear", sizeof(spec->target_type)))
		return refuse(why, -EOPNOTSUPP,
			      "%s below it is a device-mapper device of type %.16s: only the blocks of plain "
			      "linear ones are a disk's",
			      name, spec->target_type);
	if (sscanf(words, "%u:%u %llu", &maj, &min, &sector) != 3 || sector > SECTORS_MAX ||
	    spec->sector_start > SECTORS_MAX || spec->length > SECTORS_MAX)
		return refuse(why, -EPROTO, "device-mapper says of %s: %.40s", name, words);
	*row = (struct row){ spec->sector_start * SECTOR, spec->length * SECTOR, sector * SECTOR,
			     makedev(maj, min) };
	return 0;
}

/* What of the runs lies in this row goes below; how much that is. */
static int take_row(const struct runs *r, const struct row *row, struct runs *below, struct why *why)
{
	for (unsigned int i = 0; i < r->n; i++) {
		const struct run *run = &r->run[i];
		u64 from = MAX(run->device, row->start);
		u64 to = MIN(run->device + run->length, row->start + row->length);

		if (from >= to)
			continue;
		if (below->n == AREA_MAX_EXTENTS)
			return refuse(why, -E2BIG, "it is in more than %u pieces", AREA_MAX_EXTENTS);
		below->run[below->n++] = (struct run){ run->file + (from - run->device),
						       row->to + (from - row->start), to - from };
	}
	return 0;
}

static int by_file(const void *a, const void *b)
{
	u64 x = ((const struct run *)a)->file, y = ((const struct run *)b)->file;

	return x < y ? -1 : x > y;
}

/* In the file's order again, joined where a row's end was none of the disk's. False: they are not all of the
 * file, or more than that. */
static bool join(const struct runs *pieces, struct runs *r)
{
	u64 at = 0, size = 0;
	bool fits = true;

	for (unsigned int i = 0; i < r->n; i++)
		size += r->run[i].length;
	r->n = 0;
	for (unsigned int i = 0; i < pieces->n; i++) {
		fits &= pieces->run[i].file == at;
		at += pieces->run[i].length;
		(void)runs_add(r, pieces->run[i].file, pieces->run[i].device, pieces->run[i].length);
	}
	return fits && at == size;
}

static int read_table(dev_t dev, void *buf)
{
	struct dm_ioctl *dm = buf;
	int fd = open("/dev/mapper/control", O_RDWR | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	memset(dm, 0, sizeof(*dm));
	dm->version[0] = DM_VERSION_MAJOR;
	dm->data_size = TABLE_BYTES;
	dm->data_start = sizeof(*dm);
	dm->flags = DM_STATUS_TABLE_FLAG;
	dm->dev = (minor(dev) & 0xff) | major(dev) << 8 | (u64)(minor(dev) & ~0xffu) << 12;
	if (ioctl(fd, DM_TABLE_STATUS, dm))
		err = -errno;
	close(fd);
	return !err && dm->flags & DM_BUFFER_FULL_FLAG ? -E2BIG : err;
}

static int below_mapper(struct runs *r, dev_t *dev, const char *name, struct why *why)
{
	static union {
		struct dm_ioctl dm;
		char bytes[TABLE_BYTES];
	} table;
	static struct runs below;
	const char *data = table.bytes + sizeof(table.dm);
	u64 at = 0, room = sizeof(table) - sizeof(table.dm);
	struct row row = { .dev = 0 };
	int err = read_table(*dev, &table);
	dev_t first = 0;

	if (err)
		return refuse(why, err, "device-mapper does not tell what %s is: %s", name, strerror(-err));
	below.n = 0;
	table.bytes[sizeof(table) - 1] = '\0'; /* text ends there at the latest */
	for (u32 i = 0; i < table.dm.target_count && !err; i++) {
		struct dm_target_spec spec;

		if (at > room - sizeof(spec) - 1)
			return refuse(why, -EPROTO, "device-mapper's table of %s has no end", name);
		memcpy(&spec, data + at, sizeof(spec));
		err = read_row(&spec, data + at + sizeof(spec), name, &row, why);
		if (!err)
			err = take_row(r, &row, &below, why);
		if (!err && i && row.dev != first)
			err = refuse(why, -EOPNOTSUPP, "%s below it is on more than one disk", name);
		first = row.dev;
		at = MAX(at + sizeof(spec), (u64)spec.next); /* never back */
	}
	if (err)
		return err;
	qsort(below.run, below.n, sizeof(below.run[0]), by_file);
	*dev = first;
	return join(&below, r) ? 0 : refuse(why, -EPROTO, "device-mapper's table of %s has gaps", name);
}

int runs_to_disk(struct runs *r, dev_t *dev, struct why *why)
{
	char name[64];
	int err = 0;

	for (int i = 0; i < LAYERS_MAX && !err; i++) {
		if (!layer_name(*dev, name))
			return refuse(why, -ENODEV, "sysfs does not know the device %u:%u", major(*dev),
				      minor(*dev));
		if (layer_has(*dev, "start"))
			err = below_partition(r, dev, why);
		else if (layer_has(*dev, "dm"))
			err = below_mapper(r, dev, name, why);
		else if (layer_has(*dev, "md"))
			err = refuse(why, -EOPNOTSUPP, "%s below it is a RAID", name);
		else if (layer_has_slaves(*dev))
			err = refuse(why, -EOPNOTSUPP, "%s below it is made of other devices", name);
		else
			break;
	}
	for (unsigned int i = 0; i < r->n && !err; i++)
		if ((r->run[i].file | r->run[i].device | r->run[i].length) % AREA_BLOCK)
			err = refuse(why, -EOPNOTSUPP,
				     "its blocks are not aligned to 4 KiB of %s (a file system of smaller "
				     "ones?)", name);
	return err;
}
