/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which network device comes next, of several of which some do not start. */
#include "unit/test.h"

#include "drivers/netdev.h"
#include "drivers/pci/pci.h"
#include "drivers/virtio/net.h"

#define OTHER 0x8086 /* a vendor that no driver here knows */

static struct pci_func bus[] = {
	{ .at = { .dev = 1 }, .vendor = OTHER },
	{ .at = { .dev = 3 } },
	{ .at = { .dev = 3, .fn = 1 } },
	{ .at = { .bus = 2 } },
	{ .at = { .segment = 1, .bus = 2 } },
};
static unsigned int starts; /* bit i: bus[i] does */
static struct netdev dev[ARRAY_SIZE(bus)];

int pci_walk(int (*visit)(const struct pci_func *f, void *ctx), void *ctx)
{
	int ret = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(bus) && !ret; i++)
		ret = visit(&bus[i], ctx);
	return ret;
}

bool virtio_net_match(const struct pci_func *f) { return f->vendor != OTHER; }

int virtio_net_open(const struct pci_func *f, struct netdev **out)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(bus); i++) {
		if (memcmp(&bus[i].at, &f->at, sizeof(f->at)))
			continue;
		*out = &dev[i];
		return starts & 1u << i ? 0 : -EIO;
	}
	abort();
}

/* The devices that come, as a mask in bus order; ~0: one came out of order or too often. */
static unsigned int all(const struct pci_addr *only)
{
	unsigned int at = 0, mask = 0;
	struct netdev *d;

	while (!netdev_next(&at, only, &d)) {
		unsigned int bit = 1u << (d - dev);

		if (mask >= bit)
			return ~0u;
		mask |= bit;
	}
	return mask;
}

TEST(each_once_in_pci_order)
{
	starts = ~0u;
	CHECK_EQ(all(NULL), 0x1e);
}

TEST(what_does_not_start_is_passed_over)
{
	starts = 1u << 2 | 1u << 4;
	CHECK_EQ(all(NULL), starts);
	starts = 0;
	CHECK_EQ(all(NULL), 0);
}

TEST(one_by_its_place)
{
	const struct pci_addr absent = { .bus = 2, .dev = 1 };

	starts = ~0u;
	for (unsigned int i = 1; i < ARRAY_SIZE(bus); i++)
		CHECK_EQ(all(&bus[i].at), 1u << i);
	CHECK_EQ(all(&bus[0].at), 0); /* there, but no network device */
	CHECK_EQ(all(&absent), 0);
	starts = 0;
	CHECK_EQ(all(&bus[1].at), 0);
}
