/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mem_section to struct page (include/linux/mmzone.h, mm/sparse.c). */
#include "dump/linux/memmap.h"

#include "dump/linux/kernel_va.h"
#include "dump/linux/vmcoreinfo.h"
#include "dump/source/rampages.h"
#include "log.h"

#define SECTION_BITS_MIN 20 /* 128 MiB since 2.6.25; tests may want less */
#define SECTION_BITS_MAX 40
#define SECTION_PRESENT  (1ull << 0) /* SECTION_MARKED_PRESENT */
#define SECTIONS_TRIED   64 /* with RAM, before mem_section is given up */

static struct {
	u64 roots;          /* address of the array of root pointers */
	u64 n_roots;
	u64 section_bytes;  /* SIZE(mem_section) */
	u64 map_offset;     /* OFFSET(mem_section.section_mem_map) */
	u64 per_root;
	unsigned int shift; /* page frame number to section number */
	u32 page_bytes;
	struct {
		u64 nr, map;
	} last;             /* section that was asked for last, and its answer */
} mm;

static bool value(const char *kind, const char *name, u64 min, u64 max, u64 *out)
{
	return vmcoreinfo_value(kind, name, out) && *out >= min && *out <= max;
}

/* section_mem_map of a section. One that there is not, or no more, has 0. False: it cannot be read. */
static bool section_read(u64 nr, u64 *map)
{
	u64 root, i = nr / mm.per_root;

	*map = 0;
	if (i >= mm.n_roots || kernel_va_read(&root, mm.roots + i * sizeof(root), sizeof(root)))
		return false;
	root += root ? nr % mm.per_root * mm.section_bytes + mm.map_offset : 0;
	return !root || !kernel_va_read(map, root, sizeof(*map));
}

/* Where the section's struct pages would begin if they began at page frame 0: section_mem_map
 * without its flags. 0: no such section. */
static u64 section_map(u64 nr)
{
	u64 map;

	return section_read(nr, &map) && (map & SECTION_PRESENT) ? ALIGN_DOWN(map, PAGE_SIZE) : 0;
}

enum memmap_word memmap_says(u64 pfn)
{
	u64 map;

	if (!mm.page_bytes || !section_read(pfn >> mm.shift, &map))
		return MEMMAP_SILENT;
	return map ? MEMMAP_RAM : MEMMAP_NO_RAM;
}

bool memmap_read(void *dst, u64 pfn, u32 n)
{
	u8 *to = dst;

	while (n) {
		u64 nr = pfn >> mm.shift, left = ((nr + 1) << mm.shift) - pfn;
		u32 count = (u32)MIN((u64)n, left), bytes = count * mm.page_bytes;

		if (nr != mm.last.nr) {
			mm.last.map = section_map(nr);
			mm.last.nr = nr;
		}
		if (!mm.last.map || kernel_va_read(to, mm.last.map + pfn * mm.page_bytes, bytes))
			return false;
		to += bytes;
		pfn += count;
		n -= count;
	}
	return true;
}

/* Is there a section with RAM whose struct pages can be read, if the roots are at `roots`? */
static bool roots_lead_somewhere(u64 roots)
{
	u8 page[MEMMAP_PAGE_MAX];
	u64 pfn = 0;

	mm.roots = roots;
	mm.last.nr = ~0ull;
	for (unsigned int i = 0; i < SECTIONS_TRIED && pfn < rampages_end(); i++) {
		pfn = rampages_next(pfn);
		if (pfn == ~0ull)
			break;
		if (memmap_read(page, pfn, 1))
			return true;
		pfn = ((pfn >> mm.shift) + 1) << mm.shift;
	}
	return false;
}

u32 memmap_init(void)
{
	u64 size = 0, bits = 0, array = 0, pointer;

	mm.page_bytes = 0;
	if (!value("SIZE", "page", MEMMAP_PAGE_MIN, MEMMAP_PAGE_MAX, &size) || size % sizeof(u64) ||
	    !value("SIZE", "mem_section", sizeof(u64), PAGE_SIZE, &mm.section_bytes) ||
	    !value("OFFSET", "mem_section.section_mem_map", 0, mm.section_bytes - sizeof(u64),
	           &mm.map_offset) ||
	    !value("LENGTH", "mem_section", 1, ~0u, &mm.n_roots) ||
	    !value("NUMBER", "SECTION_SIZE_BITS", SECTION_BITS_MIN, SECTION_BITS_MAX, &bits) ||
	    !value("SYMBOL", "mem_section", 1, ~0ull, &array)) {
		log_info("VMCOREINFO does not say where the struct pages are");
		return 0;
	}
	mm.per_root = PAGE_SIZE / mm.section_bytes;
	mm.shift = (unsigned int)bits - PAGE_SHIFT;
	mm.page_bytes = (u32)size;
	/* 4.15-rc exported the address of the pointer to the array instead of the array's */
	if (roots_lead_somewhere(array) ||
	    (!kernel_va_read(&pointer, array, sizeof(pointer)) && roots_lead_somewhere(pointer)))
		return mm.page_bytes;
	log_info("mem_section at 0x%llx leads to no struct page", array);
	mm.page_bytes = 0;
	return 0;
}
