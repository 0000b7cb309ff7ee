// SPDX-License-Identifier: GPL-2.0-or-later
// afterimagectl dmesg: the crashed kernel's log, of a dump or a dump area.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "area/areafile.h"
#include "vmcore/crashlog.h"

static const char help[] =
    "usage: afterimagectl dmesg FILE|DEVICE\n"
    "\n"
    "Prints the crashed kernel's log: decoded from a dump (a cut one too, as far as it goes),\n"
    "or, of a dump area, what the capture kernel stored of it.\n";

/* The log may be a stranger's: nothing in it reaches the terminal but text. */
static int print_text(void *ctx, const char *text, size_t len)
{
	(void)ctx;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		putchar(c >= ' ' || c == '\n' || c == '\t' ? c : '?');
	}
	return 0;
}

static int print_section(const char *path, const struct input *in)
{
	static char buffer[64 * KIB];
	int err = 0;

	for (u64 at = 0; at < in->size && !err; at += sizeof(buffer)) {
		u64 n = MIN(in->size - at, sizeof(buffer));

		err = input_read(in, at, buffer, n);
		if (!err)
			print_text(NULL, buffer, n);
	}
	return err ? say_error(err, "%s", path) : 0;
}

static int print_dump(const char *path, const struct input *in)
{
	struct why why = { "" };
	struct dump d;
	int err = dump_open(&d, in, &why);

	if (!err)
		err = crashlog_decode(&d, print_text, NULL, &why);
	if (err)
		say("%s: %s", path, why.text[0] ? why.text : strerror(-err));
	dump_close(&d);
	return err;
}

static int print_area(const char *path, const struct areafile *a)
{
	const struct area_section *dmesg = areafile_find_section(a, AREA_SECTION_DMESG);
	const struct area_section *vmcore = areafile_find_section(a, AREA_SECTION_VMCORE);
	struct input in;

	if (dmesg && dmesg->flags & AREA_SECTION_WHOLE) {
		in = areafile_section(a, dmesg, dmesg->length);
		return print_section(path, &in);
	}
	if (!vmcore)
		return say_fail(-ENODATA, "%s: the dump area holds no log", path);
	in = areafile_section(a, vmcore, vmcore->length);
	return print_dump(path, &in);
}

static int run(int argc, char **argv)
{
	return areafile_or_dump(&cmd_dmesg, argc, argv, print_area, print_dump);
}

const struct command cmd_dmesg = {
	.name = "dmesg",
	.summary = "print the crashed kernel's log",
	.help = help,
	.run = run,
};
