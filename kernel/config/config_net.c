/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers, addresses and targets out of the command line. */
#include "config/config_net.h"

#include <string.h>

#include "dump/disk/area.h"

bool word_is(struct word w, const char *text)
{
	return w.len == strlen(text) && !memcmp(w.p, text, w.len);
}

struct word word_cut(struct word *w, char sep)
{
	struct word head = *w;
	int inside = 0;

	for (size_t i = 0; i < w->len; i++) {
		inside += (w->p[i] == '[') - (w->p[i] == ']');
		if (w->p[i] != sep || inside > 0)
			continue;
		head.len = i;
		*w = (struct word){ w->p + i + 1, w->len - i - 1 };
		return head;
	}
	*w = (struct word){ NULL, 0 };
	return head;
}

static int digit(char c, unsigned int base)
{
	int d = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 :
	        c >= 'A' && c <= 'F' ? c - 'A' + 10 : 99;

	return d < (int)base ? d : -1;
}

/* Digits of `base` from w.p[at] on; false when there is none or the value passes max. */
static bool parse_digits(struct word w, size_t *at, unsigned int base, u64 max, u64 *out)
{
	size_t start = *at;
	u64 v = 0;
	int d;

	for (; *at < w.len && (d = digit(w.p[*at], base)) >= 0; (*at)++) {
		if (v > (max - (u64)d) / base || (u64)d > max)
			return false;
		v = v * base + (u64)d;
	}
	*out = v;
	return *at > start;
}

static bool has_hex_prefix(struct word w)
{
	return w.len > 2 && w.p[0] == '0' && (w.p[1] == 'x' || w.p[1] == 'X');
}

bool parse_number(struct word w, u64 max, u64 *out)
{
	bool hex = has_hex_prefix(w);
	size_t at = hex ? 2 : 0;

	return parse_digits(w, &at, hex ? 16 : 10, max, out) && at == w.len;
}

bool parse_mem(struct word w, u64 *out, size_t *used)
{
	static const char suffix[] = "KMGTPE";
	bool hex = has_hex_prefix(w);
	size_t at = hex ? 2 : 0;
	unsigned int base = hex ? 16 : w.len && w.p[0] == '0' ? 8 : 10;
	const char *s;

	if (!parse_digits(w, &at, base, ~0ull, out))
		return false;
	if (at < w.len && w.p[at] && (s = strchr(suffix, w.p[at] & ~0x20)) && *s) {
		unsigned int shift = 10 * (unsigned int)(s - suffix + 1);

		if (*out > ~0ull >> shift)
			return false;
		*out <<= shift;
		at++;
	}
	*used = at;
	return true;
}

bool parse_ipv4(struct word w, u8 out[4])
{
	for (int i = 0; i < 4; i++) {
		struct word part = word_cut(&w, '.');
		size_t at = 0;
		u64 v;

		if (!parse_digits(part, &at, 10, 255, &v) || at != part.len || (i < 3) != (w.p != NULL))
			return false;
		out[i] = (u8)v;
	}
	return true;
}

bool parse_ipv6(struct word w, u8 out[16])
{
	u8 group[16] = { 0 };
	int n = 0, gap = -1;
	size_t at = 0;

	if (w.len >= 2 && w.p[0] == ':' && w.p[1] == ':') {
		gap = 0;
		at = 2;
	}
	while (at < w.len) {
		size_t start = at;
		u64 v;

		if (n >= 16)
			return false;
		if (!parse_digits(w, &at, 16, 0xffff, &v))
			return false;
		if (at < w.len && w.p[at] == '.') { /* the last 32 bits as IPv4 */
			if (n > 12 || !parse_ipv4((struct word){ w.p + start, w.len - start }, group + n))
				return false;
			n += 4;
			break;
		}
		if (at - start > 4)
			return false;
		group[n++] = (u8)(v >> 8);
		group[n++] = (u8)v;
		if (at == w.len)
			break;
		if (w.p[at++] != ':' || at == w.len)
			return false;
		if (w.p[at] == ':') {
			if (gap >= 0)
				return false;
			gap = n;
			at++;
		}
	}
	if (gap < 0 ? n != 16 : n > 14)
		return false;
	memset(out, 0, 16);
	memcpy(out, group, gap < 0 ? 16 : (size_t)gap);
	if (gap >= 0)
		memcpy(out + 16 - (n - gap), group + gap, (size_t)(n - gap));
	return true;
}

bool parse_mac(struct word w, u8 out[6])
{
	u8 mac[6]; /* a later nonsense must not spoil an earlier good one */

	for (int i = 0; i < 6; i++) {
		struct word part = word_cut(&w, ':');
		size_t at = 0;
		u64 v;

		if (!parse_digits(part, &at, 16, 255, &v) || at != part.len || (i < 5) != (w.p != NULL))
			return false;
		mac[i] = (u8)v;
	}
	memcpy(out, mac, sizeof(mac));
	return true;
}

/* Either family; IPv6 stands in brackets. */
static bool parse_address(struct word w, u8 out[16], bool *v6)
{
	*v6 = w.len >= 2 && w.p[0] == '[' && w.p[w.len - 1] == ']';
	if (*v6)
		return parse_ipv6((struct word){ w.p + 1, w.len - 2 }, out);
	return parse_ipv4(w, out);
}

static bool parse_autoconf(struct word w, struct ip_config *out)
{
	if (!w.len || word_is(w, "off") || word_is(w, "none") || word_is(w, "static")) {
		out->autoconf = IP_STATIC;
	} else if (word_is(w, "dhcp") || word_is(w, "on") || word_is(w, "any")) {
		out->autoconf = IP_DHCP;
	} else if (word_is(w, "auto6")) {
		out->autoconf = IP_AUTO6;
		out->v6 = true;
	} else {
		return false;
	}
	return true;
}

/* A dotted mask must be ones followed by zeros; IPv6 takes a prefix length. */
static bool parse_netmask(struct word w, bool v6, u8 *prefix_len)
{
	u64 v;
	u8 mask[4];
	u32 m;

	if (parse_number(w, v6 ? 128 : 32, &v)) {
		*prefix_len = (u8)v;
		return true;
	}
	if (v6 || !parse_ipv4(w, mask))
		return false;
	m = (u32)mask[0] << 24 | (u32)mask[1] << 16 | (u32)mask[2] << 8 | mask[3];
	if (~m & (~m + 1))
		return false;
	*prefix_len = m ? 32 - (u8)__builtin_ctz(m) : 0;
	return true;
}

/* Without a mask: the address's class, as Linux does; a /64 for IPv6. */
static u8 default_prefix(const struct ip_config *ip)
{
	if (ip->v6)
		return 64;
	return ip->client[0] < 128 ? 8 : ip->client[0] < 192 ? 16 : 24;
}

bool parse_ip(struct word w, struct ip_config *out)
{
	enum { CLIENT, SERVER, GATEWAY, NETMASK, HOST, DEVICE, AUTOCONF, FIELDS };
	struct word field[FIELDS] = { { NULL, 0 } };
	bool v6;

	*out = (struct ip_config){ .autoconf = IP_STATIC };
	if (!memchr(w.p, ':', w.len) && w.len)
		return parse_autoconf(w, out) && out->autoconf != IP_STATIC;
	for (int i = 0; i < FIELDS && w.p; i++)
		field[i] = word_cut(&w, ':');

	if (field[AUTOCONF].p && !parse_autoconf(field[AUTOCONF], out))
		return false;
	if (field[DEVICE].len)
		log_info("ip=: device name %.*s ignored, dump.nic= chooses", (int)field[DEVICE].len,
		         field[DEVICE].p);
	if (field[CLIENT].len) {
		if (!parse_address(field[CLIENT], out->client, &v6) ||
		    out->autoconf == (v6 ? IP_DHCP : IP_AUTO6))
			return false;
		out->v6 = v6;
		out->has_client = true;
	} else if (out->autoconf == IP_STATIC) {
		if (field[AUTOCONF].len)
			return false;
		out->autoconf = IP_DHCP; /* Linux: no address and no word means autoconfiguration */
	}
	if (field[GATEWAY].len) {
		if (!parse_address(field[GATEWAY], out->gateway, &v6) || v6 != out->v6)
			return false;
		out->has_gateway = true;
	}
	out->prefix_len = default_prefix(out);
	return !field[NETMASK].len || parse_netmask(field[NETMASK], out->v6, &out->prefix_len);
}

static bool take_prefix(struct word *w, const char *prefix)
{
	size_t n = strlen(prefix);

	if (w->len < n || memcmp(w->p, prefix, n))
		return false;
	*w = (struct word){ w->p + n, w->len - n };
	return true;
}

bool parse_target(struct word w, struct target *out)
{
	u64 port;

	*out = (struct target){ .text = w.p, .text_len = (u16)w.len };
	if (word_is(w, "console:")) {
		out->kind = TARGET_CONSOLE;
		return true;
	}
	out->in_file = take_prefix(&w, "file:");
	if (out->in_file || take_prefix(&w, "disk:")) {
		out->kind = TARGET_DISK;
		return !area_uuid_parse(w.p, w.len, out->uuid);
	}
	if (take_prefix(&w, "tcp://")) {
		struct word host = word_cut(&w, ':');

		out->kind = TARGET_TCP;
		if (!w.p || !parse_address(host, out->host, &out->v6) ||
		    !parse_number(w, 65535, &port) || !port)
			return false;
		out->port = (u16)port;
		return true;
	}
	return false;
}

bool parse_nic(struct word w, struct config *c)
{
	struct word segment, bus, dev;
	u64 s, b, d, f;
	size_t at[4] = { 0 };

	if (take_prefix(&w, "MAC:")) {
		if (!parse_mac(w, c->nic_mac))
			return false;
		c->nic_by = NIC_MAC;
		return true;
	}
	if (!take_prefix(&w, "PCI:"))
		return false;
	segment = word_cut(&w, ':');
	bus = word_cut(&w, ':');
	dev = word_cut(&w, '.');
	if (!w.p || !parse_digits(segment, &at[0], 16, 0xffff, &s) || at[0] != segment.len ||
	    !parse_digits(bus, &at[1], 16, 0xff, &b) || at[1] != bus.len ||
	    !parse_digits(dev, &at[2], 16, 31, &d) || at[2] != dev.len ||
	    !parse_digits(w, &at[3], 16, 7, &f) || at[3] != w.len)
		return false;
	c->nic_pci = (struct pci_addr){ (u16)s, (u8)b, (u8)d, (u8)f };
	c->nic_by = NIC_PCI;
	return true;
}
