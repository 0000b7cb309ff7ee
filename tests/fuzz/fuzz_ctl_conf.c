/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files of text that afterimagectl reads: afterimage.conf and what kdump has in its three dialects, the mark of a
 * test, what it remembers of loading. What was taken of a configuration is within bounds, and printed and read again it
 * is the same. The input's first byte says which file the rest is. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base.h"
#include "conf/conf.h"
#include "conf/kdumpconf.h"
#include "load/kexec.h"
#include "host/sysfile.h"
#include "load/testmark.h"

static const char *const files[] = { CONF_PATH, "/etc/kdump.conf", "/etc/sysconfig/kdump",
	                             "/etc/default/kdump-tools", TESTMARK_PATH, ARMED_PATH };
static const char *path, *text;
static size_t length;

static void expect(bool ok)
{
	if (!ok)
		abort();
}

/* sysfile.h: there is that one file. */
const char *sys_path(const char *p) { return p; }
int sys_read_number(const char *p, u64 *value) { return (void)p, *value = 0, -ENOENT; }
int sys_read(const char *p, char *buf, size_t size) { return (void)p, (void)size, *buf = '\0', -ENOENT; }

FILE *sys_open(const char *p)
{
	errno = ENOENT;
	return strcmp(p, path) ? NULL : fmemopen((void *)(uintptr_t)text, length, "r");
}

static bool ends(const char *field, size_t size) { return memchr(field, '\0', size) != NULL; }

/* Text fields from `image` on lie side by side, the lists in front of them. */
static void check(const struct conf *c)
{
	expect(c->n_target <= CONF_TARGETS && c->n_console <= CONF_CONSOLES);
	for (unsigned int i = 0; i < c->n_target; i++)
		expect(ends(c->target[i], CONF_TEXT) && *c->target[i]);
	for (unsigned int i = 0; i < c->n_console; i++)
		expect(ends(c->console[i], CONF_TEXT) && *c->console[i]);
	for (size_t at = offsetof(struct conf, image); at < sizeof(*c); at += CONF_TEXT)
		expect(ends((const char *)c + at, CONF_TEXT));
	expect(atoi(c->level) >= 0 && atoi(c->level) <= 31 && conf_is_amount(c->min_free));
}

static void check_again(const struct conf *c)
{
	static struct conf again;
	char *printed = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&printed, &size);

	conf_print(c, f);
	fclose(f);
	path = CONF_PATH;
	text = printed;
	length = size;
	conf_default(&again);
	expect(!size || !conf_read(&again, CONF_PATH));
	expect(again.n_target == c->n_target && again.n_console == c->n_console);
	for (unsigned int i = 0; i < c->n_target; i++)
		expect(!strcmp(again.target[i], c->target[i]));
	for (unsigned int i = 0; i < c->n_console; i++)
		expect(!strcmp(again.console[i], c->console[i]));
	for (size_t at = offsetof(struct conf, image); at < sizeof(*c); at += CONF_TEXT)
		expect(!strcmp((const char *)&again + at, (const char *)c + at));
	free(printed);
}

static void read_mark(void)
{
	static struct testmark m;

	if (testmark_read(&m))
		return;
	expect(m.time && m.boot[0] && ends(m.boot, sizeof(m.boot)) && ends(m.dump, sizeof(m.dump)));
	expect(m.n_target <= CONF_TARGETS);
	for (unsigned int i = 0; i < m.n_target; i++)
		expect(ends(m.target[i], CONF_TEXT));
}

static void read_armed(void)
{
	static struct armed a;

	if (kexec_armed(&a))
		return;
	expect(ends(a.image, sizeof(a.image)) && ends(a.words, sizeof(a.words)) && ends(a.map, sizeof(a.map)));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct conf c;
	unsigned int which = size ? data[0] % ARRAY_SIZE(files) : 0;

	if (size < 2) /* fmemopen() takes no empty file */
		return 0;
	path = files[which];
	text = (const char *)data + 1;
	length = size - 1;
	conf_default(&c);
	switch (which) {
	case 0:
		(void)conf_read(&c, path);
		break;
	case 4:
		read_mark();
		return 0;
	case 5:
		read_armed();
		return 0;
	default:
		expect(!kdumpconf_read(&c));
	}
	check(&c);
	check_again(&c);
	return 0;
}
