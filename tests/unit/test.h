/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A unit test is a program: TEST(name) { CHECK(...); } as often as wanted; test_main.c runs them. */
#ifndef AFTERIMAGE_TEST_H
#define AFTERIMAGE_TEST_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct test {
	const char *name;
	void (*run)(void);
	struct test *next;
};

void test_add(struct test *t);
void test_fail(const char *file, int line, const char *what);
void test_skip(const char *why);

#define TEST(id)                                                                                   \
	static void test_##id(void);                                                               \
	__attribute__((constructor)) static void add_##id(void)                                    \
	{                                                                                          \
		static struct test t = { .name = #id, .run = test_##id };                          \
		test_add(&t);                                                                      \
	}                                                                                          \
	static void test_##id(void)

/* A failed CHECK ends its test (not the program). */
#define CHECK(cond)                                                                                \
	do {                                                                                       \
		if (!(cond)) {                                                                     \
			test_fail(__FILE__, __LINE__, #cond);                                      \
			return;                                                                    \
		}                                                                                  \
	} while (0)

/* Ends a test that cannot be done here; it counts as skipped. */
#define SKIP_UNLESS(cond, why)                                                                     \
	do {                                                                                       \
		if (!(cond)) {                                                                     \
			test_skip(why);                                                            \
			return;                                                                    \
		}                                                                                  \
	} while (0)

#define CHECK_EQ(a, b)                                                                             \
	do {                                                                                       \
		long long _x = (long long)(a), _y = (long long)(b);                                \
		if (_x != _y) {                                                                    \
			char _m[256];                                                              \
			snprintf(_m, sizeof(_m), "%s == %s: %lld (0x%llx) against %lld (0x%llx)",  \
			         #a, #b, _x, _x, _y, _y);                                          \
			test_fail(__FILE__, __LINE__, _m);                                         \
			return;                                                                    \
		}                                                                                  \
	} while (0)

/* fake/log.c: everything logged since the last test_log_clear(), and whether it holds a text. */
void test_log_clear(void);
int test_logged(const char *text);

/* fake/clock.c: time moves by step_us with every clock_us(), and by delays; fake_expired is what
 * clock_expired() says. */
extern unsigned long long fake_now_us, fake_step_us;
extern int fake_expired;

#endif
