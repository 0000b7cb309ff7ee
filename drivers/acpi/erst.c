/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ACPI's Error Record Serialization Table (ACPI 6.4, 18.5): its actions are small programs over
 * registers, which are run here; the record is a Common Platform Error Record (UEFI 2.9, appendix N). */
#include "drivers/acpi/erst.h"

#include <arch/io.h>
#include <string.h>

#include "bytes.h"
#include "clock.h"
#include "drivers/acpi/reg.h"
#include "log.h"
#include "map.h"

/* The table behind ACPI's header (18.5.1). */
#define ERST_ENTRIES      44
#define ERST_HEADER_BYTES 48
#define ERST_ENTRIES_MAX  128u /* QEMU has 27 */

/* An entry: one instruction of an action (table 18.19). */
#define ENTRY_BYTES       32
#define ENTRY_ACTION      0
#define ENTRY_INSTRUCTION 1
#define ENTRY_FLAGS       2
#define ENTRY_PRESERVE    (1u << 0)
#define ENTRY_REGISTER    4
#define ENTRY_VALUE       16
#define ENTRY_MASK        24

/* Table 18.17. */
enum action {
	BEGIN_WRITE = 0,
	END = 3,
	SET_RECORD_OFFSET = 4,
	EXECUTE = 5,
	CHECK_BUSY = 6,
	GET_STATUS = 7,
	GET_RANGE = 0xd,
	GET_RANGE_LENGTH = 0xe,
	GET_RANGE_ATTRIBUTES = 0xf,
};

/* Table 18.20. */
enum instruction {
	READ_REGISTER, READ_REGISTER_VALUE, WRITE_REGISTER, WRITE_REGISTER_VALUE, NOOP,
	LOAD_VAR1, LOAD_VAR2, STORE_VAR1, ADD, SUBTRACT, ADD_VALUE, SUBTRACT_VALUE,
	STALL, STALL_WHILE_TRUE, SKIP_NEXT_IF_TRUE, GOTO,
};

#define STATUS_SUCCESS  0
#define STATUS_NO_SPACE 1
#define ATTRIBUTE_NVRAM (1u << 1) /* the range is the store itself: nobody implements it */

#define STEPS_MAX 256u     /* of one action: a loop ends here */
#define STALL_MAX 50u      /* us, as Linux allows */
#define BUSY_US   (1 * SEC)

/* A record with one section, as Linux's pstore writes them. */
struct cper {
	u8 signature[4];
	u16 revision;
	u32 signature_end;
	u16 sections;
	u32 severity;
	u32 valid;
	u32 length;
	u64 timestamp;
	u8 platform[16], partition[16], creator[16], notification[16];
	u64 id;
	u32 flags;
	u8 persistence[8];
	u8 reserved[12];
	struct {
		u32 offset, length;
		u16 revision;
		u8 valid, reserved;
		u32 flags;
		u8 type[16], fru[16];
		u32 severity;
		u8 fru_text[20];
	} PACKED section;
} PACKED;
_Static_assert(sizeof(struct cper) == 200, "UEFI 2.9, N.2.1 and N.2.2");

#define CPER_REVISION       0x0100
#define CPER_FATAL          1
#define CPER_TIME_VALID     (1u << 1)
#define CPER_PREVIOUS_ERROR (1u << 1)
#define CPER_PRIMARY        (1u << 0)
#define RECORD_ID_OURS      0xa1

static pa_t table;
static u32 entries;

/* Where the program is, and its variables. */
struct machine {
	u32 ip; /* counts the action's own instructions */
	u64 value, var1, var2;
};

/* The i-th instruction of an action. */
static bool entry_find(enum action action, u32 i, u8 e[ENTRY_BYTES])
{
	for (u32 n = 0; n < entries; n++)
		if (!peek(e, table + ERST_HEADER_BYTES + n * ENTRY_BYTES, ENTRY_BYTES) &&
		    e[ENTRY_ACTION] == action && !i--)
			return true;
	return false;
}

static int step_register(struct machine *m, u8 instruction, const struct acpi_reg *r, u64 value)
{
	switch (instruction) {
	case READ_REGISTER:
		m->value = acpi_reg_read(r);
		return 0;
	case READ_REGISTER_VALUE:
		m->value = acpi_reg_read(r) == value;
		return 0;
	case WRITE_REGISTER:
		acpi_reg_write(r, m->value);
		return 0;
	case WRITE_REGISTER_VALUE:
		acpi_reg_write(r, value);
		return 0;
	case LOAD_VAR1:
		m->var1 = acpi_reg_read(r);
		return 0;
	case LOAD_VAR2:
		m->var2 = acpi_reg_read(r);
		return 0;
	case STORE_VAR1:
		acpi_reg_write(r, m->var1);
		return 0;
	case ADD_VALUE:
		acpi_reg_write(r, acpi_reg_read(r) + value);
		return 0;
	case SUBTRACT_VALUE:
		acpi_reg_write(r, acpi_reg_read(r) - value);
		return 0;
	case STALL_WHILE_TRUE:
		return WAIT_FOR(acpi_reg_read(r) != value, BUSY_US) ? 0 : -ETIMEDOUT;
	case SKIP_NEXT_IF_TRUE:
		m->ip += acpi_reg_read(r) == value;
		return 0;
	}
	return -ENODEV; /* moving data between addresses of the table's choice is not for us */
}

static int step(struct machine *m, const u8 e[ENTRY_BYTES])
{
	u64 value = get_le64(e + ENTRY_VALUE);
	struct acpi_reg r;

	m->ip++;
	switch (e[ENTRY_INSTRUCTION]) {
	case NOOP:
		return 0;
	case ADD:
		m->var1 += m->var2;
		return 0;
	case SUBTRACT:
		m->var1 -= m->var2;
		return 0;
	case STALL:
		delay_us(MIN(value, (u64)STALL_MAX));
		return 0;
	case GOTO:
		m->ip = (u32)MIN(value, (u64)ERST_ENTRIES_MAX);
		return 0;
	}
	if (acpi_reg_map(&r, e + ENTRY_REGISTER, get_le64(e + ENTRY_MASK), e[ENTRY_FLAGS] & ENTRY_PRESERVE))
		return -ENODEV;
	return step_register(m, e[ENTRY_INSTRUCTION], &r, value);
}

/* *value goes in and what the action yields comes out. -ENOENT: there is no such action. */
static int erst_run(enum action action, u64 *value)
{
	struct machine m = { .value = *value };
	u8 e[ENTRY_BYTES];
	int err = -ENOENT;

	for (u32 steps = 0; entry_find(action, m.ip, e); steps++) {
		err = steps < STEPS_MAX ? step(&m, e) : -ETIMEDOUT;
		if (err)
			return err;
	}
	*value = m.value;
	return err;
}

static bool is_busy(int *err)
{
	u64 busy = 0;

	*err = erst_run(CHECK_BUSY, &busy);
	return !*err && busy;
}

/* What is in the range goes into the store (18.5.2.1). */
static int execute(void)
{
	u64 none = 0, status = 0;
	int err = erst_run(BEGIN_WRITE, &none);

	if (!err || err == -ENOENT)
		err = erst_run(SET_RECORD_OFFSET, &(u64){ 0 });
	if (!err)
		err = erst_run(EXECUTE, &none);
	if (!err && !WAIT_FOR(!is_busy(&err), BUSY_US))
		err = -ETIMEDOUT;
	if (!err)
		err = erst_run(GET_STATUS, &status);
	(void)erst_run(END, &none);
	if (err)
		return err;
	return status == STATUS_SUCCESS ? 0 : status == STATUS_NO_SPACE ? -ENOSPC : -EIO;
}

static void record_make(struct cper *c, u32 len, u64 time)
{
	static const u8 pstore[16] = { 0xe3, 0x74, 0xa5, 0x75, 0x52, 0x50, 0x29, 0x4b,
		                       0x8a, 0x8e, 0xbe, 0x2c, 0x64, 0x90, 0xb8, 0x9d };
	static const u8 dmesg[16] = { 0x4e, 0xe0, 0x97, 0xc1, 0x45, 0xd5, 0x70, 0x4a,
		                      0x9c, 0x17, 0xa5, 0x54, 0x94, 0x19, 0xeb, 0x12 };
	static const u8 mce[16] = { 0xfe, 0x6f, 0xf5, 0xe8, 0x9c, 0x91, 0xc5, 0x4c,
		                    0xba, 0x88, 0x65, 0xab, 0xe1, 0x49, 0x13, 0xbb };

	memset(c, 0, sizeof(*c));
	memcpy(c->signature, "CPER", 4);
	c->revision = CPER_REVISION;
	c->signature_end = ~0u;
	c->sections = 1;
	c->severity = CPER_FATAL;
	c->valid = CPER_TIME_VALID;
	c->length = (u32)sizeof(*c) + len;
	c->timestamp = time;
	memcpy(c->creator, pstore, sizeof(pstore));
	memcpy(c->notification, mce, sizeof(mce));
	c->id = time << 32 | RECORD_ID_OURS;
	c->flags = CPER_PREVIOUS_ERROR;
	memcpy(c->persistence, "ER", 2);
	c->section.offset = sizeof(*c);
	c->section.length = len;
	c->section.revision = CPER_REVISION;
	c->section.flags = CPER_PRIMARY;
	memcpy(c->section.type, dmesg, sizeof(dmesg));
	c->section.severity = CPER_FATAL;
}

static void copy_out(u8 *to, const void *from, u32 len)
{
	for (u32 i = 0; i < len; i++)
		mmio_write8(to + i, ((const u8 *)from)[i]);
}

static int table_find(void)
{
	u8 header[ERST_HEADER_BYTES];
	u32 len;

	if (acpi_find("ERST", &table, &len) || len < sizeof(header) || peek(header, table, sizeof(header)))
		return -ENODEV;
	entries = MIN(get_le32(header + ERST_ENTRIES), (len - ERST_HEADER_BYTES) / ENTRY_BYTES);
	return entries && entries <= ERST_ENTRIES_MAX ? 0 : -ENODEV;
}

int erst_write(const char *text, u32 len, u64 time)
{
	u64 base = 0, room = 0, attributes = 0;
	struct cper record;
	u8 *to;

	if (table_find() || erst_run(GET_RANGE, &base) || erst_run(GET_RANGE_LENGTH, &room) ||
	    erst_run(GET_RANGE_ATTRIBUTES, &attributes) || (attributes & ATTRIBUTE_NVRAM))
		return -ENODEV;
	if (len > room || sizeof(record) > room - len)
		return -ENOSPC;
	to = map_mmio(base, sizeof(record) + len);
	if (!to)
		return -ENODEV;
	record_make(&record, len, time);
	copy_out(to, &record, sizeof(record));
	copy_out(to + sizeof(record), text, len);
	return execute();
}
