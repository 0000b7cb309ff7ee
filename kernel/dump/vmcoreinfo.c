/* SPDX-License-Identifier: GPL-2.0-or-later */
/* VMCOREINFO, searched line by line in the note itself: nothing is kept. */
#include "dump/vmcoreinfo.h"

#include <string.h>

#include "dump/source.h"

#define CHUNK 256
#define TEXT_MAX (64 * KIB) /* the kernel writes 4096 bytes today, newer ones may write more */

/* The text as a byte stream over a small window. */
struct reader {
	struct source_note note;
	u64 at, have_from, have_to;
	char window[CHUNK];
};

static int next_char(struct reader *r)
{
	if (r->at >= r->note.len)
		return -1;
	if (r->at >= r->have_to) {
		u64 n = MIN(r->note.len - r->at, (u64)CHUNK);

		source_read_note(r->window, &r->note, r->at, n);
		r->have_from = r->at;
		r->have_to = r->at + n;
	}
	return (u8)r->window[r->at++ - r->have_from];
}

bool vmcoreinfo_get(const char *key, char *value, size_t size)
{
	struct reader r = { .at = 0 };
	size_t key_len = strlen(key), matched = 0, n = 0;
	bool candidate = true, in_value = false;
	int c;

	value[0] = '\0';
	if (source_vmcoreinfo(&r.note))
		return false;
	r.note.len = MIN(r.note.len, TEXT_MAX);
	while ((c = next_char(&r)) > 0) {
		if (c == '\n') {
			if (in_value)
				break;
			candidate = true;
			matched = 0;
		} else if (in_value) {
			if (n + 1 < size)
				value[n++] = (char)c;
		} else if (candidate && matched == key_len) {
			in_value = c == '=';
			candidate = in_value;
		} else {
			candidate = candidate && c == key[matched++];
		}
	}
	value[n] = '\0';
	return in_value;
}

u64 vmcoreinfo_number(const char *key, u64 missing)
{
	char text[24];
	u64 v = 0;

	if (!vmcoreinfo_get(key, text, sizeof(text)) || !text[0])
		return missing;
	for (const char *p = text; *p; p++) {
		if (*p < '0' || *p > '9' || v > (~0ull - 9) / 10)
			return missing;
		v = v * 10 + (u64)(*p - '0');
	}
	return v;
}

u64 vmcoreinfo_parse(const char *text, unsigned int base)
{
	bool minus = *text == '-';
	u64 v = 0;

	for (const char *s = text + minus; *s; s++) {
		unsigned int d = *s >= '0' && *s <= '9'   ? (unsigned int)(*s - '0')
				 : *s >= 'a' && *s <= 'f' ? (unsigned int)(*s - 'a' + 10)
							  : base;
		if (d >= base)
			break;
		v = v * base + d;
	}
	return minus ? -v : v;
}
