// SPDX-License-Identifier: GPL-2.0-or-later
// One connection, from its first byte to its last.
#include "receive/reception.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "progress.h"
#include "receive/settle.h"

#define BUFFER_BYTES (1 * MIB)
#define TURN_BYTES   (8 * MIB) /* taken from one connection before the next one's turn */
#define MAX_FOLDERS  10000     /* of one address in one second */
#define RATE_KEPT    0.7       /* of the old rate when a new one is seen */
#define SHARE_S      2.0       /* reception_share() looks into the file so rarely */

/* A machine that vanished is given up after two minutes of silence and 20 unanswered questions; a
 * capture kernel that still computes answers them. */
#define KEEPALIVE_IDLE_S     120
#define KEEPALIVE_INTERVAL_S 15
#define KEEPALIVE_COUNT      20

static u8 buffer[BUFFER_BYTES]; /* nothing stays in it between two calls */

static void reset_on_close(int socket)
{
	struct linger reset = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(socket, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
}

struct reception *reception_new(int socket, const struct sockaddr_storage *peer,
				const struct limits *limits, int *err)
{
	struct reception *r = calloc(1, sizeof(*r));
	int one = 1, idle = KEEPALIVE_IDLE_S, interval = KEEPALIVE_INTERVAL_S,
	    count = KEEPALIVE_COUNT;

	*err = -ENOMEM;
	if (r) {
		r->socket = socket;
		r->dir = r->out.fd = -1;
		r->window = clock_seconds();
		r->share = -1;
		r->stage = ~0U; /* in none */
		r->port = address_print(peer, r->address);
		r->source = source_join(limits, r->address, err);
	}
	if (!r || !r->source) {
		reset_on_close(socket);
		close(socket);
		free(r);
		return NULL;
	}
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
	struct tm tm;
	int n = 1;

	gmtime_r(&r->started_time, &tm);
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
	int err;

	r->begun = true;
	r->started = r->rated = r->window = clock_seconds();
	r->started_time = time(NULL);
	err = make_folder(r, store);
	if (!err)
		err = output_create(&r->out, r->dir, PART_NAME);
	if (err)
		return refuse(&r->why, err, "no place to store it: %s", strerror(-err));
	stream_begin(&r->stream, &r->out);
	say("%s port %u: receiving into %s/%s", r->address, r->port, store->name, r->folder);
	return 0;
}

static int cut(struct reception *r, enum cut cut)
{
	r->cut = cut;
	return -EFBIG;
}

/* Do so many more bytes fit? */
static int check_room(struct reception *r, const struct store *store, const struct limits *l,
		      u64 more)
{
	struct room room;
	char size[32];

	if (l->size && r->stream.received + more > l->size) {
		print_size(size, l->size);
		refuse(&r->broken, 0, "the stream is larger than --max-size %s", size);
		return cut(r, CUT_SIZE);
	}
	if (!l->min_free || room_look(&room, store->dir, l) || room.free >= room.floor + more)
		return 0;
	refuse(&r->broken, 0, "the disk is full: --min-free %s", l->min_free);
	return cut(r, CUT_SPACE);
}

/* 0, or why nothing more can be taken (in r->why or r->broken). */
static int take(struct reception *r, const struct store *store, const struct limits *limits, u64 n)
{
	int err = r->begun ? 0 : begin(r, store);

	if (!err)
		err = check_room(r, store, limits, n);
	return err ? err : stream_feed(&r->stream, buffer, n, &r->why);
}

enum reading reception_read(struct reception *r, const struct store *store,
			    const struct limits *limits)
{
	u64 allowed = source_allow(r->source, limits, TURN_BYTES, clock_seconds());

	if (!allowed)
		return READ_HELD;
	while (allowed) {
		ssize_t n =
		    recv(r->socket, buffer, MIN(sizeof(buffer), allowed), MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return READ_MORE;
		if (n < 0)
			refuse(&r->broken, 0, "the connection broke: %s", strerror(errno));
		if (n <= 0 || take(r, store, limits, (u64)n))
			return READ_ENDED;
		source_charge(r->source, (u64)n);
		allowed -= (u64)n;
	}
	return READ_MORE;
}

bool reception_tick(struct reception *r, const struct limits *limits, double now)
{
	u64 received = r->stream.received;

	if (r->begun && now > r->rated) {
		double rate = (double)(received - r->rated_bytes) / (now - r->rated);

		r->rate = r->rate > 0 ? RATE_KEPT * r->rate + (1 - RATE_KEPT) * rate : rate;
		r->rated = now;
		r->rated_bytes = received;
	}
	if (received - r->window_bytes >= LIMIT_IDLE_BYTES) {
		r->window = now;
		r->window_bytes = received;
	}
	if (now - r->window < (double)limits->idle)
		return true;
	refuse(&r->broken, 0, "given up: less than 1 MiB in %llu s", limits->idle);
	r->cut = CUT_IDLE;
	return false;
}

double reception_share(struct reception *r)
{
	double now = clock_seconds();

	if (r->out.fd >= 0 && (!r->looked || now - r->looked > SHARE_S)) {
		r->share = stream_share(&r->stream);
		r->looked = now;
	}
	return r->share;
}

void reception_free(struct reception *r, bool whole)
{
	if (!whole)
		reset_on_close(r->socket);
	close(r->socket);
	if (r->dir >= 0)
		close(r->dir);
	if (r->out.fd >= 0) /* the file itself is the settler's */
		close(r->out.fd);
	source_leave(r->source);
	free(r);
}
