// SPDX-License-Identifier: GPL-2.0-or-later
// ELF cores: headers, notes, the length they promise, physical memory.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vmcore/elfcore.h"

#define OFFSET_LIMIT (1ull << 62) /* sums of two stay below 2^63 */

static int check_ehdr(const Elf64_Ehdr *h, struct why *why)
{
	if (memcmp(h->e_ident, ELFMAG, SELFMAG))
		return refuse(why, -EBADMSG, "no ELF file");
	if (h->e_ident[EI_CLASS] != ELFCLASS64 || h->e_ident[EI_DATA] != ELFDATA2LSB ||
	    h->e_machine != EM_X86_64)
		return refuse(why, -EBADMSG, "an ELF file, but not of x86_64");
	if (h->e_type != ET_CORE)
		return refuse(why, -EBADMSG, "an ELF file, but not a core");
	if (h->e_phentsize != sizeof(Elf64_Phdr) || !h->e_phnum || h->e_phnum == PN_XNUM)
		return refuse(why, -EBADMSG, "%u program headers of %u bytes", h->e_phnum,
			      h->e_phentsize);
	return 0;
}

static int check_phdr(struct elfcore *e, const Elf64_Phdr *p, struct why *why)
{
	u64 end;

	if (p->p_type != PT_LOAD && p->p_type != PT_NOTE)
		return 0;
	if (p->p_offset > OFFSET_LIMIT || p->p_filesz > OFFSET_LIMIT || p->p_paddr > OFFSET_LIMIT ||
	    p->p_memsz > OFFSET_LIMIT || p->p_filesz > p->p_memsz)
		return refuse(why, -EBADMSG,
			      "impossible range: offset 0x%llx, size 0x%llx, address 0x%llx",
			      p->p_offset, p->p_filesz, p->p_paddr);
	end = p->p_offset + p->p_filesz;
	e->end = MAX(e->end, end);
	e->padded_end = MAX(e->padded_end, ALIGN_UP(end, PAGE_SIZE));
	return 0;
}

static int by_address(const void *a, const void *b)
{
	const struct elf_range *x = a, *y = b;

	return (x->pa > y->pa) - (x->pa < y->pa);
}

static int index_ranges(struct elfcore *e, struct why *why)
{
	u64 reach = 0;

	e->range = malloc(e->count * sizeof(*e->range));
	if (!e->range)
		return refuse(why, -ENOMEM, "no memory for the ranges");
	for (u32 i = 0; i < e->count; i++) {
		const Elf64_Phdr *p = &e->phdr[i];

		if (p->p_type == PT_LOAD && p->p_memsz)
			e->range[e->ranges++] = (struct elf_range){ p->p_paddr, p->p_memsz,
								    p->p_filesz, p->p_offset, 0 };
	}
	qsort(e->range, e->ranges, sizeof(*e->range), by_address);
	for (u32 i = 0; i < e->ranges; i++)
		e->range[i].reach = reach = MAX(reach, e->range[i].pa + e->range[i].memsz);
	return 0;
}

int elfcore_open(struct elfcore *e, const struct input *in, struct why *why)
{
	Elf64_Ehdr h;
	u64 table;
	int err;

	memset(e, 0, sizeof(*e));
	if (input_read(in, 0, &h, sizeof(h)))
		return refuse(why, -ENODATA, "cut within the ELF header");
	err = check_ehdr(&h, why);
	if (err)
		return err;
	table = h.e_phnum * sizeof(Elf64_Phdr);
	if (h.e_phoff > OFFSET_LIMIT)
		return refuse(why, -EBADMSG, "program headers at 0x%llx", h.e_phoff);
	e->end = e->padded_end = h.e_phoff + table;
	e->phdr = malloc(table);
	if (!e->phdr)
		return refuse(why, -ENOMEM, "no memory for the program headers");
	if (input_read(in, h.e_phoff, e->phdr, table))
		err = refuse(why, -ENODATA, "cut within the program headers");
	e->count = h.e_phnum;
	for (u32 i = 0; i < e->count && !err; i++)
		err = check_phdr(e, &e->phdr[i], why);
	if (!err)
		err = index_ranges(e, why);
	if (err)
		elfcore_close(e);
	return err;
}

void elfcore_close(struct elfcore *e)
{
	free(e->phdr);
	free(e->range);
	memset(e, 0, sizeof(*e));
}

void elfcore_notes(const struct elfcore *e, const struct input *in, struct notes *notes)
{
	for (u32 i = 0; i < e->count; i++)
		if (e->phdr[i].p_type == PT_NOTE)
			notes_read(notes, in, e->phdr[i].p_offset, e->phdr[i].p_filesz);
}

int elfcore_check_length(const struct elfcore *e, u64 size, struct why *why)
{
	if (size < e->end)
		return refuse(why, -EBADMSG, "cut: %llu bytes of %llu", size, e->end);
	if (size != e->end && size != e->padded_end)
		return refuse(why, -EBADMSG, "%llu bytes too many: the headers speak of %llu",
			      size - e->end, e->end);
	return 0;
}

/* The range that has the byte at pa in the file; else one that has it at all. Cores with a level
 * have tens of thousands of ranges; that several hold one address is rare. */
static const struct elf_range *find_range(const struct elfcore *e, pa_t pa)
{
	const struct elf_range *left_out = NULL;
	u32 lo = 0, hi = e->ranges;

	while (lo < hi) {
		u32 mid = lo + (hi - lo) / 2;

		if (e->range[mid].pa <= pa)
			lo = mid + 1;
		else
			hi = mid;
	}
	while (lo-- && e->range[lo].reach > pa) {
		const struct elf_range *r = &e->range[lo];

		if (pa - r->pa < r->filesz)
			return r;
		if (pa - r->pa < r->memsz)
			left_out = r;
	}
	return left_out;
}

/* What lies between p_filesz and p_memsz was left out, as makedumpfile -E does: a page of zeros
 * perhaps. Another range may hold some of it: so one page at a time. */
static int read_piece(const struct elfcore *e, const struct input *in, pa_t pa, u8 *buf, u64 *len)
{
	const struct elf_range *r = find_range(e, pa);
	u64 within;

	if (!r)
		return -ENODATA;
	within = pa - r->pa;
	if (within < r->filesz) {
		*len = MIN(*len, r->filesz - within);
		return input_read(in, r->offset + within, buf, *len);
	}
	*len = MIN(*len, MIN(r->memsz - within, PAGE_SIZE - (pa & PAGE_MASK)));
	memset(buf, 0, *len);
	return 0;
}

int elfcore_read_phys(const struct elfcore *e, const struct input *in, pa_t pa, void *buf, u64 len)
{
	u8 *dst = buf;

	while (len) {
		u64 n = len;
		int err = read_piece(e, in, pa, dst, &n);

		if (err)
			return err;
		dst += n;
		pa += n;
		len -= n;
	}
	return 0;
}
