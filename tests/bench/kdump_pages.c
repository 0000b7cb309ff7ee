/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counts what a kdump-compressed dump holds, and finds when its pages arrived.
 *
 *   kdump_pages DUMP [PROGRESS]
 *
 * prints KEPT BYTES [US10 US90]. KEPT: pages in bitmap2. BYTES: what it takes without its holes; of
 * a flattened stream all that came. US10, US90: times from the witness's PROGRESS at which 10 % and
 * 90 % of the pages had arrived. In a flattened stream a page has arrived with the last byte of its
 * data, a zero page with the page before it, since all share one page of data. Of a dump on a disk
 * the shares are those of its bytes. The format: docs/formats.md. */
#include <endian.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK           4096ull
#define FLAT_SIGNATURE  "makedumpfile"
#define KDUMP_SIGNATURE "KDUMP   "
#define SUB_HDR_SIZE    432 /* disk_dump_header: fields used here */
#define BITMAP_BLOCKS   436
#define END_OF_STREAM   UINT64_MAX

struct flat_record {
	uint64_t off, size; /* big endian */
};

/* A piece of the dump: where it belongs and where it lies in the file. */
struct piece {
	uint64_t off, size, at;
};

struct page_desc {
	uint64_t offset;
	uint32_t size, flags;
	uint64_t page_flags;
};

static const uint8_t *file;
static uint64_t file_size;
static bool flat;
static struct piece *pieces;
static size_t n_pieces;

static void fail(const char *what)
{
	fprintf(stderr, "kdump_pages: %s\n", what);
	exit(1);
}

static void map(const char *path)
{
	int fd = open(path, O_RDONLY);
	struct stat st;
	void *p;

	if (fd < 0 || fstat(fd, &st))
		fail("cannot open the dump");
	file_size = (uint64_t)st.st_size;
	p = mmap(NULL, file_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED || file_size < 2 * BLOCK)
		fail("cannot read the dump");
	file = p;
}

static int piece_order(const void *a, const void *b)
{
	const struct piece *x = a, *y = b;

	return x->off < y->off ? -1 : x->off > y->off;
}

static void pieces_find(void)
{
	uint64_t at = BLOCK;
	size_t room = 0;

	flat = !memcmp(file, FLAT_SIGNATURE, sizeof(FLAT_SIGNATURE));
	if (!flat) {
		static struct piece whole;

		whole = (struct piece){ 0, file_size, 0 };
		pieces = &whole;
		n_pieces = 1;
		return;
	}
	while (at + sizeof(struct flat_record) <= file_size) {
		struct flat_record r;

		memcpy(&r, file + at, sizeof(r));
		at += sizeof(r);
		if (r.off == END_OF_STREAM)
			break;
		if (n_pieces == room) {
			room = room ? 2 * room : 1024;
			pieces = realloc(pieces, room * sizeof(*pieces));
			if (!pieces)
				fail("no memory");
		}
		pieces[n_pieces] = (struct piece){ be64toh(r.off), be64toh(r.size), at };
		if (pieces[n_pieces].size > file_size - at)
			fail("cut in a record");
		at += pieces[n_pieces++].size;
	}
	qsort(pieces, n_pieces, sizeof(*pieces), piece_order);
}

/* How many pieces begin at or before offset `off`. */
static size_t pieces_before(uint64_t off)
{
	size_t low = 0, high = n_pieces;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (pieces[middle].off <= off)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The piece that holds offset `off`; NULL in a hole. */
static const struct piece *piece_at(uint64_t off)
{
	size_t n = pieces_before(off);

	return n && off - pieces[n - 1].off < pieces[n - 1].size ? &pieces[n - 1] : NULL;
}

/* A hole reads as zeros. */
static void dump_read(void *to, uint64_t off, uint64_t len)
{
	uint8_t *p = to;

	while (len) {
		const struct piece *piece = piece_at(off);
		size_t next = pieces_before(off);
		uint64_t n = len;

		if (piece)
			n = piece->off + piece->size - off;
		else if (next < n_pieces)
			n = pieces[next].off - off;
		if (n > len)
			n = len;
		if (piece)
			memcpy(p, file + piece->at + (off - piece->off), n);
		else
			memset(p, 0, n);
		p += n;
		off += n;
		len -= n;
	}
}

static uint64_t bits(uint64_t off, uint64_t bytes)
{
	static uint64_t words[BLOCK / 8];
	uint64_t n = 0;

	for (; bytes; off += BLOCK, bytes -= BLOCK) {
		dump_read(words, off, BLOCK);
		for (size_t i = 0; i < BLOCK / 8; i++)
			n += (uint64_t)__builtin_popcountll(words[i]);
	}
	return n;
}

static int number_order(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static bool desc_is_zero(const struct page_desc *desc)
{
	static const uint8_t none[BLOCK];
	static uint8_t page[BLOCK];

	if (desc->flags || desc->size != BLOCK)
		return false;
	dump_read(page, desc->offset, BLOCK);
	return !memcmp(page, none, BLOCK);
}

/* For each page how far into the file its data reaches, sorted; sets *bytes to where the data ends,
 * less the hole before it. */
static uint64_t *pages_end(uint64_t descs, uint64_t kept, uint64_t *bytes)
{
	uint64_t *end = malloc((kept + 1) * sizeof(*end));
	struct page_desc *desc = malloc((kept + 1) * sizeof(*desc));
	uint64_t before = 0, first = UINT64_MAX, last = 0;

	if (!end || !desc)
		fail("no memory");
	dump_read(desc, descs, kept * sizeof(*desc));
	for (uint64_t i = 0; i < kept; i++) {
		uint64_t stop = desc[i].offset + desc[i].size;
		const struct piece *piece = desc[i].size ? piece_at(stop - 1) : NULL;

		if (!piece)
			fail("a page has no data");
		if (!desc_is_zero(&desc[i]))
			before = piece->at + (stop - piece->off);
		end[i] = before;
		first = desc[i].offset < first ? desc[i].offset : first;
		last = stop > last ? stop : last;
	}
	qsort(end, kept, sizeof(*end), number_order);
	*bytes = descs + kept * sizeof(*desc) + (last - first);
	free(desc);
	return end;
}

/* When so many bytes were here; 0 if never. */
static uint64_t progress_time(FILE *progress, uint64_t bytes)
{
	unsigned long long us, have;

	rewind(progress);
	while (fscanf(progress, "%llu %llu", &us, &have) == 2) {
		if (have >= bytes)
			return us;
	}
	return 0;
}

static uint64_t progress_last(FILE *progress)
{
	unsigned long long us, have, last = 0;

	rewind(progress);
	while (fscanf(progress, "%llu %llu", &us, &have) == 2)
		last = have;
	return last;
}

int main(int argc, char **argv)
{
	FILE *progress = argc == 3 ? fopen(argv[2], "r") : NULL;
	uint32_t sub_blocks, bitmap_blocks;
	uint64_t kept, bitmap2, descs, bytes, *end;
	char signature[8];

	if (argc < 2 || argc > 3)
		return 2;
	map(argv[1]);
	pieces_find();
	dump_read(signature, 0, sizeof(signature));
	if (memcmp(signature, KDUMP_SIGNATURE, sizeof(signature)))
		fail("no kdump-compressed dump");
	dump_read(&sub_blocks, SUB_HDR_SIZE, sizeof(sub_blocks));
	dump_read(&bitmap_blocks, BITMAP_BLOCKS, sizeof(bitmap_blocks));
	bitmap2 = (1 + sub_blocks + bitmap_blocks / 2) * BLOCK;
	descs = (1 + (uint64_t)sub_blocks + bitmap_blocks) * BLOCK;
	kept = bits(bitmap2, bitmap_blocks / 2 * BLOCK);
	if (!kept || kept > file_size)
		fail("no pages, or more than can be");
	end = pages_end(descs, kept, &bytes);
	if (flat)
		bytes = file_size;
	printf("%llu %llu", (unsigned long long)kept, (unsigned long long)bytes);
	if (progress) {
		uint64_t last = progress_last(progress);

		printf(
		    " %llu %llu",
		    (unsigned long long)progress_time(progress, flat ? end[kept / 10] : last / 10),
		    (unsigned long long)progress_time(progress, flat ? end[kept - kept / 10 - 1]
								     : last / 10 * 9));
	}
	printf("\n");
	return 0;
}
