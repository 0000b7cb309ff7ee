/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pread(), pwrite() and ftruncate() of files that are in memory. */
#include "memory_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

struct memory_file memory_file[MEMORY_FILES];

void memory_file_clear(struct memory_file *f)
{
	memset(f->bytes, 0, f->dirty);
	f->size = f->dirty = 0;
}

static struct memory_file *file_of(int fd)
{
	if (fd < MEMORY_FILE_FD || fd >= MEMORY_FILE_FD + MEMORY_FILES)
		abort();
	return &memory_file[fd - MEMORY_FILE_FD];
}

static ssize_t memory_pread(int fd, void *buf, size_t n, off_t off)
{
	const struct memory_file *f = file_of(fd);

	if (off < 0)
		return errno = EINVAL, -1;
	if ((u64)off >= f->size)
		return 0;
	n = MIN(n, (size_t)(f->size - (u64)off));
	memcpy(buf, f->bytes + off, n);
	return (ssize_t)n;
}

static ssize_t memory_pwrite(int fd, const void *buf, size_t n, off_t off)
{
	struct memory_file *f = file_of(fd);

	if (off < 0 || (u64)off > MEMORY_FILE_MAX || n > MEMORY_FILE_MAX - (u64)off)
		return errno = ENOSPC, -1;
	memcpy(f->bytes + off, buf, n);
	f->size = MAX(f->size, (u64)off + n);
	f->dirty = MAX(f->dirty, f->size);
	return (ssize_t)n;
}

int ftruncate(int fd, off_t size)
{
	struct memory_file *f = file_of(fd);

	if (size < 0 || (u64)size > MEMORY_FILE_MAX)
		return errno = EFBIG, -1;
	if ((u64)size < f->dirty)
		memset(f->bytes + size, 0, f->dirty - (u64)size);
	f->dirty = MIN(f->dirty, (u64)size);
	f->size = (u64)size;
	return 0;
}

#define pread                pread_of_libc
#define pwrite               pwrite_of_libc
#define sync_file_range      sync_of_libc
#define lseek                lseek_of_libc
#include <fcntl.h>
#include <unistd.h>
#undef pread
#undef pwrite
#undef sync_file_range
#undef lseek
#define pread                memory_pread
#define pwrite               memory_pwrite
#define sync_file_range(...) ((void)0)
#define lseek(fd, off, how)  ((off_t)(off)) /* no notion of holes */
#include "input.c"
#include "output.c"
