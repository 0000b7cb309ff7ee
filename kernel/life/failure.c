/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words of each failed target, until somebody leaves them where the next boot finds them. */
#include "life/failure.h"

#include <string.h>

#include "clock.h"
#include "log.h"

#define DEVICE_MAX 240

static KEEP char text[FAILURE_TEXT_MAX];
static KEEP u32 used;
static KEEP struct failure last;

/* What the next failure is made of. */
static char device[DEVICE_MAX];
static u32 device_used;
static enum failure_phase phase;
static int error;
static u64 bytes_accepted, bytes_settled;

void failure_begin(void)
{
	device_used = 0;
	device[0] = '\0';
	failure_at(FAILURE_OPEN, 0, 0, 0);
}

void failure_device(const char *fmt, ...)
{
	static char now[DEVICE_MAX / 2], before[DEVICE_MAX / 2];
	va_list ap;

	va_start(ap, fmt);
	format_v(now, sizeof(now), fmt, ap);
	va_end(ap);
	if (device_used && !strcmp(now, before))
		return; /* a retry that ended as the one before */
	memcpy(before, now, sizeof(before));
	device_used += (u32)format(device + device_used, DEVICE_MAX - device_used, "%s%s",
	                           device_used ? "; " : "", now);
	device_used = MIN(device_used, DEVICE_MAX - 1u);
}

void failure_at(enum failure_phase p, int err, u64 accepted, u64 settled)
{
	phase = p;
	error = -err;
	bytes_accepted = accepted;
	bytes_settled = settled;
}

void failure_add(const char *target, int target_len, const char *reason)
{
	u64 ms = clock_us() / MS;
	u32 room = FAILURE_TEXT_MAX - used;
	int n = format(text + used, room,
	               "failed %.*s phase=%s errno=%d accepted=%llu settled=%llu after=%llu.%03llu\n"
	               "reason %s\n%s%s%s",
	               target_len, target, failure_phase_name(phase), error, bytes_accepted, bytes_settled,
	               ms / 1000, ms % 1000, reason, device_used ? "device " : "", device,
	               device_used ? "\n" : "");

	last = (struct failure){ .phase = (u8)phase,
		                 .count = (u8)MIN(last.count + 1u, 255u),
		                 .err = (u16)error,
		                 .seconds = (u32)(ms / 1000) };
	if ((u32)n < room)
		used += (u32)n;
	else
		text[used] = '\0';
	failure_begin();
}

const char *failure_text(void) { return last.count ? text : NULL; }

const struct failure *failure_last(void) { return last.count ? &last : NULL; }
