/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A JSON object, a member a line; lists and objects may stand in it. */
#ifndef AFTERIMAGECTL_JSON_H
#define AFTERIMAGECTL_JSON_H

#include <stdio.h>

#include "base.h"

struct json {
	FILE *file;
	bool begun; /* a member has been written */
};

void json_begin(struct json *j, FILE *f);
/* `value` is clean text (clean_text()); NULL and "" are null. */
void json_text(struct json *j, const char *key, const char *value);
void json_number(struct json *j, const char *key, u64 value);
void json_seconds(struct json *j, const char *key, double value);
void json_bool(struct json *j, const char *key, bool value);
void json_none(struct json *j, const char *key);
/* A list or object as a member, or with `key` NULL as an element of a list; and its end. */
void json_open(struct json *j, const char *key, char bracket);
void json_close(struct json *j, char bracket);
void json_end(struct json *j);

#endif
