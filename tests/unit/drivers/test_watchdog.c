/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Watchdogs against fake registers: which is fed, which left alone, and what stops. */
#include "unit/test.h"

#include "base.h"
#include <arch/io.h>
#include "bytes.h"
#include "drivers/acpi/acpi.h"
#include "drivers/pci/pci.h"
#include "drivers/watchdog/watchdog.h"
#include "heartbeat.h"
#include "map.h"

#include "../../drivers/watchdog/watchdog.c"
#include "../../drivers/watchdog/i6300esb.c"
#include "../../drivers/watchdog/itco.c"
#include "../../drivers/acpi/reg.c"
#include "../../drivers/watchdog/wdat.c"

#define TCO      0x460
#define RCBA     0xfed1c000u
#define ESB_BASE 0xfebd1000u

static u8 lpc[256], smbus[256], esb_config[256];
static u8 ports[0x10000];
static u32 gcs;
static u8 esb_mmio[ESB_BYTES];
static char writes[1024];
static bool esb_there, locked, tco_locked, no_map, no_bar;
static u8 wdat[4096];
static u32 wdat_len;
static void (*each_second)(void);

int heartbeat_every_second(void (*fn)(void))
{
	each_second = fn;
	return 0;
}

static u8 *config_of(struct pci_addr a)
{
	return a.dev == 0x1f && a.fn == 0 ? lpc : a.dev == 0x1f && a.fn == 4 ? smbus : esb_config;
}

u8 pci_read8(struct pci_addr a, u16 reg) { return config_of(a)[reg]; }
u16 pci_read16(struct pci_addr a, u16 reg) { return get_le16(config_of(a) + reg); }
u32 pci_read32(struct pci_addr a, u16 reg) { return get_le32(config_of(a) + reg); }
void pci_write8(struct pci_addr a, u16 reg, u8 v)
{
	if (reg != ESB_LOCK || !locked)
		config_of(a)[reg] = v;
}
void pci_write16(struct pci_addr a, u16 reg, u16 v) { put_le16(config_of(a) + reg, v); }
void pci_write32(struct pci_addr a, u16 reg, u32 v) { put_le32(config_of(a) + reg, v); }
void pci_name(struct pci_addr a, char out[16]) { snprintf(out, 16, "0000:00:%02x.%x", a.dev, a.fn); }

int pci_walk(int (*visit)(const struct pci_func *f, void *ctx), void *ctx)
{
	struct pci_func other = { .vendor = 0x1af4, .device = 0x1000 };
	struct pci_func f = { .at.dev = 5, .vendor = 0x8086, .device = 0x25ab };

	return visit(&other, ctx) || (esb_there && visit(&f, ctx));
}

int pci_bar(struct pci_addr a, unsigned int n, pa_t *base, u64 *size)
{
	(void)a;
	*base = ESB_BASE;
	*size = ESB_BYTES;
	return n || no_bar ? -ENODEV : 0;
}

void *map_mmio(pa_t pa, u64 len)
{
	if (no_map)
		return NULL;
	if (pa == RCBA + RCBA_GCS && len == 4)
		return &gcs;
	return pa == ESB_BASE && len <= ESB_BYTES ? esb_mmio : NULL;
}

static void record(const char *what, unsigned int where, u64 v)
{
	size_t n = strlen(writes);

	snprintf(writes + n, sizeof(writes) - n, "%s%x=%llx ", what, where, v);
}

u8 inb(u16 p) { return ports[p]; }
u16 inw(u16 p) { return get_le16(ports + p); }
u32 inl(u16 p) { return get_le32(ports + p); }
void outb(u16 p, u8 v)
{
	record("b", p, v);
	ports[p] = v;
}
void outw(u16 p, u16 v)
{
	record("w", p, v);
	if (p == TCO + TCO1_CNT && tco_locked)
		return;
	put_le16(ports + p, v);
}
void outl(u16 p, u32 v)
{
	record("l", p, v);
	put_le32(ports + p, v);
}

static unsigned int where(const volatile void *reg) { return (unsigned int)((const volatile u8 *)reg - esb_mmio); }
u8 mmio_read8(const volatile void *reg) { return *(const volatile u8 *)reg; }
u16 mmio_read16(const volatile void *reg) { return get_le16((const void *)reg); }
u32 mmio_read32(const volatile void *reg) { return get_le32((const void *)reg); }
void mmio_write8(volatile void *reg, u8 v)
{
	record("m", where(reg), v);
	*(volatile u8 *)reg = v;
}
void mmio_write16(volatile void *reg, u16 v)
{
	record("mw", where(reg), v);
	put_le16((void *)reg, v);
}
void mmio_write32(volatile void *reg, u32 v)
{
	record("ml", where(reg), v);
	put_le32((void *)reg, v);
}
void mmio_write64(volatile void *reg, u64 v)
{
	record("mq", where(reg), v);
	put_le64((void *)reg, v);
}

struct acpi_gas acpi_get_gas(const u8 *p)
{
	return (struct acpi_gas){ p[0], p[1], p[2], p[3], get_le64(p + 4) };
}
int acpi_find(const char sig[4], pa_t *pa, u32 *len)
{
	*pa = 0x1000;
	*len = wdat_len;
	return wdat_len && !memcmp(sig, "WDAT", 4) ? 0 : -ENOENT;
}
unsigned int peek(void *dst, pa_t pa, u64 len)
{
	memcpy(dst, wdat + (pa - 0x1000), len);
	return 0;
}

/* A q35 whose guest has armed the TCO: 10 ticks. */
static void machine(void)
{
	memset(lpc, 0, sizeof(lpc));
	memset(smbus, 0xff, sizeof(smbus));
	memset(esb_config, 0, sizeof(esb_config));
	memset(ports, 0, sizeof(ports));
	memset(fed, 0, sizeof(fed));
	memset(&feed, 0, sizeof(feed));
	memset(&stop, 0, sizeof(stop));
	any_fed = esb_there = locked = tco_locked = no_map = no_bar = false;
	gcs = 0;
	wdat_len = 0;
	each_second = NULL;
	writes[0] = '\0';
	test_log_clear();
	put_le32(lpc, 0x29188086);
	put_le16(lpc + PCI_CLASS_DEVICE, CLASS_LPC);
	put_le32(lpc + LPC_PMBASE, 0x401);
	lpc[LPC_ACPI_CNTL] = LPC_ACPI_EN;
	put_le32(lpc + LPC_RCBA, RCBA | 1);
	put_le16(ports + TCO + TCO2_TMR, 10);
}

static bool wrote(const char *what)
{
	bool same = !strcmp(writes, what);

	if (!same)
		fprintf(stderr, "wrote: %s\n", writes);
	writes[0] = '\0';
	return same;
}

TEST(nothing)
{
	machine();
	memset(lpc, 0xff, sizeof(lpc));
	watchdog_init();
	watchdog_stop();
	CHECK(!each_second);
	CHECK(!test_logged("watchdog"));
	CHECK(wrote(""));
}

TEST(itco)
{
	machine();
	watchdog_init();
	CHECK(test_logged("iTCO: port 0x460, resets after 12 s: runs, fed every second"));
	CHECK(wrote("w460=1 "));
	each_second();
	CHECK(wrote("w460=1 "));
	put_le16(ports + TCO + TCO1_CNT, TCO1_CNT_NMI_NOW | 0x200);
	watchdog_stop();
	CHECK(wrote("w468=a00 "));
	CHECK(test_logged("iTCO: stopped"));
	each_second();
	watchdog_stop(); /* once */
	CHECK(wrote(""));
}

TEST(itco_left_alone)
{
	machine();
	gcs = GCS_NO_REBOOT;
	watchdog_init();
	CHECK(!each_second);
	machine();
	put_le16(ports + TCO + TCO1_CNT, TCO1_CNT_HALT);
	watchdog_init();
	CHECK(!each_second && test_logged("not armed"));
	machine();
	lpc[LPC_ACPI_CNTL] = 0;
	watchdog_init();
	CHECK(!each_second);
	machine();
	put_le32(lpc + LPC_PMBASE, 1);
	watchdog_init();
	CHECK(!each_second);
	machine();
	put_le16(lpc + PCI_CLASS_DEVICE, 0x0680);
	watchdog_init();
	CHECK(!each_second);
	machine();
	memset(ports + TCO, 0xff, 32); /* nothing decodes there */
	watchdog_init();
	CHECK(!each_second);
	CHECK(wrote(""));
}

TEST(itco_unknown_strap)
{
	machine();
	put_le32(lpc + LPC_RCBA, RCBA); /* not decoded: no telling what the strap says */
	gcs = GCS_NO_REBOOT;
	watchdog_init();
	CHECK(each_second != NULL);
	machine();
	no_map = true;
	watchdog_init();
	CHECK(each_second != NULL);
}

TEST(itco_version_1)
{
	machine();
	put_le16(lpc + PCI_DEVICE_ID, 0x24d0);
	ports[TCO + TCO1_TMR] = 10;
	watchdog_init();
	CHECK(test_logged("resets after 12 s"));
	CHECK(wrote("w464=8 b460=1 "));
	machine();
	put_le16(lpc + PCI_DEVICE_ID, 0x24d0);
	put_le32(lpc + LPC_GEN_STS, LPC_GEN_STS_NO_REBOOT);
	watchdog_init();
	CHECK(!each_second);
}

TEST(itco_behind_smbus)
{
	machine();
	lpc[LPC_ACPI_CNTL] = 0;
	put_le32(lpc + LPC_PMBASE, 0);
	put_le32(smbus, 0xa3238086);
	put_le16(smbus + PCI_CLASS_DEVICE, CLASS_SMBUS);
	put_le32(smbus + SMBUS_TCOBASE, TCO | 1);
	put_le32(smbus + SMBUS_TCOCTL, SMBUS_TCOCTL_EN);
	watchdog_init();
	CHECK(test_logged("port 0x460, resets after 20 s: runs"));
	CHECK(wrote("w460=1 "));
	put_le16(ports + TCO + TCO1_CNT, TCO1_CNT_NO_REBOOT);
	any_fed = false;
	each_second = NULL;
	watchdog_init();
	CHECK(!each_second);
	put_le16(ports + TCO + TCO1_CNT, 0);
	put_le32(smbus + SMBUS_TCOCTL, 0);
	watchdog_init();
	CHECK(!each_second);
}

TEST(itco_does_not_stop)
{
	machine();
	tco_locked = true;
	watchdog_init();
	watchdog_stop();
	CHECK(test_logged("iTCO: cannot be stopped"));
}

static void esb_armed(void)
{
	machine();
	gcs = GCS_NO_REBOOT;
	esb_there = true;
	esb_config[ESB_LOCK] = ESB_LOCK_ENABLED;
}

TEST(i6300esb)
{
	esb_armed();
	watchdog_init();
	CHECK(test_logged("i6300esb: 0000:00:05.0: runs, fed every second"));
	CHECK(get_le16(esb_config + PCI_COMMAND) & PCI_COMMAND_MEMORY);
	CHECK(wrote("mc=80 mc=86 mwc=100 "));
	each_second();
	CHECK(wrote("mc=80 mc=86 mwc=100 "));
	watchdog_stop();
	CHECK_EQ(esb_config[ESB_LOCK], 0);
	CHECK(test_logged("i6300esb: stopped"));
}

TEST(i6300esb_locked)
{
	esb_armed();
	esb_config[ESB_LOCK] |= ESB_LOCK_LOCKED;
	put_le16(esb_config + ESB_CONFIG, 3);
	locked = true;
	watchdog_init();
	watchdog_stop();
	CHECK_EQ(get_le16(esb_config + ESB_CONFIG), 3 | ESB_CONFIG_NO_OUT);
	CHECK(test_logged("i6300esb: stopped"));
}

TEST(i6300esb_left_alone)
{
	esb_armed();
	esb_config[ESB_LOCK] = ESB_LOCK_LOCKED;
	watchdog_init();
	CHECK(!each_second && test_logged("not armed"));
	esb_armed();
	put_le16(esb_config + ESB_CONFIG, ESB_CONFIG_NO_OUT);
	watchdog_init();
	CHECK(!each_second && test_logged("not armed"));
	CHECK(wrote(""));
}

TEST(i6300esb_that_cannot_be_fed_is_stopped)
{
	esb_armed();
	no_bar = true;
	watchdog_init();
	CHECK(test_logged("runs and cannot be fed"));
	CHECK(test_logged("i6300esb: stopped"));
	CHECK_EQ(esb_config[ESB_LOCK], 0);
	CHECK(!each_second);
}

static void wdat_add(u8 action, u8 instruction, u8 space, u64 address, u32 value, u32 mask, u8 shift)
{
	u8 *e = wdat + wdat_len;

	memset(e, 0, ENTRY_BYTES);
	e[0] = action;
	e[1] = instruction;
	e[4] = space;
	e[5] = 16;
	e[6] = shift;
	e[7] = 2;
	put_le64(e + 8, address);
	put_le32(e + 16, value);
	put_le32(e + 20, mask);
	wdat_len += ENTRY_BYTES;
	put_le32(wdat + WDAT_ENTRIES, get_le32(wdat + WDAT_ENTRIES) + 1);
}

/* As real ones over the TCO's registers; the TCO itself is not ours to see. */
static void wdat_machine(void)
{
	machine();
	memset(lpc, 0xff, sizeof(lpc));
	memset(wdat, 0, sizeof(wdat));
	wdat_len = WDAT_HEADER_BYTES;
	put_le32(wdat + WDAT_PERIOD, 600);
	wdat[WDAT_FLAGS] = WDAT_FLAG_ENABLED;
	wdat_add(ACTION_GET_COUNTDOWN, READ_COUNTDOWN, GAS_IO, TCO + TCO2_TMR, 0, 0x3ff, 0);
	wdat_add(ACTION_GET_RUNNING, READ_VALUE, GAS_IO, TCO + TCO1_CNT, 0, 1, 11);
	wdat_add(ACTION_SET_STOPPED, WRITE_VALUE | INSTRUCTION_PRESERVE, GAS_IO, TCO + TCO1_CNT, 1, 1, 11);
}

static void wdat_feeds(void) { wdat_add(ACTION_RESET, WRITE_VALUE, GAS_IO, TCO, 1, 0xffff, 0); }

TEST(wdat)
{
	wdat_machine();
	wdat_feeds();
	put_le16(ports + TCO + TCO1_CNT, 0x0200);
	watchdog_init();
	CHECK(test_logged("ACPI WDAT: 2 of 4 instructions understood, set to 6000 ms: runs, fed"));
	CHECK(wrote("w460=1 "));
	each_second();
	CHECK(wrote("w460=1 "));
	watchdog_stop();
	CHECK(wrote("w468=a00 "));
	wdat_machine();
	wdat_feeds();
	put_le16(ports + TCO + TCO1_CNT, TCO1_CNT_HALT);
	watchdog_init();
	CHECK(!each_second && test_logged("not armed"));
	wdat_machine();
	wdat_feeds();
	wdat[WDAT_FLAGS] = 0;
	watchdog_init();
	CHECK(!each_second);
}

/* What we would not do is not done in part: the watchdog is stopped. */
TEST(wdat_that_cannot_be_fed)
{
	static const struct {
		u8 instruction, space;
		u64 address;
	} bad[] = {
		{ WRITE_VALUE, GAS_IO, 0xcf9 - 1 },   { WRITE_VALUE, GAS_IO, 0x70 },
		{ WRITE_VALUE, GAS_IO, 0x10000 },     { WRITE_VALUE, GAS_IO, TCO + 1 },
		{ WRITE_VALUE, GAS_MEMORY, 0x1000 },  { WRITE_VALUE, 2, TCO },
		{ WRITE_VALUE + 1, GAS_IO, TCO },     { 0x7f, GAS_IO, TCO },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		wdat_machine();
		wdat_feeds();
		wdat_add(ACTION_RESET, bad[i].instruction, bad[i].space, bad[i].address, 1, 0xffff, 0);
		watchdog_init();
		CHECK(test_logged("runs and cannot be fed"));
		CHECK(wrote("w468=800 "));
	}
	wdat_machine(); /* more steps than anybody needs */
	for (unsigned int i = 0; i <= STEPS_MAX; i++)
		wdat_feeds();
	watchdog_init();
	CHECK(test_logged("runs and cannot be fed"));
}

TEST(registers)
{
	u8 gas[12] = { GAS_IO, 8, 0, 0 };
	struct acpi_reg r;

	put_le64(gas + 4, 0x80);
	CHECK_EQ(acpi_reg_map(&r, gas, 0xff, false), 0); /* the width says how to access it */
	CHECK_EQ(r.bytes, 1);
	gas[1] = 17;
	CHECK_EQ(acpi_reg_map(&r, gas, 0xff, false), 0);
	CHECK_EQ(r.bytes, 4);
	gas[1] = 64;
	CHECK_EQ(acpi_reg_map(&r, gas, 0xff, false), -EINVAL); /* no such port */
	gas[1] = 65;
	CHECK_EQ(acpi_reg_map(&r, gas, 0xff, false), -EINVAL);
	gas[3] = 5;
	CHECK_EQ(acpi_reg_map(&r, gas, 0xff, false), -EINVAL);
	gas[3] = 1;
	gas[2] = 8;
	CHECK_EQ(acpi_reg_map(&r, gas, 0xff, false), -EINVAL);
	gas[0] = GAS_MEMORY;
	gas[2] = 8;
	gas[3] = 4;
	put_le64(gas + 4, ESB_BASE);
	CHECK_EQ(acpi_reg_map(&r, gas, 0xff, true), 0);
	put_le64(esb_mmio, 0x1122334455667788);
	CHECK_EQ(acpi_reg_read(&r), 0x77);
	acpi_reg_write(&r, 0x1ee);
	CHECK_EQ(get_le64(esb_mmio), 0x112233445566ee88);
	no_map = true;
	CHECK_EQ(acpi_reg_map(&r, gas, 0xff, true), -ENOMEM);
}
