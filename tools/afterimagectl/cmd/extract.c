// SPDX-License-Identifier: GPL-2.0-or-later
// afterimagectl extract: takes the dump out of a dump area.
#include "save/extract.h"
#include "output.h"

static const char help[] =
    "usage: afterimagectl extract DEVICE|FILE -o DIR [--keep]\n"
    "\n"
    "Takes the dump out of a dump area: DIR/vmcore, and DIR/vmcore-dmesg.txt where there is\n"
    "a log. The copy's structure is checked and it is on the disk before the area is marked\n"
    "empty. An incomplete dump is saved as DIR/vmcore-incomplete, with exit status 1. Why\n"
    "targets failed goes into DIR/failure.txt.\n"
    "Nothing in DIR is overwritten. In a whole disk's image, partitions are searched.\n"
    "\n"
    "  -o DIR   where to; made if it is not there\n"
    "  --keep   leave the area as it is\n";

static int run(int argc, char **argv)
{
	static const struct option options[] = { { "keep", no_argument, NULL, 'k' },
						 { "output", required_argument, NULL, 'o' },
						 COMMON_OPTIONS };
	const char *dir = NULL;
	bool keep = false;
	int c;

	while ((c = getopt_long(argc, argv, "ho:", options, NULL)) >= 0) {
		switch (c) {
		case 'k':
			keep = true;
			break;
		case 'o':
			dir = optarg;
			break;
		default:
			return command_option(&cmd_extract, c);
		}
	}
	if (argc - optind != 1)
		return command_misuse(&cmd_extract, "exactly one device or file");
	if (!dir)
		return command_misuse(&cmd_extract, "-o DIR is missing");
	stop_catch();
	return area_extract(argv[optind], dir, keep) ? CTL_FAILED : CTL_DONE;
}

const struct command cmd_extract = {
	.name = "extract",
	.summary = "take the dump out of a dump area",
	.help = help,
	.run = run,
};
