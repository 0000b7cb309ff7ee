// SPDX-License-Identifier: GPL-2.0-or-later
// Accepts, reads, limits and ends connections: one loop, no waiting for any of them.
#include "receive/receiver.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "receive/ending.h"
#include "receive/http.h"
#include "progress.h"

#define EVENTS           64
#define OWN_DESCRIPTORS  16u /* standard streams, listener, ... and what is opened for a moment */
#define DUMP_DESCRIPTORS 3u  /* socket, folder, file */
#define SETTLERS_MIN     2
#define SETTLERS_MAX     16

#define TICK_S    1.0
#define PRUNE_S   60.0
#define SILENT_S  5.0  /* before that a silent connection is not dropped to make room */
#define TELL_S    60.0 /* that connections have to wait: so rarely */
#define HELD_MS   100 /* streams that were held are looked at again */
#define BUSY_MS   1000
#define IDLE_MS   60000

static int watch(struct receiver *rc, int fd, void *what)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = what };

	return epoll_ctl(rc->epoll, EPOLL_CTL_ADD, fd, &ev) ? -errno : 0;
}

static void unwatch(struct receiver *rc, int fd)
{
	epoll_ctl(rc->epoll, EPOLL_CTL_DEL, fd, NULL);
}

static u64 connections(const struct receiver *rc)
{
	u64 n = 0;

	for (unsigned int i = 0; i < STAGES; i++)
		n += rc->stage[i].count;
	return n;
}

static void listen_pause(struct receiver *rc, const char *why)
{
	double now = clock_seconds();

	if (!rc->told || now - rc->told > TELL_S) {
		say("%llu connections, more have to wait: %s", connections(rc), why);
		rc->told = now;
	}
	unwatch(rc, rc->listener);
	rc->paused = true;
}

static void listen_again(struct receiver *rc)
{
	if (rc->paused && rc->listener >= 0 && !watch(rc, rc->listener, &rc->listener))
		rc->paused = false;
}

static void hold(struct receiver *rc, struct reception *r, bool held)
{
	if (r->held == held)
		return;
	if (held)
		unwatch(rc, r->socket);
	else if (watch(rc, r->socket, r))
		return; /* the next time */
	r->held = held;
	rc->held += held ? 1 : (u64)-1;
}

/* No more is read from it. */
static void end_reception(struct receiver *rc, struct reception *r)
{
	if (r->held)
		rc->held--;
	else /* before the file descriptor is closed: a child may still hold it */
		unwatch(rc, r->socket);
	r->held = false;
	ending_begin(rc, r);
	if (!rc->stage[STAGE_STREAMING].count)
		progress_end();
	listen_again(rc);
}

static void end_all(struct receiver *rc, unsigned int stage, const struct reception *but)
{
	struct reception *r, *next;

	for (r = TAILQ_FIRST(&rc->stage[stage].list); r; r = next) {
		next = TAILQ_NEXT(r, link);
		if (r != but)
			end_reception(rc, r);
	}
}

static void add_reception(struct receiver *rc, int socket, const struct sockaddr_storage *peer)
{
	int err;
	struct reception *r = reception_new(socket, peer, &rc->limits, &err);

	if (!r) {
		rc->refused++;
		if (err != -EMFILE) /* that would be told by whoever wants to fill the journal */
			say_error(err, "a new connection");
		return;
	}
	stage_enter(rc, r, STAGE_SILENT);
	if (watch(rc, socket, r))
		end_reception(rc, r);
}

/* Whoever opens many connections and says nothing does not keep others out. */
static bool has_room(const struct receiver *rc)
{
	const struct reception *oldest = TAILQ_FIRST(&rc->stage[STAGE_SILENT].list);

	if (connections(rc) < rc->connections_max)
		return true;
	return oldest && clock_seconds() - oldest->window > SILENT_S;
}

static void accept_all(struct receiver *rc)
{
	while (!rc->only && has_room(rc)) {
		struct sockaddr_storage peer = { 0 };
		socklen_t len = sizeof(peer);
		int fd = accept4(rc->listener, (struct sockaddr *)&peer, &len,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			add_reception(rc, fd, &peer);
			if (connections(rc) > rc->connections_max) {
				rc->dropped++;
				end_reception(rc, TAILQ_FIRST(&rc->stage[STAGE_SILENT].list));
			}
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
			listen_pause(rc, strerror(errno));
		if (errno != ECONNABORTED && errno != EINTR)
			return;
	}
	if (!rc->only && !rc->paused)
		listen_pause(rc, rc->connections_max == rc->limits.streams
				     ? "--max-streams"
				     : "the limit of open files");
}

static void read_reception(struct receiver *rc, struct reception *r)
{
	bool had_begun = r->begun;
	enum reading reading;

	if (rc->only && rc->only != r)
		return;
	reading = reception_read(r, &rc->store, &rc->limits);
	if (!had_begun && r->begun) {
		stage_enter(rc, r, STAGE_STREAMING);
		if (rc->once)
			rc->only = r;
		progress_begin("receiving", 0);
	}
	if (reading == READ_ENDED)
		end_reception(rc, r);
	else
		hold(rc, r, reading == READ_HELD);
}

/* With --once nothing else is wanted as soon as the dump has begun. */
static void drop_others(struct receiver *rc)
{
	if (!rc->only || rc->listener < 0)
		return;
	close(rc->listener);
	rc->listener = -1;
	end_all(rc, STAGE_SILENT, NULL);
	end_all(rc, STAGE_STREAMING, rc->only);
}

static void stop(struct receiver *rc)
{
	struct reception *r;
	sigset_t stop_signals;

	sigemptyset(&stop_signals); /* a second signal ends us at once */
	sigaddset(&stop_signals, SIGINT);
	sigaddset(&stop_signals, SIGTERM);
	sigprocmask(SIG_UNBLOCK, &stop_signals, NULL);
	rc->stopping = true;
	if (rc->listener >= 0)
		close(rc->listener);
	rc->listener = -1;
	if (rc->stage[STAGE_STREAMING].count || (rc->once && !rc->only))
		rc->status = CTL_FAILED;
	TAILQ_FOREACH (r, &rc->stage[STAGE_STREAMING].list, link) {
		refuse(&r->broken, 0, "the receiver was stopped");
		r->cut = CUT_STOPPED;
	}
	end_all(rc, STAGE_SILENT, NULL);
	end_all(rc, STAGE_STREAMING, NULL);
}

static void take_signal(struct receiver *rc)
{
	struct signalfd_siginfo taken;

	if (read(rc->signals, &taken, sizeof(taken)) != sizeof(taken))
		return;
	if (taken.ssi_signo == SIGCHLD) {
		ending_reap(rc);
		listen_again(rc);
	} else if (!rc->stopping) {
		stop(rc);
	}
}

static void show_progress(struct receiver *rc)
{
	static char title[64];
	u64 bytes = 0, expected = 0, n = rc->stage[STAGE_STREAMING].count;
	struct reception *r;

	if (!n || !progress_due())
		return;
	TAILQ_FOREACH (r, &rc->stage[STAGE_STREAMING].list, link) {
		bytes += r->stream.received;
		if (n == 1)
			expected = stream_expected(&r->stream);
		snprintf(title, sizeof(title), "%s", r->address);
	}
	if (n > 1)
		snprintf(title, sizeof(title), "%llu dumps", n);
	progress_retitle(title, expected);
	progress_at(bytes);
}

/* What time brings: rates, deadlines, streams that may go on, the index. */
static void tick(struct receiver *rc)
{
	double now = clock_seconds();
	struct reception *r, *next;

	for (unsigned int i = STAGE_SILENT; i <= STAGE_STREAMING; i++) {
		if (!rc->held && now - rc->ticked < TICK_S)
			break;
		for (r = TAILQ_FIRST(&rc->stage[i].list); r; r = next) {
			next = TAILQ_NEXT(r, link);
			hold(rc, r, false);
			if (now - rc->ticked >= TICK_S && !reception_tick(r, &rc->limits, now))
				end_reception(rc, r);
		}
	}
	if (now - rc->ticked < TICK_S)
		return;
	rc->ticked = now;
	if (has_room(rc))
		listen_again(rc);
	if (rc->once)
		return;
	if (now - rc->pruned >= PRUNE_S) {
		catalog_prune(&rc->catalog, &rc->store);
		rc->pruned = now;
	}
	if (rc->catalog.changed)
		(void)catalog_write(&rc->catalog, &rc->store);
}

static int patience_ms(const struct receiver *rc)
{
	int ms = rc->held ? HELD_MS : connections(rc) || rc->catalog.changed ? BUSY_MS : IDLE_MS;
	int http = http_patience_ms(rc->http);

	return http >= 0 && http < ms ? http : ms;
}

static bool is_done(const struct receiver *rc)
{
	return rc->stopping && !connections(rc);
}

static int serve(struct receiver *rc)
{
	struct epoll_event ev[EVENTS];

	while (!is_done(rc)) {
		int n = epoll_wait(rc->epoll, ev, EVENTS, patience_ms(rc));
		bool more = false, signalled = false;

		if (n < 0 && errno != EINTR)
			return say_error(-errno, "waiting for connections");
		for (int i = 0; i < n; i++) { /* a connection ends no other one */
			if (ev[i].data.ptr == &rc->signals)
				signalled = true;
			else if (ev[i].data.ptr == &rc->listener)
				more = true;
			else if (ev[i].data.ptr != &rc->http)
				read_reception(rc, ev[i].data.ptr);
		}
		drop_others(rc);
		if (more && rc->listener >= 0)
			accept_all(rc);
		if (signalled)
			take_signal(rc);
		tick(rc);
		http_run(rc->http);
		show_progress(rc);
	}
	return 0;
}

static void choose_limits(struct receiver *rc)
{
	struct rlimit files = { .rlim_cur = 0 };
	u64 spare, own = OWN_DESCRIPTORS + (rc->http ? HTTP_DESCRIPTORS : 0);

	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &files); /* else with fewer connections */
	getrlimit(RLIMIT_NOFILE, &files);
	spare = files.rlim_cur > own ? files.rlim_cur - own : 0;
	rc->connections_max = MIN(MAX(spare / DUMP_DESCRIPTORS, (u64)1), (u64)1 << 20);
	if (rc->limits.streams)
		rc->connections_max = MIN(rc->connections_max, rc->limits.streams);
	rc->settlers_max =
	    (unsigned int)MIN(MAX(sysconf(_SC_NPROCESSORS_ONLN), SETTLERS_MIN), SETTLERS_MAX);
}

static int open_events(struct receiver *rc, int http)
{
	sigset_t signals;
	int err;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	rc->signals = signalfd(-1, &signals, SFD_CLOEXEC);
	rc->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (rc->signals < 0 || rc->epoll < 0)
		return say_error(-errno, "receiving");
	err = watch(rc, rc->signals, &rc->signals);
	if (!err)
		err = watch(rc, rc->listener, &rc->listener);
	if (!err && http >= 0) {
		rc->http = http_open(rc, http);
		err = rc->http ? watch(rc, http_descriptor(rc->http), &rc->http) : -EIO;
	}
	return err ? say_error(err, "receiving") : 0;
}

int receiver_run(struct receiver *rc, int listener, int http)
{
	/* several processes write there, each a line at a time */
	setvbuf(stderr, NULL, _IOLBF, BUFSIZ);
	for (unsigned int i = 0; i < STAGES; i++)
		TAILQ_INIT(&rc->stage[i].list);
	rc->listener = listener;
	rc->started = time(NULL);
	rc->ticked = rc->pruned = clock_seconds();
	if (catalog_read(&rc->catalog, &rc->store) || open_events(rc, http))
		return CTL_FAILED;
	choose_limits(rc);
	if (serve(rc))
		rc->status = CTL_FAILED;
	if (!rc->once && rc->catalog.changed)
		(void)catalog_write(&rc->catalog, &rc->store);
	http_close(rc->http);
	json_decref(rc->catalog.dumps);
	return rc->status;
}
