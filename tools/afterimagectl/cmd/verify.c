// SPDX-License-Identifier: GPL-2.0-or-later
// afterimagectl verify: is a dump whole, and does it hold what was in RAM?
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vmcore/check.h"
#include "vmcore/ram.h"

static const char help[] =
    "usage: afterimagectl verify [--ram FILE [--ram-split BYTES] [--list FILE]] FILE\n"
    "\n"
    "Checks the structure of a dump (ELF, kdump, or either flattened) end to end, and that\n"
    "every compressed page decodes.\n"
    "\n"
    "  --ram FILE         compare each page that the dump holds with a raw image of the\n"
    "                     machine's RAM, as QEMU's memory-backend-file leaves it\n"
    "  --ram-split BYTES  where RAM below 4 GiB ends, and the part at 4 GiB follows in the\n"
    "                     image; default as QEMU q35: 0x80000000 if the image has\n"
    "                     0xb0000000 bytes or more, else all of it lies below\n"
    "  --list FILE        write the address of each page that differs there\n";

struct options {
	const char *ram, *list;
	u64 split; /* 0: the default */
};

static int verify_structure(const char *path, const struct dump *d)
{
	struct check c;
	int err = check_dump(&c, d, true);

	if (err && c.undecodable)
		say("%s: %llu of %llu compressed pages do not decode", path, c.undecodable,
		    c.compressed);
	if (err)
		return say_fail(err, "%s: %s", path, c.why.text[0] ? c.why.text : strerror(-err));
	if (c.overlapping)
		return say_fail(-EBADMSG,
				"%s: %llu bytes are in it more than once: readers will not agree",
				path, c.overlapping);
	printf("structure: whole (%s%s, %llu pages, %llu bytes)\n",
	       d->flattened ? "flattened " : "", container_name(d->container), c.pages, d->in.size);
	if (c.compressed)
		printf("decoded: all %llu compressed pages\n", c.compressed);
	return 0;
}

static void print_result(const struct ram_result *r)
{
	u64 shown = MIN(r->differing, (u64)ARRAY_SIZE(r->first));

	printf("pages: %llu kept, %llu compared, %llu equal, %llu differing (%llu below 1 MiB), "
	       "%llu not in RAM\n",
	       r->kept, r->equal + r->differing, r->equal, r->differing, r->differing_low,
	       r->absent);
	for (u64 i = 0; i < shown; i++)
		printf("differs: 0x%llx\n", r->first[i]);
	if (shown < r->differing)
		printf("differs: ... and %llu more\n", r->differing - shown);
}

static int compare(const struct options *o, const struct dump *d)
{
	struct ram ram;
	struct ram_result r;
	FILE *list = NULL;
	int fd = input_open(&ram.in, o->ram), err = 0;

	if (fd < 0)
		return fd;
	ram.split = o->split ? o->split : ram_default_split(ram.in.size);
	if (o->list && !(list = fopen(o->list, "w")))
		err = say_error(-errno, "%s", o->list);
	if (!err)
		err = ram_compare(&r, &ram, d, list);
	if (list && fclose(list) && !err)
		err = say_error(-errno, "%s", o->list);
	close(fd);
	if (err)
		return err;
	print_result(&r);
	if (r.undecodable)
		say("%llu pages do not decode and were not compared", r.undecodable);
	return r.differing || r.undecodable || !r.equal ? -EBADMSG : 0;
}

static int verify(const char *path, const struct options *o)
{
	struct why why = { "" };
	struct input in;
	struct dump d;
	int fd = input_open(&in, path), err, differ = 0;

	if (fd < 0)
		return fd;
	err = dump_open(&d, &in, &why);
	if (err)
		say("%s: %s", path, why.text);
	else
		err = verify_structure(path, &d);
	if (o->ram && (!err || d.kdump.status & KDUMP_INCOMPLETE))
		differ = compare(o, &d);
	dump_close(&d);
	close(fd);
	return err ? err : differ;
}

static bool parse_bytes(const char *text, u64 *bytes)
{
	char *end;

	errno = 0;
	*bytes = strtoull(text, &end, 0);
	return end != text && !*end && !errno && text[0] != '-' && *bytes && *bytes <= 4 * GIB;
}

static int run(int argc, char **argv)
{
	static const struct option options[] = { { "ram", required_argument, NULL, 'r' },
						 { "ram-split", required_argument, NULL, 's' },
						 { "list", required_argument, NULL, 'l' },
						 COMMON_OPTIONS };
	struct options o = { 0 };
	int c;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) >= 0) {
		switch (c) {
		case 'r':
			o.ram = optarg;
			break;
		case 's':
			if (!parse_bytes(optarg, &o.split))
				return command_misuse(&cmd_verify, "--ram-split %s: 1 to 4 GiB",
						      optarg);
			break;
		case 'l':
			o.list = optarg;
			break;
		default:
			return command_option(&cmd_verify, c);
		}
	}
	if (argc - optind != 1)
		return command_misuse(&cmd_verify, "exactly one dump");
	if (!o.ram && (o.split || o.list))
		return command_misuse(&cmd_verify, "--ram-split and --list need --ram");
	return verify(argv[optind], &o) ? CTL_FAILED : CTL_DONE;
}

const struct command cmd_verify = {
	.name = "verify",
	.summary = "check a dump, also against a RAM image",
	.help = help,
	.run = run,
};
