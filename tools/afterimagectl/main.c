// SPDX-License-Identifier: GPL-2.0-or-later
// afterimagectl: the table of commands and what is common to them.
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ctl.h"

static const struct command *const commands[] = {
	&cmd_format, &cmd_extract, &cmd_receive, &cmd_repair, &cmd_verify, &cmd_info, &cmd_dmesg,
	&cmd_status,
	&cmd_load, &cmd_unload, &cmd_check, &cmd_test, &cmd_shrink, &cmd_save,
};

static void print_version(void)
{
	puts("afterimagectl " VERSION);
}

static void print_help(void)
{
	puts("usage: afterimagectl COMMAND [OPTIONS]\n");
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		printf("  %-9s %s\n", commands[i]->name, commands[i]->summary);
	puts("\n`afterimagectl COMMAND --help` tells more. Exit status: 0 done, 1 failed, 2 wrong "
	     "usage.");
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	return NULL;
}

int command_option(const struct command *cmd, int option)
{
	switch (option) {
	case 'h':
		fputs(cmd->help, stdout);
		return CTL_DONE;
	case 'V':
		print_version();
		return CTL_DONE;
	default: /* getopt has told what is wrong */
		fprintf(stderr, "try: afterimagectl %s --help\n", cmd->name);
		return CTL_USAGE;
	}
}

int command_misuse(const struct command *cmd, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "afterimagectl %s: ", cmd->name);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\ntry: afterimagectl %s --help\n", cmd->name);
	return CTL_USAGE;
}

int main(int argc, char **argv)
{
	const struct command *cmd;
	int status = CTL_DONE;

	if (argc < 2) {
		fputs("afterimagectl: no command given; try: afterimagectl --help\n", stderr);
		return CTL_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		print_help();
	} else if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		print_version();
	} else {
		cmd = find_command(argv[1]);
		if (!cmd) {
			fprintf(stderr,
				"afterimagectl: unknown command %s; try: afterimagectl --help\n",
				argv[1]);
			return CTL_USAGE;
		}
		argv[1] = argv[0];
		status = cmd->run(argc - 1, argv + 1);
	}
	if (fflush(stdout) || ferror(stdout)) {
		say_error(-errno, "standard output");
		return status ? status : CTL_FAILED;
	}
	return status;
}
