// SPDX-License-Identifier: GPL-2.0-or-later
// afterimagectl repair: a stream that another listener caught, made a dump.
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "input.h"
#include "output.h"
#include "progress.h"
#include "vmcore/stream.h"

#define COPY_BYTES (1 * MIB)

static const char help[] =
    "usage: afterimagectl repair FILE -o FILE\n"
    "\n"
    "Does for a file that nc or another listener caught what receive does for a stream: a\n"
    "flattened dump is rearranged, an ELF or kdump file is checked and copied. A cut one is\n"
    "stored as far as it goes, with exit status 1.\n"
    "\n"
    "  -o FILE  the dump; must not exist\n";

static u8 copy_buffer[COPY_BYTES];

static int feed_all(struct stream *s, const struct input *in, struct why *why)
{
	int err = 0;

	progress_begin("repair", in->size);
	for (u64 at = 0; at < in->size && !err; at += COPY_BYTES) {
		u64 n = MIN(in->size - at, COPY_BYTES);

		if (stop_requested()) {
			err = say_fail(-EINTR, "interrupted");
			break;
		}
		err = input_read(in, at, copy_buffer, n);
		if (err) {
			say_error(err, "reading at %llu", at);
			break;
		}
		err = stream_feed(s, copy_buffer, n, why);
		progress_at(at + n);
	}
	progress_end();
	return err;
}

static int finish(struct stream *s, struct output *o, const char *base, const char *path,
		  struct why *why)
{
	struct dump d;
	int verdict = stream_end(s, &d, why);
	enum container container = d.container;

	dump_close(&d);
	if (verdict < 0) {
		say_error(verdict, "checking the copy");
		return CTL_FAILED;
	}
	if (verdict == STREAM_UNKNOWN) {
		say("this is no dump: %s", why->text);
		return CTL_FAILED;
	}
	if (output_commit(o, base))
		return CTL_FAILED;
	if (verdict == STREAM_INCOMPLETE)
		say("%s is incomplete: %s", path, why->text);
	if (verdict == STREAM_INCOMPLETE && container == CONTAINER_KDUMP)
		say("%llu pages are in it, %llu of which it speaks are lost", s->mended.kept,
		    s->mended.lost);
	return verdict == STREAM_WHOLE ? CTL_DONE : CTL_FAILED;
}

static int repair(const struct input *in, int dir, const char *base, const char *path)
{
	struct why why = { "" };
	char temp[NAME_MAX + 1];
	struct output o;
	struct stream s;
	int err, status = CTL_FAILED;

	if ((size_t)snprintf(temp, sizeof(temp), "%s.part", base) >= sizeof(temp)) {
		say_error(-ENAMETOOLONG, "%s", path);
		return CTL_FAILED;
	}
	if (output_create(&o, dir, temp))
		return CTL_FAILED;
	stream_begin(&s, &o);
	err = feed_all(&s, in, &why);
	if (!err || err == -EBADMSG) /* a hostile record ends the stream there */
		status = finish(&s, &o, base, path, &why);
	else if (why.text[0])
		say("%s", why.text);
	output_discard(&o);
	return status;
}

static int run(int argc, char **argv)
{
	static const struct option options[] = { { "output", required_argument, NULL, 'o' },
						 COMMON_OPTIONS };
	char dir_copy[PATH_MAX], base_copy[PATH_MAX];
	const char *path = NULL, *dir_name, *base;
	int c, fd, dir, status = CTL_FAILED;
	struct input in;

	while ((c = getopt_long(argc, argv, "ho:", options, NULL)) >= 0) {
		if (c != 'o')
			return command_option(&cmd_repair, c);
		path = optarg;
	}
	if (argc - optind != 1)
		return command_misuse(&cmd_repair, "exactly one file");
	if (!path || !*path)
		return command_misuse(&cmd_repair, "-o FILE is missing");
	snprintf(dir_copy, sizeof(dir_copy), "%s", path);
	snprintf(base_copy, sizeof(base_copy), "%s", path);
	dir_name = dirname(dir_copy);
	base = basename(base_copy);
	fd = input_open(&in, argv[optind]);
	if (fd < 0)
		return CTL_FAILED;
	dir = open(dir_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	stop_catch();
	if (dir < 0)
		say_error(-errno, "%s", dir_name);
	else if (!output_exists(dir, dir_name, base))
		status = repair(&in, dir, base, path);
	close(dir);
	close(fd);
	return status;
}

const struct command cmd_repair = {
	.name = "repair",
	.summary = "make a dump of a stream that another listener caught",
	.help = help,
	.run = run,
};
