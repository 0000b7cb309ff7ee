// SPDX-License-Identifier: GPL-2.0-or-later
// Settles a dump in a child process, which leaves vmcore, its log and info.json behind.
#include "receive/settle.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "vmcore/crashlog.h"
#include "json.h"
#include "receive/reception.h"

/* How a dump came out. */
struct outcome {
	const struct dump *dump;
	const char *file, *panic_line;
	const char *reason;
	bool complete;
};

static void print_info(FILE *f, const struct reception *r, const struct outcome *o)
{
	const struct dump *d = o->dump;
	char when[32] = "", started[32];
	struct json j;

	if (d->crash_time)
		print_time(when, d->crash_time);
	print_time(started, (u64)r->started_time);
	json_begin(&j, f);
	json_text(&j, "nodename", d->nodename);
	json_text(&j, "release", d->release);
	json_text(&j, "crash_time", when);
	if (d->crash_time)
		json_number(&j, "crash_time_epoch", d->crash_time);
	else
		json_none(&j, "crash_time_epoch");
	json_text(&j, "panic_line", o->panic_line);
	json_text(&j, "container", container_name(d->container));
	json_bool(&j, "flattened", r->stream.flattened);
	json_text(&j, "file", o->file);
	json_number(&j, "bytes", r->stream.received);
	json_number(&j, "stored_bytes", r->stream.size);
	json_text(&j, "started", started);
	json_seconds(&j, "seconds", r->ended - r->started);
	json_text(&j, "peer", r->address);
	json_text(&j, "reason", o->reason);
	json_bool(&j, "complete", o->complete);
	json_end(&j);
}

static int write_info(const struct reception *r, const struct outcome *outcome)
{
	struct output o;
	FILE *f;
	int fd, err = output_create(&o, r->dir, "info.part");

	if (err)
		return err;
	fd = dup(o.fd);
	f = fd < 0 ? NULL : fdopen(fd, "w");
	if (!f) {
		err = say_error(-errno, INFO_NAME);
		close(fd);
	} else {
		print_info(f, r, outcome);
		if (fclose(f))
			err = say_error(-errno, INFO_NAME);
	}
	if (!err)
		err = output_commit(&o, INFO_NAME);
	output_discard(&o);
	return err;
}

/* What the file is called in the end. A log has no end of its own: it is whole if its sender said
 * so, by FIN. */
static const char *final_name(const struct reception *r, enum container container, int *verdict)
{
	static const char *const name[] = { "vmcore", "vmcore-incomplete", "unknown" };

	if (container != CONTAINER_DMESG)
		return name[*verdict];
	if (r->broken.text[0])
		*verdict = STREAM_INCOMPLETE;
	return *verdict == STREAM_WHOLE ? CRASHLOG_NAME : CRASHLOG_INCOMPLETE;
}

/* The log that came, or that is in the dump: beside it, and why the kernel died. */
static void look_at_log(const struct reception *r, const struct store *store, const struct dump *d,
			struct panic_line *panic)
{
	char where[PATH_MAX];

	snprintf(where, sizeof(where), "%s/%s", store->name, r->folder);
	if (d->container == CONTAINER_DMESG)
		crashlog_read(&d->in, panic);
	else if (d->container != CONTAINER_UNKNOWN)
		crashlog_store(d, r->dir, where, panic);
}

/* An enum settled, once everything is on the disk under its name. */
static int settle(struct reception *r, const struct store *store)
{
	char reason[2 * sizeof(struct why)] = "";
	struct panic_line panic = { .used = 0 };
	struct dump d;
	struct outcome outcome = { .dump = &d, .reason = reason };
	const struct why unstored = r->why;
	int verdict = stream_end(&r->stream, &d, &r->why), err;

	if (verdict < 0) {
		say_error(verdict, "%s/%s: settling the dump", store->name, r->folder);
		refuse(&r->why, 0, "%s", strerror(-verdict));
		verdict = STREAM_INCOMPLETE;
	}
	if (unstored.text[0] ||
	    (r->cut && !r->stream.received)) { /* whatever its bytes look like */
		verdict = STREAM_INCOMPLETE;
		r->why = unstored;
	}
	outcome.file = final_name(r, d.container, &verdict);
	outcome.complete = verdict == STREAM_WHOLE;
	if (!outcome.complete)
		snprintf(reason, sizeof(reason), "%s%s%s", r->why.text,
			 r->why.text[0] && r->broken.text[0] ? "; " : "", r->broken.text);
	look_at_log(r, store, &d, &panic);
	outcome.panic_line = panic.line;
	err = output_commit(&r->out, outcome.file);
	if (!err)
		err = write_info(r, &outcome);
	if (!err && fsync(store->dir))
		err = say_error(-errno, "%s", store->name);
	dump_close(&d);
	return err ? SETTLED_NOT : verdict;
}

/* Nothing of the other connections stays open here: when their owner closes them, they close. */
static void drop_descriptors(int keep[3])
{
	int next = STDERR_FILENO + 1;

	for (int i = 0; i < 2; i++) /* three numbers in order */
		for (int k = 0; k < 2 - i; k++)
			if (keep[k] > keep[k + 1]) {
				int swap = keep[k];

				keep[k] = keep[k + 1];
				keep[k + 1] = swap;
			}
	for (int i = 0; i < 3; i++) {
		if (keep[i] > next)
			(void)close_range((unsigned int)next, (unsigned int)keep[i] - 1, 0);
		next = keep[i] + 1;
	}
	(void)close_range((unsigned int)next, ~0U, 0);
}

pid_t settle_start(struct reception *r, const struct store *store)
{
	int keep[3] = { r->dir, r->out.fd, store->dir };
	sigset_t stop_signals;
	pid_t pid;

	fflush(stdout);
	if (r->out.fd >= 0)
		(void)stream_flush(&r->stream); /* should the process die, nothing that came is
						   lost; it says what failed */
	pid = fork();
	if (pid < 0)
		return say_error(-errno, "%s/%s: no process to check it", store->name, r->folder);
	if (pid)
		return pid;
	sigemptyset(&stop_signals); /* who stops the receiver still wants what has come */
	sigaddset(&stop_signals, SIGINT);
	sigaddset(&stop_signals, SIGTERM);
	sigprocmask(SIG_SETMASK, &stop_signals, NULL);
	drop_descriptors(keep);
	_exit(settle(r, store));
}

void settle_unseen(struct reception *r, const struct store *store, const char *why)
{
	static const char name[] = "vmcore-incomplete";
	static const struct dump nothing; /* CONTAINER_UNKNOWN */
	struct outcome outcome = { .dump = &nothing, .file = name, .reason = why };

	/* the child may have come as far as naming it */
	if (renameat(r->dir, PART_NAME, r->dir, name) && errno != ENOENT)
		say_error(-errno, "%s/%s", store->name, r->folder);
	(void)unlinkat(r->dir, "info.part", 0);
	(void)unlinkat(r->dir, CRASHLOG_TEMP, 0);
	(void)write_info(r, &outcome);
}
