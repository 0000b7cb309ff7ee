/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What kexec leaves in boot_params, as both of its loaders fill it in. */
#include "unit/test.h"

#include "boot/start.h"
#include "config/handover.h"
#include "config/multiboot2.h"
#include "fake/memory.h"

struct boot_record boot_record;

static pa_t mb2_at;

int multiboot2_init(pa_t info, pa_t image, u64 image_len)
{
	mb2_at = info;
	return image == (pa_t)__image_start && image_len == FAKE_IMAGE_BYTES ? 0 : -EINVAL;
}

void multiboot2_cmdline(char *out, size_t size) { snprintf(out, size, "dump.to=console:"); }
pa_t multiboot2_rsdp(void) { return 0xe0000; }

#define BOOT_PARAMS 0x3f052000ull

static const char *with(pa_t cmdline_pa, const char *cmdline, u64 rsdp)
{
	u32 low = (u32)cmdline_pa, high = (u32)(cmdline_pa >> 32);
	static const u8 zero[4096];

	mem_reset();
	mem_write(BOOT_PARAMS, zero, sizeof(zero));
	mem_write(BOOT_PARAMS + 0x228, &low, 4);
	mem_write(BOOT_PARAMS + 0x0c8, &high, 4);
	mem_write(BOOT_PARAMS + 0x070, &rsdp, 8);
	if (cmdline)
		mem_write(cmdline_pa, cmdline, strlen(cmdline) + 1);
	boot_record.info = BOOT_PARAMS;
	boot_record.loader = LOADER_KEXEC_FILE_LOAD;
	return handover_read();
}

/* First of all: later tests leave their text in the static buffer. */
TEST(no_command_line)
{
	CHECK(!*with(0, NULL, 0));
	CHECK(!strcmp(handover_loader_name(), "kexec_load"));
}

TEST(spoilt_pointer_to_the_command_line)
{
	const char *line = "elfcorehdr=0x3f000000 dump.to=console:";

	with(BOOT_PARAMS + 0x1000, line, 0);
	for (int i = 0; i < 3; i++) {
		static const u32 low[] = { 0, 0xffffff00, 0x3f060000 };

		mem_write(BOOT_PARAMS + 0x228, &low[i], 4);
		CHECK(!strcmp(handover_read(), line));
	}
	/* one without elfcorehdr= counts where none has it */
	CHECK(!strcmp(with(BOOT_PARAMS + 0x2000, "dump.to=console:", 0), "dump.to=console:"));
}

static void e820_add(unsigned int i, u64 start, u64 len, u32 type)
{
	pa_t at = BOOT_PARAMS + 0x2d0 + i * 20;
	u8 n = (u8)(i + 1);

	mem_write(at, &start, 8);
	mem_write(at + 8, &len, 8);
	mem_write(at + 16, &type, 4);
	mem_write(BOOT_PARAMS + 0x1e8, &n, 1);
}

TEST(the_reservation_is_the_ram_around_the_image)
{
	pa_t image = (pa_t)__image_start, start;
	u64 len;

	with(BOOT_PARAMS + 0x1000, "elfcorehdr=0x3f000000", 0);
	CHECK(!handover_reservation(&start, &len));
	e820_add(0, 0x1000, 0x9e000, 1);
	e820_add(1, image - 0x100000, 0x400000, 2);
	CHECK(!handover_reservation(&start, &len));
	e820_add(2, image - 0x10000, 0x200000, 1);
	CHECK(handover_reservation(&start, &len));
	CHECK(start == image - 0x10000 && len == 0x200000);
	mem_write(BOOT_PARAMS + 0x1e8, "\xff", 1); /* more than there is room for: the rest is not read */
	e820_add(127, image, 1, 1);
	CHECK(handover_reservation(&start, &len) && len == 0x200000);
	boot_record.loader = LOADER_MULTIBOOT2;
	CHECK(!handover_reservation(&start, &len));
}

TEST(kexec_load)
{
	struct config c = { 0 };
	const char *line = "cap=1 acpi_rsdp=0xf59e0 elfcorehdr=1032564K";

	CHECK(!strcmp(with(BOOT_PARAMS + 0x1000, line, 0xf59e0), line));
	CHECK(!strcmp(handover_loader_name(), "kexec_load"));
	CHECK_EQ(handover_rsdp(&c), 0xf59e0);
	c.acpi_rsdp = 0x1000;
	CHECK_EQ(handover_rsdp(&c), 0x1000);
}

TEST(kexec_file_load)
{
	const char *line = "elfcorehdr=0x3d000000 cap=1";

	CHECK(!strcmp(with(BOOT_PARAMS + 0x1000, line, 0), line));
	CHECK(!strcmp(handover_loader_name(), "kexec_file_load"));
}

TEST(command_line_above_4_gib)
{
	CHECK(!strcmp(with(0x27f0f9123, "elfcorehdr=0x27f000000", 0), "elfcorehdr=0x27f000000"));
}

TEST(command_line_without_end)
{
	static char line[8192];

	memset(line, 'x', sizeof(line) - 1);
	CHECK_EQ(strlen(with(BOOT_PARAMS + 0x1000, line, 0)), CMDLINE_MAX - 1);
	/* the page behind it cannot be read: what is there counts */
	with(BOOT_PARAMS + 0x1800, "a b c", 0);
	mem_fault(BOOT_PARAMS + 0x2000);
	CHECK(!strcmp(handover_read(), "a b c"));
}

TEST(unreadable_boot_params)
{
	mem_reset();
	mem_fault(BOOT_PARAMS);
	boot_record.info = BOOT_PARAMS;
	boot_record.loader = LOADER_KEXEC_FILE_LOAD;
	handover_read();
	CHECK(!strcmp(handover_loader_name(), "kexec_load"));
}

TEST(multiboot2)
{
	struct config c = { 0 };

	boot_record.info = 0x10000;
	boot_record.loader = LOADER_MULTIBOOT2;
	CHECK(!strcmp(handover_read(), "dump.to=console:"));
	CHECK_EQ(mb2_at, 0x10000);
	CHECK(!strcmp(handover_loader_name(), "multiboot2"));
	CHECK_EQ(handover_rsdp(&c), 0xe0000);
}

TEST(an_initrd)
{
	u32 low = 0x40000000, high = 2, size = 12345;
	pa_t pa = 0;

	with(BOOT_PARAMS + 0x1000, "elfcorehdr=0x3f000000", 0);
	CHECK_EQ(handover_initrd(&pa), 0);
	mem_write(BOOT_PARAMS + 0x21c, &size, 4);
	CHECK_EQ(handover_initrd(&pa), 0); /* nowhere */
	mem_write(BOOT_PARAMS + 0x218, &low, 4);
	CHECK_EQ(handover_initrd(&pa), 12345);
	CHECK_EQ(pa, 0x40000000);
	mem_write(BOOT_PARAMS + 0x0c0, &high, 4);
	CHECK_EQ(handover_initrd(&pa), 12345);
	CHECK_EQ(pa, 0x240000000);
	boot_record.loader = LOADER_MULTIBOOT2;
	CHECK_EQ(handover_initrd(&pa), 0);
}
