// SPDX-License-Identifier: GPL-2.0-or-later
// The folder with the saved dumps.
#include "save/saved.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "progress.h"
#include "host/sysfile.h"

#define REMOVE_DEPTH 16  /* open folders at a time */
#define HOOK_S       600 /* the machine is not armed again before they have ended */
#define KILLED_S     10

int saved_room(const struct conf *c, u64 bytes)
{
	struct statvfs fs;
	u64 available, floor;

	if (statvfs(c->path, &fs))
		return say_error(-errno, "%s", c->path);
	available = (u64)fs.f_bavail * fs.f_frsize;
	floor = conf_bytes(c->min_free, (u64)fs.f_blocks * fs.f_frsize);
	if (available >= bytes && available - bytes >= floor)
		return 0;
	return say_fail(-ENOSPC,
			"%s has %llu MiB: not enough for a dump of %llu MiB and min_free %s",
			c->path, available / MIB, bytes / MIB, c->min_free);
}

/* A folder that this program made: with a summary in it. */
static int is_saved(const struct dirent *entry)
{
	return entry->d_name[0] >= '0' && entry->d_name[0] <= '9';
}

static bool has_summary(const char *dir)
{
	char path[PATH_MAX];
	struct stat st;

	return snprintf(path, sizeof(path), "%s/" SAVED_SUMMARY, dir) < (int)sizeof(path) &&
	       !lstat(path, &st);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

void saved_rotate(const struct conf *c)
{
	unsigned int keep = (unsigned int)conf_bytes(c->keep, 0), have = 0;
	struct dirent **list;
	char path[PATH_MAX];
	int n = keep ? scandir(c->path, &list, is_saved, alphasort) : 0;

	for (int i = n - 1; i >= 0; i--) { /* names begin with the time: the newest is the last */
		bool fits = snprintf(path, sizeof(path), "%s/%s", c->path, list[i]->d_name) <
			    (int)sizeof(path);

		free(list[i]);
		if (!fits || !has_summary(path) || ++have <= keep)
			continue;
		if (nftw(path, remove_one, REMOVE_DEPTH, FTW_DEPTH | FTW_PHYS | FTW_MOUNT))
			say_error(-errno, "%s", path);
		else
			say("%s: removed, %u dumps are kept", path, keep);
	}
	if (n > 0)
		free(list);
}

static int is_program(const struct dirent *entry)
{
	return entry->d_name[strspn(
		   entry->d_name,
		   "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")] == '\0';
}

/* Wait for it until `end`, a time of the monotonic clock. */
static bool ended_before(pid_t pid, double end, int *status)
{
	static const struct timespec look = { .tv_nsec = 20000000 };
	pid_t got;

	while ((got = waitpid(pid, status, WNOHANG)) == 0 && clock_seconds() < end)
		nanosleep(&look, NULL);
	return got == pid;
}

/* Its exit status, or that of a shell for a signal; it and what it has started are killed when its
 * time is over. */
static int hook_wait(pid_t pid, const char *path)
{
	double end = clock_seconds() + HOOK_S;
	int status = 0;

	if (!ended_before(pid, end, &status)) {
		say("%s: takes more than %u s, killed", path, HOOK_S);
		(void)kill(-pid, SIGKILL);
		if (!ended_before(pid, end + KILLED_S, &status))
			return 128 + SIGKILL; /* held by a device or a server: it ends when that lets go */
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void run_hook(const char *path, const char *dir)
{
	char program[PATH_MAX], argument[PATH_MAX];
	char *argv[] = { program, argument, NULL };
	posix_spawnattr_t attr;
	pid_t pid;
	int status, err;

	snprintf(program, sizeof(program), "%s", path);
	snprintf(argument, sizeof(argument), "%s", dir);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP); /* a group of its own */
	err = posix_spawn(&pid, program, NULL, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	if (err) {
		say_error(-err, "%s", path);
		return;
	}
	status = hook_wait(pid, path);
	if (status)
		say("%s %s: ended with status %d", path, dir, status);
}

void saved_hooks(const struct conf *c, const char *dir)
{
	const char *hooks = sys_path(c->hooks);
	struct dirent **list;
	char path[PATH_MAX];
	int n = scandir(hooks, &list, is_program, alphasort);

	for (int i = 0; i < n; i++) {
		if (snprintf(path, sizeof(path), "%s/%s", hooks, list[i]->d_name) <
			(int)sizeof(path) &&
		    !access(path, X_OK))
			run_hook(path, dir);
		free(list[i]);
	}
	if (n >= 0)
		free(list);
}
