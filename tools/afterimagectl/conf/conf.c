// SPDX-License-Identifier: GPL-2.0-or-later
// /etc/afterimage.conf: one table says what there is, which values are good and what is the
// default.
#include "conf/conf.h"

#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "host/sysfile.h"

enum kind { TEXT, NUMBER, CHOICE, AMOUNT, TARGETS, CONSOLES };

struct key {
	const char *name;
	enum kind kind;
	size_t offset;
	const char *values; /* CHOICE: separated by '|' */
	u64 max;            /* NUMBER */
	const char *initial;
};

#define KEY(field, is, ...)                                                                        \
	{                                                                                          \
		.name = #field, .kind = (is), .offset = offsetof(struct conf, field), __VA_ARGS__  \
	}

static const struct key keys[] = {
	KEY(target, TARGETS),
	KEY(console, CONSOLES),
	KEY(image, TEXT, .initial = IMAGE_PATH),
	KEY(loader, CHOICE, .values = "auto|file|load", .initial = "auto"),
	KEY(interface, TEXT),
	KEY(ip, TEXT, .initial = "auto"),
	KEY(format, CHOICE, .values = "kdump|elf|dmesg"),
	KEY(level, NUMBER, .max = 31),
	KEY(compress, CHOICE, .values = "lzo|zstd|zlib|none"),
	KEY(final_action, CHOICE, .values = "reboot|poweroff|halt"),
	KEY(failure_action, CHOICE, .values = "reboot|poweroff|halt"),
	KEY(timeout, NUMBER, .max = 7 * 24 * 3600),
	KEY(stall, NUMBER, .max = 24 * 3600),
	KEY(overwrite, CHOICE, .values = "0|1"),
	KEY(quiesce, CHOICE, .values = "0|1"),
	KEY(log, CHOICE, .values = "quiet|info|debug"),
	KEY(append, TEXT),
	KEY(path, TEXT, .initial = "/var/crash"),
	KEY(keep, NUMBER, .max = 100000, .initial = "0"),
	KEY(min_free, AMOUNT, .initial = "10%"),
	KEY(hooks, TEXT, .initial = "/etc/afterimage/hooks.d"),
};

static char *field(struct conf *c, const struct key *k)
{
	return (char *)c + k->offset;
}

void conf_default(struct conf *c)
{
	memset(c, 0, sizeof(*c));
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (keys[i].initial)
			snprintf(field(c, &keys[i]), CONF_TEXT, "%s", keys[i].initial);
}

static bool is_choice(const char *values, const char *value)
{
	size_t n = strlen(value);

	for (const char *v = values, *bar; v; v = bar ? bar + 1 : NULL) {
		if (n && !strncmp(v, value, n) && (v[n] == '|' || !v[n]))
			return true;
		bar = strchr(v, '|');
	}
	return false;
}

static bool is_number(const char *value, u64 max)
{
	char *end;
	u64 n;

	errno = 0;
	n = strtoull(value, &end, 10);
	return isdigit((unsigned char)*value) && !*end && !errno && n <= max;
}

bool conf_is_amount(const char *value)
{
	size_t digits = strspn(value, "0123456789");

	if (!digits || digits > 9)
		return false;
	if (!strcmp(value + digits, "%"))
		return strtoul(value, NULL, 10) <= 100;
	return !value[digits] || (strchr("KMGT", value[digits]) && !value[digits + 1]);
}

u64 conf_bytes(const char *text, u64 total)
{
	char *unit;
	u64 n = strtoull(text, &unit, 10);

	switch (*unit) {
	case '%':
		return total / 100 * n;
	case 'T':
		n <<= 10; /* fall through */
	case 'G':
		n <<= 10; /* fall through */
	case 'M':
		n <<= 10; /* fall through */
	case 'K':
		n <<= 10;
	}
	return n;
}

/* tcp://HOST:PORT: a port, and behind what may be a bracketed address. */
static bool is_tcp(const char *where)
{
	const char *port = strrchr(where, ':');

	if (!port || port == where || (*where == '[' && port[-1] != ']'))
		return false;
	return is_number(port + 1, 65535) && strcmp(port + 1, "0");
}

static bool is_target(const char *value)
{
	if (!strncmp(value, "tcp://", 6))
		return is_tcp(value + 6);
	if (!strncmp(value, "file:", 5))
		return value[5] == '/';
	return (!strncmp(value, "disk:", 5) && value[5]) || !strcmp(value, "console:");
}

static int append_to(char (*list)[CONF_TEXT], unsigned int *n, unsigned int max, const char *key,
		     const char *value, struct why *why)
{
	if (*n == max)
		return refuse(why, -E2BIG, "%s: %u at most", key, max);
	snprintf(list[(*n)++], CONF_TEXT, "%s", value);
	return 0;
}

/* Does a line of the file hold it as it is? kdump's quoted values may be others. */
static bool fits_line(const char *value)
{
	for (const char *p = value; *p; p++)
		if (*p == '\n' || (*p == '#' && (p == value || p[-1] == ' ' || p[-1] == '\t')))
			return false;
	return !isspace((unsigned char)*value) && !isspace((unsigned char)value[strlen(value) - 1]);
}

int conf_set(struct conf *c, const char *key, const char *value, struct why *why)
{
	const struct key *k = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (!strcmp(keys[i].name, key))
			k = &keys[i];
	if (!k)
		return refuse(why, -ENOENT, "%s: no such key", key);
	if (!*value || strlen(value) >= CONF_TEXT)
		return refuse(why, -EINVAL, "%s: %s", key, *value ? "too long" : "needs a value");
	if (!fits_line(value))
		return refuse(why, -EINVAL, "%s %s: has a comment in it, or a blank at an end",
			      key, value);
	switch (k->kind) {
	case TARGETS:
		if (!is_target(value))
			return refuse(
			    why, -EINVAL,
			    "target %s: not tcp://HOST:PORT, disk:UUID, file:/PATH or console:",
			    value);
		return append_to(c->target, &c->n_target, CONF_TARGETS, key, value, why);
	case CONSOLES:
		return append_to(c->console, &c->n_console, CONF_CONSOLES, key, value, why);
	case NUMBER:
		if (!is_number(value, k->max))
			return refuse(why, -EINVAL, "%s %s: not a number from 0 to %llu", key,
				      value, k->max);
		break;
	case CHOICE:
		if (!is_choice(k->values, value))
			return refuse(why, -EINVAL, "%s %s: not one of %s", key, value, k->values);
		break;
	case AMOUNT:
		if (!conf_is_amount(value))
			return refuse(why, -EINVAL,
				      "%s %s: not a percentage or an amount such as 2G", key,
				      value);
		break;
	case TEXT:
		break;
	}
	snprintf(field(c, k), CONF_TEXT, "%s", value);
	return 0;
}

/* Cut a line into key and value; comments and blanks around them go. */
static char *line_cut(char *line, char **value)
{
	char *key = line + strspn(line, " \t"), *end;

	for (end = key; *end && *end != '\n'; end++)
		if (*end == '#' && (end == key || end[-1] == ' ' || end[-1] == '\t'))
			break;
	while (end > key && isspace((unsigned char)end[-1]))
		end--;
	*end = '\0';
	*value = key + strcspn(key, " \t");
	if (**value)
		*(*value)++ = '\0';
	*value += strspn(*value, " \t");
	return key;
}

int conf_read(struct conf *c, const char *path)
{
	char *line = NULL, *key, *value;
	unsigned int number = 0;
	size_t room = 0;
	FILE *f = sys_open(path);
	int err = 0;

	if (!f)
		return say_error(-errno, "%s", path);
	while (getline(&line, &room, f) >= 0) {
		struct why why = { "" };

		number++;
		key = line_cut(line, &value);
		if (*key && conf_set(c, key, value, &why))
			err = say_fail(-EINVAL, "%s:%u: %s", path, number, why.text);
	}
	free(line);
	if (ferror(f))
		err = say_fail(-EIO, "%s: cannot be read", path);
	fclose(f);
	return err;
}

void conf_print(const struct conf *c, FILE *f)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const struct key *k = &keys[i];
		const char *value = (const char *)c + k->offset;
		unsigned int n = k->kind == TARGETS    ? c->n_target
				 : k->kind == CONSOLES ? c->n_console
						       : 1;

		if (k->kind != TARGETS && k->kind != CONSOLES &&
		    !strcmp(value, k->initial ? k->initial : ""))
			continue;
		for (unsigned int j = 0; j < n; j++)
			fprintf(f, "%s %s\n", k->name, value + j * CONF_TEXT);
	}
}
