/* SPDX-License-Identifier: GPL-2.0-or-later */
/* VMCOREINFO, searched line by line in the note itself: nothing is kept. */
#include "dump/linux/vmcoreinfo.h"

#include <string.h>

#include "dump/source/source.h"

#define CHUNK 256
#define TEXT_MAX (64 * KIB) /* the kernel writes 4096 bytes today, newer ones may write more */
#define KEY_MAX 64
#define VALUE_MAX 24 /* digits beyond that make a number too large even without them */

/* The text as a byte stream over a small window. */
struct reader {
	struct source_note note;
	u64 at, have_from, have_to;
	char window[CHUNK];
};

/* False at the end of the note. */
static bool fill(struct reader *r)
{
	u64 n = MIN(r->note.len - r->at, (u64)CHUNK);

	if (r->at < r->have_to)
		return true;
	if (!n)
		return false;
	source_read_note(r->window, &r->note, r->at, n);
	r->have_from = r->at;
	r->have_to = r->at + n;
	return true;
}

static int next_char(struct reader *r)
{
	return fill(r) ? (u8)r->window[r->at++ - r->have_from] : -1;
}

/* Go on behind this line; false: the text ends in it. */
static bool next_line(struct reader *r)
{
	while (fill(r)) {
		const char *rest = r->window + (r->at - r->have_from);
		u64 n = r->have_to - r->at;
		const char *newline = memchr(rest, '\n', n);

		n = newline ? (u64)(newline - rest) : n;
		if (memchr(rest, '\0', n))
			return false;
		r->at += n + (newline != NULL);
		if (newline)
			return true;
	}
	return false;
}

/* Go on behind the first `key=` that begins a line. */
static bool find_value(struct reader *r, const char *key)
{
	int c;

	do {
		const char *k = key;

		for (c = next_char(r); *k && c == *k; c = next_char(r))
			k++;
		if (!*k && c == '=')
			return true;
	} while (c == '\n' || (c > 0 && next_line(r)));
	return false;
}

bool vmcoreinfo_get(const char *key, char *value, size_t size)
{
	struct reader r = { .at = 0 };
	size_t n = 0;
	int c;

	value[0] = '\0';
	if (source_vmcoreinfo(&r.note))
		return false;
	r.note.len = MIN(r.note.len, TEXT_MAX);
	if (!find_value(&r, key))
		return false;
	while ((c = next_char(&r)) > 0 && c != '\n')
		if (n + 1 < size)
			value[n++] = (char)c;
	value[n] = '\0';
	return true;
}

/* A digit's value, or `base` for what is none. */
static unsigned int digit_of(char c, unsigned int base)
{
	unsigned int d = c >= '0' && c <= '9'   ? (unsigned int)(c - '0')
			 : c >= 'a' && c <= 'f' ? (unsigned int)(c - 'a' + 10)
						: base;

	return MIN(d, base);
}

/* The text is digits from end to end, one at least, and fits *out. */
static bool parse_digits(const char *text, unsigned int base, u64 *out)
{
	u64 v = 0;

	for (const char *s = text; *s; s++) {
		unsigned int d = digit_of(*s, base);

		if (d == base || v > (~0ull - d) / base)
			return false;
		v = v * base + d;
	}
	*out = v;
	return *text != '\0';
}

u64 vmcoreinfo_number(const char *key, u64 missing)
{
	char text[VALUE_MAX];
	u64 v;

	return vmcoreinfo_get(key, text, sizeof(text)) && parse_digits(text, 10, &v) ? v : missing;
}

u64 vmcoreinfo_parse(const char *text, unsigned int base)
{
	bool minus = *text == '-';
	u64 v = 0;

	for (const char *s = text + minus; digit_of(*s, base) < base; s++)
		v = v * base + digit_of(*s, base);
	return minus ? -v : v;
}

bool vmcoreinfo_value(const char *kind, const char *name, u64 *out)
{
	const char *part[] = { kind, "(", name, ")" };
	char key[KEY_MAX], text[VALUE_MAX];
	const char *digits = text;
	unsigned int base = strcmp(kind, "SYMBOL") ? 10 : 16;
	size_t n = 0;
	u64 v;

	for (size_t i = 0; i < ARRAY_SIZE(part); i++) {
		size_t len = strlen(part[i]);

		if (len >= sizeof(key) - n)
			return false;
		memcpy(key + n, part[i], len + 1);
		n += len;
	}
	if (!vmcoreinfo_get(key, text, sizeof(text)))
		return false;
	bool minus = base == 10 && *digits == '-';
	digits += minus;
	if (digits[0] == '0' && digits[1] == 'x') {
		digits += 2;
		base = 16;
	}
	if (!parse_digits(digits, base, &v) || (minus && v > 1ull << 63))
		return false;
	*out = minus ? -v : v;
	return true;
}
