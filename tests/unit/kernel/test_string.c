/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kernel/string.c, its names prefixed with k_, against the host's string functions. */
#include <stddef.h>

/* The kernel's own definitions, under their other names; no declaration of the host's is in sight. */
#define memcpy k_memcpy
#define memmove k_memmove
#define memset k_memset
#define memcmp k_memcmp
#define memchr k_memchr
#define strlen k_strlen
#define strnlen k_strnlen
#define strcmp k_strcmp
#define strncmp k_strncmp
#define strchr k_strchr
#include "kernel/libc/string.h"
#define _STRING_H /* string.c includes <string.h>: it has it already */
#include "kernel/string.c"
#undef _STRING_H
#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef memchr
#undef strlen
#undef strnlen
#undef strcmp
#undef strncmp
#undef strchr

#include "unit/test.h"

#define SPACE 160

static u8 a[SPACE], b[SPACE];

static void fill(void)
{
	for (size_t i = 0; i < SPACE; i++)
		a[i] = b[i] = (u8)(i * 7 + 1);
}

static int sign(int v) { return (v > 0) - (v < 0); }

typedef void *copier(void *to, const void *from, size_t n);

/* Do both leave the same, for every size and place below these limits? */
static bool copies_alike(copier *ours, copier *libc, size_t to_end, size_t from_start, size_t from_end,
                         size_t n_end)
{
	for (size_t to = 0; to < to_end; to++)
		for (size_t from = from_start; from < from_end; from++)
			for (size_t n = 0; n < n_end; n++) {
				fill();
				libc(b + to, b + from, n);
				if (ours(a + to, a + from, n) != a + to || memcmp(a, b, SPACE))
					return false;
			}
	return true;
}

TEST(memcpy_every_small_size_and_alignment) { CHECK(copies_alike(k_memcpy, memcpy, 16, 80, 96, 48)); }

TEST(memmove_every_overlap) { CHECK(copies_alike(k_memmove, memmove, 40, 0, 40, 60)); }

TEST(memset_every_small_size_and_alignment)
{
	static const int value[] = { 0, 1, 0x80, 0xff, 0x1ff, -1 };

	for (size_t to = 0; to < 16; to++)
		for (size_t n = 0; n < 48; n++)
			for (size_t v = 0; v < ARRAY_SIZE(value); v++) {
				fill();
				CHECK(k_memset(a + to, value[v], n) == a + to);
				memset(b + to, value[v], n);
				CHECK(!memcmp(a, b, SPACE));
			}
}

TEST(memcmp_and_memchr)
{
	for (size_t n = 0; n < 40; n++) {
		fill();
		CHECK_EQ(k_memcmp(a, b, n), 0);
		for (size_t i = 0; i < n; i++) {
			fill();
			b[i] ^= 0x80;
			CHECK_EQ(sign(k_memcmp(a, b, n)), sign(memcmp(a, b, n)));
			CHECK_EQ(k_memcmp(a, b, i), 0);
			CHECK(k_memchr(a, a[i], n) == memchr(a, a[i], n));
			CHECK(k_memchr(a, a[i] | 0x100, n) == memchr(a, a[i], n));
		}
		CHECK(k_memchr(a, 0xee, n) == memchr(a, 0xee, n));
	}
}

TEST(text)
{
	static const char *const t[] = { "", "a", "b", "aa", "ab", "a\x80", "\xff",
		                         "longer text", "longer" };

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		CHECK_EQ(k_strlen(t[i]), strlen(t[i]));
		for (int c = 0; c < 256; c++)
			CHECK(k_strchr(t[i], c) == strchr(t[i], c));
		for (size_t n = 0; n < 14; n++)
			CHECK_EQ(k_strnlen(t[i], n), strnlen(t[i], n));
		for (size_t j = 0; j < ARRAY_SIZE(t); j++) {
			CHECK_EQ(sign(k_strcmp(t[i], t[j])), sign(strcmp(t[i], t[j])));
			for (size_t n = 0; n < 14; n++)
				CHECK_EQ(sign(k_strncmp(t[i], t[j], n)), sign(strncmp(t[i], t[j], n)));
		}
	}
}

TEST(nothing_is_read_behind_a_bound)
{
	char *text = malloc(4); /* ASan watches the fifth */

	memcpy(text, "abcd", 4);
	CHECK_EQ(k_strnlen(text, 4), 4);
	CHECK_EQ(k_strncmp(text, "abcd", 4), 0);
	CHECK(!k_memchr(text, 'x', 4));
	free(text);
}
