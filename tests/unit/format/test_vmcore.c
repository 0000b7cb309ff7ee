/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ELF container byte for byte against the oracle of /proc/vmcore, over every kind of elfcorehdr
 * that was seen in the field or can be made up. */
#include "unit/test.h"

#include "boot/start.h"
#include "check_sink.h"
#include "dump/dump.h"
#include "dump/source/oldmem.h"
#include "dump/source/source.h"
#include "fake/elfcorehdr.h"
#include "fake/memory.h"

#define HDR 0x3d000000ull

static const unsigned int all_caps[] = { 0, SINK_TAKES_SPAN, SINK_SEEK, SINK_SEEK | SINK_TAKES_SPAN };

struct result {
	struct dump_stats stats;
	u64 span_bytes, total;
	int err;
};

/* Dump the elfcorehdr at `pa`; what must come out is that of the one at `like`. */
static const char *dump_like(pa_t pa, pa_t like, unsigned int caps, struct result *r)
{
	static char complaint[256];
	struct check_sink c;
	struct vmcore want;

	*r = (struct result){ 0 };
	vmcore_open(&want, like);
	check_sink_open(&c, &want, caps);
	r->err = source_init_elfcorehdr(pa);
	if (!r->err && elf_size() != want.size)
		snprintf(c.complaint, sizeof(c.complaint), "size %llu instead of %llu", elf_size(),
		         want.size);
	if (!r->err)
		r->err = elf_write(&c.sink, &r->stats);
	snprintf(complaint, sizeof(complaint), "%s", check_sink_close(&c));
	if (!complaint[0] && r->stats.total != want.size)
		snprintf(complaint, sizeof(complaint), "total %llu of %llu", r->stats.total, want.size);
	r->span_bytes = c.span_bytes;
	r->total = want.size;
	vmcore_close(&want);
	if (!complaint[0] && r->err)
		snprintf(complaint, sizeof(complaint), "error %d", r->err);
	return complaint;
}

#define CHECK_SAME(text)                                                                           \
	do {                                                                                       \
		const char *_c = (text);                                                           \
		if (_c[0]) {                                                                       \
			test_fail(__FILE__, __LINE__, _c);                                         \
			return;                                                                    \
		}                                                                                  \
	} while (0)

#define CHECK_DUMP(pa)                                                                             \
	do {                                                                                       \
		struct result _r;                                                                  \
		for (size_t _i = 0; _i < ARRAY_SIZE(all_caps); _i++)                               \
			CHECK_SAME(dump_like(pa, pa, all_caps[_i], &_r));                          \
	} while (0)

#define FIXTURE(id, name)                                                                          \
	TEST(id)                                                                                   \
	{                                                                                          \
		mem_reset();                                                                       \
		CHECK_DUMP(corehdr_fixture(name, 3 * MIB));                                        \
	}
FIXTURE(bios_kexec_load_with_backup, "bios-kexec-load")
FIXTURE(efi_kexec_load_with_shared_pages, "efi-kexec-load")
FIXTURE(efi_kexec_file_load, "efi-kexec-file-load")
FIXTURE(la57_kexec_load, "la57-kexec-load")
FIXTURE(la57_kexec_file_load, "la57-kexec-file-load")
FIXTURE(high_kexec_file_load, "high-kexec-file-load")
FIXTURE(sixteen_gib_kexec_file_load, "16g-kexec-file-load")

TEST(full_size_by_reference)
{
	struct result r;
	pa_t pa;

	mem_reset();
	pa = corehdr_fixture("16g-kexec-file-load", ~0ull);
	CHECK_SAME(dump_like(pa, pa, SINK_TAKES_SPAN, &r));
	CHECK(r.total > 16 * GIB && r.total < 17 * GIB);
	CHECK(r.total - r.span_bytes < 17 * MIB); /* only the low 16 MiB and headers were copied */
	CHECK_EQ(r.stats.unreadable, 0);
}

TEST(pages_shared_by_two_loads_come_twice)
{
	struct corehdr c;

	mem_reset();
	corehdr_begin(&c, HDR);
	corehdr_vmcoreinfo(&c, 0x2000000, "OSRELEASE=x\n");
	corehdr_load(&c, 0x1000000, 0x2018);
	corehdr_load(&c, 0x1002018, 0x10);
	corehdr_load(&c, 0x1002028, 0xfd8);
	CHECK_DUMP(HDR);
}

TEST(empty_loads_notes_and_unaligned_ones)
{
	struct corehdr c;

	mem_reset();
	corehdr_begin(&c, HDR);
	corehdr_note(&c, 0x2000000, 0);
	corehdr_load(&c, 0x1000000, 0);
	corehdr_load(&c, 0x1000123, 0); /* rounds to one page, as in Linux */
	corehdr_load(&c, 0xfff001, 0xfff);
	corehdr_load(&c, 0xffffff, 2);
	corehdr_load(&c, 0, 1);
	CHECK_DUMP(HDR);
}

TEST(only_headers)
{
	struct corehdr c;

	mem_reset();
	corehdr_begin(&c, HDR);
	corehdr_note(&c, 0x2000000, 0x1000);
	CHECK_DUMP(HDR);
	mem_reset();
	corehdr_begin(&c, HDR);
	corehdr_load(&c, 0x2000000, 0x1000);
	CHECK_DUMP(HDR);
}

TEST(overlapping_loads)
{
	struct corehdr c;

	mem_reset();
	corehdr_begin(&c, HDR);
	for (u64 i = 0; i < 20; i++)
		corehdr_load(&c, 0xf00000 + i * 0x12345, 0x100000);
	CHECK_DUMP(HDR);
}

TEST(notes_of_every_kind)
{
	static u8 desc[70000];
	struct corehdr c;
	u32 broken[3] = { 5, 0xffffffff, 1 }, huge_name[3] = { 0xfffffffe, 4, 1 };
	u32 no_name[3] = { 0, 8, 1 };
	pa_t at;

	mem_reset();
	corehdr_begin(&c, HDR);
	memset(desc, 0x5a, sizeof(desc));
	/* several notes in one segment, the last one broken */
	at = note_write(0x2000100, "CORE", 1, desc, 336);
	at = note_write(at, "X", 7, desc, 3);
	at = note_write(at, "LONG NAME", 7, desc, 0);
	mem_write(at, broken, sizeof(broken));
	corehdr_note(&c, 0x2000100, 4096);
	/* broken at once; an impossible name; no name; a segment too short for a header */
	mem_write(0x2010000, broken, sizeof(broken));
	corehdr_note(&c, 0x2010000, 0x170);
	mem_write(0x2020000, huge_name, sizeof(huge_name));
	corehdr_note(&c, 0x2020000, 0x170);
	mem_write(0x2030000, no_name, sizeof(no_name));
	corehdr_note(&c, 0x2030000, 0x170);
	corehdr_note(&c, 0x2040000, 11);
	/* exactly as long as the segment; one byte longer */
	at = note_write(0x2050000, "CORE", 1, desc, 336);
	corehdr_note(&c, 0x2050000, at - 0x2050000);
	note_write(0x2060000, "CORE", 1, desc, 336);
	corehdr_note(&c, 0x2060000, at - 0x2050000 - 1);
	/* over many pages, at an odd address */
	at = note_write(0x2070ff1, "VMCOREINFO", 0, desc, sizeof(desc));
	corehdr_note(&c, 0x2070ff1, at - 0x2070ff1);
	corehdr_load(&c, 0x1000000, 0x3000);
	CHECK_DUMP(HDR);
	CHECK(test_logged("broken note"));
}

TEST(many_cpus)
{
	struct result r;
	struct source_summary sum;
	struct corehdr c;
	u8 desc[336] = { 1 };
	static const u8 end[12];

	mem_reset();
	corehdr_begin(&c, HDR);
	for (u64 cpu = 0; cpu < 8192; cpu++) {
		pa_t at = 0x100000000ull + cpu * 0x1000 + 0x400;

		if (cpu % 8 == 7) /* offline: an empty note */
			mem_write(at, end, sizeof(end));
		else
			mem_write(note_write(at, "CORE", 1, desc, sizeof(desc)), end, sizeof(end));
		corehdr_note(&c, at, 0x170);
	}
	corehdr_load(&c, 0x1000000, 0x3000);
	CHECK_SAME(dump_like(HDR, HDR, 0, &r));
	source_summarise(&sum);
	CHECK_EQ(sum.cpus, 8192 - 1024);
	CHECK_EQ(sum.loads, 1);
}

TEST(every_program_header_there_can_be)
{
	struct result r;
	struct corehdr c;

	mem_reset();
	corehdr_begin(&c, HDR);
	corehdr_vmcoreinfo(&c, 0x2000000, "OSRELEASE=x\n");
	for (u64 i = 1; i < 65534; i++)
		corehdr_load(&c, 0x4000000 + i * 0x3000 + i % 4096, 0x1000);
	CHECK_SAME(dump_like(HDR, HDR, SINK_SEEK, &r));
}

TEST(sixteen_tib)
{
	struct corehdr c;
	struct vmcore want;
	struct check_sink s;
	struct dump_stats st = { 0 };

	mem_reset();
	corehdr_begin(&c, HDR);
	corehdr_vmcoreinfo(&c, 0x2000000, "OSRELEASE=x\n");
	for (u64 i = 0; i < 1024; i++)
		corehdr_load(&c, 0x100000000ull + i * 17 * GIB, 16 * GIB);
	vmcore_open(&want, HDR);
	check_sink_open(&s, &want, SINK_TAKES_SPAN);
	CHECK_EQ(source_init_elfcorehdr(HDR), 0);
	CHECK_EQ(elf_size(), want.size);
	CHECK_EQ(elf_size() >> 30, 16 * 1024);
	s.fail_at = 64 * GIB; /* the rest would be the same for a long time */
	CHECK_EQ(elf_write(&s.sink, &st), -EPIPE);
	CHECK(!s.complaint[0]);
	free(s.seen);
	vmcore_close(&want);
}

TEST(nonsense_loads_are_left_out)
{
	static const struct {
		u64 offset, bytes;
	} bad[] = {
		{ 1ull << 46, 4096 },       { (1ull << 46) - 4096, 4097 }, { 0x1000000, ~0ull },
		{ ~0ull, ~0ull },           { ~0ull - 4095, 4096 },        { 0x1000, (1ull << 46) },
		{ 0x8000000000000000ull, 1 },
	};
	struct result r;
	struct corehdr c, good;

	mem_reset();
	corehdr_begin(&good, 0x3e000000);
	corehdr_note(&good, 0x2000000, 0);
	corehdr_load(&good, 0x1000000, 0x3018);
	corehdr_load(&good, 0x5000000, 0x3018);
	corehdr_begin(&c, HDR);
	corehdr_note(&c, 0x2000000, 0);
	corehdr_load(&c, 0x1000000, 0x3018);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		corehdr_load(&c, bad[i].offset, bad[i].bytes);
	/* only the contents, or only the address they stand for, is out of reach */
	corehdr_add(&c, &(struct elf64_phdr){ .p_type = PT_LOAD, .p_offset = mem_limit - 0x1000,
	                                      .p_paddr = 0x1000, .p_memsz = 0x2000 });
	corehdr_add(&c, &(struct elf64_phdr){ .p_type = PT_LOAD, .p_offset = 0x1000,
	                                      .p_paddr = mem_limit - 0x1000, .p_memsz = 0x2000 });
	corehdr_load(&c, 0x5000000, 0x3018);
	CHECK_SAME(dump_like(HDR, good.pa, 0, &r));
	CHECK(test_logged("program header 2 is nonsense"));
	CHECK(!test_logged("program header 3")); /* told once */
}

TEST(more_memory_than_any_machine_has)
{
	struct dump_stats st = { 0 };
	struct check_sink s;
	struct vmcore none = { 0 };
	struct corehdr c;

	mem_reset();
	mem_limit = 1ull << 52;
	corehdr_begin(&c, HDR);
	for (unsigned int i = 0; i < 300; i++)
		corehdr_load(&c, 0, mem_limit);
	CHECK_EQ(source_init_elfcorehdr(HDR), 0);
	check_sink_open(&s, &none, 0);
	CHECK_EQ(elf_write(&s.sink, &st), -EFBIG);
	CHECK(!s.complaint[0]);
	free(s.seen);
}

TEST(unreadable_pages_are_zeros_and_counted)
{
	struct result r;
	struct corehdr c;

	for (size_t i = 0; i < ARRAY_SIZE(all_caps); i++) {
		mem_reset();
		corehdr_begin(&c, HDR);
		corehdr_vmcoreinfo(&c, 0x2000000, "OSRELEASE=x\n");
		corehdr_load(&c, 0xf00000, 0x400000);
		mem_fault(0xf01000);
		mem_fault(0xfff000);
		if (!(all_caps[i] & SINK_TAKES_SPAN)) /* a device finds out itself */
			mem_fault(0x1000000);
		CHECK_SAME(dump_like(HDR, HDR, all_caps[i], &r));
		CHECK_EQ(r.stats.unreadable, all_caps[i] & SINK_TAKES_SPAN ? 2 : 3);
		CHECK_EQ(r.stats.pages, 0x400);
	}
}

/* A sink under which the elfcorehdr's load changes its size as soon as the first bytes come. */
static u64 changed_bytes;

static int changing_write(struct sink *s, u64 off, const void *buf, u32 len)
{
	struct corehdr c;

	(void)off;
	(void)buf;
	s->accepted += len;
	corehdr_begin(&c, HDR);
	corehdr_load(&c, 0x1000000, changed_bytes);
	return 0;
}

TEST(headers_that_change_under_the_reader)
{
	static const struct sink_ops ops = { .write = changing_write };
	static const u64 bytes[] = { 0x5000, 0x2000, 0x8000, 0, ~0ull };

	for (size_t i = 0; i < ARRAY_SIZE(bytes); i++) {
		for (unsigned int caps = 0; caps <= SINK_SEEK; caps += SINK_SEEK) {
			struct dump_stats st = { 0 };
			struct sink s = { .ops = &ops, .caps = caps };
			struct corehdr c;

			mem_reset();
			corehdr_begin(&c, HDR);
			corehdr_load(&c, 0x1000000, 0x5000);
			changed_bytes = bytes[i];
			CHECK_EQ(source_init_elfcorehdr(HDR), 0);
			CHECK_EQ(elf_write(&s, &st), i ? -ESTALE : 0);
		}
	}
}

TEST(a_sinks_error_ends_the_dump)
{
	struct dump_stats st;
	struct check_sink s;
	struct vmcore want;
	struct corehdr c;

	mem_reset();
	corehdr_begin(&c, HDR);
	corehdr_vmcoreinfo(&c, 0x2000000, "OSRELEASE=x\n");
	corehdr_load(&c, 0xf00000, 0x400000);
	vmcore_open(&want, HDR);
	for (size_t i = 0; i < ARRAY_SIZE(all_caps); i++) {
		for (u64 n = 0; n < want.size; n += 300 * KIB) {
			st = (struct dump_stats){ 0 };
			check_sink_open(&s, &want, all_caps[i]);
			s.fail_at = n;
			CHECK_EQ(source_init_elfcorehdr(HDR), 0);
			CHECK_EQ(elf_write(&s.sink, &st), -EPIPE);
			CHECK(!s.complaint[0]);
			CHECK(s.sink.accepted < n + 3 * MIB);
			free(s.seen);
		}
	}
	vmcore_close(&want);
}

TEST(out_of_time)
{
	struct result r;
	struct corehdr c;

	mem_reset();
	corehdr_begin(&c, HDR);
	corehdr_load(&c, 0x1000000, 64 * MIB);
	fake_expired = 1;
	dump_like(HDR, HDR, SINK_TAKES_SPAN, &r);
	fake_expired = 0;
	CHECK_EQ(r.err, -ETIME);
	CHECK(r.span_bytes <= 2 * MIB);
}

TEST(progress_once_a_second)
{
	struct result r;
	struct corehdr c;

	mem_reset();
	corehdr_begin(&c, HDR);
	corehdr_load(&c, 0x1000000, 64 * MIB);
	fake_step_us = 200000;
	CHECK_SAME(dump_like(HDR, HDR, SINK_TAKES_SPAN, &r));
	fake_step_us = 10;
	CHECK(test_logged("/64 MiB, "));
	CHECK(!test_logged("101%"));
}
