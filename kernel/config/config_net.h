/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parsers of the command line's addresses; every one is bounded and accepts nothing half. */
#ifndef AFTERIMAGE_CONFIG_NET_H
#define AFTERIMAGE_CONFIG_NET_H

#include "config/config.h"

/* A stretch of the command line. */
struct word {
	const char *p;
	size_t len;
};

bool word_is(struct word w, const char *text);
/* Cut w at the first `sep` outside square brackets: the part before it; w becomes the rest, and
 * rest.p is NULL when there was no separator. */
struct word word_cut(struct word *w, char sep);

/* Whole-word numbers: decimal or 0x hex, at most max. */
bool parse_number(struct word w, u64 max, u64 *out);
/* lib/cmdline.c memparse(): decimal, 0x hex or 0 octal, then one of K M G T P E. *used = bytes
 * consumed; false when there is no digit or the value does not fit. */
bool parse_mem(struct word w, u64 *out, size_t *used);

bool parse_ipv4(struct word w, u8 out[4]);
bool parse_ipv6(struct word w, u8 out[16]); /* RFC 4291 2.2, without brackets */
bool parse_mac(struct word w, u8 out[6]);

/* ip= of Documentation/admin-guide/nfs/nfsroot.rst as the contract narrows it. */
bool parse_ip(struct word w, struct ip_config *out);
/* tcp://HOST:PORT, disk:UUID, file:UUID, console: */
bool parse_target(struct word w, struct target *out);
/* PCI:0000:00:03.0 or MAC:52:54:00:12:34:56 */
bool parse_nic(struct word w, struct config *c);

#endif
