/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kernel/format.c against the host's snprintf. */
#include "unit/test.h"

#include <limits.h>

#include "log.h"

/* Both at every buffer size from 0 to just enough; equal results, nothing behind the buffer. */
#define SAME(...)                                                                                  \
	do {                                                                                       \
		char a[256], b[256];                                                               \
		int n = snprintf(a, sizeof(a), __VA_ARGS__);                                       \
		for (size_t size = 0; size <= (size_t)n + 1 && size < sizeof(b); size++) {         \
			memset(a, 0x55, sizeof(a));                                                \
			memset(b, 0x55, sizeof(b));                                                \
			CHECK_EQ(snprintf(a, size, __VA_ARGS__), format(b, size, __VA_ARGS__));    \
			if (memcmp(a, b, sizeof(a)))                                               \
				fprintf(stderr, "size %zu: '%.*s' against '%.*s'\n", size,         \
				        (int)size, a, (int)size, b);                               \
			CHECK(!memcmp(a, b, sizeof(a)));                                           \
		}                                                                                  \
	} while (0)

#pragma GCC diagnostic ignored "-Wformat-truncation"
#pragma GCC diagnostic ignored "-Wformat-overflow"

TEST(table)
{
	SAME("%s", "");
	SAME("plain");
	SAME("100%% %c%c", 'a', 'b');
	SAME("%d %d %d %d", 0, -1, INT_MAX, INT_MIN);
	SAME("%u %x %x", UINT_MAX, UINT_MAX, 0u);
	SAME("%lld %lld %lld", 0ll, LLONG_MAX, LLONG_MIN);
	SAME("%llu %llx", ULLONG_MAX, ULLONG_MAX);
	SAME("%lu %ld %zu", ULONG_MAX, LONG_MIN, (size_t)7);
	SAME("%5d|%-5d|%05d", 42, 42, 42);
	SAME("%5d|%-5d|%05d", -42, -42, -42);
	SAME("%1d|%01d|%-1d", -42, -42, -42);
	SAME("%016llx|%-16llx|%16llx", 0x123ull, 0x123ull, 0x123ull);
	SAME("%s|%10s|%-10s|%2s", "abc", "abc", "abc", "abc");
	SAME("%.2s|%.0s|%.9s|%5.1s|%-5.1s|", "abc", "abc", "abc", "abc", "abc");
	SAME("%.*s|%.*s|%.*s", 2, "abc", 0, "abc", -1, "abc");
	SAME("%llu.%03llu s", 12ull, 7ull);
	SAME("%04x:%02x:%02x.%x", 0, 0x1f, 3, 7);
	SAME("%c|%3c|%-3c|", 'x', 'y', 'z');
}

TEST(unterminated_text_with_a_precision)
{
	char *text = malloc(4), out[16];

	memcpy(text, "abcd", 4);
	CHECK_EQ(format(out, sizeof(out), "%.4s", text), 4); /* ASan watches the fifth */
	CHECK(!strcmp(out, "abcd"));
	CHECK_EQ(format(out, sizeof(out), "%.*s", 3, text), 3);
	free(text);
}

TEST(pointers_and_null)
{
	char out[32];

	CHECK_EQ(format(out, sizeof(out), "%p", (void *)0xffff888000001000), 16);
	CHECK(!strcmp(out, "ffff888000001000"));
	format(out, sizeof(out), "%s", (char *)NULL);
	CHECK(!strcmp(out, "(null)"));
}

TEST(random)
{
	static const char *const number[] = { "d", "u", "x" };
	static const char *const text[] = { "", "a", "hello", "a longer text for the console" };

	srand(1);
	for (int i = 0; i < 20000; i++) {
		char f[32], flags[3] = { 0 };
		int width = rand() % 4 ? rand() % 24 : 0;
		long long v = (long long)rand() << (rand() % 32);
		size_t conv = (size_t)rand() % 3;
		const char *t = text[rand() % 4];
		char a[128], b[128];

		if (rand() % 2)
			v = -v;
		if (rand() % 3 == 0)
			strcat(flags, "-");
		else if (rand() % 2)
			strcat(flags, "0");
		snprintf(f, sizeof(f), "<%%%s%.0d%s%s>", flags, width, rand() % 2 ? "ll" : "l",
		         number[conv]);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(a, sizeof(a), f, v);
		format(b, sizeof(b), f, v);
		if (strcmp(a, b))
			fprintf(stderr, "%s: %s against %s\n", f, a, b);
		CHECK(!strcmp(a, b));
		snprintf(f, sizeof(f), "<%%%s%.0d.%ds>", flags[0] == '-' ? "-" : "", width, rand() % 9);
		snprintf(a, sizeof(a), f, t);
		format(b, sizeof(b), f, t);
#pragma GCC diagnostic pop
		CHECK(!strcmp(a, b));
	}
}

TEST(a_format_cut_short_ends)
{
	char out[16];
	const char *cut[] = { "a%", "a%5", "a%-", "a%l", "a%.", "a%ll" };

	for (size_t i = 0; i < ARRAY_SIZE(cut); i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-security"
		format(out, sizeof(out), cut[i]);
#pragma GCC diagnostic pop
		CHECK(!strcmp(out, "a"));
	}
}
