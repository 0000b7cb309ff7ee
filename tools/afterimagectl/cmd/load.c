// SPDX-License-Identifier: GPL-2.0-or-later
// afterimagectl load: arms this machine.
#include <errno.h>
#include <stdio.h>

#include "conf/kdumpconf.h"
#include "load/kexec.h"
#include "conf/options.h"

static const char help[] =
    "usage: afterimagectl load [--config FILE] [--from-kdump] [--dry-run]\n"
    "\n"
    "Settles the targets of /etc/afterimage.conf on this machine as it is now (names, addresses,\n"
    "network device, dump areas), checks that the reservation is large enough, and has kexec\n"
    "load the capture kernel in place of what is loaded.\n"
    "\n"
    "  --config FILE   another configuration\n"
    "  --from-kdump    take the configuration from what this machine has of kdump: "
    "/etc/kdump.conf,\n"
    "                  /etc/sysconfig/kdump or /etc/default/kdump-tools; says line by line what "
    "it\n"
    "                  took over, and prints the same as an afterimage.conf\n"
    "  --dry-run       print the command line (and, of files, the extent map) that\n"
    "                  would be loaded, and load nothing\n"
    "  --root DIR      read /proc, /sys and /etc below DIR (for tests)\n";

/* How many targets can take a dump, the others told: the capture kernel tries them in vain. */
static unsigned int driven(const struct plan *p)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < p->n_target; i++) {
		const struct plan_target *t = &p->target[i];

		if (t->err)
			continue;
		if (plan_drives(t))
			n++;
		else
			say("target %s: the capture kernel has no driver for the %s", t->text,
			    t->kind == PLAN_TCP ? "network device" : "disk's controller");
	}
	return n;
}

static int load(const struct conf *c, bool dry_run)
{
	static struct plan p;
	int err = plan_make(&p, c);
	unsigned int n;

	if (err)
		return err;
	if (dry_run) {
		puts(p.words);
		fputs(p.map, stdout);
		return 0;
	}
	n = driven(&p);
	err = n ? plan_fits(&p) : say_fail(-ENODEV, "no target would take a dump");
	if (!err && p.reservation.low_too)
		say("crashkernel=,high reserves 256 MiB more below 4 GiB, which nobody needs here: "
		    "crashkernel=2M needs neither");
	if (!err)
		err = kexec_load(&p);
	if (!err)
		say("armed: %u of %u targets, by %s", n, p.n_target,
		    p.loader == LOADER_FILE ? "kexec_file_load" : "kexec_load");
	return err;
}

static int run(int argc, char **argv)
{
	static int from_kdump, dry_run;
	static const struct option own[] = { OPTION_FLAG("from-kdump", &from_kdump),
					     OPTION_FLAG("dry-run", &dry_run), OPTIONS_END };
	const char *config;
	struct conf conf;
	int err = options_parse(&cmd_load, argc, argv, own, &config);

	if (err != OPTIONS_GO_ON)
		return err;
	conf_default(&conf);
	err = from_kdump ? kdumpconf_read(&conf) : conf_read(&conf, config);
	if (!err)
		err = load(&conf, dry_run);
	return err ? CTL_FAILED : CTL_DONE;
}

const struct command cmd_load = {
	.name = "load",
	.summary = "arm: settle the targets and load the capture kernel",
	.help = help,
	.run = run,
};
