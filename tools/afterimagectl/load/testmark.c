// SPDX-License-Identifier: GPL-2.0-or-later
// The mark of a crash on purpose: lines of `key value`.
#include "load/testmark.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "host/sysfile.h"

#define BOOT_ID   "/proc/sys/kernel/random/boot_id"
#define CLOCK_GAP 60 /* seconds that the clock may have been set back between mark and crash */

/* What was written is on the disk, and its name too. */
static int close_durably(FILE *f)
{
	int err = fflush(f) || fsync(fileno(f)) ? -errno : 0;

	if (fclose(f) && !err)
		err = -errno;
	sync(); /* the folder's entry, and all else that a crash would lose */
	return err ? say_error(err, TESTMARK_PATH) : 0;
}

int testmark_make(const struct conf *c)
{
	char boot[BOOT_ID_TEXT];
	FILE *f;
	int err = sys_read(BOOT_ID, boot, sizeof(boot));

	if (err)
		return say_error(err, BOOT_ID);
	f = fopen(sys_path(TESTMARK_PATH), "we");
	if (!f)
		return say_error(-errno, TESTMARK_PATH);
	fprintf(f, "time %lld\nboot %s\n", (long long)time(NULL), boot);
	for (unsigned int i = 0; i < c->n_target; i++)
		fprintf(f, "target %s\n", c->target[i]);
	return close_durably(f);
}

static void take_line(struct testmark *m, const char *key, const char *value)
{
	if (!strcmp(key, "time"))
		m->time = strtoull(value, NULL, 10);
	else if (!strcmp(key, "boot"))
		snprintf(m->boot, sizeof(m->boot), "%s", value);
	else if (!strcmp(key, "target") && m->n_target < CONF_TARGETS)
		snprintf(m->target[m->n_target++], CONF_TEXT, "%s", value);
	else if (!strcmp(key, "crashed"))
		m->crashed = strtoull(value, NULL, 10);
	else if (!strcmp(key, "up"))
		m->up = strtoull(value, NULL, 10);
	else if (!strcmp(key, "saved"))
		m->saved = strtoull(value, NULL, 10);
	else if (!strcmp(key, "complete"))
		m->complete = !strcmp(value, "1");
	else if (!strcmp(key, "dump"))
		snprintf(m->dump, sizeof(m->dump), "%s", value);
}

int testmark_read(struct testmark *m)
{
	FILE *f = sys_open(TESTMARK_PATH);
	char line[PATH_MAX + 16], *value;

	*m = (struct testmark){ .time = 0 };
	if (!f)
		return errno == ENOENT ? -ENOENT : say_error(-errno, TESTMARK_PATH);
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		value = strchr(line, ' ');
		if (!value)
			continue;
		*value++ = '\0';
		take_line(m, line, value);
	}
	fclose(f);
	return m->time && m->boot[0] ? 0 : say_fail(-EBADMSG, "%s is damaged", TESTMARK_PATH);
}

bool testmark_is_of_this_boot(const struct testmark *m)
{
	char boot[BOOT_ID_TEXT];

	return !sys_read(BOOT_ID, boot, sizeof(boot)) && !strcmp(boot, m->boot);
}

/* When this system began to run; Unix seconds, 0 unknown. */
static u64 boot_time(void)
{
	FILE *f = sys_open("/proc/stat");
	unsigned long long seconds = 0;
	char line[4096];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "btime %llu", &seconds) == 1)
			break;
	if (f)
		fclose(f);
	return seconds;
}

void testmark_saved(u64 crashed, const char *dir, bool complete)
{
	static struct testmark m;
	u64 now = (u64)time(NULL);
	FILE *f;

	if (testmark_read(&m) || m.saved || testmark_is_of_this_boot(&m) ||
	    crashed + CLOCK_GAP < m.time)
		return;
	f = fopen(sys_path(TESTMARK_PATH), "ae");
	if (!f) {
		say_error(-errno, TESTMARK_PATH);
		return;
	}
	fprintf(f, "crashed %llu\nup %llu\nsaved %llu\ncomplete %d\ndump %s\n", crashed,
		boot_time(), now, complete, dir);
	if (!close_durably(f))
		say("test: the dump came through%s, %llu s after the crash",
		    complete ? "" : " INCOMPLETE", now > crashed ? now - crashed : 0);
}
