/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The first C: own descriptor tables, own page tables, a CPU in a known state, then main(). */
#include "boot/start.h"

#include <arch/cpu.h>

#include "boot/map_init.h"
#include "boot/trap.h"
#include "multiboot2.h"

KEEP struct boot_record boot_record;

/* SSE on for the libraries that use it, AVX off (OSXSAVE stays clear), so that CPU-dispatching
 * codecs choose SSE2; supervisor writes obey read-only pages. */
static void cpu_init(void)
{
	static const u32 mxcsr = 0x1f80; /* all SSE exceptions masked */

	write_cr0((read_cr0() & ~(CR0_EM | CR0_TS)) | CR0_MP | CR0_NE | CR0_WP);
	write_cr4((read_cr4() & ~CR4_OSXSAVE) | CR4_OSFXSR | CR4_OSXMMEXCPT);
	__asm__ volatile("fninit; ldmxcsr %0" ::"m"(mxcsr));
}

void start(pa_t info, u32 magic) NORETURN;

/* Called by entry.S on the main stack, all mutable state fresh. */
void start(pa_t info, u32 magic)
{
	boot_record.info = info;
	boot_record.loader = magic == MULTIBOOT2_BOOT_MAGIC ? LOADER_MULTIBOOT2 : LOADER_KEXEC_FILE_LOAD;
	trap_init();
	map_init();
	cpu_init();
	main();
}
