// SPDX-License-Identifier: GPL-2.0-or-later
// The configuration of kdump, line by line: what was taken over, what cannot be, and what to use
// instead.
#include "conf/kdumpconf.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/sysfile.h"

#define RECEIVER "run `afterimagectl receive -o DIR` there and use: target tcp://HOST:7117"

/* One line being looked at. */
struct line {
	struct conf *conf;
	const char *file;
	unsigned int number;
	const char *key;
	char *value;
};

struct rule {
	const char *key;
	void (*apply)(struct line *l, const char *arg);
	const char *arg; /* of apply */
};

static void tell(const struct line *l, const char *what)
{
	say("%s:%u: %s %s: %s", l->file, l->number, l->key, l->value, what);
}

/* `key value` of ours in the line's place. */
static void take(struct line *l, const char *key, const char *value)
{
	struct why why = { "" };
	char text[CONF_TEXT + 40];

	if (conf_set(l->conf, key, value, &why))
		snprintf(text, sizeof(text), "not taken over: %s", why.text);
	else
		snprintf(text, sizeof(text), "taken over: %s %s", key, value);
	tell(l, text);
}

static void same(struct line *l, const char *arg)
{
	take(l, arg, l->value);
}

static void needless(struct line *l, const char *arg)
{
	tell(l, arg);
}

/* Behind `path`: the dump goes to a file there, and is found there after the reboot. */
static void directory(struct line *l, const char *arg)
{
	char file[CONF_TEXT];

	(void)arg;
	if (!strncmp(l->value, "file://", 7))
		l->value += 7;
	if (*l->value != '/' || l->value[1] == '/') {
		tell(l, "cannot be done; where it is another machine, " RECEIVER);
		return;
	}
	take(l, "path", l->value);
	if (snprintf(file, sizeof(file), "file:%s/afterimage.img", l->value) < (int)sizeof(file))
		take(l, "target", file);
	say("make that file once: afterimagectl format --file %s/afterimage.img --size auto",
	    l->value);
}

/* kdump keeps at least so many; 0 of ours keeps all. */
static void keep(struct line *l, const char *arg)
{
	(void)arg;
	if (atoi(l->value) > 0)
		take(l, "keep", l->value);
	else
		tell(l, "every dump is kept, which is the default");
}

static void megabytes_free(struct line *l, const char *arg)
{
	char text[32];

	(void)arg;
	if (snprintf(text, sizeof(text), "%sM", l->value) < (int)sizeof(text))
		take(l, "min_free", text);
}

static void action(struct line *l, const char *arg)
{
	if (!strcmp(l->value, "shell") || !strcmp(l->value, "dump_to_rootfs"))
		tell(l, "there is no second Linux to do it: the machine reboots; another `target` "
			"line is the way out");
	else
		take(l, arg, l->value);
}

static void fail_command(struct line *l, const char *arg)
{
	take(l, arg,
	     strstr(l->value, "halt")       ? "halt"
	     : strstr(l->value, "poweroff") ? "poweroff"
					    : "reboot");
}

static void immediate(struct line *l, const char *arg)
{
	(void)arg;
	if (!strcasecmp(l->value, "no"))
		take(l, "final_action", "halt");
	else
		tell(l, "that is the default");
}

static void dump_format(struct line *l, const char *arg)
{
	(void)arg;
	if (!strcasecmp(l->value, "elf"))
		take(l, "format", "elf");
	else if (!strcasecmp(l->value, "compressed"))
		take(l, "compress", "zlib");
	else if (!strcasecmp(l->value, "snappy"))
		take(l, "compress", "lzo");
	else
		take(l, "compress", l->value);
}

/* The options of makedumpfile(8) that say what a dump is. */
static void makedumpfile_option(struct line *l, const char *option, const char *next)
{
	if (!strncmp(option, "-d", 2) && (option[2] || next))
		take(l, "level", option[2] ? option + 2 : next);
	else if (!strcmp(option, "-l"))
		take(l, "compress", "lzo");
	else if (!strcmp(option, "-p")) /* snappy is not built in; lzo is as quick */
		take(l, "compress", "lzo");
	else if (!strcmp(option, "-z"))
		take(l, "compress", "zstd");
	else if (!strcmp(option, "-c"))
		take(l, "compress", "zlib");
	else if (!strcmp(option, "-E"))
		take(l, "format", "elf");
	else if (strcmp(option, "-F") && strcmp(option, "-D") &&
		 strncmp(option, "--message-level", 15)) {
		char text[CONF_TEXT];

		snprintf(text, sizeof(text), "%s of makedumpfile is not known here", option);
		tell(l, text);
	}
}

static void makedumpfile(struct line *l, const char *arg)
{
	char copy[CONF_TEXT], *save = NULL, *word, *next;

	(void)arg;
	snprintf(copy, sizeof(copy), "%s", l->value);
	word = strtok_r(copy, " \t", &save);
	if (word && *word != '-') {
		if (strcmp(word, "makedumpfile"))
			tell(l, "no program runs between the memory and its target");
		word = strtok_r(NULL, " \t", &save);
	}
	for (; word; word = next) {
		next = strtok_r(NULL, " \t", &save);
		if (*word == '-')
			makedumpfile_option(l, word, next);
	}
}

static const char no_second_linux[] =
    "not needed: there is no second Linux, no initramfs and no rebuild";
static const char scripts[] =
    "no script runs after the panic; a program in `hooks` runs after the reboot";
static const char elsewhere[] = "cannot be done; where it is another machine, " RECEIVER;
static const char device[] =
    "the capture kernel mounts no file system; use a file in it (target file:/PATH) or "
    "a dump area (afterimagectl format DEVICE, target disk:UUID)";

/* kdump.conf(5) of Fedora and its kin. */
static const struct rule redhat[] = {
	{ "path", directory, NULL },
	{ "core_collector", makedumpfile, NULL },
	{ "final_action", action, "final_action" },
	{ "failure_action", action, "failure_action" },
	{ "default", action, "failure_action" },
	{ "nfs", needless, elsewhere },
	{ "ssh", needless, elsewhere },
	{ "sshkey", needless, "nothing logs in anywhere" },
	{ "virtiofs", needless, elsewhere },
	{ "raw", needless, device },
	{ "ext2", needless, device },
	{ "ext3", needless, device },
	{ "ext4", needless, device },
	{ "xfs", needless, device },
	{ "btrfs", needless, device },
	{ "minix", needless, device },
	{ "kdump_post", needless, scripts },
	{ "kdump_pre", needless, scripts },
	{ "fence_kdump_args", needless, "fence_kdump is not sent" },
	{ "fence_kdump_nodes", needless, "fence_kdump is not sent" },
	{ "extra_bins", needless, no_second_linux },
	{ "extra_modules", needless, no_second_linux },
	{ "force_rebuild", needless, no_second_linux },
	{ "force_no_rebuild", needless, no_second_linux },
	{ "dracut_args", needless, no_second_linux },
	{ "override_resettable", needless, no_second_linux },
	{ "auto_reset_crashkernel", needless, "crashkernel=2M is enough for every release" },
	{ NULL, NULL, NULL },
};

/* /etc/sysconfig/kdump, kdump(5) of SUSE. */
static const struct rule suse[] = {
	{ "KDUMP_SAVEDIR", directory, NULL },
	{ "KDUMP_DUMPLEVEL", same, "level" },
	{ "KDUMP_DUMPFORMAT", dump_format, NULL },
	{ "KDUMP_KEEP_OLD_DUMPS", keep, NULL },
	{ "KDUMP_FREE_DISK_SIZE", megabytes_free, NULL },
	{ "KDUMP_IMMEDIATE_REBOOT", immediate, NULL },
	{ "KDUMP_PRESCRIPT", needless, scripts },
	{ "KDUMP_POSTSCRIPT", needless, scripts },
	{ "KDUMP_TRANSFER", needless, scripts },
	{ "KDUMP_SMTP_SERVER", needless,
	  "no mail is sent; afterimage-save leaves one line in the journal" },
	{ NULL, NULL, NULL },
};

/* /etc/default/kdump-tools of Debian. */
static const struct rule debian[] = {
	{ "KDUMP_COREDIR", directory, NULL },
	{ "MAKEDUMP_ARGS", makedumpfile, NULL },
	{ "KDUMP_NUM_DUMPS", keep, NULL },
	{ "KDUMP_FAIL_CMD", fail_command, "failure_action" },
	{ "USE_KDUMP", needless, "`systemctl enable afterimage` and `disable` do it" },
	{ "SSH", needless, elsewhere },
	{ "SSH_KEY", needless, "nothing logs in anywhere" },
	{ "NFS", needless, elsewhere },
	{ "FTP", needless, elsewhere },
	{ NULL, NULL, NULL },
};

static const struct dialect {
	const char *path;
	bool shell; /* KEY="value", not `key value` */
	const struct rule *rules;
} dialects[] = {
	{ "/etc/kdump.conf", false, redhat },
	{ "/etc/sysconfig/kdump", true, suse },
	{ "/etc/default/kdump-tools", true, debian },
};

/* A value without its quotes, up to a comment. */
static char *unquote(char *value)
{
	char quote = (char)(*value == '"' || *value == '\'' ? *value : '\0');
	size_t n = quote ? strcspn(++value, quote == '"' ? "\"" : "'") : strcspn(value, " \t#");

	value[n] = '\0';
	return value;
}

/* Cut into key and value. False: a comment, or nothing to say. */
static bool line_split(char *text, bool shell, struct line *l)
{
	char *value;

	text += strspn(text, " \t");
	text[strcspn(text, "\n")] = '\0';
	if (!*text || *text == '#')
		return false;
	l->key = text;
	value = text + strcspn(text, shell ? "=" : " \t");
	if (*value)
		*value++ = '\0';
	value += strspn(value, " \t");
	if (!shell && strstr(value, " #"))
		*strstr(value, " #") = '\0';
	for (char *end = value + strlen(value); end > value && isspace((unsigned char)end[-1]);)
		*--end = '\0';
	l->value = shell ? unquote(value) : value;
	return *l->value != '\0';
}

static void line_apply(struct line *l, const struct rule *rules)
{
	for (; rules->key; rules++) {
		if (!strcmp(rules->key, l->key)) {
			rules->apply(l, rules->arg);
			return;
		}
	}
	tell(l, "not known here, left out");
}

static void dialect_read(const struct dialect *d, FILE *f, struct conf *c)
{
	struct line l = { .conf = c, .file = d->path };
	char *text = NULL;
	size_t room = 0;

	while (getline(&text, &room, f) >= 0) {
		l.number++;
		if (line_split(text, d->shell, &l))
			line_apply(&l, d->rules);
	}
	free(text);
}

int kdumpconf_read(struct conf *c)
{
	for (size_t i = 0; i < ARRAY_SIZE(dialects); i++) {
		FILE *f = sys_open(dialects[i].path);

		if (!f)
			continue;
		dialect_read(&dialects[i], f, c);
		fclose(f);
		say("as %s:", CONF_PATH);
		conf_print(c, stderr);
		return 0;
	}
	return say_fail(-ENOENT, "none of %s, %s and %s is here", dialects[0].path,
			dialects[1].path, dialects[2].path);
}
