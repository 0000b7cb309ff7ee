/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The oracle of vmcore_ref.h. */
#include "vmcore_ref.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "fake/memory.h"

#define RUN_MIN 256 /* PFN_EXCLUDED: a shorter run of left-out pages stays */

static u64 round_up(u64 x) { return (x + 4095) / 4096 * 4096; }

/* update_note_header_size_elf64(): how much of a PT_NOTE counts. */
static u64 note_bytes(const u8 *notes, u64 max)
{
	u64 real = 0;

	while (max - real >= sizeof(Elf64_Nhdr)) {
		Elf64_Nhdr n;
		u64 size;

		memcpy(&n, notes + real, sizeof(n));
		if (n.n_namesz == 0)
			break;
		size = sizeof(n) + ((u64)n.n_namesz + 3) / 4 * 4 + ((u64)n.n_descsz + 3) / 4 * 4;
		if (real + size > max)
			break;
		real += size;
	}
	return real;
}

static u8 *merge_notes(const Elf64_Phdr *ph, unsigned int n, u64 *len, unsigned int *segments)
{
	u64 room = 1;
	u8 *all;

	for (unsigned int i = 0; i < n; i++)
		room += ph[i].p_type == PT_NOTE ? ph[i].p_memsz : 0;
	all = malloc(room);
	*len = 0;
	*segments = 0;
	for (unsigned int i = 0; i < n; i++) {
		if (ph[i].p_type != PT_NOTE)
			continue;
		mem_read(all + *len, ph[i].p_offset, ph[i].p_memsz);
		*len += note_bytes(all + *len, ph[i].p_memsz);
		++*segments;
	}
	return all;
}

static void add_chunk(struct vmcore *v, u64 off, u64 pa, u64 len)
{
	if (v->chunks == v->room) {
		v->room = v->room * 2 + 64;
		v->chunk = realloc(v->chunk, v->room * sizeof(*v->chunk));
	}
	v->chunk[v->chunks++] = (struct vmcore_chunk){ off, pa, len };
}

/* Contents [pa, pa + len) of page frames pfn and on. */
static void add_contents(struct vmcore *v, u64 off, u64 pfn, u64 pa, u64 len, bool (*never)(u64 pfn))
{
	u64 from = 0;

	for (u64 i = 0; never && i < len; i += PAGE_SIZE) {
		if (!never(pfn + i / PAGE_SIZE))
			continue;
		if (i > from)
			add_chunk(v, off + from, pa + from, i - from);
		add_chunk(v, off + i, VMCORE_ZEROS, PAGE_SIZE);
		from = i + PAGE_SIZE;
	}
	if (len > from)
		add_chunk(v, off + from, pa + from, len - from);
}

/* The PT_LOADs that one becomes: write_elf_pages_cyclic() of makedumpfile, told by page ends. */
struct splitter {
	struct vmcore *v;
	const struct vmcore_level *level;
	Elf64_Phdr in, *out; /* out: NULL to count */
	unsigned int n;
	u64 cursor;
};

static void emit(struct splitter *s, u64 at, u64 filesz, u64 memsz)
{
	Elf64_Phdr ph = s->in;
	u64 start = (ph.p_offset + at) / 4096 * 4096, end = round_up(ph.p_offset + at + filesz);

	s->n++;
	if (!s->out)
		return;
	ph.p_paddr += at;
	ph.p_vaddr += at;
	ph.p_filesz = filesz;
	ph.p_memsz = memsz;
	ph.p_offset = s->cursor + (s->in.p_offset + at - start);
	if (!filesz && memsz)
		end = start, ph.p_offset = 0;
	*s->out++ = ph;
	if (end > start)
		add_contents(s->v, s->cursor, ph.p_paddr / 4096, start, end - start, s->level->never);
	s->cursor += end - start;
}

static void split(struct splitter *s)
{
	u64 size = s->in.p_memsz, begin = 0, kept = 0, excluded = 0, at = 0;

	while (s->level->left_out && at < size) {
		u64 pa = s->in.p_paddr + at, next = (pa / 4096 + 1) * 4096 - s->in.p_paddr;
		bool out = s->level->left_out(pa / 4096) && pa % 4096 == 0;

		next = next < size ? next : size;
		if (!out && excluded >= RUN_MIN) {
			emit(s, begin, kept - begin, at - begin);
			begin = at;
		}
		excluded = out ? excluded + 1 : 0;
		kept = out ? kept : next;
		at = next;
	}
	emit(s, begin, s->level->left_out ? kept - begin : size, size - begin);
}

/* Program headers behind the PT_NOTE. */
static unsigned int split_all(struct splitter *s, const Elf64_Phdr *ph, unsigned int n)
{
	s->n = 0;
	for (unsigned int i = 0; i < n; i++) {
		s->in = ph[i];
		if (ph[i].p_type != PT_NOTE)
			split(s);
	}
	return s->n;
}

void vmcore_open_level(struct vmcore *v, u64 pa, const struct vmcore_level *level)
{
	struct splitter s = { .v = v, .level = level };
	Elf64_Ehdr eh;
	Elf64_Phdr *ph;
	u64 notes_len, headers_len;
	unsigned int segments, n;
	u8 *notes;

	memset(v, 0, sizeof(*v));
	mem_read(&eh, pa, sizeof(eh));
	n = eh.e_phnum;
	ph = calloc(n + 1, sizeof(*ph));
	mem_read(ph, pa + sizeof(eh), n * sizeof(*ph));
	notes = merge_notes(ph, n, &notes_len, &segments);

	eh.e_phnum = (Elf64_Half)(split_all(&s, ph, n) + 1);
	headers_len = round_up(sizeof(eh) + (u64)eh.e_phnum * sizeof(*ph));
	v->head_len = headers_len + round_up(notes_len);
	v->head = calloc(1, v->head_len);
	memcpy(v->head, &eh, sizeof(eh));
	memcpy(v->head + headers_len, notes, notes_len);
	s.out = (Elf64_Phdr *)(v->head + sizeof(eh));
	*s.out++ = (Elf64_Phdr){ .p_type = PT_NOTE, .p_offset = headers_len, .p_filesz = notes_len,
		                 .p_memsz = notes_len };
	s.cursor = v->head_len;
	split_all(&s, ph, n);
	v->size = s.cursor;
	free(ph);
	free(notes);
}

void vmcore_open(struct vmcore *v, u64 pa)
{
	vmcore_open_level(v, pa, &(struct vmcore_level){ 0 });
}

void vmcore_close(struct vmcore *v)
{
	free(v->head);
	free(v->chunk);
}

u64 vmcore_locate(const struct vmcore *v, u64 off, u64 *left)
{
	size_t low = 0, high = v->chunks;

	while (high - low > 1) {
		size_t mid = (low + high) / 2;

		*(off >= v->chunk[mid].off ? &low : &high) = mid;
	}
	if (!v->chunks || off < v->chunk[low].off || off - v->chunk[low].off >= v->chunk[low].len) {
		*left = 0;
		return 0;
	}
	off -= v->chunk[low].off;
	*left = v->chunk[low].len - off;
	return v->chunk[low].pa == VMCORE_ZEROS ? VMCORE_ZEROS : v->chunk[low].pa + off;
}

void vmcore_read(const struct vmcore *v, u64 off, void *dst, u64 len)
{
	u8 *to = dst;

	if (off < v->head_len) {
		u64 n = len < v->head_len - off ? len : v->head_len - off;

		memcpy(to, v->head + off, n);
		to += n;
		off += n;
		len -= n;
	}
	while (len) {
		u64 left, pa = vmcore_locate(v, off, &left);
		u64 n = len < left ? len : left;

		if (!left)
			abort();
		if (pa == VMCORE_ZEROS)
			memset(to, 0, n);
		else
			mem_read(to, pa, n);
		to += n;
		off += n;
		len -= n;
	}
}
