/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which network devices there are, in the order in which they are tried: the place where a driver is
 * added. */
#include "drivers/netdev.h"

#include "drivers/pci/pci.h"
#include "drivers/virtio/net.h"

/* The walk is repeated for each device: nothing about it is kept. */
struct search {
	const struct pci_addr *only;
	unsigned int skip; /* matching functions still to pass over */
	struct pci_func found;
};

static int visit(const struct pci_func *f, void *ctx)
{
	struct search *s = ctx;
	const struct pci_addr *want = s->only;

	if (!virtio_net_match(f))
		return 0;
	if (want && (f->at.segment != want->segment || f->at.bus != want->bus ||
		     f->at.dev != want->dev || f->at.fn != want->fn))
		return 0;
	if (s->skip) {
		s->skip--;
		return 0;
	}
	s->found = *f;
	return 1;
}

int netdev_next(unsigned int *at, const struct pci_addr *only, struct netdev **out)
{
	struct search s = { .only = only, .skip = *at };

	for (; pci_walk(visit, &s); s.skip = *at) {
		(*at)++;
		if (!virtio_net_open(&s.found, out))
			return 0;
	}
	return -ENODEV;
}
