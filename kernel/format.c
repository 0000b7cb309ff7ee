/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A small vsnprintf for console lines. */
#include <string.h>

#include "log.h"

struct out {
	char *buf;
	size_t size, at;
};

static void put(struct out *o, char c)
{
	if (o->at + 1 < o->size)
		o->buf[o->at] = c;
	o->at++;
}

struct spec {
	bool left, zero;
	int width, precision; /* precision < 0: none */
};

static void put_padded(struct out *o, const struct spec *s, const char *text, size_t len)
{
	int pad = s->width > (int)len ? s->width - (int)len : 0;

	if (!s->left)
		for (int i = 0; i < pad; i++)
			put(o, s->zero ? '0' : ' ');
	for (size_t i = 0; i < len; i++)
		put(o, text[i]);
	if (s->left)
		for (int i = 0; i < pad; i++)
			put(o, ' ');
}

static void put_number(struct out *o, const struct spec *s, u64 v, unsigned int base, bool negative)
{
	char text[24];
	size_t at = sizeof(text);

	do {
		text[--at] = "0123456789abcdef"[v % base];
		v /= base;
	} while (v);
	if (negative && s->zero && !s->left) { /* the sign stands before the zeros */
		struct spec rest = *s;

		put(o, '-');
		rest.width--;
		put_padded(o, &rest, text + at, sizeof(text) - at);
		return;
	}
	if (negative)
		text[--at] = '-';
	put_padded(o, s, text + at, sizeof(text) - at);
}

static const char *parse_spec(struct spec *s, const char *f, va_list *ap)
{
	*s = (struct spec){ .precision = -1 };
	for (; *f == '-' || *f == '0'; f++)
		*(*f == '-' ? &s->left : &s->zero) = true;
	for (; *f >= '0' && *f <= '9'; f++)
		s->width = s->width * 10 + (*f - '0');
	if (*f == '.') {
		s->precision = 0;
		if (*++f == '*') {
			s->precision = va_arg(*ap, int);
			f++;
		}
		for (; *f >= '0' && *f <= '9'; f++)
			s->precision = s->precision * 10 + (*f - '0');
	}
	return f;
}

static void put_arg(struct out *o, const struct spec *s, char conv, bool wide, va_list *ap)
{
	const char *text;
	char c;

	switch (conv) {
	case 'd': {
		s64 v = wide ? va_arg(*ap, s64) : va_arg(*ap, int);

		put_number(o, s, v < 0 ? -(u64)v : (u64)v, 10, v < 0);
		break;
	}
	case 'u':
	case 'x':
		put_number(o, s, wide ? va_arg(*ap, u64) : va_arg(*ap, unsigned int),
		           conv == 'u' ? 10 : 16, false);
		break;
	case 'p':
		put_number(o, s, (u64)va_arg(*ap, void *), 16, false);
		break;
	case 'c':
		c = (char)va_arg(*ap, int);
		put_padded(o, s, &c, 1);
		break;
	case 's':
		text = va_arg(*ap, const char *);
		if (!text)
			text = "(null)";
		put_padded(o, s, text,
		           s->precision >= 0 ? strnlen(text, (size_t)s->precision) : strlen(text));
		break;
	default:
		put(o, conv);
	}
}

int format_v(char *buf, size_t size, const char *fmt, va_list args)
{
	struct out o = { .buf = buf, .size = size };
	va_list ap;

	va_copy(ap, args);
	for (const char *f = fmt; *f; f++) {
		struct spec s;
		bool wide = false;

		if (*f != '%') {
			put(&o, *f);
			continue;
		}
		f = parse_spec(&s, f + 1, &ap);
		for (; *f == 'l' || *f == 'z'; f++)
			wide = true;
		if (!*f)
			break;
		put_arg(&o, &s, *f, wide, &ap);
	}
	va_end(ap);
	if (size)
		buf[MIN(o.at, size - 1)] = '\0';
	return (int)o.at;
}

int format(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = format_v(buf, size, fmt, ap);
	va_end(ap);
	return n;
}
