/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Our own page tables (Intel SDM 3A, 4.5): a pool of fixed size, tables taken as addresses need them
 * and given back when empty. */
#include "map.h"

#include <arch/cpu.h>
#include <string.h>

#include "boot/map_init.h"
#include "boot/start.h"
#include "boot/trap.h"
#include "log.h"

#define TABLES 20 /* image 4..7, a few devices 2..3 each, the page being read 4 */
#define ENTRIES 512
#define CPUID_ADDRESS_SIZES 0x80000008

#define PTE_P (1ull << 0)
#define PTE_RW (1ull << 1)
#define PTE_PWT (1ull << 3)
#define PTE_PCD (1ull << 4)
#define PTE_TABLE (1ull << 9) /* ours: points to a table, not to a page that happens to hold one */
#define PTE_NX (1ull << 63)
#define PTE_ADDR 0x000ffffffffff000ull
#define PTE_UNCACHED (PTE_PCD | PTE_PWT)

static KEEP ALIGNED(4096) u64 table[TABLES][ENTRIES]; /* [0] is the root */
static KEEP bool table_used[TABLES];
static KEEP unsigned int levels;       /* 4 or 5 */
static KEEP unsigned int address_bits; /* that CPU and paging depth can reach, identity mapped */

static KEEP unsigned int physical_bits;
static KEEP pa_t peeked;               /* the page mapped for peek() now */
static KEEP bool peeked_valid;

static bool (*ram_gap)(pa_t pa, pa_t *start, pa_t *end); /* each life finds its own */
static pa_t clear_start, clear_end; /* the gap found last */

static bool table_is_empty(const u64 *t)
{
	for (unsigned int i = 0; i < ENTRIES; i++)
		if (t[i])
			return false;
	return true;
}

/* Free every empty table: clear what points to it, again until nothing changes (at most one round
 * per level). */
static void tables_reclaim(void)
{
	for (unsigned int round = 0; round < levels; round++) {
		for (unsigned int i = 1; i < TABLES; i++) {
			if (!table_used[i] || !table_is_empty(table[i]))
				continue;
			for (unsigned int j = 0; j < TABLES; j++)
				for (unsigned int k = 0; table_used[j] && k < ENTRIES; k++)
					if ((table[j][k] & PTE_TABLE) &&
					    (table[j][k] & PTE_ADDR) == (u64)table[i])
						table[j][k] = 0;
			table_used[i] = false;
		}
	}
	write_cr3(read_cr3()); /* paging-structure caches may hold what was unlinked */
}

static u64 *table_take(void)
{
	for (unsigned int i = 1; i < TABLES; i++) {
		if (table_used[i])
			continue;
		table_used[i] = true;
		memset(table[i], 0, sizeof(table[i]));
		return table[i];
	}
	return NULL;
}

/* The level-1 entry for pa, or NULL: not there and not wanted, or the pool is empty. An intermediate
 * entry points to a plain table always; our PDPTEs and PDEs are never large pages. */
static u64 *pte_find(pa_t pa, bool create)
{
	u64 *t = table[0];

	for (unsigned int level = levels; level > 1; level--) {
		u64 *e = &t[pa >> (PAGE_SHIFT + 9 * (level - 1)) & (ENTRIES - 1)];

		if (!(*e & PTE_P)) {
			u64 *below = create ? table_take() : NULL;

			if (!below)
				return NULL;
			*e = (u64)below | PTE_P | PTE_RW | PTE_TABLE;
		}
		t = (u64 *)(*e & PTE_ADDR);
	}
	return &t[pa >> PAGE_SHIFT & (ENTRIES - 1)];
}

static u64 *pte_make(pa_t pa)
{
	u64 *e = pte_find(pa, true);

	if (!e) {
		tables_reclaim();
		e = pte_find(pa, true);
	}
	return e;
}

static void peek_drop(void)
{
	u64 *e = peeked_valid ? pte_find(peeked, false) : NULL;

	peeked_valid = false;
	if (!e)
		return;
	*e = 0;
	invlpg(peeked);
}

bool map_addressable(pa_t pa, u64 len)
{
	u64 end = (u64)1 << address_bits;

	return pa < end && len <= end - pa;
}

u64 map_physical_limit(void) { return (u64)1 << physical_bits; }

void map_guard(bool (*gap)(pa_t pa, pa_t *start, pa_t *end))
{
	ram_gap = gap;
	clear_start = clear_end = 0;
}

static bool is_clear(pa_t pa, u64 len)
{
	if (pa < clear_start || pa >= clear_end) {
		clear_start = clear_end = 0;
		if (!ram_gap || !ram_gap(pa, &clear_start, &clear_end))
			return false;
	}
	return len <= clear_end - pa;
}

bool map_is_device(pa_t pa, u64 len)
{
	return len && pa >= LOW_16M && map_addressable(pa, len) && is_clear(pa, len) &&
	       !ranges_overlap(pa, len, (u64)__image_start, (u64)(__image_end - __image_start));
}

void *map_mmio(pa_t pa, u64 len)
{
	pa_t first = ALIGN_DOWN(pa, PAGE_SIZE);

	if (!map_is_device(pa, len)) {
		log_info("no registers can be at 0x%llx, %llu bytes: not mapped", pa, len);
		return NULL;
	}
	peek_drop();
	for (pa_t p = first; p < pa + len; p += PAGE_SIZE) {
		u64 *e = pte_make(p);

		if (!e) {
			log_info("no page table left for registers at 0x%llx", p);
			return NULL;
		}
		*e = p | PTE_P | PTE_RW | PTE_NX | PTE_UNCACHED;
		invlpg(p);
	}
	return (void *)pa;
}

void *map_mmio_window(pa_t page)
{
	static KEEP pa_t now; /* as the tables themselves */
	static KEEP bool valid;
	u64 *e;

	if (valid && now == page)
		return (void *)page;
	if (!map_is_device(page, PAGE_SIZE))
		return NULL;
	peek_drop();
	e = valid ? pte_find(now, false) : NULL;
	valid = false;
	if (e) {
		*e = 0;
		invlpg(now);
	}
	e = pte_make(page);
	if (!e || *e) /* in use by something permanent: never a config page */
		return NULL;
	*e = page | PTE_P | PTE_RW | PTE_NX | PTE_UNCACHED;
	now = page;
	valid = true;
	return (void *)page;
}

/* Make one page readable: ours and registers already are. */
static bool peek_map(pa_t page)
{
	u64 *e;

	if (!map_addressable(page, PAGE_SIZE))
		return false;
	if (peeked_valid && peeked == page)
		return true;
	peek_drop();
	e = pte_make(page);
	if (!e)
		return false;
	if (*e & PTE_P)
		return true;
	*e = page | PTE_P | PTE_NX;
	peeked = page;
	peeked_valid = true;
	return true;
}

/* Unaligned edges go through this, since copy_faulty moves whole words: a word never leaves the page
 * it starts in. */
static bool peek_bytes(u8 *dst, pa_t pa, u64 len)
{
	while (len) {
		u64 word, n = MIN(8 - (pa & 7), len);

		if (copy_faulty(&word, (const void *)(pa & ~7ull), sizeof(word)))
			return false;
		memcpy(dst, (u8 *)&word + (pa & 7), n);
		dst += n;
		pa += n;
		len -= n;
	}
	return true;
}

static bool peek_in_page(u8 *dst, pa_t pa, u64 len)
{
	u64 head = MIN((8 - (pa & 7)) & 7, len), body = (len - head) & ~7ull;

	return peek_map(ALIGN_DOWN(pa, PAGE_SIZE)) && peek_bytes(dst, pa, head) &&
	       !copy_faulty(dst + head, (const void *)(pa + head), body) &&
	       peek_bytes(dst + head + body, pa + head + body, len - head - body);
}

unsigned int peek(void *dst, pa_t pa, u64 len)
{
	unsigned int bad = 0;
	u8 *to = dst;

	while (len) {
		u64 n = MIN(PAGE_SIZE - (pa & PAGE_MASK), len);

		if (!peek_in_page(to, pa, n)) {
			memset(to, 0, n);
			bad++;
		}
		to += n;
		pa += n;
		len -= n;
	}
	return bad;
}

void map_init(void)
{
	u32 r[4];

	cpuid(CPUID_ADDRESS_SIZES, 0, r);
	levels = read_cr4() & CR4_LA57 ? 5 : 4;
	/* identity: the lower canonical half has one bit less than the paging depth gives */
	physical_bits = MIN(r[0] & 0xff, 52u);
	address_bits = MIN(physical_bits, levels == 5 ? 56u : 47u);
	table_used[0] = true;

	for (pa_t p = (pa_t)__image_start; p < (pa_t)__image_end; p += PAGE_SIZE) {
		u64 *e = pte_find(p, true);

		if (p == (pa_t)main_stack_guard)
			continue;
		*e = p | PTE_P;
		if (p >= (pa_t)__text_end)
			*e |= PTE_NX;
		if (p >= (pa_t)__rodata_end)
			*e |= PTE_RW;
	}
	wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_NXE);
	write_cr4(read_cr4() & ~CR4_PGE);
	write_cr3((u64)table[0]);
}
