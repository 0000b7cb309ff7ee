// SPDX-License-Identifier: GPL-2.0-or-later
// The dump area that a disk: target names.
#include "area/diskarea.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "host/sysfile.h"

/* Fill *d from a device whose first block is a stamp. 0, -ENODATA: no area begins there; else *why.
 */
static int look(struct diskarea *d, const char *device, struct why *why)
{
	struct areafile a;
	struct stat st;
	bool immutable;
	u64 size = 0;
	int fd = open(device, O_RDONLY | O_CLOEXEC), err;

	if (fd < 0)
		return refuse(why, -errno, "%s: %s", device, strerror(errno));
	err = fstat(fd, &st) ? -errno : file_size(fd, device, &size);
	if (!err)
		err = areafile_find(&a, fd, size, why);
	immutable = !err && areafile_is_immutable(fd);
	if (!err && a.extents.start)
		err = -ENODATA; /* in a partition of it: that is a device of its own */
	if (!err && a.current < 0)
		err =
		    refuse(why, -EBADMSG, "%s: both headers of the dump area are damaged", device);
	close(fd);
	if (err)
		return err;
	*d = (struct diskarea){ .room = a.stamp.area_size - AREA_DATA_OFF,
				.state = a.header.state,
				.time = a.header.time,
				.immutable = immutable };
	for (u32 i = 0; i < a.header.section_count; i++)
		d->used += a.header.section[i].length;
	snprintf(d->device, sizeof(d->device), "%s", device);
	area_uuid_print(a.stamp.uuid, d->uuid);
	if (S_ISBLK(st.st_mode))
		(void)machine_pci_of_disk(major(st.st_rdev), minor(st.st_rdev), d->pci);
	return 0;
}

static int find_uuid(struct diskarea *d, const char *uuid)
{
	DIR *dir = opendir(sys_path("/sys/class/block"));
	struct dirent *entry;
	struct diskarea found;
	char device[64];
	int n = 0;

	while (dir && (entry = readdir(dir))) {
		struct why why = { "" };

		if (entry->d_name[0] == '.' ||
		    snprintf(device, sizeof(device), "/dev/%s", entry->d_name) >=
			(int)sizeof(device))
			continue;
		if (look(&found, device, &why) || strcasecmp(found.uuid, uuid))
			continue;
		if (n++)
			say("dump area %s is on %s and on %s", uuid, d->device, device);
		*d = found;
	}
	if (dir)
		closedir(dir);
	if (!n)
		return say_fail(-ENODEV, "no disk or partition holds the dump area %s", uuid);
	return n == 1 ? 0 : -EEXIST;
}

int diskarea_find(struct diskarea *d, const char *where)
{
	struct why why = { "" };
	u8 uuid[16];
	int err;

	if (!area_uuid_parse(where, strlen(where), uuid))
		return find_uuid(d, where);
	err = look(d, where, &why);
	if (err)
		return say_fail(err, "%s%s%s", *where == '/' && why.text[0] ? "" : where,
				*where == '/' && why.text[0] ? "" : ": ",
				why.text[0] ? why.text
					    : "no dump area begins here, and it is no UUID of one");
	return 0;
}
