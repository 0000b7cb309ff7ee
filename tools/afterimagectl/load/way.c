// SPDX-License-Identifier: GPL-2.0-or-later
// How the capture kernel will reach a network target.
#include "load/way.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LAYERS_MAX 4 /* a VLAN on a bridge on a bond is three */
#define CONNECT_MS 5000
#define MTU_MIN    ((u32)576) /* what dump.mtu= takes */
#define MTU_MAX    ((u32)9000)

static socklen_t address_length(const struct sockaddr_storage *a)
{
	return a->ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
}

/* Host and port of tcp://HOST:PORT, brackets of an IPv6 address taken away. */
static int split(const char *target, char host[256], char port[8])
{
	const char *start = target + strlen("tcp://"), *colon = strrchr(start, ':');
	size_t n = (size_t)(colon - start);

	if (*start == '[') {
		start++;
		n -= 2;
	}
	if (n >= 256 || strlen(colon + 1) >= 8)
		return say_fail(-EINVAL, "target %s: too long", target);
	memcpy(host, start, n);
	host[n] = '\0';
	memcpy(port, colon + 1, strlen(colon + 1) + 1);
	return 0;
}

/* The first of the host's addresses that there is a route to. */
static int resolve(struct way *w, const char *target)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *list, *a;
	char host[256], port[8], text[INET6_ADDRSTRLEN];
	int err = split(target, host, port), rc;

	if (err)
		return err;
	rc = getaddrinfo(host, port, &hints, &list);
	if (rc)
		return say_fail(-EHOSTUNREACH, "target %s: %s: %s", target, host, gai_strerror(rc));
	err = -EHOSTUNREACH;
	for (a = list; a && err; a = a->ai_next) {
		memcpy(&w->peer, a->ai_addr, a->ai_addrlen);
		err = route_to(a->ai_addr, &w->route);
	}
	freeaddrinfo(list);
	if (err)
		return err;
	rc = getnameinfo((struct sockaddr *)&w->peer, address_length(&w->peer), text, sizeof(text),
			 NULL, 0, NI_NUMERICHOST);
	if (rc || strchr(text, '%'))
		return say_fail(
		    -EINVAL,
		    "target %s: a link-local address says no interface to the capture kernel",
		    target);
	snprintf(w->target, sizeof(w->target),
		 w->peer.ss_family == AF_INET ? "tcp://%s:%s" : "tcp://[%s]:%s", text, port);
	return 0;
}

/* From the interface with the address down to the device: through VLANs, bridges and bonds. */
static int find_device(struct way *w)
{
	struct iface i;
	int err = iface_get(w->route.oif, &i);

	if (err)
		return err;
	memcpy(w->ifname, i.name, sizeof(w->ifname));
	w->mtu = i.mtu;
	for (int layer = 0; layer < LAYERS_MAX && machine_pci_of_net(i.name, w->pci); layer++) {
		if (!strcmp(i.kind, "vlan") && !w->vlan)
			w->vlan = i.vlan;
		else if (strcmp(i.kind, "bridge") && strcmp(i.kind, "bond"))
			break;
		if (i.lower)
			err = iface_get(i.lower, &i);
		else
			err = iface_port_of(i.index, &i);
		if (err)
			break;
	}
	if (err || !w->pci[0])
		return say_fail(
		    -ENODEV,
		    "%s: no PCI network device below it that the capture kernel could drive",
		    w->ifname);
	w->nic = i;
	return 0;
}

int way_settle(struct way *w, const char *target, const char *interface)
{
	int err;

	*w = (struct way){ 0 };
	err = resolve(w, target);
	if (err)
		return err;
	if (*interface && if_nametoindex(interface) != w->route.oif)
		return say_fail(-ENETUNREACH, "target %s: the route does not go through %s", target,
				interface);
	err = find_device(w);
	if (err)
		return err;
	if (w->route.mtu)
		w->mtu = MIN(w->mtu, w->route.mtu);
	w->mtu = MAX(MTU_MIN, MIN(w->mtu, MTU_MAX)); /* what dump.mtu= takes */
	if (w->route.has_gateway) {
		w->has_gwmac = !neighbour_mac(&w->route, w->route.gateway, w->gwmac);
		if (!w->has_gwmac)
			say("target %s: the gateway does not answer now; the capture kernel will "
			    "ask again",
			    target);
	}
	return 0;
}

int way_try(const struct way *w)
{
	int fd = socket(w->peer.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), err = 0;
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	socklen_t length = sizeof(err);

	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)&w->peer, address_length(&w->peer)) &&
	    errno != EINPROGRESS)
		err = errno;
	else if (poll(&p, 1, CONNECT_MS) != 1)
		err = ETIMEDOUT;
	else if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &length))
		err = errno;
	close(fd);
	return -err;
}
