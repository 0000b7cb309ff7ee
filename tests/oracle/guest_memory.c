/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A process in the test guest that has memory of one kind: says "ready" and keeps it. */
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MIB (1ul << 20)
#define HUGE_PAGE (2 * MIB)
#define PAGE 4096ul
#define PFN_MASK ((1ull << 55) - 1) /* Documentation/admin-guide/mm/pagemap.rst */

static void die(const char *what)
{
	perror(what);
	printf("%s\n", what);
	fflush(stdout);
	exit(1);
}

static uint64_t pfn_of(const void *p)
{
	uint64_t entry = 0;
	int fd = open("/proc/self/pagemap", O_RDONLY);

	if (fd < 0 || pread(fd, &entry, sizeof(entry), (off_t)((uintptr_t)p / PAGE * sizeof(entry))) != sizeof(entry))
		die("pagemap");
	close(fd);
	return entry & PFN_MASK;
}

/* Newer kernels tell of the poisoned page even who asked for it. */
static void survive(int sig)
{
	(void)sig;
}

/* Pages that differ from each other; of ksm every eighth is alone, the others are equal. */
static void fill(unsigned char *at, size_t size, int equal)
{
	for (size_t page = 0; page < size / PAGE; page++) {
		unsigned int x = equal && page % 8 ? 1 : (unsigned int)page + 2;

		for (size_t i = 0; i < PAGE; i += sizeof(x)) {
			x = x * 1664525 + 1013904223;
			memcpy(at + page * PAGE + i, &x, sizeof(x));
		}
	}
}

int main(int argc, char **argv)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS;
	unsigned char *at;
	const char *kind;
	uint64_t pfn = 0;
	size_t size;

	if (argc != 3)
		return 2;
	kind = argv[1];
	size = strtoul(argv[2], NULL, 0) * MIB;
	if (!strcmp(kind, "hugetlb"))
		flags |= MAP_HUGETLB;
	at = mmap(NULL, size + HUGE_PAGE, PROT_READ | PROT_WRITE, flags, -1, 0);
	if (at == MAP_FAILED)
		die("mmap");
	if (!strcmp(kind, "thp")) {
		at += HUGE_PAGE - (uintptr_t)at % HUGE_PAGE;
		if (madvise(at, size, MADV_HUGEPAGE))
			die("MADV_HUGEPAGE");
	}
	if (!strcmp(kind, "ksm") && madvise(at, size, MADV_MERGEABLE))
		die("MADV_MERGEABLE");
	fill(at, size, !strcmp(kind, "ksm"));
	if (!strcmp(kind, "poison")) {
		pfn = pfn_of(at);
		signal(SIGBUS, survive);
		if (madvise(at, PAGE, MADV_HWPOISON))
			die("MADV_HWPOISON");
	}
	printf("ready 0x%llx\n", (unsigned long long)pfn);
	fflush(stdout);
	while (pause())
		;
	return 0;
}
