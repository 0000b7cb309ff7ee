// SPDX-License-Identifier: GPL-2.0-or-later
// afterimagectl receive: takes the streams of any number of machines at once.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "progress.h"
#include "reception.h"

#define EVENTS           64
#define OWN_DESCRIPTORS  16u /* standard streams, listener, ... and the info.json in the making */
#define DUMP_DESCRIPTORS 3u  /* socket, folder, file */

static const char help[] =
    "usage: afterimagectl receive [--listen ADDR:PORT] -o DIR [--once]\n"
    "\n"
    "Listens for capture kernels (dump.to=tcp://HOST:PORT). Each connection is one dump in a\n"
    "folder DIR/ADDRESS-YYYYMMDDTHHMMSSZ[-N]: vmcore if it is complete by its structure,\n"
    "vmcore-incomplete if not, unknown if it is no dump; and info.json. A flattened stream\n"
    "is stored rearranged. The folder's name is printed when its dump has ended.\n"
    "\n"
    "  --listen ADDR:PORT  default [::]:" LISTENER_PORT ", which takes IPv4 too\n"
    "  -o DIR              where to; made if it is not there\n"
    "  --once              one dump, then exit with its status (0: complete)\n";

struct receiver {
	struct store store;
	int epoll, listener, signals;
	unsigned int count, limit; /* connections: now, and as many as descriptors allow */
	bool paused;               /* no more for now: the listener waits for one to end */
	bool once;
	struct reception *only; /* with once: the dump */
	struct reception *list;
	bool cut; /* stopped in the middle of a dump */
	bool done;
	int status;
};

static int watch(struct receiver *rc, int fd, void *what)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = what };

	return epoll_ctl(rc->epoll, EPOLL_CTL_ADD, fd, &ev) ? -errno : 0;
}

static void listen_again(struct receiver *rc)
{
	if (rc->paused && !watch(rc, rc->listener, &rc->listener))
		rc->paused = false;
}

static void listen_pause(struct receiver *rc, const char *why)
{
	say("%u connections, no more for now: %s", rc->count, why);
	epoll_ctl(rc->epoll, EPOLL_CTL_DEL, rc->listener, NULL);
	rc->paused = true;
}

static void add_reception(struct receiver *rc, int socket, const struct sockaddr_storage *peer)
{
	struct reception *r = reception_new(socket, peer);

	if (!r)
		return;
	r->next = rc->list;
	r->link = &rc->list;
	if (r->next)
		r->next->link = &r->next;
	rc->list = r;
	rc->count++;
	if (watch(rc, socket, r))
		say("a connection that cannot be watched"); /* ends with the program */
}

static void end_reception(struct receiver *rc, struct reception *r)
{
	bool counts = r->begun;
	int status;

	*r->link = r->next;
	if (r->next)
		r->next->link = r->link;
	rc->count--;
	if (!rc->list)
		progress_end();
	status = reception_end(r, &rc->store);
	if (counts && rc->once) {
		rc->status = status;
		rc->done = true;
	}
	listen_again(rc);
}

static void accept_all(struct receiver *rc)
{
	while (!rc->only && rc->count < rc->limit) {
		struct sockaddr_storage peer = { 0 };
		socklen_t len = sizeof(peer);
		int fd = accept4(rc->listener, (struct sockaddr *)&peer, &len,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			add_reception(rc, fd, &peer);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
			listen_pause(rc, strerror(errno));
		if (errno != ECONNABORTED && errno != EINTR)
			return;
	}
	if (rc->count >= rc->limit)
		listen_pause(rc, "the limit of open files");
}

static void read_reception(struct receiver *rc, struct reception *r)
{
	bool had_begun = r->begun, more;

	if (rc->only && rc->only != r)
		return;
	more = reception_read(r, &rc->store);
	if (!had_begun && r->begun) {
		if (rc->once)
			rc->only = r;
		progress_begin("receiving", 0);
	}
	if (!more)
		end_reception(rc, r);
}

static void stop(struct receiver *rc)
{
	struct signalfd_siginfo taken;
	sigset_t none;

	if (read(rc->signals, &taken, sizeof(taken)) != sizeof(taken))
		return;
	sigemptyset(&none); /* a second signal ends us at once */
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (struct reception *r = rc->list; r; r = r->next) {
		rc->cut |= r->begun;
		refuse(&r->broken, 0, "the receiver was stopped");
	}
	rc->done = true;
	if (rc->once || rc->cut)
		rc->status = CTL_FAILED;
}

/* With --once nothing else is wanted as soon as the dump has begun. */
static void drop_others(struct receiver *rc)
{
	struct reception *r, *next;

	if (!rc->only || rc->listener < 0)
		return;
	close(rc->listener);
	rc->listener = -1;
	for (r = rc->list; r; r = next) {
		next = r->next;
		if (r != rc->only)
			end_reception(rc, r);
	}
}

static void show_progress(struct receiver *rc)
{
	static char title[64];
	u64 bytes = 0, expected = 0;
	unsigned int n = 0;

	if (!progress_due())
		return;
	for (struct reception *r = rc->list; r; r = r->next) {
		if (!r->begun)
			continue;
		n++;
		bytes += r->stream.received;
		expected = stream_expected(&r->stream);
		snprintf(title, sizeof(title), "%s", r->address);
	}
	if (n > 1)
		snprintf(title, sizeof(title), "%u dumps", n);
	progress_retitle(title, n == 1 ? expected : 0);
	progress_at(bytes);
}

static int serve(struct receiver *rc)
{
	struct epoll_event ev[EVENTS];

	while (!rc->done) {
		int n = epoll_wait(rc->epoll, ev, EVENTS, -1);

		if (n < 0 && errno != EINTR)
			return say_error(-errno, "waiting for connections");
		for (int i = 0; i < n && !rc->done; i++) {
			if (ev[i].data.ptr == &rc->signals)
				stop(rc);
			else if (ev[i].data.ptr == &rc->listener)
				accept_all(rc);
			else
				read_reception(rc, ev[i].data.ptr);
		}
		if (!rc->done)
			drop_others(rc);
		show_progress(rc);
	}
	while (rc->list)
		end_reception(rc, rc->list);
	return 0;
}

static int open_events(struct receiver *rc)
{
	struct rlimit files = { .rlim_cur = 0 };
	sigset_t stop_signals;
	u64 spare;
	int err;

	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &files); /* else with fewer connections */
	getrlimit(RLIMIT_NOFILE, &files);
	spare = files.rlim_cur > OWN_DESCRIPTORS ? files.rlim_cur - OWN_DESCRIPTORS : 0;
	rc->limit = (unsigned int)MIN(MAX(spare / DUMP_DESCRIPTORS, (u64)1), (u64)1 << 20);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&stop_signals);
	sigaddset(&stop_signals, SIGINT);
	sigaddset(&stop_signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &stop_signals, NULL);
	rc->signals = signalfd(-1, &stop_signals, SFD_CLOEXEC);
	rc->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (rc->signals < 0 || rc->epoll < 0)
		return say_error(-errno, "receiving");
	err = watch(rc, rc->signals, &rc->signals);
	if (!err)
		err = watch(rc, rc->listener, &rc->listener);
	return err ? say_error(err, "receiving") : 0;
}

static int receive(struct receiver *rc, const char *listen)
{
	rc->store.dir = folder_open(rc->store.name);
	if (rc->store.dir < 0)
		return CTL_FAILED;
	rc->listener = listener_open(listen);
	if (rc->listener == -EINVAL)
		return CTL_USAGE;
	if (rc->listener < 0 || open_events(rc) || serve(rc))
		return CTL_FAILED;
	return rc->status;
}

static int run(int argc, char **argv)
{
	static const struct option options[] = { { "listen", required_argument, NULL, 'l' },
						 { "output", required_argument, NULL, 'o' },
						 { "once", no_argument, NULL, '1' },
						 COMMON_OPTIONS };
	static struct receiver rc;
	const char *listen = NULL;
	int c;

	while ((c = getopt_long(argc, argv, "ho:", options, NULL)) >= 0) {
		switch (c) {
		case 'l':
			listen = optarg;
			break;
		case 'o':
			rc.store.name = optarg;
			break;
		case '1':
			rc.once = true;
			break;
		default:
			return command_option(&cmd_receive, c);
		}
	}
	if (optind != argc)
		return command_misuse(&cmd_receive, "no further arguments");
	if (!rc.store.name)
		return command_misuse(&cmd_receive, "-o DIR is missing");
	return receive(&rc, listen);
}

const struct command cmd_receive = {
	.name = "receive",
	.summary = "receive dumps over the network",
	.help = help,
	.run = run,
};
