/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sockets that receive listens on, and addresses as text. */
#ifndef AFTERIMAGECTL_LISTENER_H
#define AFTERIMAGECTL_LISTENER_H

#include <arpa/inet.h>
#include <sys/socket.h>

#include "base.h"

#define LISTENER_PORT "7117"

/* Listen on "ADDR:PORT" (IPv6 in brackets, an empty ADDR is any), or where text is NULL on port
 * 7117 of every address, IPv6 and IPv4, and tell the address behind `what`. A non-blocking socket,
 * or a negative errno that was told; -EINVAL: the text, which came as `option`, is no address. */
int listener_open(const char *option, const char *text, const char *what);

/* An address without its port; IPv4 in IPv6 as IPv4. Returns the port. */
u16 address_print(const struct sockaddr_storage *sa, char out[INET6_ADDRSTRLEN]);

#endif
