/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Our own page tables (Intel SDM 3A, 4.5): the image mapped as it is addressed, and a window of 2 MiB
 * below it in which all else appears. */
#include "map.h"

#include <arch/cpu.h>
#include <string.h>

#include "boot/map_init.h"
#include "boot/start.h"
#include "boot/trap.h"
#include "log.h"

/* Image and window are three neighbours of 2 MiB at most, which cross one boundary of each higher
 * level at most: a root, two tables for each of up to three levels, three of the lowest. */
#define TABLES 10
#define ENTRIES 512
#define WINDOW_BYTES (ENTRIES * PAGE_SIZE)
#define CPUID_ADDRESS_SIZES 0x80000008
#define CPUID_EXTENDED_MAX 0x80000000
#define CPUID_ENCRYPTION 0x8000001f /* AMD APM 3, E.4.17 */
#define CPUID_SME (1u << 0)
#define MSR_SYSCFG 0xc0010010       /* AMD APM 2, 3.2.6 and 7.10 */
#define SYSCFG_MEM_ENCRYPT (1u << 23)
#define KEPT_MAX 8

#define PTE_P (1ull << 0)
#define PTE_RW (1ull << 1)
#define PTE_PWT (1ull << 3)
#define PTE_PCD (1ull << 4)
#define PTE_A (1ull << 5) /* accessed, dirty: set from the beginning, so that no entry changes by itself */
#define PTE_D (1ull << 6)
#define PTE_NX (1ull << 63)
#define PTE_ADDR 0x000ffffffffff000ull
#define PTE_READ (PTE_P | PTE_NX | PTE_A)
#define PTE_REGISTERS (PTE_READ | PTE_RW | PTE_D | PTE_PCD | PTE_PWT)

/* Entries of the window's table. */
enum {
	SLOT_PEEK,   /* the page being read */
	SLOT_CONFIG, /* the last of map_mmio_window() */
	SLOT_FIRST,  /* registers, for good */
};

static KEEP_PAGES u64 table[TABLES][ENTRIES]; /* [0] is the root */
static KEEP unsigned int tables;
static KEEP unsigned int levels;        /* 4 or 5 */
static KEEP unsigned int physical_bits;
static KEEP u64 c_bit;                  /* in an entry: that memory is encrypted; 0: there is no such bit */
static KEEP u64 *window;                /* its table */
static KEEP pa_t window_va;
static KEEP unsigned int slots;         /* in use */

static bool (*ram_gap)(pa_t pa, pa_t *start, pa_t *end); /* each life finds its own */
static pa_t clear_start, clear_end; /* the gap found last */
static struct {
	pa_t start;
	u64 len;
} kept[KEPT_MAX];                   /* what the loader put around us */
static unsigned int n_kept;

/* The level-1 entry for an address of image or window, with the tables that lead to it. */
static u64 *pte_make(pa_t va)
{
	u64 *t = table[0];

	for (unsigned int level = levels; level > 1; level--) {
		u64 *e = &t[va >> (PAGE_SHIFT + 9 * (level - 1)) & (ENTRIES - 1)];

		if (!*e)
			*e = (u64)table[++tables] | PTE_P | PTE_RW;
		t = (u64 *)(*e & PTE_ADDR);
	}
	return &t[va >> PAGE_SHIFT & (ENTRIES - 1)];
}

static u8 *slot_va(unsigned int slot) { return (u8 *)window_va + slot * PAGE_SIZE; }

static void slot_set(unsigned int slot, u64 entry)
{
	if (window[slot] == entry)
		return;
	window[slot] = entry;
	invlpg((pa_t)slot_va(slot));
}

/* Where n pages of registers are mapped already; the first free slot: nowhere. */
static unsigned int slot_find(pa_t first, unsigned int n)
{
	unsigned int same = 0, slot;

	for (slot = SLOT_FIRST; slot < slots && same < n; slot++) {
		if (window[slot] != ((first + same * PAGE_SIZE) | PTE_REGISTERS))
			same = 0;
		if (window[slot] == ((first + same * PAGE_SIZE) | PTE_REGISTERS))
			same++;
	}
	return same == n ? slot - n : slots;
}

bool map_addressable(pa_t pa, u64 len)
{
	u64 end = map_physical_limit();

	return pa < end && len <= end - pa;
}

u64 map_c_bit(void) { return c_bit; }

u64 map_physical_limit(void) { return (u64)1 << physical_bits; }

void map_guard(bool (*gap)(pa_t pa, pa_t *start, pa_t *end))
{
	ram_gap = gap;
	clear_start = clear_end = 0;
}

void map_keep(pa_t pa, u64 len)
{
	if (n_kept < KEPT_MAX)
		kept[n_kept++] = (__typeof__(kept[0])){ pa, len };
}

static bool is_kept(pa_t pa, u64 len)
{
	for (unsigned int i = 0; i < n_kept; i++)
		if (ranges_overlap(pa, len, kept[i].start, kept[i].len))
			return true;
	return ranges_overlap(pa, len, (u64)__image_start, (u64)(__image_end - __image_start));
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
	return len && pa >= LOW_16M && map_addressable(pa, len) && is_clear(pa, len) && !is_kept(pa, len);
}

void *map_mmio(pa_t pa, u64 len)
{
	pa_t first = ALIGN_DOWN(pa, PAGE_SIZE);
	u64 n = (ALIGN_UP(pa + len, PAGE_SIZE) - first) / PAGE_SIZE;
	unsigned int slot;

	if (!map_is_device(pa, len)) {
		log_info("no registers can be at 0x%llx, %llu bytes: not mapped", pa, len);
		return NULL;
	}
	slot = n <= ENTRIES ? slot_find(first, (unsigned int)n) : slots;
	if (n > ENTRIES - slot) {
		log_info("no room left to map registers at 0x%llx, %llu bytes", pa, len);
		return NULL;
	}
	for (unsigned int i = 0; i < n; i++)
		slot_set(slot + i, (first + i * PAGE_SIZE) | PTE_REGISTERS);
	slots = MAX(slots, slot + (unsigned int)n);
	return slot_va(slot) + (pa - first);
}

void *map_mmio_window(pa_t page)
{
	if (window[SLOT_CONFIG] != (page | PTE_REGISTERS)) {
		/* what is in use by a driver is never a config page */
		if (!map_is_device(page, PAGE_SIZE) || slot_find(page, 1) != slots)
			return NULL;
		slot_set(SLOT_CONFIG, page | PTE_REGISTERS);
	}
	return slot_va(SLOT_CONFIG);
}

/* One page, with the C-bit or without, made readable; registers already are. */
static const u8 *peek_map(pa_t page)
{
	unsigned int slot = slot_find(page, 1);

	if (!map_addressable(page & ~c_bit, PAGE_SIZE))
		return NULL;
	if (slot < slots)
		return slot_va(slot);
	slot_set(SLOT_PEEK, page | PTE_READ);
	return slot_va(SLOT_PEEK);
}

/* Unaligned edges go through this, since copy_faulty moves whole words: a word never leaves the page
 * it starts in. */
static bool peek_bytes(u8 *dst, const u8 *src, u64 len)
{
	while (len) {
		u64 word, skip = (u64)src & 7, n = MIN(8 - skip, len);

		if (copy_faulty(&word, src - skip, sizeof(word)))
			return false;
		memcpy(dst, (u8 *)&word + skip, n);
		dst += n;
		src += n;
		len -= n;
	}
	return true;
}

static bool peek_in_page(u8 *dst, pa_t pa, u64 len)
{
	u64 head = MIN((8 - (pa & 7)) & 7, len), body = (len - head) & ~7ull;
	const u8 *src = peek_map(ALIGN_DOWN(pa, PAGE_SIZE));

	if (!src)
		return false;
	src += pa & PAGE_MASK;
	return peek_bytes(dst, src, head) && !copy_faulty(dst + head, src + head, body) &&
	       peek_bytes(dst + head + body, src + head + body, len - head - body);
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

/* Secure Memory Encryption, as far as the firmware allowed it. Returns how many address bits the CPU
 * gives up for it. */
static unsigned int encryption_find(void)
{
	u32 r[4];

	cpuid(CPUID_EXTENDED_MAX, 0, r);
	if (r[0] < CPUID_ENCRYPTION)
		return 0;
	cpuid(CPUID_ENCRYPTION, 0, r);
	if (!(r[0] & CPUID_SME) || !(rdmsr(MSR_SYSCFG) & SYSCFG_MEM_ENCRYPT))
		return 0;
	c_bit = (u64)1 << (r[1] & 0x3f);
	return r[1] >> 6 & 0x3f;
}

void map_init(void)
{
	u32 r[4];

	cpuid(CPUID_ADDRESS_SIZES, 0, r);
	levels = read_cr4() & CR4_LA57 ? 5 : 4;
	physical_bits = MIN(r[0] & 0xff, 52u) - encryption_find();
	window_va = ALIGN_DOWN((pa_t)__image_start, WINDOW_BYTES) - WINDOW_BYTES; /* never below 16 MiB */
	window = pte_make(window_va);
	slots = SLOT_FIRST;

	for (pa_t p = (pa_t)__image_start; p < (pa_t)__image_end; p += PAGE_SIZE) {
		u64 *e = pte_make(p);

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
