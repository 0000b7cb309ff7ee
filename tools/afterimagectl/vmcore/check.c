// SPDX-License-Identifier: GPL-2.0-or-later
// The structure of a dump, checked end to end.
#include <errno.h>
#include <string.h>

#include "vmcore/check.h"
#include "vmcore/page_decode.h"
#include "progress.h"

#define KERNEL_IMAGE_VA 0xffffffff80000000ull /* the PT_LOAD there repeats a part of RAM */

static u64 pages_of(const Elf64_Phdr *p, u64 bytes)
{
	return bytes ? ((p->p_paddr & PAGE_MASK) + bytes + PAGE_MASK) >> PAGE_SHIFT : 0;
}

static int check_elf(struct check *c, const struct dump *d)
{
	for (u32 i = 0; i < d->elf.count; i++) {
		const Elf64_Phdr *p = &d->elf.phdr[i];

		if (p->p_type != PT_LOAD || p->p_vaddr >= KERNEL_IMAGE_VA)
			continue;
		c->pages += pages_of(p, p->p_filesz);
		c->ram += pages_of(p, p->p_memsz);
		c->ranges++;
	}
	return elfcore_check_length(&d->elf, d->in.size, &c->why);
}

struct page_check {
	struct check *c;
	const struct input *in;
	bool decode, incomplete;
	u64 data; /* where page data begins */
	u64 end;  /* of the last byte a descriptor speaks of */
	u64 done;
};

static int check_flags(struct check *c, u64 pfn, const struct kdump_page *p)
{
	switch (p->flags) {
	case 0:
		if (p->size != PAGE_SIZE)
			return refuse(&c->why, -EBADMSG, "page 0x%llx: raw, but %u bytes", pfn,
				      p->size);
		return 0;
	case KDUMP_ZLIB:
	case KDUMP_LZO:
	case KDUMP_SNAPPY:
	case KDUMP_ZSTD:
		if (!p->size || p->size > PAGE_SIZE)
			return refuse(&c->why, -EBADMSG, "page 0x%llx: %u compressed bytes", pfn,
				      p->size);
		c->compressed++;
		return 0;
	default:
		return refuse(&c->why, -EBADMSG, "page 0x%llx: unknown flags 0x%x", pfn, p->flags);
	}
}

/* All that do not decode are counted. */
static int check_contents(struct page_check *s, u64 pfn, const struct kdump_page *p)
{
	u8 page[PAGE_SIZE];
	int err = page_decode(s->in, p, page);

	progress_at(s->done += p->size);
	if (err != -EBADMSG && err != -EOPNOTSUPP)
		return err;
	s->c->undecodable++;
	refuse(&s->c->why, 0, "page 0x%llx %s", pfn,
	       err == -EBADMSG ? "does not decode" : "has a compression that is not known here");
	return 0;
}

static int check_page(void *context, u64 pfn, const struct kdump_page *p)
{
	struct page_check *s = context;
	int err;

	if (s->incomplete && kdump_page_lost(p)) {
		s->c->lost++;
		return 0;
	}
	if (p->offset < s->data || p->offset > s->in->size || p->size > s->in->size - p->offset)
		return refuse(&s->c->why, -EBADMSG,
			      "page 0x%llx: contents at 0x%llx, %u bytes, are not in the file", pfn,
			      p->offset, p->size);
	s->end = MAX(s->end, p->offset + p->size);
	err = check_flags(s->c, pfn, p);
	return err || !p->flags || !s->decode ? err : check_contents(s, pfn, p);
}

static int check_window(struct check *c, const struct dump *d, const char *what, u64 off, u64 len)
{
	if (len && (off > d->in.size || len > d->in.size - off))
		return refuse(&c->why, -EBADMSG,
			      "the %s at 0x%llx, %llu bytes, are not in the file", what, off, len);
	return 0;
}

static int check_windows(struct check *c, const struct dump *d)
{
	const struct kdump *k = &d->kdump;
	int err = check_window(c, d, "notes", k->note_off, k->note_len);

	if (!err)
		err = check_window(c, d, "VMCOREINFO lines", k->vmcoreinfo_off, k->vmcoreinfo_len);
	return err ? err : check_window(c, d, "erase lines", k->erase_off, k->erase_len);
}

static int check_kdump(struct check *c, const struct dump *d, bool decode)
{
	const struct kdump *k = &d->kdump;
	struct page_check s = { .c = c, .in = &d->in, .decode = decode };
	int err;

	s.incomplete = k->status & KDUMP_INCOMPLETE;
	if (s.incomplete)
		refuse(&c->why, 0, "its header says that it is incomplete");
	if (k->split)
		return refuse(&c->why, -EBADMSG, "one part of a split dump");
	kdump_ram(k, &d->in, &c->ram, &c->ranges);
	err = check_windows(c, d);
	if (!err)
		err = kdump_count(k, &d->in, &c->pages, &c->why);
	if (err)
		return err;
	s.data = s.end = k->desc + c->pages * sizeof(struct kdump_page);
	if (decode)
		progress_begin("decode", d->in.size);
	err = kdump_each_page(k, &d->in, check_page, &s);
	if (decode)
		progress_end();
	c->pages -= c->lost;
	if (err == -ENODATA)
		return refuse(&c->why, -EBADMSG, "cut within the page descriptors");
	if (err || c->why.text[0])
		return err ? err : -EBADMSG;
	s.end = MAX(s.end, k->erase_len ? k->erase_off + k->erase_len : 0);
	if (s.end < d->in.size)
		return refuse(&c->why, -EBADMSG, "%llu bytes too many after the last page",
			      d->in.size - s.end);
	return 0;
}

static int check_flattened(struct check *c, const struct dump *d)
{
	c->overlapping = d->map.overlapping;
	if (!d->map.ended)
		return refuse(&c->why, -EBADMSG, "%s", d->flat_why.text);
	if (d->map.trailing)
		return refuse(&c->why, -EBADMSG, "%llu bytes after the end record",
			      d->map.trailing);
	return 0;
}

int check_dump(struct check *c, const struct dump *d, bool decode)
{
	int err = 0;

	memset(c, 0, sizeof(*c));
	if (d->flattened)
		err = check_flattened(c, d);
	if (!err)
		err = d->container == CONTAINER_ELF ? check_elf(c, d) : check_kdump(c, d, decode);
	return err == -ENODATA ? -EBADMSG : err;
}
