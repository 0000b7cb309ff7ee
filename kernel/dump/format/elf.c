/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ELF core container: byte for byte what fs/proc/vmcore.c would export, or with a level the
 * same without long runs of left-out pages, its PT_LOADs split as by makedumpfile -E. */
#include <string.h>

#include "clock.h"
#include "dump/dump.h"
#include "dump/format/elf_plan.h"
#include "dump/linux/filter.h"
#include "dump/source/source.h"
#include "life/life.h"
#include "log.h"

#define TOTAL_MAX   ((u64)1 << 60) /* many overlapping ranges: refuse before the sums overflow */
#define PHDRS_MAX   (PN_XNUM - 1u) /* not every reader knows what PN_XNUM means */
#define NEVER_PAGES 2048u          /* asked at a time which of them must never be read */

/* Sizes, in file order: headers, notes, then the contents of each PT_LOAD, all page-rounded. */
struct layout {
	u32 loads;
	u64 notes;     /* bytes of whole notes */
	u64 notes_off; /* = bytes of headers */
	u64 data_off;
	u64 total;
};

/* One PT_LOAD of the dump, which is a stretch of the source's: pages with contents, then pages left
 * out, which readers see as zeros since p_memsz is larger than p_filesz. Begins as zeros. */
struct piece {
	u64 at; /* in pages from the load's beginning */
	u64 kept, left_out;
	bool begun;
};

/* Which pages a pass over the contents writes. */
enum pass { PASS_ALL, PASS_HIGH, PASS_LOW };

static pa_t load_start(const struct elf64_phdr *ph) { return ALIGN_DOWN(ph->p_offset, PAGE_SIZE); }

static u64 load_pages(const struct elf64_phdr *ph)
{
	return (ALIGN_UP(ph->p_offset + ph->p_memsz, PAGE_SIZE) - load_start(ph)) / PAGE_SIZE;
}

static bool load_has_page_frames(const struct elf64_phdr *ph)
{
	return (ph->p_paddr & PAGE_MASK) == (ph->p_offset & PAGE_MASK);
}

/* The next piece of a load; an empty load is one empty piece. A run counts from ELF_RUN_MIN pages
 * on, or if the load ends in it; a page that the load begins within always stays. */
static bool piece_next(const struct elf64_phdr *ph, struct piece *p)
{
	u64 pages = load_pages(ph), base = ph->p_paddr / PAGE_SIZE, from;
	struct page_run r;

	p->at += p->kept + p->left_out;
	if (p->begun && p->at >= pages)
		return false;
	p->begun = true;
	p->kept = pages - p->at;
	p->left_out = 0;
	from = p->at ? p->at : !!(ph->p_paddr & PAGE_MASK);
	while (load_has_page_frames(ph) && from < pages && elf_plan_next(base + from, &r) &&
	       r.first < base + pages) {
		u64 first = MAX(r.first, base + from) - base, end = MIN(r.end, base + pages) - base;

		if (end - first >= ELF_RUN_MIN || end == pages) {
			p->kept = first - p->at;
			p->left_out = end - first;
			break;
		}
		from = end; /* cut short by the load's beginning */
	}
	return true;
}

/* A piece's program header, its contents at container offset `cursor`. */
static void piece_phdr(struct elf64_phdr *ph, const struct piece *p, u64 cursor)
{
	u64 page = ALIGN_DOWN(ph->p_paddr, PAGE_SIZE), load_end = ph->p_paddr + ph->p_memsz;
	u64 start = p->at ? page + p->at * PAGE_SIZE : ph->p_paddr;
	u64 kept_end = page + (p->at + p->kept) * PAGE_SIZE;
	u64 file_end = MIN(kept_end, load_end);

	if (p->at || p->left_out) {
		ph->p_vaddr += start - ph->p_paddr;
		ph->p_paddr = start;
		ph->p_filesz = file_end - start;
		ph->p_memsz = MIN(kept_end + p->left_out * PAGE_SIZE, load_end) - start;
		/* no place, not an empty one: makedumpfile looks ranges up by their offset */
		ph->p_offset = p->kept ? cursor + (start & PAGE_MASK) : 0;
	} else {
		ph->p_offset = cursor + (ph->p_offset & PAGE_MASK);
	}
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
		struct piece p = { 0 };

		while (l->loads < PN_XNUM && piece_next(&ph, &p)) {
			l->loads++;
			l->total += p.kept * PAGE_SIZE;
		}
	}
	l->notes_off = ALIGN_UP(sizeof(struct elf64_hdr) + (u64)(l->loads + 1) * sizeof(ph), PAGE_SIZE);
	l->data_off = l->notes_off + ALIGN_UP(l->notes, PAGE_SIZE);
	l->total += l->data_off;
}

int elf_prepare(unsigned int level)
{
	struct layout l;
	int err = elf_plan_make(level);

	layout_make(&l);
	while (l.loads + 1 > PHDRS_MAX && elf_plan_coarsen())
		layout_make(&l);
	return err;
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

static struct gather gather OVERLAY(elf);

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
		struct piece p = { 0 };

		while (piece_next(&ph, &p)) {
			struct elf64_phdr out = ph;

			piece_phdr(&out, &p, cursor);
			gather_add(g, &out, sizeof(out));
			cursor += p.kept * PAGE_SIZE;
		}
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
	struct gather *g = &gather;
	struct elf64_hdr eh;

	*g = (struct gather){ .sink = s };
	source_elf_header(&eh);
	eh.e_phoff = sizeof(eh);
	eh.e_phnum = (u16)(l->loads + 1);
	gather_add(g, &eh, sizeof(eh));
	add_phdrs(g, l);
	gather_pad(g);
	add_notes(g);
	gather_pad(g);
	if (!g->err && g->off != l->data_off) {
		log_info("the elfcorehdr or its notes changed while they were read");
		return -ESTALE;
	}
	return g->err;
}

static bool bit_of(const u8 *map, u64 i) { return map[i / 8] >> (i % 8) & 1; }

static int write_zeros(struct sink *s, struct dump_stats *st, u64 off, u64 pages)
{
	int err = 0;

	memset(gather.buf, 0, sizeof(gather.buf));
	for (; pages && !err; pages--, off += PAGE_SIZE) {
		err = s->ops->write(s, off, gather.buf, sizeof(gather.buf));
		if (!err && clock_expired())
			err = -ETIME;
		st->pages++;
		st->unreadable++;
		dump_progress(s, st);
	}
	return err;
}

/* n pages at pa, which are page frames pfn and on, as they are: but for those that must never be
 * read. */
static int write_pages(struct sink *s, struct dump_stats *st, u64 off, u64 pfn, pa_t pa, u64 n)
{
	u8 never[NEVER_PAGES / 8];
	int err = 0;

	while (n && !err) {
		u64 from = pfn % 8, count = MIN(n, NEVER_PAGES - pfn % NEVER_PAGES), i, same;

		life_begin(LIFE_FILTER);
		filter_apply(pfn - from, (u32)ALIGN_UP(from + count, 8), NULL, never);
		life_begin(LIFE_ALL);
		for (i = 0; i < count && !err; i += same) {
			bool zeros = bit_of(never, from + i);

			for (same = 1; i + same < count && bit_of(never, from + i + same) == zeros;)
				same++;
			err = zeros ? write_zeros(s, st, off + i * PAGE_SIZE, same)
			            : dump_span(s, st, off + i * PAGE_SIZE, pa + i * PAGE_SIZE,
			                        same * PAGE_SIZE);
		}
		off += count * PAGE_SIZE;
		pfn += count;
		pa += count * PAGE_SIZE;
		n -= count;
	}
	return err;
}

/* The low 16 MiB of a load, where live DMA may still land, go last wherever order is free. */
static int write_piece(struct sink *s, struct dump_stats *st, u64 off, const struct elf64_phdr *ph,
                       const struct piece *p, enum pass pass)
{
	pa_t pa = load_start(ph) + p->at * PAGE_SIZE;
	u64 pfn = ph->p_paddr / PAGE_SIZE + p->at;
	u64 low = pa < LOW_16M ? MIN(p->kept, (LOW_16M - pa) / PAGE_SIZE) : 0;
	int err = 0;

	if (pass != PASS_HIGH)
		err = write_pages(s, st, off, pfn, pa, low);
	if (!err && pass != PASS_LOW)
		err = write_pages(s, st, off + low * PAGE_SIZE, pfn + low, pa + low * PAGE_SIZE,
		                  p->kept - low);
	return err;
}

static int write_contents(struct sink *s, struct dump_stats *st, const struct layout *l, enum pass pass)
{
	struct elf64_phdr ph;
	u64 cursor = l->data_off;
	u32 at = 0;
	int err = 0;

	while (!err && source_next_load(&at, &ph)) {
		struct piece p = { 0 };

		filter_begin();
		while (!err && piece_next(&ph, &p)) {
			if (p.kept > (l->total - cursor) / PAGE_SIZE)
				return -ESTALE;
			err = write_piece(s, st, cursor, &ph, &p, pass);
			cursor += p.kept * PAGE_SIZE;
		}
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
