// SPDX-License-Identifier: GPL-2.0-or-later
// Files of /proc, /sys and /etc.
#include "host/sysfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *root = "";

void sys_root(const char *dir)
{
	root = dir;
}

const char *sys_path(const char *path)
{
	static char buf[4][PATH_MAX];
	static unsigned int turn;
	char *out = buf[turn++ % ARRAY_SIZE(buf)];

	snprintf(out, PATH_MAX, "%s%s", root, path);
	return out;
}

FILE *sys_open(const char *path)
{
	return fopen(sys_path(path), "re");
}

int sys_read(const char *path, char *buf, size_t size)
{
	FILE *f = sys_open(path);
	int err;

	if (!f)
		return -errno;
	errno = 0;
	if (!fgets(buf, (int)size, f))
		buf[0] = '\0';
	err = ferror(f) ? -(errno ? errno : EIO) : 0;
	fclose(f);
	buf[strcspn(buf, "\n")] = '\0';
	return err;
}

int sys_read_number(const char *path, u64 *value)
{
	char text[32], *end;
	int err = sys_read(path, text, sizeof(text));

	if (err)
		return err;
	errno = 0;
	*value = strtoull(text, &end, 0);
	return errno || end == text || *end ? -EINVAL : 0;
}

int sys_write(const char *path, const char *text)
{
	int fd = open(sys_path(path), O_WRONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		err = -errno;
	close(fd);
	return err;
}
