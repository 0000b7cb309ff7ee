/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The other end: the host's TCP with a receiver that checks what it gets, a DHCP server, a router. */
#ifndef AFTERIMAGE_TEST_PEER_H
#define AFTERIMAGE_TEST_PEER_H

#include <pthread.h>
#include <stdbool.h>

#include "base.h"

#define PEER_PORT 7117

enum peer_end { PEER_EOF, PEER_RESET, PEER_ERROR };

/* A receiver of one connection. Set the wishes, peer_start(), later peer_join() and look. */
struct peer {
	const char *address;   /* to listen on */
	unsigned int start_ms; /* begins to listen only then */
	int rcvbuf;            /* 0: the kernel's choice */
	u64 slow_until;        /* for so many bytes: 16 KiB a millisecond, with pauses */
	u64 stop_reading_at;   /* reads no more, but keeps the connection */
	u64 reset_at;          /* resets the connection after so many bytes */
	bool reset_at_end;     /* after EOF */
	bool half_close;       /* says at once that it will send nothing */
	bool stay;             /* never closes its side */

	u64 received;
	u64 wrong;             /* receives with other bytes than ram's */
	enum peer_end end;
	int listener, conn;
	pthread_t thread;
	volatile bool quit;
};

void peer_start(struct peer *p);
void peer_join(struct peer *p);

/* One DHCP server on tap0 handing out 10.9.0.77/24 via 10.9.0.1, one router advertising fd09:5::/64;
 * each until *quit. */
void dhcp_start_server(pthread_t *t, volatile bool *quit);
void router_start(pthread_t *t, volatile bool *quit);

#endif
