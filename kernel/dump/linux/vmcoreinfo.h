/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the crashed kernel says of itself: text lines NAME=VALUE of the VMCOREINFO note
 * (Documentation/admin-guide/kdump/vmcoreinfo.rst). */
#ifndef AFTERIMAGE_VMCOREINFO_H
#define AFTERIMAGE_VMCOREINFO_H

#include "base.h"

/* The value of the first line that begins with `key` and '=': NUL-terminated, cut to `size`. False,
 * and an empty string, when there is none. */
bool vmcoreinfo_get(const char *key, char *value, size_t size);

/* A decimal value; `missing` where the line is absent or not a number. */
u64 vmcoreinfo_number(const char *key, u64 missing);

/* What a value's text says: digits of base 10 or 16 up to the first character that is none, perhaps
 * with a minus sign in front. */
u64 vmcoreinfo_parse(const char *text, unsigned int base);

/* The value of the line KIND(name)=, as in SYMBOL(prb), OFFSET(page.flags), NUMBER(phys_base):
 * SYMBOL in hexadecimal, the others decimal, perhaps with a minus sign (two's complement in *out),
 * or 0x and hexadecimal. False, and *out as it was: no such line, or its value is no number or does
 * not fit 64 bits. */
bool vmcoreinfo_value(const char *kind, const char *name, u64 *out);

#endif
