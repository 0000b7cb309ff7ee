/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of the VMCOREINFO note: real text, hostile text, text over page borders. */
#include "unit/test.h"

#include "dump/linux/vmcoreinfo.h"
#include "dump/source/source.h"
#include "fake/elfcorehdr.h"
#include "fake/memory.h"

#define HDR 0x3d000000ull

static void with_text_at(pa_t pa, const char *text)
{
	struct corehdr c;

	mem_reset();
	corehdr_begin(&c, HDR);
	corehdr_vmcoreinfo(&c, pa, text);
	if (source_init_elfcorehdr(HDR))
		abort();
}

static void with_text(const char *text) { with_text_at(0x2000000, text); }

TEST(real_text)
{
	char v[65];

	mem_reset();
	CHECK_EQ(source_init_elfcorehdr(corehdr_fixture("efi-kexec-load", MIB)), 0);
	CHECK(vmcoreinfo_get("OSRELEASE", v, sizeof(v)));
	CHECK(!strcmp(v, "6.1.0-56-amd64"));
	CHECK(vmcoreinfo_get("SYMBOL(prb)", v, sizeof(v)));
	CHECK(!strcmp(v, "ffffffffbbc643e0"));
	CHECK(vmcoreinfo_get("NUMBER(phys_base)", v, sizeof(v)));
	CHECK(!strcmp(v, "-710934528"));
	CHECK_EQ(vmcoreinfo_number("CRASHTIME", 0), 1795309042);
	CHECK_EQ(vmcoreinfo_number("PAGESIZE", 0), 4096);
	CHECK_EQ(vmcoreinfo_number("OFFSET(page.flags)", 7), 0);
	CHECK_EQ(vmcoreinfo_number("NUMBER(phys_base)", 7), 7);
	CHECK_EQ(vmcoreinfo_number("BUILD-ID", 7), 7);
	CHECK_EQ(vmcoreinfo_number("PAGESIZ", 7), 7);
	CHECK_EQ(vmcoreinfo_number("PAGESIZEE", 7), 7);
	CHECK_EQ(vmcoreinfo_number("AGESIZE", 7), 7);
}

TEST(first_line_counts_and_only_whole_names)
{
	char v[16];

	with_text("AB=0\nA=\nA=2\nB\n=5\nXA=9\nC=x=y\nlast=end");
	CHECK(vmcoreinfo_get("A", v, sizeof(v)) && !strcmp(v, ""));
	CHECK(vmcoreinfo_get("AB", v, sizeof(v)) && !strcmp(v, "0"));
	CHECK(!vmcoreinfo_get("B", v, sizeof(v)) && !v[0]);
	CHECK(vmcoreinfo_get("C", v, sizeof(v)) && !strcmp(v, "x=y"));
	CHECK(vmcoreinfo_get("last", v, sizeof(v)) && !strcmp(v, "end"));
	CHECK(vmcoreinfo_get("last", v, 3) && !strcmp(v, "en"));
	CHECK(vmcoreinfo_get("last", v, 1) && !strcmp(v, ""));
	CHECK_EQ(vmcoreinfo_number("A", 5), 5); /* empty is no number */
}

TEST(numbers_have_limits)
{
	with_text("A=18446744073709551609\nB=18446744073709551616\nC=99999999999999999999999999\n"
	          "D=12x\nE=0x12\nF= 1\n");
	CHECK_EQ(vmcoreinfo_number("A", 1), 18446744073709551609ull);
	CHECK_EQ(vmcoreinfo_number("B", 1), 1);
	CHECK_EQ(vmcoreinfo_number("C", 1), 1);
	CHECK_EQ(vmcoreinfo_number("D", 1), 1);
	CHECK_EQ(vmcoreinfo_number("E", 1), 1);
	CHECK_EQ(vmcoreinfo_number("F", 1), 1);
}

TEST(typed_values)
{
	static const char *const bad[] = { "EMPTY", "MINUS", "TEXT", "TAIL", "HEXTAIL", "BIG", "LOW",
					   "LONG", "X", "PLUS", "SPACE", "TWICE", "none" };
	u64 v = 0;

	with_text("SYMBOL(prb)=ffffffff9b0643e0\nSYMBOL(dec)=10\nSYMBOL(x)=0xab\nSIZE(page)=64\n"
		  "NUMBER(phys_base)=-75497472\nNUMBER(mask)=0x10000\nOFFSET(page.flags)=0\n"
		  "NUMBER(max)=18446744073709551615\nNUMBER(min)=-9223372036854775808\n"
		  "NUMBER(EMPTY)=\nNUMBER(MINUS)=-\nNUMBER(TEXT)=a\nNUMBER(TAIL)=1x\n"
		  "NUMBER(HEXTAIL)=0x1g\nNUMBER(BIG)=18446744073709551616\n"
		  "NUMBER(LOW)=-9223372036854775809\nNUMBER(LONG)=99999999999999999999999999999\n"
		  "NUMBER(X)=0x\nNUMBER(PLUS)=+1\nNUMBER(SPACE)= 1\nNUMBER(TWICE)=--1\n"
		  "SYMBOL(neg)=-1\nNUMBER(first)=1\nNUMBER(first)=2\n");
	CHECK(vmcoreinfo_value("SYMBOL", "prb", &v));
	CHECK_EQ(v, 0xffffffff9b0643e0);
	CHECK(vmcoreinfo_value("SYMBOL", "dec", &v));
	CHECK_EQ(v, 0x10);
	CHECK(vmcoreinfo_value("SYMBOL", "x", &v));
	CHECK_EQ(v, 0xab);
	CHECK(vmcoreinfo_value("SIZE", "page", &v));
	CHECK_EQ(v, 64);
	CHECK(vmcoreinfo_value("NUMBER", "phys_base", &v));
	CHECK_EQ(v, -75497472);
	CHECK(vmcoreinfo_value("NUMBER", "mask", &v));
	CHECK_EQ(v, 0x10000);
	CHECK(vmcoreinfo_value("OFFSET", "page.flags", &v));
	CHECK_EQ(v, 0);
	CHECK(vmcoreinfo_value("NUMBER", "max", &v));
	CHECK_EQ(v, ~0ull);
	CHECK(vmcoreinfo_value("NUMBER", "min", &v));
	CHECK_EQ(v, 1ull << 63);
	CHECK(vmcoreinfo_value("NUMBER", "first", &v));
	CHECK_EQ(v, 1);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		v = 7;
		CHECK(!vmcoreinfo_value("NUMBER", bad[i], &v));
		CHECK_EQ(v, 7);
	}
	CHECK(!vmcoreinfo_value("SYMBOL", "neg", &v));
	CHECK(!vmcoreinfo_value("SYMBOL", "page", &v));
	CHECK(!vmcoreinfo_value("NUMBER", "a_name_that_is_longer_than_any_that_a_kernel_ever_had_in_it",
				&v));
}

TEST(text_ends_at_nul_and_at_its_note)
{
	static char big[70000];
	struct corehdr c;
	char v[16];
	u32 shorter = 8;

	memset(big, 'x', sizeof(big) - 1);
	memcpy(big + 65536 - 4, "\nA=12\nB=1\n", 10);
	with_text(big);
	CHECK(vmcoreinfo_get("A", v, sizeof(v)) && !strcmp(v, "1")); /* cut at 64 KiB */
	CHECK(!vmcoreinfo_get("B", v, sizeof(v)));
	/* n_descsz says less than there is */
	mem_reset();
	corehdr_begin(&c, HDR);
	corehdr_vmcoreinfo(&c, 0x2000000, "AAAA=1\nBBBB=2\n");
	mem_write(0x2000004, &shorter, 4);
	CHECK_EQ(source_init_elfcorehdr(HDR), 0);
	CHECK(vmcoreinfo_get("AAAA", v, sizeof(v)));
	CHECK(!vmcoreinfo_get("BBBB", v, sizeof(v)));
}

TEST(every_place_in_a_page)
{
	char v[16], text[1200];

	/* 100 lines of 11 bytes: names and values straddle the page border and the reader's windows
	 * */
	for (unsigned char i = 0; i < 100; i++)
		snprintf(text + 11 * i, sizeof(text) - 11u * i, "KEY%03d=%03d\n", i, i);
	for (pa_t pa = 0x2000000 + 4096 - 1200; pa < 0x2001000; pa += 37) {
		with_text_at(pa, text);
		for (u64 i = 0; i < 100; i++) {
			snprintf(v, sizeof(v), "KEY%03llu", i % 1000);
			CHECK_EQ(vmcoreinfo_number(v, 1000), i);
		}
	}
}

TEST(found_behind_other_notes)
{
	struct corehdr c;
	char v[16];
	u8 desc[336] = { 0 };
	pa_t at;

	mem_reset();
	corehdr_begin(&c, HDR);
	corehdr_note(&c, 0x2000000, 0);
	at = note_write(0x2010000, "CORE", NT_PRSTATUS, desc, sizeof(desc));
	at = note_write(at, "VMCOREINFO", 1, "A=1\n", 4); /* wrong type */
	at = note_write(at, "VMCOREINFOX", 0, "A=2\n", 4);
	at = note_write(at, "vmcoreinfo", 0, "A=3\n", 4);
	at = note_write(at, "VMCOREINFO", 0, "A=4\n", 4);
	corehdr_note(&c, 0x2010000, at - 0x2010000);
	CHECK_EQ(source_init_elfcorehdr(HDR), 0);
	CHECK(vmcoreinfo_get("A", v, sizeof(v)) && !strcmp(v, "4"));
}

TEST(none)
{
	struct corehdr c;
	char v[16] = "x";

	mem_reset();
	corehdr_begin(&c, HDR);
	corehdr_note(&c, 0x2000000, 0x170);
	CHECK_EQ(source_init_elfcorehdr(HDR), 0);
	CHECK(!vmcoreinfo_get("OSRELEASE", v, sizeof(v)));
	CHECK(!v[0]);
	/* there, but its page faults: reads as zeros */
	with_text("OSRELEASE=x\n");
	mem_fault(0x2000000);
	CHECK(!vmcoreinfo_get("OSRELEASE", v, sizeof(v)));
}
