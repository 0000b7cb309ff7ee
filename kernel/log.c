/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Console lines to every serial port that was asked for (drivers/uart.c). */
#include "log.h"

#include <string.h>

#include "drivers/uart.h"

#define LINE_MAX 320
#define PREFIX "afterimage: "

static enum log_level level = LOG_INFO;

void log_set_level(enum log_level l) { level = l; }

/* One line; bytes that are not printable ASCII (a hostile release string, say) become '?'. */
static void line(const char *fmt, va_list ap)
{
	char buf[LINE_MAX] = PREFIX;
	size_t at = strlen(PREFIX), end;

	format_v(buf + at, sizeof(buf) - at, fmt, ap);
	end = strlen(buf);
	for (size_t i = at; i < end; i++)
		if (buf[i] < ' ' || buf[i] > '~')
			buf[i] = '?';
	uart_write(buf, end);
	uart_write("\r\n", 2);
}

void log_always(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	line(fmt, ap);
	va_end(ap);
}

void log_info(const char *fmt, ...)
{
	va_list ap;

	if (level < LOG_INFO)
		return;
	va_start(ap, fmt);
	line(fmt, ap);
	va_end(ap);
}

void log_debug(const char *fmt, ...)
{
	va_list ap;

	if (level < LOG_DEBUG)
		return;
	va_start(ap, fmt);
	line(fmt, ap);
	va_end(ap);
}
