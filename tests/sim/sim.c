/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long the page filter takes on a machine of many TiB, without that machine.
 *
 * Run tests/sim/run [TIB] (default 16; a few minutes). The crashed machine is synthesised as it is
 * read: an elfcorehdr with 8192 CPUs, page tables, mem_section, and struct pages that repeat every
 * 16 GiB of RAM, which is 256 MiB of them: far more than a cache holds. The code under test is the
 * kernel's own, built with its flags; only peek() is the host's: a bounds check and a copy. What the
 * kernel's peek() does in addition, mapping each page, is not in these numbers.
 *
 * Prints tab-separated lines: what, unit, value. "reading" is how fast this host copies the same
 * struct pages in pieces of the same size and does nothing else. */
#include <linux/elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "dump/dump.h"
#include "dump/format/elf_plan.h"
#include "dump/linux/filter.h"
#include "dump/linux/kernel_va.h"
#include "dump/source/mb2.h"
#include "dump/source/rampages.h"
#include "dump/source/source.h"
#include "heartbeat.h"
#include "life/life.h"
#include "log.h"
#include "map.h"

#define TIB          ((u64)1 << 40)
#define CPUS         8192u
#define NOTE_STEP    512u
#define STRUCT_PAGE  64u
#define TEMPLATE     (256 * MIB) /* of struct pages */
#define IMAGE_VA     0xffffffff81000000ull
#define IMAGE_MAP    0xffffffff80000000ull
#define VMEMMAP      0xffffea0000000000ull
#define SECTIONS_MAX ((64 * TIB) >> 27)

/* Where the synthesised things are in the machine's physical memory. */
#define IMAGE_PA    0x1000000ull
#define TABLES_PA   IMAGE_PA /* the root comes first, and the tables are in the image */
#define TABLES      1100u
#define HEADER_PA   0x10000000ull
#define INFO_PA     0x11000000ull
#define NOTES_PA    0x12000000ull
#define ROOTS_PA    0x20000000ull
#define SECTIONS_PA 0x21000000ull
#define VMEMMAP_PA  (8 * GIB)
#define DIRECT      0xffff888000000000ull

#define PTE      0x63ull
#define PTE_LEAF 0xe3ull

static u64 ram_end;
static u64 tables[TABLES][512];
static unsigned int n_tables = 1;
static u64 roots[4096], sections[SECTIONS_MAX][4];
static u8 header[64 + (CPUS + 32) * 56], info[8192], notes[CPUS * NOTE_STEP];
static u8 *template;

static const struct {
	pa_t pa;
	u64 bytes;
	void *at;
} island[] = {
	{ TABLES_PA, sizeof(tables), tables },    { HEADER_PA, sizeof(header), header },
	{ INFO_PA, sizeof(info), info },          { NOTES_PA, sizeof(notes), notes },
	{ ROOTS_PA, sizeof(roots), roots },       { SECTIONS_PA, sizeof(sections), sections },
};

/* --- what the kernel's code stands on */

__asm__(".bss\n.globl __image_start, __image_end\n__image_start: __image_end:\n.text\n");

unsigned int peek(void *dst, pa_t pa, u64 len)
{
	u64 struct_pages = ram_end / PAGE_SIZE * STRUCT_PAGE;

	if (pa - VMEMMAP_PA < struct_pages) {
		memcpy(dst, template + (pa - VMEMMAP_PA) % TEMPLATE, len); /* never over its end: aligned */
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(island); i++) {
		if (pa - island[i].pa >= island[i].bytes)
			continue;
		memcpy(dst, (u8 *)island[i].at + (pa - island[i].pa), len);
		return 0;
	}
	memset(dst, 0, len);
	return 0;
}

bool map_addressable(pa_t pa, u64 len) { return (void)pa, (void)len, true; }
u64 map_physical_limit(void) { return (u64)1 << 46; }
bool clock_expired(void) { return false; }
void heartbeat_moved(void) { }
bool life_begin(enum life_part part) { return part <= LIFE_COMPRESS; } /* nothing has failed */
int source_mb2_init(void) { return -ENODEV; }
void source_mb2_scan(void) {}
bool source_mb2_load(u32 *at, struct elf64_phdr *out) { return (void)at, (void)out, false; }
bool source_mb2_note(u32 *at, struct source_note *out) { return (void)at, (void)out, false; }

static void say(const char *fmt, va_list ap)
{
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
}

#define DEFINE_LOG(name)                                                                           \
	void name(const char *fmt, ...)                                                            \
	{                                                                                          \
		va_list ap;                                                                        \
		va_start(ap, fmt);                                                                 \
		say(fmt, ap);                                                                      \
		va_end(ap);                                                                        \
	}
DEFINE_LOG(log_always)
DEFINE_LOG(log_info)

u64 clock_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t); /* the host may have other work */
	return (u64)t.tv_sec * 1000000 + (u64)t.tv_nsec / 1000;
}

/* --- the machine */

static void map_2m(u64 va, pa_t pa)
{
	u64 *t = tables[0];

	for (unsigned int shift = 39; shift > 21; shift -= 9) {
		u64 *e = &t[va >> shift & 511];

		if (!*e) {
			if (n_tables == TABLES)
				abort();
			*e = (TABLES_PA + n_tables++ * PAGE_SIZE) | PTE;
		}
		t = tables[((*e & ~PAGE_MASK) - TABLES_PA) / PAGE_SIZE];
	}
	t[va >> 21 & 511] = pa | PTE_LEAF;
}

static void make_maps(void)
{
	u64 vmemmap = ram_end / PAGE_SIZE * STRUCT_PAGE;

	for (u64 at = 0; at < 16 * MIB; at += 2 * MIB)
		map_2m(IMAGE_VA + at, IMAGE_PA + at);
	for (u64 at = ROOTS_PA; at < SECTIONS_PA + sizeof(sections); at += 2 * MIB)
		map_2m(DIRECT + at, at);
	for (u64 at = 0; at < vmemmap; at += 2 * MIB)
		map_2m(VMEMMAP + at, VMEMMAP_PA + at);
	for (u64 nr = 0; nr < SECTIONS_MAX; nr++) {
		roots[nr / 128] = DIRECT + SECTIONS_PA + nr / 128 * PAGE_SIZE;
		sections[nr][0] = nr << 27 < ram_end ? VMEMMAP | 0xf : 0;
	}
}

static const char lines[] =
	"OSRELEASE=6.1.0-sim\nPAGESIZE=4096\nSYMBOL(init_top_pgt)=ffffffff81000000\n"
	"NUMBER(phys_base)=0\nNUMBER(pgtable_l5_enabled)=0\nNUMBER(KERNEL_IMAGE_SIZE)=1073741824\n"
	"SYMBOL(mem_section)=ffff888020000000\nLENGTH(mem_section)=4096\nSIZE(mem_section)=32\n"
	"OFFSET(mem_section.section_mem_map)=0\nNUMBER(SECTION_SIZE_BITS)=27\n"
	"NUMBER(MAX_PHYSMEM_BITS)=46\nSIZE(page)=64\nOFFSET(page.flags)=0\nOFFSET(page._refcount)=52\n"
	"OFFSET(page.mapping)=24\nOFFSET(page.lru)=8\nOFFSET(page._mapcount)=48\n"
	"OFFSET(page.private)=40\nOFFSET(page.compound_head)=8\nOFFSET(page.compound_dtor)=16\n"
	"OFFSET(page.compound_order)=17\nLENGTH(zone.free_area)=11\nNUMBER(PG_lru)=4\n"
	"NUMBER(PG_private)=13\nNUMBER(PG_swapcache)=10\nNUMBER(PG_swapbacked)=19\nNUMBER(PG_slab)=9\n"
	"NUMBER(PG_hwpoison)=23\nNUMBER(PG_head_mask)=65536\nNUMBER(HUGETLB_PAGE_DTOR)=2\n"
	"NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)=-129\nNUMBER(PAGE_OFFLINE_MAPCOUNT_VALUE)=-257\n";

static void add_phdr(const struct elf64_phdr *ph)
{
	struct elf64_hdr *eh = (struct elf64_hdr *)header;

	memcpy(header + sizeof(*eh) + eh->e_phnum++ * sizeof(*ph), ph, sizeof(*ph));
}

static void add_load(pa_t from, pa_t to)
{
	add_phdr(&(struct elf64_phdr){ .p_type = PT_LOAD, .p_offset = from, .p_paddr = from,
	                               .p_vaddr = DIRECT + from, .p_filesz = to - from,
	                               .p_memsz = to - from });
}

static void put_note(u8 *at, const char *name, u32 type, const void *desc, u32 bytes)
{
	struct elf64_note n = { (u32)strlen(name) + 1, bytes, type };

	memcpy(at, &n, sizeof(n));
	memcpy(at + sizeof(n), name, n.n_namesz);
	memcpy(at + sizeof(n) + ALIGN_UP(n.n_namesz, 4), desc, bytes);
}

/* As kexec_file_load writes it; RAM in pieces of 1 TiB, as on a machine of many nodes. */
static void make_header(void)
{
	static const u8 prstatus[336];

	memcpy(header, &(struct elf64_hdr){
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_CORE, .e_machine = EM_X86_64, .e_version = EV_CURRENT, .e_phoff = 64,
		.e_ehsize = 64, .e_phentsize = 56 }, sizeof(struct elf64_hdr));
	for (u64 cpu = 0; cpu < CPUS; cpu++) {
		put_note(notes + cpu * NOTE_STEP, "CORE", NT_PRSTATUS, prstatus, sizeof(prstatus));
		add_phdr(&(struct elf64_phdr){ .p_type = PT_NOTE, .p_offset = NOTES_PA + cpu * NOTE_STEP,
		                               .p_memsz = 368 });
	}
	put_note(info, "VMCOREINFO", 0, lines, sizeof(lines) - 1);
	add_phdr(&(struct elf64_phdr){ .p_type = PT_NOTE, .p_offset = INFO_PA, .p_memsz = 4132 });
	add_load(IMAGE_PA, IMAGE_PA + 64 * MIB); /* the kernel's text, listed twice */
	add_load(MIB, 3 * GIB);
	for (u64 at = 4 * GIB; at < ram_end; at = ALIGN_UP(at + 1, TIB))
		add_load(at, MIN(ram_end, ALIGN_UP(at + 1, TIB)));
}

/* Struct pages, 6.1's, of n pages from i on: a block of 1 << order. */
static void put_block(u64 i, unsigned int order, u64 flags, s32 type, bool compound)
{
	for (u64 k = 0; k < 1ull << order; k++) {
		u8 *p = template + (i + k) * STRUCT_PAGE;

		memset(p, 0, STRUCT_PAGE);
		memcpy(p, &(u64){ !k || !compound ? flags | (compound ? 1ull << 16 : 0) : 0 }, 8);
		memcpy(p + 8, &(u64){ k && compound ? (VMEMMAP + i * STRUCT_PAGE) | 1 : 0 }, 8);
		p[17] = k == 1 && compound ? (u8)order : 0;
		memcpy(p + 40, &(u64){ type == -129 ? order : 0 }, 8);
		memcpy(p + 48, &(s32){ k ? -1 : type }, 4);
	}
}

/* A server: half of it anonymous huge pages, then page cache, free memory, slab and the kernel's own;
 * or the worst: nothing but single pages, every one to be looked at. */
static void make_template(bool singles)
{
	u64 pages = TEMPLATE / STRUCT_PAGE, lru = 1ull << 4, slab = 1ull << 9;

	for (u64 i = 0; i < pages; i += 1024) {
		unsigned int kind = (unsigned int)(i / 1024 * 7 % 20);

		for (u64 k = 0; k < 1024 && (singles || (kind >= 10 && kind < 15)); k++)
			put_block(i + k, 0, k % 5 ? lru : 0, -1, false); /* page cache with holes */
		if (singles)
			continue;
		if (kind < 10)
			for (u64 k = 0; k < 1024; k += 512) {
				put_block(i + k, 9, lru, -1, true);
				memcpy(template + (i + k) * STRUCT_PAGE + 24, &(u64){ 1 }, 8);
			}
		else if (kind >= 18)
			for (u64 k = 0; k < 1024; k += 8)
				put_block(i + k, 3, slab, -1, true);
		else if (kind >= 15)
			put_block(i, 10, 0, -129, false);
	}
}

/* --- what is measured */

static u8 bitmap[FILTER_PAGES / 8], never[FILTER_PAGES / 8];

static void report(const char *what, u64 us)
{
	double pages = (double)(ram_end / PAGE_SIZE);

	printf("%s\ts/TiB\t%.3f\n", what, (double)us / 1e6 / ((double)ram_end / (double)TIB));
	printf("%s\tns/page\t%.2f\n", what, (double)us * 1e3 / pages);
}

static u64 time_bitmap(void)
{
	u64 start = clock_us();

	for (u64 pfn = 0; pfn < rampages_end(); pfn += FILTER_PAGES)
		rampages_bitmap(pfn, FILTER_PAGES, bitmap);
	return clock_us() - start;
}

static u64 time_filter(bool only_never, u64 *kept)
{
	u64 start = clock_us();

	*kept = 0;
	filter_begin();
	for (u64 pfn = 0; pfn < rampages_end(); pfn += FILTER_PAGES) {
		rampages_bitmap(pfn, FILTER_PAGES, bitmap);
		filter_apply(pfn, FILTER_PAGES, only_never ? NULL : bitmap, never);
		for (u32 i = 0; i < FILTER_PAGES / 8; i++)
			*kept += (u64)__builtin_popcount(bitmap[i]);
	}
	return clock_us() - start;
}

/* Only the copying of all struct pages, in the pieces that the filter asks for. */
static u64 time_copy(void)
{
	volatile u8 sink = 0;
	u8 piece[PAGE_SIZE];
	u64 start = clock_us(), all = ram_end / PAGE_SIZE * STRUCT_PAGE;

	for (u64 at = 0; at < all; at += sizeof(piece)) {
		memcpy(piece, template + at % TEMPLATE, sizeof(piece));
		sink = piece[at / sizeof(piece) % sizeof(piece)];
	}
	(void)sink;
	return clock_us() - start;
}

static u64 resident_kib(void)
{
	unsigned long long all = 0, resident = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	if (!f || fscanf(f, "%llu %llu", &all, &resident) != 2)
		abort();
	fclose(f);
	return resident * (u64)sysconf(_SC_PAGESIZE) / KIB;
}

static void measure(const char *kind, bool singles, u64 copy_us)
{
	char what[64];
	u64 kept, us;

	make_template(singles);
	if (filter_init(LEVEL_MAX) != LEVEL_MAX)
		abort();
	us = time_filter(false, &kept);
	snprintf(what, sizeof(what), "filter level 31, %s", kind);
	report(what, us);
	printf("%s\tkept %%\t%.1f\n", what, (double)kept * 100 / (double)(ram_end / PAGE_SIZE));
	printf("%s\tof reading's speed %%\t%.0f\n", what, (double)copy_us * 100 / (double)us);
	us = time_filter(true, &kept);
	snprintf(what, sizeof(what), "pages never to be read (level 0), %s", kind);
	report(what, us);
	us = clock_us();
	elf_plan_make(LEVEL_MAX & ~LEVEL_ZERO);
	snprintf(what, sizeof(what), "plan of an ELF dump, %s", kind);
	report(what, clock_us() - us);
}

int main(int argc, char **argv)
{
	struct source_summary sum;
	u64 before, start, copy_us;

	ram_end = (argc > 1 ? strtoull(argv[1], NULL, 0) : 16) * TIB;
	template = malloc(TEMPLATE);
	if (!template || !ram_end || ram_end > 64 * TIB)
		return 2;
	make_header();
	make_maps();
	make_template(false);
	if (source_init_elfcorehdr(HEADER_PA) || kernel_va_init())
		return 1;
	printf("RAM\tTiB\t%llu\n", ram_end / TIB);
	start = clock_us();
	source_summarise(&sum);
	printf("elfcorehdr of %u CPUs and %u ranges\tms\t%.1f\n", sum.cpus, sum.loads,
	       (double)(clock_us() - start) / 1000);
	start = clock_us();
	filter_init(LEVEL_MAX);
	printf("rules out of VMCOREINFO\tms\t%.1f\n", (double)(clock_us() - start) / 1000);
	copy_us = time_copy();
	report("reading", copy_us);
	printf("reading\tGB/s\t%.1f\n",
	       (double)(ram_end / PAGE_SIZE * STRUCT_PAGE) / 1e3 / (double)copy_us);
	before = resident_kib();
	report("bitmap of RAM", time_bitmap());
	measure("a server's mix", false, copy_us);
	measure("single pages only", true, copy_us);
	printf("memory taken while doing so\tKiB\t%lld\n", (long long)(resident_kib() - before));
	free(template);
	return 0;
}
