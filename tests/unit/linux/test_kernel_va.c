/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The crashed kernel's page tables: every size of page, what is masked, what is refused. */
#include "unit/test.h"

#include "base.h"
#include "dump/linux/kernel_va.h"
#include "dump/source/rampages.h"
#include "fake/kernel.h"
#include "fake/memory.h"

#define DIRECT  0xffff889f00000000ull
#define VMEMMAP 0xffffea0000000000ull

static unsigned int peeks;

static void count_peeks(pa_t pa, u64 len)
{
	(void)len;
	peeks += pa >= KERNEL_RAM && pa < KERNEL_RAM_TO; /* not the elfcorehdr */
}

/* Does memory at va hold what physical memory at pa does? */
static bool reads_as(u64 va, pa_t pa, u64 len)
{
	static u8 a[3 * 4096], b[3 * 4096];

	mem_read(b, pa, len);
	return !kernel_va_read(a, va, len) && !memcmp(a, b, len);
}

static void pages_of_every_size(unsigned int levels)
{
	u64 giant = levels == 5 ? 0xff11000040000000ull : 0xffff888040000000ull, len;
	pa_t pa;

	kernel_begin(levels);
	kernel_map(VMEMMAP + 0x3000, KERNEL_FREE + 0x5000, 1, PTE_KERNEL | 0x80); /* bit 7: PAT */
	kernel_map(VMEMMAP + 0x200000, KERNEL_FREE, 2, PTE_KERNEL | PTE_PAT);
	kernel_map(giant, 0x40000000, 3, PTE_KERNEL | PTE_PAT);
	CHECK_EQ(kernel_end(), 0);

	CHECK(kernel_va_translate(VMEMMAP + 0x3123, &pa, &len));
	CHECK_EQ(pa, KERNEL_FREE + 0x5123);
	CHECK_EQ(len, 0x1000 - 0x123);
	CHECK(kernel_va_translate(VMEMMAP + 0x212345, &pa, &len));
	CHECK_EQ(pa, KERNEL_FREE + 0x12345);
	CHECK_EQ(len, 0x200000 - 0x12345);
	CHECK(kernel_va_translate(giant + 0x3fffffff, &pa, &len));
	CHECK_EQ(pa, 0x7fffffff);
	CHECK_EQ(len, 1);
	CHECK(kernel_va_translate(giant, &pa, NULL));
	CHECK_EQ(pa, 0x40000000);
	/* and the image, by table and without */
	CHECK(kernel_va_translate(KERNEL_VA + 0x12345, &pa, NULL));
	CHECK_EQ(pa, KERNEL_PA + 0x12345);
	CHECK(kernel_va_walk(KERNEL_VA + 0x212345, &pa, &len));
	CHECK_EQ(pa, KERNEL_PA + 0x212345);
	CHECK_EQ(len, 0x200000 - 0x12345);
	CHECK(!kernel_va_walk(KERNEL_VA + KERNEL_BYTES, &pa, &len));
	CHECK(kernel_va_translate(KERNEL_VA + KERNEL_BYTES, &pa, NULL)); /* linear to its end */
}

TEST(four_levels) { pages_of_every_size(4); }
TEST(five_levels) { pages_of_every_size(5); }

TEST(holes_say_how_far)
{
	u64 len;
	pa_t pa;

	kernel_begin(4);
	kernel_map(VMEMMAP + 0x3000, KERNEL_FREE, 1, PTE_KERNEL);
	CHECK_EQ(kernel_end(), 0);
	CHECK(!kernel_va_translate(VMEMMAP + 0x4010, &pa, &len));
	CHECK_EQ(len, 0xff0);
	CHECK(!kernel_va_translate(VMEMMAP + 0x201000, &pa, &len));
	CHECK_EQ(len, 0x1ff000);
	CHECK(!kernel_va_translate(VMEMMAP + 0x40000001, &pa, &len));
	CHECK_EQ(len, 0x3fffffff);
	CHECK(!kernel_va_translate(DIRECT, &pa, &len));
	CHECK_EQ(len, 0x8000000000 - (DIRECT & 0x7fffffffff));
	/* the user's half and what is no address at all */
	CHECK(!kernel_va_translate(0x400000, &pa, &len));
	CHECK_EQ(len, 0xffff800000000000 - 0x400000);
	CHECK(!kernel_va_translate(0xffff7fffffffffff, &pa, &len));
	CHECK_EQ(len, 1);
	/* only an alias in its low 48 bits */
	CHECK(!kernel_va_translate((VMEMMAP + 0x3000) & 0xffffffffffff, &pa, NULL));
	CHECK(!kernel_va_translate((VMEMMAP + 0x3000) & ~(1ull << 60), &pa, NULL));
}

TEST(reads_over_borders)
{
	u8 a[3 * 4096], page[4096];

	kernel_begin(4);
	/* pages that lie backwards in physical memory, with a hole behind them */
	for (u64 i = 0; i < 4; i++)
		kernel_map(DIRECT + i * 4096, KERNEL_FREE + (9 - 2 * i) * 4096, 1, PTE_KERNEL);
	kernel_map(DIRECT + 5 * 4096, 0x40000000, 1, PTE_KERNEL); /* no RAM there */
	CHECK_EQ(kernel_end(), 0);
	CHECK_EQ(kernel_va_read(a, DIRECT + 100, sizeof(a)), 0);
	CHECK(reads_as(DIRECT + 100, KERNEL_FREE + 9 * 4096 + 100, 4096 - 100));
	CHECK(reads_as(DIRECT + 4096, KERNEL_FREE + 7 * 4096, 4096));
	CHECK(reads_as(DIRECT + 3 * 4096, KERNEL_FREE + 3 * 4096, 4096));
	mem_read(page, KERNEL_FREE + 7 * 4096, sizeof(page));
	CHECK(!memcmp(a + 4096 - 100, page, sizeof(page)));
	CHECK_EQ(kernel_va_read(a, DIRECT + 3 * 4096, 4096 + 1), -EFAULT);
	CHECK_EQ(kernel_va_read(a, DIRECT + 5 * 4096, 1), -EFAULT);
	CHECK_EQ(kernel_va_read(a, DIRECT + 5 * 4096, 0), 0);
	/* a page that faults */
	mem_fault(KERNEL_FREE + 7 * 4096);
	CHECK_EQ(kernel_va_read(a, DIRECT + 4096, 8), -EFAULT);
	/* an end beyond the last address */
	CHECK_EQ(kernel_va_read(a, ~0ull - 3, 8), -EFAULT);
	CHECK_EQ(kernel_va_read(a, ~0ull - 3, 5), -EFAULT);
	CHECK_EQ(kernel_va_read(a, DIRECT, ~0ull), -EFAULT);
}

/* An SME machine: the bit stands in every entry. */
static int encrypted(const char *sme_mask)
{
	u64 bit = 1ull << 47, e;
	pa_t at[5];

	kernel_begin(4);
	kernel_map(DIRECT, KERNEL_FREE, 1, PTE_KERNEL | bit);
	for (unsigned int level = 2; level <= 4; level++)
		at[level] = kernel_entry(DIRECT, level);
	for (unsigned int level = 2; level <= 4; level++) {
		mem_read(&e, at[level], sizeof(e));
		kernel_write64(at[level], e | bit);
	}
	kernel_say("NUMBER(sme_mask)=%s", sme_mask);
	return kernel_end();
}

TEST(encryption_bit_is_no_address)
{
	pa_t pa;

	CHECK_EQ(encrypted("0"), 0);
	CHECK(!kernel_va_translate(DIRECT, &pa, NULL));
	CHECK_EQ(encrypted("140737488355328"), 0);
	CHECK(kernel_va_translate(DIRECT, &pa, NULL));
	CHECK_EQ(pa, KERNEL_FREE);
}

TEST(garbage_in_tables)
{
	pa_t pa;
	u64 len;

	kernel_begin(4);
	kernel_map(DIRECT, KERNEL_FREE, 1, PTE_KERNEL);
	kernel_map(VMEMMAP, KERNEL_FREE, 1, PTE_KERNEL);
	CHECK_EQ(kernel_end(), 0);
	CHECK(kernel_va_translate(DIRECT, &pa, NULL));
	/* a large page where none can be (PML4E.PS) */
	kernel_write64(kernel_entry(DIRECT, 4), KERNEL_FREE | PTE_KERNEL | PTE_PS);
	/* a table where there is no RAM, and one in a page that faults */
	kernel_write64(kernel_entry(VMEMMAP, 3), 0x40000000 | 3);
	CHECK_EQ(kernel_va_init(), 0);
	CHECK(!kernel_va_translate(DIRECT, &pa, &len));
	CHECK(!kernel_va_translate(VMEMMAP, &pa, &len));
	CHECK_EQ(len, 1ull << 21);
	kernel_write64(kernel_entry(VMEMMAP, 3), (KERNEL_FREE + 0x4000) | 3);
	mem_fault(KERNEL_FREE + 0x4000);
	CHECK_EQ(kernel_va_init(), 0);
	CHECK(!kernel_va_translate(VMEMMAP, &pa, &len));
}

TEST(root_by_other_names)
{
	static const char *const name[] = { "swapper_pg_dir", "init_level4_pgt" };

	for (size_t i = 0; i < ARRAY_SIZE(name); i++) {
		kernel_begin(4);
		kernel_unsay("SYMBOL(init_top_pgt)");
		kernel_say("SYMBOL(%s)=%llx", name[i], KERNEL_VA + 0x10000);
		CHECK_EQ(kernel_end(), 0);
	}
}

TEST(phys_base_by_the_text_load)
{
	pa_t pa;

	kernel_begin(4);
	kernel_unsay("NUMBER(phys_base)");
	corehdr_add(&kernel_hdr, &(struct elf64_phdr){ .p_type = PT_LOAD, .p_offset = KERNEL_PA,
						       .p_paddr = KERNEL_PA, .p_vaddr = KERNEL_VA,
						       .p_filesz = MIB, .p_memsz = MIB });
	CHECK_EQ(kernel_end(), 0);
	CHECK(kernel_va_translate(KERNEL_VA, &pa, NULL));
	CHECK_EQ(pa, KERNEL_PA);
}

TEST(what_is_missing_is_told)
{
	static const char *const key[] = { "NUMBER(phys_base)", "SYMBOL(init_top_pgt)" };
	u64 len;
	pa_t pa;

	for (size_t i = 0; i < ARRAY_SIZE(key); i++) {
		kernel_begin(4);
		kernel_map(DIRECT, KERNEL_FREE, 1, PTE_KERNEL);
		kernel_unsay(key[i]);
		test_log_clear();
		CHECK_EQ(kernel_end(), -ENOENT);
		CHECK(test_logged(key[i]));
		CHECK(!kernel_va_translate(DIRECT, &pa, &len));
		CHECK(len != 0);
		CHECK_EQ(kernel_va_translate(KERNEL_VA, &pa, NULL), i == 1);
	}
	kernel_begin(4);
	kernel_unsay("SYMBOL(init_top_pgt)");
	kernel_say("SYMBOL(init_top_pgt)=ffff888000000000");
	test_log_clear();
	CHECK_EQ(kernel_end(), -ENOENT);
	CHECK(test_logged("absurd"));
}

TEST(tables_of_garbage)
{
	pa_t pa;
	u8 b[8];

	kernel_begin(4);
	kernel_map(DIRECT, KERNEL_FREE, 1, PTE_KERNEL);
	for (u64 at = 0; at < 4096; at += 8)
		kernel_write64(KERNEL_ROOT + at, 0x123456789abcdef1 * (at + 1) | 1);
	test_log_clear();
	CHECK_EQ(kernel_end(), -ENOENT);
	CHECK(test_logged("do not map themselves"));
	CHECK(!kernel_va_translate(DIRECT, &pa, NULL));
	CHECK(!kernel_va_walk(KERNEL_VA, &pa, NULL));
	CHECK_EQ(kernel_va_read(b, KERNEL_VA + 0x20, 8), 0); /* the image needs none */
	CHECK(reads_as(KERNEL_VA + 0x20, KERNEL_PA + 0x20, 8));
}

TEST(tables_in_the_backup_region)
{
	pa_t pa, low = 0x9000, backup = KERNEL_FREE + 0x100000;
	u8 table[4096] = { 0 };

	kernel_begin(4);
	kernel_map(DIRECT, KERNEL_FREE, 1, PTE_KERNEL);
	corehdr_add(&kernel_hdr, &(struct elf64_phdr){ .p_type = PT_LOAD, .p_offset = backup,
						       .p_paddr = 0, .p_filesz = 0x9fc00,
						       .p_memsz = 0x9fc00 });
	mem_write(backup + low, table, sizeof(table));
	kernel_write64(kernel_entry(DIRECT, 2), low | 3);
	kernel_write64(backup + low + (DIRECT >> 12 & 511) * 8,
		       (KERNEL_FREE + 0x7000) | PTE_KERNEL);
	CHECK_EQ(kernel_end(), 0);
	CHECK(kernel_va_translate(DIRECT, &pa, NULL));
	CHECK_EQ(pa, KERNEL_FREE + 0x7000);
}

/* struct pages by 4 KiB: the table is not looked at for each. */
TEST(sequential_reads_are_cheap)
{
	static u8 page[4096];

	kernel_begin(5);
	for (u64 i = 0; i < 512; i++)
		kernel_map(VMEMMAP + i * 4096, KERNEL_FREE + (i * 7 % 512) * 4096, 1, PTE_KERNEL);
	CHECK_EQ(kernel_end(), 0);
	peeks = 0;
	mem_on_peek = count_peeks;
	for (u64 i = 0; i < 512; i++)
		CHECK_EQ(kernel_va_read(page, VMEMMAP + i * 4096, sizeof(page)), 0);
	mem_on_peek = NULL;
	CHECK(peeks >= 512 && peeks <= 512 + 512 / 16 + 5);
}
