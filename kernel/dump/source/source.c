/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The elfcorehdr, walked in place (layout: kernel/kexec_file.c crash_prepare_elf64_headers and
 * kexec-tools crashdump-elf.c; what is valid: fs/proc/vmcore.c). */
#include "dump/source/source.h"

#include <string.h>

#include "dump/source/mb2.h"
#include "dump/source/oldmem.h"
#include "log.h"
#include "map.h"

#define VMCOREINFO_NAME "VMCOREINFO"
#define NOTE_HEADER 12u
#define KERNEL_MAP_START 0xffffffff80000000ull /* the kernel image's mapping: its text is RAM twice */
#define NOTES_MAX_BYTES (16 * MIB)            /* of one PT_NOTE: more is nonsense */
#define ASCENTS 16
#define ASCENT_MIN 8u                         /* a shorter one is walked */

static struct {
	enum { SOURCE_NONE, SOURCE_ELFCOREHDR, SOURCE_MULTIBOOT2 } kind;
	struct elf64_hdr header;
	pa_t phdrs;
	u32 n_phdr;
	u32 first_load;                /* loaders put it behind a note per CPU, which may be thousands */
	bool told_load, told_note;
	struct { pa_t start, end; } last_hit;
	struct {
		u32 first, end;
	} ascent[ASCENTS];             /* program headers that are looked up, not walked */
	unsigned int n_ascent;
	struct source_note vmcoreinfo; /* found once: behind thousands of CPUs it is a long walk */
	struct source_note spare;      /* a note segment that no program header names */
	bool spare_used;
} src;

/* Program header i; zeros (PT_NULL) when it cannot be read. */
static void phdr_get(u32 i, struct elf64_phdr *ph)
{
	peek(ph, src.phdrs + (u64)i * sizeof(*ph), sizeof(*ph));
}

static bool load_sane(const struct elf64_phdr *ph)
{
	u64 limit = map_physical_limit();

	return ph->p_offset < limit && ph->p_memsz <= limit - ph->p_offset && ph->p_paddr < limit &&
	       ph->p_memsz <= limit - ph->p_paddr;
}

static pa_t load_key(const struct elf64_phdr *ph, enum load_key key)
{
	return key == LOAD_BY_PADDR ? ph->p_paddr : ph->p_offset;
}

static pa_t load_end(const struct elf64_phdr *ph, enum load_key key)
{
	return ALIGN_UP(load_key(ph, key) + ph->p_memsz, PAGE_SIZE);
}

static bool follows(const struct elf64_phdr *ph, const struct elf64_phdr *prev)
{
	return ph->p_offset >= prev->p_offset + prev->p_memsz &&
	       ph->p_paddr >= prev->p_paddr + prev->p_memsz;
}

/* Loaders write RAM in ascending order, behind the kernel's text and the backup region, so that one
 * ascent is nearly all, however many there are; a spoilt header in between costs one more. */
static void find_ascents(void)
{
	struct elf64_phdr ph, prev = { 0 };
	u32 first = 0;

	for (u32 i = 0; i <= src.n_phdr && src.n_ascent < ASCENTS; i++, prev = ph) {
		ph = (struct elf64_phdr){ 0 };
		if (i < src.n_phdr)
			phdr_get(i, &ph);
		if (ph.p_type != PT_LOAD || !load_sane(&ph))
			ph.p_type = PT_NULL;
		if (ph.p_type && prev.p_type && follows(&ph, &prev))
			continue;
		if (i - first >= ASCENT_MIN) {
			src.ascent[src.n_ascent].first = first;
			src.ascent[src.n_ascent++].end = i;
		}
		first = ph.p_type ? i : i + 1;
	}
}

/* From program header i on, the first that may touch [from, to). */
static u32 load_find(u32 i, enum load_key key, pa_t from, pa_t to)
{
	struct elf64_phdr ph;

	i = MAX(i, src.first_load);
	for (unsigned int a = 0; a < src.n_ascent; a++) {
		u32 end = src.ascent[a].end, high = end;

		if (i < src.ascent[a].first || i >= end)
			continue;
		for (u32 mid = i; i < high; mid = i + (high - i) / 2) {
			phdr_get(mid, &ph);
			if (load_end(&ph, key) > from)
				high = mid;
			else
				i = mid + 1;
		}
		if (i < end)
			phdr_get(i, &ph);
		if (i < end && ALIGN_DOWN(load_key(&ph, key), PAGE_SIZE) < to)
			return i;
		i = end; /* the rest of it begins behind `to` */
	}
	return i;
}

/* What every elfcorehdr begins with, but for the places and numbers. */
static const struct elf64_hdr usual_header = {
	.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
	.e_type = ET_CORE,
	.e_machine = EM_X86_64,
	.e_version = EV_CURRENT,
	.e_ehsize = sizeof(struct elf64_hdr),
	.e_phentsize = sizeof(struct elf64_phdr),
};

/* NULL, or what is wrong. */
static const char *header_fault(const struct elf64_hdr *eh)
{
	if (memcmp(eh->e_ident, ELFMAG, SELFMAG))
		return "no ELF magic";
	if (eh->e_ident[EI_CLASS] != ELFCLASS64)
		return "not ELF64";
	if (eh->e_ident[EI_DATA] != ELFDATA2LSB || eh->e_ident[EI_VERSION] != EV_CURRENT ||
	    eh->e_version != EV_CURRENT)
		return "wrong byte order or version";
	if (eh->e_type != ET_CORE || eh->e_machine != EM_X86_64)
		return "not an x86_64 core header";
	if (eh->e_ehsize != sizeof(*eh) || eh->e_phentsize != sizeof(struct elf64_phdr) ||
	    !eh->e_phnum || eh->e_phnum == PN_XNUM)
		return "sizes or number of program headers";
	return NULL;
}

static bool find_first_load(void)
{
	struct elf64_phdr ph;
	u32 at = src.first_load = 0;

	if (!source_next_load(&at, &ph))
		return false;
	src.first_load = at - 1;
	return true;
}

/* What a spoilt header stands in front of: loaders put the program headers right behind it, and zeros
 * behind them. */
static void guess_phdrs(pa_t pa)
{
	struct elf64_phdr ph = { .p_type = PT_NOTE };

	src.header = usual_header;
	src.phdrs = pa + sizeof(src.header);
	while (src.n_phdr < PN_XNUM - 1 && (ph.p_type == PT_LOAD || ph.p_type == PT_NOTE))
		phdr_get(src.n_phdr++, &ph);
}

int source_init_elfcorehdr(pa_t pa)
{
	const char *fault;

	memset(&src, 0, sizeof(src));
	if (peek(&src.header, pa, sizeof(src.header))) {
		log_always("elfcorehdr at 0x%llx cannot be read", pa);
		return -EFAULT;
	}
	src.kind = SOURCE_ELFCOREHDR;
	fault = header_fault(&src.header);
	if (fault) {
		guess_phdrs(pa);
		if (!find_first_load()) {
			log_always("elfcorehdr refused: %s", fault);
			memset(&src, 0, sizeof(src));
			return -EINVAL;
		}
		log_always("elfcorehdr is spoilt (%s): what follows it is taken", fault);
	} else {
		/* e_phoff is 64 everywhere; a huge one would only move the reads to where peek() says no */
		src.phdrs = pa + src.header.e_phoff;
		src.n_phdr = src.header.e_phnum;
		if (!find_first_load()) {
			src.phdrs = pa + sizeof(src.header);
			log_always("elfcorehdr leads to no RAM%s",
			           find_first_load() ? " but what follows it does" : "");
		}
	}
	find_ascents();
	return 0;
}

int source_init_multiboot2(void)
{
	memset(&src, 0, sizeof(src));
	src.header = usual_header;
	src.kind = SOURCE_MULTIBOOT2;
	return source_mb2_init();
}

void source_scan(void)
{
	if (src.kind == SOURCE_MULTIBOOT2)
		source_mb2_scan();
}

void source_elf_header(struct elf64_hdr *out) { *out = src.header; }

bool source_next_load(u32 *at, struct elf64_phdr *out)
{
	if (src.kind == SOURCE_MULTIBOOT2)
		return source_mb2_load(at, out);
	*at = MAX(*at, src.first_load);
	while (*at < src.n_phdr) {
		phdr_get((*at)++, out);
		if (out->p_type != PT_LOAD)
			continue;
		if (load_sane(out))
			return true;
		if (!src.told_load)
			log_info("elfcorehdr: program header %u is nonsense (offset 0x%llx size 0x%llx), "
			         "left out", *at - 1, out->p_offset, out->p_memsz);
		src.told_load = true;
	}
	return false;
}

bool source_next_load_in(u32 *at, enum load_key key, pa_t from, pa_t to, struct elf64_phdr *out)
{
	*at = load_find(*at, key, from, to);
	while (source_next_load(at, out)) {
		if (ALIGN_DOWN(load_key(out, key), PAGE_SIZE) < to && load_end(out, key) > from)
			return true;
		*at = load_find(*at, key, from, to);
	}
	return false;
}

/* One note's header at `off` of a segment of `len` bytes: its size in all, 0 at the end of what is
 * whole (fs/proc/vmcore.c update_note_header_size_elf64). */
static u64 note_size(const struct source_note *n, u64 off, u64 len, struct elf64_note *nh)
{
	u64 size;

	if (len - off < NOTE_HEADER)
		return 0;
	source_read_note(nh, n, off, sizeof(*nh));
	if (!nh->n_namesz)
		return 0;
	size = NOTE_HEADER + ALIGN_UP((u64)nh->n_namesz, 4) + ALIGN_UP((u64)nh->n_descsz, 4);
	return size <= len - off ? size : 0;
}

/* Bytes of whole notes in a PT_NOTE of `max` bytes. */
static u64 notes_real_size(pa_t pa, u64 max)
{
	struct source_note n = { .pa = pa, .len = max };
	struct elf64_note nh;
	u64 off = 0, size;

	while ((size = note_size(&n, off, max, &nh)))
		off += size;
	if (!off && max >= NOTE_HEADER && nh.n_namesz && !src.told_note) {
		log_info("elfcorehdr: a broken note at 0x%llx (namesz %u descsz %u) left out", pa,
		         nh.n_namesz, nh.n_descsz);
		src.told_note = true;
	}
	return off;
}

bool source_next_note(u32 *at, struct source_note *out)
{
	struct elf64_phdr ph;

	if (src.kind == SOURCE_MULTIBOOT2)
		return source_mb2_note(at, out);
	while (*at < src.n_phdr) {
		phdr_get((*at)++, &ph);
		if (ph.p_type != PT_NOTE)
			continue;
		if (!load_sane(&ph) || ph.p_memsz > NOTES_MAX_BYTES)
			ph.p_memsz = 0;
		*out = (struct source_note){ .pa = ph.p_offset };
		out->len = notes_real_size(ph.p_offset, ph.p_memsz);
		return true;
	}
	*out = src.spare;
	return src.spare_used && (*at)++ == src.n_phdr;
}

void source_read_note(void *dst, const struct source_note *n, u64 off, u64 len)
{
	if (n->own)
		memcpy(dst, (const u8 *)n->own + off, len);
	else
		oldmem_read_unlisted(dst, n->pa + off, len);
}

/* Find a note of that name and type in one segment; *out becomes its descriptor. */
static bool note_find(const struct source_note *n, const char *name, u32 type, struct source_note *out)
{
	struct elf64_note nh;
	char have[16];
	u64 off = 0, size;
	size_t name_len = strlen(name) + 1;

	while ((size = note_size(n, off, n->len, &nh))) {
		u64 desc = off + NOTE_HEADER + ALIGN_UP((u64)nh.n_namesz, 4);

		if (nh.n_type == type && nh.n_namesz == name_len && name_len <= sizeof(have)) {
			source_read_note(have, n, off + NOTE_HEADER, name_len);
			if (!memcmp(have, name, name_len)) {
				*out = (struct source_note){
					.pa = n->pa + desc,
					.len = nh.n_descsz,
					.own = n->own ? (const u8 *)n->own + desc : NULL,
				};
				return true;
			}
		}
		off += size;
	}
	return false;
}

void source_spare_vmcoreinfo(pa_t pa, u64 len)
{
	u64 limit = map_physical_limit();

	if (src.kind == SOURCE_ELFCOREHDR && len <= NOTES_MAX_BYTES && pa < limit && len <= limit - pa)
		src.spare = (struct source_note){ .pa = pa, .len = len };
}

/* No program header leads to the note: is it where it was when we were loaded? */
static void spare_try(void)
{
	struct source_note n = { .pa = src.spare.pa };

	if (!source_holds(src.spare.pa, src.spare.len))
		return;
	n.len = notes_real_size(src.spare.pa, src.spare.len);
	if (!note_find(&n, VMCOREINFO_NAME, 0, &src.vmcoreinfo))
		return;
	src.spare = n;
	src.spare_used = true;
	log_always("elfcorehdr leads to no VMCOREINFO: that at 0x%llx is taken", n.pa);
}

int source_vmcoreinfo(struct source_note *out)
{
	struct source_note n;
	u32 at = 0;

	while (!src.vmcoreinfo.len && source_next_note(&at, &n))
		note_find(&n, VMCOREINFO_NAME, 0, &src.vmcoreinfo);
	if (!src.vmcoreinfo.len && src.spare.len)
		spare_try();
	*out = src.vmcoreinfo;
	return out->len ? 0 : -ENOENT;
}

void source_summarise(struct source_summary *out)
{
	struct elf64_phdr ph;
	struct source_note n, desc;
	u32 at = 0;

	*out = (struct source_summary){ 0 };
	while (source_next_note(&at, &n))
		out->cpus += note_find(&n, "CORE", NT_PRSTATUS, &desc);
	at = 0;
	while (source_next_load(&at, &ph)) {
		out->loads++;
		if (ph.p_vaddr >= KERNEL_MAP_START)
			continue;
		out->ranges++;
		out->bytes += ph.p_memsz;
	}
}

/* Remember the page-rounded range if [pa, pa+len) lies in it. */
static bool in_range(pa_t pa, u64 len, pa_t start, u64 size)
{
	pa_t first = ALIGN_DOWN(start, PAGE_SIZE), end = ALIGN_UP(start + size, PAGE_SIZE);

	if (pa < first || pa >= end || len > end - pa)
		return false;
	src.last_hit.start = first;
	src.last_hit.end = end;
	return true;
}

bool source_holds(pa_t pa, u64 len)
{
	struct elf64_phdr ph;
	u32 at = 0;

	/* dumps go from page to page: the last answer is nearly always the next one */
	if (in_range(pa, len, src.last_hit.start, src.last_hit.end - src.last_hit.start))
		return true;
	while (source_next_load_in(&at, LOAD_BY_OFFSET, pa, pa + 1, &ph))
		if (in_range(pa, len, ph.p_offset, ph.p_memsz))
			return true;
	return false;
}

bool source_gap(pa_t pa, pa_t *start, pa_t *end)
{
	struct elf64_phdr ph;
	u32 at = 0;

	*start = 0;
	*end = map_physical_limit();
	while (source_next_load(&at, &ph)) {
		pa_t first = ALIGN_DOWN(ph.p_offset, PAGE_SIZE);
		pa_t last = ALIGN_UP(ph.p_offset + ph.p_memsz, PAGE_SIZE);

		if (pa >= first && pa < last)
			return false;
		if (pa >= last)
			*start = MAX(*start, last);
		else
			*end = MIN(*end, first);
	}
	return pa < *end;
}

void source_headers(pa_t *pa, u64 *len)
{
	*pa = src.phdrs - sizeof(struct elf64_hdr);
	*len = src.kind == SOURCE_ELFCOREHDR
	               ? sizeof(struct elf64_hdr) + (u64)src.n_phdr * sizeof(struct elf64_phdr)
	               : 0;
}
