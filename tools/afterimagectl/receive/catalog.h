/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The index of all dumps in a receiver's folder, made of their info.json files. */
#ifndef AFTERIMAGECTL_CATALOG_H
#define AFTERIMAGECTL_CATALOG_H

#include <jansson.h>

#include "base.h"

#define CATALOG_NAME "index.json"

/* The folder that all dumps go to. */
struct store {
	int dir;
	const char *name;
};

/* Each dump is what its info.json says, and the name of its `folder`; the oldest first. */
struct catalog {
	json_t *dumps;
	bool changed; /* since it was written */
};

/* Read what is there. 0 or a negative errno that was told. */
int catalog_read(struct catalog *c, const struct store *store);

/* One more; its info.json, or where that cannot be read, an incomplete dump with this reason. The
 * dump belongs to the catalog; NULL: no memory. */
const json_t *catalog_add(struct catalog *c, const struct store *store, const char *folder,
			  const char *reason);

/* Forget the dumps whose folders were removed. */
void catalog_prune(struct catalog *c, const struct store *store);

/* Replace index.json. Not synced: it is made anew at every start. 0 or an error that was told. */
int catalog_write(struct catalog *c, const struct store *store);

/* The whole index as text for free(); NULL: no memory. */
char *catalog_print(const struct catalog *c);

/* NULL where there is none of that folder. */
const json_t *catalog_find(const struct catalog *c, const char *folder);

/* A dump's member; "" or 0 where it is null, missing or of another type, or a duration that makes no sense. */
const char *dump_text(const json_t *dump, const char *key);
u64 dump_number(const json_t *dump, const char *key);
double dump_seconds(const json_t *dump, const char *key);
/* Bytes a second as it was received; 0 if that cannot be said. */
u64 dump_rate(const json_t *dump);
bool dump_is(const json_t *dump, const char *key);

#endif
