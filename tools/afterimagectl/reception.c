// SPDX-License-Identifier: GPL-2.0-or-later
// One connection, from its first byte to the folder with vmcore and info.json.
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "crashlog.h"
#include "json.h"
#include "progress.h"
#include "reception.h"

#define BUFFER_BYTES (1 * MIB)
#define TURN_BYTES   (8 * MIB) /* taken from one connection before the next one's turn */
#define MAX_FOLDERS  10000     /* of one address in one second */

/* A machine that vanished is given up after two minutes of silence and 20 unanswered questions; a
 * capture kernel that still computes answers them. */
#define KEEPALIVE_IDLE_S     120
#define KEEPALIVE_INTERVAL_S 15
#define KEEPALIVE_COUNT      20

#define TEMP_NAME "vmcore.part"

static u8 buffer[BUFFER_BYTES]; /* nothing stays in it between two calls */

struct reception *reception_new(int socket, const struct sockaddr_storage *peer)
{
	struct reception *r = calloc(1, sizeof(*r));
	int one = 1, idle = KEEPALIVE_IDLE_S, interval = KEEPALIVE_INTERVAL_S,
	    count = KEEPALIVE_COUNT;

	if (!r) {
		say_error(-ENOMEM, "a new connection");
		close(socket);
		return NULL;
	}
	r->socket = socket;
	r->dir = r->out.fd = -1;
	r->port = address_print(peer, r->address);
	setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
	setsockopt(socket, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
	setsockopt(socket, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof(interval));
	setsockopt(socket, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count));
	return r;
}

/* ADDRESS-YYYYMMDDTHHMMSSZ[-N], made by us and nobody else. */
static int make_folder(struct reception *r, const struct store *store)
{
	char when[24], base[sizeof(r->folder) - 8];
	time_t now = time(NULL);
	struct tm tm;
	int n = 1;

	gmtime_r(&now, &tm);
	strftime(when, sizeof(when), "%Y%m%dT%H%M%SZ", &tm);
	snprintf(base, sizeof(base), "%s-%s", r->address, when);
	for (char *c = base; *c; c++)
		if (*c == ':')
			*c = '-';
	snprintf(r->folder, sizeof(r->folder), "%s", base);
	while (mkdirat(store->dir, r->folder, 0777)) {
		if (errno != EEXIST || ++n > MAX_FOLDERS)
			return say_error(-errno, "%s/%s", store->name, r->folder);
		snprintf(r->folder, sizeof(r->folder), "%s-%d", base, n);
	}
	r->dir = openat(store->dir, r->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return r->dir < 0 ? say_error(-errno, "%s/%s", store->name, r->folder) : 0;
}

static int begin(struct reception *r, const struct store *store)
{
	int err = make_folder(r, store);

	if (!err)
		err = output_create(&r->out, r->dir, TEMP_NAME);
	if (err)
		return refuse(&r->why, err, "no place to store it: %s", strerror(-err));
	stream_begin(&r->stream, &r->out);
	r->started = clock_seconds();
	say("%s port %u: receiving into %s/%s", r->address, r->port, store->name, r->folder);
	return 0;
}

bool reception_read(struct reception *r, const struct store *store)
{
	u64 taken = 0;

	while (taken < TURN_BYTES) {
		ssize_t n = recv(r->socket, buffer, sizeof(buffer), MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return true;
		if (n < 0)
			refuse(&r->broken, 0, "the connection broke: %s", strerror(errno));
		if (n <= 0)
			return false;
		if (!r->begun) {
			r->begun = true;
			if (begin(r, store))
				return false;
		}
		if (stream_feed(&r->stream, buffer, (u64)n, &r->why))
			return false;
		taken += (u64)n;
	}
	return true;
}

static void print_info(FILE *f, const struct reception *r, const struct dump *d, int verdict,
		       const char *reason, const char *panic_line)
{
	char when[32] = "";
	struct json j;

	if (d->crash_time)
		print_time(when, d->crash_time);
	json_begin(&j, f);
	json_text(&j, "nodename", d->nodename);
	json_text(&j, "release", d->release);
	json_text(&j, "crash_time", when);
	if (d->crash_time)
		json_number(&j, "crash_time_epoch", d->crash_time);
	else
		json_null(&j, "crash_time_epoch");
	json_text(&j, "panic_line", panic_line);
	json_text(&j, "container", container_name(d->container));
	json_bool(&j, "flattened", r->stream.flattened);
	json_number(&j, "bytes", r->stream.received);
	json_number(&j, "stored_bytes", r->stream.size);
	json_seconds(&j, "seconds", r->ended - r->started);
	json_text(&j, "peer", r->address);
	json_text(&j, "reason", reason);
	json_bool(&j, "complete", verdict == STREAM_WHOLE);
	json_end(&j);
}

static int write_info(const struct reception *r, const struct dump *d, int verdict,
		      const char *reason, const char *panic_line)
{
	struct output o;
	FILE *f;
	int fd, err = output_create(&o, r->dir, "info.part");

	if (err)
		return err;
	fd = dup(o.fd);
	f = fd < 0 ? NULL : fdopen(fd, "w");
	if (!f) {
		err = say_error(-errno, "info.json");
		close(fd);
	} else {
		print_info(f, r, d, verdict, reason, panic_line);
		if (fclose(f))
			err = say_error(-errno, "info.json");
	}
	if (!err)
		err = output_commit(&o, "info.json");
	output_discard(&o);
	return err;
}

static void tell_end(const struct reception *r, const struct store *store, const char *name,
		     int verdict, const char *reason)
{
	double seconds = r->ended - r->started;
	char size[32], rate[32];

	print_size(size, r->stream.received);
	print_size(rate, seconds > 0 ? (u64)((double)r->stream.received / seconds) : 0);
	say("%s/%s/%s: %s: %s in %.1f s (%s/s)%s%s", store->name, r->folder, name,
	    verdict == STREAM_WHOLE        ? "complete"
	    : verdict == STREAM_INCOMPLETE ? "INCOMPLETE"
					   : "no known container",
	    size, seconds, rate, *reason ? ": " : "", reason);
	printf("%s/%s\n", store->name, r->folder);
	fflush(stdout);
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

/* The verdict, once everything is on the disk under its name. */
static int settle(struct reception *r, const struct store *store)
{
	char reason[2 * sizeof(struct why)] = "";
	struct panic_line panic = { .used = 0 };
	struct dump d;
	int verdict = stream_end(&r->stream, &d, &r->why), err;
	const char *name;

	if (verdict < 0) {
		say_error(verdict, "%s/%s: settling the dump", store->name, r->folder);
		refuse(&r->why, 0, "%s", strerror(-verdict));
		verdict = STREAM_INCOMPLETE;
	}
	name = final_name(r, d.container, &verdict);
	if (verdict != STREAM_WHOLE)
		snprintf(reason, sizeof(reason), "%s%s%s", r->why.text,
			 r->why.text[0] && r->broken.text[0] ? "; " : "", r->broken.text);
	look_at_log(r, store, &d, &panic);
	err = output_commit(&r->out, name);
	if (!err)
		err = write_info(r, &d, verdict, reason, panic.line);
	if (!err && fsync(store->dir))
		err = say_error(-errno, "%s", store->name);
	dump_close(&d);
	tell_end(r, store, err ? TEMP_NAME : name, err ? STREAM_INCOMPLETE : verdict, reason);
	return err ? err : verdict;
}

int reception_end(struct reception *r, const struct store *store)
{
	struct linger reset = { .l_onoff = 1, .l_linger = 0 };
	int verdict = STREAM_WHOLE;

	if (r->begun) {
		r->ended = clock_seconds();
		verdict = r->out.fd < 0 ? -EIO : settle(r, store);
	}
	if (verdict < 0 || verdict == STREAM_INCOMPLETE)
		setsockopt(r->socket, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	close(r->socket);
	if (r->dir >= 0)
		close(r->dir);
	output_discard(&r->out);
	free(r);
	return verdict == STREAM_WHOLE ? CTL_DONE : CTL_FAILED;
}
