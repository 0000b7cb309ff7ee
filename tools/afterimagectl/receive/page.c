// SPDX-License-Identifier: GPL-2.0-or-later
// Renders the receiver's pages. All that comes from outside goes through put_text().
#include "receive/page.h"

#include <string.h>

#include "progress.h"

#define LIVE_SHOWN     100u /* of each kind, on one page; the rest is counted */
#define DUMPS_SHOWN    200u
#define REFRESH_LIVE_S 2
#define REFRESH_IDLE_S 10

static void put_bytes(FILE *f, const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		unsigned char c = (unsigned char)text[i];

		if (strchr("&<>\"'", c) && c)
			fprintf(f, "&#%u;", c);
		else if (c == '\n' || c == '\t' || (c >= ' ' && c != 0x7f))
			fputc(c, f);
		else
			fputs("\xef\xbf\xbd", f); /* U+FFFD */
	}
}

static void put_text(FILE *f, const char *text)
{
	put_bytes(f, text, strlen(text));
}

/* A paragraph of that class, if there is anything to say. */
static void put_paragraph(FILE *f, const char *class, const char *text)
{
	if (!*text)
		return;
	fprintf(f, "<p class=\"%s\">", class);
	put_text(f, text);
	fputs("</p>", f);
}

static void put_size(FILE *f, u64 bytes)
{
	char text[32];

	print_size(text, bytes);
	put_text(f, text);
}

static void put_seconds(FILE *f, double seconds)
{
	u64 s = (u64)MAX(seconds, 0.0);

	if (seconds < 10)
		fprintf(f, "%.1f s", seconds);
	else if (s < 120)
		fprintf(f, "%llu s", s);
	else if (s < 7200)
		fprintf(f, "%llu min %llu s", s / 60, s % 60);
	else
		fprintf(f, "%llu h %llu min", s / 3600, s / 60 % 60);
}

static void begin(FILE *f, const char *title, int refresh_s)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	      "<meta name=\"color-scheme\" content=\"light dark\">\n",
	      f);
	if (refresh_s)
		fprintf(f, "<meta http-equiv=\"refresh\" content=\"%d\">\n", refresh_s);
	fputs("<title>", f);
	put_text(f, title);
	fputs("</title><link rel=\"stylesheet\" href=\"/style.css\"></head>\n<body>\n", f);
}

static void end(FILE *f)
{
	fputs("<footer>afterimage " VERSION " &middot; <a href=\"/index.json\">index.json</a> "
	      "&middot; <a href=\"/metrics\">metrics</a></footer>\n</body></html>\n",
	      f);
}

static void put_tile(FILE *f, const char *kind, u64 n, const char *label)
{
	fprintf(f, "<li class=\"%s\"><b>%llu</b> %s</li>\n", n ? kind : "none", n, label);
}

static void put_tiles(FILE *f, const struct receiver *rc)
{
	u64 all = json_array_size(rc->catalog.dumps), complete = 0;
	struct room room;

	for (u64 i = 0; i < all; i++)
		complete += dump_is(json_array_get(rc->catalog.dumps, i), "complete");
	fputs("<ul class=\"tiles\">\n", f);
	put_tile(f, "live", rc->stage[STAGE_STREAMING].count, "arriving");
	put_tile(f, "live", rc->stage[STAGE_ENDED].count + rc->stage[STAGE_SETTLING].count,
		 "being checked");
	put_tile(f, "good", complete, "complete");
	put_tile(f, "bad", all - complete, "not complete");
	if (!room_look(&room, rc->store.dir, &rc->limits)) {
		fprintf(f, "<li class=\"%s\"><b>", room.free > room.floor ? "room" : "bad");
		put_size(f, room.free);
		fputs("</b> free</li>\n", f);
	}
	fputs("</ul>\n", f);
}

/* The bar, and beside it what has come. */
static void put_progress(FILE *f, struct reception *r)
{
	double share = reception_share(r), now = clock_seconds();
	bool coming = r->stage == STAGE_STREAMING;

	if (coming && share >= 0)
		fprintf(f, "<progress max=\"1\" value=\"%.4f\"></progress>", share);
	else
		fputs("<progress></progress>", f);
	fputs("<p class=\"facts\">", f);
	if (coming && share >= 0)
		fprintf(f, "<b>%.0f %%</b> ", 100 * share);
	put_size(f, r->stream.received);
	if (!coming) {
		fputs(" &middot; being checked</p>\n", f);
		return;
	}
	fputs(" &middot; ", f);
	put_size(f, (u64)r->rate);
	fputs("/s &middot; ", f);
	put_seconds(f, now - r->started);
	fputs("</p>\n", f);
}

static void put_live(FILE *f, struct reception *r)
{
	fputs("<li><a class=\"dump live\" href=\"/dump/", f);
	put_text(f, r->folder);
	fputs("\"><h3>", f);
	put_text(f, r->address);
	fputs("</h3>", f);
	put_progress(f, r);
	fputs("</a></li>\n", f);
}

static void put_all_live(FILE *f, struct receiver *rc)
{
	u64 n = 0, all = 0;
	struct reception *r;

	for (unsigned int i = STAGE_STREAMING; i < STAGES; i++)
		all += rc->stage[i].count;
	fputs("<h2>Arriving</h2>\n", f);
	if (!all) {
		fputs("<p class=\"nothing\">No machine is crashing right now.</p>\n", f);
		return;
	}
	fputs("<ul class=\"dumps\">\n", f);
	for (unsigned int i = STAGE_STREAMING; i < STAGES; i++)
		TAILQ_FOREACH (r, &rc->stage[i].list, link)
			if (n++ < LIVE_SHOWN)
				put_live(f, r);
	fputs("</ul>\n", f);
	if (all > LIVE_SHOWN)
		fprintf(f, "<p class=\"nothing\">and %llu more</p>\n", all - LIVE_SHOWN);
}

static const char *badge(const json_t *dump)
{
	if (dump_is(dump, "complete"))
		return "<span class=\"badge good\">complete</span>";
	if (!strcmp(dump_text(dump, "container"), "unknown") &&
	    !strcmp(dump_text(dump, "file"), "unknown"))
		return "<span class=\"badge bad\">no dump</span>";
	return "<span class=\"badge bad\">incomplete</span>";
}

static const char *host_of(const json_t *dump)
{
	const char *name = dump_text(dump, "nodename");

	if (!*name)
		name = dump_text(dump, "peer");
	return *name ? name : dump_text(dump, "folder");
}

static void put_dump(FILE *f, const json_t *dump)
{
	fputs("<li><a class=\"dump\" href=\"/dump/", f);
	put_text(f, dump_text(dump, "folder"));
	fputs("\"><h3>", f);
	put_text(f, host_of(dump));
	fprintf(f, " %s</h3>", badge(dump));
	put_paragraph(f, "panic", dump_text(dump, "panic_line"));
	put_paragraph(f, "reason", dump_text(dump, "reason"));
	fputs("<p class=\"facts\">", f);
	put_text(f, dump_text(dump, "release"));
	fputs(*dump_text(dump, "release") ? " &middot; " : "", f);
	put_size(f, dump_number(dump, "bytes"));
	fputs(" in ", f);
	put_seconds(f, dump_seconds(dump, "seconds"));
	fputs(" &middot; <time>", f);
	put_text(f, dump_text(dump, *dump_text(dump, "crash_time") ? "crash_time" : "started"));
	fputs("</time></p></a></li>\n", f);
}

static void put_all_dumps(FILE *f, const struct receiver *rc)
{
	size_t all = json_array_size(rc->catalog.dumps), shown = MIN(all, (size_t)DUMPS_SHOWN);

	fputs("<h2>Dumps</h2>\n", f);
	if (!all)
		fputs("<p class=\"nothing\">None has come so far.</p>\n", f);
	fputs("<ul class=\"dumps\">\n", f);
	for (size_t i = 0; i < shown; i++) /* the newest first */
		put_dump(f, json_array_get(rc->catalog.dumps, all - 1 - i));
	fputs("</ul>\n", f);
	if (all > shown)
		fprintf(f, "<p class=\"nothing\">%zu older ones: "
			"<a href=\"/index.json\">index.json</a></p>\n", all - shown);
}

void page_index(FILE *f, struct receiver *rc)
{
	u64 live = 0;

	for (unsigned int i = STAGE_STREAMING; i < STAGES; i++)
		live += rc->stage[i].count;
	begin(f, "Crash dumps", live ? REFRESH_LIVE_S : REFRESH_IDLE_S);
	fputs("<header><h1>Crash dumps</h1></header>\n<main>\n", f);
	put_tiles(f, rc);
	put_all_live(f, rc);
	put_all_dumps(f, rc);
	fputs("</main>\n", f);
	end(f);
}

static void put_row(FILE *f, const char *label, const char *value)
{
	if (!*value)
		return;
	fprintf(f, "<dt>%s</dt><dd>", label);
	put_text(f, value);
	fputs("</dd>\n", f);
}

static void put_facts(FILE *f, const json_t *dump)
{
	u64 bytes = dump_number(dump, "bytes"), stored = dump_number(dump, "stored_bytes");
	u64 rate = dump_rate(dump);

	fputs("<dl>\n", f);
	put_row(f, "Release", dump_text(dump, "release"));
	put_row(f, "Crashed", dump_text(dump, "crash_time"));
	put_row(f, "Received", dump_text(dump, "started"));
	put_row(f, "From", dump_text(dump, "peer"));
	put_row(f, "Container", dump_text(dump, "container"));
	fputs("<dt>Size</dt><dd>", f);
	put_size(f, bytes);
	if (stored && stored != bytes) {
		fputs(", stored as a file of ", f);
		put_size(f, stored);
	}
	fputs("</dd>\n<dt>Duration</dt><dd>", f);
	put_seconds(f, dump_seconds(dump, "seconds"));
	if (rate) {
		fputs(", ", f);
		put_size(f, rate);
		fputs("/s", f);
	}
	fputs("</dd>\n<dt>Stored in</dt><dd><code>", f);
	put_text(f, dump_text(dump, "folder"));
	fputs("/", f);
	put_text(f, dump_text(dump, "file"));
	fputs("</code></dd>\n</dl>\n", f);
}

void page_dump(FILE *f, const json_t *dump, const char *log, size_t size, bool cut)
{
	begin(f, host_of(dump), 0);
	fputs("<header><a href=\"/\">&larr; all dumps</a><h1>", f);
	put_text(f, host_of(dump));
	fprintf(f, " %s</h1>", badge(dump));
	put_paragraph(f, "panic", dump_text(dump, "panic_line"));
	put_paragraph(f, "reason", dump_text(dump, "reason"));
	fputs("</header>\n<main>\n", f);
	put_facts(f, dump);
	fputs("<h2>Log</h2>\n", f);
	if (!size) {
		fputs("<p class=\"nothing\">The dump has none.</p>\n", f);
	} else {
		fputs("<p class=\"facts\"><a href=\"/dump/", f);
		put_text(f, dump_text(dump, "folder"));
		fprintf(f, "/log\">as text</a>%s</p>\n<pre>",
			cut ? "; only its last MiB is shown here" : "");
		put_bytes(f, log, size);
		fputs("</pre>\n", f);
	}
	fputs("</main>\n", f);
	end(f);
}

void page_live(FILE *f, struct reception *r)
{
	begin(f, r->address, REFRESH_LIVE_S);
	fputs("<header><a href=\"/\">&larr; all dumps</a><h1>", f);
	put_text(f, r->address);
	fputs(" <span class=\"badge live\">arriving</span></h1></header>\n<main>\n", f);
	put_progress(f, r);
	fputs("<dl>", f);
	put_row(f, "Stored in", r->folder);
	fputs("</dl></main>\n", f);
	end(f);
}
