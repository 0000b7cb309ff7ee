/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a receiver shows over HTTP: /, /dump/FOLDER and its log, /index.json, /metrics. Read-only.
 * The protocol is libmicrohttpd's, in the receiver's own loop. */
#ifndef AFTERIMAGECTL_HTTP_H
#define AFTERIMAGECTL_HTTP_H

#include "receive/receiver.h"

#define HTTP_CONNECTIONS 64u
#define HTTP_DESCRIPTORS (2 * HTTP_CONNECTIONS + 4) /* each may send a file */

/* Takes the listening socket over. NULL: told. */
struct MHD_Daemon *http_open(struct receiver *rc, int listener);
void http_close(struct MHD_Daemon *http); /* NULL is fine, here and below */

/* To be polled for reading; and how long at most, or -1. Then http_run(). */
int http_descriptor(struct MHD_Daemon *http);
int http_patience_ms(struct MHD_Daemon *http);
void http_run(struct MHD_Daemon *http);

#endif
