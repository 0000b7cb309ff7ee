// SPDX-License-Identifier: GPL-2.0-or-later
// Cut kdump-compressed dumps: takes back what the bitmaps promise and the file does not hold.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bytes.h"
#include "vmcore/mend.h"
#include "vmcore/mend_early.h"
#include "vmcore/page_decode.h"

struct mend {
	struct output *o;
	struct input in;
	struct kdump k;
	struct mended *result;
	bool decode;
	u64 position; /* of the next descriptor in the table */
	u64 keep;     /* one past the last page that is kept */
	u64 keep_at;  /* position of the descriptor behind that page's */
	u64 data_end; /* of the data of all pages so far */
	u64 end;      /* of the last byte that is needed */
	u64 behind;   /* pages that are there, behind lost ones */
	bool lost;    /* since the last page that is kept */
	u8 chunk[KDUMP_CHUNK];
};

/* A descriptor that names its page (0: it does not) is not believed of another one: the bitmap, whose
 * bits are counted to find it, may be torn. */
static int page_there(const struct mend *m, u64 pfn, const struct kdump_page *page, bool *there)
{
	u8 contents[PAGE_SIZE];
	int err;

	*there = page->offset >= m->k.desc && page->offset <= m->in.size && page->size &&
		 page->size <= PAGE_SIZE && page->size <= m->in.size - page->offset &&
		 (!page->page_flags || page->page_flags == pfn);
	if (!*there || !m->decode)
		return 0;
	err = page_decode(&m->in, page, contents);
	*there = !err || err == -EOPNOTSUPP;
	return err == -EBADMSG || err == -EOPNOTSUPP ? 0 : err;
}

/* Behind a lost page, one more page of zeros (whose data others share) is not worth a gap: only
 * what brought data of its own is. */
static void keep_page(struct mend *m, u64 pfn, const struct kdump_page *page, u64 desc_end)
{
	u64 data_end = page->offset + page->size;

	m->behind++;
	if (m->lost && data_end <= m->data_end)
		return;
	m->data_end = MAX(m->data_end, data_end);
	m->end = MAX(m->end, MAX(data_end, desc_end));
	m->keep = pfn + 1;
	m->keep_at = m->position;
	m->lost = false;
	m->result->kept += m->behind;
	m->behind = 0;
}

static int mend_page(void *context, u64 pfn, const struct kdump_page *page)
{
	static const u8 lost[KDUMP_DESC_BYTES];
	struct mend *m = context;
	u64 desc = m->k.desc + m->position++ * KDUMP_DESC_BYTES;
	bool there;
	int err = page_there(m, pfn, page, &there);

	if (err)
		return err;
	if (there) {
		keep_page(m, pfn, page, desc + KDUMP_DESC_BYTES);
		return 0;
	}
	m->lost = true;
	return kdump_page_lost(page) ? 0 : output_write(m->o, desc, lost, sizeof(lost), true);
}

/* Clear the bits from page m->keep on. Everything that counts descriptors counts bits before one:
 * behind the last page that is there nothing is moved by it. */
static int clear_behind(struct mend *m, u64 *cleared)
{
	struct kdump_walk w = kdump_walk_of(&m->k, &m->in, m->k.bitmap2);
	int err;

	w.next = ALIGN_DOWN(m->keep / 8, KDUMP_CHUNK);
	while (!(err = kdump_walk_next(&w, m->chunk))) {
		for (u64 i = 0; i < w.len; i++) {
			u64 pfn = 8 * (w.at + i);
			u8 keep = m->keep >= pfn + 8 ? 0xff
				  : m->keep > pfn    ? (u8)((1u << (m->keep - pfn)) - 1)
						     : 0;

			*cleared += (u64)__builtin_popcount(m->chunk[i] & (u8)~keep);
			m->chunk[i] &= keep;
		}
		err = output_write(m->o, m->k.bitmap2 + w.at, m->chunk, w.len, true);
		if (err)
			return err;
	}
	return err == -ENOENT ? 0 : err;
}

static int set_bit(struct mend *m, u64 bitmap, u64 pfn)
{
	u64 at = bitmap + pfn / 8;
	u8 byte;
	int err = input_read(&m->in, at, &byte, 1);

	byte |= (u8)(1u << pfn % 8);
	return err ? err : output_write(m->o, at, &byte, 1, true);
}

static int add_page(struct mend *m, const struct early_page *p)
{
	u64 desc = m->k.desc + m->keep_at * KDUMP_DESC_BYTES;
	u8 d[KDUMP_DESC_BYTES];
	int err;

	put_le64(d, p->page.offset);
	put_le32(d + 8, p->page.size);
	put_le32(d + 12, p->page.flags);
	put_le64(d + 16, 0);
	err = output_write(m->o, desc, d, sizeof(d), true);
	if (!err)
		err = set_bit(m, m->k.bitmap1, p->pfn);
	if (!err)
		err = set_bit(m, m->k.bitmap2, p->pfn);
	m->keep_at++;
	m->keep = p->pfn + 1;
	m->end = MAX(m->end, MAX(p->page.offset + p->page.size, desc + sizeof(d)));
	m->result->kept++;
	return err;
}

/* What was sent before its turn, behind the last page that is kept: nothing before it moves. A table
 * that would let descriptors run into data is not believed. */
static int add_early(struct mend *m)
{
	struct early_page *pages;
	u64 data = ~0ull;
	u32 n;
	int err = early_pages_read(&m->k, &m->in, m->keep, &pages, &n);

	for (u32 i = 0; i < n; i++)
		data = MIN(data, pages[i].page.offset);
	if (m->k.desc + (m->keep_at + n) * KDUMP_DESC_BYTES > data)
		n = 0;
	for (u32 i = 0; i < n && !err; i++) {
		bool there;

		err = page_there(m, pages[i].pfn, &pages[i].page, &there);
		if (!err && there)
			err = add_page(m, &pages[i]);
	}
	free(pages);
	return err;
}

static int set_incomplete(struct mend *m)
{
	u8 head[KDUMP_STATUS_OFF + 4];
	u8 *status = head + KDUMP_STATUS_OFF;

	if (input_read(&m->in, 0, head, sizeof(head)) ||
	    container_sniff(head, sizeof(head)) != CONTAINER_KDUMP)
		return 0;
	put_le32(status, get_le32(status) | KDUMP_INCOMPLETE);
	return output_write(m->o, KDUMP_STATUS_OFF, status, 4, true);
}

static int resize(struct mend *m, u64 size)
{
	m->in.size = size;
	return ftruncate(m->o->fd, (off_t)size) ? -errno : 0;
}

int mend_kdump(struct output *o, u64 *size, bool decode, struct mended *result)
{
	static struct mend m;
	struct why why = { "" };
	u64 cleared = 0;
	int err;

	memset(result, 0, sizeof(*result));
	m = (struct mend){ .o = o, .in = input_of_file(o->fd, 0, *size), .result = result };
	m.decode = decode;
	err = set_incomplete(&m);
	if (err || kdump_open(&m.k, &m.in, &why))
		return err;
	m.end = m.k.desc;
	if (m.k.note_off <= *size && m.k.note_len <= *size - m.k.note_off)
		m.end = MAX(m.end, m.k.note_off + m.k.note_len);
	if (m.in.size < m.k.desc) /* crash maps both bitmaps */
		err = resize(&m, m.k.desc);
	if (!err)
		err = kdump_each_page(&m.k, &m.in, mend_page, &m);
	if (err == -ENODATA) /* the descriptors end here */
		err = 0;
	if (!err)
		err = clear_behind(&m, &cleared);
	result->lost = m.position - result->kept;
	if (!err)
		err = add_early(&m);
	if (!err)
		err = resize(&m, m.end);
	*size = m.in.size;
	return err;
}

struct extent {
	u64 size, end;
};

static int see_page(void *context, u64 pfn, const struct kdump_page *page)
{
	struct extent *e = context;

	(void)pfn;
	if (page->offset <= e->size && page->size <= e->size - page->offset)
		e->end = MAX(e->end, page->offset + page->size);
	return 0;
}

u64 mend_extent(const struct input *in)
{
	struct extent e = { .size = in->size };
	struct why why = { "" };
	struct kdump k;

	if (kdump_open(&k, in, &why))
		return in->size;
	e.end = MIN(k.desc, in->size);
	(void)kdump_each_page(&k, in, see_page, &e); /* as far as it goes */
	return e.end;
}
