// SPDX-License-Identifier: GPL-2.0-or-later
// Messages to the operator, and hostile bytes made fit to be shown.
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "ctl.h"
#include "progress.h"

#define YEAR_10000 253402300800ull /* in Unix seconds */

static void say_v(int err, const char *fmt, va_list ap)
{
	progress_hide();
	fputs("afterimagectl: ", stderr);
	vfprintf(stderr, fmt, ap);
	if (err)
		fprintf(stderr, ": %s", strerror(-err));
	fputc('\n', stderr);
}

void say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say_v(0, fmt, ap);
	va_end(ap);
}

int say_fail(int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say_v(0, fmt, ap);
	va_end(ap);
	return err;
}

int say_error(int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say_v(err, fmt, ap);
	va_end(ap);
	return err;
}

int refuse(struct why *why, int err, const char *fmt, ...)
{
	va_list ap;

	if (why->text[0])
		return err;
	va_start(ap, fmt);
	vsnprintf(why->text, sizeof(why->text), fmt, ap);
	va_end(ap);
	return err;
}

void clean_text(char *dst, size_t size, const void *src, size_t n)
{
	const u8 *s = src;
	size_t i;

	for (i = 0; i + 1 < size && i < n && s[i]; i++)
		dst[i] = (char)(s[i] >= ' ' && s[i] <= '~' ? s[i] : '?');
	dst[i] = '\0';
}

void print_time(char out[32], u64 seconds)
{
	time_t t = (time_t)seconds;
	struct tm tm;

	if (seconds >= YEAR_10000 || !gmtime_r(&t, &tm) ||
	    !strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm))
		snprintf(out, 32, "unknown");
}
