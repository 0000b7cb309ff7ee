/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kdump-compressed format on disk, header version 6, 64-bit little endian (makedumpfile's
 * diskdump_mod.h; crash's diskdump.h). Everything counts in blocks of one page. */
#ifndef AFTERIMAGE_KDUMP_FORMAT_H
#define AFTERIMAGE_KDUMP_FORMAT_H

#include "base.h"

#define KDUMP_BLOCK PAGE_SIZE
#define KDUMP_SIGNATURE "KDUMP   "
#define KDUMP_VERSION 6

enum { KDUMP_INCOMPLETE = 0x8 }; /* in status, beside the codec's flag */

#define UTS_FIELD 65 /* __NEW_UTS_LEN + 1 */

struct kdump_utsname {
	char sysname[UTS_FIELD];
	char nodename[UTS_FIELD];
	char release[UTS_FIELD];
	char version[UTS_FIELD];
	char machine[UTS_FIELD]; /* readers want "x86_64" */
	char domainname[UTS_FIELD];
} PACKED;

/* Block 0. */
struct kdump_header {
	u8 signature[8];
	s32 version;
	struct kdump_utsname uts;
	u8 pad0[6];
	s64 time_s, time_us;
	u32 status;
	u32 block_size;
	u32 sub_hdr_blocks; /* with the notes */
	u32 bitmap_blocks;  /* of both */
	u32 max_mapnr;      /* as far as it fits; sub header has all of it */
	u32 total_ram_blocks, device_blocks, written_blocks, current_cpu; /* 0 */
	u32 nr_cpus;
	u8 pad1[4096 - 464];
} PACKED;

/* Block 1; the notes follow it at once. */
struct kdump_sub_header {
	u64 phys_base;
	s32 dump_level;
	s32 split; /* 0, and the frames of a split dump below */
	u64 start_pfn, end_pfn;
	s64 offset_vmcoreinfo; /* the text, within the notes */
	u64 size_vmcoreinfo;
	s64 offset_note;
	u64 size_note;
	s64 offset_eraseinfo; /* 0 */
	u64 size_eraseinfo;
	u64 start_pfn_64, end_pfn_64;
	u64 max_mapnr_64;
} PACKED;

/* One for each bit of the second bitmap. */
struct kdump_desc {
	s64 offset;
	u32 size;
	u32 flags; /* 0: raw */
	u64 page_flags; /* 0; in place, and in the table below, the page's number: readers ignore it */
} PACKED;

/* Our own, in the block before bitmap 1, where no reader looks: where a table lies of the pages that
 * were sent before their turn. Its descriptors name their pages: the page frame below KDUMP_EARLY_MORE,
 * above how many more follow that are pages of zeros too. One without a size ends them. */
#define KDUMP_EARLY_SIGNATURE "AFTIMGE1"
#define KDUMP_EARLY_MORE (1ull << 40)
struct kdump_early {
	u8 signature[8];
	u64 offset;
	u64 count; /* descriptors, at most */
} PACKED;

_Static_assert(sizeof(struct kdump_header) == 4096, "one block");
_Static_assert(offsetof(struct kdump_header, time_s) == 408, "pad0");
_Static_assert(offsetof(struct kdump_header, nr_cpus) == 460, "nr_cpus");
_Static_assert(sizeof(struct kdump_sub_header) == 104, "sub header");
_Static_assert(sizeof(struct kdump_desc) == 24, "descriptor");

#endif
