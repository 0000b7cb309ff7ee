/* SPDX-License-Identifier: GPL-2.0-or-later */
/* VMCOREINFO notes of several kernels in a fake old RAM: which one is taken. */
#include "unit/test.h"

#include "base.h"
#include "bytes.h"
#include "dump/source/oldmem.h"
#include "dump/source/scan.h"
#include "dump/source/source.h"

#define RAM_BASE  0x1000000ull
#define RAM_BYTES (4u << 20)
#define PHYS_BASE (-75497472ll)

static u8 ram[RAM_BYTES];
static u64 bytes_read;

unsigned int oldmem_read(void *dst, pa_t pa, u64 len)
{
	bytes_read += len;
	if (pa < RAM_BASE || pa - RAM_BASE >= RAM_BYTES || len > RAM_BYTES - (pa - RAM_BASE)) {
		memset(dst, 0, len);
		return 1;
	}
	memcpy(dst, ram + (pa - RAM_BASE), len);
	return 0;
}

/* Two ranges that begin and end inside a page. */
bool source_next_load(u32 *at, struct elf64_phdr *out)
{
	memset(out, 0, sizeof(*out));
	if (*at == 2)
		return false;
	out->p_offset = RAM_BASE + (*at ? RAM_BYTES / 2 + 24 : 0);
	out->p_memsz = RAM_BYTES / 2 - (*at ? 24 : 8);
	(*at)++;
	return true;
}

static void note(u32 at, const char *text)
{
	u8 *p = ram + at;

	put_le32(p, 11);
	put_le32(p + 4, (u32)strlen(text));
	put_le32(p + 8, 0);
	memcpy(p + 12, "VMCOREINFO\0", 12);
	memcpy(p + 24, text, strlen(text));
}

/* A note of that release whose init_uts_ns is at `uts` in our RAM. */
static void note_of(u32 at, const char *release, u32 uts, u64 crash_time)
{
	char text[512];
	int n = snprintf(
	    text, sizeof(text),
	    "OSRELEASE=%s\nPAGESIZE=4096\nSYMBOL(init_uts_ns)=%llx\n"
	    "NUMBER(phys_base)=%lld\n",
	    release, (unsigned long long)(0xffffffff80000000ull - (u64)PHYS_BASE + RAM_BASE + uts),
	    PHYS_BASE);

	if (crash_time)
		snprintf(text + n, sizeof(text) - (size_t)n, "CRASHTIME=%llu\n",
			 (unsigned long long)crash_time);
	note(at, text);
}

static void uts_of(u32 at, const char *release, unsigned int name_at)
{
	strcpy((char *)ram + at + name_at, "Linux");
	strcpy((char *)ram + at + name_at + 130, release);
}

static int scan(u64 *at)
{
	pa_t pa = 0;
	u64 len;
	int err = scan_vmcoreinfo(&pa, &len);

	*at = pa - RAM_BASE;
	return err;
}

static void clear(void)
{
	memset(ram, 0, sizeof(ram));
	bytes_read = 0;
}

TEST(one)
{
	pa_t pa;
	u64 len;

	clear();
	note_of(0x4000, "6.1.0-56-amd64", 0x9000, 0);
	CHECK_EQ(scan_vmcoreinfo(&pa, &len), 0);
	CHECK_EQ(pa, RAM_BASE + 0x4000);
	CHECK_EQ(len, 24 + ALIGN_UP(get_le32(ram + 0x4004), 4));
	CHECK(test_logged("6.1.0-56-amd64, crash time 0, its kernel is not there"));
	CHECK(bytes_read < RAM_BYTES / 100);
}

TEST(a_line_that_is_there_twice)
{
	u64 at;

	clear();
	note(0x4000, "OSRELEASE=6.1.0-56-amd64\nCRASHTIME=1700000000\nOSRELEASE=\nCRASHTIME=1\n");
	CHECK_EQ(scan(&at), 0);
	CHECK_EQ(at, 0x4000);
	CHECK(test_logged("6.1.0-56-amd64, crash time 1700000000, its kernel is not there"));
}

TEST(the_living_wins)
{
	u64 at;

	clear();
	note_of(0x4000, "6.1.0-56-amd64", 0x9000, 0);
	uts_of(0x9000, "6.1.0-56-amd64", 4);
	note_of(0x6000, "6.1.0-57-amd64", 0x9800, 1700000000);
	note_of(0x8000, "6.1.0-57-amd64", 0x80000000, 0);
	CHECK_EQ(scan(&at), 0);
	CHECK_EQ(at, 0x4000);
	uts_of(0x9800, "6.1.0-57-amd64", 0);
	CHECK_EQ(scan(&at), 0);
	CHECK_EQ(at, 0x6000);
}

TEST(newest_then_last)
{
	u64 at;

	clear();
	note_of(0x4000, "5.10", 0x9000, 20);
	note_of(0x6000, "5.10", 0x9000, 30);
	note_of(0x8000, "5.10", 0x9000, 0);
	CHECK_EQ(scan(&at), 0);
	CHECK_EQ(at, 0x6000);
	note_of(RAM_BYTES - 0x2000, "5.10", 0x9000, 30);
	CHECK_EQ(scan(&at), 0);
	CHECK_EQ(at, RAM_BYTES - 0x2000);
}

TEST(static_array_of_old_kernels)
{
	u64 at;

	clear();
	note_of(0x5ff0, "4.9.0-19-amd64", 0x9000, 0); /* header over the end of its page */
	CHECK_EQ(scan(&at), 0);
	CHECK_EQ(at, 0x5ff0);
	CHECK(test_logged("looking everywhere"));
}

TEST(not_a_note)
{
	u64 at;

	clear();
	CHECK_EQ(scan(&at), -ENOENT);
	note(0x4000, "OSRELEASE=\nPAGESIZE=4096\nBUILD-ID=0123456789\n");
	CHECK_EQ(scan(&at), -ENOENT);
	note_of(0x4000, "6.1", 0x9000, 0);
	put_le32(ram + 0x4004, ~0u);
	CHECK_EQ(scan(&at), -ENOENT);
	put_le32(ram + 0x4004, 31);
	CHECK_EQ(scan(&at), -ENOENT);
	note_of(0x4000, "6.1", 0x9000, 0);
	ram[0x4000 + 20] = 'x';
	CHECK_EQ(scan(&at), -ENOENT);
	memset(ram + 0x6000, '\n', 0x10000); /* a text of empty lines only */
	memcpy(ram + 0x6000, ram + 0x4000, 24);
	put_le32(ram + 0x6004, 0xff00);
	memcpy(ram + 0x600c, "VMCOREINFO\0", 12);
	CHECK_EQ(scan(&at), -ENOENT);
}
