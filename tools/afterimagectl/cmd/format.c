// SPDX-License-Identifier: GPL-2.0-or-later
// afterimagectl format: stamps a dump area where nothing is lost by it.
#include <blkid/blkid.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "load/estimate.h"
#include "area/filearea.h"
#include "output.h"

static const char help[] =
    "usage: afterimagectl format DEVICE|IMAGE [--force]\n"
    "       afterimagectl format --file PATH [--size auto|SIZE] [--force]\n"
    "\n"
    "Makes a dump area of a whole disk, a partition or an existing image file, and prints\n"
    "the UUID that the target disk:UUID is written with. Refused where the device is in\n"
    "use, where it holds anything that libblkid knows, or a dump not extracted yet.\n"
    "\n"
    "\n"
    "With --file it makes a file with a dump area in it, for the target file:PATH, on ext4 or\n"
    "xfs on a disk, a partition or a linear logical volume: all of it is written, its blocks\n"
    "are stamped, and it is made immutable.\n"
    "\n"
    "  --size SIZE    of the file, with K, M, G or T; auto (default): by the machine's RAM\n"
    "                 and the level in the configuration\n"
    "  --config FILE  another configuration\n"
    "  --force        format all the same: everything there is lost\n";

/* The device or file, open for writing. A device that is mounted or otherwise in use opens only
 * with force. Returns the descriptor or a negative errno that was told. */
static int open_target(const char *path, bool force)
{
	struct stat st;
	int fd, flags = O_RDWR | O_CLOEXEC;

	if (stat(path, &st)) {
		int err = say_error(-errno, "%s", path);

		if (err == -ENOENT && strncmp(path, "/dev/", 5))
			say("a file is made before it is formatted: truncate -s 8G %s", path);
		return err;
	}
	if (S_ISBLK(st.st_mode) && !force)
		flags |= O_EXCL; /* the kernel's own test for mounted, swap, md, dm */
	fd = open(path, flags);
	if (fd < 0 && errno == EBUSY)
		return say_fail(-EBUSY, "%s is in use (mounted, swap, or part of another device)",
				path);
	return fd < 0 ? say_error(-errno, "%s", path) : fd;
}

/* A partition that the capture kernel, which writes blocks of 4 KiB, could not use. */
static int refuse_unaligned(int fd, const char *path)
{
	unsigned long long sectors = 0; /* of 512 bytes, whatever the device's are */
	char start[64];
	struct stat st;
	FILE *f;

	if (fstat(fd, &st) || !S_ISBLK(st.st_mode))
		return 0;
	snprintf(start, sizeof(start), "/sys/dev/block/%u:%u/start", major(st.st_rdev),
		 minor(st.st_rdev));
	f = fopen(start, "re");
	if (!f) /* a whole disk has none */
		return 0;
	if (fscanf(f, "%llu", &sectors) != 1)
		sectors = 0;
	fclose(f);
	if (sectors % (AREA_BLOCK / 512) == 0)
		return 0;
	return say_fail(
	    -EINVAL, "%s does not begin at a multiple of 4 KiB: no capture kernel uses it", path);
}

static blkid_probe open_probe(int fd, const char *path)
{
	blkid_probe probe = blkid_new_probe();

	if (!probe || blkid_probe_set_device(probe, fd, 0, 0) ||
	    blkid_probe_enable_superblocks(probe, 1) ||
	    blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_MAGIC |
							 BLKID_SUBLKS_BADCSUM) ||
	    blkid_probe_enable_partitions(probe, 1) ||
	    blkid_probe_set_partitions_flags(probe, BLKID_PARTS_MAGIC)) {
		say("%s: libblkid cannot look at it", path);
		blkid_free_probe(probe);
		return NULL;
	}
	return probe;
}

/* Is there anything that libblkid knows? */
static int refuse_contents(int fd, const char *path)
{
	blkid_probe probe = open_probe(fd, path);
	const char *type = NULL;
	int rc, err = 0;

	if (!probe)
		return -EIO;
	rc = blkid_do_fullprobe(probe);
	if (rc == 0 && blkid_probe_lookup_value(probe, "TYPE", &type, NULL) &&
	    blkid_probe_lookup_value(probe, "PTTYPE", &type, NULL))
		type = "something";
	if (rc == 0)
		err = say_fail(-EEXIST, "%s holds %s; --force overwrites it", path, type);
	else if (rc == -2)
		err = say_fail(-EEXIST, "%s holds more than one thing; --force overwrites them",
			       path);
	else if (rc < 0)
		err = say_fail(-EIO, "%s: libblkid cannot read it", path);
	blkid_free_probe(probe);
	return err;
}

/* An area that holds a complete dump, or of which that cannot be told. */
static int refuse_dump(int fd, const char *path, u64 size)
{
	struct why why = { "" };
	struct areafile a;
	char when[32];
	int err = areafile_find(&a, fd, size, &why);

	if (err == -ENODATA)
		return 0;
	if (err)
		return say_fail(-EEXIST, "%s: %s; --force formats it anew", path, why.text);
	if (a.current < 0)
		return say_fail(
		    -EEXIST, "%s: a dump area with damaged headers; --force formats it anew", path);
	if (a.header.state != AREA_COMPLETE)
		return 0;
	print_time(when, a.header.time);
	return say_fail(-EEXIST, "%s holds a dump of %s that was not extracted; --force loses it",
			path, a.header.time ? when : "unknown time");
}

/* No other tool shall see a file system or a partition table here any more. */
static int wipe_signatures(int fd, const char *path)
{
	blkid_probe probe = open_probe(fd, path);
	int rc;

	if (!probe)
		return -EIO;
	while ((rc = blkid_do_probe(probe)) == 0)
		if (blkid_do_wipe(probe, 0))
			break;
	blkid_free_probe(probe);
	return rc == 1 ? 0 : say_fail(-EIO, "%s: wiping what it held", path);
}

static int random_uuid(u8 uuid[16])
{
	if (getrandom(uuid, 16, 0) != 16)
		return say_error(-errno, "random numbers for the UUID");
	uuid[6] = (uuid[6] & 0x0f) | 0x40; /* RFC 4122, 4.4: version 4, variant 1 */
	uuid[8] = (uuid[8] & 0x3f) | 0x80;
	return 0;
}

/* The stamp goes last, and an old one first: at no time is there a stamp without headers. */
static int write_area(int fd, const struct area_stamp *stamp)
{
	static const u8 zero[AREA_BLOCK];
	struct area_header h;
	int err = areafile_write_block(fd, 0, zero);

	area_header_make(&h, stamp->uuid, 1);
	for (u64 copy = 0; copy < 2 && !err; copy++)
		err = areafile_write_block(fd, (1 + copy) * AREA_BLOCK, &h);
	return err ? err : areafile_write_block(fd, 0, stamp);
}

static void print_uuid(const u8 uuid[16])
{
	char text[37];

	area_uuid_print(uuid, text);
	puts(text);
}

static int format_area(int fd, const char *path, bool force)
{
	struct area_stamp stamp = { .version = AREA_VERSION, .extent_count = 1 };
	u64 size;
	int err = file_size(fd, path, &size);

	if (err)
		return err;
	size = ALIGN_DOWN(size, AREA_BLOCK);
	if (size < AREA_MIN_BYTES + AREA_BLOCK)
		return say_fail(-ENOSPC, "%s is too small: %llu bytes, at least %llu are needed%s",
				path, size, AREA_MIN_BYTES + (u64)AREA_BLOCK,
				size ? "" : " (truncate -s 8G makes a file larger)");
	if (!force)
		err = refuse_unaligned(fd, path);
	if (!err && !force)
		err = refuse_dump(fd, path, size);
	if (!err && !force)
		err = refuse_contents(fd, path);
	if (!err && force)
		err = wipe_signatures(fd, path);
	if (!err)
		err = random_uuid(stamp.uuid);
	if (err)
		return err;
	memcpy(stamp.magic, AREA_STAMP_MAGIC, sizeof(stamp.magic));
	stamp.length = stamp.area_size = size - AREA_BLOCK;
	area_stamp_seal(&stamp);
	err = write_area(fd, &stamp);
	if (err)
		return err;
	print_uuid(stamp.uuid);
	return 0;
}

/* A dump area makes room for another; anything else is not touched. */
static int remove_old(const char *path, bool force)
{
	struct why why = { "" };
	struct areafile a;
	struct stat st;
	u64 size;
	int fd, err;

	if (lstat(path, &st))
		return errno == ENOENT ? 0 : say_error(-errno, "%s", path);
	if (!S_ISREG(st.st_mode))
		return say_fail(-EEXIST, "%s is there and no file", path);
	fd = areafile_open(path, false);
	if (fd < 0)
		return fd;
	err = file_size(fd, path, &size);
	if (!err && (areafile_find(&a, fd, size, &why) || a.extents.start))
		err = say_fail(-EEXIST, "%s is there and not a dump area; nothing is done to it", path);
	else if (!err && !force)
		err = say_fail(-EEXIST, "%s is a dump area already; --force makes it anew", path);
	if (!err)
		err = areafile_lock(fd, path);
	if (!err)
		err = filearea_remove(path, fd, &a);
	close(fd);
	return err;
}

static int format_file(const char *path, const char *size, const char *config, bool force)
{
	char real[PATH_MAX];
	struct conf conf;
	u8 uuid[16];
	u64 bytes;
	int err;

	conf_default(&conf);
	if (strcmp(size, "auto")) {
		bytes = conf_bytes(size, 0);
	} else {
		if (!access(config, R_OK) && conf_read(&conf, config))
			return -EINVAL;
		bytes = ALIGN_UP(estimate_room(&conf), MIB);
	}
	if (bytes < AREA_MIN_BYTES + AREA_BLOCK)
		return say_fail(-EINVAL, "--size %s: 2M at least", size);
	err = remove_old(path, force);
	if (!err)
		err = random_uuid(uuid);
	if (!err)
		err = filearea_make(path, uuid, bytes);
	if (err)
		return err;
	say("%s: %llu MiB; its target is file:%s", path, bytes / MIB, realpath(path, real) ? real : path);
	print_uuid(uuid);
	return 0;
}

static int format_device(const char *path, bool force)
{
	int fd = open_target(path, force), err;

	if (fd < 0)
		return fd;
	err = areafile_lock(fd, path);
	if (!err)
		err = format_area(fd, path, force);
	close(fd);
	return err;
}

static int run(int argc, char **argv)
{
	static const struct option options[] = { { "force", no_argument, NULL, 'f' },
						 { "file", required_argument, NULL, 'F' },
						 { "size", required_argument, NULL, 's' },
						 { "config", required_argument, NULL, 'c' },
						 COMMON_OPTIONS };
	const char *file = NULL, *size = "auto", *config = CONF_PATH;
	bool force = false;
	int c, err;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) >= 0) {
		switch (c) {
		case 'f':
			force = true;
			break;
		case 'F':
			file = optarg;
			break;
		case 's':
			size = optarg;
			break;
		case 'c':
			config = optarg;
			break;
		default:
			return command_option(&cmd_format, c);
		}
	}
	if (argc - optind != !file)
		return command_misuse(&cmd_format, "exactly one device or file");
	stop_catch();
	err = file ? format_file(file, size, config, force) : format_device(argv[optind], force);
	return err ? CTL_FAILED : CTL_DONE;
}

const struct command cmd_format = {
	.name = "format",
	.summary = "make a dump area of a disk, partition or file",
	.help = help,
	.run = run,
};
