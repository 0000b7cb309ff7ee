// SPDX-License-Identifier: GPL-2.0-or-later
// Opens listening sockets.
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ctl.h"
#include "receive/listener.h"

#define BACKLOG 4096 /* as net.core.somaxconn */

/* "[ADDR]:PORT" or "ADDR:PORT" into its parts. */
static int split_address(const char *option, const char *text, char *host, size_t host_size, const char **port)
{
	const char *colon = strrchr(text, ':');
	const char *begin = text, *end = colon;

	if (!colon || !colon[1])
		return say_fail(-EINVAL, "%s %s: ADDR:PORT is meant", option, text);
	if (*begin == '[') {
		begin++;
		end--;
	}
	if (end < begin || (begin > text && *end != ']') ||
	    (begin == text && memchr(begin, ':', (size_t)(end - begin))))
		return say_fail(-EINVAL, "%s %s: an IPv6 address stands in brackets",
				option, text);
	if ((size_t)(end - begin) >= host_size)
		return say_fail(-EINVAL, "%s %s: too long", option, text);
	memcpy(host, begin, (size_t)(end - begin));
	host[end - begin] = '\0';
	*port = colon + 1;
	return 0;
}

static int open_socket(const struct addrinfo *a)
{
	int one = 1, zero = 0;
	int fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (a->ai_family == AF_INET6) /* IPv4 too, whatever the system's default */
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof(zero));
	if (bind(fd, a->ai_addr, a->ai_addrlen) || listen(fd, BACKLOG)) {
		int err = -errno;

		close(fd);
		return err;
	}
	return fd;
}

/* The first of the host's addresses on which that works. Only the text's own faults are told. */
static int try_host(const char *option, const char *host, const char *port)
{
	struct addrinfo hints = { .ai_flags = AI_PASSIVE, .ai_socktype = SOCK_STREAM };
	struct addrinfo *list, *a;
	int rc = getaddrinfo(host, port, &hints, &list), fd = -EADDRNOTAVAIL;

	if (rc)
		return say_fail(-EINVAL, "%s %s, port %s: %s", option, host, port,
				gai_strerror(rc));
	for (a = list; a && fd < 0; a = a->ai_next)
		fd = open_socket(a);
	freeaddrinfo(list);
	return fd;
}

static void tell_address(int fd, const char *what)
{
	struct sockaddr_storage sa = { 0 };
	socklen_t len = sizeof(sa);
	char text[INET6_ADDRSTRLEN];
	u16 port;

	if (getsockname(fd, (struct sockaddr *)&sa, &len))
		return;
	port = address_print(&sa, text);
	say(strchr(text, ':') ? "%s[%s]:%u" : "%s%s:%u", what, text, port);
}

int listener_open(const char *option, const char *text, const char *what)
{
	const char *port = LISTENER_PORT;
	char host[256] = "";
	int fd;

	if (text && split_address(option, text, host, sizeof(host), &port))
		return -EINVAL;
	fd = try_host(option, *host ? host : "::", port);
	if (!*host && (fd == -EAFNOSUPPORT || fd == -EADDRNOTAVAIL)) /* a system without IPv6 */
		fd = try_host(option, "0.0.0.0", port);
	if (fd >= 0)
		tell_address(fd, what);
	else if (fd != -EINVAL)
		say_error(fd, "listening on %s, port %s", *host ? host : "any address", port);
	return fd;
}

u16 address_print(const struct sockaddr_storage *sa, char out[INET6_ADDRSTRLEN])
{
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)sa;
	const struct sockaddr_in *four = (const struct sockaddr_in *)sa;

	out[0] = '\0';
	if (sa->ss_family == AF_INET) {
		inet_ntop(AF_INET, &four->sin_addr, out, INET6_ADDRSTRLEN);
		return ntohs(four->sin_port);
	}
	if (IN6_IS_ADDR_V4MAPPED(&six->sin6_addr))
		inet_ntop(AF_INET, six->sin6_addr.s6_addr + 12, out, INET6_ADDRSTRLEN);
	else
		inet_ntop(AF_INET6, &six->sin6_addr, out, INET6_ADDRSTRLEN);
	return ntohs(six->sin6_port);
}
