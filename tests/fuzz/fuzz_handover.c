/* SPDX-License-Identifier: GPL-2.0-or-later */
/* boot_params with whatever in them: the command line ends, and the reservation holds the image. Input:
 * boot_params from their beginning, the page behind them, and so on. */
#include <stdlib.h>
#include <string.h>

#include "boot/start.h"
#include "config/handover.h"
#include "config/multiboot2.h"
#include "map.h"

#define BOOT_PARAMS 0x3f052000ull
#define TEXT_MAX    2048u /* of a command line (Documentation/arch/x86/boot.rst) */

__asm__(".bss\n.globl __image_start, __image_end\n__image_start: .skip 4096\n__image_end:\n.text\n");

struct boot_record boot_record;
static const u8 *input;
static size_t input_len;

unsigned int peek(void *dst, pa_t pa, u64 len)
{
	u64 off = pa - BOOT_PARAMS, have = off < input_len ? MIN(len, input_len - off) : 0;

	memset(dst, 0, len);
	memcpy(dst, input + (have ? off : 0), have);
	return 0;
}

int multiboot2_init(pa_t info, pa_t image, u64 len) { return (void)info, (void)image, (void)len, -EINVAL; }
void multiboot2_cmdline(char *out, size_t size) { (void)size, *out = '\0'; }
pa_t multiboot2_rsdp(void) { return 0; }

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	pa_t start, image = (pa_t)__image_start;
	u64 len;

	input = data;
	input_len = size;
	boot_record = (struct boot_record){ .info = BOOT_PARAMS };
	if (strlen(handover_read()) > TEXT_MAX)
		abort();
	if (handover_reservation(&start, &len) && (image < start || image - start >= len))
		abort();
	return 0;
}
