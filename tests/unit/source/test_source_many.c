/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Headers with tens of thousands of PT_LOADs, or thousands of CPUs: looked up right, in any order, and in
 * a time that grows with their number and not with its square. */
#include "unit/test.h"

#include "dump/dump.h"
#include "dump/source/rampages.h"
#include "dump/source/source.h"
#include "fake/elfcorehdr.h"
#include "fake/memory.h"

#define HDR  0x3d000000ull
#define MANY 60000u
#define BASE 0x40000000ull
#define STEP 0x4000ull

static u64 peeks;

static void count_peek(pa_t pa, u64 len) { (void)pa, (void)len, peeks++; }

/* As corehdr_add(), which would write the header each time. */
static void write_loads(const struct elf64_phdr *ph, unsigned int n)
{
	struct elf64_hdr eh = corehdr_valid(n);

	mem_reset();
	mem_write(HDR, &eh, sizeof(eh));
	mem_write(HDR + sizeof(eh), ph, n * sizeof(*ph));
	CHECK_EQ(source_init_elfcorehdr(HDR), 0);
	rampages_init();
	mem_on_peek = count_peek;
	peeks = 0;
}

static struct elf64_phdr load_at(u64 pa, u64 contents, u64 bytes)
{
	return (struct elf64_phdr){ .p_type = PT_LOAD, .p_paddr = pa, .p_offset = contents,
				    .p_memsz = bytes, .p_filesz = bytes };
}

static struct elf64_phdr many[MANY];

/* A kernel text, a backup region and RAM with holes, as kexec-tools would write it. */
static void many_ascend(void)
{
	many[0] = load_at(BASE + 0x1000, BASE + 0x1000, 0x300000);
	many[1] = load_at(0x1000, 0x30000000, 0x9e000);
	for (unsigned int i = 2; i < MANY; i++)
		many[i] = load_at(BASE + i * STEP, BASE + i * STEP, i % 3 ? STEP : STEP / 2);
	write_loads(many, MANY);
}

TEST(each_is_found_without_a_walk)
{
	many_ascend();
	for (u64 i = 2; i < MANY; i += 7) {
		u64 far = (i * 40503) % (MANY - 2) + 2;

		CHECK(source_holds(BASE + i * STEP, PAGE_SIZE));
		CHECK(source_holds(BASE + far * STEP, PAGE_SIZE));
		CHECK_EQ(source_holds(BASE + far * STEP + STEP / 2, PAGE_SIZE), far % 3 != 0 || far < 198);
	}
	CHECK(!source_holds(0x1000, PAGE_SIZE) && source_holds(0x30000000, PAGE_SIZE));
	CHECK_EQ(rampages_contents(0x1008), 0x30000008);
	CHECK(peeks < 30ull * MANY);
}

/* A reader of struct pages goes to and fro between page tables and what they map. */
TEST(no_walk_past_the_notes_of_8192_cpus)
{
	const unsigned int cpus = 8192;

	for (unsigned int i = 0; i < cpus; i++)
		many[i] = (struct elf64_phdr){ .p_type = PT_NOTE, .p_offset = BASE + i * 0x400ull, .p_filesz = 0x164,
					       .p_memsz = 0x164 };
	for (unsigned int i = 0; i < 3; i++)
		many[cpus + i] = load_at(BASE + i * GIB, BASE + i * GIB, GIB / 2);
	write_loads(many, cpus + 3);
	for (unsigned int i = 0; i < 999; i++) {
		CHECK(source_holds(BASE + i % 3 * GIB, PAGE_SIZE));
		CHECK(!source_holds(BASE + i % 3 * GIB + GIB / 2, PAGE_SIZE));
	}
	CHECK(peeks < 999 * 10);
}

TEST(pages_of_ram_are_counted_without_a_square)
{
	u64 pages = 0x9e, text = 0x300000 / PAGE_SIZE;

	many_ascend();
	for (u64 i = 2; i < MANY; i++)
		pages += i % 3 ? 4 : 2;
	for (u64 i = 0; i < text; i++) { /* what of the text is not RAM twice */
		u64 off = (i + 1) * PAGE_SIZE, at = off / STEP;

		pages += at < 2 || (at % 3 == 0 && off % STEP >= STEP / 2);
	}
	CHECK_EQ(rampages_count(), pages);
	CHECK(peeks < 30ull * MANY);
}

static int take(struct sink *s, u64 off, const void *buf, u32 len)
{
	(void)buf;
	s->accepted = s->settled = off + len;
	return 0;
}

static int take_span(struct sink *s, u64 off, pa_t pa, u64 len)
{
	(void)pa;
	return take(s, off, NULL, (u32)len);
}

TEST(a_dump_of_them_all)
{
	static const struct sink_ops ops = { .write = take, .write_span = take_span };
	struct sink s = { .ops = &ops, .caps = SINK_TAKES_SPAN };
	struct dump_stats st = { 0 };

	many_ascend();
	CHECK_EQ(elf_prepare(0), 0);
	CHECK_EQ(elf_write(&s, &st), 0);
	CHECK_EQ(s.accepted, elf_size());
	CHECK(peeks < 100ull * MANY);
}

/* --- any order: what is looked up is what a walk finds */

static u64 seed = 1;

static u32 any(u32 below)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (u32)(seed >> 33) % below;
}

static void scramble(struct elf64_phdr *ph, unsigned int n, unsigned int faults)
{
	u64 pa = 0x100000;

	for (unsigned int i = 0; i < n; i++) {
		pa += any(4) * 0x800;
		u64 bytes = any(6) * 0x800;
		ph[i] = load_at(pa, pa + (any(20) ? 0 : 0x10000000), bytes);
		pa += bytes;
	}
	while (faults--) {
		struct elf64_phdr *p = &ph[any(n)];

		switch (any(5)) {
		case 0: p->p_type = any(5); break;
		case 1: p->p_memsz = ~0ull >> any(60); break;
		case 2: p->p_paddr = any(1u << 20); break;
		case 3: p->p_offset = (u64)any(1u << 20) << any(30); break;
		default: *p = ph[any(n)];
		}
	}
}

static bool touches(const struct elf64_phdr *ph, enum load_key key, pa_t from, pa_t to)
{
	pa_t start = key == LOAD_BY_PADDR ? ph->p_paddr : ph->p_offset;

	return ALIGN_DOWN(start, PAGE_SIZE) < to && ALIGN_UP(start + ph->p_memsz, PAGE_SIZE) > from;
}

static unsigned int differences(enum load_key key, pa_t from, pa_t to)
{
	struct elf64_phdr a, b;
	u32 at = 0, walk = 0;
	unsigned int bad = 0;

	while (source_next_load(&walk, &a)) {
		if (!touches(&a, key, from, to))
			continue;
		if (!source_next_load_in(&at, key, from, to, &b) || at != walk ||
		    memcmp(&a, &b, sizeof(a)))
			bad++;
	}
	return bad + source_next_load_in(&at, key, from, to, &b);
}

TEST(any_order_gives_what_a_walk_gives)
{
	static struct elf64_phdr ph[200];

	for (unsigned int round = 0; round < 300; round++) {
		scramble(ph, 200, round / 10);
		write_loads(ph, 200);
		for (unsigned int i = 0; i < 20; i++) {
			pa_t from = (any(8) ? 0x100000 : 0x10100000) + any(0xc0000);

			CHECK_EQ(differences(LOAD_BY_PADDR, from, from + any(0x20000)), 0);
			CHECK_EQ(differences(LOAD_BY_OFFSET, from, from + 1), 0);
		}
		CHECK_EQ(differences(LOAD_BY_PADDR, 0, ~0ull), 0);
	}
}
