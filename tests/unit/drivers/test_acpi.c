/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables as QEMU's q35 and OVMF make them, and damaged ones, in a fake 4 MiB of memory. */
#include "unit/test.h"

#include "base.h"
#include "bytes.h"
#include "drivers/acpi/acpi.h"
#include "map.h"

#define MEMORY (4u << 20)
#define RSDP   0xf5290u
#define XSDT   0x200000u
#define FADT   0x201000u
#define DSDT   0x202000u
#define SSDT   0x203000u
#define MCFG   0x204000u

static u8 mem[MEMORY];
static u64 bytes_read;

bool map_addressable(pa_t pa, u64 len)
{
	return pa < 1ull << 47 && len <= (1ull << 47) - pa;
}

unsigned int peek(void *dst, pa_t pa, u64 len)
{
	bytes_read += len;
	if (pa >= MEMORY || len > MEMORY - pa) {
		memset(dst, 0, len);
		return 1;
	}
	memcpy(dst, mem + pa, len);
	return 0;
}

static void fix_sum(u32 at, u32 len, unsigned int field)
{
	u8 sum = 0;

	mem[at + field] = 0;
	for (u32 i = 0; i < len; i++)
		sum += mem[at + i];
	mem[at + field] = -sum;
}

static void table(u32 at, const char *sig, u32 len)
{
	memcpy(mem + at, sig, 4);
	put_le32(mem + at + 4, len);
	fix_sum(at, len, 9);
}

static void rsdp(u32 at, u8 revision)
{
	memcpy(mem + at, "RSD PTR ", 8);
	mem[at + 15] = revision;
	put_le32(mem + at + 16, XSDT); /* a test with revision 0 has its RSDT there */
	put_le32(mem + at + 20, 36);
	put_le64(mem + at + 24, XSDT);
	fix_sum(at, 20, 8);
	fix_sum(at, 36, 32);
}

static const u8 s5_qemu[] = { 0x08, '_', 'S', '5', '_', 0x12, 0x06, 0x04, 0x00, 0x01, 0x00, 0x00 };
static const u8 s5_root[] = { 0x08, 0x5c, '_',  'S',  '5',  '_', 0x12, 0x4a,
			      0x00, 0x04, 0x0a, 0x07, 0x0b, 5,   0 };

static void machine(void)
{
	memset(mem, 0, sizeof(mem));
	rsdp(RSDP, 2);
	put_le64(mem + XSDT + 36, FADT);
	put_le64(mem + XSDT + 44, MCFG);
	put_le64(mem + XSDT + 52, SSDT);
	table(XSDT, "XSDT", 36 + 24);
	put_le32(mem + FADT + 40, DSDT);
	put_le32(mem + FADT + 48, 0xb2);
	mem[FADT + 52] = 2;
	put_le32(mem + FADT + 64, 0x604);
	put_le32(mem + FADT + 112, 1u << 10);
	mem[FADT + 116] = 1;
	put_le64(mem + FADT + 120, 0xcf9);
	mem[FADT + 128] = 0x0f;
	put_le64(mem + FADT + 140, DSDT);
	mem[FADT + 172] = 1;
	put_le64(mem + FADT + 176, 0x604);
	table(FADT, "FACP", 244);
	memcpy(mem + DSDT + 300, s5_qemu, sizeof(s5_qemu));
	table(DSDT, "DSDT", 1000);
	table(SSDT, "SSDT", 600);
	table(MCFG, "MCFG", 60);
	bytes_read = 0;
}

TEST(qemu_by_scan)
{
	struct acpi_power p;
	pa_t pa;
	u32 len;

	machine();
	acpi_init(0);
	CHECK_EQ(acpi_find("MCFG", &pa, &len), 0);
	CHECK_EQ(pa, MCFG);
	CHECK_EQ(len, 60);
	CHECK_EQ(acpi_find("DMAR", &pa, &len), -ENOENT);
	acpi_power_init(&p);
	CHECK(p.has_reset && p.has_s5 && !p.hw_reduced);
	CHECK_EQ(p.reset_reg.space, 1);
	CHECK_EQ(p.reset_reg.address, 0xcf9);
	CHECK_EQ(p.reset_value, 0x0f);
	CHECK_EQ(p.pm1a_cnt, 0x604);
	CHECK_EQ(p.pm1b_cnt, 0);
	CHECK_EQ(p.slp_typ_a, 0);
	CHECK_EQ(p.slp_typ_b, 1);
	CHECK_EQ(p.smi_cmd, 0xb2);
	CHECK_EQ(p.acpi_enable, 2);
}

TEST(given_rsdp_and_ebda)
{
	pa_t pa;
	u32 len;

	machine();
	memset(mem + RSDP, 0, 36);
	rsdp(0x300000, 2);
	acpi_init(0x300000);
	CHECK_EQ(acpi_find("FACP", &pa, &len), 0);
	acpi_init(0);
	CHECK_EQ(acpi_find("FACP", &pa, &len), -ENOENT);
	CHECK(test_logged("no RSDP found"));
	put_le16(mem + 0x40e, 0x9fc0);
	rsdp(0x9fc10, 2);
	acpi_init(0x123450); /* nothing there: looks further */
	CHECK_EQ(acpi_find("FACP", &pa, &len), 0);
}

TEST(rsdt_of_revision_0)
{
	pa_t pa;
	u32 len;

	machine();
	rsdp(RSDP, 0);
	put_le32(mem + XSDT + 36, MCFG);
	put_le32(mem + XSDT + 40, FADT);
	table(XSDT, "RSDT", 44);
	acpi_init(0);
	CHECK_EQ(acpi_find("FACP", &pa, &len), 0);
	CHECK_EQ(pa, FADT);
}

TEST(damaged_tables)
{
	pa_t pa;
	u32 len;

	machine();
	mem[MCFG + 50] ^= 1; /* checksum */
	acpi_init(0);
	CHECK_EQ(acpi_find("MCFG", &pa, &len), -ENOENT);
	CHECK(test_logged("MCFG"));
	put_le32(mem + MCFG + 4, 35); /* shorter than its header */
	CHECK_EQ(acpi_find("MCFG", &pa, &len), -ENOENT);
	put_le32(mem + MCFG + 4, ~0u);
	CHECK_EQ(acpi_find("MCFG", &pa, &len), -ENOENT);
	mem[XSDT + 9]++; /* the root itself */
	acpi_init(0);
	CHECK_EQ(acpi_find("FACP", &pa, &len), -ENOENT);
	machine();
	mem[RSDP + 30] ^= 4; /* second checksum of the RSDP */
	fix_sum(RSDP, 20, 8);
	acpi_init(0);
	CHECK_EQ(acpi_find("FACP", &pa, &len), -ENOENT);
}

TEST(entries_that_lead_nowhere)
{
	pa_t pa;
	u32 len;

	machine();
	put_le64(mem + XSDT + 36, ~0ull);
	put_le64(mem + XSDT + 44, 0);
	put_le64(mem + XSDT + 52, MEMORY - 8);
	put_le64(mem + XSDT + 60, FADT);
	table(XSDT, "XSDT", 36 + 32 + 5);
	acpi_init(0);
	CHECK_EQ(acpi_find("FACP", &pa, &len), 0);
	CHECK_EQ(pa, FADT);
}

/* A root table of a thousand pointers to one large table with a wrong sum must not take minutes. */
TEST(reading_is_bounded)
{
	struct acpi_power p;
	pa_t pa;
	u32 len;

	machine();
	for (unsigned int i = 0; i < 1000; i++)
		put_le64(mem + XSDT + 36 + 8 * i, 0x300000);
	table(XSDT, "XSDT", 36 + 8000);
	memcpy(mem + 0x300000, "FACP", 4);
	put_le32(mem + 0x300004, 0xf0000);
	mem[0x300009] = 1;
	acpi_init(0);
	CHECK_EQ(acpi_find("FACP", &pa, &len), -ENOENT);
	acpi_power_init(&p);
	CHECK(!p.has_reset);
	CHECK(bytes_read < 20u << 20);
}

static struct acpi_power with_s5(u32 at, const u8 *s5, unsigned int n)
{
	struct acpi_power p;

	machine();
	memset(mem + DSDT + 300, 0, sizeof(s5_qemu));
	memcpy(mem + at, s5, n);
	table(DSDT, "DSDT", 1000);
	table(SSDT, "SSDT", 600);
	acpi_init(0);
	acpi_power_init(&p);
	return p;
}

TEST(s5_at_every_offset)
{
	for (u32 off = 36; off + sizeof(s5_root) <= 1000; off++) {
		struct acpi_power p = with_s5(DSDT + off, s5_root, sizeof(s5_root));

		CHECK(p.has_s5);
		CHECK_EQ(p.slp_typ_a, 7);
		CHECK_EQ(p.slp_typ_b, 5);
	}
	CHECK(with_s5(SSDT + 580, s5_qemu, sizeof(s5_qemu)).has_s5);
	CHECK(!with_s5(SSDT + 600, s5_qemu, sizeof(s5_qemu)).has_s5);
}

TEST(s5_nonsense)
{
	u8 s5[sizeof(s5_qemu)];

	memcpy(s5, s5_qemu, sizeof(s5));
	s5[0] = 0x14; /* a method of that name */
	CHECK(!with_s5(DSDT + 300, s5, sizeof(s5)).has_s5);
	memcpy(s5, s5_qemu, sizeof(s5));
	s5[5] = 0x11; /* a buffer */
	CHECK(!with_s5(DSDT + 300, s5, sizeof(s5)).has_s5);
	memcpy(s5, s5_qemu, sizeof(s5));
	s5[7] = 1; /* one element */
	CHECK(!with_s5(DSDT + 300, s5, sizeof(s5)).has_s5);
	memcpy(s5, s5_qemu, sizeof(s5));
	s5[8] = 0x0a; /* a type beyond three bits */
	s5[9] = 8;
	CHECK(!with_s5(DSDT + 300, s5, sizeof(s5)).has_s5);
	CHECK(!with_s5(DSDT + 1000 - 9, s5_qemu, 9).has_s5); /* cut by the end of the table */
}

TEST(short_and_odd_fadt)
{
	struct acpi_power p;

	machine();
	table(FADT, "FACP", 116); /* ACPI 1.0 */
	acpi_init(0);
	acpi_power_init(&p);
	CHECK(!p.has_reset);
	CHECK_EQ(p.pm1a_cnt, 0x604);
	CHECK(p.has_s5);
	machine();
	put_le32(mem + FADT + 64, 0x12345678);
	mem[FADT + 172] = 0; /* in memory: not for us */
	put_le32(mem + FADT + 48, 0x10000);
	put_le64(mem + FADT + 140, ~0ull);
	table(FADT, "FACP", 244);
	acpi_init(0);
	acpi_power_init(&p);
	CHECK_EQ(p.pm1a_cnt, 0);
	CHECK_EQ(p.smi_cmd, 0);
	CHECK(!p.has_s5);
}
