// SPDX-License-Identifier: GPL-2.0-or-later
// afterimagectl status: is this machine armed, and why did the last dump fail, wherever the capture
// kernel could leave word of it.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "load/armed_status.h"
#include "conf/conf.h"
#include "area/last_failure.h"
#include "host/sysfile.h"

static const char help[] =
    "usage: afterimagectl status [--config FILE] [--json]\n"
    "       afterimagectl status [--json] [--clear] DEVICE|FILE\n"
    "       afterimagectl status [--json] --clear\n"
    "\n"
    "Tells whether this machine is armed as it is configured, what is loaded, what is reserved and\n"
    "needed, and each target's state; exit status 0: armed as configured, 1: not.\n"
    "\n"
    "And why the last dump failed: from the dump area given, from the firmware's store (ACPI ERST:\n"
    "/sys/fs/pstore, or where systemd-pstore put it) and from CMOS RAM. With a dump area, or with\n"
    "--clear, only that. Most of it needs root.\n"
    "\n"
    "  --json         one JSON object\n"
    "  --clear        forget the failures, wherever they were found\n"
    "  --config FILE  another configuration\n"
    "  --root DIR     read /proc, /sys and /etc below DIR (for tests)\n";

struct status {
	bool as_json, clear;
	struct json json;
	const char *path; /* of a dump area, or NULL */
	const char *config;
	unsigned int found;
};

static void show(const struct last_failure *f, void *ctx)
{
	struct status *s = ctx;

	if (s->as_json)
		failure_print_json(&s->json, f);
	else
		failure_print(f);
	s->found++;
}

/* The words of a dump area. */
static int show_area(struct status *s, int fd, u64 size)
{
	static char text[FAILURE_SECTION_MAX];
	static struct last_failure f;
	struct why why = { "" };
	struct areafile a;
	size_t n;
	int err = areafile_find(&a, fd, size, &why);

	if (err)
		return say_fail(err, "%s: %s", s->path, why.text);
	if (a.current < 0)
		return say_fail(-EBADMSG, "%s: both headers of the dump area are damaged", s->path);
	n = failure_section(s->path, &a, text);
	if (!n || !failure_parse(&f, text, n))
		return 0;
	snprintf(f.where, sizeof(f.where), "dump area ");
	clean_text(f.where + strlen(f.where), PATH_MAX, s->path, strlen(s->path));
	show(&f, s);
	return s->clear ? areafile_drop_section(&a, AREA_SECTION_FAILURE) : 0;
}

static int look_at_area(struct status *s)
{
	int fd = areafile_open(s->path, s->clear), err;
	u64 size;

	if (fd < 0)
		return fd;
	err = s->clear ? areafile_lock(fd, s->path) : 0;
	if (!err)
		err = file_size(fd, s->path, &size);
	if (!err)
		err = show_area(s, fd, size);
	close(fd);
	return err;
}

static int status(struct status *s)
{
	int err = 0, bad;

	if (!s->path && !s->clear && !s->as_json)
		err = armed_status(s->config, NULL);
	if (s->as_json) {
		json_begin(&s->json, stdout);
		json_open(&s->json, "last_failures", '[');
	}
	if (s->path)
		err = look_at_area(s);
	bad = failure_each(show, s, s->clear);
	if (s->as_json) {
		json_close(&s->json, ']');
		if (!s->path && !s->clear)
			err = armed_status(s->config, &s->json);
		json_end(&s->json);
	} else if (!s->found) {
		puts("last failure: none known");
	}
	/* without root not everything can be seen: that is told, and no error of a question about an area */
	return err || (bad && s->clear && !s->path) ? CTL_FAILED : CTL_DONE;
}

static int run(int argc, char **argv)
{
	static const struct option options[] = { { "json", no_argument, NULL, 'j' },
						 { "clear", no_argument, NULL, 'c' },
						 { "config", required_argument, NULL, 'f' },
						 { "root", required_argument, NULL, 'r' },
						 COMMON_OPTIONS };
	struct status s = { .config = CONF_PATH };
	int c;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) >= 0) {
		if (c == 'j')
			s.as_json = true;
		else if (c == 'c')
			s.clear = true;
		else if (c == 'f')
			s.config = optarg;
		else if (c == 'r')
			sys_root(optarg);
		else
			return command_option(&cmd_status, c);
	}
	if (argc - optind > 1)
		return command_misuse(&cmd_status, "one dump area at most");
	s.path = argv[optind];
	return status(&s);
}

const struct command cmd_status = {
	.name = "status",
	.summary = "is this machine armed? why did the last dump fail?",
	.help = help,
	.run = run,
};
