// SPDX-License-Identifier: GPL-2.0-or-later
// The way to a host, asked of the running kernel.
#include "host/route.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "host/sysfile.h"

#define DISCARD_PORT      9 /* any datagram makes the kernel look for the neighbour */
#define NEIGHBOUR_TRIES   20
#define NEIGHBOUR_WAIT_NS 100000000

static size_t address_size(int family)
{
	return family == AF_INET ? 4 : 16;
}

/* Does every message end within the datagram? libmnl takes a length above 2 GiB for a negative one, which
 * is less than anything. */
static bool messages_fit(const char *buf, size_t n)
{
	struct nlmsghdr h;

	while (n >= sizeof(h)) {
		memcpy(&h, buf, sizeof(h));
		if (h.nlmsg_len > n)
			return false;
		if (h.nlmsg_len < sizeof(h))
			break; /* nor does libmnl go on */
		buf += MIN(n, (size_t)NLMSG_ALIGN(h.nlmsg_len));
		n -= MIN(n, (size_t)NLMSG_ALIGN(h.nlmsg_len));
	}
	return true;
}

/* Send `request` and give each message of the answer to `each`. 0 or -errno, untold. */
static int netlink_ask(struct nlmsghdr *request, mnl_cb_t each, void *ctx)
{
	struct mnl_socket *nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	char buf[32768];
	unsigned int port;
	ssize_t n;
	int rc = MNL_CB_OK, err = 0;

	if (!nl)
		return -errno;
	request->nlmsg_seq = 1;
	if (mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    mnl_socket_sendto(nl, request, request->nlmsg_len) < 0)
		err = -errno;
	port = mnl_socket_get_portid(nl);
	while (!err && rc == MNL_CB_OK) {
		n = mnl_socket_recvfrom(nl, buf, sizeof(buf));
		if (n >= 0 && !messages_fit(buf, (size_t)n)) {
			errno = EBADMSG;
			n = -1;
		}
		rc = n < 0 ? MNL_CB_ERROR : mnl_cb_run(buf, (size_t)n, 1, port, each, ctx);
		if (rc == MNL_CB_ERROR) /* out of an answer, libmnl takes it as it is */
			err = errno > 0 && errno <= ERRNO_MAX ? -errno : -EPROTO;
		if (!(request->nlmsg_flags & NLM_F_DUMP))
			break;
	}
	mnl_socket_close(nl);
	return err;
}

static void copy_bytes(void *to, size_t size, const struct nlattr *attr)
{
	if (mnl_attr_get_payload_len(attr) == size)
		memcpy(to, mnl_attr_get_payload(attr), size);
}

static u32 number_of(const struct nlattr *attr)
{
	return mnl_attr_get_payload_len(attr) == sizeof(u32) ? mnl_attr_get_u32(attr) : 0;
}

static int on_metric(const struct nlattr *attr, void *ctx)
{
	if (mnl_attr_get_type(attr) == RTAX_MTU)
		((struct route *)ctx)->mtu = number_of(attr);
	return MNL_CB_OK;
}

static int on_route_attr(const struct nlattr *attr, void *ctx)
{
	struct route *r = ctx;
	size_t size = address_size(r->family);

	switch (mnl_attr_get_type(attr)) {
	case RTA_OIF:
		r->oif = number_of(attr);
		break;
	case RTA_PREFSRC:
		copy_bytes(r->source, size, attr);
		break;
	case RTA_GATEWAY:
		r->has_gateway = mnl_attr_get_payload_len(attr) == size;
		copy_bytes(r->gateway, size, attr);
		break;
	case RTA_METRICS:
		mnl_attr_parse_nested(attr, on_metric, r);
		break;
	}
	return MNL_CB_OK;
}

/* The header of its kind that a message begins with; NULL: it is too short for that. */
static const void *message_of(const struct nlmsghdr *nlh, size_t size)
{
	return mnl_nlmsg_get_payload_len(nlh) < size ? NULL : mnl_nlmsg_get_payload(nlh);
}

static int on_route(const struct nlmsghdr *nlh, void *ctx)
{
	return mnl_attr_parse(nlh, sizeof(struct rtmsg), on_route_attr, ctx) < 0 ? MNL_CB_ERROR
										 : MNL_CB_OK;
}

struct address_search {
	struct route *route;
	const struct ifaddrmsg *message;
};

static int on_address_attr(const struct nlattr *attr, void *ctx)
{
	struct address_search *s = ctx;
	int type = mnl_attr_get_type(attr);
	size_t size = address_size(s->route->family);

	/* on a point-to-point link IFA_ADDRESS is the peer's and IFA_LOCAL our own */
	if ((type == IFA_LOCAL || type == IFA_ADDRESS) && mnl_attr_get_payload_len(attr) == size &&
	    !memcmp(mnl_attr_get_payload(attr), s->route->source, size))
		s->route->prefix_len = s->message->ifa_prefixlen;
	return MNL_CB_OK;
}

static int on_address(const struct nlmsghdr *nlh, void *ctx)
{
	struct address_search s = { ctx, message_of(nlh, sizeof(*s.message)) };

	if (!s.message || s.message->ifa_index != s.route->oif)
		return MNL_CB_OK;
	return mnl_attr_parse(nlh, sizeof(*s.message), on_address_attr, &s) < 0 ? MNL_CB_ERROR
										: MNL_CB_OK;
}

static const void *address_of(const struct sockaddr *host)
{
	return host->sa_family == AF_INET
		   ? (const void *)&((const struct sockaddr_in *)host)->sin_addr
		   : (const void *)&((const struct sockaddr_in6 *)host)->sin6_addr;
}

int route_to(const struct sockaddr *host, struct route *route)
{
	size_t size = address_size(host->sa_family);
	char buf[MNL_NLMSG_HDRLEN + 256], text[INET6_ADDRSTRLEN] = "";
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct rtmsg *rtm;
	struct ifaddrmsg *ifa;
	int err;

	*route = (struct route){ .family = host->sa_family };
	inet_ntop(host->sa_family, address_of(host), text, sizeof(text));
	nlh->nlmsg_type = RTM_GETROUTE;
	nlh->nlmsg_flags = NLM_F_REQUEST;
	rtm = mnl_nlmsg_put_extra_header(nlh, sizeof(*rtm));
	rtm->rtm_family = (u8)host->sa_family;
	rtm->rtm_dst_len = (u8)(8 * size);
	mnl_attr_put(nlh, RTA_DST, size, address_of(host));
	err = netlink_ask(nlh, on_route, route);
	if (err)
		return say_error(err, "no route to %s", text);

	nlh = mnl_nlmsg_put_header(buf);
	nlh->nlmsg_type = RTM_GETADDR;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	ifa = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifa));
	ifa->ifa_family = (u8)host->sa_family;
	err = netlink_ask(nlh, on_address, route);
	return err ? say_error(err, "our addresses") : 0;
}

static int on_vlan(const struct nlattr *attr, void *ctx)
{
	if (mnl_attr_get_type(attr) == IFLA_VLAN_ID &&
	    mnl_attr_get_payload_len(attr) == sizeof(u16))
		((struct iface *)ctx)->vlan = mnl_attr_get_u16(attr);
	return MNL_CB_OK;
}

static int on_bond(const struct nlattr *attr, void *ctx)
{
	if (mnl_attr_get_type(attr) == IFLA_BOND_ACTIVE_SLAVE)
		((struct iface *)ctx)->lower = number_of(attr);
	return MNL_CB_OK;
}

/* IFLA_INFO_KIND stands before IFLA_INFO_DATA (net/core/rtnetlink.c, rtnl_link_info_fill). */
static int on_link_info(const struct nlattr *attr, void *ctx)
{
	struct iface *i = ctx;

	if (mnl_attr_get_type(attr) == IFLA_INFO_KIND)
		clean_text(i->kind, sizeof(i->kind), mnl_attr_get_payload(attr),
			   mnl_attr_get_payload_len(attr));
	else if (mnl_attr_get_type(attr) == IFLA_INFO_DATA && !strcmp(i->kind, "vlan"))
		mnl_attr_parse_nested(attr, on_vlan, i);
	else if (mnl_attr_get_type(attr) == IFLA_INFO_DATA && !strcmp(i->kind, "bond"))
		mnl_attr_parse_nested(attr, on_bond, i);
	return MNL_CB_OK;
}

static int on_link_attr(const struct nlattr *attr, void *ctx)
{
	struct iface *i = ctx;

	switch (mnl_attr_get_type(attr)) {
	case IFLA_IFNAME:
		snprintf(i->name, sizeof(i->name), "%.*s", (int)mnl_attr_get_payload_len(attr),
			 mnl_attr_get_str(attr));
		break;
	case IFLA_ADDRESS:
		i->has_mac = mnl_attr_get_payload_len(attr) == sizeof(i->mac);
		copy_bytes(i->mac, sizeof(i->mac), attr);
		break;
	case IFLA_MTU:
		i->mtu = number_of(attr);
		break;
	case IFLA_LINK:
		i->lower = number_of(attr);
		break;
	case IFLA_MASTER:
		i->master = number_of(attr);
		break;
	case IFLA_LINKINFO:
		mnl_attr_parse_nested(attr, on_link_info, i);
		break;
	}
	return MNL_CB_OK;
}

static int link_read(const struct nlmsghdr *nlh, struct iface *i)
{
	const struct ifinfomsg *message = message_of(nlh, sizeof(*message));

	if (!message) {
		errno = EBADMSG;
		return MNL_CB_ERROR;
	}
	*i = (struct iface){ .index = (unsigned int)message->ifi_index,
			     .running = message->ifi_flags & IFF_RUNNING };
	return mnl_attr_parse(nlh, sizeof(*message), on_link_attr, i) < 0 ? MNL_CB_ERROR
									  : MNL_CB_OK;
}

static int on_link(const struct nlmsghdr *nlh, void *ctx)
{
	return link_read(nlh, ctx);
}

static struct nlmsghdr *link_request(char *buf, unsigned int index, u16 flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct ifinfomsg *message;

	nlh->nlmsg_type = RTM_GETLINK;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	message = mnl_nlmsg_put_extra_header(nlh, sizeof(*message));
	message->ifi_index = (int)index;
	return nlh;
}

int iface_get(unsigned int index, struct iface *iface)
{
	char buf[MNL_NLMSG_HDRLEN + 256];
	int err = netlink_ask(link_request(buf, index, 0), on_link, iface);

	return err ? say_error(err, "network interface %u", index) : 0;
}

struct port_search {
	unsigned int master;
	struct iface *found;
};

static int on_port(const struct nlmsghdr *nlh, void *ctx)
{
	struct port_search *s = ctx;
	struct iface i;
	char path[64];

	if (link_read(nlh, &i) != MNL_CB_OK)
		return MNL_CB_ERROR;
	snprintf(path, sizeof(path), "/sys/class/net/%s/device", i.name);
	if (!s->found->index && i.master == s->master && i.running && !access(sys_path(path), F_OK))
		*s->found = i;
	return MNL_CB_OK;
}

int iface_port_of(unsigned int master, struct iface *port)
{
	struct port_search s = { master, port };
	char buf[MNL_NLMSG_HDRLEN + 256];
	int err;

	*port = (struct iface){ 0 };
	err = netlink_ask(link_request(buf, 0, NLM_F_DUMP), on_port, &s);
	return err ? err : port->index ? 0 : -ENODEV;
}

struct neighbour_search {
	const struct route *route;
	const u8 *addr;
	u8 *mac;
	bool match, found;
};

static int on_neighbour_attr(const struct nlattr *attr, void *ctx)
{
	struct neighbour_search *s = ctx;
	size_t size = address_size(s->route->family);

	/* NDA_DST stands before NDA_LLADDR (net/core/neighbour.c, neigh_fill_info) */
	if (mnl_attr_get_type(attr) == NDA_DST)
		s->match = mnl_attr_get_payload_len(attr) == size &&
			   !memcmp(mnl_attr_get_payload(attr), s->addr, size);
	if (mnl_attr_get_type(attr) == NDA_LLADDR && s->match &&
	    mnl_attr_get_payload_len(attr) == 6) {
		copy_bytes(s->mac, 6, attr);
		s->found = true;
	}
	return MNL_CB_OK;
}

static int on_neighbour(const struct nlmsghdr *nlh, void *ctx)
{
	const struct ndmsg *message = message_of(nlh, sizeof(*message));
	struct neighbour_search *s = ctx;

	s->match = false;
	if (!message || (unsigned int)message->ndm_ifindex != s->route->oif ||
	    message->ndm_state & (NUD_FAILED | NUD_INCOMPLETE))
		return MNL_CB_OK;
	return mnl_attr_parse(nlh, sizeof(*message), on_neighbour_attr, s) < 0 ? MNL_CB_ERROR
									       : MNL_CB_OK;
}

static int neighbour_look(struct neighbour_search *s)
{
	char buf[MNL_NLMSG_HDRLEN + 256];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct ndmsg *message;

	nlh->nlmsg_type = RTM_GETNEIGH;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	message = mnl_nlmsg_put_extra_header(nlh, sizeof(*message));
	message->ndm_family = (u8)s->route->family;
	return netlink_ask(nlh, on_neighbour, s);
}

static void neighbour_provoke(const struct route *route, const u8 addr[16])
{
	struct sockaddr_storage to = { .ss_family = (sa_family_t)route->family };
	int fd = socket(route->family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return;
	if (route->family == AF_INET) {
		struct sockaddr_in *in = (struct sockaddr_in *)&to;

		in->sin_port = htons(DISCARD_PORT);
		memcpy(&in->sin_addr, addr, 4);
	} else {
		struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&to;

		in6->sin6_port = htons(DISCARD_PORT);
		in6->sin6_scope_id = route->oif;
		memcpy(&in6->sin6_addr, addr, 16);
	}
	/* whether it is taken or not, the neighbour is asked for */
	(void)!sendto(fd, "", 1, 0, (struct sockaddr *)&to,
		      route->family == AF_INET ? sizeof(struct sockaddr_in)
					       : sizeof(struct sockaddr_in6));
	close(fd);
}

int neighbour_mac(const struct route *route, const u8 addr[16], u8 mac[6])
{
	struct neighbour_search s = { .route = route, .addr = addr, .mac = mac };
	const struct timespec wait = { 0, NEIGHBOUR_WAIT_NS };

	for (int i = 0; i < NEIGHBOUR_TRIES; i++) {
		int err = neighbour_look(&s);

		if (err || s.found)
			return err;
		if (i == 0)
			neighbour_provoke(route, addr);
		nanosleep(&wait, NULL);
	}
	return -ETIMEDOUT;
}
