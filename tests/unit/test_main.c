/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs the registered tests; last line `N passed, N failed`. */
#include "test.h"

static struct test *tests;
static int failed_here;

void test_add(struct test *t)
{
	struct test **at = &tests;

	while (*at)
		at = &(*at)->next;
	*at = t;
}

void test_fail(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: %s\n", file, line, what);
	failed_here = 1;
}

int main(int argc, char **argv)
{
	int passed = 0, failed = 0;

	for (struct test *t = tests; t; t = t->next) {
		if (argc > 1 && strcmp(argv[1], t->name))
			continue;
		failed_here = 0;
		test_log_clear();
		t->run();
		if (failed_here) {
			printf("not ok - %s\n", t->name);
			failed++;
		} else {
			passed++;
		}
	}
	printf("%d passed, %d failed\n", passed, failed);
	return failed || !passed;
}
