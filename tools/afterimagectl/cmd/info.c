// SPDX-License-Identifier: GPL-2.0-or-later
// afterimagectl info: what a dump is, or what a dump area holds.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "area/areafile.h"
#include "vmcore/check.h"
#include "vmcore/crashlog.h"

#define RANGES_SHOWN 64u

static const char help[] =
    "usage: afterimagectl info FILE|DEVICE\n"
    "\n"
    "Tells what a dump is: container, release, crash time, why the kernel died, level,\n"
    "compression, ranges, pages, CPUs, what symbols need, whether it is whole; or, of a dump\n"
    "area, its UUID, state and sections, and the dump in it.\n";

static void print_line(const char *name, const char *value)
{
	printf("%-13s %s\n", name, value && *value ? value : "unknown");
}

static void print_when(const char *name, u64 seconds)
{
	char when[32];

	print_time(when, seconds);
	if (seconds)
		printf("%-13s %s (%llu)\n", name, when, seconds);
	else
		print_line(name, NULL);
}

static void print_ranges(const struct dump *d, const struct check *c)
{
	printf("%-13s %llu\n", "ranges:", c->ranges);
	for (u32 i = 0; i < d->elf.count; i++) {
		const Elf64_Phdr *p = &d->elf.phdr[i];

		if (p->p_type == PT_LOAD && c->ranges <= RANGES_SHOWN)
			printf("  0x%012llx-0x%012llx at 0x%016llx\n", p->p_paddr,
			       p->p_paddr + p->p_memsz, p->p_vaddr);
	}
	printf("%-13s %llu of %llu in RAM\n", "pages:", c->pages, c->ram);
}

static void print_kdump(const struct dump *d, const struct check *c)
{
	static const struct {
		u32 flag;
		const char *name;
	} codec[] = { { KDUMP_ZLIB, "zlib" },
		      { KDUMP_LZO, "lzo" },
		      { KDUMP_SNAPPY, "snappy" },
		      { KDUMP_ZSTD, "zstd" } };
	const char *name = "none";

	if (d->container != CONTAINER_KDUMP)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(codec); i++)
		if (d->kdump.status & codec[i].flag)
			name = codec[i].name;
	printf("%-13s %d\n", "level:", d->kdump.level);
	printf("%-13s %s (%llu pages)\n", "compression:", name, c->compressed);
}

/* What finds symbols and translates addresses. */
static void print_kernel(const struct notes *n)
{
	char text[64];
	u64 value;

	if (notes_text(n, "BUILD-ID", text, sizeof(text)))
		print_line("BUILD-ID:", text);
	if (notes_number(n, "KERNELOFFSET", 16, &value))
		printf("%-13s 0x%llx\n", "KERNELOFFSET:", value);
	if (notes_number(n, "NUMBER(phys_base)", 10, &value))
		printf("%-13s %s0x%llx\n", "phys_base:", (s64)value < 0 ? "-" : "",
		       (s64)value < 0 ? -value : value);
	if (n->vmcoreinfo)
		printf("%-13s %d levels\n", "page tables:",
		       notes_number(n, "NUMBER(pgtable_l5_enabled)", 10, &value) && value ? 5 : 4);
}

static int print_dump(const char *path, const struct input *in)
{
	struct panic_line panic = { .used = 0 };
	struct why why = { "" }, no_log = { "" };
	struct check c;
	struct dump d;
	int err = dump_open(&d, in, &why);

	if (err) {
		dump_close(&d);
		return say_fail(err, "%s: %s", path, why.text);
	}
	err = check_dump(&c, &d, false);
	(void)crashlog_decode(&d, panic_line_feed, &panic, &no_log);
	printf("%-13s %s%s\n", "container:", d.flattened ? "flattened " : "",
	       container_name(d.container));
	print_line("release:", d.release);
	print_line("nodename:", d.nodename);
	print_when("crash time:", d.crash_time);
	print_line("panic line:", panic.line);
	print_kdump(&d, &c);
	print_ranges(&d, &c);
	if (c.lost)
		printf("%-13s %llu pages\n", "lost:", c.lost);
	printf("%-13s %llu\n", "bytes:", d.in.size);
	printf("%-13s %u with notes\n", "CPUs:", d.notes.cpus);
	print_kernel(&d.notes);
	printf("%-13s %s%s\n", "complete:", err ? "no: " : "yes",
	       err ? c.why.text[0] ? c.why.text : strerror(-err) : "");
	dump_close(&d);
	return 0;
}

static const char *section_name(u32 type)
{
	switch (type) {
	case AREA_SECTION_DMESG:
		return "dmesg";
	case AREA_SECTION_VMCORE:
		return "vmcore";
	case AREA_SECTION_FAILURE:
		return "failure";
	}
	return "unknown";
}

static int print_area(const char *path, const struct areafile *a)
{
	const struct area_section *vmcore = areafile_find_section(a, AREA_SECTION_VMCORE);
	const struct area_section *dmesg = areafile_find_section(a, AREA_SECTION_DMESG);
	struct panic_line panic = { .used = 0 };
	struct input in;
	char uuid[37];

	area_uuid_print(a->stamp.uuid, uuid);
	print_line("dump area:", uuid);
	printf("%-13s %llu\n", "starts at:", a->extents.start);
	if (a->extents.n > 1)
		printf("%-13s %u\n", "extents:", a->extents.n);
	printf("%-13s %llu\n", "room:", a->stamp.area_size - AREA_DATA_OFF);
	if (a->current < 0)
		return say_fail(-EBADMSG, "%s: both headers of the dump area are damaged", path);
	print_line("state:", area_state_name(a->header.state));
	if (a->header.state == AREA_EMPTY)
		return 0;
	print_when("dump of:", a->header.time);
	printf("%-13s %llu\n", "settled:", a->header.settled);
	if (!vmcore && dmesg && dmesg->flags & AREA_SECTION_WHOLE) {
		in = areafile_section(a, dmesg, dmesg->length);
		crashlog_read(&in, &panic);
		print_line("panic line:", panic.line);
	}
	for (u32 i = 0; i < a->header.section_count; i++) {
		const struct area_section *s = &a->header.section[i];

		printf("%-13s %s, %llu bytes%s\n", "section:", section_name(s->type), s->length,
		       s->flags & AREA_SECTION_WHOLE ? "" : " planned");
	}
	if (!vmcore)
		return 0;
	in = areafile_section(a, vmcore, vmcore->length);
	if (a->header.state != AREA_COMPLETE) {
		puts("of the dump in progress, as far as it can be told:");
		(void)print_dump(path, &in); /* it need not have begun */
		return 0;
	}
	return print_dump(path, &in);
}

static int run(int argc, char **argv)
{
	return areafile_or_dump(&cmd_info, argc, argv, print_area, print_dump);
}

const struct command cmd_info = {
	.name = "info",
	.summary = "tell what a dump or a dump area is",
	.help = help,
	.run = run,
};
