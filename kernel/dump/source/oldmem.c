/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Old RAM: bounds, forbidden addresses, bad pages; the reading itself is peek(). */
#include "dump/source/oldmem.h"

#include <string.h>

#include "boot/start.h"
#include "dump/source/source.h"
#include "map.h"

#define FORBIDDEN_MAX 128
#define BAD_MAX 64

struct range {
	pa_t start;
	u64 len;
};

static struct range forbidden[FORBIDDEN_MAX];
static unsigned int n_forbidden;
static pa_t bad[BAD_MAX];
static unsigned int n_bad;
static u64 encryption; /* C-bit or 0 */
static bool overflow; /* a table was too small: trust nothing to a device */

void oldmem_set_encryption(u64 c_bit) { encryption = c_bit; }

void oldmem_forbid(pa_t pa, u64 len)
{
	for (unsigned int i = 0; i < n_forbidden; i++) {
		struct range *r = &forbidden[i];

		if (pa >= r->start && pa - r->start <= r->len) { /* extends or repeats one */
			r->len = MAX(r->len, pa - r->start + len);
			return;
		}
	}
	if (n_forbidden == FORBIDDEN_MAX) {
		overflow = true;
		return;
	}
	forbidden[n_forbidden++] = (struct range){ pa, len };
}

void oldmem_mark_bad(pa_t page)
{
	if (n_bad == BAD_MAX)
		overflow = true;
	else
		bad[n_bad++] = page;
}

static bool is_forbidden(pa_t pa, u64 len)
{
	for (unsigned int i = 0; i < n_forbidden; i++)
		if (ranges_overlap(pa, len, forbidden[i].start, forbidden[i].len))
			return true;
	return ranges_overlap(pa, len, (pa_t)__image_start, (u64)(__image_end - __image_start));
}

static bool is_bad(pa_t pa, u64 len)
{
	for (unsigned int i = 0; i < n_bad; i++)
		if (ranges_overlap(pa, len, bad[i], PAGE_SIZE))
			return true;
	return false;
}

static bool read_in_page(void *dst, pa_t pa, u64 len)
{
	pa_t page = ALIGN_DOWN(pa, PAGE_SIZE);

	if (is_forbidden(page, PAGE_SIZE) || is_bad(page, PAGE_SIZE)) {
		memset(dst, 0, len);
		return false;
	}
	if (!peek(dst, pa | encryption, len))
		return true;
	oldmem_mark_bad(page);
	return false;
}

static unsigned int read_pages(u8 *to, pa_t pa, u64 len, bool listed)
{
	unsigned int unreadable = 0;

	while (len) {
		u64 n = MIN(PAGE_SIZE - (pa & PAGE_MASK), len);

		if (listed && !source_holds(ALIGN_DOWN(pa, PAGE_SIZE), PAGE_SIZE)) {
			memset(to, 0, n);
			unreadable++;
		} else {
			unreadable += !read_in_page(to, pa, n);
		}
		to += n;
		pa += n;
		len -= n;
	}
	return unreadable;
}

unsigned int oldmem_read(void *dst, pa_t pa, u64 len) { return read_pages(dst, pa, len, true); }

unsigned int oldmem_read_unlisted(void *dst, pa_t pa, u64 len)
{
	return read_pages(dst, pa, len, false);
}

bool oldmem_dma_ok(pa_t pa, u64 len)
{
	return !overflow && !encryption && pa >= LOW_16M && map_addressable(pa, len) &&
	       !is_forbidden(pa, len) && !is_bad(pa, len) && source_holds(pa, len);
}
