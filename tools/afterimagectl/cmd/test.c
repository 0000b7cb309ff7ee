// SPDX-License-Identifier: GPL-2.0-or-later
// afterimagectl test: a crash on purpose, and after the reboot whether the dump came through.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "area/last_failure.h"
#include "conf/options.h"
#include "load/preflight.h"
#include "host/sysfile.h"
#include "load/testmark.h"

#define SYSRQ         "/proc/sysrq-trigger"
#define CRASH_SECONDS 10 /* in which a machine that was told to crash has crashed */

static const char help[] =
    "usage: afterimagectl test [--config FILE] [--yes]\n"
    "       afterimagectl test --report\n"
    "\n"
    "CRASHES THIS MACHINE, as a panic would, to see that a dump comes of it: after the checks of\n"
    "`afterimagectl check`, all of which must be good, and after `yes` was typed. After the "
    "reboot\n"
    "--report says whether the dump came through, and how long it took; exit status 1 when it did\n"
    "not, or when that cannot be seen on this machine because the dump went over the network.\n"
    "\n"
    "  --yes          do not ask\n"
    "  --report       of the last test\n"
    "  --config FILE  another configuration\n"
    "  --root DIR     read /proc, /sys and /etc below DIR (for tests)\n";

static bool is_meant(void)
{
	char answer[16] = "";

	printf("This crashes the machine NOW: every program on it is lost. Type yes to go on: ");
	fflush(stdout);
	return fgets(answer, sizeof(answer), stdin) && !strcmp(answer, "yes\n");
}

static int crash(const struct conf *c, bool ask)
{
	static struct plan p;
	int err = preflight(&p, c);

	if (err)
		return say_fail(err, "not everything is as it should be: nothing was done");
	if (ask && !is_meant())
		return say_fail(-ECANCELED, "not confirmed: nothing was done");
	err = testmark_make(c);
	if (!err) {
		say("crashing; after the reboot: afterimagectl test --report");
		sync();
		err = sys_write(SYSRQ, "c");
	}
	if (err)
		return say_error(err, SYSRQ);
	sleep(CRASH_SECONDS);
	return say_fail(-EIO, "the machine did not crash");
}

/* A line for a duration that both ends are known of. */
static void print_span(const char *what, u64 from, u64 to)
{
	if (from && to >= from)
		printf("%s: %llu s after the crash\n", what, to - from);
}

struct told {
	u64 since;
	bool any;
};

static void tell_failure(const struct last_failure *f, void *ctx)
{
	struct told *t = ctx;

	if (f->crash_time && f->crash_time < t->since)
		return;
	t->any = true;
	failure_print(f);
}

/* No dump was saved here: what is known of why, and where else to look. */
static int report_absence(const struct testmark *m)
{
	struct told told = { .since = m->time };

	(void)failure_each(tell_failure, &told, false);
	if (!told.any)
		puts("no failure was recorded");
	for (unsigned int i = 0; i < m->n_target; i++)
		printf("target %s: %s\n", m->target[i],
		       !strncmp(m->target[i], "tcp:", 4)
			   ? "see on that machine, which this one cannot ask (afterimagectl "
			     "receive keeps index and journal)"
		       : strcmp(m->target[i], "console:")
			   ? "no dump of that crash was saved: is afterimage-save.service enabled?"
			   : "see the console's own log");
	return CTL_FAILED;
}

static int report(void)
{
	static struct testmark m;
	char when[32];
	int err = testmark_read(&m);

	if (err)
		return err == -ENOENT ? say_fail(CTL_FAILED, "no test was made on this machine")
				      : CTL_FAILED;
	print_time(when, m.time);
	if (testmark_is_of_this_boot(&m)) {
		say("the test of %s did not crash this machine", when);
		return CTL_FAILED;
	}
	printf("test of %s: %s\n", when,
	       !m.saved     ? "no dump on this machine"
	       : m.complete ? "the dump came through"
			    : "an INCOMPLETE dump came through");
	if (!m.saved)
		return report_absence(&m);
	print_span("system up", m.crashed, m.up);
	print_span("saved", m.crashed, m.saved);
	printf("dump: %s\n", m.dump);
	return m.complete ? CTL_DONE : CTL_FAILED;
}

static int run(int argc, char **argv)
{
	static int yes, wants_report;
	static const struct option own[] = { OPTION_FLAG("yes", &yes),
					     OPTION_FLAG("report", &wants_report), OPTIONS_END };
	const char *config;
	struct conf conf;
	int err = options_parse(&cmd_test, argc, argv, own, &config);

	if (err != OPTIONS_GO_ON)
		return err;
	if (wants_report)
		return report();
	conf_default(&conf);
	return conf_read(&conf, config) || crash(&conf, !yes) ? CTL_FAILED : CTL_DONE;
}

const struct command cmd_test = {
	.name = "test",
	.summary = "crash this machine on purpose; --report: did the dump come through?",
	.help = help,
	.run = run,
};
