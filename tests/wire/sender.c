/* SPDX-License-Identifier: GPL-2.0-or-later */
/* afterimage's network half as a program: its command line, its targets and its TCP on a TAP device,
 * with an ELF core of pseudo-random RAM as the dump. */
#include <elf.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bytes.h"
#include "clock.h"
#include "config/config.h"
#include "dump/format/container.h"
#include "net/ether.h"
#include "run.h"
#include "tap.h"

static const char help[] =
	"usage: sender [OPTIONS] DEVICE WORDS\n"
	"\n"
	"Dumps as afterimage does over DEVICE, a TAP device that is made here. WORDS is afterimage's command line.\n"
	"\n"
	"  --mib N          length of the dump (default 64)\n"
	"  --offload WHAT   of the card: all (default), csum, none\n"
	"  --speed N        our own clock runs so many times as fast\n"
	"  --print          write the dump to standard output instead\n"
	"  --seconds        say how long it took from the connection to the end\n"
	"\n"
	"Exit status 0: one target has the dump.\n";

static u64 total = 64 * MIB;
static u64 begun_us;

/* The first page of RAM becomes the headers of one PT_LOAD, of which it is no part itself. */
static void headers_make(void)
{
	Elf64_Ehdr e = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
		         .e_type = ET_CORE, .e_machine = EM_X86_64, .e_version = EV_CURRENT,
		         .e_phoff = sizeof(e), .e_ehsize = sizeof(e), .e_phentsize = sizeof(Elf64_Phdr),
		         .e_phnum = 1 };
	Elf64_Phdr p = { .p_type = PT_LOAD, .p_flags = PF_R, .p_offset = PAGE_SIZE,
		         .p_filesz = total - PAGE_SIZE, .p_memsz = total - PAGE_SIZE, .p_align = PAGE_SIZE };

	memset(ram, 0, PAGE_SIZE);
	memcpy(ram, &e, sizeof(e));
	memcpy(ram + sizeof(e), &p, sizeof(p));
}

void container_prepare(const struct config *cfg) { (void)cfg; }
u64 container_size(void) { return total; }
u64 container_log_size(void) { return 0; }
int container_write_log(struct sink *s, u64 *bytes) { (void)s, (void)bytes; return -ENODATA; }

/* The dump is "RAM" over and over: spans of many lengths, and copied pieces between them. */
int container_write(struct sink **out, struct dump_stats *st, bool in_place)
{
	unsigned int chance = 1, seconds = 0;
	struct sink *s = *out;
	u64 off = 0;
	int err = 0;

	(void)in_place;
	st->total = total;
	begun_us = clock_us();
	while (!err && off < total) {
		u64 at = off % RAM_BYTES, left = MIN(total - off, RAM_BYTES - at), n;

		n = MIN(left, PAGE_SIZE << rand_r(&chance) % 10);
		if ((s->caps & SINK_TAKES_SPAN) && rand_r(&chance) % 16) {
			err = s->ops->write_span(s, off, ram_pa + at, n);
		} else {
			n = MIN(n, 32 * KIB);
			err = s->ops->write(s, off, ram + at, (u32)n);
		}
		off += n;
		st->pages += n / PAGE_SIZE;
		if (clock_us() - begun_us > (seconds + 1) * SEC) {
			seconds = (unsigned int)((clock_us() - begun_us) / SEC);
			log_info("%llu MiB acknowledged after %u s", s->settled / MIB, seconds);
		}
	}
	return err;
}

/* --- the program */

static int print(void)
{
	for (u64 off = 0; off < total; off += PAGE_SIZE)
		fwrite(ram + off % RAM_BYTES, PAGE_SIZE, 1, stdout);
	return fflush(stdout) ? 1 : 0;
}

static unsigned int offload(const char *what)
{
	if (!strcmp(what, "none"))
		return 0;
	return !strcmp(what, "csum") ? NETDEV_CSUM : ALL_OFFLOADS;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "mib", required_argument, NULL, 'm' },   { "offload", required_argument, NULL, 'o' },
		{ "speed", required_argument, NULL, 's' }, { "print", no_argument, NULL, 'p' },
		{ "seconds", no_argument, NULL, 't' },     { "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	unsigned int caps = ALL_OFFLOADS, speed = 1;
	bool only_print = false, seconds = false, ok;
	static struct config cfg;
	int o;

	while ((o = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (o) {
		case 'm': total = strtoull(optarg, NULL, 0) * MIB; break;
		case 'o': caps = offload(optarg); break;
		case 's': speed = (unsigned int)atoi(optarg); break;
		case 'p': only_print = true; break;
		case 't': seconds = true; break;
		case 'h': fputs(help, stdout); return 0;
		default: return 2;
		}
	}
	ram_make();
	headers_make();
	if (only_print)
		return print();
	if (argc - optind != 2 || tap_open(argv[optind])) {
		perror("sender");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	tap_reset(caps);
	clock_speed = speed;
	config_early(&cfg, argv[optind + 1]);
	config_parse(&cfg, argv[optind + 1]);
	clock_set_budget(cfg.timeout_s);
	ok = run_targets(&cfg);
	if (seconds)
		printf("seconds %llu.%06llu\n", (clock_us() - begun_us) / SEC, (clock_us() - begun_us) % SEC);
	printf("frames=%llu large=%llu wrong=%llu syn=%llu rst=%llu fin=%llu\n", tap.frames, tap.big,
	       tap.wrong, tap.syn, tap.rst, tap.fin);
	return ok ? 0 : 1;
}
