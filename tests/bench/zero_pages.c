/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counts zero pages in a guest's RAM file, of the RAM that a dump covers: `zero_pages RAM VMCORE`
 * prints ZERO TOTAL. VMCORE is an ELF core; the kernel text, which it holds twice, counts once.
 * Below 4 GiB only, where file offset and physical address are the same. */
#include <elf.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE 4096u
#define KERNEL_MAP_START 0xffffffff80000000ull

static const uint8_t *map(const char *path, uint64_t *len)
{
	struct stat st;
	int fd = open(path, O_RDONLY);
	void *p = MAP_FAILED;

	if (fd >= 0 && !fstat(fd, &st)) {
		*len = (uint64_t)st.st_size;
		p = mmap(NULL, *len, PROT_READ, MAP_PRIVATE, fd, 0);
	}
	if (p == MAP_FAILED)
		perror(path);
	return p == MAP_FAILED ? NULL : p;
}

int main(int argc, char **argv)
{
	static const uint8_t none[PAGE];
	uint64_t ram_len, core_len, zero = 0, total = 0;
	const uint8_t *ram = argc == 3 ? map(argv[1], &ram_len) : NULL;
	const uint8_t *core = ram ? map(argv[2], &core_len) : NULL;
	const Elf64_Ehdr *eh = (const void *)core;

	if (!core || core_len < sizeof(*eh) || memcmp(eh->e_ident, ELFMAG, SELFMAG) ||
	    eh->e_phoff + (uint64_t)eh->e_phnum * sizeof(Elf64_Phdr) > core_len)
		return 1;
	for (unsigned int i = 0; i < eh->e_phnum; i++) {
		const Elf64_Phdr *ph = (const Elf64_Phdr *)(core + eh->e_phoff) + i;

		if (ph->p_type != PT_LOAD || ph->p_vaddr >= KERNEL_MAP_START)
			continue;
		uint64_t end = ph->p_paddr + ph->p_memsz;

		for (uint64_t at = ph->p_paddr & -(uint64_t)PAGE; at < end; at += PAGE) {
			if (at + PAGE > ram_len)
				break;
			total++;
			zero += !memcmp(ram + at, none, PAGE);
		}
	}
	printf("%llu %llu\n", (unsigned long long)zero, (unsigned long long)total);
	return total ? 0 : 1;
}
