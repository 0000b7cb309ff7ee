// SPDX-License-Identifier: GPL-2.0-or-later
// Compares the pages of a dump with a RAM image.
#include <errno.h>
#include <string.h>

#include "vmcore/page_decode.h"
#include "progress.h"
#include "vmcore/ram.h"

#define CHUNK (256 * KIB) /* both buffers stay in the CPU's cache */
#define ABOVE (4 * GIB)   /* where RAM goes on behind the hole for devices */

/* hw/i386/pc_q35.c: RAM below 4 GiB ends at 2 GiB if there are more than 2.75 GiB, so that a
 * gigabyte page fits behind it; with less, all of it lies below. */
#define Q35_ALL_BELOW 0xb0000000ull
#define Q35_SPLIT     0x80000000ull

struct comparison {
	struct ram_result *r;
	const struct ram *ram;
	const struct dump *d;
	FILE *list;
	u64 done; /* bytes, for the progress line */
	u8 dump[CHUNK], image[CHUNK];
};

u64 ram_default_split(u64 size)
{
	return size >= Q35_ALL_BELOW ? Q35_SPLIT : size;
}

/* Where [pa, pa + *len) lies in the image; *len becomes what is there, or not there, in one piece.
 */
static bool find_in_image(const struct ram *ram, pa_t pa, u64 *len, u64 *off)
{
	u64 below = MIN(ram->split, ram->in.size);

	if (pa < below) {
		*len = MIN(*len, below - pa);
		*off = pa;
		return true;
	}
	if (pa < ABOVE) {
		*len = MIN(*len, ABOVE - pa);
		return false;
	}
	*off = ram->split + (pa - ABOVE);
	if (*off >= ram->in.size)
		return false;
	*len = MIN(*len, ram->in.size - *off);
	return true;
}

static u64 page_count(pa_t pa, u64 len)
{
	return len ? ((pa + len - 1) >> PAGE_SHIFT) - (pa >> PAGE_SHIFT) + 1 : 0;
}

static void note_difference(struct comparison *c, pa_t page)
{
	struct ram_result *r = c->r;

	if (r->differing < ARRAY_SIZE(r->first))
		r->first[r->differing] = page;
	r->differing++;
	r->differing_low += page < MIB;
	if (c->list)
		fprintf(c->list, "0x%llx\n", page);
}

/* Page by page, c->dump against c->image. */
static void compare_pages(struct comparison *c, pa_t pa, u64 len)
{
	for (u64 at = 0; at < len;) {
		u64 n = MIN(len - at, PAGE_SIZE - ((pa + at) & PAGE_MASK));

		if (memcmp(c->dump + at, c->image + at, n))
			note_difference(c, ALIGN_DOWN(pa + at, PAGE_SIZE));
		else
			c->r->equal++;
		at += n;
	}
}

/* The len bytes (at most CHUNK) in c->dump, which belong at pa. */
static int compare_chunk(struct comparison *c, pa_t pa, u64 len)
{
	u64 n, off;

	for (; len; pa += n, len -= n) {
		int err;

		n = len;
		if (!find_in_image(c->ram, pa, &n, &off)) {
			c->r->absent += page_count(pa, n);
		} else {
			err = input_read(&c->ram->in, off, c->image, n);
			if (err)
				return say_error(err, "reading the RAM image at %llu", off);
			if (memcmp(c->dump, c->image, n))
				compare_pages(c, pa, n);
			else
				c->r->equal += page_count(pa, n);
		}
		if (n < len)
			memmove(c->dump, c->dump + n, len - n);
	}
	return 0;
}

static int compare_range(struct comparison *c, const Elf64_Phdr *p)
{
	int err = 0;

	for (u64 at = 0; at < p->p_filesz && !err;) {
		pa_t pa = p->p_paddr + at;
		u64 n = MIN(p->p_filesz - at, CHUNK - (pa & PAGE_MASK)); /* ends with a page */

		err = input_read(&c->d->in, p->p_offset + at, c->dump, n);
		err = err ? say_error(err, "reading the dump at %llu", p->p_offset + at)
			  : compare_chunk(c, pa, n);
		c->r->kept += page_count(pa, n);
		at += n;
		c->done += n;
		progress_at(c->done);
	}
	return err;
}

static int compare_kdump_page(void *context, u64 pfn, const struct kdump_page *page)
{
	struct comparison *c = context;
	int err;

	c->done += page->size;
	progress_at(c->done);
	if (kdump_page_lost(page))
		return 0;
	c->r->kept++;
	err = page_decode(&c->d->in, page, c->dump);
	if (err == -EBADMSG || err == -EOPNOTSUPP) {
		c->r->undecodable++;
		return 0;
	}
	if (err)
		return say_error(err, "reading the dump at %llu", page->offset);
	return compare_chunk(c, pfn << PAGE_SHIFT, PAGE_SIZE);
}

int ram_compare(struct ram_result *r, const struct ram *ram, const struct dump *d, FILE *list)
{
	static struct comparison c;
	int err = 0;

	memset(r, 0, sizeof(*r));
	c = (struct comparison){ .r = r, .ram = ram, .d = d, .list = list };
	progress_begin("compare", d->in.size);
	if (d->container == CONTAINER_KDUMP)
		err = kdump_each_page(&d->kdump, &d->in, compare_kdump_page, &c);
	for (u32 i = 0; i < d->elf.count && !err; i++)
		if (d->elf.phdr[i].p_type == PT_LOAD)
			err = compare_range(&c, &d->elf.phdr[i]);
	progress_end();
	return err;
}
