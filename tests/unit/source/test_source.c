/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The elfcorehdr's validation, walking and lookup. (Layout and bytes: test_vmcore.c.) */
#include "unit/test.h"

#include "dump/source/source.h"
#include "fake/elfcorehdr.h"
#include "fake/memory.h"

#define HDR 0x3d000000ull

/* What becomes of a header with `bytes` at `off` changed. */
static int init_with(size_t off, const void *bytes, size_t n)
{
	struct elf64_hdr eh = corehdr_valid(1);

	mem_reset();
	memcpy((u8 *)&eh + off, bytes, n);
	mem_write(HDR, &eh, sizeof(eh));
	return source_init_elfcorehdr(HDR);
}

#define WITH(field, ...)                                                                           \
	init_with(offsetof(struct elf64_hdr, field), (__VA_ARGS__), sizeof(*(__VA_ARGS__)))

TEST(header_is_refused_for_each_wrong_field)
{
	u8 ident[EI_NIDENT];

	CHECK_EQ(init_with(0, "\x7f", 1), 0);
	CHECK_EQ(init_with(EI_MAG0, "\x7e", 1), -EINVAL);
	CHECK_EQ(init_with(EI_MAG3, "f", 1), -EINVAL);
	CHECK_EQ(init_with(EI_CLASS, "\1", 1), -EINVAL);
	CHECK(test_logged("not ELF64"));
	CHECK_EQ(init_with(EI_DATA, "\2", 1), -EINVAL);
	CHECK_EQ(init_with(EI_VERSION, "\0", 1), -EINVAL);
	CHECK_EQ(WITH(e_type, (u16[]){ ET_EXEC }), -EINVAL);
	CHECK_EQ(WITH(e_machine, (u16[]){ EM_386 }), -EINVAL);
	CHECK_EQ(WITH(e_version, (u32[]){ 0 }), -EINVAL);
	CHECK_EQ(WITH(e_ehsize, (u16[]){ 52 }), -EINVAL);
	CHECK_EQ(WITH(e_phentsize, (u16[]){ 32 }), -EINVAL);
	CHECK_EQ(WITH(e_phnum, (u16[]){ 0 }), -EINVAL);
	CHECK_EQ(WITH(e_phnum, (u16[]){ PN_XNUM }), -EINVAL);
	CHECK_EQ(WITH(e_flags, (u32[]){ 0xffffffff }), 0); /* Linux does not look */
	memset(ident, 0, sizeof(ident));
	CHECK_EQ(init_with(0, ident, sizeof(ident)), -EINVAL);
	CHECK(test_logged("elfcorehdr refused: no ELF magic"));
}

TEST(a_spoilt_header_in_front_of_good_ones)
{
	static const u8 zeros[64];
	struct elf64_hdr eh;
	struct elf64_phdr ph;
	struct source_note n;
	struct corehdr c;

	for (int how = 0; how < 4; how++) {
		u32 at = 0, loads = 0;

		mem_reset();
		mem_write(HDR, zeros, sizeof(zeros));
		mem_write(HDR + 64 + 21 * 56, zeros, 56);
		corehdr_begin(&c, HDR);
		corehdr_note(&c, 0x200000, 0x1000);
		for (u64 i = 0; i < 20; i++)
			corehdr_load(&c, 0x1000000 + i * 0x10000, 0x1000);
		mem_read(&eh, HDR, sizeof(eh));
		if (how == 0)
			memset(&eh, 0xff, sizeof(eh));
		else if (how == 1)
			eh.e_phnum = 0;
		else if (how == 2)
			eh.e_phoff = 1ull << 40;
		else
			eh.e_phentsize = 32;
		mem_write(HDR, &eh, sizeof(eh));
		test_log_clear();
		CHECK_EQ(source_init_elfcorehdr(HDR), 0);
		CHECK(test_logged("elfcorehdr is spoilt") || test_logged("but what follows it does"));
		while (source_next_load(&at, &ph))
			loads++;
		CHECK_EQ(loads, 20);
		at = 0;
		CHECK(source_next_note(&at, &n) && !source_next_note(&at, &n));
		source_elf_header(&eh);
		CHECK(!memcmp(eh.e_ident, ELFMAG, SELFMAG) && eh.e_phentsize == 56);
	}
}

TEST(unreadable_headers)
{
	struct elf64_phdr ph;
	struct source_note n;
	struct corehdr c;
	u32 at = 0;

	mem_reset();
	mem_fault(HDR);
	CHECK_EQ(source_init_elfcorehdr(HDR), -EFAULT);
	CHECK_EQ(source_init_elfcorehdr(mem_limit), -EFAULT);
	CHECK_EQ(source_init_elfcorehdr(~0ull - 31), -EFAULT);
	/* the second page of the table is gone: what was there is left out */
	mem_reset();
	corehdr_begin(&c, HDR);
	for (u64 i = 0; i < 100; i++)
		corehdr_load(&c, 0x1000000 + i * 0x10000, 0x1000);
	mem_fault(HDR + 0x1000);
	CHECK_EQ(source_init_elfcorehdr(HDR), 0);
	while (source_next_load(&at, &ph))
		CHECK(ph.p_memsz == 0x1000 || ph.p_memsz == 0);
	CHECK_EQ(at, 100);
	at = 0;
	CHECK(!source_next_note(&at, &n));
}

TEST(wild_phoff_reads_nothing)
{
	static const u64 off[] = { ~0ull, 1ull << 63, 1ull << 46, 0 - HDR };
	struct elf64_phdr ph;

	for (size_t i = 0; i < ARRAY_SIZE(off); i++) {
		u32 at = 0;

		CHECK_EQ(WITH(e_phoff, off + i), 0);
		while (source_next_load(&at, &ph))
			CHECK(ph.p_offset < mem_limit && ph.p_memsz <= mem_limit - ph.p_offset);
	}
}

TEST(holds_page_rounded_ranges)
{
	struct corehdr c;

	mem_reset();
	corehdr_begin(&c, HDR);
	corehdr_load(&c, 0x1000800, 0x1000);  /* 0x1000000..0x1002000 */
	corehdr_load(&c, 0x2000000, 0x2000);
	corehdr_load(&c, 0x2002000, 0x2000);  /* next to it, yet another range */
	corehdr_load(&c, mem_limit - 0x1000, 0x1000);
	CHECK_EQ(source_init_elfcorehdr(HDR), 0);
	for (int twice = 0; twice < 2; twice++) {
		CHECK(source_holds(0x1000000, 0x2000));
		CHECK(!source_holds(0x1000000, 0x2001));
		CHECK(!source_holds(0xfff000, 0x1000));
		CHECK(!source_holds(0xfff000, 0x3000));
		CHECK(!source_holds(0x1002000, 1));
		CHECK(source_holds(0x2000000, 0x2000));
		CHECK(source_holds(0x2003000, 0x1000));
		CHECK(!source_holds(0x2001000, 0x2000));
		CHECK(source_holds(mem_limit - 0x1000, 0x1000));
		CHECK(!source_holds(mem_limit - 0x1000, 0x1001));
		CHECK(!source_holds(mem_limit, 0x1000));
		CHECK(!source_holds(0x1000000, ~0ull));
		CHECK(!source_holds(~0ull, 2));
	}
}

TEST(a_new_source_forgets_the_old_one)
{
	struct corehdr c;

	mem_reset();
	corehdr_begin(&c, HDR);
	corehdr_load(&c, 0x1000000, 0x10000);
	CHECK_EQ(source_init_elfcorehdr(HDR), 0);
	CHECK(source_holds(0x1000000, 0x1000));
	corehdr_begin(&c, HDR);
	corehdr_load(&c, 0x2000000, 0x10000);
	CHECK_EQ(source_init_elfcorehdr(HDR), 0);
	CHECK(!source_holds(0x1000000, 0x1000));
}

TEST(summary_counts_the_kernel_text_once)
{
	struct source_summary sum;

	mem_reset();
	CHECK_EQ(source_init_elfcorehdr(corehdr_fixture("efi-kexec-load", ~0ull)), 0);
	source_summarise(&sum);
	CHECK_EQ(sum.cpus, 2);
	CHECK_EQ(sum.loads, 12);
	CHECK_EQ(sum.ranges, 11);
	CHECK_EQ(sum.bytes, 0x9f000 + 0x700000 + 0x3000 + 0x4000 + 0x3c700000 + 0x9b9018 + 0x9c40 +
	                            0x23c3a8 + 0x1099000 + 0x98b000 + 0x351000);
}

TEST(notes_too_long_to_be_true)
{
	struct source_note n;
	struct corehdr c;
	u32 at = 0;

	mem_reset();
	corehdr_begin(&c, HDR);
	corehdr_note(&c, 0x2000000, 1ull << 40);
	corehdr_note(&c, mem_limit - 8, 4096);
	corehdr_note(&c, ~0ull - 8, 4096);
	CHECK_EQ(source_init_elfcorehdr(HDR), 0);
	for (int i = 0; i < 3; i++) {
		CHECK(source_next_note(&at, &n));
		CHECK_EQ(n.len, 0);
	}
	CHECK(!source_next_note(&at, &n));
	CHECK_EQ(source_vmcoreinfo(&n), -ENOENT);
}

/* An elfcorehdr without a way to VMCOREINFO, and two spare notes in memory. */
static struct corehdr without_vmcoreinfo(void)
{
	struct corehdr c;

	mem_reset();
	note_write(0x300000, "VMCOREINFO", 0, "OSRELEASE=x", 11);
	note_write(0x400000, "CORE", 1, "OSRELEASE=y", 11);
	note_write(0x900000, "VMCOREINFO", 0, "OSRELEASE=x", 11);
	corehdr_begin(&c, HDR);
	corehdr_note(&c, 0x200000, 0x1000);
	corehdr_load(&c, 0x300000, 0x400000);
	return c;
}

TEST(spare_vmcoreinfo)
{
	struct corehdr c = without_vmcoreinfo();
	struct source_note n;
	char text[12] = "";
	u32 at = 0;

	CHECK_EQ(source_init_elfcorehdr(HDR), 0);
	source_spare_vmcoreinfo(0x300000, 0x1000);
	CHECK_EQ(source_vmcoreinfo(&n), 0);
	source_read_note(text, &n, 0, 11);
	CHECK(n.len == 11 && !strcmp(text, "OSRELEASE=x"));
	CHECK(test_logged("elfcorehdr leads to no VMCOREINFO: that at 0x300000 is taken"));
	CHECK(source_next_note(&at, &n) && n.pa == 0x200000 && !n.len);
	CHECK(source_next_note(&at, &n) && n.pa == 0x300000 && n.len == 12 + 12 + 12);
	CHECK(!source_next_note(&at, &n));

	/* where the elfcorehdr has one, that is it, and there is no other segment */
	corehdr_vmcoreinfo(&c, 0x500000, "OSRELEASE=z\n");
	CHECK_EQ(source_init_elfcorehdr(HDR), 0);
	source_spare_vmcoreinfo(0x300000, 0x1000);
	CHECK_EQ(source_vmcoreinfo(&n), 0);
	CHECK_EQ(n.pa, 0x500000 + 24);
	at = 0;
	CHECK(source_next_note(&at, &n) && source_next_note(&at, &n) && !source_next_note(&at, &n));
}

TEST(spare_vmcoreinfo_that_is_none)
{
	static const struct {
		pa_t pa;
		u64 len;
	} none[] = { { 0x400000, 0x1000 }, { 0x300000, 16 }, { 0x300000, 1ull << 40 }, { 0x600000, 0x1000 },
		     { 0x900000, 0x1000 }, { ~0ull - 8, 0x1000 }, { 0x300000, 0 } };
	struct source_note n;

	without_vmcoreinfo();
	for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
		u32 at = 0;

		CHECK_EQ(source_init_elfcorehdr(HDR), 0);
		source_spare_vmcoreinfo(none[i].pa, none[i].len);
		CHECK_EQ(source_vmcoreinfo(&n), -ENOENT);
		CHECK(source_next_note(&at, &n) && !source_next_note(&at, &n));
	}
}

TEST(gap_between_ranges)
{
	struct corehdr c;
	pa_t start, end;

	mem_reset();
	corehdr_begin(&c, HDR);
	corehdr_load(&c, 0x80001000, 0x1800); /* its last page is half RAM */
	corehdr_load(&c, 0x100000, 0x7f00000);
	corehdr_load(&c, 0x100000000, 0x40000000);
	CHECK_EQ(source_init_elfcorehdr(HDR), 0);
	CHECK(source_gap(0x80003000, &start, &end));
	CHECK(start == 0x80003000 && end == 0x100000000);
	CHECK(source_gap(0xfffff000, &start, &end));
	CHECK(start == 0x80003000 && end == 0x100000000);
	CHECK(source_gap(0x8000000, &start, &end));
	CHECK(start == 0x8000000 && end == 0x80001000);
	CHECK(source_gap(0, &start, &end));
	CHECK(start == 0 && end == 0x100000);
	CHECK(source_gap(0x140000000, &start, &end));
	CHECK(start == 0x140000000 && end == mem_limit);
	CHECK(!source_gap(mem_limit, &start, &end));
	CHECK(!source_gap(0x100000, &start, &end));
	CHECK(!source_gap(0x80001000, &start, &end));
	CHECK(!source_gap(0x80002fff, &start, &end));
	CHECK(!source_gap(0x13fffffff, &start, &end));
}
