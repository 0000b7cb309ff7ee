// SPDX-License-Identifier: GPL-2.0-or-later
// Ends connections: their dumps are settled, told and listed.
#include "receive/ending.h"

#include <stdio.h>
#include <sys/wait.h>

#include "progress.h"
#include "receive/settle.h"

static void stage_leave(struct receiver *rc, struct reception *r)
{
	if (r->stage >= STAGES)
		return;
	TAILQ_REMOVE(&rc->stage[r->stage].list, r, link);
	rc->stage[r->stage].count--;
	r->stage = STAGES;
}

void stage_enter(struct receiver *rc, struct reception *r, unsigned int stage)
{
	stage_leave(rc, r);
	TAILQ_INSERT_TAIL(&rc->stage[stage].list, r, link);
	rc->stage[stage].count++;
	r->stage = stage;
}

static void tell_end(const struct receiver *rc, const json_t *dump, enum settled how)
{
	static const char *const words[] = { "complete", "INCOMPLETE", "no known container",
					     "NOT STORED" };
	const char *folder = dump_text(dump, "folder"), *file = dump_text(dump, "file");
	const char *reason = dump_text(dump, "reason");
	char size[32], rate[32];

	print_size(size, dump_number(dump, "bytes"));
	print_size(rate, dump_rate(dump));
	say("%s/%s/%s: %s: %s in %.1f s (%s/s)%s%s", rc->store.name, folder,
	    *file ? file : PART_NAME, words[how], size, dump_seconds(dump, "seconds"), rate,
	    *reason ? ": " : "", reason);
	printf("%s/%s\n", rc->store.name, folder);
	fflush(stdout);
}

/* It is settled, or never will be. */
static void finish(struct receiver *rc, struct reception *r, enum settled how)
{
	const json_t *dump = NULL;

	rc->results[how]++;
	rc->cuts[r->cut]++;
	rc->received += r->stream.received;
	if (r->dir >= 0)
		dump = catalog_add(&rc->catalog, &rc->store, r->folder,
				   r->why.text[0] ? r->why.text : "it could not be stored");
	if (dump)
		tell_end(rc, dump, how);
	if (rc->only == r) {
		rc->status = how == SETTLED_WHOLE ? CTL_DONE : CTL_FAILED;
		rc->stopping = true;
	}
	stage_leave(rc, r);
	reception_free(r, how == SETTLED_WHOLE || how == SETTLED_UNKNOWN);
}

static void finish_unseen(struct receiver *rc, struct reception *r, const char *why)
{
	say("%s/%s: %s", rc->store.name, r->folder, why);
	settle_unseen(r, &rc->store, why);
	finish(rc, r, SETTLED_INCOMPLETE);
}

static void settle_more(struct receiver *rc)
{
	struct reception *r;

	while (rc->stage[STAGE_SETTLING].count < rc->settlers_max &&
	       (r = TAILQ_FIRST(&rc->stage[STAGE_ENDED].list))) {
		r->settler = settle_start(r, &rc->store);
		if (r->settler > 0)
			stage_enter(rc, r, STAGE_SETTLING);
		else
			finish_unseen(rc, r, "no process could be made to check it");
	}
}

void ending_begin(struct receiver *rc, struct reception *r)
{
	r->ended = clock_seconds();
	if (!r->begun) {
		stage_leave(rc, r);
		reception_free(r, true);
	} else if (r->out.fd < 0) {
		finish(rc, r, SETTLED_NOT);
	} else {
		stage_enter(rc, r, STAGE_ENDED);
		settle_more(rc);
	}
}

static struct reception *find_settling(struct receiver *rc, pid_t pid)
{
	struct reception *r;

	TAILQ_FOREACH (r, &rc->stage[STAGE_SETTLING].list, link)
		if (r->settler == pid)
			return r;
	return NULL;
}

void ending_reap(struct receiver *rc)
{
	char why[64];
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		struct reception *r = find_settling(rc, pid);

		if (!r)
			continue;
		if (WIFEXITED(status) && WEXITSTATUS(status) <= SETTLED_NOT) {
			finish(rc, r, WEXITSTATUS(status));
			continue;
		}
		snprintf(why, sizeof(why), "the process that checked it died (status 0x%x)",
			 (unsigned int)status);
		finish_unseen(rc, r, why);
	}
	settle_more(rc);
}
