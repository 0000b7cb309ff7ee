/* SPDX-License-Identifier: GPL-2.0-or-later */
/* afterimagectl's messages, put together and then not shown; and its options, of which there are none. */
#include <stdarg.h>
#include <stdio.h>

#include "progress.h"

#define WEAK __attribute__((weak)) /* where progress.c is linked, too */

WEAK void progress_begin(const char *what, u64 total) { (void)what, (void)total; }
WEAK void progress_at(u64 done) { (void)done; }
WEAK void progress_end(void) {}
WEAK void progress_hide(void) {}

static void swallow(FILE *f, const char *fmt, va_list ap)
{
	char text[4096];

	(void)f;
	(void)vsnprintf(text, sizeof(text), fmt, ap);
}

static void nothing(void) {}

#define vfprintf            swallow
#define fprintf(f, ...)     nothing()
#define fputs(text, f)      nothing()
#define fputc(character, f) nothing()
#include "message.c"

int command_option(const struct command *cmd, int option) { return (void)cmd, option; }
int command_misuse(const struct command *cmd, const char *fmt, ...) { return (void)cmd, (void)fmt, CTL_USAGE; }
