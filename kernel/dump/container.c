/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is written of the crashed machine, and in which form. */
#include "dump/container.h"

#include "dump/dmesg.h"
#include "dump/filter.h"
#include "log.h"

static struct {
	enum dump_format format;
	unsigned int level; /* in force */
} container;

void container_prepare(const struct config *cfg)
{
	container.format = cfg->format;
	container.level = cfg->format == FORMAT_DMESG ? 0 : filter_init(cfg->level);
	if (cfg->format == FORMAT_ELF)
		elf_prepare(container.level); /* out of time: run_targets() sees it too */
}

u64 container_size(void)
{
	switch (container.format) {
	case FORMAT_ELF:
		return elf_size();
	case FORMAT_KDUMP:
	case FORMAT_DMESG:
		break;
	}
	return 0;
}

struct log_writer {
	struct sink *sink;
	u64 off;
};

static int log_piece(void *ctx, const char *text, size_t len)
{
	struct log_writer *w = ctx;
	int err = w->sink ? w->sink->ops->write(w->sink, w->off, text, (u32)len) : 0;

	w->off += len;
	return err;
}

u64 container_log_size(void)
{
	struct log_writer count = { .sink = NULL };

	return dmesg_decode(log_piece, &count) ? 0 : count.off;
}

int container_write_log(struct sink *s, u64 *bytes)
{
	struct log_writer w = { .sink = s };
	int err = dmesg_decode(log_piece, &w);

	*bytes = w.off;
	return err == -ENOENT || err == -EFAULT ? -ENODATA : err;
}

int container_write(struct sink **s, struct dump_stats *st, bool in_place)
{
	(void)in_place;
	switch (container.format) {
	case FORMAT_ELF:
		return elf_write(*s, st);
	case FORMAT_KDUMP:
	case FORMAT_DMESG:
		break;
	}
	return container_write_log(*s, &st->total);
}
