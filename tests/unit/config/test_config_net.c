/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers, addresses, ip= and targets, against the C library where it has the same notion. */
#include "unit/test.h"

#include <arpa/inet.h>
#include <errno.h>

#include "config/config_net.h"

/* For each of these texts as *t. */
#define EACH_OF(t, ...)                                                                            \
	for (const char *const *t = (const char *const[]){ __VA_ARGS__, NULL }; *t; t++)

static struct word word(const char *text)
{
	return (struct word){ text, strlen(text) };
}

TEST(word_cut_knows_brackets)
{
	struct word w = word("[fe80::1]:[::2]:x:"), head;

	head = word_cut(&w, ':');
	CHECK(word_is(head, "[fe80::1]"));
	head = word_cut(&w, ':');
	CHECK(word_is(head, "[::2]"));
	CHECK(word_is(word_cut(&w, ':'), "x"));
	CHECK(w.p && !w.len); /* an empty last field is a field */
	CHECK(word_is(word_cut(&w, ':'), "") && !w.p);
	w = word("[open:never");
	CHECK(word_is(word_cut(&w, ':'), "[open:never") && !w.p);
	w = word("a]:b");
	CHECK(word_is(word_cut(&w, ':'), "a]") && word_is(w, "b"));
}

TEST(whole_numbers)
{
	u64 v;

	CHECK(parse_number(word("0"), 0, &v) && v == 0);
	CHECK(parse_number(word("007"), 7, &v) && v == 7); /* no octal here */
	CHECK(parse_number(word("0x1F"), 31, &v) && v == 31);
	CHECK(!parse_number(word("32"), 31, &v));
	CHECK(!parse_number(word("0x20"), 31, &v));
	CHECK(parse_number(word("18446744073709551615"), ~0ull, &v) && v == ~0ull);
	CHECK(!parse_number(word("18446744073709551616"), ~0ull, &v));
	CHECK(parse_number(word("0xffffffffffffffff"), ~0ull, &v) && v == ~0ull);
	CHECK(!parse_number(word("0x10000000000000000"), ~0ull, &v));
	EACH_OF(t, "", "-1", "+1", " 1", "1 ", "1k", "0x", "x1", "0xg", "1.0")
	CHECK(!parse_number(word(*t), ~0ull, &v));
}

/* lib/cmdline.c memparse() on top of the C library's idea of bases; it wraps where we refuse. */
static bool memparse(const char *text, u64 *out, size_t *used)
{
	char *end;
	const char *suffix;
	u64 v;

	errno = 0;
	v = strtoull(text, &end, 0);
	if (end == text || errno || !strchr("0123456789", text[0]))
		return false;
	suffix = *end ? strchr("KkMmGgTtPpEe", *end) : NULL;
	for (int i = suffix ? (int)(suffix - "KkMmGgTtPpEe") / 2 + 1 : 0; i; i--) {
		if (v >> 54)
			return false;
		v <<= 10;
	}
	*out = v;
	*used = (size_t)(end - text) + !!suffix;
	return true;
}

TEST(memory_sizes_as_memparse)
{
	static const char *const table[] = {
		"0",
		"1",
		"1032564K",
		"1032564k",
		"0x3f05d000",
		"0X3F05D000",
		"017",
		"08",
		"0",
		"0K",
		"1M",
		"1g",
		"2T",
		"3P",
		"15E",
		"16E",
		"0x10E",
		"0x10K",
		"18446744073709551615",
		"18446744073709551616",
		"18014398509481983K",
		"18014398509481984K",
		"1KK",
		"1K@2",
		"K",
		"",
		"-1",
		"1@",
		"0x1p",
		"0755G",
		"99999999999999999999",
		"1e",
		"1z",
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		u64 v = 1, w = 1;
		size_t used = 0, used_too = 0;
		bool ok = parse_mem(word(table[i]), &v, &used);

		if (ok != memparse(table[i], &w, &used_too) || (ok && (v != w || used != used_too)))
			test_fail(__FILE__, __LINE__, table[i]);
	}
}

TEST(memory_sizes_random)
{
	static const char letters[] = "00112345678999xXKkMGTPEaf@";

	srand(2);
	for (int n = 0; n < 200000; n++) {
		char text[24] = "";
		u64 v = 1, w = 1;
		size_t used = 0, used_too = 0, len = (size_t)rand() % 22;
		bool ok;

		for (size_t i = 0; i < len; i++)
			text[i] = letters[(size_t)rand() % (sizeof(letters) - 1)];
		if (text[0] == '0' && (text[1] | 32) == 'x' &&
		    !strchr("0123456789af", text[2] | 32))
			continue; /* "0x" and no digit: nothing for us, 0 for the C library */
		ok = parse_mem(word(text), &v, &used);
		if (ok != memparse(text, &w, &used_too) || (ok && (v != w || used != used_too))) {
			test_fail(__FILE__, __LINE__, text);
			return;
		}
	}
}

TEST(ipv4)
{
	u8 a[4];

	CHECK(parse_ipv4(word("192.168.0.1"), a) && !memcmp(a, "\xc0\xa8\0\1", 4));
	CHECK(parse_ipv4(word("255.255.255.255"), a));
	CHECK(parse_ipv4(word("0.0.0.0"), a));
	EACH_OF(t, "", "1", "1.2.3", "1.2.3.", ".1.2.3", "1.2.3.4.", "1.2.3.4.5", "256.1.1.1",
		"1..2.3", "1.2.3.x", "1.2.3.4 ", "-1.2.3.4", "0x1.2.3.4",
		"1.2.3.99999999999999999999")
	CHECK(!parse_ipv4(word(*t), a));
}

/* What inet_pton says, but for leading zeros of decimal parts, which it refuses. */
static void same_as_inet_pton(const char *text)
{
	u8 ours[16] = { 0 }, theirs[16] = { 0 };
	bool ok = parse_ipv6(word(text), ours);

	if (ok != (inet_pton(AF_INET6, text, theirs) == 1) || (ok && memcmp(ours, theirs, 16)))
		test_fail(__FILE__, __LINE__, text);
}

TEST(ipv6)
{
	static const char *const table[] = {
		"::",
		"::1",
		"1::",
		"1::2",
		"fe80::1",
		"2001:db8::8:800:200c:417a",
		"1:2:3:4:5:6:7:8",
		"1:2:3:4:5:6:7::",
		"::2:3:4:5:6:7:8",
		"1::3:4:5:6:7:8",
		"::ffff:1.2.3.4",
		"::1.2.3.4",
		"1:2:3:4:5:6:1.2.3.4",
		"ABCD:ef01::",
		"",
		":",
		":::",
		"1:",
		":1",
		"1:::2",
		"1::2::3",
		"1:2:3:4:5:6:7",
		"1:2:3:4:5:6:7:8:9",
		"1:2:3:4:5:6:7:8::",
		"::1:2:3:4:5:6:7:8",
		"12345::",
		"00001::",
		"0001::",
		"g::",
		"1.2.3.4",
		"::1.2.3",
		"::1.2.3.4.5",
		"::1.2.3.4:5",
		"1:2:3:4:5:6:7:1.2.3.4",
		"::256.1.1.1",
		"fe80::1%eth0",
		" ::1",
		"::1 ",
		"[::1]",
		"::-1",
		"1:2:3:4:5:1.2.3.4",
		"::1:2:3:4:5:6:1.2.3.4",
		"1::1.2.3.4",
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		same_as_inet_pton(table[i]);
}

TEST(ipv6_random)
{
	static const char letters[] = "::::::123f.";

	srand(3);
	for (int n = 0; n < 200000; n++) {
		char text[40] = "";
		size_t len = (size_t)rand() % 39;

		for (size_t i = 0; i < len; i++)
			text[i] = letters[(size_t)rand() % (sizeof(letters) - 1)];
		same_as_inet_pton(text);
	}
}

TEST(mac)
{
	u8 m[6];

	CHECK(parse_mac(word("52:54:00:12:34:5F"), m) && !memcmp(m, "\x52\x54\0\x12\x34\x5f", 6));
	EACH_OF(t, "", "52:54:00:12:34", "52:54:00:12:34:56:78", "52-54-00-12-34-56",
		"52:54:00:12:34:156", "52:54:00:12:34:", "52:54:00:12:34:5g")
	CHECK(!parse_mac(word(*t), m));
}

static struct ip_config ip;
static bool ip_of(const char *text)
{
	return parse_ip(word(text), &ip);
}

TEST(ip_single_words)
{
	CHECK(ip_of("dhcp") && ip.autoconf == IP_DHCP && !ip.v6);
	CHECK(ip_of("on") && ip.autoconf == IP_DHCP);
	CHECK(ip_of("any") && ip.autoconf == IP_DHCP);
	CHECK(ip_of("auto6") && ip.autoconf == IP_AUTO6 && ip.v6);
	CHECK(!ip_of("off") && !ip_of("none") &&
	      !ip_of("static")); /* no address to be static with */
	CHECK(!ip_of("dhcp6") && !ip_of("bootp") && !ip_of("DHCP") && !ip_of("192.168.0.1"));
}

TEST(ip_full)
{
	CHECK(ip_of("10.0.2.15::10.0.2.2:255.255.255.0:guest:eth0:off"));
	CHECK(ip.autoconf == IP_STATIC && !ip.v6 && ip.has_client && ip.has_gateway);
	CHECK(!memcmp(ip.client, "\x0a\0\2\x0f", 4) && !memcmp(ip.gateway, "\x0a\0\2\2", 4));
	CHECK_EQ(ip.prefix_len, 24);
	CHECK(test_logged("device name eth0 ignored"));
	CHECK(ip_of(
	    "10.0.2.15:10.0.2.9:10.0.2.2:255.255.255.0:guest:eth0:none:10.0.2.3:8.8.8.8:10.0.2.4"));
	CHECK(ip.has_gateway && ip.autoconf == IP_STATIC);
	CHECK(ip_of("10.0.2.15:not-an-address::::::::::::::"));
}

TEST(ip_trailing_fields_may_be_missing)
{
	CHECK(ip_of("10.0.2.15:") && ip.has_client && !ip.has_gateway && ip.prefix_len == 8);
	CHECK(ip_of("172.16.0.1::") && ip.prefix_len == 16);
	CHECK(ip_of("192.168.0.1::192.168.0.254") && ip.has_gateway && ip.prefix_len == 24);
	CHECK(ip_of("192.168.0.1:::255.255.252.0") && !ip.has_gateway && ip.prefix_len == 22);
	CHECK(ip_of(":::::eth0:dhcp") && ip.autoconf == IP_DHCP && !ip.has_client);
	CHECK(ip_of("::::::any") && ip.autoconf == IP_DHCP);
	CHECK(ip_of("::::::auto6") && ip.autoconf == IP_AUTO6 && ip.v6);
	CHECK(ip_of(":::::eth0") &&
	      ip.autoconf == IP_DHCP); /* Linux: nothing said, autoconfigure */
	CHECK(ip_of(":::::eth0:") && ip.autoconf == IP_DHCP);
	CHECK(ip_of("") && ip.autoconf == IP_DHCP);
	CHECK(!ip_of("::::::off")); /* static, and no address */
}

TEST(ip_version_6)
{
	CHECK(ip_of("[2001:db8::2]::[2001:db8::1]:64::eth0:off"));
	CHECK(ip.v6 && ip.has_client && ip.has_gateway && ip.prefix_len == 64);
	CHECK(ip.client[15] == 2 && ip.gateway[15] == 1);
	CHECK(ip_of("[2001:db8::2]:::48") && ip.prefix_len == 48);
	CHECK(ip_of("[2001:db8::2]") && ip.v6 && ip.prefix_len == 64);
	CHECK(ip_of("[2001:db8::2]:::128") && ip.prefix_len == 128);
	CHECK(!ip_of("[2001:db8::2]:::129"));
	CHECK(!ip_of("[2001:db8::2]:::255.255.255.0"));
	CHECK(!ip_of("2001:db8::2:::64")); /* without brackets */
	CHECK(!ip_of("[10.0.0.1]:::24"));
	CHECK(!ip_of("[2001:db8::2]::::::dhcp")); /* DHCPv4 for an IPv6 address */
	CHECK(ip_of("[2001:db8::2]::::::auto6"));
}

TEST(ip_families_must_agree)
{
	CHECK(!ip_of("10.0.0.2::[fe80::1]:255.0.0.0"));
	CHECK(!ip_of("[2001:db8::2]::10.0.0.1:64"));
	CHECK(!ip_of("10.0.0.2::::::auto6"));
	CHECK(!ip_of("::10.0.0.1::::auto6"));
	CHECK(ip_of("::[fe80::1]::::auto6") && ip.has_gateway);
}

TEST(ip_netmasks)
{
	char text[64];

	for (unsigned int n = 0; n <= 32; n++) {
		u32 m = n ? ~0u << (32 - n) : 0;

		snprintf(text, sizeof(text), "10.0.0.2:::%u.%u.%u.%u", m >> 24, m >> 16 & 255,
			 m >> 8 & 255, m & 255);
		CHECK(ip_of(text));
		CHECK_EQ(ip.prefix_len, n);
	}
	CHECK(ip_of("10.0.0.2:::24") && ip.prefix_len == 24);
	CHECK(!ip_of("10.0.0.2:::33"));
	CHECK(!ip_of("10.0.0.2:::255.0.255.0"));
	CHECK(!ip_of("10.0.0.2:::0.255.255.255"));
	CHECK(!ip_of("10.0.0.2:::255.255.255"));
	CHECK(!ip_of("10.0.0.2:::mask"));
}

TEST(ip_nonsense)
{
	CHECK(!ip_of("10.0.0.256:::255.0.0.0"));
	CHECK(!ip_of("host:::"));
	CHECK(!ip_of("10.0.0.2::gateway:"));
	CHECK(!ip_of("10.0.0.2::::::sometimes"));
	CHECK(!ip_of("[::1"));
	CHECK(!ip_of("["));
	CHECK(!ip_of("]:[:]"));
}

static struct target target;
static bool target_of(const char *text)
{
	return parse_target(word(text), &target);
}

TEST(targets)
{
	CHECK(target_of("tcp://10.0.2.2:7117") && target.kind == TARGET_TCP && !target.v6);
	CHECK(target.port == 7117 && !memcmp(target.host, "\x0a\0\2\2", 4));
	CHECK(target.text_len == 19);
	CHECK(target_of("tcp://[fe80::1]:65535") && target.v6 && target.port == 65535);
	CHECK(target.host[0] == 0xfe && target.host[15] == 1);
	CHECK(target_of("tcp://1.2.3.4:1") && target.port == 1);
	CHECK(target_of("file:0123abcd-4567-89EF-0123-456789abcdef") && target.kind == TARGET_DISK);
	CHECK(target.in_file && target.uuid[0] == 1 && target.uuid[15] == 0xef);
	CHECK(target_of("disk:0123abcd-4567-89EF-0123-456789abcdef") && target.kind == TARGET_DISK);
	CHECK(!target.in_file);
	CHECK(target.uuid[0] == 1 && target.uuid[15] == 0xef);
	CHECK(target_of("console:") && target.kind == TARGET_CONSOLE);
	EACH_OF(t, "", "tcp", "tcp:", "tcp://", "tcp://10.0.2.2",
		"tcp://10.0.2.2:", "tcp://10.0.2.2:0", "tcp://10.0.2.2:65536", "tcp://10.0.2.2:-1",
		"tcp://10.0.2.2:80x", "tcp://10.0.2.2:80/", "tcp://10.0.2.2:80:81", "tcp://:80",
		"tcp://host:80", "tcp://fe80::1:80", "tcp://[fe80::1]", "tcp://[fe80::1]80",
		"tcp://[fe80::1:80", "tcp://[]:80", "tcp://[10.0.2.2]:80", "TCP://1.2.3.4:5",
		"udp://10.0.2.2:80", "disk:", "file:", "file:/var/crash/x", "disk:0123abcd-4567-89ef-0123-456789abcde",
		"disk:0123abcd-4567-89ef-0123-456789abcdef0", "disk:/dev/sda",
		"disk:0123abcd4567-89ef-0123-456789abcdef", "console", "console:x",
		"http://10.0.2.2:80")
	if (target_of(*t))
		test_fail(__FILE__, __LINE__, *t);
}

TEST(nics)
{
	struct config c = { 0 };

	CHECK(parse_nic(word("PCI:0000:00:03.0"), &c) && c.nic_by == NIC_PCI);
	CHECK(c.nic_pci.segment == 0 && c.nic_pci.bus == 0 && c.nic_pci.dev == 3 &&
	      c.nic_pci.fn == 0);
	CHECK(parse_nic(word("PCI:10a0:fF:1f.7"), &c));
	CHECK(c.nic_pci.segment == 0x10a0 && c.nic_pci.bus == 0xff && c.nic_pci.dev == 31 &&
	      c.nic_pci.fn == 7);
	CHECK(parse_nic(word("MAC:52:54:00:12:34:56"), &c) && c.nic_by == NIC_MAC &&
	      c.nic_mac[5] == 0x56);
	EACH_OF(t, "", "eth0", "PCI:", "PCI:00:03.0", "PCI:0000:00:03", "PCI:0000:00:20.0",
		"PCI:0000:00:03.8", "PCI:10000:00:03.0", "PCI:0000:100:03.0", "PCI:0000:00:03.0.0",
		"PCI:::.", "MAC:", "MAC:52:54:00:12:34")
	if (parse_nic(word(*t), &c))
		test_fail(__FILE__, __LINE__, *t);
}
