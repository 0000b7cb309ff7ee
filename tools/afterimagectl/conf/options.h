/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options that commands about this machine share. */
#ifndef AFTERIMAGECTL_OPTIONS_H
#define AFTERIMAGECTL_OPTIONS_H

#include "ctl.h"

#define OPTIONS_GO_ON (-1)

/* A flag of the command's own: *flag becomes 1. */
#define OPTION_FLAG(name, flag)                                                                    \
	{                                                                                          \
		name, no_argument, flag, 1                                                         \
	}
#define OPTIONS_END                                                                                \
	{                                                                                          \
		NULL, 0, NULL, 0                                                                   \
	}

/* --config FILE into *config, --root DIR, --help, --version and `own` (ends with OPTIONS_END, NULL:
 * none) of a command without arguments. OPTIONS_GO_ON, or the exit status. */
int options_parse(const struct command *cmd, int argc, char **argv, const struct option *own,
		  const char **config);

#endif
