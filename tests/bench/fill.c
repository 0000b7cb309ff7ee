/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fills memory of the guest: `fill FILE MIB [KEEP]`, linked statically, run in the guest. Writes so
 * many MiB to FILE, or fewer if the free memory comes down to KEEP MiB, and prints how many it
 * wrote.
 *
 * Of three pages two are random (the same ones at each run) and one is text, /proc/kallsyms at a
 * place that moves on, so that no page is zero. A block device is written past the page cache,
 * whose pages makedumpfile's level 31 would leave out. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#define MIB       (1024ul * 1024)
#define PAGE      4096ul
#define TEXT_STEP 37 /* odd, so that the text's place in the page moves too */

static char text[MIB + PAGE];
static uint64_t chunk[MIB / 8] __attribute__((aligned(PAGE)));

static int text_read(void)
{
	int fd = open("/proc/kallsyms", O_RDONLY);
	size_t have = 0;
	ssize_t n = 1;

	while (fd >= 0 && have < sizeof(text) &&
	       (n = read(fd, text + have, sizeof(text) - have)) > 0)
		have += (size_t)n;
	return have == sizeof(text) ? close(fd) : -1;
}

/* xorshift64 */
static void page_random(uint64_t *page, uint64_t number)
{
	uint64_t x = (number + 1) * 0x9e3779b97f4a7c15ull;

	for (size_t i = 0; i < PAGE / 8; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		page[i] = x;
	}
}

static void chunk_make(uint64_t number)
{
	for (size_t i = 0; i < MIB / PAGE; i++) {
		uint64_t page = number * (MIB / PAGE) + i;
		uint64_t *to = chunk + i * (PAGE / 8);

		if (page % 3 < 2)
			page_random(to, page);
		else
			memcpy(to, text + page * TEXT_STEP % MIB, PAGE);
	}
}

static uint64_t free_mib(void)
{
	struct sysinfo info;

	return sysinfo(&info) ? 0 : info.freeram * (uint64_t)info.mem_unit / MIB;
}

int main(int argc, char **argv)
{
	uint64_t mib, keep, done = 0;
	struct stat st;
	int fd;

	if (argc < 3 || argc > 4)
		return 2;
	mib = strtoull(argv[2], NULL, 10);
	keep = argc > 3 ? strtoull(argv[3], NULL, 10) : 0;
	fd = open(argv[1], O_WRONLY | O_CREAT, 0644);
	if (fd < 0 || fstat(fd, &st) || (S_ISBLK(st.st_mode) && fcntl(fd, F_SETFL, O_DIRECT)) ||
	    text_read()) {
		perror(argv[1]);
		return 1;
	}
	for (; done < mib && free_mib() > keep + 1; done++) {
		chunk_make(done);
		if (write(fd, chunk, MIB) != (ssize_t)MIB) {
			perror(argv[1]);
			return 1;
		}
	}
	printf("%llu\n", (unsigned long long)done);
	return 0;
}
