// SPDX-License-Identifier: GPL-2.0-or-later
// Reads info.json files, keeps the list of dumps, writes it as index.json.
#include "receive/catalog.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "output.h"
#include "receive/settle.h"

#define INFO_BYTES_MAX (64 * KIB)
/* Somebody may have edited an info.json. */
#define SECONDS_MAX    1e9
#define RATE_MAX       1e15

/* One dump found at the start. */
struct found {
	s64 ended; /* nanoseconds */
	json_t *dump;
};

/* The object in info.json, or NULL. */
static json_t *read_info(int dir, s64 *ended)
{
	int fd = openat(dir, INFO_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	json_t *dump = NULL;
	struct stat st;

	if (fd < 0)
		return NULL;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && (u64)st.st_size <= INFO_BYTES_MAX)
		dump = json_loadfd(fd, JSON_REJECT_DUPLICATES, NULL);
	close(fd);
	if (dump && !json_is_object(dump)) {
		json_decref(dump);
		return NULL;
	}
	if (dump)
		*ended = (s64)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
	return dump;
}

/* What is known of a dump without info.json. */
static json_t *make_info(const char *reason)
{
	return json_pack("{s:n, s:n, s:n, s:n, s:s, s:b}", "nodename", "release", "crash_time",
			 "panic_line", "reason", reason, "complete", 0);
}

/* NULL: that is no dump's folder. */
static json_t *read_dump(int store, const char *folder, const char *reason, s64 *ended)
{
	int dir = openat(store, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	json_t *dump = NULL;
	struct stat st;

	if (dir < 0)
		return NULL;
	dump = read_info(dir, ended);
	if (!dump && !fstatat(dir, PART_NAME, &st, AT_SYMLINK_NOFOLLOW)) {
		*ended = (s64)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
		dump = make_info(reason);
	}
	close(dir);
	if (dump && json_object_set_new(dump, "folder", json_string(folder))) { /* no UTF-8 */
		json_decref(dump);
		return NULL;
	}
	return dump;
}

static int compare_found(const void *a, const void *b)
{
	s64 one = ((const struct found *)a)->ended, two = ((const struct found *)b)->ended;

	return (one > two) - (one < two);
}

static int no_dots(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int catalog_read(struct catalog *c, const struct store *store)
{
	struct dirent **names = NULL;
	int n = scandirat(store->dir, ".", &names, no_dots, NULL);
	struct found *found = calloc((size_t)MAX(n, 1), sizeof(*found));
	size_t count = 0;

	c->dumps = json_array();
	c->changed = true;
	for (int i = 0; i < n; i++) {
		struct found f = { 0, NULL };

		f.dump = read_dump(store->dir, names[i]->d_name,
				   "the receiver was killed in the middle of it", &f.ended);
		if (f.dump && found)
			found[count++] = f;
		free(names[i]);
	}
	free(names);
	if (n < 0 || !found || !c->dumps) {
		free(found);
		return say_error(n < 0 ? -errno : -ENOMEM, "%s", store->name);
	}
	qsort(found, count, sizeof(*found), compare_found);
	for (size_t i = 0; i < count; i++)
		json_array_append_new(c->dumps, found[i].dump);
	free(found);
	return 0;
}

const json_t *catalog_add(struct catalog *c, const struct store *store, const char *folder,
			  const char *reason)
{
	s64 ended;
	json_t *dump = read_dump(store->dir, folder, reason, &ended);

	if (!dump) {
		dump = make_info(reason);
		json_object_set_new(dump, "folder", json_string(folder));
	}
	c->changed = true;
	return json_array_append_new(c->dumps, dump) ? NULL : dump;
}

void catalog_prune(struct catalog *c, const struct store *store)
{
	size_t i = 0;

	while (i < json_array_size(c->dumps)) {
		const json_t *dump = json_array_get(c->dumps, i);

		if (faccessat(store->dir, dump_text(dump, "folder"), F_OK, AT_SYMLINK_NOFOLLOW) &&
		    errno == ENOENT) {
			json_array_remove(c->dumps, i);
			c->changed = true;
		} else {
			i++;
		}
	}
}

char *catalog_print(const struct catalog *c)
{
	json_t *index = json_pack("{s:O}", "dumps", c->dumps);
	char *text = index ? json_dumps(index, JSON_INDENT(1)) : NULL;

	json_decref(index);
	return text;
}

int catalog_write(struct catalog *c, const struct store *store)
{
	char *text = catalog_print(c);
	struct output o;
	int err;

	c->changed = false; /* one try for each change */
	if (!text)
		return say_error(-ENOMEM, CATALOG_NAME);
	(void)unlinkat(store->dir, CATALOG_NAME ".part", 0); /* of a receiver that was killed */
	err = output_create(&o, store->dir, CATALOG_NAME ".part");
	if (!err) {
		err = output_write(&o, 0, text, strlen(text), true);
		if (!err && renameat(store->dir, o.temp, store->dir, CATALOG_NAME))
			err = -errno;
		if (err)
			say_error(err, "%s/" CATALOG_NAME, store->name);
		output_discard(&o); /* what has been renamed is not found */
	}
	free(text);
	return err;
}

const json_t *catalog_find(const struct catalog *c, const char *folder)
{
	for (size_t i = json_array_size(c->dumps); i-- > 0;) {
		const json_t *dump = json_array_get(c->dumps, i);

		if (!strcmp(dump_text(dump, "folder"), folder))
			return dump;
	}
	return NULL;
}

const char *dump_text(const json_t *dump, const char *key)
{
	const char *text = json_string_value(json_object_get(dump, key));

	return text ? text : "";
}

u64 dump_number(const json_t *dump, const char *key)
{
	return (u64)MAX(json_integer_value(json_object_get(dump, key)), 0LL);
}

double dump_seconds(const json_t *dump, const char *key)
{
	double seconds = json_number_value(json_object_get(dump, key));

	return seconds > 0 && seconds < SECONDS_MAX ? seconds : 0;
}

u64 dump_rate(const json_t *dump)
{
	double seconds = dump_seconds(dump, "seconds");
	double rate = seconds > 0 ? (double)dump_number(dump, "bytes") / seconds : 0;

	return rate < RATE_MAX ? (u64)rate : 0;
}

bool dump_is(const json_t *dump, const char *key)
{
	return json_is_true(json_object_get(dump, key));
}
