// SPDX-License-Identifier: GPL-2.0-or-later
// The structure of a dump, checked end to end.
#include <errno.h>
#include <string.h>

#include "check.h"

static int check_elf(struct check *c, const struct dump *d)
{
	for (u32 i = 0; i < d->elf.count; i++) {
		const Elf64_Phdr *p = &d->elf.phdr[i];

		if (p->p_type == PT_LOAD && p->p_filesz)
			c->pages +=
			    ((p->p_paddr & PAGE_MASK) + p->p_filesz + PAGE_MASK) >> PAGE_SHIFT;
	}
	return elfcore_check_length(&d->elf, d->in.size, &c->why);
}

struct page_check {
	struct check *c;
	u64 data; /* where page data begins */
	u64 size; /* of the file */
	u64 end;  /* of the last byte a descriptor speaks of */
};

static int check_page(void *context, u64 pfn, const struct kdump_page *p)
{
	struct page_check *s = context;

	if (p->offset < s->data || p->offset > s->size || p->size > s->size - p->offset)
		return refuse(&s->c->why, -EBADMSG,
			      "page 0x%llx: contents at 0x%llx, %u bytes, are not in the file", pfn,
			      p->offset, p->size);
	switch (p->flags) {
	case 0:
		if (p->size != PAGE_SIZE)
			return refuse(&s->c->why, -EBADMSG, "page 0x%llx: raw, but %u bytes", pfn,
				      p->size);
		break;
	case KDUMP_ZLIB:
	case KDUMP_LZO:
	case KDUMP_SNAPPY:
	case KDUMP_ZSTD:
		if (!p->size || p->size > PAGE_SIZE)
			return refuse(&s->c->why, -EBADMSG, "page 0x%llx: %u compressed bytes", pfn,
				      p->size);
		s->c->undecoded++;
		break;
	default:
		return refuse(&s->c->why, -EBADMSG, "page 0x%llx: unknown flags 0x%x", pfn,
			      p->flags);
	}
	s->end = MAX(s->end, p->offset + p->size);
	return 0;
}

static int check_window(struct check *c, const struct dump *d, const char *what, u64 off, u64 len)
{
	if (len && (off > d->in.size || len > d->in.size - off))
		return refuse(&c->why, -EBADMSG,
			      "the %s at 0x%llx, %llu bytes, are not in the file", what, off, len);
	return 0;
}

static int check_kdump(struct check *c, const struct dump *d)
{
	const struct kdump *k = &d->kdump;
	struct page_check s = { .c = c, .size = d->in.size };
	int err;

	if (k->split)
		return refuse(&c->why, -EBADMSG, "one part of a split dump");
	err = check_window(c, d, "notes", k->note_off, k->note_len);
	if (!err)
		err = check_window(c, d, "VMCOREINFO lines", k->vmcoreinfo_off, k->vmcoreinfo_len);
	if (!err)
		err = check_window(c, d, "erase lines", k->erase_off, k->erase_len);
	if (!err)
		err = kdump_count(k, &d->in, &c->pages, &c->why);
	if (err)
		return err;
	s.data = s.end = k->desc + c->pages * sizeof(struct kdump_page);
	err = kdump_each_page(k, &d->in, check_page, &s);
	if (err == -ENODATA)
		return refuse(&c->why, -EBADMSG, "cut within the page descriptors");
	if (err)
		return err;
	if (k->status & KDUMP_INCOMPLETE)
		return refuse(&c->why, -EBADMSG, "its header says that it is incomplete");
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

int check_dump(struct check *c, const struct dump *d)
{
	int err = 0;

	memset(c, 0, sizeof(*c));
	if (d->flattened)
		err = check_flattened(c, d);
	if (!err)
		err = d->container == CONTAINER_ELF ? check_elf(c, d) : check_kdump(c, d);
	return err == -ENODATA ? -EBADMSG : err;
}
