/* SPDX-License-Identifier: GPL-2.0-or-later */
/* AMD-Vi: a unit that translates by a dead kernel's device table, and units that are locked or dead. */
#include "unit/test.h"

#include <arch/io.h>

#include "drivers/iommu/unit.h"
#include "map.h"

#define UNIT_AT  0xfeb80000ull
#define UNIT_LEN 0x4000u
#define ENABLED  0x3000300du /* with logs, commands and whatever else a kernel turns on */
#define INVALIDATES_ALL ((u64)1 << 6)

static struct {
	u64 table, queue, control, features, head, tail;
	bool absent, locked, off_only, deaf;
	u64 *stays; /* a register that takes nothing */
	u16 alias;
	int answer; /* of iommu_map() */
	unsigned int forgotten;
	bool wrong;
} hw;

static u64 page[IOMMU_PAGES][512] ALIGNED(4096);
static unsigned int taken;

u64 *iommu_page_take(void) { return taken < IOMMU_PAGES ? page[taken++] : NULL; }

bool ivrs_find(u16 segment, u16 id, pa_t *regs, u16 *as)
{
	*regs = UNIT_AT;
	*as = hw.alias ? hw.alias : id;
	return !segment && !hw.absent;
}

int iommu_map(const char *kind, pa_t at, u64 len, volatile u8 **regs)
{
	(void)kind;
	*regs = (volatile u8 *)at;
	return at == UNIT_AT && len <= UNIT_LEN ? hw.answer : -EIO;
}

void pci_name(struct pci_addr a, char out[16]) { snprintf(out, 16, "%02x:%02x.%x", a.bus, a.dev, a.fn); }

static u64 *reg(const volatile void *p)
{
	switch ((pa_t)p - UNIT_AT) {
	case 0x00:
		return &hw.table;
	case 0x08:
		return &hw.queue;
	case 0x18:
		return &hw.control;
	case 0x30:
		return &hw.features;
	case 0x2000:
		return &hw.head;
	case 0x2008:
		return &hw.tail;
	}
	hw.wrong = true;
	return &hw.head;
}

u64 mmio_read64(const volatile void *p) { return *reg(p); }

static void commands_run(void)
{
	u64 *q = (u64 *)(hw.queue & 0xffffffffff000ull);

	hw.wrong |= hw.queue >> 56 != 8 || q != page[0];
	for (; !hw.wrong && hw.head != hw.tail; hw.head += 16) {
		u64 *c = q + hw.head / 8;

		if (c[0] >> 60 == 8)
			hw.forgotten++;
		else if (c[0] >> 60 == 1 && (c[0] & 1))
			*(u64 *)(c[0] & 0xffffffffffff8ull) = c[1];
		else
			hw.wrong = true;
	}
}

void mmio_write64_whole(volatile void *p, u64 v)
{
	u64 *r = reg(p);

	if (hw.locked && (r == &hw.table || r == &hw.control))
		return;
	if ((hw.off_only && r == &hw.table) || r == hw.stays)
		return;
	*r = v;
	if (r == &hw.tail && (hw.control & 1 << 12) && !hw.deaf)
		commands_run();
}

static void left_on(void)
{
	memset(&hw, 0, sizeof(hw));
	memset(page, 0xa5, sizeof(page));
	hw.table = 0x12345000 | 0x1ff;
	hw.queue = 0x12346000 | 8ull << 56;
	hw.control = ENABLED;
	hw.features = INVALIDATES_ALL;
	hw.head = hw.tail = 0x40;
	hw.answer = 1;
	taken = 0;
	test_log_clear();
}

static int allow(u16 id)
{
	struct iommu_source s = { .at = { .bus = (u8)(id >> 8), .dev = id >> 3 & 31, .fn = id & 7 },
		                  .n = 1, .id = { id } };

	return amdvi_allow(&s);
}

TEST(only_the_device_passes)
{
	const u64 *table;
	u32 entries;

	left_on();
	CHECK_EQ(allow(0xfa), 0);
	CHECK(!hw.wrong && hw.forgotten == 1);
	CHECK_EQ(hw.control, 1 | 1 << 12);
	table = (const u64 *)(hw.table & ~0xfffull);
	entries = (u32)((hw.table & 0x1ff) + 1) * 128;
	CHECK_EQ(entries, 384);
	CHECK(table >= page[0] && table + entries * 4 <= page[IOMMU_PAGES]);
	for (u32 i = 0; i < entries; i++) {
		CHECK_EQ(table[4 * i], i == 0xfa ? (s64)0x6000000000000003 : 3);
		CHECK(!table[4 * i + 1] && !table[4 * i + 2] && !table[4 * i + 3]);
	}
	CHECK(test_logged("only 00:1f.2 passes"));
}

TEST(under_another_id)
{
	const u64 *table;

	left_on();
	hw.alias = 0x100;
	CHECK_EQ(allow(0x128), 0);
	table = (const u64 *)(hw.table & ~0xfffull);
	CHECK(table[4 * 0x100] >> 61 == 3 && table[4 * 0x128] >> 61 == 3 && table[4 * 0x101] >> 61 == 0);
}

TEST(off_already)
{
	left_on();
	hw.control = 0;
	CHECK_EQ(allow(0xfa), 0);
	CHECK_EQ(hw.table, 0x12345000 | 0x1ff);
	left_on();
	hw.absent = true;
	CHECK_EQ(allow(0xfa), 0);
	CHECK_EQ(hw.control, ENABLED);
	left_on();
	hw.answer = 0;
	CHECK_EQ(allow(0xfa), 0);
	hw.answer = -EIO;
	CHECK_EQ(allow(0xfa), -EIO);
	CHECK_EQ(hw.control, ENABLED);
}

static bool turned_off(u16 id)
{
	return !allow(id) && !(hw.control & 1) && !(hw.control & 1 << 12) && !hw.wrong &&
	       test_logged("off, every device passes");
}

TEST(turned_off)
{
	left_on();
	CHECK(turned_off(0x180)); /* the first ID beyond the table */
	CHECK_EQ(hw.table, 0x12345000 | 0x1ff);
	left_on();
	hw.features = 0;
	CHECK(turned_off(0xfa));
	left_on();
	hw.deaf = true;
	CHECK(turned_off(0xfa));
	left_on();
	hw.off_only = true;
	CHECK(turned_off(0xfa));
}

/* Not one command of the crashed kernel's queue is run. */
TEST(queue_stays_the_dead_kernels)
{
	u64 *const stays[] = { &hw.queue, &hw.head, &hw.tail };

	for (unsigned int i = 0; i < 3; i++) {
		left_on();
		hw.stays = stays[i];
		CHECK(turned_off(0xfa));
		CHECK(!hw.forgotten);
	}
}

TEST(locked)
{
	left_on();
	hw.locked = true;
	CHECK_EQ(allow(0xfa), -EIO);
	CHECK_EQ(hw.control, ENABLED);
	CHECK(test_logged("stays on (locked") && test_logged("00:1f.2 is cut off"));
}
