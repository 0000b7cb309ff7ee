// SPDX-License-Identifier: GPL-2.0-or-later
// What kernel/dump asks of the crashed machine, answered out of a dump; and what is done with its
// log.
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "vmcore/crashlog.h"
#include "dump/linux/kernel_va.h"
#include "dump/source/oldmem.h"
#include "dump/source/source.h"
#include "log.h"
#include "output.h"

#define KERNEL_IMAGE_VA    0xffffffff80000000ull
#define KERNEL_IMAGE_BYTES GIB

/* A hostile log may name 64 million records, none of which is there. */
#define MISSING_MAX 1000000u

static const struct dump *crashed;
static struct why *told;
static unsigned int missing_pages; /* that were asked for */

/* A kdump file does not say where the kernel's image ends, only where it would begin. */
static bool next_kdump_load(u32 at, Elf64_Phdr *out)
{
	const struct kdump *k = &crashed->kdump;
	u64 end = k->max_mapnr << PAGE_SHIFT;

	if (at > 1 || (at == 1 && k->phys_base >= end))
		return false;
	memset(out, 0, sizeof(*out));
	out->p_type = PT_LOAD;
	out->p_vaddr = at ? KERNEL_IMAGE_VA : 0;
	out->p_paddr = out->p_offset = at ? k->phys_base : 0;
	out->p_memsz = at ? MIN(KERNEL_IMAGE_BYTES, end - k->phys_base) : end;
	out->p_filesz = out->p_memsz;
	return true;
}

bool source_next_load(u32 *at, Elf64_Phdr *out)
{
	const struct elfcore *e = &crashed->elf;

	if (crashed->container == CONTAINER_KDUMP)
		return next_kdump_load((*at)++, out);
	while (*at < e->count) {
		*out = e->phdr[(*at)++];
		if (out->p_type != PT_LOAD)
			continue;
		out->p_offset = out->p_paddr; /* oldmem_read() below knows no other place */
		return true;
	}
	return false;
}

bool source_next_load_in(u32 *at, enum load_key key, pa_t from, pa_t to, Elf64_Phdr *out)
{
	(void)key; /* both are the same here */
	while (source_next_load(at, out))
		if (ALIGN_DOWN(out->p_paddr, PAGE_SIZE) < to &&
		    ALIGN_UP(out->p_paddr + out->p_memsz, PAGE_SIZE) > from)
			return true;
	return false;
}

int source_vmcoreinfo(struct source_note *out)
{
	*out = (struct source_note){ .own = crashed->notes.vmcoreinfo,
				     .len = crashed->notes.vmcoreinfo_len };
	return out->own ? 0 : -ENOENT;
}

void source_read_note(void *dst, const struct source_note *n, u64 off, u64 len)
{
	memcpy(dst, (const char *)n->own + off, len);
}

unsigned int oldmem_read(void *dst, pa_t pa, u64 len)
{
	unsigned int missing = 0;
	u8 *to = dst;

	while (len) {
		u64 n = MIN(len, PAGE_SIZE - (pa & PAGE_MASK));

		if (missing_pages >= MISSING_MAX || dump_read_phys(crashed, pa, to, n)) {
			memset(to, 0, n);
			missing++;
		}
		to += n;
		pa += n;
		len -= n;
	}
	missing_pages += missing;
	return missing;
}

static void PRINTF(1, 0) keep(const char *fmt, va_list args)
{
	char text[sizeof(told->text)];

	format_v(text, sizeof(text), fmt, args);
	refuse(told, 0, "%s", text);
}

void log_info(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	keep(fmt, args);
	va_end(args);
}

void log_debug(const char *fmt, ...)
{
	(void)fmt;
}

int crashlog_decode(const struct dump *d, dmesg_fn *fn, void *ctx, struct why *why)
{
	crashed = d;
	told = why;
	missing_pages = 0;
	(void)kernel_va_init(); /* a cut dump may lack the page tables: static objects are read
				   without */
	return dmesg_decode(fn, ctx);
}

static void judge_line(struct panic_line *p)
{
	const char *panic, *bug, *oops;

	p->buffer[p->used] = '\0';
	p->used = 0;
	panic = strstr(p->buffer, "Kernel panic - not syncing");
	bug = strstr(p->buffer, "BUG: ");
	if (!bug)
		bug = strstr(p->buffer, "kernel BUG at ");
	oops = strstr(p->buffer, "Oops: ");
	if (!oops)
		oops = strstr(p->buffer, "general protection fault");
	if (p->panic || !(panic || bug || (oops && !p->bug)))
		return;
	if (panic && p->line[0] && strstr(panic, "Fatal exception"))
		return; /* what the exception was says more */
	p->panic = panic;
	p->bug = bug;
	oops = panic ? panic : bug ? bug : oops;
	clean_text(p->line, sizeof(p->line), oops, strlen(oops));
}

int panic_line_feed(void *panic_line, const char *text, size_t len)
{
	struct panic_line *p = panic_line;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\n')
			judge_line(p);
		else if (p->used + 1 < sizeof(p->buffer))
			p->buffer[p->used++] = text[i];
	}
	return 0;
}

void crashlog_read(const struct input *in, struct panic_line *panic)
{
	char buffer[4 * KIB];

	for (u64 at = 0; at < in->size; at += sizeof(buffer)) {
		u64 n = MIN(in->size - at, sizeof(buffer));

		if (input_read(in, at, buffer, n))
			return;
		panic_line_feed(panic, buffer, n);
	}
}

struct writer {
	struct output out;
	struct panic_line *panic;
	u64 at;
	u32 used;
	char buffer[16 * KIB];
};

static int writer_flush(struct writer *w)
{
	int err = output_write(&w->out, w->at, w->buffer, w->used, true);

	w->at += w->used;
	w->used = 0;
	return err;
}

static int writer_take(void *ctx, const char *text, size_t len)
{
	struct writer *w = ctx;
	int err = panic_line_feed(w->panic, text, len);

	while (len && !err) {
		size_t n = MIN(len, sizeof(w->buffer) - w->used);

		memcpy(w->buffer + w->used, text, n);
		w->used += (u32)n;
		text += n;
		len -= n;
		if (w->used == sizeof(w->buffer))
			err = writer_flush(w);
	}
	return err;
}

void crashlog_store(const struct dump *d, int dir, const char *where, struct panic_line *panic)
{
	static struct writer w;
	struct why why = { "" };
	int err;

	if (output_create(&w.out, dir, CRASHLOG_TEMP))
		return;
	w.at = w.used = 0;
	w.panic = panic;
	err = crashlog_decode(d, writer_take, &w, &why);
	if ((err == -ENOENT || err == -EFAULT) && (w.at || w.used))
		err = 0;
	if (!err)
		err = writer_flush(&w);
	if (err)
		say("%s: no log: %s", where, why.text[0] ? why.text : strerror(-err));
	else
		(void)output_commit(&w.out, CRASHLOG_NAME);
	output_discard(&w.out);
}
