/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What readers need first: the per-CPU areas, stacks, page tables and the memory model's roots; the
 * kernel's data; what that points to; the code that stacks speak of. */
#include "dump/format/early.h"

#include <string.h>

#include "clock.h"
#include "dump/dump.h"
#include "dump/format/early_table.h"
#include "dump/linux/dmesg.h"
#include "dump/linux/filter.h"
#include "dump/linux/kernel_va.h"
#include "dump/linux/vmcoreinfo.h"
#include "dump/source/oldmem.h"
#include "dump/source/rampages.h"
#include "dump/source/source.h"
#include "life/life.h"

#define COLLECT_US    (2 * SEC)
#define KERNEL_MAP    0xffffffff80000000ull /* Documentation/x86/x86_64/mm.rst */
#define CPU_ENTRY_AREA 0xfffffe0000000000ull
#define CPU_ENTRY_BYTES (512 * GIB)       /* since 6.2 they lie anywhere in it */
#define IMAGE_MAX     (256 * MIB)
#define RODATA_ALIGN  (2 * MIB) /* x86-64's linker script: around .rodata, for its own mapping */

#define NOTE_RSP      284u /* in an NT_PRSTATUS note: 20 bytes before the descriptor, pr_reg at 112 */
#define CPU_BEFORE    (256 * KIB) /* static per-CPU data lies below what was allocated at run time */
#define CPU_BEHIND    (64 * KIB)
#define CPU_PAGES     (EARLY_PAGES / 4) /* of all areas */
#define STACKS        64u
#define STACK_BYTES   (16 * KIB)
#define TEXT_PAGES    512u
#define TEXT_BYTES    (2 * PAGE_SIZE + 1)
#define OFTEN         128u
#define OFTEN_BYTES   (4 * PAGE_SIZE + 1) /* of 7.2's __schedule crash 9 wants the fourth page, too */
#define LOG_BYTES     (4 * MIB) /* of each of its pieces */
#define TABLE_STEPS   8192u /* of the walk for page tables */
#define ROOT_BYTES    (64 * KIB)
#define ROOTS         64u
#define NODES         64u
#define ROUNDS        16u /* of following pointers from object to object */

#define REJECTED      256u
#define LARGE_SLAB    4u /* pages */

#define BANNER        "Linux version "
#define RELEASE_MAX   65 /* __NEW_UTS_LEN + 1 */
#define BANNER_WORD   0x65762078756e694cull /* its first eight bytes */

/* As the compiler aligns it, linux_banner begins with a whole word. */
static struct {
	u64 end_us;
	u64 start;          /* of the kernel's addresses */
	u64 text, text_end; /* what the kernel may execute */
	u32 stacks;         /* seen so far */
	struct {
		u32 page, stack;
		u32 n;      /* how many stacks speak of it */
	} often[OFTEN];     /* pages of text by their low bits; what is rare gives way */
	u64 direct;         /* where physical memory is mapped; 0: the headers do not say it */
	u64 rejected[REJECTED]; /* page frames that were no slab, by their low bits */
	char banner[sizeof(BANNER) + RELEASE_MAX]; /* how linux_banner begins; empty: not known */
} find OVERLAY(kdump);

static u64 words[64] OVERLAY(kdump);

static bool time_is_over(void) { return clock_us() >= find.end_us || clock_expired(); }

static void add_bytes(pa_t pa, u64 len, enum early_class c)
{
	u64 pfn = pa >> PAGE_SHIFT, end = MIN(ALIGN_UP(pa + len, PAGE_SIZE) >> PAGE_SHIFT, rampages_end());

	if (pfn < end)
		early_add(pfn, end - pfn, c);
}

static void add_leaf_tables(const struct kernel_va_leaf *leaf)
{
	for (unsigned int i = 0; i < KERNEL_VA_LEVELS; i++)
		if (leaf->table[i])
			add_bytes(leaf->table[i], PAGE_SIZE, EARLY_ROOTS);
}

/* Pages at a virtual address, and the tables that lead there. */
static void add_va(u64 va, u64 len, enum early_class c)
{
	for (u64 end = ALIGN_UP(va + len, PAGE_SIZE); va < end; va += PAGE_SIZE) {
		const struct kernel_va_leaf *leaf = kernel_va_leaf(va, NULL);

		if (!leaf)
			continue;
		add_leaf_tables(leaf);
		add_bytes(leaf->pa + (va - leaf->va), 1, c);
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

	while (early_count() < CPU_PAGES && next_cpu(&at, &note, &rsp))
		add_bytes(note - MIN(note, (u64)CPU_BEFORE), CPU_BEFORE + CPU_BEHIND, EARLY_ROOTS);
}

/* The tables of the CPUs' entry areas: readers ask what is mapped there. */
static void add_entry_tables(void)
{
	u64 va = CPU_ENTRY_AREA, len;

	for (u32 i = 0; i < TABLE_STEPS && va - CPU_ENTRY_AREA < CPU_ENTRY_BYTES; i++, va += len) {
		const struct kernel_va_leaf *leaf = kernel_va_leaf(va, &len);

		if (leaf)
			add_leaf_tables(leaf);
	}
}

static void count_text(u32 page)
{
	__typeof__(&find.often[0]) o = &find.often[page % OFTEN];

	if (o->page != page && o->n) {
		o->n--;
		return;
	}
	o->page = page;
	if (o->stack != find.stacks)
		o->n++;
	o->stack = find.stacks;
}

/* Code that a stack speaks of, old calls too, is counted. With `add` it is text that readers want, function by
 * function, so the page behind as well. */
static void see_stack(u64 stack, bool add)
{
	u32 limit = early_count() + TEXT_PAGES;

	find.stacks++;
	for (u64 va = stack; va < stack + STACK_BYTES; va += sizeof(words)) {
		if (kernel_va_read(words, va, sizeof(words)))
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
			if (words[i] < find.text || words[i] >= find.text_end)
				continue;
			count_text((u32)((words[i] - find.text) >> PAGE_SHIFT));
			if (add && early_count() < limit)
				add_va(words[i], TEXT_BYTES, EARLY_TEXT);
		}
	}
}

/* What at least half as many stacks speak of as of anything: the scheduler, in which tasks sleep. Readers
 * disassemble it when they begin, and some way beyond. */
static void add_often(void)
{
	u32 most = 2;

	for (u32 i = 0; i < OFTEN; i++)
		most = MAX(most, find.often[i].n);
	for (u32 i = 0; i < OFTEN; i++) {
		u64 va = find.text + ((u64)find.often[i].page << PAGE_SHIFT);

		if (find.often[i].n >= (most + 1) / 2)
			add_va(va, MIN(OFTEN_BYTES, find.text_end - va), EARLY_TEXT);
	}
}

/* The stacks that CPUs were on; interrupt stacks lie in the per-CPU areas. */
static void add_cpu_stacks(void)
{
	pa_t note;
	u64 rsp;
	u32 at = 0;

	for (u32 i = 0; i < STACKS && next_cpu(&at, &note, &rsp) && !time_is_over(); i++) {
		if (rsp < find.start)
			continue; /* it ran a program */
		add_va(ALIGN_DOWN(rsp, STACK_BYTES), STACK_BYTES, EARLY_ROOTS);
		see_stack(ALIGN_DOWN(rsp, STACK_BYTES), true);
	}
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
		add_va(p, bytes, EARLY_ROOTS);
		found++;
	}
}

static void add_model(void)
{
	u64 array, n, bytes;

	if (vmcoreinfo_value("SYMBOL", "mem_section", &array) &&
	    vmcoreinfo_value("LENGTH", "mem_section", &n)) {
		n = MIN(n, ROOT_BYTES / sizeof(u64));
		add_va(array, n * sizeof(u64), EARLY_ROOTS);
		add_pointers(array, n, PAGE_SIZE);
	}
	if (vmcoreinfo_value("SYMBOL", "node_data", &array) &&
	    vmcoreinfo_value("LENGTH", "node_data", &n) &&
	    vmcoreinfo_value("SIZE", "pglist_data", &bytes))
		add_pointers(array, MIN(n, (u64)NODES), MIN(bytes, (u64)MIB));
}

static void add_log(void)
{
	u64 va, len;

	for (unsigned int i = 0; dmesg_memory(i, &va, &len); i++)
		add_va(va, MIN(len, LOG_BYTES), EARLY_ROOTS);
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

/* The image's parts by what its mapping allows. Writable memory before the read-only data, and behind
 * it up to the alignment, was given back to the allocator at boot. */
static void add_image(enum part want)
{
	u64 va, end, len;
	u64 rodata_end = 0, data = 0; /* where the data begins */

	if (!image_find(&va, &end))
		return;
	for (; va < end; va += len) {
		const struct kernel_va_leaf *leaf = kernel_va_leaf(va, &len);

		len = MIN(len, end - va);
		if (!leaf)
			continue;
		if (part_of(leaf) == PART_RODATA && (!data || va == rodata_end)) {
			rodata_end = va + len;
			data = ALIGN_UP(rodata_end, RODATA_ALIGN);
		}
		if (part_of(leaf) != want)
			continue;
		if (want == PART_TEXT) {
			find.text = find.text ? find.text : va;
			find.text_end = va + len;
		} else if (want == PART_RODATA || (data && va >= data)) {
			add_bytes(leaf->pa + (va - leaf->va), len,
				  want == PART_RODATA ? EARLY_RODATA : EARLY_DATA);
		}
	}
}

/* --- what the data points to */

/* A stack of its own mapping: 16 KiB, aligned to that, nothing before and behind (VMAP_STACK). */
static void add_stack(u64 va)
{
	pa_t pa;

	for (u64 off = 0; off < STACK_BYTES; off += PAGE_SIZE)
		if (!kernel_va_walk(va + off, &pa, NULL))
			return;
	if (kernel_va_walk(va - PAGE_SIZE, &pa, NULL) || kernel_va_walk(va + STACK_BYTES, &pa, NULL))
		return;
	add_va(va, STACK_BYTES, EARLY_OBJECTS);
	see_stack(va, false);
}

/* Where physical memory is mapped as a whole, by the headers. */
static u64 direct_map(void)
{
	struct elf64_phdr ph;
	u32 at = 0;

	while (source_next_load(&at, &ph))
		if (ph.p_vaddr >= find.start && ph.p_vaddr < KERNEL_MAP)
			return ph.p_vaddr - ph.p_paddr;
	return 0;
}

/* Known already, or known to be none? */
static bool is_old_news(u64 pfn)
{
	return find.rejected[pfn % REJECTED] == pfn || early_has(pfn);
}

/* A pointer to what is not known yet: the slab that it lies in, or a stack. Data speaks of any object
 * (`first`); objects speak of too many. Tasks and their like are found from one to the next, in large
 * slabs. */
static void add_object(u64 va, bool first)
{
	const struct kernel_va_leaf *leaf;
	u64 pfn, slab, size;
	u32 n;

	if (va < find.start || va >= KERNEL_MAP)
		return;
	pfn = (va - find.direct) >> PAGE_SHIFT;
	if (find.direct && pfn < rampages_end() && is_old_news(pfn))
		return;
	leaf = kernel_va_leaf(va, NULL);
	if (!leaf || !leaf->writable || leaf->executable)
		return;
	pfn = (leaf->pa + (va - leaf->va)) >> PAGE_SHIFT;
	size = leaf->size; /* the next walk has another leaf */
	if (is_old_news(pfn))
		return;
	if (!filter_finds_slab(pfn, &slab, &n)) {
		if (size == PAGE_SIZE)
			add_stack(ALIGN_DOWN(va, STACK_BYTES));
		else
			find.rejected[pfn % REJECTED] = pfn;
	} else if (first || n > 1) {
		early_add(slab, n, n >= LARGE_SLAB || (first && n > 1) ? EARLY_FRESH : EARLY_OBJECTS);
	}
}

/* linux_banner begins with a whole word, as the compiler aligns it. */
static bool is_banner(u64 off)
{
	size_t len = strlen(find.banner);

	return len && off + len <= PAGE_SIZE && !memcmp(dump_page + off, find.banner, len);
}

static void follow_page(u64 pfn, enum early_class c, bool first)
{
	const u64 *p = (const u64 *)dump_page;

	if (oldmem_read(dump_page, rampages_contents(pfn << PAGE_SHIFT), PAGE_SIZE))
		return;
	for (u64 i = 0; i < PAGE_SIZE / sizeof(*p); i++) {
		add_object(p[i], first);
		if (p[i] == BANNER_WORD && is_banner(i * sizeof(*p)))
			early_take(&pfn, c, EARLY_ROOTS); /* crash opens nothing without it */
	}
}

/* Pages that are `from` become `to` and have their pointers looked at. False: there were none, or the time
 * is over. */
static bool follow(enum early_class from, enum early_class to)
{
	bool any = false;

	for (u64 pfn = 0; early_take(&pfn, from, to); pfn++) {
		if (time_is_over())
			return false;
		follow_page(pfn, to, from != EARLY_FRESH);
		any = true;
	}
	return any;
}

static void add_objects(void)
{
	follow(EARLY_ROOTS, EARLY_ROOTS);
	follow(EARLY_DATA, EARLY_DATA);
	follow(EARLY_RODATA, EARLY_RODATA);
	for (u32 i = 0; i < ROUNDS && follow(EARLY_FRESH, EARLY_OBJECTS); i++)
		;
	for (u64 pfn = 0; early_take(&pfn, EARLY_FRESH, EARLY_OBJECTS); pfn++)
		; /* for lack of time */
}

/* --- */

void early_collect(void)
{
	early_clear();
	if (!life_begin(LIFE_EARLY))
		return;
	memset(&find, 0, sizeof(find));
	find.end_us = clock_us() + COLLECT_US;
	find.start = kernel_va_start();
	find.direct = direct_map();
	memcpy(find.banner, BANNER, sizeof(BANNER));
	if (!vmcoreinfo_get("OSRELEASE", find.banner + sizeof(BANNER) - 1, RELEASE_MAX))
		find.banner[0] = '\0';
	add_cpus();
	add_model();
	add_log();
	add_entry_tables();
	add_image(PART_TEXT);
	add_cpu_stacks();
	add_image(PART_DATA);
	add_image(PART_RODATA);
	add_objects();
	add_often();
}
