/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The whole story, from a CPU in a known state to the final action. */
#include <string.h>

#include "boot/start.h"
#include "clock.h"
#include "config/config.h"
#include "drivers/acpi/acpi.h"
#include "drivers/ahci/ahci.h"
#include "drivers/iommu/iommu.h"
#include "drivers/lapic.h"
#include "drivers/pci/pci.h"
#include "drivers/uart.h"
#include "drivers/watchdog/watchdog.h"
#include "dump/disk/disk_sink.h"
#include "dump/linux/dmesg.h"
#include "dump/disk/extent_map.h"
#include "dump/linux/kernel_va.h"
#include "dump/source/oldmem.h"
#include "dump/source/source.h"
#include "dump/linux/vmcoreinfo.h"
#include "config/handover.h"
#include "life/last_failure.h"
#include "heartbeat.h"
#include "life/life.h"
#include "log.h"
#include "map.h"
#include "run.h"

#ifndef VERSION
#error VERSION comes from the Makefile
#endif

#define LOG_TAIL 10 /* lines of the crashed kernel's log */

static struct config config;

/* Where no one can have our memory overwritten by ISA-era DMA, and where the loader said we may be. */
static void check_place(void)
{
	pa_t start = (pa_t)__image_start;
	u64 len = (u64)(__image_end - __image_start);
	bool inside = !config.n_memmap;

	if (start < LOW_16M)
		start_failed("refused to run from the low 16 MiB, where DMA may still land");
	for (unsigned int i = 0; i < config.n_memmap; i++)
		inside |= start >= config.memmap[i].start &&
		          start - config.memmap[i].start + len <= config.memmap[i].len;
	if (!inside)
		log_info("warning: the image at 0x%llx is outside memmap=", start);
}

/* No register is in the reservation: not in the elfcorehdr, nor in what the loader calls RAM around us,
 * which is no old RAM, whatever a spoilt memory map says. */
static void reservation_keep(void)
{
	pa_t pa, start, end;
	u64 len;

	source_headers(&pa, &len);
	map_keep(pa, len);
	map_keep(boot_record.info, PAGE_SIZE);
	if (handover_reservation(&pa, &len) && source_gap((pa_t)__image_start, &start, &end)) {
		start = MAX(start, pa);
		map_keep(start, MIN(end - start, len - (start - pa)));
	}
}

/* Old RAM may be encrypted (AMD SME) although the reservation, decrypted for us, is not: VMCOREINFO shows. */
static void encryption_try(void)
{
	struct source_note n;

	if (!map_c_bit() || !source_vmcoreinfo(&n))
		return;
	oldmem_set_encryption(map_c_bit());
	if (source_vmcoreinfo(&n))
		oldmem_set_encryption(0);
	else
		log_info("old RAM is encrypted (SME): read with the C-bit, by no device");
}

/* What is to be dumped, and so where nothing is ever written. NULL, or why there is nothing. */
static const char *source_find(void)
{
	int err;

	if (boot_record.loader == LOADER_MULTIBOOT2 && !config.elfcorehdr)
		err = source_init_multiboot2();
	else if (config.elfcorehdr)
		err = source_init_elfcorehdr(config.elfcorehdr);
	else
		return "no elfcorehdr= on the command line";
	if (err)
		return "nothing says what to dump";
	source_spare_vmcoreinfo(config.vmcoreinfo, config.vmcoreinfo_len);
	map_guard(source_gap);
	reservation_keep();
	encryption_try();
	return NULL;
}

/* What the loader knows of files that are targets. */
static void extent_map_find(void)
{
	pa_t pa;
	u64 len = handover_initrd(&pa);

	if (len)
		extent_map_set(pa, len);
}

static void log_line(const char *line) { log_info("| %s", line); }

/* Who crashed, and its last words: whatever becomes of the dump, the console has them. */
static void source_tell(void)
{
	struct source_summary sum;
	char release[65];

	source_scan();
	source_summarise(&sum);
	if (!vmcoreinfo_get("OSRELEASE", release, sizeof(release)))
		memcpy(release, "unknown", sizeof("unknown"));
	log_always("crashed kernel %s, %u CPUs, %llu MiB in %u ranges", release, sum.cpus,
	           sum.bytes / MIB, sum.ranges);
	if (life_begin(LIFE_FILTER))
		kernel_va_init();            /* without tables the log may be readable all the same */
	if (life_begin(LIFE_LOG))
		dmesg_lines(LOG_TAIL, log_line);
	life_begin(LIFE_ALL);
}

static void self_tell(void)
{
	if (life_fault())
		log_always("second life after %s", life_fault()->reason);
	else
		log_always("%s entered at 0x%llx by %s", VERSION, (u64)__image_start,
		           handover_loader_name());
}

static void NORETURN end(enum power_action a)
{
	life_last_words(a);
	power_end(a);
}

void start_failed(const char *reason)
{
	log_always("dump failed: %s", reason);
	last_failure_save_early(reason);
	end(config.failure);
}

void main(void)
{
	const char *cmdline = handover_read(), *no_source;

	clock_init();
	config_early(&config, cmdline);      /* where to print and how much */
	uart_init(config.consoles, config.baud);
	log_set_level(config.log_level);
	self_tell();
	config_parse(&config, cmdline);
	check_place();
	clock_set_budget(config.timeout_s);
	heartbeat_set_step(config.stall_s);
	if (life_begin(LIFE_ACPI))
		acpi_init(handover_rsdp(&config));
	life_begin(LIFE_ALL);
	no_source = source_find();           /* only reads; before it no register can be mapped */
	lapic_timer_start();                 /* from here on an endless loop ends */
	if (life_begin(LIFE_ACPI))
		power_init();                /* from here on the end is the best one there is */
	life_begin(LIFE_ALL);
	if (no_source)
		start_failed(no_source);
	pci_init();
	watchdog_init();                     /* before the first long wait */
	if (config.quiesce && life_begin(LIFE_QUIESCE))
		pci_quiesce();               /* before anything touches a device */
	life_begin(LIFE_ALL);
	iommu_init();
	pci_forbid_bars(oldmem_forbid);
	source_tell();
	disk_sink_set_probe(ahci_probe);
	extent_map_find();
	end(run_targets(&config) ? config.final : config.failure);
}
