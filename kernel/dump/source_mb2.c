/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RAM by the multiboot2 memory map and the newest VMCOREINFO note left in it. */
#include "dump/source_mb2.h"

#include <string.h>

#include "dump/scan.h"
#include "log.h"
#include "multiboot2.h"

static struct source_note vmcoreinfo;

/* crash refuses a core without a PT_NOTE: where no note survived, an empty one stands. */
static const struct {
	struct elf64_note header;
	char name[12];
} PACKED empty_note = { .header = { .n_namesz = sizeof("VMCOREINFO") }, .name = "VMCOREINFO" };

int source_mb2_init(void)
{
	pa_t start;
	u64 len;

	if (multiboot2_ram(0, &start, &len)) {
		log_info("multiboot2: no memory map");
		return -ENODATA;
	}
	if (scan_vmcoreinfo(&vmcoreinfo.pa, &vmcoreinfo.len)) {
		log_info("no VMCOREINFO note found in RAM: an empty one is written");
		vmcoreinfo = (struct source_note){ .own = &empty_note, .len = sizeof(empty_note) };
	} else {
		log_info("VMCOREINFO note found at 0x%llx", vmcoreinfo.pa);
	}
	return 0;
}

/* Where the crashed kernel had its direct mapping is not known here: p_vaddr is 0, which makedumpfile
 * and crash take for 'not given'. */
bool source_mb2_load(u32 *at, struct elf64_phdr *out)
{
	pa_t start;
	u64 len;

	if (multiboot2_ram(*at, &start, &len))
		return false;
	(*at)++;
	*out = (struct elf64_phdr){
		.p_type = PT_LOAD,
		.p_flags = PF_R | PF_W | PF_X,
		.p_offset = start,
		.p_paddr = start,
		.p_filesz = len,
		.p_memsz = len,
	};
	return true;
}

bool source_mb2_note(u32 *at, struct source_note *out)
{
	if ((*at)++)
		return false;
	*out = vmcoreinfo;
	return true;
}
