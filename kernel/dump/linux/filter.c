/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The decision page by page (include/linux/page-flags.h, mm_types.h; makedumpfile's order of
 * tests), by the facts that VMCOREINFO gives and no kernel's version. */
#include "dump/linux/filter.h"

#include <string.h>

#include "bytes.h"
#include "dump/linux/absent.h"
#include "dump/linux/memmap.h"
#include "dump/linux/vmcoreinfo.h"
#include "log.h"

#define NEEDS_STRUCT_PAGE (LEVEL_CACHE | LEVEL_CACHE_PRIVATE | LEVEL_USER | LEVEL_FREE)

#define PIECE_PAGES 64u        /* struct pages looked at together: bits of a u64 */
#define PIECE_BYTES PAGE_SIZE
#define ORDER_MAX   18u        /* 1 GiB, the CPU's largest page */
#define NO_OFFSET   (~0u)
#define NO_TYPE     (~0ull)    /* no u32 equals it */
#define TAIL_BIT    1u         /* of compound_head, compound_info since 7.1 */
#define ANON_BIT    1u         /* PAGE_MAPPING_ANON of mapping */
#define UNINITIALISED (~0ull)  /* PAGE_POISON_PATTERN: flags of a struct page nobody has set up */

#define TYPE_BYTE   0xff000000u

enum { DROP = 1, NEVER = 2 };  /* a verdict's bits; NEVER goes with DROP */

/* What VMCOREINFO says: offsets in struct page, masks of flags (0: no such flag), values of
 * page_type or _mapcount (NO_TYPE: no such type). */
struct rules {
	bool begun;        /* filter_init() was called */
	u32 page_bytes;    /* 0: nothing is known of any page */
	u32 flags, mapping, type, private, compound;
	u32 order, dtor;   /* a byte each, in the second struct page of a compound page */
	u64 tail;          /* TAIL_BIT, or 0 where tails cannot be told */
	u64 head, lru, has_private, swapcache, swapbacked, slab, hwpoison;
	u64 second_hugetlb; /* in the second page's flags: PG_hugetlb of 6.6 to 6.8 */
	u64 type_buddy, type_offline, type_slab, type_hugetlb, type_unaccepted;
	u32 type_mask;     /* the bits that say a page's type */
	u64 dtor_hugetlb;
	u32 free_orders;   /* LENGTH(zone.free_area) */
	unsigned int level;
};

/* Pages that one struct page decided, as far as they are still ahead. */
struct block {
	u64 end;
	unsigned int verdict;
};

struct verdicts {
	u64 drop, never;
};

_Static_assert(FILTER_SLAB_PAGES * MEMMAP_PAGE_MAX <= PIECE_BYTES, "struct pages of a slab");

static struct rules rules;
static struct block block;
static ALIGNED(64) u8 piece[PIECE_BYTES];

/* --- what VMCOREINFO says */

static u64 number(const char *kind, const char *name, u64 min, u64 max, u64 missing)
{
	u64 v;

	return vmcoreinfo_value(kind, name, &v) && v >= min && v <= max ? v : missing;
}

/* Offset of a field of `bytes` bytes, counted from `base`. */
static u32 field(const char *name, u32 base, u32 bytes)
{
	u64 v = number("OFFSET", name, base, base + rules.page_bytes - bytes, ~0ull);

	return v == ~0ull ? NO_OFFSET : (u32)(v - base);
}

static u64 flag(const char *name)
{
	u64 bit = number("NUMBER", name, 0, 63, 64);

	return bit < 64 ? 1ull << bit : 0;
}

/* A page type: NUMBERs are printed as int, so they fit 32 bits in one way or the other; what is not
 * negative is a number of mappings. */
static u64 page_type(const char *name)
{
	u64 v;

	if (!vmcoreinfo_value("NUMBER", name, &v) || (v + (1ull << 31) >= 1ull << 32 && v >> 32) ||
	    !(v & 1ull << 31))
		return NO_TYPE;
	return (u32)v;
}

/* Since 6.12 a type is the highest byte, and what is below belongs to the page's owner. Before, it
 * was all 32 bits: ones, but for one that says the type. */
static u32 page_type_mask(const struct rules *r)
{
	u64 types[] = { r->type_buddy, r->type_offline, r->type_slab, r->type_hugetlb, r->type_unaccepted };

	for (unsigned int i = 0; i < ARRAY_SIZE(types); i++)
		if (types[i] != NO_TYPE && (types[i] & ~TYPE_BYTE))
			return ~0u;
	return TYPE_BYTE;
}

/* The order of a compound page is one byte of its second struct page: the lowest of _flags_1 where
 * hugetlb is told in a way of 6.6 or later, else a field of its own. */
static void read_compound_rules(struct rules *r)
{
	r->head = number("NUMBER", "PG_head_mask", 1, ~0ull, 0);
	r->second_hugetlb = flag("PG_hugetlb");
	r->type_hugetlb = page_type("PAGE_HUGETLB_MAPCOUNT_VALUE");
	r->dtor_hugetlb = number("NUMBER", "HUGETLB_PAGE_DTOR", 1, 0xff, NO_TYPE);
	r->order = r->dtor = NO_OFFSET;
	if (r->second_hugetlb || r->type_hugetlb != NO_TYPE) {
		r->order = r->flags;
		return;
	}
	r->order = field("folio._folio_order", r->page_bytes, 1);
	r->dtor = field("folio._folio_dtor", r->page_bytes, 1);
	if (r->order == NO_OFFSET)
		r->order = field("page.compound_order", 0, 1);
	if (r->dtor == NO_OFFSET)
		r->dtor = field("page.compound_dtor", 0, 1);
}

static void read_rules(struct rules *r)
{
	r->flags = field("page.flags", 0, sizeof(u64));
	r->mapping = field("page.mapping", 0, sizeof(u64));
	r->type = field("page._mapcount", 0, sizeof(u32));
	r->private = field("page.private", 0, sizeof(u64));
	r->compound = field("page.compound_head", 0, sizeof(u64));
	if (r->compound == NO_OFFSET)
		r->compound = field("page.compound_info", 0, sizeof(u64));
	r->lru = flag("PG_lru");
	r->has_private = flag("PG_private");
	r->swapcache = flag("PG_swapcache");
	r->swapbacked = flag("PG_swapbacked");
	r->slab = flag("PG_slab");
	r->hwpoison = flag("PG_hwpoison");
	r->type_buddy = page_type("PAGE_BUDDY_MAPCOUNT_VALUE");
	r->type_offline = page_type("PAGE_OFFLINE_MAPCOUNT_VALUE");
	r->type_slab = page_type("PAGE_SLAB_MAPCOUNT_VALUE");
	r->type_unaccepted = page_type("PAGE_UNACCEPTED_MAPCOUNT_VALUE");
	r->free_orders = (u32)number("LENGTH", "zone.free_area", 1, ORDER_MAX + 1, 0);
	read_compound_rules(r);
	r->type_mask = page_type_mask(r);
	if (!r->swapbacked)
		r->swapbacked = ~0ull; /* before 4.10 PG_swapcache alone says it */
}

/* Bits of the level that something missing makes impossible are off, and that is told. */
static void need(struct rules *r, bool there, unsigned int bits, const char *what)
{
	unsigned int off = there ? 0 : r->level & bits;

	if (!off)
		return;
	r->level &= ~off;
	log_info("VMCOREINFO tells nothing usable of %s: level %u instead of %u", what, r->level,
	         r->level | off);
}

/* Fields that are not there are read at offset 0 and their values compare with nothing. */
static void settle_rules(struct rules *r)
{
	bool tails = r->compound != NO_OFFSET, types = r->type != NO_OFFSET;
	bool slab = r->slab || (types && r->type_slab != NO_TYPE);

	need(r, tails, NEEDS_STRUCT_PAGE, "compound pages (page.compound_head)");
	need(r, r->mapping != NO_OFFSET, NEEDS_STRUCT_PAGE & ~LEVEL_FREE, "page.mapping");
	need(r, r->lru, LEVEL_CACHE | LEVEL_CACHE_PRIVATE, "PG_lru");
	need(r, r->has_private || (r->level & LEVEL_CACHE_PRIVATE), LEVEL_CACHE, "PG_private");
	need(r, slab, LEVEL_USER | LEVEL_FREE, "slab pages");
	need(r, types && r->type_buddy != NO_TYPE && r->private != NO_OFFSET && r->free_orders,
	     LEVEL_FREE, "free pages");
	if (!slab || !types)
		r->type_offline = NO_TYPE; /* a slab page may hold anything there */
	if (!(r->level & LEVEL_FREE))
		r->type_buddy = NO_TYPE;
	if (!types)
		r->type_buddy = r->type_unaccepted = r->type_slab = r->type_hugetlb = NO_TYPE,
		r->type = 0;
	if (r->dtor == NO_OFFSET)
		r->dtor_hugetlb = NO_TYPE, r->dtor = 0;
	if (r->mapping == NO_OFFSET)
		r->mapping = 0;
	r->tail = tails ? TAIL_BIT : 0;
	if (!tails)
		r->compound = 0;
	if (!r->head || r->order == NO_OFFSET || !tails) {
		if (r->level & NEEDS_STRUCT_PAGE)
			log_info("VMCOREINFO tells no size of compound pages: they are kept");
		r->order = NO_OFFSET;
	}
}

unsigned int filter_init(unsigned int level)
{
	filter_begin();
	absent_init();
	rules = (struct rules){ .begun = true, .level = level, .type_offline = NO_TYPE };
	if (vmcoreinfo_number("PAGESIZE", PAGE_SIZE) != PAGE_SIZE)
		log_info("VMCOREINFO: pages are not of 4096 bytes");
	else
		rules.page_bytes = memmap_init();
	if (rules.page_bytes) {
		read_rules(&rules);
		if (rules.flags == NO_OFFSET)
			rules.page_bytes = 0;
	}
	if (!rules.page_bytes) {
		need(&rules, false, NEEDS_STRUCT_PAGE, "struct page");
		return rules.level;
	}
	settle_rules(&rules);
	if (!(rules.level & NEEDS_STRUCT_PAGE) && !rules.hwpoison && rules.type_offline == NO_TYPE &&
	    rules.type_unaccepted == NO_TYPE)
		rules.page_bytes = 0; /* nothing to find */
	return rules.level;
}

/* --- one struct page */

/* Order of the compound page whose head is p; 0 when that cannot be believed. The struct pages of a
 * hugetlb page may all be mapped to the first few (HVO), so that what looks like a head may be a
 * tail: it is not aligned to the order it claims. */
static unsigned int head_order(const struct rules *r, const u8 *p, u64 pfn)
{
	const u8 *second = p + r->page_bytes;
	unsigned int order;

	if (r->order == NO_OFFSET || !(get_le64(second + r->compound) & TAIL_BIT))
		return 0;
	order = second[r->order];
	return order <= ORDER_MAX && !(pfn & ((1ull << order) - 1)) ? order : 0;
}

static bool head_is_hugetlb(const struct rules *r, const u8 *p, u32 type)
{
	const u8 *second = p + r->page_bytes;

	return type == r->type_hugetlb || (get_le64(second + r->flags) & r->second_hugetlb) ||
	       second[r->dtor] == r->dtor_hugetlb;
}

/* Free pages: the order is kept in `private`. */
static unsigned int judge_free(const struct rules *r, u64 order, u64 pfn, unsigned int *out)
{
	if (order >= r->free_orders || (pfn & ((1ull << order) - 1)))
		return 0;
	*out = (unsigned int)order;
	return DROP;
}

static inline u32 type_of(const struct rules *r, const u8 *p)
{
	return get_le32(p + r->type) & r->type_mask;
}

static inline bool is_slab(const struct rules *r, const u8 *p)
{
	return type_of(r, p) == r->type_slab || (get_le64(p + r->flags) & r->slab);
}

/* The verdict on a page, and in *order for how many. `last`: there is no struct page behind p,
 * which is so for odd page frames only. */
static inline unsigned int judge(const struct rules *r, unsigned int level, const u8 *p, bool last,
                                 u64 pfn, unsigned int *order)
{
	u64 flags = get_le64(p + r->flags);
	u32 type = type_of(r, p);
	unsigned int never = flags & r->hwpoison ? DROP | NEVER : 0;
	bool head = flags & r->head, slab, anon, cache;

	*order = 0;
	if (flags == UNINITIALISED)
		return 0;
	if (get_le64(p + r->compound) & r->tail)
		return never; /* else decided with its head */
	slab = is_slab(r, p);
	if (type == r->type_buddy && !slab && (level & LEVEL_FREE))
		return judge_free(r, get_le64(p + r->private), pfn, order) | never;
	if (type == r->type_unaccepted && !slab) /* the first one tells of a block */
		return judge_free(r, (u64)r->free_orders - 1, pfn, order) | DROP | NEVER;
	if (head) {
		*order = last ? 0 : head_order(r, p, pfn);
		if (!*order)
			return never;
	}
	if (type == r->type_offline && !slab)
		never = DROP | NEVER;
	anon = (get_le64(p + r->mapping) & ANON_BIT) && !slab;
	cache = (flags & r->lru) || ((flags & r->swapcache) && (flags & r->swapbacked));
	if (cache && !anon &&
	    ((level & LEVEL_CACHE_PRIVATE) || ((level & LEVEL_CACHE) && !(flags & r->has_private))))
		return DROP | never;
	if ((level & LEVEL_USER) && (anon || (head && head_is_hugetlb(r, p, type))))
		return DROP | never;
	return never;
}

static bool is_tail(const struct rules *r, const u8 *p)
{
	return get_le64(p + r->compound) & r->tail;
}

bool filter_finds_slab(u64 pfn, u64 *first, u32 *n)
{
	u64 start = ALIGN_DOWN(pfn, FILTER_SLAB_PAGES);
	u32 head = (u32)(pfn - start), end = head + 1, bytes = rules.page_bytes;

	if (!bytes || !memmap_read(piece, start, FILTER_SLAB_PAGES))
		return false;
	while (head && is_tail(&rules, piece + head * bytes))
		head--;
	if (is_tail(&rules, piece + head * bytes) || !is_slab(&rules, piece + head * bytes) ||
	    get_le64(piece + head * bytes + rules.flags) == UNINITIALISED)
		return false;
	while (end < FILTER_SLAB_PAGES && is_tail(&rules, piece + end * bytes))
		end++;
	*first = start + head;
	*n = end - head;
	return true;
}

/* --- pieces of the bitmaps */

/* Bits from .. to of a u64; from < to. */
static u64 bits(u64 from, u64 to) { return (~0ull >> (64 - (to - from))) << from; }

/* Judge the n pages whose struct pages are in `piece`; a block that reaches further stays in
 * `block`. */
static struct verdicts judge_piece(const struct rules *r, unsigned int level, u64 pfn, u32 n)
{
	struct verdicts v = { 0, 0 };

	for (u64 i = 0; i < n;) {
		const u8 *p = piece + i * r->page_bytes;
		unsigned int order, verdict = judge(r, level, p, i + 1 == n, pfn + i, &order);
		u64 count = 1ull << order, mask;

		if (!verdict) {
			i++; /* of a block that stays, too: one of its tails may be poisoned */
			continue;
		}
		mask = bits(i, MIN(i + count, (u64)n));
		v.drop |= mask;
		if (verdict & NEVER)
			v.never |= mask;
		if (i + count > n)
			block = (struct block){ pfn + i + count, verdict };
		i += count;
	}
	return v;
}

static void mark(struct verdicts v, u64 bit, u32 n, u8 *keep, u8 *never)
{
	for (u32 i = 0; i < n; i += 8) {
		if (keep)
			keep[(bit + i) / 8] &= (u8)~(v.drop >> i);
		if (never)
			never[(bit + i) / 8] |= (u8)(v.never >> i);
	}
}

static bool any_page(const u8 *keep, u64 bit, u32 n)
{
	u8 any = 0;

	for (u32 i = 0; i < n; i += 8)
		any |= keep[(bit + i) / 8];
	return any;
}

void filter_begin(void) { block.end = 0; }

void filter_apply(u64 pfn, u32 n, u8 *keep, u8 *never)
{
	unsigned int level = keep ? rules.level : 0;
	u32 per_piece = PIECE_PAGES;

	if (never)
		memset(never, 0, n / 8);
	if (!rules.begun)
		return;
	if (rules.page_bytes)
		per_piece = MIN((u32)(PIECE_BYTES / rules.page_bytes) & ~7u, PIECE_PAGES);
	for (u64 at = pfn, end = pfn + n; at < end;) {
		u32 count = (u32)MIN(per_piece - at % per_piece, end - at);
		struct verdicts v = { 0, 0 };

		if (at < block.end) { /* its end: a multiple of 8, as it is aligned to its size */
			count = (u32)MIN((u64)count, block.end - at);
			v.drop = bits(0, count);
			v.never = block.verdict & NEVER ? v.drop : 0;
		} else if (keep && !any_page(keep, at - pfn, count)) {
			; /* nothing to decide */
		} else if (absent_at(at)) {
			v.drop = v.never = bits(0, count);
		} else if (rules.page_bytes && memmap_read(piece, at, count)) {
			v = judge_piece(&rules, level, at, count);
		}
		mark(v, at - pfn, count, keep, never);
		at += count;
	}
}
