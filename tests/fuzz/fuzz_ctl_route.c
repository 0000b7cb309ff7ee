/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rtnetlink's answers about routes, addresses, interfaces and neighbours. No byte behind an answer is read. Input: what
 * is asked, then the answers: how long, how much of each message's header is as it should be, contents. */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sanitizer/asan_interface.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bytes.h"
#include "host/route.h"
#include "host/sysfile.h"

static struct bytes in;
static u16 asked; /* what type of message */

/* What route.c uses of libmnl's socket; the messages are walked through by libmnl itself. */
struct mnl_socket *mnl_socket_open2(int bus, int flags) { return (void)bus, (void)flags, (void *)&in; }
int mnl_socket_bind(struct mnl_socket *nl, unsigned int groups, pid_t pid)
{
	return (void)nl, (void)groups, (void)pid, 0;
}
unsigned int mnl_socket_get_portid(const struct mnl_socket *nl) { return (void)nl, 7; }
int mnl_socket_close(struct mnl_socket *nl) { return (void)nl, 0; }

ssize_t mnl_socket_sendto(const struct mnl_socket *nl, const void *request, size_t size)
{
	(void)nl;
	asked = ((const struct nlmsghdr *)request)->nlmsg_type;
	return (ssize_t)size;
}

/* A datagram of messages. Behind its end nothing may be read until the next one. */
ssize_t mnl_socket_recvfrom(const struct mnl_socket *nl, void *buf, size_t size)
{
	u8 *to = buf;
	size_t used = 0;

	(void)nl;
	ASAN_UNPOISON_MEMORY_REGION(buf, size);
	if (!bytes_left(&in))
		return errno = EIO, -1;
	for (u8 more = 1; more && used + 1024 < size && bytes_left(&in);) {
		u8 how = bytes_u8(&in);
		size_t len = MIN((size_t)bytes_u8(&in) * 2, bytes_left(&in));
		struct nlmsghdr h = { .nlmsg_len = (u32)(sizeof(h) + len), .nlmsg_seq = 1,
			              .nlmsg_pid = 7 };

		if (how & 1)
			h.nlmsg_len ^= bytes_u8(&in);
		h.nlmsg_type = how & 2 ? NLMSG_DONE : how & 4 ? NLMSG_ERROR : (u16)(asked - 2); /* RTM_GETx is RTM_NEWx + 2 */
		len = MIN(len, bytes_left(&in));
		memcpy(to + used, &h, sizeof(h));
		if (len)
			memcpy(to + used + sizeof(h), bytes_take(&in, len), len);
		used += sizeof(h) + ALIGN_UP(len, 4);
		more = how & 8;
	}
	ASAN_POISON_MEMORY_REGION(to + used, size - used);
	return (ssize_t)used;
}

/* There is no machine: no device is behind an interface, nobody hears a datagram, no time passes. */
const char *sys_path(const char *path) { return path; }
int access(const char *path, int mode) { return (void)path, (void)mode, bytes_u8(&in) & 1 ? 0 : -1; }
int nanosleep(const struct timespec *wait, struct timespec *left) { return (void)wait, (void)left, 0; }
int socket(int family, int type, int protocol) { return (void)family, (void)type, (void)protocol, errno = EPERM, -1; }

static void expect(bool ok)
{
	if (!ok)
		abort();
}

static void check(const struct iface *i)
{
	expect(memchr(i->name, '\0', sizeof(i->name)) && memchr(i->kind, '\0', sizeof(i->kind)));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static const u8 addr[16] = { 10, 0, 0, 1 };
	struct sockaddr_storage host = { .ss_family = AF_INET };
	struct route r = { .family = AF_INET, .oif = 2 };
	struct iface i = { .index = 0 };
	u8 what, mac[6];
	int err;

	in = bytes_of(data, size);
	what = bytes_u8(&in);
	if (what & 1)
		r.family = host.ss_family = AF_INET6;
	switch (what >> 1 & 3) {
	case 0:
		err = route_to((const struct sockaddr *)&host, &r);
		expect(err || r.family == host.ss_family);
		break;
	case 1:
		err = iface_get(2, &i);
		if (!err)
			check(&i);
		break;
	case 2:
		err = iface_port_of(3, &i);
		if (!err) {
			check(&i);
			expect(i.index && i.master == 3 && i.running);
		}
		break;
	default:
		err = neighbour_mac(&r, addr, mac);
	}
	expect(err <= 0);
	return 0;
}
