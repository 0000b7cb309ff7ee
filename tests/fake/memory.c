/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sparse physical memory of fake/memory.h. */
#include "fake/memory.h"

#include <stdlib.h>
#include <string.h>

#include "boot/start.h"
#include "bytes.h"
#include "map.h"
#include "fake/oldmem_fresh.h"

/* The linker's symbols of the image, page aligned as the real ones. */
__asm__(".bss\n"
        ".balign 4096\n"
        ".globl __image_start, __image_end\n"
        "__image_start: .skip 65536\n"
        "__image_end:\n"
        ".text\n");

#define BUCKETS 65536

struct page {
	struct page *next, *older; /* in the bucket, and of all */
	struct page *changed;      /* of those written to since mem_mark(), the one before */
	u8 *before;                /* what it held then */
	pa_t pa;
	bool faults, marked, is_changed;
	u8 bytes[PAGE_SIZE];
};

u64 mem_limit = 1ull << 46;
void (*mem_on_peek)(pa_t pa, u64 len);
static struct store {
	struct page *bucket[BUCKETS], *newest, *mark, *changed;
} store[MEM_STORES], *mem = store;

void mem_use(unsigned int n)
{
	mem = &store[n];
	oldmem_forget();
}

/* Of the pages of a bucket the newest is the first. */
static void forget_down_to(const struct page *last)
{
	while (mem->newest != last) {
		struct page *p = mem->newest;

		mem->newest = p->older;
		mem->bucket[p->pa / PAGE_SIZE % BUCKETS] = p->next;
		free(p->before);
		free(p);
	}
}

void mem_reset(void)
{
	forget_down_to(NULL);
	mem->mark = mem->changed = NULL;
	mem_limit = 1ull << 46;
	mem_on_peek = NULL;
	oldmem_forget();
}

void mem_mark(void)
{
	mem->mark = mem->newest;
	for (struct page *p = mem->newest; p; p = p->older)
		p->marked = true;
}

void mem_back(void)
{
	forget_down_to(mem->mark);
	for (struct page *p = mem->changed; p; p = p->changed) {
		memcpy(p->bytes, p->before, PAGE_SIZE);
		p->is_changed = false;
	}
	mem->changed = NULL;
	mem_on_peek = NULL;
	oldmem_forget();
}

static void keep_what_was(struct page *p)
{
	if (!p->marked || p->is_changed)
		return;
	if (!p->before)
		p->before = malloc(PAGE_SIZE);
	memcpy(p->before, p->bytes, PAGE_SIZE);
	p->is_changed = true;
	p->changed = mem->changed;
	mem->changed = p;
}

static struct page *page_find(pa_t pa)
{
	struct page *p = mem->bucket[pa / PAGE_SIZE % BUCKETS];

	while (p && p->pa != pa)
		p = p->next;
	return p;
}

/* Differs from page to page and from word to word, and is never zero. */
static void page_pattern(u8 *to, pa_t pa, u64 from, u64 len)
{
	for (u64 i = 0; i < len;) {
		u64 at = pa + from + i, v = (at / 8 + 1) * 0x9e3779b97f4a7c15ull | 1;
		u64 n = MIN(8 - at % 8, len - i);

		if (n == 8)
			put_le64(to + i, v);
		else
			memcpy(to + i, (u8 *)&v + at % 8, n);
		i += n;
	}
}

static struct page *page_make(pa_t pa)
{
	struct page *p = page_find(pa);

	if (p)
		return p;
	p = calloc(1, sizeof(*p));
	p->pa = pa;
	page_pattern(p->bytes, pa, 0, PAGE_SIZE);
	p->older = mem->newest;
	mem->newest = p;
	p->next = mem->bucket[pa / PAGE_SIZE % BUCKETS];
	return mem->bucket[pa / PAGE_SIZE % BUCKETS] = p;
}

void mem_write(pa_t pa, const void *src, u64 len)
{
	const u8 *from = src;

	while (len) {
		u64 n = MIN(PAGE_SIZE - (pa & PAGE_MASK), len);

		struct page *p = page_make(ALIGN_DOWN(pa, PAGE_SIZE));

		keep_what_was(p);
		memcpy(p->bytes + (pa & PAGE_MASK), from, n);
		from += n;
		pa += n;
		len -= n;
	}
}

void mem_fault(pa_t page) { page_make(page)->faults = true; }

/* The number of pages that cannot be read. */
static unsigned int read_all(u8 *to, pa_t pa, u64 len)
{
	unsigned int bad = 0;

	while (len) {
		u64 n = MIN(PAGE_SIZE - (pa & PAGE_MASK), len);
		struct page *p = page_find(ALIGN_DOWN(pa, PAGE_SIZE));

		if ((p && p->faults) || pa >= mem_limit) {
			memset(to, 0, n);
			bad++;
		} else if (p) {
			memcpy(to, p->bytes + (pa & PAGE_MASK), n);
		} else {
			page_pattern(to, ALIGN_DOWN(pa, PAGE_SIZE), pa & PAGE_MASK, n);
		}
		to += n;
		pa += n;
		len -= n;
	}
	return bad;
}

void mem_read(void *dst, pa_t pa, u64 len) { read_all(dst, pa, len); }

unsigned int peek(void *dst, pa_t pa, u64 len)
{
	if (mem_on_peek)
		mem_on_peek(pa, len);
	return read_all(dst, pa, len);
}

bool map_addressable(pa_t pa, u64 len) { return pa < mem_limit && len <= mem_limit - pa; }
u64 map_physical_limit(void) { return mem_limit; }
