// SPDX-License-Identifier: GPL-2.0-or-later
// JSON (RFC 8259).
#include "json.h"

static void key_print(struct json *j, const char *key)
{
	fprintf(j->file, "%s\n  ", j->begun ? "," : "");
	if (key)
		fprintf(j->file, "\"%s\": ", key);
	j->begun = true;
}

void json_begin(struct json *j, FILE *f)
{
	*j = (struct json){ .file = f };
	fputc('{', f);
}

void json_text(struct json *j, const char *key, const char *value)
{
	if (!value || !*value) {
		json_none(j, key);
		return;
	}
	key_print(j, key);
	fputc('"', j->file);
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			fputc('\\', j->file);
		fputc(*value, j->file);
	}
	fputc('"', j->file);
}

void json_number(struct json *j, const char *key, u64 value)
{
	key_print(j, key);
	fprintf(j->file, "%llu", value);
}

void json_seconds(struct json *j, const char *key, double value)
{
	key_print(j, key);
	fprintf(j->file, "%.3f", value);
}

void json_bool(struct json *j, const char *key, bool value)
{
	key_print(j, key);
	fputs(value ? "true" : "false", j->file);
}

void json_none(struct json *j, const char *key)
{
	key_print(j, key);
	fputs("null", j->file);
}

void json_open(struct json *j, const char *key, char bracket)
{
	key_print(j, key);
	fputc(bracket, j->file);
	j->begun = false;
}

void json_close(struct json *j, char bracket)
{
	fputc(bracket, j->file);
	j->begun = true;
}

void json_end(struct json *j)
{
	fputs("\n}\n", j->file);
}
