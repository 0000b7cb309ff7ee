/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The console: whole lines, each with the `afterimage: ` prefix. */
#ifndef AFTERIMAGE_LOG_H
#define AFTERIMAGE_LOG_H

#include <stdarg.h>

#include "base.h"

/* format.c: a small vsnprintf. %d %u %x %c %s %p %% with l/ll/z, width, zero padding, %.*s, `-`.
 * Always terminates; returns the length that would have been written. */
int format_v(char *buf, size_t size, const char *fmt, va_list args);
int format(char *buf, size_t size, const char *fmt, ...) PRINTF(3, 4);

/* log.c. Three levels as in dump.log=; a message is one line without its newline. log_always is
 * for the contract's fixed lines. */
enum log_level { LOG_QUIET, LOG_INFO, LOG_DEBUG };
void log_set_level(enum log_level level);
void log_always(const char *fmt, ...) PRINTF(1, 2);
void log_info(const char *fmt, ...) PRINTF(1, 2);
void log_debug(const char *fmt, ...) PRINTF(1, 2);

/* Our own broken invariant: a fault like a trap (life.h). Never for a device, the network or old RAM. */
void panic(const char *fmt, ...) NORETURN PRINTF(1, 2);

#endif
