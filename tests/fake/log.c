/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The console of a unit test: kept in memory, shown with TEST_VERBOSE=1. */
#include "unit/test.h"

#include <stdarg.h>

#include "life/life.h"
#include "life/failure.h"
#include "log.h"

static char kept[1 << 16];
static size_t used;

void test_log_clear(void)
{
	used = 0;
	kept[0] = '\0';
}

int test_logged(const char *text) { return strstr(kept, text) != NULL; }

static void keep(const char *fmt, va_list ap)
{
	char line[1024];
	int n = vsnprintf(line, sizeof(line) - 1, fmt, ap);

	if (n < 0 || n > (int)sizeof(line) - 2)
		n = sizeof(line) - 2;
	line[n++] = '\n';
	line[n] = '\0';
	if (getenv("TEST_VERBOSE"))
		fputs(line, stderr);
	if (used + (size_t)n < sizeof(kept)) {
		memcpy(kept + used, line, (size_t)n + 1);
		used += (size_t)n;
	}
}

#define DEFINE_LOG(name)                                                                           \
	void name(const char *fmt, ...)                                                            \
	{                                                                                          \
		va_list ap;                                                                        \
		va_start(ap, fmt);                                                                 \
		keep(fmt, ap);                                                                     \
		va_end(ap);                                                                        \
	}
DEFINE_LOG(log_always)
DEFINE_LOG(log_info)
DEFINE_LOG(log_debug)
__attribute__((weak)) DEFINE_LOG(failure_device) /* of failure.h: kept with the lines */

void log_set_level(enum log_level level) { (void)level; }

bool life_begin(enum life_part part) { (void)part; return true; }

void panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	abort();
}
