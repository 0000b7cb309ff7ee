/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ELF notes of a dump: registers of the CPUs, and the VMCOREINFO text. */
#ifndef AFTERIMAGECTL_NOTES_H
#define AFTERIMAGECTL_NOTES_H

#include "ctl.h"
#include "input.h"

#define VMCOREINFO_MAX (1u << 20)

/* What the notes of a dump say. The text is allocated, NUL-terminated, NULL if there is none. */
struct notes {
	u32 cpus; /* NT_PRSTATUS notes */
	char *vmcoreinfo;
	size_t vmcoreinfo_len;
};

/* Add the notes at [off, off+len) of the input; a damaged or cut tail is left out. */
void notes_read(struct notes *n, const struct input *in, u64 off, u64 len);

/* Take VMCOREINFO text at [off, off+len), if there is none yet. */
void notes_take_vmcoreinfo(struct notes *n, const struct input *in, u64 off, u64 len);
void notes_free(struct notes *n);

/* The value of the line `key=`: copied to value, cut to size - 1. False: no such line. */
bool notes_text(const struct notes *n, const char *key, char *value, size_t size);

/* The same as a number: base 10 or 16, a sign and 0x allowed. False: none, or not a number. */
bool notes_number(const struct notes *n, const char *key, int base, u64 *value);

#endif
