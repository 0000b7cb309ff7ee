/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the running kernel knows of the way to a host (rtnetlink(7), through libmnl). */
#ifndef AFTERIMAGECTL_ROUTE_H
#define AFTERIMAGECTL_ROUTE_H

#include <net/if.h>
#include <sys/socket.h>

#include "ctl.h"

/* The way from here to a host. Addresses are in network order, IPv4 in the first four bytes. */
struct route {
	int family;       /* AF_INET or AF_INET6 */
	unsigned int oif; /* the interface it leaves through */
	u8 source[16];
	unsigned int prefix_len; /* of source; 0 when it is not told */
	bool has_gateway;
	u8 gateway[16];
	u32 mtu; /* of the route; 0: the interface's */
};

/* An interface: what it is made of as well. */
struct iface {
	char name[IF_NAMESIZE];
	char kind[16]; /* "" for a device of its own, else vlan, bond, bridge, ... */
	unsigned int index,
	    lower;           /* lower: what it lies on (vlan), its active port (bond); 0: none */
	unsigned int master; /* the bridge or bond it is a port of; 0: none */
	u16 vlan;
	u32 mtu;
	u8 mac[6];
	bool has_mac, running;
};

/* 0; -ENETUNREACH and others of the kernel, told. */
int route_to(const struct sockaddr *host, struct route *route);

/* 0; -ENODEV, told. */
int iface_get(unsigned int index, struct iface *iface);

/* The first port of a bridge that is up and has a driver's device. 0; -ENODEV, untold. */
int iface_port_of(unsigned int master, struct iface *port);

/* The MAC address of a neighbour, asked for on the wire where it is not known: up to two seconds.
 * 0; -ETIMEDOUT, untold. */
int neighbour_mac(const struct route *route, const u8 addr[16], u8 mac[6]);

#endif
