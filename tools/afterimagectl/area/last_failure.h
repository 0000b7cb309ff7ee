/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why a dump failed, as the capture kernel left it: in a dump area, with the firmware (pstore), in CMOS RAM. */
#ifndef AFTERIMAGECTL_LAST_FAILURE_H
#define AFTERIMAGECTL_LAST_FAILURE_H

#include <limits.h>

#include "area/areafile.h"
#include "json.h"

#define FAILURE_TARGETS    16
#define FAILURE_WORDS      256
#define FAILURE_SECTION_MAX (16 * KIB) /* of a section that is looked at */

/* One target that failed, out of the text (docs/area-format.md); every text is clean. */
struct failed_target {
	char target[FAILURE_WORDS], phase[16];
	int err; /* positive, 0 unknown */
	u64 accepted, settled;
	u64 after_ms; /* since the capture kernel was entered */
	char reason[FAILURE_WORDS], device[FAILURE_WORDS];
};

struct last_failure {
	char where[PATH_MAX + 64]; /* in words: "dump area /dev/sdb" */
	char version[32], release[65]; /* empty: unknown */
	u64 crash_time; /* 0 unknown */
	u32 count;      /* failures, of which `targets` are told below */
	unsigned int targets;
	struct failed_target target[FAILURE_TARGETS];
};

/* Take such a text apart. False: it is none. */
bool failure_parse(struct last_failure *f, const char *text, size_t len);

/* The text of the area's failure section: its length, 0: there is none (or it cannot be read, which is
 * told). buf has FAILURE_SECTION_MAX bytes. */
size_t failure_section(const char *path, const struct areafile *a, char *buf);

/* Call `found` for what pstore and CMOS RAM hold; with `clear` it is removed after that. Says what cannot be
 * looked at, or cleared, and returns 0 or an error. */
int failure_each(void (*found)(const struct last_failure *f, void *ctx), void *ctx, bool clear);

/* In words, and as an element of a JSON list. */
void failure_print(const struct last_failure *f);
void failure_print_json(struct json *j, const struct last_failure *f);

#endif
