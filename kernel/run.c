/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Targets in order: open, write the container, finish; what is tried again and what is not. */
#include "run.h"

#include <string.h>

#include "boot/start.h"
#include "clock.h"
#include "drivers/iommu/iommu.h"
#include "dump/disk/disk_sink.h"
#include "dump/format/container.h"
#include "dump/linux/dmesg.h"
#include "dump/linux/vmcoreinfo.h"
#include "life/failure.h"
#include "life/last_failure.h"
#include "life/life.h"
#include "log.h"
#include "net/tcp_sink.h"

#define REASON_MAX 120

static int target_open(struct sink **s, const struct config *cfg, const struct target *t, bool copy,
                       char reason[REASON_MAX])
{
	if (t->kind == TARGET_DISK)
		return disk_sink_open(s, cfg, t, container_size(), vmcoreinfo_number("CRASHTIME", 0),
		                      copy, reason);
	return tcp_sink_open(s, cfg, t, copy, reason);
}

static struct sink *in_use; /* open, its device at work */

/* Every target that fails comes by here; in a second life also the one that ended the first. */
static void target_failed(const struct target *t, const char *reason)
{
	char held[16];

	if (iommu_refused(held)) {
		log_always("target %.*s: failed: %s; an IOMMU cuts %s off", t->text_len, t->text, reason,
		           held);
		failure_device("an IOMMU cuts %s off", held);
	} else {
		log_always("target %.*s: failed: %s", t->text_len, t->text, reason);
	}
	failure_add(t->text, t->text_len, reason);
}

static void tell_ready(const struct target *t)
{
	log_always("target %.*s: ready", t->text_len, t->text);
}

static void tell_complete(const struct target *t, const struct dump_stats *st)
{
	u64 ms = clock_us() / 1000;

	log_always("dump complete: %llu bytes, %llu pages, %llu unreadable, %llu.%03llu s, %.*s",
	           st->total, st->pages, st->unreadable, ms / 1000, ms % 1000, t->text_len, t->text);
}

/* The log stands in front of the dump, whole before the dump begins, unless both together do not fit. */
static int write_to_area(struct sink **s, struct dump_stats *st)
{
	u64 dump = container_size(), log = ALIGN_UP(container_log_size(), PAGE_SIZE), bytes;
	int err = 0;

	if (!dump || (log && log + dump <= disk_sink_room(*s))) {
		err = disk_sink_section(*s, AREA_SECTION_DMESG, log);
		if (!err)
			err = dump ? container_write_log(*s, &bytes) : container_write(s, st, true);
	}
	if (!err && dump)
		err = disk_sink_section(*s, AREA_SECTION_VMCORE, dump);
	if (!err && dump)
		err = container_write(s, st, true);
	return err;
}

static const char *reason_of(const struct sink *s, int err)
{
	if (s->reason[0])
		return s->reason;
	return err == -ENODATA ? "there is no log that can be decoded" :
	       err == -EFBIG   ? "more memory than the format can hold" :
	                         "headers could not be read twice alike";
}

/* One try at one target. */
static int target_try(const struct config *cfg, const struct target *t, bool copy, bool *opened)
{
	struct dump_stats st = { 0 };
	char reason[REASON_MAX] = "";
	struct sink *s;
	int err, end;

	*opened = false;
	failure_begin();
	err = target_open(&s, cfg, t, copy, reason);
	if (err) {
		failure_at(err == -ENODEV ? FAILURE_FIND : FAILURE_OPEN, err, 0, 0);
		target_failed(t, reason);
		return err;
	}
	*opened = true;
	in_use = s;
	tell_ready(t);
	st.started_us = clock_us();
	st.next_line_us = st.started_us + SEC;
	err = t->kind == TARGET_DISK ? write_to_area(&s, &st) : container_write(&s, &st, false);
	end = s->ops->finish(s, err);
	in_use = NULL;
	failure_at(!err ? FAILURE_FINISH : st.pages ? FAILURE_DATA : FAILURE_HEADER, err ? err : end,
	           s->accepted, s->settled);
	if (!err)
		err = end;
	if (err)
		target_failed(t, reason_of(s, err));
	else
		tell_complete(t, &st);
	return err;
}

static struct dump_stats console_st;

static void console_line(const char *line)
{
	log_always("| %s", line);
	console_st.total += strlen(line) + 1;
}

/* The last resort, and it needs nothing: the log, line by line. */
static bool console_run(const struct target *t)
{
	int err;

	console_st = (struct dump_stats){ 0 };
	tell_ready(t);
	err = life_begin(LIFE_LOG) ? dmesg_lines(DMESG_ALL, console_line) : -ENODATA;
	life_begin(LIFE_ALL);
	if (err)
		target_failed(t, "there is no log that can be decoded");
	else
		tell_complete(t, &console_st);
	return !err;
}

/* Of the network's errors: a stalled target (-ETIMEDOUT) has failed, a broken connection has not yet. */
static bool connection_broke(const struct target *t, int err)
{
	return t->kind == TARGET_TCP && (err == -ECONNRESET || err == -EPIPE || err == -EIO);
}

/* A device that broke on a span gets everything copied; a connection that broke in mid-dump is tried
 * once more from byte 0. Each at most once. */
static bool target_run(const struct config *cfg, const struct target *t)
{
	bool copy = false, again = true, opened;

	if (t->kind == TARGET_CONSOLE)
		return console_run(t);
	for (int tries = 0; tries < 3; tries++) {
		int err = target_try(cfg, t, copy, &opened);

		if (!err)
			return true;
		if (!opened || clock_expired())
			return false;
		if (err == -EREMOTEIO && !copy) {
			log_info("the device broke on a span: again, copying every page");
			copy = true;
		} else if (again && connection_broke(t, err)) {
			log_info("again from byte 0");
			again = false;
		} else {
			return false;
		}
	}
	return false;
}

/* The list goes on behind the target that ended a first life; if that was the last one and what failed
 * can be left out, with that one. */
static unsigned int first_target(const struct config *cfg)
{
	const struct life_fault *f = life_fault();

	if (!f)
		return 0;
	failure_at(FAILURE_FAULT, 0, 0, 0);
	if (f->target < 0 || f->target >= (int)cfg->n_target) {
		failure_add("-", 1, f->reason);
		return 0;
	}
	target_failed(&cfg->target[f->target], f->reason);
	if (f->part == LIFE_ALL || f->target + 1 < (int)cfg->n_target)
		return (unsigned int)f->target + 1;
	log_info("once more, without what failed");
	return (unsigned int)f->target;
}

bool run_targets(const struct config *cfg)
{
	container_prepare(cfg);
	for (unsigned int i = first_target(cfg); i < cfg->n_target; i++) {
		life_target((int)i);
		if (target_run(cfg, &cfg->target[i])) {
			last_failure_save(cfg, &cfg->target[i]);
			return true;
		}
		if (clock_expired()) {
			log_always("dump failed: the time of dump.timeout=%u is over", cfg->timeout_s);
			last_failure_save(cfg, NULL);
			return false;
		}
	}
	if (!cfg->n_target)
		start_failed("no dump.to= target given");
	log_always("dump failed: every target failed");
	last_failure_save(cfg, NULL);
	return false;
}

void run_break_off(void)
{
	struct sink *s = in_use;

	in_use = NULL;
	if (s)
		s->ops->finish(s, -ECANCELED);
}
