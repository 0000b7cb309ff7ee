// SPDX-License-Identifier: GPL-2.0-or-later
// Finds and shows what a capture kernel left behind when no target took its dump.
#include "area/last_failure.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "drivers/cmos.h"
#include "life/failure.h"

#define NVRAM_FIRST 14 /* the byte of the CMOS clock's RAM with which Linux's views of it begin */
#define OPENING     "afterimage "

/* What Linux shows now, and where systemd-pstore puts it. */
static const char *const pstore[] = { "/sys/fs/pstore/dmesg-erst-*",
				      "/var/lib/systemd/pstore/dmesg-erst-*",
				      "/var/lib/systemd/pstore/*/dmesg-erst-*" };
static const char *const nvram[] = { "/sys/bus/nvmem/devices/cmos_nvram0/nvmem", "/dev/nvram" };

/* The value of ` key=` in a line, up to the next space; empty if there is none. */
static void get_word(const char *line, const char *key, char *out, size_t size)
{
	char want[16];
	const char *at;

	snprintf(want, sizeof(want), " %s=", key);
	at = strstr(line, want);
	at = at ? at + strlen(want) : "";
	snprintf(out, size, "%.*s", (int)strcspn(at, " "), at);
}

static u64 get_number(const char *line, const char *key)
{
	char word[24];

	get_word(line, key, word, sizeof(word));
	return strtoull(word, NULL, 10);
}

static void parse_failed(struct last_failure *f, const char *line)
{
	struct failed_target *t = &f->target[f->targets++];
	char after[24], *end;
	u64 err;

	memset(t, 0, sizeof(*t));
	snprintf(t->target, sizeof(t->target), "%.*s", (int)strcspn(line, " "), line);
	get_word(line, "phase", t->phase, sizeof(t->phase));
	get_word(line, "after", after, sizeof(after));
	err = get_number(line, "errno");
	t->err = err <= ERRNO_MAX ? (int)err : 0;
	t->accepted = get_number(line, "accepted");
	t->settled = get_number(line, "settled");
	t->after_ms = strtoull(after, &end, 10) * 1000;
	t->after_ms += *end == '.' ? strtoull(end + 1, NULL, 10) : 0;
}

static void parse_line(struct last_failure *f, const char *line)
{
	struct failed_target *t = f->targets ? &f->target[f->targets - 1] : NULL;

	if (!strncmp(line, "failed ", 7) && f->targets < FAILURE_TARGETS)
		parse_failed(f, line + 7);
	else if (t && !strncmp(line, "reason ", 7))
		snprintf(t->reason, sizeof(t->reason), "%.250s", line + 7);
	else if (t && !strncmp(line, "device ", 7))
		snprintf(t->device, sizeof(t->device), "%.250s", line + 7);
}

bool failure_parse(struct last_failure *f, const char *text, size_t len)
{
	const char *end = text + len;
	char line[512];
	size_t n;

	f->targets = 0;
	if (len < strlen(OPENING) || memcmp(text, OPENING, strlen(OPENING)))
		return false;
	for (const char *at = text; at < end; at += n + 1) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));

		n = (size_t)((newline ? newline : end) - at);
		clean_text(line, sizeof(line), at, n);
		if (at != text) {
			parse_line(f, line);
			continue;
		}
		snprintf(f->version, sizeof(f->version), "%.*s", (int)strcspn(line + strlen(OPENING), " "),
			 line + strlen(OPENING));
		get_word(line, "release", f->release, sizeof(f->release));
		f->crash_time = get_number(line, "crash");
		f->count = (u32)get_number(line, "failures");
	}
	return true;
}

size_t failure_section(const char *path, const struct areafile *a, char *buf)
{
	const struct area_section *s = areafile_find_section(a, AREA_SECTION_FAILURE);
	struct input in;
	int err;

	if (!s || !(s->flags & AREA_SECTION_WHOLE))
		return 0;
	in = areafile_section(a, s, FAILURE_SECTION_MAX);
	err = input_read(&in, 0, buf, in.size);
	if (err)
		say_error(err, "%s: reading why the dump failed", path);
	return err ? 0 : in.size;
}

/* 0, or an error that was told. */
static int look_at_file(const char *path, void (*found)(const struct last_failure *f, void *ctx), void *ctx,
			bool clear)
{
	static char text[FAILURE_SECTION_MAX];
	static struct last_failure f;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text));
	int err = n < 0 ? -errno : 0;

	if (fd >= 0)
		close(fd);
	if (err)
		return say_error(err, "%s", path);
	if (!failure_parse(&f, text, (size_t)n))
		return 0; /* Linux's own log */
	clean_text(f.where, sizeof(f.where), path, strlen(path));
	found(&f, ctx);
	return clear && unlink(path) ? say_error(-errno, "removing %s", path) : 0;
}

static int look_at_pstore(void (*found)(const struct last_failure *f, void *ctx), void *ctx, bool clear)
{
	int err = 0;

	for (size_t i = 0; i < ARRAY_SIZE(pstore); i++) {
		glob_t g;

		if (!glob(pstore[i], 0, NULL, &g))
			for (size_t k = 0; k < g.gl_pathc; k++) {
				int bad = look_at_file(g.gl_pathv[k], found, ctx, clear);

				err = err ? err : bad;
			}
		globfree(&g);
	}
	return err;
}

static void of_record(struct last_failure *f, const struct cmos_record *r)
{
	struct failed_target *t = &f->target[0];

	memset(f, 0, sizeof(*f));
	snprintf(f->where, sizeof(f->where), "CMOS RAM");
	f->crash_time = r->crash_time;
	f->count = r->count;
	f->targets = 1;
	snprintf(t->phase, sizeof(t->phase), "%s", failure_phase_name(r->phase));
	t->err = r->err;
	t->after_ms = (u64)r->seconds * 1000;
}

static int open_nvram(int flags)
{
	int fd = -1;

	for (size_t i = 0; i < ARRAY_SIZE(nvram) && fd < 0; i++)
		fd = open(nvram[i], flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int look_at_cmos(void (*found)(const struct last_failure *f, void *ctx), void *ctx, bool clear)
{
	static const struct cmos_record none;
	static struct last_failure f;
	struct cmos_record r;
	int fd = open_nvram(clear ? O_RDWR : O_RDONLY);
	ssize_t n = fd < 0 ? -1 : pread(fd, &r, sizeof(r), CMOS_RECORD - NVRAM_FIRST);
	int err = fd == -ENOENT || fd == -ENODEV ? 0 : n < 0 ? -errno : 0;

	if (err)
		say_error(err, "CMOS RAM cannot be looked at");
	if (n == sizeof(r) && !memcmp(r.magic, CMOS_RECORD_MAGIC, sizeof(r.magic)) &&
	    r.crc == (u16)crc32c(&r, offsetof(struct cmos_record, crc))) {
		of_record(&f, &r);
		found(&f, ctx);
		if (clear && pwrite(fd, &none, sizeof(none), CMOS_RECORD - NVRAM_FIRST) != sizeof(none))
			err = say_error(-errno, "clearing the record in CMOS RAM");
	}
	if (fd >= 0)
		close(fd);
	return err;
}

int failure_each(void (*found)(const struct last_failure *f, void *ctx), void *ctx, bool clear)
{
	int err = look_at_pstore(found, ctx, clear);
	int bad = look_at_cmos(found, ctx, clear);

	return err ? err : bad;
}

void failure_print(const struct last_failure *f)
{
	char when[32];

	print_time(when, f->crash_time);
	printf("last failure: %s\n", f->where);
	printf("  crash of %s", f->crash_time ? when : "unknown time");
	printf("%s%s", *f->release ? ", kernel " : "", f->release);
	printf("%s%s\n", *f->version ? ", afterimage " : "", f->version);
	for (unsigned int i = 0; i < f->targets; i++) {
		const struct failed_target *t = &f->target[i];

		printf("  %s%s failed in phase %s%s%s%s%s\n", *t->target ? "target " : "a target",
		       t->target, t->phase, t->err ? " (" : "", t->err ? strerror(t->err) : "",
		       t->err ? ")" : "", *t->reason ? ":" : "");
		if (*t->reason)
			printf("    %s\n", t->reason);
		if (*t->target)
			printf("    %llu bytes handed over, %llu of them settled\n", t->accepted, t->settled);
		printf("    %llu.%03llu s after the capture kernel was entered\n", t->after_ms / 1000,
		       t->after_ms % 1000);
		if (*t->device)
			printf("    %s\n", t->device);
	}
	if (f->count > f->targets)
		printf("  and %u more\n", f->count - f->targets);
}

void failure_print_json(struct json *j, const struct last_failure *f)
{
	char when[32];

	print_time(when, f->crash_time);
	json_open(j, NULL, '{');
	json_text(j, "where", f->where);
	json_text(j, "crash_time", f->crash_time ? when : NULL);
	json_text(j, "release", f->release);
	json_text(j, "afterimage", f->version);
	json_number(j, "failures", f->count);
	json_open(j, "targets", '[');
	for (unsigned int i = 0; i < f->targets; i++) {
		const struct failed_target *t = &f->target[i];

		json_open(j, NULL, '{');
		json_text(j, "target", t->target);
		json_text(j, "phase", t->phase);
		json_number(j, "errno", (u64)t->err);
		json_number(j, "accepted", t->accepted);
		json_number(j, "settled", t->settled);
		json_seconds(j, "after_seconds", (double)t->after_ms / 1000);
		json_text(j, "reason", t->reason);
		json_text(j, "device", t->device);
		json_close(j, '}');
	}
	json_close(j, ']');
	json_close(j, '}');
}
