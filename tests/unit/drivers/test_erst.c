/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ERST: a table as QEMU's and a device behind it; programs with loops; tables that make no sense. */
#include "unit/test.h"

#include <arch/io.h>
#include "bytes.h"
#include "drivers/acpi/acpi.h"
#include "drivers/acpi/erst.h"
#include "map.h"

#include "../../drivers/acpi/erst.c"

#define TABLE_AT 0x1000
#define REGS     0xfebf0000ull
#define RANGE    0xfebf2000ull
#define ROOM     8192

static u8 table_bytes[8192];
static u32 table_len;
static u8 range[ROOM], stored[ROOM];
static u32 command, stored_len, busy_reads;
static u64 value_reg;
static u8 status_now, attributes;
static bool executed, busy_forever;

static void add(u8 action, u8 instruction, u64 address, u8 bits, u64 value)
{
	u8 *e = table_bytes + ERST_HEADER_BYTES + (table_len - ERST_HEADER_BYTES);

	memset(e, 0, ENTRY_BYTES);
	e[0] = action;
	e[1] = instruction;
	e[5] = bits;
	e[7] = bits == 64 ? 4 : 3;
	put_le64(e + 8, address);
	put_le64(e + 16, value);
	put_le64(e + 24, bits == 64 ? ~0ull : 0xffffffff);
	table_len += ENTRY_BYTES;
	put_le32(table_bytes + ERST_ENTRIES, get_le32(table_bytes + ERST_ENTRIES) + 1);
}

/* Each action: perhaps the value, the command, perhaps an answer. */
static void qemu_table(void)
{
	memset(table_bytes, 0, sizeof(table_bytes));
	table_len = ERST_HEADER_BYTES;
	add(BEGIN_WRITE, WRITE_REGISTER_VALUE, REGS, 32, BEGIN_WRITE);
	add(END, WRITE_REGISTER_VALUE, REGS, 32, END);
	add(SET_RECORD_OFFSET, WRITE_REGISTER, REGS + 8, 32, 0);
	add(SET_RECORD_OFFSET, WRITE_REGISTER_VALUE, REGS, 32, SET_RECORD_OFFSET);
	add(EXECUTE, WRITE_REGISTER_VALUE, REGS + 8, 32, 0x9c);
	add(EXECUTE, WRITE_REGISTER_VALUE, REGS, 32, EXECUTE);
	add(CHECK_BUSY, WRITE_REGISTER_VALUE, REGS, 32, CHECK_BUSY);
	add(CHECK_BUSY, READ_REGISTER_VALUE, REGS + 8, 32, 1);
	add(GET_STATUS, WRITE_REGISTER_VALUE, REGS, 32, GET_STATUS);
	add(GET_STATUS, READ_REGISTER, REGS + 8, 32, 0);
	add(GET_RANGE, WRITE_REGISTER_VALUE, REGS, 32, GET_RANGE);
	add(GET_RANGE, READ_REGISTER, REGS + 8, 64, 0);
	add(GET_RANGE_LENGTH, WRITE_REGISTER_VALUE, REGS, 32, GET_RANGE_LENGTH);
	add(GET_RANGE_LENGTH, READ_REGISTER, REGS + 8, 64, 0);
	add(GET_RANGE_ATTRIBUTES, WRITE_REGISTER_VALUE, REGS, 32, GET_RANGE_ATTRIBUTES);
	add(GET_RANGE_ATTRIBUTES, READ_REGISTER, REGS + 8, 32, 0);
	status_now = attributes = 0;
	stored_len = busy_reads = 0;
	executed = busy_forever = false;
}

static void do_command(u32 v)
{
	command = v;
	if (v == GET_RANGE)
		value_reg = RANGE;
	else if (v == GET_RANGE_LENGTH)
		value_reg = ROOM;
	else if (v == GET_RANGE_ATTRIBUTES)
		value_reg = attributes;
	else if (v == CHECK_BUSY)
		value_reg = busy_forever || busy_reads++ < 3;
	else if (v == GET_STATUS)
		value_reg = status_now;
	else if (v == EXECUTE && value_reg == 0x9c && !status_now) {
		stored_len = get_le32(range + 20);
		memcpy(stored, range, sizeof(stored));
		executed = true;
	}
}

static u8 regs[16];
static bool is_range(const volatile void *p) { return (const u8 *)p >= range && (const u8 *)p < range + ROOM; }
u32 mmio_read32(const volatile void *p)
{
	put_le64(regs + 8, value_reg);
	return get_le32((const void *)p);
}
void mmio_write32(volatile void *p, u32 v)
{
	if ((u8 *)p == regs)
		do_command(v);
	else
		value_reg = v;
}
void mmio_write8(volatile void *p, u8 v)
{
	if (!is_range(p))
		abort();
	*(volatile u8 *)p = v;
}
u8 mmio_read8(const volatile void *p) { return *(const volatile u8 *)p; }
u16 mmio_read16(const volatile void *p) { return get_le16((const void *)p); }
void mmio_write16(volatile void *p, u16 v) { put_le16((void *)p, v); }
void mmio_write64(volatile void *p, u64 v) { put_le64((void *)p, v); }
u8 inb(u16 p) { return (u8)p; }
u16 inw(u16 p) { return p; }
u32 inl(u16 p) { return p; }
void outb(u16 p, u8 v) { (void)p, (void)v; }
void outw(u16 p, u16 v) { (void)p, (void)v; }
void outl(u16 p, u32 v) { (void)p, (void)v; }

void *map_mmio(pa_t pa, u64 len)
{
	if (pa >= REGS && pa + len <= REGS + sizeof(regs))
		return regs + (pa - REGS);
	if (pa == RANGE && len <= ROOM)
		return range;
	return NULL;
}
int acpi_find(const char sig[4], pa_t *pa, u32 *len)
{
	*pa = TABLE_AT;
	*len = table_len;
	return memcmp(sig, "ERST", 4) || !table_len ? -ENOENT : 0;
}
unsigned int peek(void *dst, pa_t pa, u64 len)
{
	memcpy(dst, table_bytes + (pa - TABLE_AT), len);
	return 0;
}
struct acpi_gas acpi_get_gas(const u8 *p)
{
	return (struct acpi_gas){ p[0], p[1], p[2], p[3], get_le64(p + 4) };
}

TEST(no_table)
{
	table_len = 0;
	CHECK_EQ(erst_write("x", 1, 1), -ENODEV);
}

TEST(record)
{
	static const char words[] = "afterimage says why";

	qemu_table();
	CHECK_EQ(erst_write(words, sizeof(words) - 1, 1795340108), 0);
	CHECK(executed);
	CHECK_EQ(stored_len, 200 + sizeof(words) - 1);
	CHECK(!memcmp(stored, "CPER\x00\x01\xff\xff\xff\xff\x01\x00", 12));
	CHECK_EQ(get_le64(stored + 24), 1795340108);
	CHECK_EQ(get_le64(stored + 96) >> 32, 1795340108);
	CHECK_EQ(get_le32(stored + 128), 200);
	CHECK_EQ(get_le32(stored + 132), sizeof(words) - 1);
	CHECK(!memcmp(stored + 200, words, sizeof(words) - 1));
	CHECK_EQ(command, END);
}

TEST(what_the_firmware_says)
{
	static char big[ROOM];

	qemu_table();
	status_now = 1;
	CHECK_EQ(erst_write("x", 1, 1), -ENOSPC);
	status_now = 2;
	CHECK_EQ(erst_write("x", 1, 1), -EIO);
	qemu_table();
	busy_forever = true;
	CHECK_EQ(erst_write("x", 1, 1), -ETIMEDOUT);
	qemu_table();
	attributes = ATTRIBUTE_NVRAM;
	CHECK_EQ(erst_write("x", 1, 1), -ENODEV);
	qemu_table();
	CHECK_EQ(erst_write(big, ROOM - 199, 1), -ENOSPC);
	CHECK(!executed);
	CHECK_EQ(erst_write(big, ROOM - 200, 1), 0);
}

/* A program of our own behind END, whose result nobody looks at: only that it ends. */
static int program(u8 instruction, u64 address, u64 value)
{
	qemu_table();
	add(GET_RANGE_ATTRIBUTES, instruction, address, 32, value);
	return erst_write("x", 1, 1);
}

TEST(programs)
{
	CHECK_EQ(program(GOTO, REGS, 0), -ENODEV); /* for ever: STEPS_MAX */
	CHECK_EQ(program(GOTO, REGS, ~0ull), 0);
	CHECK_EQ(program(STALL, REGS, ~0ull), 0);
	CHECK_EQ(program(NOOP, 0, 0), 0);
	CHECK_EQ(program(STALL_WHILE_TRUE, REGS + 8, 0), -ENODEV);
	CHECK_EQ(program(STALL_WHILE_TRUE, REGS + 8, 1), 0);
	CHECK_EQ(program(GOTO + 3, REGS, 0), -ENODEV); /* MOVE_DATA */
	CHECK_EQ(program(READ_REGISTER, 0x1000, 0), -ENODEV);
	qemu_table();
	add(GET_RANGE_ATTRIBUTES, LOAD_VAR1, REGS + 8, 32, 0);
	add(GET_RANGE_ATTRIBUTES, LOAD_VAR2, REGS + 8, 32, 0);
	add(GET_RANGE_ATTRIBUTES, ADD, 0, 32, 0);
	add(GET_RANGE_ATTRIBUTES, SUBTRACT, 0, 32, 0);
	add(GET_RANGE_ATTRIBUTES, STORE_VAR1, REGS + 8, 32, 0);
	add(GET_RANGE_ATTRIBUTES, ADD_VALUE, REGS + 8, 32, 5);
	add(GET_RANGE_ATTRIBUTES, SUBTRACT_VALUE, REGS + 8, 32, 5);
	add(GET_RANGE_ATTRIBUTES, SKIP_NEXT_IF_TRUE, REGS + 8, 32, 0);
	add(GET_RANGE_ATTRIBUTES, GOTO + 3, REGS, 32, 0); /* skipped */
	CHECK_EQ(erst_write("x", 1, 1), 0);
}

TEST(table_too_short)
{
	qemu_table();
	table_len = ERST_HEADER_BYTES - 1;
	CHECK_EQ(erst_write("x", 1, 1), -ENODEV);
	table_len = ERST_HEADER_BYTES;
	CHECK_EQ(erst_write("x", 1, 1), -ENODEV);
	qemu_table();
	put_le32(table_bytes + ERST_ENTRIES, ~0u); /* as many as there are */
	CHECK_EQ(erst_write("x", 1, 1), 0);
}
