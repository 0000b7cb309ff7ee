/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The door to old RAM: what may be read, what may be given to a device, what is zeros. */
#include "unit/test.h"

#include "boot/start.h"
#include "dump/source/oldmem.h"
#include "dump/source/source.h"
#include "fake/elfcorehdr.h"
#include "fake/memory.h"

#define HDR 0x3d000000ull
#define RAM 0x1000000ull
#define RAM_BYTES 0x10000000ull

static u8 got[0x10000], want[0x10000];

static void begin(void)
{
	struct corehdr c;

	mem_reset();
	mem_limit = 1ull << 48; /* the host's addresses are below that, and with them our image */
	corehdr_begin(&c, HDR);
	corehdr_load(&c, 0, 0xa0000);
	corehdr_load(&c, 0x100000, RAM - 0x100000);
	corehdr_load(&c, RAM, RAM_BYTES);
	corehdr_load(&c, RAM + RAM_BYTES, 0x1000);
	corehdr_load(&c, (pa_t)__image_start - 0x10000, FAKE_IMAGE_BYTES + 0x20000);
	if (source_init_elfcorehdr(HDR))
		abort();
}

/* As oldmem_read, but every byte checked; zeros are expected in `bad` pages. */
static bool read_is(pa_t pa, u64 len, unsigned int bad)
{
	memset(got, 0xaa, sizeof(got));
	mem_read(want, pa, len);
	if (oldmem_read(got, pa, len) != bad)
		return false;
	for (u64 i = 0; i < len && !bad; i++)
		if (got[i] != want[i])
			return false;
	return got[len] == 0xaa;
}

TEST(reads_any_alignment)
{
	begin();
	for (u64 off = 0; off < 4200; off += 61)
		for (u64 len = 0; len < 9000; len += 501)
			CHECK(read_is(RAM + off, len, 0));
	CHECK(read_is(RAM + 4095, 1, 0));
	CHECK(read_is(RAM + 4095, 2, 0));
	CHECK(read_is(0, 0x1000, 0)); /* page 0 is memory like any other */
}

TEST(outside_the_ranges_is_zeros)
{
	begin();
	CHECK(read_is(0xa0000, 0x1000, 1));
	CHECK(got[0] == 0 && got[0xfff] == 0);
	CHECK(read_is(0x9f000, 0x3000, 2));
	mem_read(want, 0x9f000, 0x1000);
	CHECK(!memcmp(got, want, 0x1000) && !got[0x1000] && !got[0x2fff]);
	CHECK(read_is(mem_limit, 0x2000, 2));
	CHECK(read_is(~0ull - 0xfff, 0x1000, 1));
}

TEST(faults_are_remembered)
{
	begin();
	mem_fault(RAM + 0x5000);
	CHECK(oldmem_dma_ok(RAM + 0x5000, 0x1000));
	CHECK(read_is(RAM + 0x4ff0, 0x1020, 1));
	mem_read(want, RAM + 0x4ff0, 0x1020);
	CHECK(!memcmp(got, want, 0x1020)); /* the good edges are there */
	CHECK(!oldmem_dma_ok(RAM + 0x5000, 0x1000));
	CHECK(!oldmem_dma_ok(RAM, 0x10000));
	CHECK(oldmem_dma_ok(RAM + 0x6000, 0x1000));
	CHECK(oldmem_dma_ok(RAM + 0x4000, 0x1000));
}

TEST(device_gets_only_whole_good_ranges)
{
	begin();
	CHECK(oldmem_dma_ok(RAM, RAM_BYTES));
	CHECK(!oldmem_dma_ok(RAM, RAM_BYTES + 1)); /* the next page is of another range */
	CHECK(oldmem_dma_ok(RAM + RAM_BYTES, 0x1000));
	CHECK(!oldmem_dma_ok(RAM + RAM_BYTES, 0x2000));
	CHECK(!oldmem_dma_ok(RAM - 0x1000, 0x1000)); /* low 16 MiB */
	CHECK(!oldmem_dma_ok(RAM - 0x1000, 0x2000));
	CHECK(!oldmem_dma_ok(0, 0x1000));
	CHECK(!oldmem_dma_ok(mem_limit, 0x1000));
	CHECK(!oldmem_dma_ok(mem_limit - 0x1000, 0x2000));
	CHECK(!oldmem_dma_ok(~0ull, 0x1000));
	CHECK(!oldmem_dma_ok(RAM, ~0ull));
}

TEST(our_image_is_no_old_ram)
{
	pa_t start = (pa_t)__image_start;

	begin();
	CHECK_EQ(__image_end - __image_start, FAKE_IMAGE_BYTES);
	CHECK(oldmem_dma_ok(start - 0x1000, 0x1000));
	CHECK(!oldmem_dma_ok(start - 0x1000, 0x1001));
	CHECK(!oldmem_dma_ok(start, 0x1000));
	CHECK(!oldmem_dma_ok(start + FAKE_IMAGE_BYTES - 1, 1));
	CHECK(oldmem_dma_ok(start + FAKE_IMAGE_BYTES, 0x1000));
	CHECK(!oldmem_dma_ok(start - 0x10000, FAKE_IMAGE_BYTES + 0x20000));
	CHECK(read_is(start + 0x3000, 0x2000, 2));
	CHECK(!got[0] && !got[0x1fff]);
}

TEST(device_addresses_are_neither_read_nor_given)
{
	begin();
	oldmem_forbid(RAM + 0x20800, 0x1000);
	CHECK(!oldmem_dma_ok(RAM + 0x20000, 0x900));
	CHECK(!oldmem_dma_ok(RAM + 0x21000, 0x1000));
	CHECK(oldmem_dma_ok(RAM + 0x22000, 0x1000));
	CHECK(oldmem_dma_ok(RAM + 0x20000, 0x800));
	CHECK(read_is(RAM + 0x1f000, 0x4000, 2));
	CHECK(got[0] && !got[0x1000] && !got[0x2fff] && got[0x3000]);
	/* the same or a longer one again takes no place; nothing, and something up to the very end */
	for (int i = 0; i < 1000; i++)
		oldmem_forbid(RAM + 0x20800, 0x1000 + (u64)i);
	oldmem_forbid(RAM + 0x30000, 0);
	CHECK(oldmem_dma_ok(RAM + 0x30000, 0x1000));
	oldmem_forbid(0xfffffffffffff000, 0x1000);
	CHECK(oldmem_dma_ok(RAM + 0x30000, 0x1000));
	oldmem_forbid(RAM + 0x800000, ~0ull);
	CHECK(!oldmem_dma_ok(RAM + 0x900000, 0x1000));
	CHECK(oldmem_dma_ok(RAM + 0x30000, 0x1000));
}

TEST(full_tables_stop_references_not_reading)
{
	begin();
	for (u64 i = 0; i < 128; i++)
		oldmem_forbid(0xf0000000 + i * 0x10000, 0x1000);
	CHECK(oldmem_dma_ok(RAM, 0x1000));
	oldmem_forbid(0xf0000000 + 128 * 0x10000, 0x1000);
	CHECK(!oldmem_dma_ok(RAM, 0x1000));
	CHECK(read_is(RAM, 0x3000, 0));

	begin();
	for (u64 i = 0; i < 64; i++)
		oldmem_mark_bad(RAM + 0x100000 + i * 0x1000);
	CHECK(oldmem_dma_ok(RAM, 0x1000));
	oldmem_mark_bad(RAM + 0x200000);
	CHECK(!oldmem_dma_ok(RAM, 0x1000));
	CHECK(read_is(RAM, 0x3000, 0));
}

TEST(unlisted_reads_have_the_other_bounds)
{
	u8 buf[16];

	begin();
	CHECK_EQ(oldmem_read_unlisted(buf, 0xa0000, 16), 0);
	mem_read(want, 0xa0000, 16);
	CHECK(!memcmp(buf, want, 16));
	oldmem_forbid(0xa0000, 0x1000);
	CHECK_EQ(oldmem_read_unlisted(buf, 0xa0000, 16), 1);
	CHECK(!buf[0]);
	CHECK_EQ(oldmem_read_unlisted(buf, (pa_t)__image_start, 16), 1);
	CHECK_EQ(oldmem_read_unlisted(buf, mem_limit - 8, 16), 1);
}

TEST(encrypted_memory_is_read_with_the_c_bit_and_by_the_cpu_alone)
{
	const u64 c_bit = 1ull << 47;
	struct corehdr c;
	char text[8];

	mem_reset();
	mem_limit = 1ull << 48;
	corehdr_begin(&c, HDR);
	corehdr_load(&c, 0x20000000, 0x10000);
	CHECK_EQ(source_init_elfcorehdr(HDR), 0);
	mem_write(0x20001000, "cipher", 7);
	mem_write(0x20001000 | c_bit, "plain", 6);
	CHECK(oldmem_dma_ok(0x20000000, 0x10000));
	oldmem_set_encryption(c_bit);
	CHECK(!oldmem_read(text, 0x20001000, 6) && !strcmp(text, "plain"));
	CHECK(!oldmem_dma_ok(0x20000000, 0x10000));
	CHECK_EQ(oldmem_read(text, 0x30000000, 6), 1); /* still only what is listed */
	oldmem_set_encryption(0);
	CHECK(!oldmem_read(text, 0x20001000, 7) && !strcmp(text, "cipher"));
	CHECK(oldmem_dma_ok(0x20000000, 0x10000));
}
