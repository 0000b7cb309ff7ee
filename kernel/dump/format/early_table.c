/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Candidates in ranges, ascending; half a byte for what each is, two bytes for the size of each that
 * was sent. Where its data is follows from the sizes: a class is sent in ascending order. */
#include "dump/format/early_table.h"

#include <string.h>

#include "dump/format/early.h"

/* What a page may have shrunk to, at most; 0: anything. Symbols' names and the unwinder's tables can wait. */
static const u32 most_of[EARLY_CLASSES] = {
	[EARLY_RODATA] = PAGE_SIZE / 8 * 3,
	[EARLY_DATA] = PAGE_SIZE / 8 * 4,
	[EARLY_OBJECTS] = PAGE_SIZE / 8 * 3,
	[EARLY_REST] = PAGE_SIZE / 8 * 6,
	[EARLY_STRINGS] = PAGE_SIZE / 8 * 5,
};

#define RESERVED 64u /* ranges and pages for what is found last, and sent before the rest */

#define PFN_BITS  36
#define SLOT_BITS 14

struct range {
	u64 pfn : PFN_BITS;
	u64 n : SLOT_BITS;
	u64 slot : SLOT_BITS; /* of its first page in `class` */
};

_Static_assert(sizeof(struct range) == 8, "packed");
_Static_assert(EARLY_PAGES < 1u << SLOT_BITS, "a slot fits");
_Static_assert(EARLY_NONE < 16, "a class fits half a byte");

static struct early {
	struct range range[EARLY_RANGES];
	u32 ranges, pages, sizes;
	u32 now;      /* range that early_next() gave last */
	u32 turn;     /* and the class */
	u64 upcoming; /* no candidate lies between the last early_within() and this */
	u32 found, found_n; /* where early_find() is: a range, and pages of it */
	struct {
		u32 size; /* where its sizes begin; later the next one that early_find() comes to */
		u64 off;  /* the same of its data */
	} sent[EARLY_CLASSES];
} early OVERLAY(kdump);

static u8 class[EARLY_PAGES / 2] OVERLAY(kdump);
static u16 sizes[EARLY_SIZES] OVERLAY(kdump);

static enum early_class class_of(u32 slot)
{
	return (enum early_class)(class[slot / 2] >> slot % 2 * 4 & 15);
}

static void class_set(u32 slot, enum early_class c)
{
	u8 *both = &class[slot / 2];

	*both = (u8)((*both & 15 << (1 - slot % 2) * 4) | (unsigned int)c << slot % 2 * 4);
}

/* The first range that ends behind pfn. */
static u32 range_at(u64 pfn)
{
	u32 low = 0, high = early.ranges;

	while (low < high) {
		u32 mid = (low + high) / 2;

		if (early.range[mid].pfn + (u64)early.range[mid].n > pfn)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

static bool range_has(const struct range *r, u64 pfn) { return pfn >= r->pfn && pfn < r->pfn + (u64)r->n; }

/* n pages that no range has, in front of range `at`. */
static void range_insert(u32 at, u64 pfn, u32 n, enum early_class c)
{
	struct range *before = at ? &early.range[at - 1] : NULL;
	u32 kept_free = c > EARLY_TEXT ? RESERVED : 0;

	if (early.pages + kept_free >= EARLY_PAGES)
		return;
	n = MIN(n, EARLY_PAGES - kept_free - early.pages);
	if (before && before->pfn + (u64)before->n == pfn && before->slot + (u64)before->n == early.pages) {
		before->n += n;
	} else {
		if (early.ranges + kept_free >= EARLY_RANGES)
			return;
		for (u32 i = early.ranges++; i > at; i--)
			early.range[i] = early.range[i - 1];
		early.range[at] = (struct range){ .pfn = pfn, .n = n, .slot = early.pages };
	}
	while (n--)
		class_set(early.pages++, c);
}

void early_clear(void) { memset(&early, 0, sizeof(early)); }

void early_add(u64 pfn, u64 n, enum early_class c)
{
	u64 end = MIN(pfn + n, 1ull << PFN_BITS);

	while (pfn < end && early.pages < EARLY_PAGES) {
		u32 at = range_at(pfn);
		u64 next = at < early.ranges ? early.range[at].pfn : ~0ull;

		if (pfn < next) {
			range_insert(at, pfn, (u32)MIN(MIN(end, next) - pfn, (u64)EARLY_PAGES), c);
			pfn = next;
		} else {
			pfn = next + early.range[at].n;
		}
	}
}

bool early_has(u64 pfn)
{
	u32 at = range_at(pfn);

	return at < early.ranges && range_has(&early.range[at], pfn);
}

u32 early_count(void) { return early.pages; }

bool early_take(u64 *pfn, enum early_class from, enum early_class to)
{
	for (u32 at = range_at(*pfn); at < early.ranges; at++) {
		const struct range *r = &early.range[at];

		for (u32 i = *pfn > r->pfn ? (u32)(*pfn - r->pfn) : 0; i < r->n; i++) {
			if (class_of(r->slot + i) != from)
				continue;
			class_set(r->slot + i, to);
			*pfn = r->pfn + i;
			return true;
		}
	}
	return false;
}

/* --- sending */

static u32 slot_of(u64 pfn)
{
	const struct range *r = &early.range[early.now];

	return (u32)(r->slot + (pfn - r->pfn));
}

bool early_next(u32 *at, u64 *pfn, u32 *n)
{
	for (; *at < EARLY_CLASSES * early.ranges; ++*at) {
		const struct range *r = &early.range[*at % early.ranges];
		u32 i = 0;

		early.turn = *at / early.ranges;
		if (!(*at % early.ranges))
			early.sent[early.turn].size = early.sizes;
		while (i < r->n && class_of(r->slot + i) != early.turn)
			i++;
		if (i == r->n)
			continue;
		early.now = *at % early.ranges;
		*pfn = r->pfn;
		*n = r->n;
		++*at;
		return true;
	}
	return false;
}

bool early_turn(u64 pfn, u32 *most)
{
	u32 slot = slot_of(pfn);

	if (class_of(slot) != early.turn)
		return false;
	if (early.sizes == EARLY_SIZES) {
		class_set(slot, EARLY_NONE);
		return false;
	}
	*most = most_of[early.turn];
	return true;
}

void early_sent(u64 pfn, u64 off, u32 size)
{
	if (!size) {
		class_set(slot_of(pfn), EARLY_ZEROS);
		return;
	}
	if (early.sent[early.turn].size == early.sizes)
		early.sent[early.turn].off = off;
	sizes[early.sizes++] = (u16)size;
}

void early_later(u64 pfn)
{
	enum early_class next = early.turn == EARLY_RODATA ? EARLY_STRINGS : EARLY_NONE;

	if (early.turn == EARLY_DATA || early.turn == EARLY_OBJECTS)
		next = EARLY_REST;
	class_set(slot_of(pfn), next);
}

void early_drop(u64 pfn) { class_set(slot_of(pfn), EARLY_NONE); }

/* --- finding again */

bool early_within(u64 pfn, u32 n)
{
	u32 at;

	if (pfn + n <= early.upcoming)
		return false;
	at = range_at(pfn);
	early.upcoming = at == early.ranges ? ~0ull : MAX((u64)early.range[at].pfn, pfn);
	return early.upcoming < pfn + n;
}

bool early_find(u64 pfn, u64 *off, u32 *size)
{
	enum early_class c;

	for (; early.found < early.ranges; early.found++, early.found_n = 0) {
		const struct range *r = &early.range[early.found];

		for (; early.found_n < r->n && r->pfn + early.found_n < pfn; early.found_n++) {
			c = class_of(r->slot + early.found_n);
			if (c < EARLY_CLASSES)
				early.sent[c].off += sizes[early.sent[c].size++];
		}
		if (early.found_n < r->n)
			break;
	}
	if (early.found == early.ranges || early.range[early.found].pfn + early.found_n != pfn)
		return false;
	c = class_of(early.range[early.found].slot + early.found_n);
	*size = 0;
	if (c < EARLY_CLASSES) {
		*off = early.sent[c].off;
		*size = sizes[early.sent[c].size];
	}
	return c != EARLY_NONE;
}
