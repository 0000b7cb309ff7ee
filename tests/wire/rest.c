/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What kernel/run.c finds around it in the kernel, for the sender: a console, a disk that takes
 * everything, a life without faults. */
#include <stdio.h>
#include <stdlib.h>

#include "boot/start.h"
#include "drivers/iommu/iommu.h"
#include "dump/disk/disk_sink.h"
#include "dump/linux/dmesg.h"
#include "dump/linux/vmcoreinfo.h"
#include "life/failure.h"
#include "life/last_failure.h"
#include "life/life.h"
#include "log.h"

static void line_print(const char *fmt, va_list ap)
{
	fputs("afterimage: ", stdout);
	vprintf(fmt, ap);
	putchar('\n');
}

#define DEFINE_LOG(name)                                                                           \
	void name(const char *fmt, ...)                                                            \
	{                                                                                          \
		va_list ap;                                                                        \
		va_start(ap, fmt);                                                                 \
		line_print(fmt, ap);                                                               \
		va_end(ap);                                                                        \
	}
DEFINE_LOG(log_always)
DEFINE_LOG(log_info)
void log_debug(const char *fmt, ...) { (void)fmt; }
void log_set_level(enum log_level level) { (void)level; }

void panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	line_print(fmt, ap);
	va_end(ap);
	fflush(stdout);
	abort();
}

/* A disk that takes everything: the target behind the network. */
static int disk_write(struct sink *s, u64 off, const void *buf, u32 len)
{
	(void)off, (void)buf;
	s->accepted = s->settled += len;
	return 0;
}

static int disk_finish(struct sink *s, int status)
{
	(void)s;
	return status;
}

static const struct sink_ops disk_ops = { .write = disk_write, .finish = disk_finish };

int disk_sink_open(struct sink **out, const struct config *cfg, const struct target *t, u64 dump_bytes,
                   u64 crash_time, bool copy_mode, char reason[DISK_REASON_MAX])
{
	static struct sink disk;

	(void)cfg, (void)t, (void)dump_bytes, (void)crash_time, (void)copy_mode, (void)reason;
	disk = (struct sink){ .ops = &disk_ops };
	*out = &disk;
	return 0;
}

u64 disk_sink_room(const struct sink *s) { (void)s; return ~0ull; }

int disk_sink_section(struct sink *s, enum area_section_type type, u64 planned)
{
	(void)s, (void)type, (void)planned;
	return 0;
}

bool iommu_refused(char device[16]) { (void)device; return false; }
int dmesg_lines(u64 last, dmesg_line_fn *fn) { (void)last, (void)fn; return 0; }
u64 vmcoreinfo_number(const char *name, u64 otherwise) { (void)name; return otherwise; }

bool life_begin(enum life_part part) { (void)part; return true; }
void life_target(int index) { (void)index; }
const struct life_fault *life_fault(void) { return NULL; }

void failure_begin(void) {}
void failure_device(const char *fmt, ...) { (void)fmt; }
void failure_add(const char *target, int target_len, const char *reason) { (void)target, (void)target_len, (void)reason; }
void last_failure_save(const struct config *cfg, const struct target *done) { (void)cfg, (void)done; }
void start_failed(const char *reason) { panic("%s", reason); }

void failure_at(enum failure_phase phase, int err, u64 accepted, u64 settled)
{
	(void)phase, (void)err, (void)accepted, (void)settled;
}
