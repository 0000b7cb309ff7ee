/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One connection to receive: one dump in a folder of its own. */
#ifndef AFTERIMAGECTL_RECEPTION_H
#define AFTERIMAGECTL_RECEPTION_H

#include <sys/queue.h>
#include <time.h>

#include "receive/catalog.h"
#include "receive/limits.h"
#include "receive/listener.h"
#include "vmcore/stream.h"

/* Why a stream was ended before its sender did. */
enum cut { CUT_NOT, CUT_IDLE, CUT_SIZE, CUT_SPACE, CUT_STOPPED, CUTS };

struct reception {
	TAILQ_ENTRY(reception) link; /* in the stage that it is in (receiver.h) */
	unsigned int stage;
	int socket;
	u16 port;
	char address[INET6_ADDRSTRLEN];
	struct source *source;
	bool begun; /* a byte has come: there is a folder */
	bool held;  /* its source may send no more for a moment: not watched */
	enum cut cut;
	int dir;
	char folder[INET6_ADDRSTRLEN + 32];
	struct output out;
	struct stream stream;
	double started, ended; /* the first byte and the last */
	time_t started_time;
	double window; /* since when it has brought less than LIMIT_IDLE_BYTES beyond window_bytes */
	u64 window_bytes;
	double rate, rated; /* bytes a second, smoothed, and when that was computed */
	u64 rated_bytes;
	double looked;    /* when reception_share() looked into the file */
	double share;     /* what it found */
	pid_t settler;    /* the process that settles it */
	struct why why;   /* why it cannot be whole */
	struct why broken; /* how the connection ended, if not by FIN; by us, too */
};

TAILQ_HEAD(reception_list, reception);

/* Takes the socket over, also when it fails: NULL, the connection is reset. *err: -EMFILE where its
 * source has too many. */
struct reception *reception_new(int socket, const struct sockaddr_storage *peer,
				const struct limits *limits, int *err);

/* Take what has come, some MiB at most. */
enum reading {
	READ_MORE, /* is to come */
	READ_HELD, /* its source has to wait */
	READ_ENDED
};
enum reading reception_read(struct reception *r, const struct store *store,
			    const struct limits *limits);

/* About once a second: the rate. False: it has been idle too long (told in r->broken). */
bool reception_tick(struct reception *r, const struct limits *limits, double now);

/* How much of it has come, 0 to 1, where the container tells; else negative. */
double reception_share(struct reception *r);

/* Close the connection, so that the sender learns the verdict: FIN if all is stored, else RST; and
 * free r. */
void reception_free(struct reception *r, bool whole);

#endif
