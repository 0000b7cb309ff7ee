/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is written of the crashed machine, and in which form: the command line's wishes as far as this
 * image and that kernel allow. */
#ifndef AFTERIMAGE_CONTAINER_H
#define AFTERIMAGE_CONTAINER_H

#include "config/config.h"
#include "dump/dump.h"

/* Decide it, once for all targets; what cannot be had is told. Needs kernel_va_init(). */
void container_prepare(const struct config *cfg);

/* Bytes that a target must be able to hold at least, the log's left aside; 0: nothing but the log is
 * written. */
u64 container_size(void);

/* Write it to a sink: in_place to a dump area, otherwise to a stream. *s becomes what finish() is to
 * be called of. 0, the sink's error, those of elf_write() and kdump_write(), or -ENODATA: there is no
 * log to be written. */
int container_write(struct sink **s, struct dump_stats *st, bool in_place);

/* Write the crashed kernel's log at the sink's offset 0. 0, the sink's error, -ENODATA. *bytes: its length. */
int container_write_log(struct sink *s, u64 *bytes);

/* Length of the log; 0: it cannot be decoded. */
u64 container_log_size(void);

#endif
