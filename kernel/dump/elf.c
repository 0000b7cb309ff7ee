/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ELF core container, byte for byte what fs/proc/vmcore.c would export (docs/design.md). */
#include <string.h>

#include "dump/dump.h"
#include "dump/source.h"
#include "log.h"

#define TOTAL_MAX ((u64)1 << 60) /* many overlapping ranges: refuse before the sums overflow */

/* Sizes, in file order: headers, notes, then the contents of each PT_LOAD, all page-rounded. */
struct layout {
	u32 loads;
	u64 notes;     /* bytes of whole notes */
	u64 notes_off; /* = bytes of headers */
	u64 data_off;
	u64 total;
};

/* Which pages a pass over the contents writes. */
enum pass { PASS_ALL, PASS_HIGH, PASS_LOW };

static pa_t load_start(const struct elf64_phdr *ph) { return ALIGN_DOWN(ph->p_offset, PAGE_SIZE); }

static u64 load_bytes(const struct elf64_phdr *ph)
{
	return ALIGN_UP(ph->p_offset + ph->p_memsz, PAGE_SIZE) - load_start(ph);
}

static void layout_make(struct layout *l)
{
	struct elf64_phdr ph;
	struct source_note n;
	u32 at = 0;

	*l = (struct layout){ 0 };
	while (source_next_note(&at, &n))
		l->notes += n.len;
	at = 0;
	while (l->total < TOTAL_MAX && source_next_load(&at, &ph)) {
		l->loads++;
		l->total += load_bytes(&ph);
	}
	l->notes_off = ALIGN_UP(sizeof(struct elf64_hdr) + (u64)(l->loads + 1) * sizeof(ph), PAGE_SIZE);
	l->data_off = l->notes_off + ALIGN_UP(l->notes, PAGE_SIZE);
	l->total += l->data_off;
}

u64 elf_size(void)
{
	struct layout l;

	layout_make(&l);
	return l.total;
}

/* Small pieces gathered to pages for the sink. */
struct gather {
	struct sink *sink;
	u64 off; /* of buf[0] in the container */
	u32 n;
	int err;
	u8 buf[PAGE_SIZE];
};

static void gather_flush(struct gather *g)
{
	if (!g->err && g->n)
		g->err = g->sink->ops->write(g->sink, g->off, g->buf, g->n);
	g->off += g->n;
	g->n = 0;
}

static void gather_add(struct gather *g, const void *p, size_t len)
{
	const u8 *from = p;

	while (len) {
		size_t n = MIN(len, sizeof(g->buf) - g->n);

		memcpy(g->buf + g->n, from, n);
		g->n += n;
		from += n;
		len -= n;
		if (g->n == sizeof(g->buf))
			gather_flush(g);
	}
}

/* Zeros up to the next page boundary of the container, where the gathered page ends too. */
static void gather_pad(struct gather *g)
{
	u64 at = g->off + g->n;
	size_t n = (size_t)(ALIGN_UP(at, PAGE_SIZE) - at);

	memset(g->buf + g->n, 0, n);
	g->n += n;
	gather_flush(g);
}

static void add_phdrs(struct gather *g, const struct layout *l)
{
	struct elf64_phdr ph = {
		.p_type = PT_NOTE, .p_offset = l->notes_off, .p_filesz = l->notes, .p_memsz = l->notes,
	};
	u64 cursor = l->data_off;
	u32 at = 0;

	gather_add(g, &ph, sizeof(ph));
	while (source_next_load(&at, &ph)) {
		u64 bytes = load_bytes(&ph);

		ph.p_offset = cursor + (ph.p_offset & PAGE_MASK);
		gather_add(g, &ph, sizeof(ph));
		cursor += bytes;
	}
}

static void add_notes(struct gather *g)
{
	struct source_note n;
	u8 piece[256];
	u32 at = 0;

	while (source_next_note(&at, &n)) {
		for (u64 off = 0; off < n.len; off += sizeof(piece)) {
			u64 len = MIN(n.len - off, (u64)sizeof(piece));

			source_read_note(piece, &n, off, len);
			gather_add(g, piece, len);
		}
	}
}

static int write_headers(struct sink *s, const struct layout *l)
{
	static struct gather g;
	struct elf64_hdr eh;

	g = (struct gather){ .sink = s };
	source_elf_header(&eh);
	eh.e_phoff = sizeof(eh);
	eh.e_phnum = (u16)(l->loads + 1);
	gather_add(&g, &eh, sizeof(eh));
	add_phdrs(&g, l);
	gather_pad(&g);
	add_notes(&g);
	gather_pad(&g);
	if (!g.err && g.off != l->data_off) {
		log_info("the elfcorehdr or its notes changed while they were read");
		return -ESTALE;
	}
	return g.err;
}

/* The low 16 MiB of a load, where live DMA may still land, go last wherever order is free. */
static int write_load(struct sink *s, struct dump_stats *st, u64 off, pa_t pa, u64 len, enum pass pass)
{
	u64 low = pa < LOW_16M ? MIN(len, LOW_16M - pa) : 0;
	int err = 0;

	if (pass != PASS_HIGH)
		err = dump_span(s, st, off, pa, low);
	if (!err && pass != PASS_LOW)
		err = dump_span(s, st, off + low, pa + low, len - low);
	return err;
}

static int write_contents(struct sink *s, struct dump_stats *st, const struct layout *l, enum pass pass)
{
	struct elf64_phdr ph;
	u64 cursor = l->data_off;
	u32 at = 0;
	int err = 0;

	while (!err && source_next_load(&at, &ph)) {
		if (load_bytes(&ph) > l->total - cursor)
			return -ESTALE;
		err = write_load(s, st, cursor, load_start(&ph), load_bytes(&ph), pass);
		cursor += load_bytes(&ph);
	}
	return err || cursor == l->total ? err : -ESTALE;
}

int elf_write(struct sink *s, struct dump_stats *st)
{
	struct layout l;
	int err;

	layout_make(&l);
	st->total = l.total;
	if (l.total >= TOTAL_MAX) {
		log_info("the elfcorehdr describes more memory than any machine has");
		return -EFBIG;
	}
	err = write_headers(s, &l);
	if (err)
		return err;
	if (!(s->caps & SINK_SEEK))
		return write_contents(s, st, &l, PASS_ALL);
	err = write_contents(s, st, &l, PASS_HIGH);
	return err ? err : write_contents(s, st, &l, PASS_LOW);
}
