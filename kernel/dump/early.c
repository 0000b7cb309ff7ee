/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What readers need first. The per-CPU areas, stacks, page tables and the memory model's roots come
 * before the kernel's data, its text as far as stacks speak of it, and its read-only data. */
#include "dump/early.h"

#include <string.h>

#include "dump/kernel_va.h"
#include "dump/rampages.h"
#include "dump/source.h"
#include "dump/vmcoreinfo.h"
#include "life.h"

#define NOT_SENT      0xffffu
#define KERNEL_MAP    0xffffffff80000000ull /* Documentation/x86/x86_64/mm.rst */
#define CPU_ENTRY_AREA 0xfffffe0000000000ull
#define IMAGE_MAX     (256 * MIB)
#define RODATA_ALIGN  (2 * MIB) /* x86-64's linker script: around .rodata, for its own mapping */

#define NOTE_RSP      284u /* in an NT_PRSTATUS note: 20 bytes before the descriptor, pr_reg at 112 */
#define CPU_BEFORE    (256 * KIB) /* static per-CPU data lies below what was allocated at run time */
#define CPU_BEHIND    (64 * KIB)
#define CPU_PAGES     (EARLY_PAGES / 2) /* of all areas */
#define STACKS        64u
#define STACK_BYTES   (16 * KIB)
#define TEXT_PAGES    512u
/* Tables that the kernel's build has packed, unwinder's and symbols', can wait. */
#define DATA_MOST     (PAGE_SIZE / 4 * 3)
#define RODATA_MOST   (PAGE_SIZE / 8 * 5)
#define TABLE_STEPS   8192u /* of the walk for page tables */
#define TABLE_BACK    (512 * GIB)
#define ROOT_BYTES    (64 * KIB)
#define ROOTS         64u
#define NODES         64u

struct range {
	u64 pfn;
	u32 n;
	u32 slot;        /* of its first page in `sizes` */
	u64 off;         /* of its first data; 0: none */
	u32 next;        /* page that early_find() looks at next, and where its data would be */
	u64 next_off;
};

static struct early {
	struct range range[EARLY_RANGES];
	u32 ranges, pages, now;
	u32 rodata;         /* its first range */
	u64 upcoming;       /* no candidate lies between the last early_within() and this */
	u64 text, text_end; /* what the kernel may execute */
} early OVERLAY(kdump);

static u16 sizes[EARLY_PAGES] OVERLAY(kdump);
static u64 words[64] OVERLAY(kdump);

_Static_assert(PAGE_SIZE < NOT_SENT, "a size fits");

static struct range *range_of(u64 pfn)
{
	for (u32 i = 0; i < early.ranges; i++)
		if (pfn - early.range[i].pfn < early.range[i].n)
			return &early.range[i];
	return NULL;
}

static void add_page(u64 pfn)
{
	struct range *last = early.ranges ? &early.range[early.ranges - 1] : NULL;

	if (early.pages == EARLY_PAGES || range_of(pfn))
		return;
	if (!last || last->pfn + last->n != pfn || early.ranges == early.rodata) {
		if (early.ranges == EARLY_RANGES)
			return;
		last = &early.range[early.ranges++];
		*last = (struct range){ .pfn = pfn, .slot = early.pages };
	}
	last->n++;
	sizes[early.pages++] = NOT_SENT;
}

static void add_bytes(pa_t pa, u64 len)
{
	pa_t end = MIN(pa + len, rampages_end() << PAGE_SHIFT);

	for (pa = ALIGN_DOWN(pa, PAGE_SIZE); pa < end && early.pages < EARLY_PAGES; pa += PAGE_SIZE)
		add_page(pa >> PAGE_SHIFT);
}

/* Pages at a virtual address, and the tables that lead there. */
static void add_va(u64 va, u64 len)
{
	for (u64 end = ALIGN_UP(va + len, PAGE_SIZE); va < end; va += PAGE_SIZE) {
		const struct kernel_va_leaf *leaf = kernel_va_leaf(va, NULL);

		if (!leaf)
			continue;
		for (unsigned int i = 0; i < KERNEL_VA_LEVELS; i++)
			if (leaf->table[i])
				add_page(leaf->table[i] >> PAGE_SHIFT);
		add_page((leaf->pa + (va - leaf->va)) >> PAGE_SHIFT);
	}
}

/* --- CPUs */

/* The next CPU's note and stack pointer; false behind the last. */
static bool next_cpu(u32 *at, pa_t *note, u64 *rsp)
{
	struct source_note n;
	struct elf64_note head;

	while (source_next_note(at, &n)) {
		if (n.own || n.len < NOTE_RSP + sizeof(*rsp))
			continue;
		source_read_note(&head, &n, 0, sizeof(head));
		if (head.n_type != NT_PRSTATUS)
			continue;
		*note = n.pa;
		source_read_note(rsp, &n, NOTE_RSP, sizeof(*rsp));
		return true;
	}
	return false;
}

/* A CPU's note is allocated at run time in its per-CPU area. */
static void add_cpus(void)
{
	pa_t note;
	u64 rsp;
	u32 at = 0;

	while (early.pages < CPU_PAGES && next_cpu(&at, &note, &rsp))
		add_bytes(note - MIN(note, (u64)CPU_BEFORE), CPU_BEFORE + CPU_BEHIND);
}

static void add_tables(u64 va, u64 end)
{
	for (unsigned int i = 0; i < TABLE_STEPS && va < end; i++) {
		u64 len;
		const struct kernel_va_leaf *leaf = kernel_va_leaf(va, &len);

		for (unsigned int l = 0; leaf && l < KERNEL_VA_LEVELS; l++)
			if (leaf->table[l])
				add_page(leaf->table[l] >> PAGE_SHIFT);
		va += len;
	}
}

/* The stacks that CPUs were on, and the tables of all that lies near: interrupt stacks in the same
 * area from its beginning, those of exceptions in an area of their own. */
static void add_stacks(void)
{
	bool tables = false;
	pa_t note;
	u64 rsp;
	u32 at = 0;

	add_tables(CPU_ENTRY_AREA, CPU_ENTRY_AREA + GIB);

	for (unsigned int i = 0; i < STACKS && next_cpu(&at, &note, &rsp); i++) {
		if (rsp < ~0ull << 47)
			continue; /* it ran a program */
		add_va(ALIGN_DOWN(rsp, STACK_BYTES), STACK_BYTES);
		if (!tables)
			add_tables(ALIGN_DOWN(rsp, TABLE_BACK), rsp + STACK_BYTES);
		tables = true;
	}
}

/* Code that a stack speaks of, what it called last too: function by function, so the page behind
 * as well. */
static void add_text_of(u64 stack)
{
	for (u64 va = stack; va < stack + STACK_BYTES; va += sizeof(words)) {
		if (kernel_va_read(words, va, sizeof(words)))
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(words); i++)
			if (words[i] >= early.text && words[i] < early.text_end)
				add_va(words[i], PAGE_SIZE);
	}
}

static void add_text(void)
{
	u32 at = 0, limit = early.pages + TEXT_PAGES;
	pa_t note;
	u64 rsp;

	for (unsigned int i = 0; i < STACKS && early.pages < limit && next_cpu(&at, &note, &rsp); i++)
		if (rsp >= ~0ull << 47)
			add_text_of(ALIGN_DOWN(rsp, STACK_BYTES));
}

/* --- the memory model's roots */

static void add_pointers(u64 array, u64 count, u64 bytes)
{
	u64 p, found = 0;

	for (u64 i = 0; i < count && found < ROOTS; i++) {
		if (kernel_va_read(&p, array + i * sizeof(p), sizeof(p)))
			return;
		if (!p)
			continue;
		add_va(p, bytes);
		found++;
	}
}

static void add_model(void)
{
	u64 array, n, bytes;

	if (vmcoreinfo_value("SYMBOL", "mem_section", &array) &&
	    vmcoreinfo_value("LENGTH", "mem_section", &n)) {
		n = MIN(n, ROOT_BYTES / sizeof(u64));
		add_va(array, n * sizeof(u64));
		add_pointers(array, n, PAGE_SIZE);
	}
	if (vmcoreinfo_value("SYMBOL", "node_data", &array) &&
	    vmcoreinfo_value("LENGTH", "node_data", &n) &&
	    vmcoreinfo_value("SIZE", "pglist_data", &bytes))
		add_pointers(array, MIN(n, (u64)NODES), MIN(bytes, (u64)MIB));
}

/* --- the kernel's image */

static bool image_find(u64 *va, u64 *end)
{
	struct elf64_phdr ph;
	u32 at = 0;

	while (source_next_load(&at, &ph)) {
		if (ph.p_vaddr < KERNEL_MAP)
			continue;
		*va = ph.p_vaddr;
		*end = ph.p_vaddr + MIN(ph.p_memsz, (u64)IMAGE_MAX);
		return *end > *va;
	}
	return false;
}

enum part { PART_TEXT, PART_DATA, PART_RODATA };

static enum part part_of(const struct kernel_va_leaf *leaf)
{
	return leaf->executable ? PART_TEXT : leaf->writable ? PART_DATA : PART_RODATA;
}

/* The image's parts by what its mapping allows. Writable memory before the read-only data, and
 * behind it up to the alignment, was given back to the allocator at boot. */
static void add_image(enum part want)
{
	u64 va, end, len;
	u64 rodata_end = 0, data = 0; /* where the data begins */

	if (!image_find(&va, &end))
		return;
	for (; va < end && early.pages < EARLY_PAGES; va += len) {
		const struct kernel_va_leaf *leaf = kernel_va_leaf(va, &len);

		len = MIN(len, end - va);
		if (!leaf)
			continue;
		if (part_of(leaf) == PART_RODATA && (!data || va == rodata_end)) {
			rodata_end = va + len;
			data = ALIGN_UP(rodata_end, RODATA_ALIGN);
		}
		if (part_of(leaf) == PART_TEXT && !early.text)
			early.text = va;
		if (part_of(leaf) == PART_TEXT)
			early.text_end = va + len;
		if (part_of(leaf) == want && want != PART_TEXT &&
		    (want == PART_RODATA || (data && va >= data)))
			add_bytes(leaf->pa + (va - leaf->va), len);
	}
}

/* --- */

void early_collect(void)
{
	memset(&early, 0, sizeof(early));
	early.rodata = EARLY_RANGES;
	if (!life_begin(LIFE_EARLY))
		return;
	add_cpus();
	add_model();
	add_stacks();
	add_image(PART_DATA);
	add_text();
	early.rodata = early.ranges;
	add_image(PART_RODATA);
}

bool early_next(u32 *at, u64 *pfn, u32 *n, u32 *most)
{
	if (*at == early.ranges)
		return false;
	early.now = (*at)++;
	*pfn = early.range[early.now].pfn;
	*n = early.range[early.now].n;
	*most = early.now < early.rodata ? DATA_MOST : RODATA_MOST;
	return true;
}

void early_sent(u64 pfn, u64 off, u32 size)
{
	struct range *r = &early.range[early.now];

	sizes[r->slot + (u32)(pfn - r->pfn)] = (u16)size;
	if (size && !r->off)
		r->off = r->next_off = off;
}

bool early_within(u64 pfn, u32 n)
{
	if (pfn + n <= early.upcoming)
		return false;
	early.upcoming = ~0ull;
	for (u32 i = 0; i < early.ranges; i++) {
		const struct range *r = &early.range[i];

		if (pfn < r->pfn + r->n)
			early.upcoming = MIN(early.upcoming, MAX(r->pfn, pfn));
	}
	return early.upcoming < pfn + n;
}

bool early_find(u64 pfn, u64 *off, u32 *size)
{
	struct range *r = range_of(pfn);

	if (!r)
		return false;
	for (; r->next < pfn - r->pfn; r->next++)
		if (sizes[r->slot + r->next] != NOT_SENT)
			r->next_off += sizes[r->slot + r->next];
	*off = r->next_off;
	*size = sizes[r->slot + r->next];
	return *size != NOT_SENT;
}
