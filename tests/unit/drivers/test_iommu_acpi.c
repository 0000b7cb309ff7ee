/* SPDX-License-Identifier: GPL-2.0-or-later */
/* DMAR and IVRS: which unit a device is behind, on machines that tell the truth and on others. */
#include "unit/test.h"

#include "bytes.h"
#include "drivers/acpi/acpi.h"
#include "drivers/iommu/unit.h"
#include "map.h"

#define TABLE_AT 0x7000u

static u8 table[1024];
static u32 table_len;
static const char *table_sig;

int acpi_find(const char sig[4], pa_t *pa, u32 *len)
{
	if (memcmp(sig, table_sig, 4))
		return -ENOENT;
	*pa = TABLE_AT;
	*len = table_len;
	return 0;
}

unsigned int peek(void *dst, pa_t pa, u64 len)
{
	u64 off = pa - TABLE_AT;

	if (off > table_len || len > table_len - off)
		abort(); /* beyond the table */
	memcpy(dst, table + off, len);
	return 0;
}

/* Bridge 00:1c.0 leads to buses 2 to 5, 02:00.0 to 3 to 5. */
u8 pci_read8(struct pci_addr a, u16 reg)
{
	u8 secondary = a.bus == 0 && a.dev == 0x1c ? 2 : a.bus == 2 && !a.dev ? 3 : 0;

	if (!secondary)
		return 0xff;
	return reg == PCI_SECONDARY_BUS ? secondary : 5;
}

static void begin(const char *sig)
{
	memset(table, 0, sizeof(table));
	table_sig = sig;
	table_len = 48;
}

static u8 *add(u16 bytes)
{
	u8 *p = table + table_len;

	table_len += bytes;
	return p;
}

static void add_drhd(u8 flags, u16 segment, u64 regs, const u8 *scopes, u8 scope_bytes)
{
	u8 *d = add(16 + scope_bytes);

	put_le16(d + 2, 16 + scope_bytes);
	d[4] = flags;
	put_le16(d + 6, segment);
	put_le64(d + 8, regs);
	if (scope_bytes)
		memcpy(d + 16, scopes, scope_bytes);
}

static u64 unit_of(u16 segment, u8 bus, u8 dev, u8 fn)
{
	pa_t regs = 0;

	return dmar_find((struct pci_addr){ segment, bus, dev, fn }, &regs) ? regs : 0;
}

#define SCOPE(type, bus, ...) type, 6 + sizeof((u8[]){ __VA_ARGS__ }), 0, 0, 0, bus, __VA_ARGS__

TEST(dmar_scopes)
{
	const u8 graphics[] = { SCOPE(1, 0, 2, 0) };
	const u8 below[] = { SCOPE(3, 0xf0, 31, 0), SCOPE(2, 0, 0x1c, 0, 0, 0) };
	const u8 deep[] = { SCOPE(1, 0, 0x1c, 0, 5, 1) };
	u8 *other;

	begin("DMAR");
	add_drhd(0, 0, 0xfed91000, graphics, sizeof(graphics));
	other = add(24); /* RMRR */
	put_le16(other, 1);
	put_le16(other + 2, 24);
	add_drhd(0, 0, 0xfed92000, below, sizeof(below));
	add_drhd(0, 0, 0xfed93000, deep, sizeof(deep));
	add_drhd(1, 0, 0xfed90000, NULL, 0);
	add_drhd(1, 1, 0xfed98000, graphics, sizeof(graphics));
	CHECK_EQ(unit_of(0, 0, 2, 0), 0xfed91000);
	CHECK_EQ(unit_of(0, 0, 2, 1), 0xfed90000);
	CHECK_EQ(unit_of(0, 2, 0, 0), 0xfed92000); /* the bridge that the scope ends at */
	CHECK_EQ(unit_of(0, 3, 0, 0), 0xfed92000);
	CHECK_EQ(unit_of(0, 5, 31, 7), 0xfed92000);
	CHECK_EQ(unit_of(0, 2, 5, 1), 0xfed93000);
	CHECK_EQ(unit_of(0, 6, 0, 0), 0xfed90000);
	CHECK_EQ(unit_of(0, 0, 31, 2), 0xfed90000);
	CHECK_EQ(unit_of(1, 0, 31, 2), 0xfed98000);
	CHECK_EQ(unit_of(2, 0, 31, 2), 0);
	table_sig = "IVRS";
	CHECK_EQ(unit_of(0, 0, 2, 0), 0);
}

/* The unit that includes all does not need to be the last. */
TEST(dmar_include_all_first)
{
	const u8 graphics[] = { SCOPE(1, 0, 2, 0) };

	begin("DMAR");
	add_drhd(1, 0, 0xfed90000, NULL, 0);
	add_drhd(0, 0, 0xfed91000, graphics, sizeof(graphics));
	CHECK_EQ(unit_of(0, 0, 2, 0), 0xfed91000);
	CHECK_EQ(unit_of(0, 0, 3, 0), 0xfed90000);
}

TEST(dmar_garbage)
{
	const u8 cut[] = { 1, 8, 0, 0, 0, 0, 2 };          /* longer than what is there */
	const u8 empty[] = { SCOPE(2, 0, 0x1c, 0) };
	u8 path[40] = { 1, sizeof(path) };                  /* more steps than any machine has */

	begin("DMAR");
	add_drhd(0, 0, 0xfed91000, cut, sizeof(cut));
	CHECK_EQ(unit_of(0, 0, 2, 0), 0);
	add_drhd(0, 0, 0xfed92000, path, sizeof(path));
	CHECK_EQ(unit_of(0, 0, 0, 0), 0);
	add_drhd(1, 0, 0xfed90000, empty, sizeof(empty));
	CHECK_EQ(unit_of(0, 9, 0, 0), 0xfed90000);
	table_len -= 3; /* the last structure is not whole */
	CHECK_EQ(unit_of(0, 9, 0, 0), 0);
	begin("DMAR");
	put_le16(add(16) + 2, 0); /* a length that leads nowhere */
	CHECK_EQ(unit_of(0, 0, 2, 0), 0);
	table_len = 20;
	CHECK_EQ(unit_of(0, 0, 2, 0), 0);
}

static void add_ivhd(u8 type, u16 segment, u64 regs, const u8 *entries, u8 bytes)
{
	u8 head = type == 0x10 ? 24 : 40, *b = add(head + bytes);

	b[0] = type;
	put_le16(b + 2, head + bytes);
	put_le64(b + 8, regs);
	put_le16(b + 16, segment);
	memcpy(b + head, entries, bytes);
}

/* The registers of the unit and, in the upper 16 bits, the ID it uses. */
static u64 ivrs(u16 segment, u16 id)
{
	pa_t regs = 0;
	u16 as = 0;

	return ivrs_find(segment, id, &regs, &as) ? regs | (u64)as << 48 : 0;
}

TEST(ivrs_entries)
{
	const u8 e10[] = {
		0, 0, 0, 0,                                          /* padding */
		0x48, 0, 0, 0, 0, 0xa0, 0, 1,                        /* an I/O APIC */
		2, 0x08, 0, 0,                                       /* 00:01.0 */
		3, 0x10, 0, 0, 4, 0x17, 0, 0,                        /* 00:02.0 to 00:02.7 */
		0x42, 0x00, 0x03, 0, 0, 0x20, 0x02, 0,               /* 03:00.0 as 02:04.0 */
		0x43, 0x00, 0x04, 0, 0, 0xa0, 0x00, 0, 4, 0xff, 4, 0,/* bus 4 as 00:14.0 */
	};
	const u8 e40[] = {
		0xf0, 0x30, 0, 0, 'A', 'M', 'D', 'I', '0', '0', '2', '0', 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 'x', 'y',
		0x46, 0x40, 0, 0, 0, 0, 0, 0,
		0x47, 0x50, 0, 0, 0, 0, 0, 0, 4, 0x57, 0, 0,
	};
	const u8 all[] = { 1, 0, 0, 0 };

	begin("IVRS");
	add_ivhd(0x10, 0, 0xfeb80000, e10, sizeof(e10));
	add_ivhd(0x40, 0, 0xfeb80000, e40, sizeof(e40));
	add_ivhd(0x11, 1, 0xfeb90000, all, sizeof(all));
	CHECK_EQ(ivrs(0, 0x08), 0x00080000feb80000);
	CHECK_EQ(ivrs(0, 0x09), 0);
	CHECK_EQ(ivrs(0, 0x10), 0x00100000feb80000);
	CHECK_EQ(ivrs(0, 0x17), 0x00170000feb80000);
	CHECK_EQ(ivrs(0, 0x18), 0);
	CHECK_EQ(ivrs(0, 0x300), 0x02200000feb80000);
	CHECK_EQ(ivrs(0, 0x4a8), 0x00a00000feb80000);
	CHECK_EQ(ivrs(0, 0x500), 0);
	CHECK_EQ(ivrs(0, 0x40), 0x00400000feb80000);
	CHECK_EQ(ivrs(0, 0x53), 0x00530000feb80000);
	CHECK_EQ(ivrs(1, 0xffff), (s64)0xffff0000feb90000);
}

TEST(ivrs_garbage)
{
	const u8 cut[] = { 2, 0x18, 0, 0, 0x42, 0x10, 0 };
	const u8 name[] = { 0xf0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 99, 1, 0, 0, 0 };
	const u8 end[] = { 4, 0x17, 0, 0 }; /* of no range */
	u8 *b;

	begin("IVRS");
	add_ivhd(0x10, 0, 0xfeb80000, cut, sizeof(cut));
	CHECK_EQ(ivrs(0, 0x18), 0x00180000feb80000);
	CHECK_EQ(ivrs(0, 0x10), 0);
	add_ivhd(0x10, 0, 0xfeb80000, name, sizeof(name));
	add_ivhd(0x10, 0, 0xfeb80000, end, sizeof(end));
	CHECK_EQ(ivrs(0, 0x10), 0);
	b = add(24);
	b[0] = 0x40; /* shorter than its own header */
	put_le16(b + 2, 24);
	CHECK_EQ(ivrs(0, 0x10), 0);
	put_le16(add(24) + 2, 2);
	CHECK_EQ(ivrs(0, 0x10), 0);
	table_len = 48 + 12;
	CHECK_EQ(ivrs(0, 0x18), 0);
}
