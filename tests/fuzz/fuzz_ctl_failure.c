/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why a dump failed, read back: the text of a dump area or of pstore, or the record in CMOS RAM, with anything in it.
 * What is told of it is printable, and the JSON is JSON that says the same. The input's first byte says which of the
 * two the rest is, and whether the record's checksum is right. */
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base.h"
#include "bytes.h"

static FILE *shown;
static u8 cmos[16];

/* The record lies where the driver says; there is no pstore. */
static ssize_t cmos_pread(int fd, void *buf, size_t n, off_t off)
{
	if (fd != 1000 || n != sizeof(cmos) || off != 0x70 - 14)
		abort();
	memcpy(buf, cmos, n);
	return (ssize_t)n;
}

#define open(path, flags) ((void)(path), (void)(flags), 1000)
#define close(fd)         ((void)(fd))
#define pread             cmos_pread
#define printf(...)       fprintf(shown, __VA_ARGS__)
#include "area/last_failure.c"
#undef printf

static void expect(bool ok)
{
	if (!ok)
		abort();
}

static void expect_text(const json_t *object, const char *key, const char *value)
{
	const char *text = json_string_value(json_object_get(object, key));

	expect(!strcmp(text ? text : "", value));
}

static void check_json(const struct last_failure *f, const char *text, size_t size)
{
	/* integers as large as they like: those of JSON have no end */
	json_t *all = json_loadb(text, size, JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, NULL);
	json_t *one = json_array_get(json_object_get(all, "f"), 0);
	json_t *targets = json_object_get(one, "targets");

	expect(one && json_array_size(targets) == f->targets);
	expect_text(one, "where", f->where);
	expect_text(one, "release", f->release);
	expect_text(one, "afterimage", f->version);
	for (unsigned int i = 0; i < f->targets; i++) {
		expect_text(json_array_get(targets, i), "target", f->target[i].target);
		expect_text(json_array_get(targets, i), "reason", f->target[i].reason);
		expect_text(json_array_get(targets, i), "device", f->target[i].device);
		expect(json_number_value(json_object_get(json_array_get(targets, i), "errno")) == f->target[i].err);
	}
	json_decref(all);
}

static void found(const struct last_failure *f, void *ctx)
{
	char *text = NULL;
	size_t size = 0;
	struct json j;

	(void)ctx;
	expect(f->targets <= FAILURE_TARGETS);
	shown = open_memstream(&text, &size);
	failure_print(f);
	fclose(shown);
	for (size_t i = 0; i < size; i++)
		expect(text[i] == '\n' || (text[i] >= ' ' && text[i] <= '~'));
	free(text);
	shown = open_memstream(&text, &size);
	json_begin(&j, shown);
	json_open(&j, "f", '[');
	failure_print_json(&j, f);
	json_close(&j, ']');
	json_end(&j);
	fclose(shown);
	check_json(f, text, size);
	free(text);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct last_failure f;
	char *text;

	if (!size)
		return 0;
	if (data[0] & 1) {
		memset(cmos, 0, sizeof(cmos));
		memcpy(cmos, data + 1, MIN(size - 1, sizeof(cmos)));
		if (data[0] & 2)
			put_le16(cmos + 14, (u16)crc32c(cmos, 14));
		expect(!look_at_cmos(found, NULL, false));
		return 0;
	}
	text = malloc(size - 1); /* no byte behind it */
	memcpy(text, data + 1, size - 1);
	memset(&f, 0, sizeof(f));
	if (failure_parse(&f, text, size - 1))
		found(&f, NULL);
	free(text);
	return 0;
}
