/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the loader left in memory: boot_params of kexec, or the multiboot2 information. */
#ifndef AFTERIMAGE_HANDOVER_H
#define AFTERIMAGE_HANDOVER_H

#include "config/config.h"

/* Copy the command line (NUL-terminated, kept for good) and find out which of the kexec loaders it
 * was. */
const char *handover_read(void);

/* "kexec_load", "kexec_file_load", "multiboot2" */
const char *handover_loader_name(void);

/* The loader's piece of RAM that holds our image: the reservation, with what the loader put there. False:
 * boot_params do not say. */
bool handover_reservation(pa_t *start, u64 *len);

/* What the loader was given as an initrd: its length, 0: nothing. */
u64 handover_initrd(pa_t *pa);

/* acpi_rsdp= if given, else the loader's, else 0. */
pa_t handover_rsdp(const struct config *c);

#endif
