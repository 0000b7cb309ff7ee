/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The first C: own descriptor tables, own page tables, a CPU in a known state, then main(). */
#include "boot/start.h"

#include <arch/cpu.h>

#include "boot/map_init.h"
#include "boot/trap.h"
#include "config/multiboot2.h"

#define PAT_UC 0
#define PAT_WB 6
#define PAT_AT_RESET 0x0007040600070406 /* SDM 3A, 11.12.4 */

KEEP struct boot_record boot_record;

/* Our page tables need PA0 = WB and PA3 = UC, which is what both the reset value and Linux's have. */
static void pat_init(void)
{
	u64 pat = rdmsr(MSR_PAT);

	if ((pat & 7) == PAT_WB && (pat >> 24 & 7) == PAT_UC)
		return;
	wrmsr(MSR_PAT, PAT_AT_RESET);
	__asm__ volatile("wbinvd" ::: "memory");
	write_cr3(read_cr3());
}

/* SSE on for the libraries that use it, AVX off (OSXSAVE stays clear), so that CPU-dispatching
 * codecs choose SSE2; supervisor writes obey read-only pages. */
static void cpu_init(void)
{
	static const u32 mxcsr = 0x1f80; /* all SSE exceptions masked */

	/* The dead kernel's interrupts stay pending in the local APIC: by the task priority they are not
	 * even offered, which a hypervisor would do at every exit. */
	write_cr8(15);
	write_cr0((read_cr0() & ~(CR0_EM | CR0_TS)) | CR0_MP | CR0_NE | CR0_WP);
	write_cr4((read_cr4() & ~CR4_OSXSAVE) | CR4_OSFXSR | CR4_OSXMMEXCPT);
	__asm__ volatile("fninit; ldmxcsr %0" ::"m"(mxcsr));
}

void start(pa_t info, u32 magic) NORETURN;
void start_again(void) NORETURN;

/* Called by entry.S on the main stack, all mutable state fresh. */
void start(pa_t info, u32 magic)
{
	boot_record.info = info;
	boot_record.loader = magic == MULTIBOOT2_BOOT_MAGIC ? LOADER_MULTIBOOT2 : LOADER_KEXEC_FILE_LOAD;
	start_again();
}

void start_again(void)
{
	trap_init();
	nmi_unblock();
	pat_init();
	map_init();
	cpu_init();
	main();
}
