/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The elfcorehdrs of elfcorehdr.h. */
#include "fake/elfcorehdr.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dump/source/mb2.h"
#include "fake/memory.h"

/* No multiboot2 here. */
int source_mb2_init(void) { return -ENODEV; }
void source_mb2_scan(void) {}
bool source_mb2_load(u32 *at, struct elf64_phdr *out) { return (void)at, (void)out, false; }
bool source_mb2_note(u32 *at, struct source_note *out) { return (void)at, (void)out, false; }

struct elf64_hdr corehdr_valid(unsigned int phnum)
{
	return (struct elf64_hdr){
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_CORE,
		.e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_phoff = sizeof(struct elf64_hdr),
		.e_ehsize = sizeof(struct elf64_hdr),
		.e_phentsize = sizeof(struct elf64_phdr),
		.e_phnum = (u16)phnum,
	};
}

void corehdr_begin(struct corehdr *c, pa_t pa)
{
	struct elf64_hdr eh = corehdr_valid(0);

	*c = (struct corehdr){ .pa = pa };
	mem_write(pa, &eh, sizeof(eh));
}

void corehdr_add(struct corehdr *c, const struct elf64_phdr *ph)
{
	struct elf64_hdr eh = corehdr_valid(c->n + 1);

	mem_write(c->pa, &eh, sizeof(eh));
	mem_write(c->pa + sizeof(eh) + c->n++ * sizeof(*ph), ph, sizeof(*ph));
}

void corehdr_load(struct corehdr *c, pa_t offset, u64 bytes)
{
	corehdr_add(c, &(struct elf64_phdr){ .p_type = PT_LOAD, .p_flags = 7, .p_offset = offset,
	                                     .p_paddr = offset, .p_filesz = bytes, .p_memsz = bytes,
	                                     .p_vaddr = 0xffff888000000000ull + offset });
}

void corehdr_note(struct corehdr *c, pa_t offset, u64 bytes)
{
	corehdr_add(c, &(struct elf64_phdr){ .p_type = PT_NOTE, .p_offset = offset, .p_paddr = offset,
	                                     .p_filesz = bytes, .p_memsz = bytes });
}

pa_t note_write(pa_t pa, const char *name, u32 type, const void *desc, u32 desc_bytes)
{
	u32 name_bytes = (u32)strlen(name) + 1, header[3] = { name_bytes, desc_bytes, type };

	mem_write(pa, header, sizeof(header));
	mem_write(pa + 12, name, name_bytes);
	mem_write(pa + 12 + ALIGN_UP(name_bytes, 4), desc, desc_bytes);
	return pa + 12 + ALIGN_UP(name_bytes, 4) + ALIGN_UP(desc_bytes, 4);
}

void corehdr_vmcoreinfo(struct corehdr *c, pa_t pa, const char *text)
{
	pa_t end = note_write(pa, "VMCOREINFO", 0, text, (u32)strlen(text));

	mem_write(end, "\0\0\0\0\0\0\0\0\0\0\0", 12);
	corehdr_note(c, pa, end + 12 - pa);
}

/* One line of a fixture: a program header, what its first note is, or a line of its text. */
struct fixture {
	struct corehdr c;
	u64 max_bytes;
	struct elf64_phdr ph;
	u32 type, desc_bytes;
	char text[8192];
};

static void note_finish(struct fixture *f)
{
	static const u8 end[12];
	char desc[8192] = { 0 };
	pa_t behind;

	if (f->ph.p_type != PT_NOTE)
		return;
	memcpy(desc, f->text, strlen(f->text) < f->desc_bytes ? strlen(f->text) : f->desc_bytes);
	behind = note_write(f->ph.p_offset, f->type ? "CORE" : "VMCOREINFO", f->type, desc,
	                    f->desc_bytes);
	mem_write(behind, end, sizeof(end));
	f->ph.p_type = PT_NULL;
	f->text[0] = '\0';
}

static void fixture_line(struct fixture *f, const char *line)
{
	struct elf64_phdr ph = { 0 };
	u64 pa;

	if (sscanf(line, "elfcorehdr=%llx", &pa) == 1) {
		corehdr_begin(&f->c, pa);
	} else if (sscanf(line, " ph type %u fl %x off %llx va %llx pa %llx fsz %llx msz %llx",
	                  &ph.p_type, &ph.p_flags, &ph.p_offset, &ph.p_vaddr, &ph.p_paddr,
	                  &ph.p_filesz, &ph.p_memsz) == 7) {
		note_finish(f);
		if (ph.p_memsz > f->max_bytes)
			ph.p_filesz = ph.p_memsz = f->max_bytes + (ph.p_memsz & PAGE_MASK);
		corehdr_add(&f->c, &ph);
		f->ph = ph;
	} else if (sscanf(line, " note ns %*x ds %x ty %u", &f->desc_bytes, &f->type) != 2 &&
	           strncmp(line, "e_phnum", 7)) {
		strncat(f->text, line, sizeof(f->text) - strlen(f->text) - 1);
	}
}

pa_t corehdr_fixture(const char *name, u64 max_bytes)
{
	struct fixture f = { .max_bytes = max_bytes };
	char path[256], line[512];
	FILE *in;

	snprintf(path, sizeof(path), "tests/fake/elfcorehdr/%s.txt", name);
	in = fopen(path, "r");
	if (!in) {
		perror(path);
		exit(1);
	}
	while (fgets(line, sizeof(line), in))
		fixture_line(&f, line);
	fclose(in);
	note_finish(&f);
	return f.c.pa;
}
