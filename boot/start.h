/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The linker's symbols and what the first C function learned from the loader. */
#ifndef AFTERIMAGE_START_H
#define AFTERIMAGE_START_H

#include "base.h"

extern char __image_start[], __text_end[], __rodata_end[], __image_end[];
extern char main_stack_guard[], main_stack_end[];

enum loader { LOADER_KEXEC_LOAD, LOADER_KEXEC_FILE_LOAD, LOADER_MULTIBOOT2 };

/* What the loader handed over; survives a second life. */
struct boot_record {
	pa_t info;            /* boot_params, or the multiboot2 information */
	enum loader loader;
};
extern struct boot_record boot_record;

/* The end of every run that failed: says `dump failed: reason` and takes the failure action. */
void start_failed(const char *reason) NORETURN;

/* kernel/main.c: the whole story. */
void main(void) NORETURN;

#endif
