/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kdump-compressed container, read back by kdump_ref.c: flattened and in place, whole and cut. */
#include "fake/codec_pages.h"
#include "dump/format/flatten.h"
#include "dump/format/kdump.h"
#include "dump/linux/filter.h"
#include "dump/linux/kernel_va.h"
#include "dump/source/rampages.h"
#include "dump/source/source.h"
#include "fake/elfcorehdr.h"
#include "fake/memory.h"
#include "kdump_ref.h"
#include "unit/test.h"

#define HEADER_PA 0x3f000000ull
#define BACKUP_PA 0x30000000ull
#define BAD_PFN   0x4005ull
#define LEFT_OUT(pfn) ((pfn) % 7 == 3)

/* RAM: low memory whose contents lie elsewhere, some in the first cycle, some that begins and ends
 * within a page, and some far away. */
static const struct {
	pa_t from, to, contents;
} ram[] = {
	{ 0x1000, 0x9fc00, BACKUP_PA + 0x1000 },
	{ 0x100000, 0x300000, 0x100000 },
	{ 0x3fff000, 0x4020000, 0x3fff000 },
	{ 0x5000018, 0x5002c58, 0x5000018 },
	{ 0x140000000, 0x140180000, 0x140000000 },
};
#define END_PFN (ram[4].to / PAGE_SIZE)

static const char info[] = "OSRELEASE=6.1.0-test\nPAGESIZE=4096\nCRASHTIME=1700000000\nNUMBER(phys_base)=-4096\n";

static bool is_ram(u64 pfn)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(ram); i++)
		if (pfn >= ram[i].from / PAGE_SIZE && pfn < ALIGN_UP(ram[i].to, PAGE_SIZE) / PAGE_SIZE)
			return true;
	return false;
}

static pa_t contents_of(u64 pfn)
{
	return pfn * PAGE_SIZE < ram[0].to ? pfn * PAGE_SIZE + BACKUP_PA : pfn * PAGE_SIZE;
}

/* The filter that this test wants: it is asked once about each cycle. */
static u64 asked_to;
static bool asked_badly;
bool filter_finds_slab(u64 pfn, u64 *first, u32 *n) { return (void)pfn, (void)first, (void)n, false; }
void filter_begin(void) { asked_to = 0; }
void filter_apply(u64 pfn, u32 n, u8 *keep, u8 *never)
{
	asked_badly |= pfn < asked_to || pfn % 8 || n % 8 || n > FILTER_PAGES || never;
	asked_to = pfn + n;
	for (u32 i = 0; i < n; i++)
		if (LEFT_OUT(pfn + i))
			keep[i / 8] &= (u8)~(1u << i % 8);
}

static void machine_up(void)
{
	static const u8 prstatus[336];
	static u8 page[PAGE_SIZE];
	struct corehdr c;
	pa_t end;

	mem_reset();
	rampages_init();
	fake_expired = 0;
	asked_badly = false;
	corehdr_begin(&c, HEADER_PA);
	for (int i = 0; i < 2; i++) {
		end = note_write(0x200200 + (pa_t)i * 0x1000, "CORE", 1, prstatus, sizeof(prstatus));
		mem_write(end, "\0\0\0\0\0\0\0\0\0\0\0", 12);
		corehdr_note(&c, 0x200200 + (pa_t)i * 0x1000, 368);
	}
	corehdr_vmcoreinfo(&c, 0x204000, info);
	for (unsigned int i = 0; i < ARRAY_SIZE(ram); i++)
		corehdr_add(&c, &(struct elf64_phdr){ .p_type = PT_LOAD, .p_flags = 7,
						      .p_offset = ram[i].contents,
						      .p_paddr = ram[i].from,
						      .p_memsz = ram[i].to - ram[i].from,
						      .p_filesz = ram[i].to - ram[i].from });
	for (u64 pfn = 0x210; pfn < END_PFN; pfn++) {
		if (!is_ram(pfn) || pfn % 10 == 9) /* those keep the fake memory's pattern */
			continue;
		codec_page_fill(page, (unsigned int)pfn);
		mem_write(pfn * PAGE_SIZE, page, PAGE_SIZE);
	}
	mem_fault(BAD_PFN * PAGE_SIZE);
	source_init_elfcorehdr(HEADER_PA);
	kernel_va_init();
}

/* What a reader must find, `whole` or as far as bitmap 2 says. */
static const char *complaint_of(const u8 *bytes, u64 len, unsigned int level, enum codec codec,
				bool incomplete)
{
	static const u8 zeros[PAGE_SIZE];
	static char why[100];
	static u8 page[PAGE_SIZE];
	struct ref_dump d;
	const char *bad = ref_open(&d, bytes, len);
	u64 n = 0, zero_off = 0;

	if (bad)
		return bad;
	if (d.status != (codec_flag(codec) | (incomplete ? 8 : 0)) || d.level != (s32)level)
		return "status or level";
	if (d.nr_cpus != 2 || d.time_s != 1700000000 || d.phys_base != (u64)-4096)
		return "header values";
	if (d.max_mapnr != END_PFN || d.max_mapnr32 != END_PFN)
		return "max_mapnr";
	if (strcmp(d.uts, "Linux") || strcmp(d.uts + 2 * 65, "6.1.0-test"))
		return "utsname";
	if (d.off_note != 4200 || d.size_note != 2 * 356 + 24 + ALIGN_UP(sizeof(info) - 1, 4) ||
	    d.size_vmcoreinfo != sizeof(info) - 1 ||
	    memcmp(bytes + d.off_vmcoreinfo, info, sizeof(info) - 1))
		return "notes";
	for (u64 pfn = 0; pfn < (u64)(d.bitmap2 - d.bitmap1) * 8; pfn++) {
		struct ref_page p;
		bool want = is_ram(pfn);

		if (!incomplete && ref_bit(d.bitmap1, pfn) != want)
			return "bitmap 1";
		if (ref_bit(d.bitmap2, pfn) ? !want || LEFT_OUT(pfn)
					    : want && !LEFT_OUT(pfn) && !incomplete)
			return "bitmap 2";
		if (!ref_bit(d.bitmap2, pfn))
			continue;
		snprintf(why, sizeof(why), "page frame 0x%llx, descriptor %llu", pfn, n);
		p = ref_page(&d, n++);
		mem_read(page, contents_of(pfn), PAGE_SIZE);
		if (!ref_page_is(&d, &p, page))
			return why;
		if (pfn == BAD_PFN)
			zero_off = p.offset;
		else if (level & LEVEL_ZERO && zero_off && !memcmp(page, zeros, PAGE_SIZE) &&
			 p.offset != zero_off)
			return why;
	}
	return asked_badly ? "the filter was asked badly" : "";
}

static u64 pages_kept(void)
{
	u64 n = 0;

	for (u64 pfn = 0; pfn < END_PFN; pfn++)
		n += is_ram(pfn) && !LEFT_OUT(pfn);
	return n;
}

/* Nobody looks at a page that goes by reference. */
static u64 unreadable(unsigned int level, enum codec codec, unsigned int caps)
{
	return codec != CODEC_NONE || level & LEVEL_ZERO || !(caps & SINK_TAKES_SPAN);
}

static const char *stream_round(unsigned int level, enum codec codec, unsigned int caps, u64 *spans)
{
	static u8 file[REF_BYTES];
	struct dump_stats st = { 0 };
	struct ref_sink r;
	struct sink *s;
	const char *bad = "an error";
	u64 len;

	machine_up();
	ref_sink_open(&r, caps, REF_STALE);
	s = flatten_begin(&r.sink);
	if (!kdump_write(s, &st, level, codec, false) && !s->ops->finish(s, 0)) {
		memset(file, 0, sizeof(file));
		bad = ref_rearrange(r.bytes, r.len, true, file, &len);
		bad = bad ? bad : complaint_of(file, len, level, codec, false);
		if (!*bad && (st.total != r.len || st.pages != pages_kept() || st.unreadable != unreadable(level, codec, caps) ||
			      st.ram_done != rampages_count() || s->accepted != r.len))
			bad = "counters";
		*spans = r.span_bytes;
	}
	ref_sink_close(&r);
	return bad;
}

static const char *place_round(unsigned int level, enum codec codec, unsigned int caps, u8 fill)
{
	struct dump_stats st = { 0 };
	struct ref_sink r;
	const char *bad = "an error";

	machine_up();
	ref_sink_open(&r, SINK_SEEK | caps, fill);
	if (!kdump_write(&r.sink, &st, level, codec, true)) {
		bad = complaint_of(r.bytes, r.len, level, codec, false);
		if (!*bad && (st.pages != pages_kept() || st.unreadable != unreadable(level, codec, caps) || st.total > r.len ||
			      st.total < kdump_size_min() || st.total + PAGE_SIZE < r.len))
			bad = "counters";
	}
	ref_sink_close(&r);
	return bad;
}

#define CHECK_GOOD(what)                                                                           \
	do {                                                                                       \
		const char *_bad = (what);                                                         \
		if (*_bad)                                                                         \
			fprintf(stderr, "%s\n", _bad);                                             \
		CHECK(!*_bad);                                                                     \
	} while (0)

TEST(flattened)
{
	u64 spans;

	for (enum codec c = 0; c < CODECS; c++) {
		CHECK_GOOD(stream_round(31, c, 0, &spans));
		CHECK_GOOD(stream_round(0, c, SINK_TAKES_SPAN, &spans));
		CHECK(!spans == (c != CODEC_NONE));
	}
	CHECK_GOOD(stream_round(31, CODEC_NONE, SINK_TAKES_SPAN, &spans));
	CHECK(spans);
}

TEST(in_place)
{
	for (enum codec c = 0; c < CODECS; c++) {
		CHECK_GOOD(place_round(31, c, 0, REF_STALE));
		CHECK_GOOD(place_round(0, c, SINK_TAKES_SPAN, 0));
	}
}

/* Whatever a cut leaves in an area that held other bytes: the header says incomplete, and what
 * bitmap 2 promises is there. */
TEST(in_place_cut)
{
	for (unsigned int cut = 3;; cut += 1 + cut / 8) {
		struct dump_stats st = { 0 };
		struct ref_sink r;
		const char *bad;
		bool over;

		machine_up();
		ref_sink_open(&r, SINK_SEEK, REF_STALE);
		r.cut_at = cut;
		CHECK_EQ(kdump_write(&r.sink, &st, 31, CODEC_LZO, true), 0);
		over = r.writes < cut;
		/* the bitmaps are zeros before the first page: 41 blocks each, two writes before */
		bad = cut < 2 + 84 + REF_EARLY_BLOCKS ? "" : complaint_of(r.bytes, r.len, 31, CODEC_LZO, !over);
		ref_sink_close(&r);
		if (*bad)
			fprintf(stderr, "cut at write %u\n", cut);
		CHECK_GOOD(bad);
		if (over)
			break;
	}
}

/* A stream that ends anywhere: what arrived is a dump, and pages of finished cycles are there. */
TEST(flattened_cut)
{
	static u8 file[REF_BYTES];
	struct dump_stats st = { 0 };
	struct ref_sink r;
	struct ref_dump d;
	struct sink *s;
	u64 good = 0, before = 0;

	machine_up();
	ref_sink_open(&r, 0, 0);
	s = flatten_begin(&r.sink);
	CHECK_EQ(kdump_write(s, &st, 31, CODEC_LZO, false), 0);
	CHECK_EQ(s->ops->finish(s, 0), 0);
	/* in the first tenth are pages sent early */
	for (u64 cut = r.len / 5; cut < r.len; cut += r.len / 10, before = good) {
		static u8 page[PAGE_SIZE];
		u64 len, n = 0;

		memset(file, 0, sizeof(file));
		CHECK(!ref_rearrange(r.bytes, cut, false, file, &len));
		CHECK(!ref_open(&d, file, len));
		good = 0;
		for (u64 pfn = 0; pfn < END_PFN; pfn++) {
			struct ref_page p;

			if (!ref_bit(d.bitmap2, pfn))
				continue;
			p = ref_page(&d, n++);
			mem_read(page, contents_of(pfn), PAGE_SIZE);
			good += ref_page_is(&d, &p, page);
		}
		CHECK(good > before);
	}
	ref_sink_close(&r);
}

TEST(errors_of_the_sink)
{
	for (unsigned int at = 1; at < 100; at += 1 + at / 2) {
		struct dump_stats st = { 0 };
		struct ref_sink r;
		struct sink *s;

		for (int in_place = 0; in_place < 2; in_place++) {
			machine_up();
			ref_sink_open(&r, in_place ? SINK_SEEK : 0, 0);
			r.fail_at = at;
			s = in_place ? &r.sink : flatten_begin(&r.sink);
			CHECK_EQ(kdump_write(s, &st, 31, CODEC_LZO, in_place), -EPIPE);
			CHECK_EQ(r.writes, at); /* and nothing behind it */
			CHECK_EQ(s->ops->finish(s, -EPIPE), -EPIPE);
			CHECK_EQ(r.finished, -EPIPE + 1);
			ref_sink_close(&r);
		}
	}
}

TEST(out_of_time)
{
	struct dump_stats st = { 0 };
	struct ref_sink r;

	machine_up();
	fake_expired = 1;
	ref_sink_open(&r, SINK_SEEK, 0);
	CHECK_EQ(kdump_write(&r.sink, &st, 31, CODEC_LZO, true), -ETIME);
	fake_expired = 0;
	ref_sink_close(&r);
}

TEST(nothing_but_ram)
{
	struct dump_stats st = { 0 };
	struct ref_sink r;
	struct ref_dump d;
	struct corehdr c;

	machine_up();
	corehdr_begin(&c, HEADER_PA);
	corehdr_load(&c, 0x2000000, 0x10000);
	rampages_init();
	source_init_elfcorehdr(HEADER_PA);
	ref_sink_open(&r, SINK_SEEK, REF_STALE);
	CHECK_EQ(kdump_write(&r.sink, &st, 0, CODEC_ZSTD, true), 0);
	CHECK(!ref_open(&d, r.bytes, r.len)); /* x86_64 without VMCOREINFO too */
	CHECK(d.nr_cpus == 1 && !d.size_note && !d.off_note && !d.size_vmcoreinfo && !d.time_s);
	CHECK_EQ(st.pages, 13); /* three of 16 are left out */
	ref_sink_close(&r);
}
