/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The places where the next boot looks for a reason: dump area, ACPI ERST, CMOS RAM. */
#include "life/last_failure.h"

#include <string.h>

#include "drivers/acpi/erst.h"
#include "drivers/cmos.h"
#include "dump/disk/area.h"
#include "dump/disk/disk_sink.h"
#include "dump/linux/vmcoreinfo.h"
#include "life/failure.h"
#include "life/life.h"
#include "log.h"

#define HEAD_MAX 128

static char text[HEAD_MAX + FAILURE_TEXT_MAX];
static KEEP bool saved_early;

static u64 crash_time(void) { return vmcoreinfo_number("CRASHTIME", 0); }

/* docs/area-format.md: "What a failure section says". */
static u32 compose(void)
{
	char release[65];

	if (!vmcoreinfo_get("OSRELEASE", release, sizeof(release)))
		memcpy(release, "unknown", sizeof("unknown"));
	format(text, sizeof(text), "afterimage %s crash=%llu release=%s failures=%u\n%s", VERSION,
	       crash_time(), release, failure_last()->count, failure_text());
	return (u32)strlen(text);
}

static bool save_to_area(const struct config *cfg, const struct target *done, u32 len)
{
	char reason[DISK_REASON_MAX];

	for (unsigned int i = 0; i < cfg->n_target; i++) {
		const struct target *t = &cfg->target[i];

		if (t->kind != TARGET_DISK)
			continue;
		if (!disk_sink_note(t, text, len, t == done, reason)) {
			log_info("the reason is kept in the area %.*s", t->text_len, t->text);
			return true;
		}
		log_info("the reason is not kept in the area %.*s: %s", t->text_len, t->text, reason);
	}
	return false;
}

static int save_to_cmos(void)
{
	const struct failure *f = failure_last();
	struct cmos_record r = { .phase = f->phase,
		                 .count = f->count,
		                 .err = f->err,
		                 .crash_time = (u32)crash_time(),
		                 .seconds = (u16)MIN(f->seconds, 0xffffu) };

	memcpy(r.magic, CMOS_RECORD_MAGIC, sizeof(r.magic));
	r.crc = (u16)crc32c(&r, offsetof(struct cmos_record, crc));
	return cmos_record_write(&r);
}

static void save_to_firmware(u32 len)
{
	int erst = erst_write(text, len, crash_time()), cmos;

	if (!erst) {
		log_info("the reason is kept in ACPI's ERST");
		return;
	}
	cmos = save_to_cmos();
	if (!cmos)
		log_info("the reason is kept in CMOS RAM (ERST: error %d)", -erst);
	else
		log_info("the reason is kept nowhere (ERST: error %d, CMOS RAM: error %d)", -erst, -cmos);
}

void last_failure_save(const struct config *cfg, const struct target *done)
{
	u32 len;
	bool kept = false;

	if (done)
		life_last_words(cfg->final); /* a fault in here must not begin another dump */
	if (failure_last()) {
		len = compose();
		kept = save_to_area(cfg, done, len);
		if (!kept && !done)
			save_to_firmware(len);
	}
	if (done)
		cmos_record_clear();
}

void last_failure_save_early(const char *reason)
{
	if (saved_early)
		return;
	saved_early = true;
	failure_at(FAILURE_START, 0, 0, 0);
	failure_add("-", 1, reason);
	save_to_firmware(compose());
}
