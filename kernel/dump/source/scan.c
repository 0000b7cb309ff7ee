/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The VMCOREINFO note, recognised by its ELF note header and its first line (kernel/vmcore_info.c,
 * formerly kernel/crash_core.c). */
#include "dump/source/scan.h"

#include <linux/elf.h>
#include <string.h>

#include "bytes.h"
#include "clock.h"
#include "dump/linux/vmcoreinfo.h"
#include "dump/source/oldmem.h"
#include "dump/source/source.h"
#include "heartbeat.h"
#include "log.h"

#define NOTE_NAME       "VMCOREINFO"
#define NOTE_NAME_BYTES 12 /* with its NUL, rounded up to 4 */
#define DESC_MIN        32
#define DESC_MAX        ((u32)(64 * KIB)) /* 4 KiB today */

#define LINE_BYTES 96 /* the kernel cuts its lines at 79 */
#define LINES_MAX  1024

#define PIECE_BYTES             1024u
#define STEP_PAGES              (2 * PAGE_SIZE) /* since 4.11 alloc_pages_exact(4132): order 1 */
#define STEP_ARRAY              16 /* a static array before 4.11: gcc aligns those at least so */
#define STEPS_PER_LOOK_AT_CLOCK 256
#define CANDIDATES_TOLD         8

#define KERNEL_MAP    0xffffffff80000000ull /* __START_KERNEL_map */
#define UTS_RELEASE   (2 * 65)              /* struct new_utsname: sysname, nodename, release */
#define UTS_NAME_MAX  16                    /* where new_utsname begins in struct uts_namespace */
#define RELEASE_BYTES 65

struct candidate {
	pa_t pa;
	u64 len; /* 0: none */
	bool live;
	u64 crash_time;
	unsigned int seen; /* candidates in all */
};

/* What a note's text says, as far as it matters here. */
struct text {
	char release[RELEASE_BYTES];
	u64 crash_time, uts_ns, phys_base;
	bool has_base;
};

/* The value if `line` is `key`=value. */
static const char *value_of(const char *line, const char *key)
{
	size_t n = strlen(key);

	return strncmp(line, key, n) || line[n] != '=' ? NULL : line + n + 1;
}

/* The first line of a key counts, as in vmcoreinfo_get(). */
static void take_line(const char *line, struct text *t)
{
	const char *v;

	if (!t->release[0] && (v = value_of(line, "OSRELEASE"))) {
		size_t n = strnlen(v, sizeof(t->release) - 1);

		memcpy(t->release, v, n);
		t->release[n] = '\0';
	} else if (!t->crash_time && (v = value_of(line, "CRASHTIME"))) {
		t->crash_time = vmcoreinfo_parse(v, 10);
	} else if (!t->uts_ns && (v = value_of(line, "SYMBOL(init_uts_ns)"))) {
		t->uts_ns = vmcoreinfo_parse(v, 16);
	} else if (!t->has_base && (v = value_of(line, "NUMBER(phys_base)"))) {
		t->phys_base = vmcoreinfo_parse(v, 10);
		t->has_base = true;
	}
}

static void read_text(pa_t pa, u32 len, struct text *t)
{
	char line[LINE_BYTES];
	u32 at = 0;

	memset(t, 0, sizeof(*t));
	for (unsigned int i = 0; i < LINES_MAX && at < len; i++) {
		u32 n = MIN(len - at, (u32)sizeof(line) - 1);

		oldmem_read(line, pa + at, n);
		line[n] = '\0';
		char *end = strchr(line, '\n');
		if (end)
			*end = '\0';
		take_line(line, t);
		at += end ? (u32)(end - line) + 1 : n;
	}
}

/* Does the kernel that wrote this lie where it says? A note that outlived its kernel points to
 * memory that another one uses now. */
static bool is_live(const struct text *t)
{
	u8 uts[UTS_NAME_MAX + UTS_RELEASE + RELEASE_BYTES];
	size_t n = strlen(t->release) + 1;

	if (!t->has_base || t->uts_ns < KERNEL_MAP)
		return false;
	if (oldmem_read(uts, t->uts_ns - KERNEL_MAP + t->phys_base, sizeof(uts)))
		return false;
	for (unsigned int at = UTS_RELEASE; at + n <= sizeof(uts); at += 4)
		if (!memcmp(uts + at, t->release, n))
			return true;
	return false;
}

static bool header_fits(const u8 *h)
{
	return get_le32(h) == sizeof(NOTE_NAME) && get_le32(h + 8) == 0;
}

static void consider(pa_t pa, struct candidate *best)
{
	u8 h[sizeof(struct elf64_note) + NOTE_NAME_BYTES];
	struct text t;

	if (oldmem_read(h, pa, sizeof(h)) || !header_fits(h) ||
	    memcmp(h + sizeof(struct elf64_note), NOTE_NAME, sizeof(NOTE_NAME)))
		return;
	u32 desc = get_le32(h + 4);
	if (desc < DESC_MIN || desc > DESC_MAX)
		return;
	read_text(pa + sizeof(h), desc, &t);
	if (!t.release[0])
		return;
	bool live = is_live(&t);
	if (best->seen++ < CANDIDATES_TOLD)
		log_info("VMCOREINFO at 0x%llx: %s, crash time %llu, %s", (unsigned long long)pa,
			 t.release, (unsigned long long)t.crash_time,
			 live ? "its kernel is there" : "its kernel is not there");
	if (best->len &&
	    (best->live > live || (best->live == live && best->crash_time > t.crash_time)))
		return;
	best->pa = pa;
	best->len = sizeof(h) + ALIGN_UP(desc, 4);
	best->live = live;
	best->crash_time = t.crash_time;
}

/* Look at the start of a page, or at every 16 bytes of it. */
static void scan_page(pa_t page, bool everywhere, struct candidate *best)
{
	u8 piece[PIECE_BYTES];
	u64 span = everywhere ? PAGE_SIZE : STEP_ARRAY;
	u32 step = (u32)MIN(span, (u64)PIECE_BYTES);

	for (u64 at = 0; at < span; at += step) {
		if (oldmem_read(piece, page + at, step))
			return;
		for (u32 i = 0; i < step; i += STEP_ARRAY)
			if (header_fits(piece + i))
				consider(page + at + i, best);
	}
}

static int scan_ram(bool everywhere, struct candidate *best)
{
	struct elf64_phdr load;
	u64 step = everywhere ? PAGE_SIZE : STEP_PAGES, steps = 0;
	u32 at = 0;

	while (source_next_load(&at, &load)) {
		pa_t page = ALIGN_UP(load.p_offset, step);
		pa_t end = load.p_offset + load.p_memsz;

		for (; page < end && end - page >= PAGE_SIZE; page += step) {
			scan_page(page, everywhere, best);
			if (++steps % STEPS_PER_LOOK_AT_CLOCK)
				continue;
			heartbeat_moved();
			if (clock_expired())
				return -ETIME;
		}
	}
	return best->len ? 0 : -ENOENT;
}

int scan_vmcoreinfo(pa_t *pa, u64 *len)
{
	struct candidate best = { 0 };
	u64 start = clock_us();
	int err = scan_ram(false, &best);

	if (err == -ENOENT) {
		log_info("no VMCOREINFO at the start of a page in %llu ms, looking everywhere",
			 (clock_us() - start) / MS);
		err = scan_ram(true, &best);
	}
	log_info("VMCOREINFO: looked through old RAM in %llu ms, %u found",
		 (clock_us() - start) / MS, best.seen);
	if (err)
		return err;
	*pa = best.pa;
	*len = best.len;
	return 0;
}
