/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks and checksums of the dump area's blocks: no I/O, the same code in kernel and host tool. */
#include "dump/disk/area.h"

#include <string.h>

/* Polynomial 0x1edc6f41, lowest bit first (RFC 3720, 12.1), four bits at a time: a table of 256 is not worth
 * its KiB. */
static u32 crc_update(u32 crc, const void *p, size_t n)
{
	static const u32 nibble[16] = {
		0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1,
		0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
		0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
		0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
	};
	const u8 *b = p;

	while (n--) {
		crc ^= *b++;
		crc = crc >> 4 ^ nibble[crc & 15];
		crc = crc >> 4 ^ nibble[crc & 15];
	}
	return crc;
}

u32 crc32c(const void *p, size_t n) { return ~crc_update(~0u, p, n); }

/* The checksum of a block whose own checksum field, at `field`, counts as zero. */
static u32 block_crc(const void *block, size_t field)
{
	static const u8 zero[4];
	const u8 *b = block;
	u32 crc = crc_update(~0u, b, field);

	crc = crc_update(crc, zero, sizeof(zero));
	return ~crc_update(crc, b + field + 4, AREA_BLOCK - field - 4);
}

void area_stamp_seal(struct area_stamp *s)
{
	s->crc32c = block_crc(s, offsetof(struct area_stamp, crc32c));
}

void area_header_seal(struct area_header *h)
{
	h->crc32c = block_crc(h, offsetof(struct area_header, crc32c));
}

int area_stamp_check(const struct area_stamp *s, u64 room)
{
	if (memcmp(s->magic, AREA_STAMP_MAGIC, sizeof(s->magic)))
		return -ENODATA;
	if (s->crc32c != block_crc(s, offsetof(struct area_stamp, crc32c)))
		return -EBADMSG;
	if (s->version != AREA_VERSION || (s->feature_incompat & ~AREA_INCOMPAT_KNOWN))
		return -EPROTONOSUPPORT;
	if (!s->extent_count || s->extent_count > AREA_MAX_EXTENTS || s->extent_no >= s->extent_count)
		return -EBADMSG;
	if ((s->logical_off | s->length | s->area_size) % AREA_BLOCK || !s->length ||
	    s->area_size < AREA_MIN_BYTES || s->logical_off > s->area_size ||
	    s->length > s->area_size - s->logical_off)
		return -EBADMSG;
	if ((s->extent_no == 0) != (s->logical_off == 0))
		return -EBADMSG;
	if (s->extent_count == 1 && s->length != s->area_size)
		return -EBADMSG;
	if (room < AREA_BLOCK || s->length > room - AREA_BLOCK)
		return -EBADMSG;
	return 0;
}

int area_header_check(const struct area_header *h, const struct area_stamp *s)
{
	if (memcmp(h->magic, AREA_HEADER_MAGIC, sizeof(h->magic)) || h->version != AREA_VERSION ||
	    h->crc32c != block_crc(h, offsetof(struct area_header, crc32c)) ||
	    memcmp(h->uuid, s->uuid, sizeof(h->uuid)))
		return -EBADMSG;
	if (h->state > AREA_COMPLETE || h->section_count > AREA_MAX_SECTIONS)
		return -EBADMSG;
	for (u32 i = 0; i < h->section_count; i++) {
		const struct area_section *x = &h->section[i];

		if (x->offset % AREA_BLOCK || x->offset < AREA_DATA_OFF || x->offset > s->area_size ||
		    x->length > s->area_size - x->offset || x->digest_length > sizeof(x->digest))
			return -EBADMSG;
	}
	return 0;
}

int area_header_pick(const struct area_header copy[2], const struct area_stamp *s)
{
	bool ok0 = !area_header_check(&copy[0], s);
	bool ok1 = !area_header_check(&copy[1], s);

	if (ok0 && ok1)
		return copy[1].sequence > copy[0].sequence;
	return ok0 ? 0 : ok1 ? 1 : -EBADMSG;
}

void area_uuid_print(const u8 uuid[16], char out[37])
{
	static const char hex[] = "0123456789abcdef";
	char *o = out;

	for (int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*o++ = '-';
		*o++ = hex[uuid[i] >> 4];
		*o++ = hex[uuid[i] & 15];
	}
	*o = '\0';
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int area_uuid_parse(const char *text, size_t len, u8 uuid[16])
{
	size_t at = 0;

	if (len != 36)
		return -EINVAL;
	for (int i = 0; i < 16; i++) {
		int hi, lo;

		if (i == 4 || i == 6 || i == 8 || i == 10)
			if (text[at++] != '-')
				return -EINVAL;
		hi = hex_digit(text[at]);
		lo = hex_digit(text[at + 1]);
		if (hi < 0 || lo < 0)
			return -EINVAL;
		uuid[i] = (u8)(hi << 4 | lo);
		at += 2;
	}
	return 0;
}
