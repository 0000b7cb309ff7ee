/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The walk over the crashed kernel's page tables (Intel SDM 3A, 4.5; Documentation/x86/x86_64/
 * mm.rst). Every table is read through oldmem, so nothing but old RAM is ever touched. */
#include "dump/linux/kernel_va.h"

#include <string.h>

#include "dump/linux/vmcoreinfo.h"
#include "dump/source/oldmem.h"
#include "dump/source/rampages.h"
#include "dump/source/source.h"
#include "log.h"

#define ENTRIES         512
#define ENTRY_BITS      9
#define PTE_PRESENT     (1ull << 0)
#define PTE_RW          (1ull << 1)
#define PTE_NX          (1ull << 63)
#define PTE_LARGE       (1ull << 7)
#define PTE_ADDR        0x000ffffffffff000ull
#define LARGE_LEVEL_MAX 3 /* 1 GiB */

#define IMAGE_MAP       0xffffffff80000000ull /* __START_KERNEL_map */
#define IMAGE_BYTES     (512 * MIB)           /* without NUMBER(KERNEL_IMAGE_SIZE) */
#define IMAGE_BYTES_MAX (2 * GIB)

/* A few entries of the table last used at each level: what lies close together is walked in them,
 * without a look at old RAM. */
#define LINE_ENTRIES 16
#define NO_LINE      (~0ull)

static struct {
	unsigned int levels; /* 0: no tables */
	pa_t root;
	u64 addr_mask;       /* address bits of an entry */
	u64 phys_base;       /* signed; physical address of IMAGE_MAP */
	u64 image_bytes;     /* 0: phys_base is not known */
	struct kernel_va_leaf leaf; /* the last one found */
	struct {
		pa_t pa;
		u64 entry[LINE_ENTRIES];
	} line[KERNEL_VA_LEVELS];
} kva;

static unsigned int shift_of(unsigned int level)
{
	return PAGE_SHIFT + ENTRY_BITS * (level - 1);
}

u64 kernel_va_phys_base(void) { return kva.phys_base; }

u64 kernel_va_start(void) { return ~0ull << (PAGE_SHIFT + ENTRY_BITS * kva.levels - 1); }

/* Entry of a table at `level` for va; 0, that is not present, when it cannot be read. */
static u64 table_entry(unsigned int level, pa_t table, u64 va)
{
	u64 index = va >> shift_of(level) & (ENTRIES - 1);
	pa_t pa = table + ALIGN_DOWN(index, LINE_ENTRIES) * sizeof(u64);
	__typeof__(&kva.line[0]) line = &kva.line[level - 1];

	if (line->pa != pa) {
		line->pa = NO_LINE;
		if (oldmem_read(line->entry, rampages_contents(pa), sizeof(line->entry)))
			return 0;
		line->pa = pa;
	}
	return line->entry[index % LINE_ENTRIES];
}

/* Walk from the root down to a leaf. False: *hole is the size of what is not mapped there. */
static bool find_leaf(u64 va, u64 *hole)
{
	pa_t table = kva.root, path[KERNEL_VA_LEVELS] = { 0 };
	bool writable = true, executable = true;

	for (unsigned int level = kva.levels; level; level--) {
		u64 size = 1ull << shift_of(level), e = table_entry(level, table, va);
		bool large = level > 1 && (e & PTE_LARGE);

		*hole = size - (va & (size - 1));
		if (!(e & PTE_PRESENT) || (large && level > LARGE_LEVEL_MAX))
			return false;
		path[level - 1] = table;
		table = e & kva.addr_mask;
		writable = writable && (e & PTE_RW);
		executable = executable && !(e & PTE_NX);
		if (level > 1 && !large)
			continue;
		kva.leaf.va = ALIGN_DOWN(va, size);
		kva.leaf.pa = ALIGN_DOWN(table, size); /* bit 12 of a large one is PAT */
		kva.leaf.size = size;
		kva.leaf.writable = writable;
		kva.leaf.executable = executable;
		memcpy(kva.leaf.table, path, sizeof(path));
		return true;
	}
	return false;
}

bool kernel_va_walk(u64 va, pa_t *pa, u64 *len)
{
	u64 rest = PAGE_SIZE - (va & PAGE_MASK);
	bool found = kva.levels && va >= kernel_va_start();

	if (kva.levels && !found)
		rest = kernel_va_start() - va;
	if (found && va - kva.leaf.va >= kva.leaf.size)
		found = find_leaf(va, &rest);
	if (found) {
		*pa = kva.leaf.pa + (va - kva.leaf.va);
		rest = kva.leaf.size - (va - kva.leaf.va);
	}
	if (len)
		*len = rest;
	return found;
}

const struct kernel_va_leaf *kernel_va_leaf(u64 va, u64 *len)
{
	pa_t pa;

	return kernel_va_walk(va, &pa, len) ? &kva.leaf : NULL;
}

bool kernel_va_image(u64 va, pa_t *pa)
{
	if (va - IMAGE_MAP >= kva.image_bytes)
		return false;
	*pa = va - IMAGE_MAP + kva.phys_base;
	return true;
}

bool kernel_va_translate(u64 va, pa_t *pa, u64 *len)
{
	if (!kernel_va_image(va, pa))
		return kernel_va_walk(va, pa, len);
	if (len)
		*len = kva.image_bytes - (va - IMAGE_MAP);
	return true;
}

int kernel_va_read(void *dst, u64 va, u64 len)
{
	u8 *to = dst;

	if (len && va + (len - 1) < va)
		return -EFAULT;
	while (len) {
		u64 n;
		pa_t pa;

		if (!kernel_va_translate(va, &pa, &n))
			return -EFAULT;
		n = MIN(MIN(n, len), PAGE_SIZE - (pa & PAGE_MASK));
		if (oldmem_read(to, rampages_contents(pa), n))
			return -EFAULT;
		to += n;
		va += n;
		len -= n;
	}
	return 0;
}

/* Kernels before 4.10 do not say it: the PT_LOAD of the kernel image does. */
static bool phys_base_find(u64 *out)
{
	struct elf64_phdr ph;
	u32 at = 0;

	if (vmcoreinfo_value("NUMBER", "phys_base", out))
		return true;
	while (source_next_load(&at, &ph)) {
		if (ph.p_vaddr < IMAGE_MAP)
			continue;
		*out = ph.p_paddr - (ph.p_vaddr - IMAGE_MAP);
		return true;
	}
	return false;
}

static bool root_find(u64 *va)
{
	static const char *const name[] = { "init_top_pgt", "swapper_pg_dir", "init_level4_pgt" };

	for (size_t i = 0; i < ARRAY_SIZE(name); i++)
		if (vmcoreinfo_value("SYMBOL", name[i], va))
			return true;
	return false;
}

int kernel_va_init(void)
{
	u64 image = IMAGE_BYTES, root = 0, l5 = 0, sme = 0;
	const char *what = NULL;
	pa_t pa;

	memset(&kva, 0, sizeof(kva));
	for (size_t i = 0; i < KERNEL_VA_LEVELS; i++)
		kva.line[i].pa = NO_LINE;
	rampages_init();
	vmcoreinfo_value("NUMBER", "KERNEL_IMAGE_SIZE", &image);
	vmcoreinfo_value("NUMBER", "pgtable_l5_enabled", &l5);
	vmcoreinfo_value("NUMBER", "sme_mask", &sme);
	if (phys_base_find(&kva.phys_base))
		kva.image_bytes = MIN(image, IMAGE_BYTES_MAX);
	if (!kva.image_bytes)
		what = "no NUMBER(phys_base)";
	else if (!root_find(&root))
		what = "no SYMBOL(init_top_pgt)";
	else if (!kernel_va_image(root, &kva.root) || kva.root & PAGE_MASK)
		what = "SYMBOL(init_top_pgt) is absurd";
	if (!what) {
		kva.levels = l5 ? 5 : 4;
		kva.addr_mask = PTE_ADDR & ~sme;
		if (kernel_va_walk(root, &pa, NULL) && pa == kva.root)
			return 0;
		what = "they do not map themselves";
	}
	kva.levels = 0;
	log_info("page tables of the crashed kernel cannot be used: %s", what);
	return -ENOENT;
}
