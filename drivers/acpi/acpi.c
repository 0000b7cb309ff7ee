/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ACPI tables, read in pieces and believed in nothing but their checksums (ACPI 6.4, chapter 5). */
#include "drivers/acpi/acpi.h"

#include <string.h>

#include "bytes.h"
#include "log.h"
#include "map.h"

#define PIECE_BYTES     256
#define TABLE_BYTES_MAX ((u32)(1 * MIB))
#define TABLES_MAX      512
#define READ_BUDGET     ((u32)(16 * MIB)) /* tables that lead in circles cost no more than this */

/* Where the RSDP is on a BIOS machine (5.2.5.1). */
#define EBDA_SEGMENT_AT 0x40e /* BIOS data area: real-mode segment of the EBDA */
#define EBDA_BYTES      1024
#define BIOS_START      0xe0000
#define BIOS_BYTES      0x20000
#define LOW_MEMORY_END  0xa0000
#define RSDP_ALIGN      16

/* RSDP (5.2.5.3). */
#define RSDP_SIG      "RSD PTR "
#define RSDP_V1_BYTES 20
#define RSDP_V2_BYTES 36
#define RSDP_REVISION 15
#define RSDP_RSDT     16
#define RSDP_LENGTH   20
#define RSDP_XSDT     24

/* System description table header (5.2.6). */
#define SDT_LENGTH       4
#define SDT_HEADER_BYTES 36

/* FADT (5.2.9, table 5.9). */
#define FADT_DSDT            40
#define FADT_SMI_CMD         48
#define FADT_ACPI_ENABLE     52
#define FADT_PM1A_CNT        64
#define FADT_PM1B_CNT        68
#define FADT_FLAGS           112
#define FADT_RESET_REG       116
#define FADT_RESET_VALUE     128
#define FADT_X_DSDT          140
#define FADT_X_PM1A_CNT      172
#define FADT_X_PM1B_CNT      184
#define FADT_SLEEP_CONTROL   244
#define FADT_BYTES           256
#define FADT_FLAG_RESET      (1u << 10)
#define FADT_FLAG_HW_REDUCED (1u << 20)
#define GAS_SPACE_IO         1

/* AML (20.2): Name(_S5_, Package(){ typ_a, typ_b, ... }). */
#define AML_ZERO    0x00
#define AML_ONE     0x01
#define AML_NAME    0x08
#define AML_BYTE    0x0a
#define AML_WORD    0x0b
#define AML_PACKAGE 0x12
#define AML_ROOT    0x5c
#define AML_S5_SPAN 24 /* from Name to the second element, at its longest */
#define SLP_TYP_MAX 7

static pa_t root_sdt; /* 0: no ACPI */
static u32 root_len;
static u8 root_entry_bytes; /* 8: XSDT, 4: RSDT */
static u32 budget;
static u8 piece[PIECE_BYTES];

/* [pa, pa+len) into the piece buffer. */
static int read_piece(pa_t pa, u32 len)
{
	if (len > sizeof(piece) || len > budget || !map_addressable(pa, len) ||
	    peek(piece, pa, len))
		return -EFAULT;
	budget -= len;
	return 0;
}

static bool sum_is_zero(pa_t pa, u32 len)
{
	u8 sum = 0;

	for (u32 off = 0; off < len; off += PIECE_BYTES) {
		u32 n = MIN(len - off, (u32)PIECE_BYTES);

		if (read_piece(pa + off, n))
			return false;
		for (u32 i = 0; i < n; i++)
			sum += piece[i];
	}
	return sum == 0;
}

/* Is there a sound table with that signature at pa? */
static bool table_at(pa_t pa, const char sig[4], u32 *len)
{
	if (!pa || read_piece(pa, SDT_HEADER_BYTES) || memcmp(piece, sig, 4))
		return false;
	*len = get_le32(piece + SDT_LENGTH);
	if (*len < SDT_HEADER_BYTES || *len > TABLE_BYTES_MAX || !sum_is_zero(pa, *len)) {
		log_info("acpi: %.4s at 0x%llx: length %u or checksum wrong", sig,
			 (unsigned long long)pa, *len);
		return false;
	}
	return true;
}

/* Take the root table that the RSDP at pa names. */
static bool rsdp_at(pa_t pa)
{
	pa_t xsdt = 0, rsdt;

	if (read_piece(pa, RSDP_V1_BYTES) || memcmp(piece, RSDP_SIG, sizeof(RSDP_SIG) - 1) ||
	    !sum_is_zero(pa, RSDP_V1_BYTES))
		return false;
	rsdt = get_le32(piece + RSDP_RSDT);
	if (piece[RSDP_REVISION] >= 2 && !read_piece(pa, RSDP_V2_BYTES)) {
		u32 len = get_le32(piece + RSDP_LENGTH);
		u64 addr = get_le64(piece + RSDP_XSDT);

		if (len >= RSDP_V2_BYTES && len <= PIECE_BYTES && sum_is_zero(pa, len))
			xsdt = addr;
	}
	if (table_at(xsdt, "XSDT", &root_len)) {
		root_sdt = xsdt;
		root_entry_bytes = 8;
	} else if (table_at(rsdt, "RSDT", &root_len)) {
		root_sdt = rsdt;
		root_entry_bytes = 4;
	} else {
		return false;
	}
	log_debug("acpi: RSDP at 0x%llx, %s at 0x%llx", (unsigned long long)pa,
		  root_entry_bytes == 8 ? "XSDT" : "RSDT", (unsigned long long)root_sdt);
	return true;
}

static bool rsdp_scan(pa_t start, u32 len)
{
	for (pa_t pa = start; pa < start + len; pa += RSDP_ALIGN)
		if (rsdp_at(pa))
			return true;
	return false;
}

void acpi_init(pa_t rsdp)
{
	u8 segment[2];
	pa_t ebda = 0;

	root_sdt = 0;
	budget = READ_BUDGET;
	if (rsdp && rsdp_at(rsdp))
		return;
	if (rsdp)
		log_info("acpi: no RSDP at 0x%llx, looking where a BIOS puts it",
			 (unsigned long long)rsdp);
	if (!peek(segment, EBDA_SEGMENT_AT, sizeof(segment)))
		ebda = (pa_t)get_le16(segment) << 4;
	if (ebda >= PAGE_SIZE && ebda < LOW_MEMORY_END && rsdp_scan(ebda, EBDA_BYTES))
		return;
	if (!rsdp_scan(BIOS_START, BIOS_BYTES))
		log_info("acpi: no RSDP found");
}

/* The first sound table of that signature at or after entry *i of the root table; *i is left behind
 * it. */
static int find_from(u32 *i, const char sig[4], pa_t *pa, u32 *len)
{
	if (!root_sdt)
		return -ENOENT;
	u32 n = MIN((root_len - SDT_HEADER_BYTES) / root_entry_bytes, (u32)TABLES_MAX);

	while (*i < n) {
		pa_t entry = root_sdt + SDT_HEADER_BYTES + *i * root_entry_bytes;

		(*i)++;
		if (read_piece(entry, root_entry_bytes))
			continue;
		*pa = root_entry_bytes == 8 ? get_le64(piece) : get_le32(piece);
		if (table_at(*pa, sig, len))
			return 0;
	}
	return -ENOENT;
}

int acpi_find(const char sig[4], pa_t *pa, u32 *len)
{
	u32 i = 0;

	return find_from(&i, sig, pa, len);
}

struct acpi_gas acpi_get_gas(const u8 *p)
{
	return (struct acpi_gas){ .space = p[0],
				  .bit_width = p[1],
				  .bit_offset = p[2],
				  .access = p[3],
				  .address = get_le64(p + 4) };
}

/* A PM1 control block's port: the extended field if it is set and a port, else the old one. */
static u16 get_port(const u8 *fadt, unsigned int x_field, unsigned int field)
{
	struct acpi_gas gas = acpi_get_gas(fadt + x_field);
	u32 old = get_le32(fadt + field);

	if (gas.space == GAS_SPACE_IO && gas.address && gas.address <= 0xffff)
		return (u16)gas.address;
	return old <= 0xffff ? (u16)old : 0;
}

/* AML integer constant as the elements of _S5 use it, or -1. */
static int aml_small_integer(struct bytes *b)
{
	u8 op = bytes_u8(b);
	int v = op == AML_BYTE ? bytes_u8(b) : op == AML_WORD ? bytes_le16(b) : op;

	if (b->bad || (op != AML_BYTE && op != AML_WORD && op != AML_ZERO && op != AML_ONE))
		return -1;
	return v <= SLP_TYP_MAX ? v : -1;
}

/* Does a package of sleep types begin here (right behind the name)? */
static bool parse_s5(struct bytes b, struct acpi_power *p)
{
	if (bytes_u8(&b) != AML_PACKAGE)
		return false;
	(void)bytes_take(&b,
			 bytes_u8(&b) >> 6); /* 20.2.4: the lead byte counts those that follow */
	if (bytes_u8(&b) < 2)
		return false;
	int typ_a = aml_small_integer(&b);
	int typ_b = aml_small_integer(&b);
	if (typ_a < 0 || typ_b < 0)
		return false;
	p->slp_typ_a = (u8)typ_a;
	p->slp_typ_b = (u8)typ_b;
	return true;
}

/* Look for Name(_S5_) in a DSDT or SSDT without interpreting AML. */
static bool scan_s5(pa_t pa, u32 len, struct acpi_power *p)
{
	for (u32 off = SDT_HEADER_BYTES; off < len; off += PIECE_BYTES - AML_S5_SPAN) {
		u32 n = MIN(len - off, (u32)PIECE_BYTES);

		if (read_piece(pa + off, n))
			return false;
		for (u32 i = 1; i + 4 < n; i++) {
			if (memcmp(piece + i, "_S5_", 4))
				continue;
			bool named =
			    piece[i - 1] == AML_NAME ||
			    (i > 1 && piece[i - 1] == AML_ROOT && piece[i - 2] == AML_NAME);
			if (named && parse_s5(bytes_of(piece + i + 4, n - i - 4), p))
				return true;
		}
	}
	return false;
}

static void read_fadt(const u8 *fadt, struct acpi_power *p)
{
	u32 flags = get_le32(fadt + FADT_FLAGS);
	u32 smi_cmd = get_le32(fadt + FADT_SMI_CMD);

	p->reset_reg = acpi_get_gas(fadt + FADT_RESET_REG);
	p->has_reset = (flags & FADT_FLAG_RESET) && p->reset_reg.address;
	p->reset_value = fadt[FADT_RESET_VALUE];
	p->pm1a_cnt = get_port(fadt, FADT_X_PM1A_CNT, FADT_PM1A_CNT);
	p->pm1b_cnt = get_port(fadt, FADT_X_PM1B_CNT, FADT_PM1B_CNT);
	p->smi_cmd = smi_cmd <= 0xffff ? (u16)smi_cmd : 0;
	p->acpi_enable = fadt[FADT_ACPI_ENABLE];
	p->sleep_control = acpi_get_gas(fadt + FADT_SLEEP_CONTROL);
	p->hw_reduced = flags & FADT_FLAG_HW_REDUCED;
}

void acpi_power_init(struct acpi_power *p)
{
	u8 fadt[FADT_BYTES] = { 0 };
	pa_t pa, dsdt;
	u32 len, i = 0;

	*p = (struct acpi_power){ 0 };
	if (acpi_find("FACP", &pa, &len) || peek(fadt, pa, MIN(len, (u32)FADT_BYTES)))
		return;
	read_fadt(fadt, p);
	dsdt = get_le64(fadt + FADT_X_DSDT);
	if (!dsdt)
		dsdt = get_le32(fadt + FADT_DSDT);
	p->has_s5 = table_at(dsdt, "DSDT", &len) && scan_s5(dsdt, len, p);
	while (!p->has_s5 && !find_from(&i, "SSDT", &pa, &len))
		p->has_s5 = scan_s5(pa, len, p);
}
