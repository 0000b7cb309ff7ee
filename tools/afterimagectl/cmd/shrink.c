// SPDX-License-Identifier: GPL-2.0-or-later
// afterimagectl shrink: from kdump's reservation to what afterimage needs, without a reboot.
#include <errno.h>
#include <stdio.h>

#include "load/kexec.h"
#include "conf/options.h"
#include "host/sysfile.h"

#define CRASH_SIZE "/sys/kernel/kexec_crash_size"
#define SIZE_MIN   (2 * MIB) /* what a new machine is told to reserve; it cannot grow again */
#define SIZE_STEP  (256 * KIB)

static const char help[] =
    "usage: afterimagectl shrink [--config FILE] [--dry-run]\n"
    "\n"
    "Unloads what is loaded, gives all of the crash reservation back but what the capture kernel\n"
    "needs (2 MiB, more on large machines without 1 GiB pages), loads it, and says how much "
    "memory\n"
    "came back. The reservation cannot grow again before the next boot, where crashkernel=2M "
    "keeps\n"
    "it small.\n"
    "\n"
    "  --config FILE   another configuration\n"
    "  --dry-run       say what would be done\n"
    "  --root DIR      read /proc, /sys and /etc below DIR (for tests)\n";

static int set_size(u64 size)
{
	char text[32];
	int err;

	snprintf(text, sizeof(text), "%llu", size);
	err = sys_write(CRASH_SIZE, text);
	return err ? say_error(err, "%s", CRASH_SIZE) : 0;
}

static int shrink(struct plan *p, bool dry_run)
{
	u64 had = p->reservation.size, now = had;
	u64 size = MAX(ALIGN_UP(plan_needs(p), SIZE_STEP), SIZE_MIN);
	int err = plan_fits(p);

	if (err)
		return err;
	if (had <= size) {
		say("%llu KiB are reserved, %llu KiB are needed: nothing to give back", had / KIB,
		    size / KIB);
		return dry_run ? 0 : kexec_load(p);
	}
	if (dry_run) {
		say("%llu KiB of %llu KiB would come back", (had - size) / KIB, had / KIB);
		return 0;
	}
	err = p->reservation.armed ? kexec_unload() : 0;
	if (!err)
		err = set_size(size);
	if (!err)
		err = kexec_load(p);
	if (sys_read_number(CRASH_SIZE, &now) || now >= had)
		return err ? err : say_fail(-EIO, "the kernel kept %llu KiB", now / KIB);
	say("%llu KiB of memory came back, %llu KiB stay reserved%s", (had - now) / KIB, now / KIB,
	    err ? "; NOTHING IS LOADED" : "");
	return err;
}

static int run(int argc, char **argv)
{
	static int dry_run;
	static const struct option own[] = { OPTION_FLAG("dry-run", &dry_run), OPTIONS_END };
	static struct plan p;
	const char *config;
	struct conf conf;
	int err = options_parse(&cmd_shrink, argc, argv, own, &config);

	if (err != OPTIONS_GO_ON)
		return err;
	conf_default(&conf);
	err = conf_read(&conf, config);
	if (!err)
		err = plan_make(&p, &conf);
	if (!err)
		err = shrink(&p, dry_run);
	return err ? CTL_FAILED : CTL_DONE;
}

const struct command cmd_shrink = {
	.name = "shrink",
	.summary = "give back what kdump reserved and this does not need",
	.help = help,
	.run = run,
};
