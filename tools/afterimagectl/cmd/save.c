// SPDX-License-Identifier: GPL-2.0-or-later
// afterimagectl save: after the reboot, the dump goes to where dumps are looked for.
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "vmcore/crashlog.h"
#include "area/diskarea.h"
#include "save/extract.h"
#include "json.h"
#include "conf/options.h"
#include "output.h"
#include "save/saved.h"
#include "load/testmark.h"

#define NAMES_MAX 100 /* dumps of one second */

static const char help[] =
    "usage: afterimagectl save [--config FILE]\n"
    "\n"
    "Looks into every dump area that the configuration names as a target. A dump in one is taken "
    "to\n"
    "a folder of its own under `path` (/var/crash/TIME): vmcore, or vmcore-incomplete, "
    "vmcore-dmesg.txt\n"
    "and summary.json; then the area is emptied, older dumps than `keep` are removed, and the\n"
    "programs in `hooks` are run with the folder. One line on standard error tells of each dump. "
    "A\n"
    "dump for which there is no room above `min_free` stays in its area, with exit status 1.\n"
    "\n"
    "  --config FILE  another configuration\n"
    "  --root DIR     read /sys and /etc below DIR (for tests)\n";

/* What the summary and the one line say. */
struct summary {
	int fd; /* of the dump; -1: there is none */
	struct dump dump;
	struct panic_line panic;
	const char *target;
	bool complete;
	u64 bytes;
};

/* A folder that was not there before, by the time of the crash. */
static int make_folder(const struct conf *c, u64 time_of_crash, char dir[PATH_MAX])
{
	time_t t = (time_t)(time_of_crash ? time_of_crash : (u64)time(NULL));
	char when[32];
	struct tm tm;
	int err = 0;

	gmtime_r(&t, &tm);
	strftime(when, sizeof(when), "%Y%m%dT%H%M%SZ", &tm);
	for (int i = 1; i <= NAMES_MAX; i++) {
		snprintf(dir, PATH_MAX, i == 1 ? "%s/%s" : "%s/%s-%d", c->path, when, i);
		if (!mkdir(dir, 0700))
			return 0;
		err = -errno;
		if (err != -EEXIST)
			break;
	}
	return say_error(err, "%s", dir);
}

static int open_dump(int dir)
{
	int fd = openat(dir, "vmcore", O_RDONLY | O_CLOEXEC);

	return fd >= 0 ? fd : openat(dir, "vmcore-incomplete", O_RDONLY | O_CLOEXEC);
}

/* What is in the folder now: a dump, a log, or both. */
static void look_at(struct summary *s, int dir)
{
	struct why why = { "" };
	struct input in;
	struct stat st;
	int log = openat(dir, CRASHLOG_NAME, O_RDONLY | O_CLOEXEC);

	s->fd = open_dump(dir);
	if (s->fd >= 0 && !fstat(s->fd, &st)) {
		s->bytes = (u64)st.st_size;
		in = input_of_file(s->fd, 0, s->bytes);
		(void)dump_open(&s->dump, &in, &why);
	}
	if (log >= 0 && !fstat(log, &st)) {
		in = input_of_file(log, 0, (u64)st.st_size);
		crashlog_read(&in, &s->panic);
	}
	if (log >= 0)
		close(log);
}

static void look_away(struct summary *s)
{
	dump_close(&s->dump);
	if (s->fd >= 0)
		close(s->fd);
}

static int write_summary(const struct summary *s, int dir)
{
	char when[32] = "", now[32];
	struct output o;
	struct json j;
	FILE *f;
	int err = output_create(&o, dir, "summary.part");

	if (err)
		return err;
	f = fdopen(dup(o.fd), "w");
	if (!f)
		return say_error(-errno, SAVED_SUMMARY);
	if (s->dump.crash_time)
		print_time(when, s->dump.crash_time);
	print_time(now, (u64)time(NULL));
	json_begin(&j, f);
	json_text(&j, "nodename", s->dump.nodename);
	json_text(&j, "release", s->dump.release);
	json_text(&j, "crash_time", when);
	json_text(&j, "panic_line", s->panic.line);
	json_text(&j, "container", container_name(s->dump.container));
	json_number(&j, "bytes", s->bytes);
	json_text(&j, "target", s->target);
	json_text(&j, "saved", now);
	json_bool(&j, "complete", s->complete);
	json_end(&j);
	if (fclose(f))
		err = say_error(-errno, SAVED_SUMMARY);
	if (!err)
		err = output_commit(&o, SAVED_SUMMARY);
	output_discard(&o);
	return err;
}

static void tell(const struct summary *s, const char *where)
{
	char when[32];

	print_time(when, s->dump.crash_time);
	say("saved %s dump of %s (%s), crashed %s: %s: %s, %llu MiB",
	    s->complete ? "the" : "an INCOMPLETE",
	    s->dump.nodename[0] ? s->dump.nodename : "this machine",
	    s->dump.release[0] ? s->dump.release : "unknown release",
	    s->dump.crash_time ? when : "at an unknown time",
	    s->panic.line[0] ? s->panic.line : "no panic line", where, s->bytes / MIB);
}

/* 0 also where there is nothing to save. */
static int save_area(const struct conf *c, const char *target, const struct diskarea *area)
{
	static struct summary s; /* the log's decoder is large */
	char dir[PATH_MAX];
	int err, fd;

	if (area->state == AREA_EMPTY)
		return 0;
	err = saved_room(c, area->used);
	if (!err)
		err = make_folder(c, area->time, dir);
	if (err)
		return err;
	err = area_extract(area->device, dir, false);
	if (err < 0) {
		(void)rmdir(dir); /* where nothing was written */
		return err;
	}
	s = (struct summary){ .target = target, .complete = !err };
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return say_error(-errno, "%s", dir);
	look_at(&s, fd);
	err = write_summary(&s, fd);
	close(fd);
	tell(&s, dir);
	testmark_saved(s.dump.crash_time ? s.dump.crash_time : area->time, dir, s.complete);
	look_away(&s);
	saved_rotate(c);
	saved_hooks(c, dir);
	return err;
}

static int save_all(const struct conf *c)
{
	int status = 0;

	if (mkdir(c->path, 0755) && errno != EEXIST)
		return say_error(-errno, "%s", c->path);
	for (unsigned int i = 0; i < c->n_target; i++) {
		struct diskarea area;

		if (strncmp(c->target[i], "disk:", 5) && strncmp(c->target[i], "file:", 5))
			continue;
		if (diskarea_find(&area, c->target[i] + 5) || save_area(c, c->target[i], &area))
			status = -EIO;
	}
	return status;
}

static int run(int argc, char **argv)
{
	const char *config;
	struct conf conf;
	int err = options_parse(&cmd_save, argc, argv, NULL, &config);

	if (err != OPTIONS_GO_ON)
		return err;
	stop_catch();
	conf_default(&conf);
	err = conf_read(&conf, config);
	if (!err)
		err = save_all(&conf);
	return err ? CTL_FAILED : CTL_DONE;
}

const struct command cmd_save = {
	.name = "save",
	.summary = "after a crash: take dumps from their areas to /var/crash",
	.help = help,
	.run = run,
};
