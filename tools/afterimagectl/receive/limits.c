// SPDX-License-Identifier: GPL-2.0-or-later
// Limits of receive: their options, sources and what each of them may still send, the disk's floor.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "conf/conf.h"
#include "receive/limits.h"

#define SOURCE_BUCKETS 1024u
#define BURST_S        1.0 /* a source may save up so many seconds of its rate */

static struct source *sources[SOURCE_BUCKETS];

/* FNV-1a; who chooses addresses to collide has few of them. */
static struct source **bucket_of(const char *address)
{
	u32 hash = 2166136261u;

	for (; *address; address++)
		hash = (hash ^ (u8)*address) * 16777619u;
	return &sources[hash % SOURCE_BUCKETS];
}

static int set_amount(u64 *field, const char *option, const char *value)
{
	if (!conf_is_amount(value) || strchr(value, '%'))
		return say_fail(-EINVAL, "--%s %s: not an amount such as 500 or 2G", option, value);
	*field = conf_bytes(value, 0);
	return 0;
}

int limits_set(struct limits *l, const char *option, const char *value)
{
	int err;

	if (!strcmp(option, "max-streams"))
		return set_amount(&l->streams, option, value);
	if (!strcmp(option, "max-per-source"))
		return set_amount(&l->per_source, option, value);
	if (!strcmp(option, "max-size"))
		return set_amount(&l->size, option, value);
	if (!strcmp(option, "max-rate")) {
		err = set_amount(&l->rate, option, value);
		if (!err && l->rate && l->rate < LIMIT_RATE_MIN)
			err = say_fail(-EINVAL, "--max-rate %s: at least 64K", value);
		return err;
	}
	if (!strcmp(option, "idle")) {
		err = set_amount(&l->idle, option, value);
		if (!err && !l->idle)
			err = say_fail(-EINVAL, "--idle 0: some seconds are meant");
		return err;
	}
	if (!conf_is_amount(value))
		return say_fail(-EINVAL, "--%s %s: not a percentage or an amount such as 2G",
				option, value);
	l->min_free = value;
	return 0;
}

struct source *source_join(const struct limits *l, const char *address, int *err)
{
	struct source **bucket = bucket_of(address), *s;

	for (s = *bucket; s; s = s->next)
		if (!strcmp(s->address, address))
			break;
	*err = -EMFILE;
	if (s && l->per_source && s->streams >= l->per_source)
		return NULL;
	if (!s) {
		s = calloc(1, sizeof(*s));
		*err = -ENOMEM;
		if (!s)
			return NULL;
		snprintf(s->address, sizeof(s->address), "%s", address);
		s->next = *bucket;
		*bucket = s;
	}
	s->streams++;
	return s;
}

void source_leave(struct source *s)
{
	struct source **at = bucket_of(s->address);

	if (--s->streams)
		return;
	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	free(s);
}

u64 source_allow(struct source *s, const struct limits *l, u64 want, double now)
{
	double more = (now - s->refilled) * (double)l->rate;

	if (!l->rate)
		return want;
	more += (double)s->budget;
	s->budget = (u64)MIN(more, BURST_S * (double)l->rate);
	s->refilled = now;
	return MIN(want, s->budget);
}

void source_charge(struct source *s, u64 bytes)
{
	s->budget -= MIN(s->budget, bytes);
}

int room_look(struct room *room, int dir, const struct limits *l)
{
	struct statvfs fs;

	if (fstatvfs(dir, &fs))
		return -errno;
	room->free = (u64)fs.f_bavail * fs.f_frsize;
	room->size = (u64)fs.f_blocks * fs.f_frsize;
	room->floor = l->min_free ? conf_bytes(l->min_free, room->size) : 0;
	return 0;
}
