/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mem_section, vmemmap and struct pages of the crashed kernel of fake/kernel.h, in the styles of
 * several releases. */
#ifndef AFTERIMAGE_FAKE_PAGES_H
#define AFTERIMAGE_FAKE_PAGES_H

#include "base.h"
#include "fake/kernel.h"

#define PAGES_VMEMMAP  0xffffea0000000000ull
#define PAGES_DIRECT   0xffff888000000000ull
#define PAGES_ROOTS    (KERNEL_FREE + 16 * MIB) /* mem_section's array of roots */
#define PAGES_SECTIONS (KERNEL_FREE + 17 * MIB) /* the first root: sections 0 .. 127 */
#define PAGES_PFN      (KERNEL_RAM / PAGE_SIZE) /* struct pages of these are set up, as plain kernel */
#define PAGES_PFN_TO   (KERNEL_RAM_TO / PAGE_SIZE) /* memory; others have none */

/* How a release tells the order of a compound page and that it is hugetlb. */
enum compound_style { BY_DTOR, BY_FOLIO_DTOR, BY_FLAG, BY_TYPE };

struct pages_style {
	const char *name;
	enum compound_style compound;
	int lru, has_private, swapcache, swapbacked, slab, hwpoison, head; /* bits of flags; 0: not told */
	s32 buddy, offline, type_slab, type_hugetlb, unaccepted;           /* types; 0: not told */
	u32 size;
	bool masks; /* tails say with compound_info how to mask their address, and not where the head is */
};

extern const struct pages_style pages_style[];
extern const unsigned int pages_styles;

/* A kernel whose struct pages are plain kernel memory. More may be said and mapped until
 * pages_end(). */
void pages_begin(const struct pages_style *style);
int pages_end(void);

/* Struct pages of a block of 1 << order pages; order is that of a compound page but for free ones. */
enum page_kind {
	PAGE_PLAIN, PAGE_FREE, PAGE_CACHE, PAGE_CACHE_PRIVATE, PAGE_SWAPCACHE, PAGE_ANON, PAGE_ANON_LRU,
	PAGE_HUGETLB, PAGE_SLAB, PAGE_OFFLINE, PAGE_HWPOISON, PAGE_UNACCEPTED, PAGE_KINDS,
};
void page_make(u64 pfn, enum page_kind kind, unsigned int order);

/* Single fields, for what the kinds are not. */
enum page_field { FIELD_FLAGS, FIELD_MAPPING, FIELD_TYPE, FIELD_PRIVATE, FIELD_COMPOUND, FIELD_ORDER };
void page_poke(u64 pfn, enum page_field field, u64 v);
u64 page_peek(u64 pfn, enum page_field field);
/* Physical address of a struct page. */
pa_t page_struct(u64 pfn);

#endif
