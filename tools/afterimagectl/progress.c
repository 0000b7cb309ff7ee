// SPDX-License-Identifier: GPL-2.0-or-later
// The progress line: bar, rate and time left.
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "progress.h"

#define REDRAW_S      0.2
#define RATE_WINDOW_S 4.0 /* the rate shown is that of about so long */
#define BAR_CELLS     24

static struct {
	const char *what;
	u64 total;
	double drawn; /* when last */
	double since; /* of the rate's window */
	u64 since_bytes;
	double rate;
	bool active, shown, terminal;
} line;

static void update_rate(u64 done, double now)
{
	double span = now - line.since;

	if (done < line.since_bytes) { /* a dump of several ended */
		line.since_bytes = done;
		return;
	}
	if (span > 0)
		line.rate = (double)(done - line.since_bytes) / span;
	if (span > RATE_WINDOW_S) {
		line.since += span / 2;
		line.since_bytes += (done - line.since_bytes) / 2;
	}
}

static void draw(u64 done)
{
	char bar[BAR_CELLS + 1], amount[32], rate[32];
	u64 cells;

	print_size(amount, done);
	print_size(rate, (u64)line.rate);
	if (!line.total || done > line.total) {
		fprintf(stderr, "\r\033[K%s  %s  %s/s", line.what, amount, rate);
	} else {
		cells = (u64)((double)done / (double)line.total * BAR_CELLS);
		memset(bar, ' ', BAR_CELLS);
		memset(bar, '#', cells);
		bar[BAR_CELLS] = '\0';
		fprintf(stderr, "\r\033[K%s [%s] %3.0f%%  %s  %s/s", line.what, bar,
			100.0 * (double)done / (double)line.total, amount, rate);
		if (line.rate > 0)
			fprintf(stderr, "  %.0f s left", (double)(line.total - done) / line.rate);
	}
	fflush(stderr);
	line.shown = true;
}

double clock_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void progress_begin(const char *what, u64 total)
{
	memset(&line, 0, sizeof(line));
	line.what = what;
	line.total = total;
	line.terminal = isatty(STDERR_FILENO);
	line.active = true;
	line.since = line.drawn = clock_seconds();
}

bool progress_due(void)
{
	return line.active && line.terminal && clock_seconds() - line.drawn >= REDRAW_S;
}

void progress_at(u64 done)
{
	double now = clock_seconds();

	if (!progress_due())
		return;
	line.drawn = now;
	update_rate(done, now);
	draw(done);
}

void progress_retitle(const char *what, u64 total)
{
	line.what = what;
	line.total = total;
}

void progress_hide(void)
{
	if (line.shown)
		fputs("\r\033[K", stderr);
	line.shown = false;
}

void progress_end(void)
{
	progress_hide();
	line.active = false;
}

void print_size(char out[32], u64 bytes)
{
	static const char *const unit[] = { "bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	double v = (double)bytes;
	size_t u = 0;

	while (v >= 1024 && u + 1 < ARRAY_SIZE(unit)) {
		v /= 1024;
		u++;
	}
	snprintf(out, 32, u && v < 100 ? "%.1f %s" : "%.0f %s", v, unit[u]);
}
