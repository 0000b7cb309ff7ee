/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The oracle of vmcore_ref.h. */
#include "vmcore_ref.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "fake_memory.h"

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

void vmcore_open(struct vmcore *v, u64 pa)
{
	Elf64_Ehdr eh;
	Elf64_Phdr *ph, *out;
	u64 notes_len, headers_len, cursor;
	unsigned int segments, n;
	u8 *notes;

	mem_read(&eh, pa, sizeof(eh));
	n = eh.e_phnum;
	ph = calloc(n + 1, sizeof(*ph));
	mem_read(ph, pa + sizeof(eh), n * sizeof(*ph));
	notes = merge_notes(ph, n, &notes_len, &segments);

	eh.e_phnum = (Elf64_Half)(n - segments + 1);
	headers_len = round_up(sizeof(eh) + (u64)eh.e_phnum * sizeof(*ph));
	v->head_len = headers_len + round_up(notes_len);
	v->head = calloc(1, v->head_len);
	v->chunk = calloc(n + 1, sizeof(*v->chunk));
	v->chunks = 0;
	memcpy(v->head, &eh, sizeof(eh));
	memcpy(v->head + headers_len, notes, notes_len);
	out = (Elf64_Phdr *)(v->head + sizeof(eh));
	*out++ = (Elf64_Phdr){ .p_type = PT_NOTE, .p_offset = headers_len, .p_filesz = notes_len,
		               .p_memsz = notes_len };
	cursor = v->head_len;
	for (unsigned int i = 0; i < n; i++) {
		u64 start, end;

		if (ph[i].p_type == PT_NOTE)
			continue;
		start = ph[i].p_offset / 4096 * 4096;
		end = round_up(ph[i].p_offset + ph[i].p_memsz);
		*out = ph[i];
		out++->p_offset = cursor + (ph[i].p_offset - start);
		if (end == start)
			continue;
		v->chunk[v->chunks++] = (struct vmcore_chunk){ cursor, start, end - start };
		cursor += end - start;
	}
	v->size = cursor;
	free(ph);
	free(notes);
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
	return v->chunk[low].pa + off;
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
		mem_read(to, pa, n);
		to += n;
		off += n;
		len -= n;
	}
}
