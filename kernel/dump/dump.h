/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The way of the data: source -> container -> sink, one pull loop. */
#ifndef AFTERIMAGE_DUMP_H
#define AFTERIMAGE_DUMP_H

#include "dump/sink.h"

struct dump_stats {
	u64 total;          /* container bytes when whole; a container that learns it at the end: 0 */
	u64 ram_pages;      /* such a container's progress: pages of RAM, and of these looked at */
	u64 ram_done;
	u64 pages;          /* pages with contents handed to the sink */
	u64 unreadable;     /* of these, filled with zeros */
	u64 started_us;
	u64 next_line_us;   /* progress */
	u64 moved;          /* what dump_progress() last saw */
};

/* Decide what an ELF dump leaves out, once for all targets; `level` is filter_init()'s answer.
 * Reads all struct pages, with LEVEL_ZERO also all pages that stay. At level 0 only ranges where no
 * memory is are left out (absent.h), without this call nothing. 0; -ETIME: the run's budget is over,
 * and what was not looked at stays. */
int elf_prepare(unsigned int level);

/* Bytes of the ELF container for the source as it is: known before the first byte. */
u64 elf_size(void);

/* Write the ELF core as /proc/vmcore shows it, without what elf_prepare() found; pages that must
 * never be read (filter.h) are zeros and count as unreadable. 0, or the sink's error, or -ESTALE:
 * the headers did not read the same twice. finish() is the caller's. */
int elf_write(struct sink *s, struct dump_stats *st);

/* A page on its way from old RAM to the sink; everybody's between two calls of these functions. */
extern u8 dump_page[PAGE_SIZE];

/* For containers: one stretch of old RAM to container offset off, by reference where that is
 * allowed, else copied page by page. Page aligned. */
int dump_span(struct sink *s, struct dump_stats *st, u64 off, pa_t pa, u64 len);

/* A progress line about once a second; tells the heartbeat whether pages moved. */
void dump_progress(const struct sink *s, struct dump_stats *st);

#endif
