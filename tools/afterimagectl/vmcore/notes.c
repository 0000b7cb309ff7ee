// SPDX-License-Identifier: GPL-2.0-or-later
// Walks ELF notes and looks lines up in VMCOREINFO.
#include <errno.h>
#include <linux/elf.h>
#include <stdlib.h>
#include <string.h>

#include "vmcore/notes.h"

#define NAME_MAX_BYTES 16u
#define NOTES_MAX      (64 * MIB) /* 8192 CPUs have 3 MiB */

void notes_take_vmcoreinfo(struct notes *n, const struct input *in, u64 off, u64 len)
{
	char *text;

	if (n->vmcoreinfo || !len || len > VMCOREINFO_MAX)
		return;
	text = malloc(len + 1);
	if (text && !input_read(in, off, text, len)) {
		text[len] = '\0';
		n->vmcoreinfo = text;
		n->vmcoreinfo_len = strlen(text); /* the kernel pads it with NULs */
	} else {
		free(text);
	}
}

void notes_read(struct notes *n, const struct input *in, u64 off, u64 len)
{
	u64 at = 0;

	if (off > in->size)
		return;
	len = MIN(len, MIN(in->size - off, NOTES_MAX));
	while (len - at >= sizeof(Elf64_Nhdr)) {
		char name[NAME_MAX_BYTES] = "";
		Elf64_Nhdr h;
		u64 desc, next;

		if (input_read(in, off + at, &h, sizeof(h)))
			return;
		desc = at + sizeof(h) + ALIGN_UP(h.n_namesz, 4);
		next = desc + ALIGN_UP(h.n_descsz, 4);
		if (!h.n_namesz || next > len)
			return;
		if (h.n_namesz <= sizeof(name) &&
		    input_read(in, off + at + sizeof(h), name, h.n_namesz))
			return;
		name[sizeof(name) - 1] = '\0';
		if (!strcmp(name, "CORE") && h.n_type == NT_PRSTATUS)
			n->cpus++;
		else if (!strcmp(name, "VMCOREINFO"))
			notes_take_vmcoreinfo(n, in, off + desc, h.n_descsz);
		at = next;
	}
}

void notes_free(struct notes *n)
{
	free(n->vmcoreinfo);
	memset(n, 0, sizeof(*n));
}

bool notes_text(const struct notes *n, const char *key, char *value, size_t size)
{
	size_t key_len = strlen(key);
	const char *line = n->vmcoreinfo;

	while (line && *line) {
		size_t len = strcspn(line, "\n");

		if (len > key_len && !strncmp(line, key, key_len) && line[key_len] == '=') {
			clean_text(value, size, line + key_len + 1, len - key_len - 1);
			return true;
		}
		line += len + (line[len] == '\n');
	}
	return false;
}

bool notes_number(const struct notes *n, const char *key, int base, u64 *value)
{
	char text[32], *end;

	if (!notes_text(n, key, text, sizeof(text)))
		return false;
	if (base == 10 && !strncmp(text, "0x", 2))
		base = 16;
	errno = 0;
	*value = text[0] == '-' ? (u64)strtoll(text, &end, base) : strtoull(text, &end, base);
	return end != text && !*end && !errno;
}
