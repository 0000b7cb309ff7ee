// SPDX-License-Identifier: GPL-2.0-or-later
// afterimagectl receive: takes the streams of any number of machines at once.
#include <errno.h>
#include <stdio.h>

#include "output.h"
#include "receive/receiver.h"

static const char help[] =
    "usage: afterimagectl receive [--listen ADDR:PORT] [--http ADDR:PORT] -o DIR [LIMIT...]\n"
    "       afterimagectl receive [--listen ADDR:PORT] -o DIR --once [LIMIT...]\n"
    "\n"
    "Listens for capture kernels (dump.to=tcp://HOST:PORT). Each connection is one dump in a\n"
    "folder DIR/ADDRESS-YYYYMMDDTHHMMSSZ[-N]: vmcore if it is complete by its structure,\n"
    "vmcore-incomplete if not, unknown if it is no dump; its log, and info.json. A flattened\n"
    "stream is stored rearranged. The folder's name is printed when its dump has ended;\n"
    "DIR/index.json lists all of them.\n"
    "\n"
    "  --listen ADDR:PORT  default [::]:" LISTENER_PORT ", which takes IPv4 too\n"
    "  --http ADDR:PORT    a page to look at, /index.json and /metrics; read-only; default none\n"
    "  -o DIR              where to; made if it is not there\n"
    "  --once              one dump, then exit with its status (0: complete)\n"
    "\n"
    "Limits (K, M, G, T; 0, the default of most, is none):\n"
    "  --max-streams N     at once; more wait until one has ended\n"
    "  --max-per-source N  at once of one address; more are reset\n"
    "  --max-rate BYTES    a second of one address, at least 64K\n"
    "  --max-size BYTES    of one stream\n"
    "  --min-free AMOUNT   of the file system, 2G or 10%: a stream that would go below is ended\n"
    "  --idle SECONDS      a stream that brings less than 1 MiB in so long is ended; default 600\n";

static int receive(struct receiver *rc, const char *listen, const char *page)
{
	int listener, http = -1;

	rc->store.dir = folder_open(rc->store.name);
	if (rc->store.dir < 0)
		return CTL_FAILED;
	listener = listener_open("--listen", listen, "listening on ");
	if (listener >= 0 && page)
		http = listener_open("--http", page, "web page on http://");
	if (listener == -EINVAL || http == -EINVAL)
		return CTL_USAGE;
	if (listener < 0 || (page && http < 0))
		return CTL_FAILED;
	return receiver_run(rc, listener, http);
}

static int run(int argc, char **argv)
{
	static const struct option options[] = {
		{ "listen", required_argument, NULL, 'l' },
		{ "http", required_argument, NULL, 'w' },
		{ "output", required_argument, NULL, 'o' },
		{ "once", no_argument, NULL, '1' },
		{ "max-streams", required_argument, NULL, 'L' },
		{ "max-per-source", required_argument, NULL, 'L' },
		{ "max-rate", required_argument, NULL, 'L' },
		{ "max-size", required_argument, NULL, 'L' },
		{ "min-free", required_argument, NULL, 'L' },
		{ "idle", required_argument, NULL, 'L' },
		COMMON_OPTIONS
	};
	static struct receiver rc = { .limits.idle = LIMIT_IDLE_S };
	const char *listen = NULL, *http = NULL;
	int c, at = 0;

	while ((c = getopt_long(argc, argv, "ho:", options, &at)) >= 0) {
		switch (c) {
		case 'l':
			listen = optarg;
			break;
		case 'w':
			http = optarg;
			break;
		case 'o':
			rc.store.name = optarg;
			break;
		case '1':
			rc.once = true;
			break;
		case 'L':
			if (limits_set(&rc.limits, options[at].name, optarg))
				return CTL_USAGE;
			break;
		default:
			return command_option(&cmd_receive, c);
		}
	}
	if (optind != argc)
		return command_misuse(&cmd_receive, "no further arguments");
	if (!rc.store.name)
		return command_misuse(&cmd_receive, "-o DIR is missing");
	return receive(&rc, listen, http);
}

const struct command cmd_receive = {
	.name = "receive",
	.summary = "receive dumps over the network",
	.help = help,
	.run = run,
};
