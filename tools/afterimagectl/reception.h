/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One connection to receive: one dump in a folder of its own. */
#ifndef AFTERIMAGECTL_RECEPTION_H
#define AFTERIMAGECTL_RECEPTION_H

#include "listener.h"
#include "stream.h"

/* The folder that all dumps go to. */
struct store {
	int dir;
	const char *name;
};

struct reception {
	struct reception *next, **link; /* in the list of whoever holds them */
	int socket;
	u16 port;
	char address[INET6_ADDRSTRLEN];
	bool begun; /* a byte has come: there is a folder */
	int dir;
	char folder[INET6_ADDRSTRLEN + 32];
	struct output out;
	struct stream stream;
	double started, ended; /* the first byte and the last */
	struct why why;        /* why it cannot be whole */
	struct why broken;     /* how the connection ended, if not by FIN */
};

/* Takes the socket over, also when it fails (NULL, told). */
struct reception *reception_new(int socket, const struct sockaddr_storage *peer);

/* Take what has come, some MiB at most. True: more is to come. */
bool reception_read(struct reception *r, const struct store *store);

/* Settle, judge and name what came, tell it, close the connection (so that the sender learns the
 * verdict: FIN if it was stored, RST if not) and free r. Returns the exit status of this dump. A
 * connection without a byte leaves nothing behind and is CTL_DONE. */
int reception_end(struct reception *r, const struct store *store);

#endif
