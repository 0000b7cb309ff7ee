/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is written of the crashed machine, and in which form. */
#include "dump/format/container.h"

#include "dump/format/flatten.h"
#include "dump/format/kdump.h"
#include "dump/linux/dmesg.h"
#include "dump/linux/filter.h"
#include "life/life.h"
#include "log.h"

static struct {
	enum dump_format format;
	unsigned int level; /* in force */
	enum codec codec;
} container;

static enum codec codec_choose(enum codec wanted)
{
	enum codec c = wanted;

	if (codec_built_in(wanted))
		return wanted;
	c = codec_built_in(CODEC_LZO) ? CODEC_LZO : CODEC_NONE;
	log_info("dump.compress=%s: not in this image, %s is used", codec_name(wanted), codec_name(c));
	return c;
}

void container_prepare(const struct config *cfg)
{
	container.format = cfg->format;
	container.codec = CODEC_NONE;
	if (life_begin(LIFE_COMPRESS) && cfg->format == FORMAT_KDUMP)
		container.codec = codec_choose(cfg->codec);
	container.level = 0;
	if (life_begin(LIFE_FILTER) && cfg->format != FORMAT_DMESG)
		container.level = filter_init(cfg->level);
	if (cfg->format == FORMAT_ELF)
		elf_prepare(container.level); /* out of time: run_targets() sees it too */
	life_begin(LIFE_ALL);
}

u64 container_size(void)
{
	switch (container.format) {
	case FORMAT_ELF:
		return elf_size();
	case FORMAT_KDUMP:
		return kdump_size_min();
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
	int err = life_begin(LIFE_LOG) ? dmesg_decode(log_piece, &count) : -ENODATA;

	life_begin(LIFE_ALL);
	return err ? 0 : count.off;
}

int container_write_log(struct sink *s, u64 *bytes)
{
	struct log_writer w = { .sink = s };
	int err = life_begin(LIFE_LOG) ? dmesg_decode(log_piece, &w) : -ENODATA;

	life_begin(LIFE_ALL);
	*bytes = w.off;
	return err == -ENOENT || err == -EFAULT ? -ENODATA : err;
}

int container_write(struct sink **s, struct dump_stats *st, bool in_place)
{
	switch (container.format) {
	case FORMAT_ELF:
		return elf_write(*s, st);
	case FORMAT_KDUMP:
		if (!in_place)
			*s = flatten_begin(*s);
		return kdump_write(*s, st, container.level, container.codec, in_place);
	case FORMAT_DMESG:
		break;
	}
	return container_write_log(*s, &st->total);
}
