/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RAM by the multiboot2 memory map and the newest VMCOREINFO note left in it. */
#include "dump/source/mb2.h"

#include <string.h>

#include "config/multiboot2.h"
#include "dump/source/oldmap.h"
#include "dump/source/scan.h"
#include "log.h"

static struct source_note vmcoreinfo;
static struct oldmap map;

/* crash refuses a core without a PT_NOTE: where no note survived, an empty one stands. */
static const struct {
	struct elf64_note header;
	char name[12];
} PACKED empty_note = { .header = { .n_namesz = sizeof("VMCOREINFO") }, .name = "VMCOREINFO" };

int source_mb2_init(void)
{
	pa_t start;
	u64 len;

	map = (struct oldmap){ 0 };
	vmcoreinfo = (struct source_note){ .own = &empty_note, .len = sizeof(empty_note) };
	if (multiboot2_ram(0, &start, &len)) {
		log_info("multiboot2: no memory map");
		return -ENODATA;
	}
	return 0;
}

void source_mb2_scan(void)
{
	struct source_note found = { 0 };

	if (scan_vmcoreinfo(&found.pa, &found.len)) {
		log_info("no VMCOREINFO note found in RAM: an empty one is written");
		return;
	}
	vmcoreinfo = found;
	log_info("VMCOREINFO note found at 0x%llx", vmcoreinfo.pa);
	oldmap_find(&map);
	log_info("direct mapping at 0x%llx, kernel image at 0x%llx, %llu MiB", map.page_offset,
	         map.text, map.text_len / MIB);
}

/* As an elfcorehdr has it: the kernel image first (drgn and gdb start from there), then RAM. Where the
 * direct mapping is not known p_vaddr is 0, which makedumpfile and crash take for 'not given'. */
bool source_mb2_load(u32 *at, struct elf64_phdr *out)
{
	u32 has_text = map.text_len != 0;
	u64 vaddr = map.text, len = map.text_len;
	pa_t start = map.text_pa;

	if (*at >= has_text) {
		if (multiboot2_ram(*at - has_text, &start, &len))
			return false;
		vaddr = map.page_offset ? map.page_offset + start : 0;
	}
	(*at)++;
	*out = (struct elf64_phdr){
		.p_type = PT_LOAD,
		.p_flags = PF_R | PF_W | PF_X,
		.p_offset = start,
		.p_vaddr = vaddr,
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
