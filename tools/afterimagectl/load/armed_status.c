// SPDX-License-Identifier: GPL-2.0-or-later
// What is loaded, what should be, and what both need.
#include "load/armed_status.h"

#include <errno.h>
#include <stdio.h>

#include "load/kexec.h"

static const char *target_state(const struct plan_target *t)
{
	if (t->err)
		return "left out";
	if (t->kind == PLAN_TCP || t->kind == PLAN_CONSOLE)
		return "settled";
	return t->area.state == AREA_EMPTY      ? "empty"
	       : t->area.state == AREA_COMPLETE ? "holds a dump that was not saved"
						: "holds an incomplete dump";
}

static const char *target_device(const struct plan_target *t)
{
	if (t->err || t->kind == PLAN_CONSOLE)
		return "";
	return t->kind == PLAN_TCP ? t->way.ifname : t->area.device;
}

static void print_json(struct json *j, const struct plan *p, const struct armed *a,
		       const char *mismatch, bool settled)
{
	char when[32] = "";

	if (a->time)
		print_time(when, a->time);
	json_bool(j, "armed", !mismatch);
	json_text(j, "mismatch", mismatch);
	json_bool(j, "loaded", p->reservation.armed);
	json_text(j, "since", when);
	json_text(j, "image", a->image);
	json_text(j, "command_line", a->words);
	json_number(j, "reserved_bytes", p->reservation.size);
	json_number(j, "needed_bytes", settled ? plan_needs(p) : 0);
	json_open(j, "targets", '[');
	for (unsigned int i = 0; i < p->n_target && p->target[i].text; i++) {
		json_open(j, NULL, '{');
		json_text(j, "target", p->target[i].text);
		json_text(j, "state", target_state(&p->target[i]));
		json_text(j, "device", target_device(&p->target[i]));
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void print_words(const struct plan *p, const struct armed *a, const char *mismatch,
			bool settled)
{
	char when[32];

	printf("armed: %s%s\n", mismatch ? "NO: " : "yes, as configured", mismatch ? mismatch : "");
	if (a->time) {
		print_time(when, a->time);
		printf("loaded: %s, %s\ncommand line: %s\n", when, a->image, a->words);
	}
	printf("reserved: %llu KiB", p->reservation.size / KIB);
	if (settled)
		printf(", needed: about %llu KiB", plan_needs(p) / KIB);
	putchar('\n');
	for (unsigned int i = 0; i < p->n_target && p->target[i].text; i++) {
		const struct plan_target *t = &p->target[i];
		const char *device = target_device(t);

		printf("target: %s%s%s, %s\n", t->text, *device ? " on " : "", device,
		       target_state(t));
	}
}

int armed_status(const char *config, struct json *j)
{
	static struct plan p;
	static struct armed a;
	static struct conf conf;
	const char *mismatch;
	bool settled;

	conf_default(&conf);
	settled = !conf_read(&conf, config) && !plan_make(&p, &conf);
	if (!settled && !p.reservation.size)
		(void)machine_reservation(&p.reservation);
	mismatch = settled || !p.reservation.armed ? kexec_mismatch(&p)
						   : "the configuration cannot be settled now";
	for (unsigned int i = 0; !mismatch && i < p.n_target; i++)
		if (p.target[i].err)
			mismatch = "a target was left out";
	if (!p.reservation.armed || kexec_armed(&a))
		a = (struct armed){ .time = 0 };
	if (j)
		print_json(j, &p, &a, mismatch, settled);
	else
		print_words(&p, &a, mismatch, settled);
	return mismatch ? -EINVAL : 0;
}
