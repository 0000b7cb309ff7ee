/* SPDX-License-Identifier: GPL-2.0-or-later */
/* afterimagectl: what every command sees: the command table, exit statuses, messages. */
#ifndef AFTERIMAGECTL_CTL_H
#define AFTERIMAGECTL_CTL_H

#include <getopt.h>

#include "base.h"

/* Exit statuses, the same for every command. */
enum { CTL_DONE = 0, CTL_FAILED = 1, CTL_USAGE = 2 };

/* One command, one cmd_NAME.c. run() gets its own argv: argv[0] is the program's name. */
struct command {
	const char *name;
	const char *summary; /* one line for the table of --help */
	const char *help;    /* the text of `COMMAND --help` */
	int (*run)(int argc, char **argv);
};

extern const struct command cmd_check, cmd_dmesg, cmd_extract, cmd_format, cmd_info, cmd_load,
    cmd_receive, cmd_repair, cmd_save, cmd_shrink, cmd_status, cmd_test, cmd_unload, cmd_verify;

#define ERRNO_MAX 4095 /* Linux's MAX_ERRNO: include/linux/err.h */

/* The options every command has: the end of its getopt_long() table, and the default: of its
 * switch, which returns the exit status. */
#define COMMON_OPTIONS                                                                             \
	{ "help", no_argument, NULL, 'h' }, { "version", no_argument, NULL, 'V' },                 \
	{                                                                                          \
		NULL, 0, NULL, 0                                                                   \
	}
int command_option(const struct command *cmd, int option);
int command_misuse(const struct command *cmd, const char *fmt, ...) PRINTF(2, 3);

/* Messages go to standard error, one line each, whatever the progress bar shows. An error is told
 * where it is born: say_fail() returns `err`, say_error() adds the text of that negative errno. */
void say(const char *fmt, ...) PRINTF(1, 2);
int say_fail(int err, const char *fmt, ...) PRINTF(2, 3);
int say_error(int err, const char *fmt, ...) PRINTF(2, 3);

/* Why something is not as it should be, for parsers whose caller decides what becomes of it.
 * refuse() keeps the first text and returns err. */
struct why {
	char text[200];
};
int refuse(struct why *why, int err, const char *fmt, ...) PRINTF(3, 4);

/* Bytes of an unknown machine as text that a terminal can be given: what is not printable ASCII
 * becomes '?'. Ends at a NUL or after n bytes; at most size - 1 of them. */
void clean_text(char *dst, size_t size, const void *src, size_t n);

/* "2025-11-22T02:51:51Z" of Unix seconds; a time beyond the year 9999 is "unknown". */
void print_time(char out[32], u64 seconds);

#endif
