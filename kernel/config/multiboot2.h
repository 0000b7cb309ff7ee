/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What GRUB tells us (Multiboot2 specification 2.0, section 3.6): command line, RSDP, RAM. Also read
 * by boot/mb2.S. */
#ifndef AFTERIMAGE_MULTIBOOT2_H
#define AFTERIMAGE_MULTIBOOT2_H

#define MULTIBOOT2_HEADER_MAGIC 0xe85250d6 /* 3.1.1 */
#define MULTIBOOT2_BOOT_MAGIC   0x36d76289 /* 3.3: EAX at entry; in RDI for ours */

/* What boot/mb2.S puts around the payload: its header and code before, its page tables behind. */
#define MULTIBOOT2_STUB_BYTES   0x1000
#define MULTIBOOT2_TABLES_BYTES 0x6000

#ifndef __ASSEMBLER__
#include "base.h"

/* Remember the information structure at `info` after checking its frame. `image` is our payload: its
 * place, with the stub around it, is no old RAM any more. -EINVAL: no sound structure there, all
 * below finds nothing. */
int multiboot2_init(pa_t info, pa_t image, u64 image_len);

/* The command line, cut to size and terminated. Empty if there is none. */
void multiboot2_cmdline(char *out, size_t size);

/* Where the loader put a copy of the RSDP, or 0. */
pa_t multiboot2_rsdp(void);

/* The index-th piece of RAM: the loader's memory map in its own order, without our image, the
 * modules, and the information structure itself. -ENOENT: no more. */
int multiboot2_ram(unsigned int index, pa_t *start, u64 *len);

#endif
#endif
