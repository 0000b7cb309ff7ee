/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The dump area's on-disk format, version 1 (docs/area-format.md): shared by kernel and host. */
#ifndef AFTERIMAGE_AREA_H
#define AFTERIMAGE_AREA_H

#include "base.h"

/* An area is a sequence of extents of a disk. Each begins with one stamp block; what follows is
 * payload, and the payloads of all extents in order are the area's logical space. The first two
 * blocks of that space are the two header copies, dump data begins at AREA_DATA_OFF. All integers
 * are little endian, all offsets and lengths multiples of 4 KiB except a section's length. */
#define AREA_BLOCK 4096u
#define AREA_VERSION 1u
#define AREA_DATA_OFF (16u * AREA_BLOCK)
#define AREA_MIN_BYTES (1u << 20) /* logical space that format accepts at least */
#define AREA_MAX_EXTENTS 256u

#define AREA_STAMP_MAGIC "AIMGAREA"
#define AREA_HEADER_MAGIC "AIMGHEAD"

#define AREA_INCOMPAT_KNOWN 0u /* feature_incompat bits that this code understands */

struct area_stamp {
	u8 magic[8];
	u32 version;
	u32 feature_compat;   /* unknown bits: ignore */
	u32 feature_incompat; /* unknown bits: refuse */
	u32 crc32c;           /* of the whole block with this field zero */
	u8 uuid[16];          /* RFC 4122 byte order, as printed */
	u32 extent_no;        /* from 0 */
	u32 extent_count;
	u64 logical_off;      /* of this extent's payload in the logical space */
	u64 length;           /* payload bytes, the stamp block not counted */
	u64 area_size;        /* logical space in all */
	u8 reserved[AREA_BLOCK - 72];
} PACKED;

enum area_state { AREA_EMPTY = 0, AREA_IN_PROGRESS = 1, AREA_COMPLETE = 2 };

enum area_section_type {
	AREA_SECTION_DMESG = 1,   /* text */
	AREA_SECTION_VMCORE = 2,  /* a container, plain (not flattened) */
	AREA_SECTION_FAILURE = 3, /* text: why a dump failed */
};

enum { AREA_SECTION_WHOLE = 1u << 0 }; /* flags: every byte of it is on the medium */

struct area_section {
	u32 type;
	u32 flags;
	u64 offset;        /* logical */
	u64 length;        /* bytes; while not WHOLE, what is planned */
	u32 digest_type;   /* 0: none */
	u32 digest_length;
	u8 digest[64];
} PACKED;

#define AREA_MAX_SECTIONS 16u

struct area_header {
	u8 magic[8];
	u32 version;
	u32 crc32c;       /* of the whole block with this field zero */
	u8 uuid[16];      /* the area's: a header of another area is not ours */
	u64 sequence;     /* the valid copy with the higher one counts */
	u32 state;        /* enum area_state */
	u32 section_count;
	u64 time;         /* of the crash, Unix seconds; 0 unknown */
	u64 settled;      /* bytes known to be on the medium when this copy was written */
	u32 writer;       /* 0: afterimagectl, 1: the capture kernel */
	u32 reserved0;
	struct area_section section[AREA_MAX_SECTIONS];
	u8 reserved[AREA_BLOCK - 72 - AREA_MAX_SECTIONS * 96];
} PACKED;

_Static_assert(sizeof(struct area_stamp) == AREA_BLOCK, "stamp is one block");
_Static_assert(sizeof(struct area_header) == AREA_BLOCK, "header is one block");

/* CRC-32C (Castagnoli, RFC 3720 B.4), initial value and final inversion included. */
u32 crc32c(const void *p, size_t n);

/* Set the checksum of a stamp or header that is otherwise filled in. */
void area_stamp_seal(struct area_stamp *s);
void area_header_seal(struct area_header *h);

/* 0: a stamp of an area that this code can use, with sane geometry; -ENODATA: no stamp here at all
 * (no magic); -EBADMSG: damaged; -EPROTONOSUPPORT: version or feature not understood. `room` is how
 * many bytes the medium has from the stamp on. */
int area_stamp_check(const struct area_stamp *s, u64 room);

/* 0, or -EBADMSG: not a header of the area `s`, damaged, or sections that leave the area. */
int area_header_check(const struct area_header *h, const struct area_stamp *s);

/* Which of the two copies counts: 0, 1, or -EBADMSG when neither is valid. The next header goes to
 * the other copy with sequence + 1. */
int area_header_pick(const struct area_header copy[2], const struct area_stamp *s);

/* "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx" in lower case; parse takes either case, returns 0 or
 * -EINVAL. */
void area_uuid_print(const u8 uuid[16], char out[37]);
int area_uuid_parse(const char *text, size_t len, u8 uuid[16]);

#endif
