/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files of /proc, /sys and /etc, which a test can put under another root. */
#ifndef AFTERIMAGECTL_SYSFILE_H
#define AFTERIMAGECTL_SYSFILE_H

#include <stdio.h>

#include "base.h"

/* Where /proc, /sys, /etc and /boot begin; "" at first. `dir` is kept. */
void sys_root(const char *dir);

/* `path` under the root; the result is good until the next call but three. */
const char *sys_path(const char *path);

/* The first line of a small file, without its newline and cut to size - 1 bytes. 0 or -errno,
 * untold. */
int sys_read(const char *path, char *buf, size_t size);

/* The number a file holds, in any base that C knows. 0 or -errno, untold. */
int sys_read_number(const char *path, u64 *value);

/* 0 or -errno, untold. */
int sys_write(const char *path, const char *text);

/* NULL with errno. */
FILE *sys_open(const char *path);

#endif
