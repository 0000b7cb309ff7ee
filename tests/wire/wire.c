/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A bad wire between two TAP devices: frames are lost, repeated, swapped, corrupted, delayed and cut
 * off, by seed. What the devices leave to be done (segmentation, sums) is done here, as a card does. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "lane.h"
#include "segment.h"

#define QUEUE_KIB   256
#define FOR_GOOD_MS 1e9
#define LOOK_US     200000 /* after a signal */

static const char help[] =
	"usage: wire [OPTIONS] A B\n"
	"\n"
	"A and B are TAP devices (made here if they are not there, with a virtio header); what one sends comes\n"
	"out of the other, less what these do to it:\n"
	"\n"
	"  --lose P           a frame is lost; P in percent, like 0.01\n"
	"  --repeat P         comes twice\n"
	"  --swap P[:N]       comes after the N frames behind it (default 1)\n"
	"  --corrupt P        one byte behind its Ethernet header is another, after the sums were made\n"
	"  --delay MS[:MS]    comes so much later, and up to so much more; the order is kept\n"
	"  --rate KIB[:KIB]   so many KiB a second; what waits is at most the second (default 256), more is lost\n"
	"  --hole N           IP packets longer than N bytes vanish: an MTU black hole\n"
	"  --cut BYTES[:MS]   after so many bytes nothing passes any more, or not for so long\n"
	"  --vouch            the receiver's card says of each frame that its sum is right\n"
	"  --whole            large frames stay one, lost and repeated as one, but not corrupted; default: cut first\n"
	"  --only ab|ba|both  the options behind this are for that direction only\n"
	"  --vlan N           A is a trunk: its frames have this tag, B's have none; not with --whole\n"
	"  --no-offload       the devices may hand over no large frames and no unfinished sums\n"
	"  --seed N           other frames; what happens to frame n of a direction depends on N and n alone\n"
	"\n"
	"Prints `ready`; ends on SIGTERM, and says what it did, a line for each direction.\n";

static struct lane ab, ba;
static volatile sig_atomic_t quit;

static void on_signal(int sig)
{
	(void)sig;
	quit = 1;
}

static u64 now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000000 + (u64)t.tv_nsec / 1000;
}

static _Noreturn void wrong(const char *what, const char *value)
{
	fprintf(stderr, "wire: %s %s (--help tells)\n", what, value);
	exit(2);
}

/* X[:Y]; Y stays as it is where it is missing. */
static bool numbers(const char *text, double *x, double *y)
{
	char *end;

	*x = strtod(text, &end);
	if (end == text || *x < 0)
		return false;
	if (*end == ':' && y) {
		text = end + 1;
		*y = strtod(text, &end);
	}
	return !*end && end != text;
}

static bool chance_of(const char *text, u32 *parts, double *more)
{
	double percent = 0;

	if (!numbers(text, &percent, more) || percent > 100)
		return false;
	*parts = (u32)(percent * (PARTS / 100));
	return true;
}

enum fault_option {
	OPT_LOSE = 256, OPT_REPEAT, OPT_SWAP, OPT_CORRUPT, OPT_DELAY, OPT_RATE, OPT_HOLE, OPT_CUT,
	OPT_VOUCH, OPT_WHOLE, OPT_ONLY, OPT_NO_OFFLOAD, OPT_SEED, OPT_VLAN, OPT_HELP,
};

static const struct option options[] = {
	{ "lose", required_argument, NULL, OPT_LOSE },
	{ "repeat", required_argument, NULL, OPT_REPEAT },
	{ "swap", required_argument, NULL, OPT_SWAP },
	{ "corrupt", required_argument, NULL, OPT_CORRUPT },
	{ "delay", required_argument, NULL, OPT_DELAY },
	{ "rate", required_argument, NULL, OPT_RATE },
	{ "hole", required_argument, NULL, OPT_HOLE },
	{ "cut", required_argument, NULL, OPT_CUT },
	{ "vouch", no_argument, NULL, OPT_VOUCH },
	{ "whole", no_argument, NULL, OPT_WHOLE },
	{ "only", required_argument, NULL, OPT_ONLY },
	{ "no-offload", no_argument, NULL, OPT_NO_OFFLOAD },
	{ "vlan", required_argument, NULL, OPT_VLAN },
	{ "seed", required_argument, NULL, OPT_SEED },
	{ "help", no_argument, NULL, OPT_HELP },
	{ 0 },
};

/* One option about one direction. */
static bool fault_set(struct faults *f, int option, const char *arg)
{
	double x = 0, y = 0;
	bool ok = true;

	switch (option) {
	case OPT_LOSE:
		return chance_of(arg, &f->lose, NULL);
	case OPT_REPEAT:
		return chance_of(arg, &f->repeat, NULL);
	case OPT_CORRUPT:
		return chance_of(arg, &f->corrupt, NULL);
	case OPT_SWAP:
		y = 1;
		ok = chance_of(arg, &f->swap, &y) && y >= 1;
		f->swap_by = (u32)y;
		break;
	case OPT_DELAY:
		ok = numbers(arg, &x, &y);
		f->delay_us = (u64)(x * 1000);
		f->jitter_us = (u64)(y * 1000);
		break;
	case OPT_RATE:
		y = QUEUE_KIB;
		ok = numbers(arg, &x, &y);
		f->rate = (u64)(x * 1024);
		f->queue_bytes = (u64)(y * 1024);
		break;
	case OPT_HOLE:
		ok = numbers(arg, &x, NULL);
		f->hole = (u32)x;
		break;
	case OPT_CUT:
		y = FOR_GOOD_MS;
		ok = numbers(arg, &x, &y);
		f->cut_at = (u64)x;
		f->cut_us = (u64)(y * 1000);
		break;
	case OPT_VOUCH:
		f->vouch = true;
		break;
	case OPT_WHOLE:
		f->whole = true;
		break;
	}
	return ok;
}

static int device_open(const char *name, bool offload)
{
	struct ifreq r = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };
	unsigned int features = offload ? TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 : 0;
	int size = sizeof(struct virtio_net_hdr_v1);
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);

	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &r) || ioctl(fd, TUNSETVNETHDRSZ, &size) ||
	    ioctl(fd, TUNSETOFFLOAD, features)) {
		fprintf(stderr, "wire: %s: %s\n", name, strerror(errno));
		exit(1);
	}
	return fd;
}

static void tell(const char *name, const struct counts *n)
{
	printf("%s frames=%llu bytes=%llu large=%llu lost=%llu repeated=%llu swapped=%llu corrupted=%llu "
	       "fallen=%llu cut=%llu full=%llu untagged=%llu\n", name, n->frames, n->bytes, n->large, n->lost, n->repeated,
	       n->swapped, n->corrupted, n->fallen, n->cut, n->full, n->untagged);
}

static void carry(void)
{
	while (!quit) {
		u64 now = now_us(), x = lane_give(&ab, now), y = lane_give(&ba, now);
		u64 next = MIN(MIN(x ? x : ~0ull, y ? y : ~0ull), now + LOOK_US);
		struct pollfd p[2] = { { ab.in, POLLIN, 0 }, { ba.in, POLLIN, 0 } };
		struct timespec wait = { (time_t)((next - now) / 1000000), (long)((next - now) % 1000000 * 1000) };

		if (ppoll(p, 2, &wait, NULL) < 0)
			continue; /* a signal */
		now = now_us();
		if (!lane_take(&ab, now) || !lane_take(&ba, now))
			return;
	}
}

int main(int argc, char **argv)
{
	bool to_ab = true, to_ba = true, offload = true, ok = true;
	u64 seed = 1;
	int a, b, o;

	while ((o = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (o) {
		case OPT_ONLY:
			to_ab = strcmp(optarg, "ba");
			to_ba = strcmp(optarg, "ab");
			break;
		case OPT_NO_OFFLOAD:
			offload = false;
			break;
		case OPT_SEED:
			seed = strtoull(optarg, NULL, 0);
			break;
		case OPT_VLAN:
			ab.untag = ba.tag = (u16)atoi(optarg);
			break;
		case OPT_HELP:
			fputs(help, stdout);
			return 0;
		case '?':
			return 2;
		default:
			ok = (!to_ab || fault_set(&ab.f, o, optarg)) && (!to_ba || fault_set(&ba.f, o, optarg));
			if (!ok)
				wrong("not understood:", optarg);
		}
	}
	if (argc - optind != 2)
		wrong("wanted: two devices", "");
	a = device_open(argv[optind], offload);
	b = device_open(argv[optind + 1], offload);
	lane_start(&ab, a, b, seed * 2);
	lane_start(&ba, b, a, seed * 2 + 1);
	signal(SIGTERM, on_signal);
	signal(SIGINT, on_signal);
	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("ready");
	carry();
	tell("ab", &ab.n);
	tell("ba", &ba.n);
	return 0;
}
