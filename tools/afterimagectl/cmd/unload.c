// SPDX-License-Identifier: GPL-2.0-or-later
// afterimagectl unload: disarms this machine.
#include "load/kexec.h"

static const char help[] = "usage: afterimagectl unload\n"
			   "\n"
			   "Takes the loaded capture kernel away: a panic will leave no dump.\n";

static int run(int argc, char **argv)
{
	static const struct option options[] = { COMMON_OPTIONS };
	int c = getopt_long(argc, argv, "h", options, NULL);

	if (c >= 0)
		return command_option(&cmd_unload, c);
	if (optind != argc)
		return command_misuse(&cmd_unload, "takes no arguments");
	return kexec_unload() ? CTL_FAILED : CTL_DONE;
}

const struct command cmd_unload = {
	.name = "unload",
	.summary = "disarm",
	.help = help,
	.run = run,
};
