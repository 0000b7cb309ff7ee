// SPDX-License-Identifier: GPL-2.0-or-later
// afterimagectl check: would a panic now leave a dump?
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "load/estimate.h"
#include "load/kexec.h"
#include "conf/options.h"
#include "load/preflight.h"
#include "host/sysfile.h"

static const char help[] =
    "usage: afterimagectl check [--config FILE]\n"
    "\n"
    "Looks at everything that a dump after a panic needs: reservation, image, lockdown, each\n"
    "target's way (name, route, a network device or disk controller that the capture kernel has\n"
    "a driver for, a peer that takes connections, a dump area that is there, free and large\n"
    "enough), and whether what is loaded is what the configuration says now. Exit status 1 when\n"
    "anything is wrong.\n"
    "\n"
    "  --config FILE  another configuration\n"
    "  --root DIR     read /proc, /sys and /etc below DIR (for tests)\n";

static unsigned int wrong;

static void good(const char *what, const char *text)
{
	printf("ok       %s%s%s\n", what, *text ? ": " : "", text);
}

static void bad(const char *what, const char *text)
{
	printf("WRONG    %s%s%s\n", what, *text ? ": " : "", text);
	wrong++;
}

static void warn(const char *what, const char *text)
{
	printf("warning  %s%s%s\n", what, *text ? ": " : "", text);
}

static void check_way(const struct plan_target *t)
{
	const struct way *w = &t->way;
	char text[160];
	int err;

	snprintf(text, sizeof(text), "%s: %s, %s", t->text, w->ifname, w->pci);
	if (!plan_drives(t))
		bad(text, "the capture kernel has no driver for this network device");
	err = way_try(w);
	if (err)
		bad(text, strerror(-err));
	else
		good(text, "the peer takes connections");
}

static void check_area(const struct plan_target *t, const struct conf *c)
{
	const struct diskarea *a = &t->area;
	u64 estimate = estimate_now(c);
	char text[2 * CONF_TEXT], when[32], size[96];

	snprintf(text, sizeof(text), "%s: %s", t->text, a->device);
	if (!plan_drives(t))
		bad(text, "the capture kernel has no driver for this disk's controller");
	print_time(when, a->time);
	snprintf(size, sizeof(size), "room for %llu MiB, a dump now would take %llu MiB at most",
		 a->room / MIB, estimate / MIB);
	if (t->kind == PLAN_FILE && !a->immutable)
		warn(text, "not immutable: chattr +i keeps others from moving it");
	if (a->state == AREA_COMPLETE && strcmp(c->overwrite, "1"))
		bad(text, "holds a dump that was not extracted, which is not overwritten");
	if (a->room < estimate)
		bad(text, size);
	else
		good(text, size);
}

static void check_targets(const struct plan *p)
{
	for (unsigned int i = 0; i < p->n_target; i++) {
		const struct plan_target *t = &p->target[i];

		if (t->err)
			bad(t->text, "left out");
		else if (t->kind == PLAN_TCP)
			check_way(t);
		else if (t->kind == PLAN_DISK || t->kind == PLAN_FILE)
			check_area(t, p->conf);
		else
			good(t->text, "");
	}
}

static void check_armed(const struct plan *p)
{
	const char *mismatch = kexec_mismatch(p);

	if (mismatch)
		bad("armed", mismatch);
	else
		good("armed", "");
}

static void check_kernel(void)
{
	u64 oops;

	if (!sys_read_number("/proc/sys/kernel/panic_on_oops", &oops) && !oops)
		warn("kernel.panic_on_oops=0", "an oops that kills only a process leaves no dump");
}

int preflight(struct plan *p, const struct conf *conf)
{
	if (plan_make(p, conf))
		return -EINVAL;
	if (plan_fits(p))
		wrong++;
	else
		good("reservation and image", "");
	if (p->reservation.low_too)
		warn("crashkernel=,high",
		     "256 MiB more are reserved below 4 GiB, which nobody needs");
	check_targets(p);
	check_armed(p);
	check_kernel();
	return wrong ? -EINVAL : 0;
}

static int run(int argc, char **argv)
{
	static struct plan p;
	const char *config;
	struct conf conf;
	int err = options_parse(&cmd_check, argc, argv, NULL, &config);

	if (err != OPTIONS_GO_ON)
		return err;
	conf_default(&conf);
	return conf_read(&conf, config) || preflight(&p, &conf) ? CTL_FAILED : CTL_DONE;
}

const struct command cmd_check = {
	.name = "check",
	.summary = "would a panic now leave a dump?",
	.help = help,
	.run = run,
};
