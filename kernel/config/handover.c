/* SPDX-License-Identifier: GPL-2.0-or-later */
/* boot_params (Linux Documentation/arch/x86/zero-page.rst) and the command line. */
#include "config/handover.h"

#include <string.h>

#include "boot/start.h"
#include "config/multiboot2.h"
#include "log.h"
#include "map.h"

/* Offsets in struct boot_params. */
#define BP_ACPI_RSDP_ADDR 0x070
#define BP_EXT_RAMDISK_IMAGE 0x0c0
#define BP_EXT_RAMDISK_SIZE 0x0c4
#define BP_EXT_CMD_LINE_PTR 0x0c8
#define BP_RAMDISK_IMAGE 0x218
#define BP_RAMDISK_SIZE 0x21c
#define BP_CMD_LINE_PTR 0x228
#define BP_E820_ENTRIES 0x1e8
#define BP_E820_TABLE 0x2d0

#define E820_MAX 128u /* E820_MAX_ENTRIES_ZEROPAGE */
#define E820_RAM 1

struct e820_entry {
	u64 start, len;
	u32 type;
} PACKED;

static char cmdline[CMDLINE_MAX];
static pa_t rsdp;

/* As long as it is readable, at most our buffer: the rest of a page behind it is harmless. */
static void cmdline_copy(pa_t pa)
{
	peek(cmdline, pa, sizeof(cmdline) - 1);
	cmdline[sizeof(cmdline) - 1] = '\0';
}

static bool cmdline_is_ours(void)
{
	static const char word[] = "elfcorehdr=";

	for (const char *s = cmdline; *s; s++)
		if (!strncmp(s, word, sizeof(word) - 1))
			return true;
	return false;
}

/* The kernel's own loader puts `elfcorehdr=0x...` in front of the text, kexec-tools
 * ` elfcorehdr=...K` behind it. */
static enum loader which_kexec(void)
{
	static const char mark[] = "elfcorehdr=0x";

	return strncmp(cmdline, mark, sizeof(mark) - 1) ? LOADER_KEXEC_LOAD : LOADER_KEXEC_FILE_LOAD;
}

/* A number in two halves. */
static u64 peek_split(pa_t low_at, pa_t high_at)
{
	u32 low = 0, high = 0;

	peek(&low, low_at, sizeof(low));
	peek(&high, high_at, sizeof(high));
	return (u64)high << 32 | low;
}

static void read_boot_params(pa_t bp)
{
	pa_t text = peek_split(bp + BP_CMD_LINE_PTR, bp + BP_EXT_CMD_LINE_PTR);

	peek(&rsdp, bp + BP_ACPI_RSDP_ADDR, sizeof(rsdp));
	if (text)
		cmdline_copy(text);
	if (!cmdline_is_ours()) {
		cmdline_copy(bp + PAGE_SIZE); /* where both loaders put it, should the pointer be spoilt */
		if (!cmdline_is_ours() && text)
			cmdline_copy(text);
		else if (!cmdline_is_ours())
			cmdline[0] = '\0';
	}
	boot_record.loader = which_kexec();
}

const char *handover_read(void)
{
	if (boot_record.loader == LOADER_MULTIBOOT2) {
		multiboot2_init(boot_record.info, (pa_t)__image_start,
		                (u64)(__image_end - __image_start));
		multiboot2_cmdline(cmdline, sizeof(cmdline));
		rsdp = multiboot2_rsdp();
	} else {
		read_boot_params(boot_record.info);
	}
	return cmdline;
}

const char *handover_loader_name(void)
{
	static const char *const name[] = { "kexec_load", "kexec_file_load", "multiboot2" };

	return name[boot_record.loader];
}

bool handover_reservation(pa_t *start, u64 *len)
{
	pa_t image = (pa_t)__image_start;
	struct e820_entry e;
	u8 n = 0;

	if (boot_record.loader == LOADER_MULTIBOOT2)
		return false;
	peek(&n, boot_record.info + BP_E820_ENTRIES, sizeof(n));
	for (unsigned int i = 0; i < MIN(n, E820_MAX); i++) {
		peek(&e, boot_record.info + BP_E820_TABLE + i * sizeof(e), sizeof(e));
		if (e.type != E820_RAM || image < e.start || image - e.start >= e.len)
			continue;
		*start = e.start;
		*len = e.len;
		return true;
	}
	return false;
}

u64 handover_initrd(pa_t *pa)
{
	pa_t bp = boot_record.info;

	if (boot_record.loader == LOADER_MULTIBOOT2)
		return 0;
	*pa = peek_split(bp + BP_RAMDISK_IMAGE, bp + BP_EXT_RAMDISK_IMAGE);
	return *pa ? peek_split(bp + BP_RAMDISK_SIZE, bp + BP_EXT_RAMDISK_SIZE) : 0;
}

pa_t handover_rsdp(const struct config *c) { return c->acpi_rsdp ? c->acpi_rsdp : rsdp; }
