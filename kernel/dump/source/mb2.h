/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The other kind of source (source.h): RAM by the multiboot2 memory map, for a machine that died with
 * nothing armed and was reset warm. */
#ifndef AFTERIMAGE_SOURCE_MB2_H
#define AFTERIMAGE_SOURCE_MB2_H

#include "dump/source/source.h"

int source_mb2_init(void);
void source_mb2_scan(void);
bool source_mb2_load(u32 *at, struct elf64_phdr *out);
bool source_mb2_note(u32 *at, struct source_note *out);

#endif
