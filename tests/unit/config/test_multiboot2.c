/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Multiboot2 information as GRUB makes it, and broken frames. */
#include "unit/test.h"

#include "base.h"
#include "bytes.h"
#include "config/multiboot2.h"
#include "map.h"

#define INFO      0x100000u
#define IMAGE     0x1801000ull
#define IMAGE_LEN 0x80000ull

static u8 mem[1 << 16]; /* at INFO */
static u32 used;

bool map_addressable(pa_t pa, u64 len)
{
	return pa < 1ull << 46 && len <= (1ull << 46) - pa;
}

unsigned int peek(void *dst, pa_t pa, u64 len)
{
	if (pa < INFO || pa - INFO >= sizeof(mem) || len > sizeof(mem) - (pa - INFO)) {
		memset(dst, 0, len);
		return 1;
	}
	memcpy(dst, mem + (pa - INFO), len);
	return 0;
}

static void begin(void)
{
	memset(mem, 0xee, sizeof(mem));
	used = 8;
}

static u8 *tag(u32 type, u32 payload)
{
	u8 *t = mem + used;

	put_le32(t, type);
	put_le32(t + 4, 8 + payload);
	memset(t + 8, 0, payload);
	used += (8 + payload + 7) & ~7u;
	return t + 8;
}

static int done(void)
{
	tag(0, 0);
	put_le32(mem, used);
	put_le32(mem + 4, 0);
	return multiboot2_init(INFO, IMAGE, IMAGE_LEN);
}

static void mmap(unsigned int entry, const u64 (*e)[3], unsigned int n)
{
	u8 *p = tag(6, 8 + entry * n);

	put_le32(p, entry);
	for (unsigned int i = 0; i < n; i++) {
		put_le64(p + 8 + i * entry, e[i][0]);
		put_le64(p + 16 + i * entry, e[i][1]);
		put_le32(p + 24 + i * entry, (u32)e[i][2]);
	}
}

static void module(u32 start, u32 end)
{
	u8 *p = tag(3, 8 + 5);

	put_le32(p, start);
	put_le32(p + 4, end);
	memcpy(p + 8, "name", 5);
}

/* "start+len start+len ..." of all pieces */
static const char *ram(void)
{
	static char text[4096];
	pa_t start;
	u64 len;
	size_t n = 0;

	text[0] = '\0';
	for (unsigned int i = 0; i < 64 && !multiboot2_ram(i, &start, &len); i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%llx+%llx ",
				      (unsigned long long)start, (unsigned long long)len);
	return text;
}

static const u64 pc[][3] = {
	{ 0, 0x9fc00, 1 },
	{ 0x9fc00, 0x400, 2 },
	{ 0xf0000, 0x10000, 2 },
	{ 0x100000, 0x1fee0000, 1 },
	{ 0x1ffe0000, 0x20000, 3 },
	{ 0xfffc0000, 0x40000, 2 },
	{ 0x100000000, 0x40000000, 1 },
};

TEST(as_grub_does)
{
	char cmdline[64];

	begin();
	memcpy(tag(1, 20), "console=ttyS0 a=b", 18);
	memcpy(tag(2, 10), "GRUB 2.06", 10);
	u8 *old = tag(14, 20);
	u8 *new = tag(15, 36);
	mmap(24, pc, ARRAY_SIZE(pc));
	CHECK_EQ(done(), 0);
	multiboot2_cmdline(cmdline, sizeof(cmdline));
	CHECK(!strcmp(cmdline, "console=ttyS0 a=b"));
	multiboot2_cmdline(cmdline, 8);
	CHECK(!strcmp(cmdline, "console"));
	CHECK(old < new);
	CHECK_EQ(multiboot2_rsdp(), INFO + (u64)(new - mem));
	CHECK(!strcmp(ram(), "0+9fc00 101000+16ff000 1887000+1e759000 100000000+40000000 "));
}

TEST(modules_are_cut_out)
{
	begin();
	mmap(32, pc, ARRAY_SIZE(pc));
	module(0x3000123, 0x3000456);
	module(0x2000000, 0x2001000);
	module(0x2001000, 0x2001fff);
	module(0x1900000, 0x1900000);   /* empty */
	module(0x1900000, 0x1800000);   /* backwards */
	module(0x1ff00000, 0x20000000); /* over the end of a range */
	CHECK_EQ(done(), 0);
	CHECK(!strcmp(ram(),
		      "0+9fc00 101000+16ff000 1887000+779000 2002000+ffe000 3001000+1ceff000 "
		      "100000000+40000000 "));
}

TEST(more_modules_than_we_know)
{
	begin();
	mmap(24, pc, ARRAY_SIZE(pc));
	for (unsigned int i = 0; i < 30; i++)
		module(0x4000000 + 0x10000 * i, 0x4000000 + 0x10000 * i + 1);
	CHECK_EQ(done(), 0);
	CHECK(test_logged("counts as old RAM"));
}

TEST(efi_map_only_where_no_other)
{
	static const u64 efi[][3] = { { 7, 0x200000, 0x100 },      { 4, 0x300000, 1 },
				      { 5, 0x301000, 1 },          { 0, 0x302000, 1 },
				      { 7, 0x400000, ~0ull >> 8 }, { 2, 0x500000, 0 } };

	for (int plain = 0; plain < 2; plain++) {
		begin();
		u8 *p = tag(17, 8 + 48 * ARRAY_SIZE(efi));
		put_le32(p, 48);
		put_le32(p + 4, 1);
		for (unsigned int i = 0; i < ARRAY_SIZE(efi); i++) {
			put_le32(p + 8 + i * 48, (u32)efi[i][0]);
			put_le64(p + 16 + i * 48, efi[i][1]);
			put_le64(p + 32 + i * 48, efi[i][2]);
		}
		if (plain)
			mmap(24, pc, 1);
		CHECK_EQ(done(), 0);
		CHECK(!strcmp(ram(), plain ? "0+9fc00 " : "200000+100000 300000+1000 "));
	}
}

TEST(nothing_there)
{
	char cmdline[16];
	pa_t start;
	u64 len;

	begin();
	CHECK_EQ(multiboot2_init(0, IMAGE, IMAGE_LEN), -EINVAL);
	CHECK_EQ(multiboot2_init(INFO + 4, IMAGE, IMAGE_LEN), -EINVAL);
	CHECK_EQ(multiboot2_init(0x900000, IMAGE, IMAGE_LEN), -EINVAL);
	CHECK_EQ(multiboot2_init(INFO, IMAGE, IMAGE_LEN), -EINVAL); /* 0xeeeeeeee bytes */
	multiboot2_cmdline(cmdline, sizeof(cmdline));
	CHECK(!*cmdline);
	CHECK_EQ(multiboot2_rsdp(), 0);
	CHECK_EQ(multiboot2_ram(0, &start, &len), -ENOENT);
}

TEST(broken_frames)
{
	char cmdline[16];

	begin();
	put_le32(tag(1, 8) - 4, 4); /* a tag shorter than its header */
	CHECK_EQ(done(), 0);
	multiboot2_cmdline(cmdline, sizeof(cmdline));
	CHECK(!*cmdline);

	begin();
	put_le32(tag(1, 8) - 4, ~0u); /* longer than everything */
	CHECK_EQ(done(), 0);
	multiboot2_cmdline(cmdline, sizeof(cmdline));
	CHECK(!*cmdline);

	begin();
	memset(tag(1, 40), 'x', 40); /* not terminated */
	CHECK_EQ(done(), 0);
	multiboot2_cmdline(cmdline, sizeof(cmdline));
	CHECK_EQ(strlen(cmdline), 15);
	CHECK(test_logged("cut"));

	begin();
	mmap(8, pc, 0); /* entries too small, then far too large */
	mmap(0x10000, pc, 0);
	CHECK_EQ(done(), 0);
	CHECK(!*ram());

	begin();
	static const u64 wraps[][3] = { { ~0ull - 4095, 8192, 1 },
					{ 0x2000000, ~0ull, 1 },
					{ 1ull << 60, 4096, 1 },
					{ 0x2000000, 0, 1 },
					{ 0x2000000, 4096, 1 } };
	mmap(24, wraps, ARRAY_SIZE(wraps));
	CHECK_EQ(done(), 0);
	CHECK(!strcmp(ram(), "2000000+1000 "));
}
