/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs the registered tests; last line `N passed, N failed[, N skipped]`. */
#include "unit/test.h"

static struct test *tests;
static int failed_here;
static const char *skipped_here; /* why */

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

void test_skip(const char *why) { skipped_here = why; }

int main(int argc, char **argv)
{
	int passed = 0, failed = 0, skipped = 0;

	for (struct test *t = tests; t; t = t->next) {
		if (argc > 1 && strcmp(argv[1], t->name))
			continue;
		failed_here = 0;
		skipped_here = NULL;
		test_log_clear();
		t->run();
		if (failed_here) {
			printf("not ok - %s\n", t->name);
			failed++;
		} else if (skipped_here) {
			printf("skipped - %s: %s\n", t->name, skipped_here);
			skipped++;
		} else {
			passed++;
		}
	}
	printf("%d passed, %d failed", passed, failed);
	if (skipped)
		printf(", %d skipped", skipped);
	putchar('\n');
	return failed || !(passed + skipped);
}
