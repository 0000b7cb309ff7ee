/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The other end: the host's TCP with a receiver that checks what it gets, a DHCP server, a router. */
#include "peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bytes.h"
#include "tap.h"

static void must(bool ok, const char *what)
{
	if (!ok) {
		perror(what);
		abort();
	}
}

static int listen_on(const char *address, int rcvbuf)
{
	bool v6 = strchr(address, ':');
	struct sockaddr_in6 a6 = { .sin6_family = AF_INET6, .sin6_port = htons(PEER_PORT) };
	struct sockaddr_in a4 = { .sin_family = AF_INET, .sin_port = htons(PEER_PORT) };
	int s = socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	must(s >= 0, "socket");
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (rcvbuf)
		setsockopt(s, SOL_SOCKET, SO_RCVBUF, &rcvbuf, sizeof(rcvbuf));
	inet_pton(v6 ? AF_INET6 : AF_INET, address, v6 ? (void *)&a6.sin6_addr : (void *)&a4.sin_addr);
	must(!bind(s, v6 ? (void *)&a6 : (void *)&a4, v6 ? sizeof(a6) : sizeof(a4)), "bind");
	must(!listen(s, 4), "listen");
	return s;
}

static void hang_up(int fd, bool reset)
{
	struct linger l = { .l_onoff = 1 };

	if (reset)
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
	close(fd);
}

static bool wait_readable(int fd, volatile bool *quit)
{
	struct pollfd f = { .fd = fd, .events = POLLIN };

	while (!*quit)
		if (poll(&f, 1, 20) > 0)
			return true;
	return false;
}

static void take(struct peer *p)
{
	static u8 buf[1 << 20];
	size_t want = p->received < p->slow_until ? 16384 : sizeof(buf);
	ssize_t n = recv(p->conn, buf, want, 0);

	if (n <= 0) {
		p->end = n == 0 ? PEER_EOF : errno == ECONNRESET ? PEER_RESET : PEER_ERROR;
		hang_up(p->conn, p->reset_at_end);
		p->conn = -1;
		return;
	}
	p->wrong += !ram_equal(buf, p->received, (u64)n);
	p->received += (u64)n;
	if (p->received < p->slow_until)
		usleep(p->received / 16384 % 64 ? 1000 : 300000);
	if (p->reset_at && p->received >= p->reset_at) {
		hang_up(p->conn, true);
		p->conn = -1;
		p->end = PEER_ERROR;
	}
}

static void *peer_run(void *arg)
{
	struct peer *p = arg;
	bool stuck;

	if (p->start_ms) {
		usleep(p->start_ms * 1000);
		p->listener = listen_on(p->address, p->rcvbuf);
	}
	p->conn = -1;
	if (wait_readable(p->listener, &p->quit))
		p->conn = accept(p->listener, NULL, NULL);
	if (p->half_close)
		shutdown(p->conn, SHUT_WR);
	while (p->conn >= 0 && !p->quit) {
		stuck = p->stop_reading_at && p->received >= p->stop_reading_at;
		if (stuck || p->end != PEER_ERROR) {
			usleep(1000);
			continue;
		}
		if (wait_readable(p->conn, &p->quit))
			take(p);
	}
	if (p->conn >= 0)
		close(p->conn);
	close(p->listener);
	return NULL;
}

/* For `stay`: read to EOF, but do not close. */
static void *peer_run_stay(void *arg)
{
	struct peer *p = arg;
	u8 buf[4096];
	ssize_t n = 1;

	if (!wait_readable(p->listener, &p->quit))
		return NULL;
	p->conn = accept(p->listener, NULL, NULL);
	while (n > 0 && wait_readable(p->conn, &p->quit)) {
		n = recv(p->conn, buf, sizeof(buf), 0);
		p->received += n > 0 ? (u64)n : 0;
	}
	p->end = n == 0 ? PEER_EOF : PEER_ERROR;
	while (!p->quit)
		usleep(1000);
	close(p->conn);
	close(p->listener);
	return NULL;
}

void peer_start(struct peer *p)
{
	p->end = PEER_ERROR;
	if (!p->address)
		p->address = "10.9.0.1";
	if (!p->start_ms)
		p->listener = listen_on(p->address, p->rcvbuf);
	pthread_create(&p->thread, NULL, p->stay ? peer_run_stay : peer_run, p);
}

void peer_join(struct peer *p)
{
	/* a receiver that got everything ends by itself; others are told */
	for (int i = 0; i < 50 && p->conn >= 0 && p->end == PEER_ERROR && !p->stay; i++)
		usleep(10000);
	p->quit = true;
	pthread_join(p->thread, NULL);
}

/* RFC 2131 in its smallest form. */
static void *dhcp_run(void *arg)
{
	volatile bool *quit = arg;
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(67) };
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(68),
		                  .sin_addr.s_addr = INADDR_BROADCAST };
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), on = 1;
	u8 m[1024];

	must(!setsockopt(s, SOL_SOCKET, SO_BINDTODEVICE, "tap0", 5), "bind to tap0");
	setsockopt(s, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on));
	must(!bind(s, (void *)&a, sizeof(a)), "bind 67");
	while (wait_readable(s, quit)) {
		static const u8 tail[] = { 54, 4, 10, 9, 0, 1, 51, 4, 0, 0, 1, 0, 1, 4, 255, 255, 255, 0,
			                   3, 4, 10, 9, 0, 1, 255 };
		ssize_t n = recv(s, m, sizeof(m), 0);
		u8 type = 0;

		for (ssize_t i = 240; i + 2 < n && m[i] != 255 && !type; i += 2 + m[i + 1])
			type = m[i] == 53 ? m[i + 2] : 0;
		if (type != 1 && type != 3)
			continue;
		m[0] = 2;
		memcpy(m + 16, (u8[]){ 10, 9, 0, 77 }, 4);
		m[240] = 53;
		m[241] = 1;
		m[242] = type == 1 ? 2 : 5;
		memcpy(m + 243, tail, sizeof(tail));
		sendto(s, m, 300, 0, (void *)&to, sizeof(to));
	}
	close(s);
	return NULL;
}

void dhcp_start_server(pthread_t *t, volatile bool *quit) { pthread_create(t, NULL, dhcp_run, (void *)quit); }

static void *router_run(void *arg)
{
	volatile bool *quit = arg;
	int s = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMPV6), hops = 255;
	int ifindex = (int)if_nametoindex("tap0");
	struct sockaddr_in6 to = { .sin6_family = AF_INET6 };
	struct { struct nd_router_advert ra; struct nd_opt_prefix_info pi; } m = { 0 };

	setsockopt(s, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hops, sizeof(hops));
	setsockopt(s, IPPROTO_IPV6, IPV6_MULTICAST_IF, &ifindex, sizeof(ifindex));
	inet_pton(AF_INET6, "ff02::1", &to.sin6_addr);
	m.ra.nd_ra_type = ND_ROUTER_ADVERT;
	m.ra.nd_ra_router_lifetime = htons(1800);
	m.pi.nd_opt_pi_type = ND_OPT_PREFIX_INFORMATION;
	m.pi.nd_opt_pi_len = 4;
	m.pi.nd_opt_pi_prefix_len = 64;
	m.pi.nd_opt_pi_flags_reserved = ND_OPT_PI_FLAG_ONLINK | ND_OPT_PI_FLAG_AUTO;
	m.pi.nd_opt_pi_valid_time = htonl(3600);
	m.pi.nd_opt_pi_preferred_time = htonl(3600);
	inet_pton(AF_INET6, "fd09:5::", &m.pi.nd_opt_pi_prefix);
	while (!*quit) {
		sendto(s, &m, sizeof(m), 0, (void *)&to, sizeof(to));
		usleep(100000);
	}
	close(s);
	return NULL;
}

void router_start(pthread_t *t, volatile bool *quit) { pthread_create(t, NULL, router_run, (void *)quit); }
