// SPDX-License-Identifier: GPL-2.0-or-later
// Prints metrics; docs/receiver.md lists them.
#include "receive/metrics.h"

#include <stdio.h>

#define PREFIX "afterimage_receiver_"

static void head(FILE *f, const char *name, const char *type, const char *help)
{
	fprintf(f, "# HELP " PREFIX "%s %s\n# TYPE " PREFIX "%s %s\n", name, help, name, type);
}

static void put(FILE *f, const char *name, const char *type, const char *help, u64 value)
{
	head(f, name, type, help);
	fprintf(f, PREFIX "%s %llu\n", name, value);
}

static void put_labelled(FILE *f, const char *name, const char *label, const char *const *values,
			 const u64 *n, size_t count)
{
	for (size_t i = 0; i < count; i++)
		fprintf(f, PREFIX "%s{%s=\"%s\"} %llu\n", name, label, values[i], n[i]);
}

static void put_streams(FILE *f, const struct receiver *rc)
{
	static const char *const stages[STAGES] = { "silent", "streaming", "ended", "settling" };
	u64 n[STAGES], bytes = rc->received;
	struct reception *r;

	for (unsigned int i = 0; i < STAGES; i++) {
		n[i] = rc->stage[i].count;
		if (i == STAGE_SILENT)
			continue;
		TAILQ_FOREACH (r, &rc->stage[i].list, link)
			bytes += r->stream.received;
	}
	head(f, "connections", "gauge", "Connections by what they do now.");
	put_labelled(f, "connections", "stage", stages, n, STAGES);
	put(f, "connections_max", "gauge", "As many are taken at once.", rc->connections_max);
	put(f, "connections_paused", "gauge", "1 while new ones have to wait.", rc->paused);
	put(f, "connections_held", "gauge", "Held back by --max-rate now.", rc->held);
	put(f, "received_bytes_total", "counter", "Bytes of dumps since the start.", bytes);
}

static void put_results(FILE *f, const struct receiver *rc)
{
	static const char *const results[] = { "complete", "incomplete", "unknown", "not_stored" };
	static const char *const cuts[CUTS] = { "none", "idle", "size", "space", "stopped" };
	const u64 turned_away[] = { rc->refused, rc->dropped };
	static const char *const why[] = { "per_source", "silent" };

	head(f, "dumps_total", "counter", "Dumps that ended since the start, by how.");
	put_labelled(f, "dumps_total", "result", results, rc->results, ARRAY_SIZE(results));
	head(f, "cut_total", "counter", "Of these, cut by a limit or a stop.");
	put_labelled(f, "cut_total", "reason", cuts + 1, rc->cuts + 1, CUTS - 1);
	head(f, "turned_away_total", "counter", "Connections reset before a byte was taken.");
	put_labelled(f, "turned_away_total", "reason", why, turned_away, ARRAY_SIZE(why));
}

static void put_stored(FILE *f, const struct receiver *rc)
{
	static const char *const states[] = { "true", "false" };
	size_t all = json_array_size(rc->catalog.dumps);
	u64 n[2] = { 0, 0 }, last = 0;
	struct room room;

	for (size_t i = 0; i < all; i++) {
		const json_t *dump = json_array_get(rc->catalog.dumps, i);

		n[!dump_is(dump, "complete")]++;
		last = MAX(last, dump_number(dump, "crash_time_epoch"));
	}
	head(f, "stored_dumps", "gauge", "Dumps in the folder.");
	put_labelled(f, "stored_dumps", "complete", states, n, ARRAY_SIZE(n));
	put(f, "last_crash_timestamp_seconds", "gauge", "The latest crash of which there is a dump.",
	    last);
	if (room_look(&room, rc->store.dir, &rc->limits))
		return;
	put(f, "disk_free_bytes", "gauge", "Free in the dumps' file system.", room.free);
	put(f, "disk_size_bytes", "gauge", "Its size.", room.size);
	put(f, "disk_floor_bytes", "gauge", "What --min-free keeps free.", room.floor);
}

void metrics_print(FILE *f, struct receiver *rc)
{
	head(f, "info", "gauge", "The program.");
	fputs(PREFIX "info{version=\"" VERSION "\"} 1\n", f);
	put(f, "start_timestamp_seconds", "gauge", "When it was started.", (u64)rc->started);
	put_streams(f, rc);
	put_results(f, rc);
	put_stored(f, rc);
}
