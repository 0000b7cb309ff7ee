/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which network devices there are, in the order in which they are tried. */
#include "nic.h"

#include <string.h>

#include "drivers/pci.h"
#include "drivers/virtio_net.h"

/* The walk is repeated for each device: nothing about it is kept. */
struct search {
	const struct config *cfg;
	unsigned int skip; /* matching functions still to pass over */
	struct pci_func found;
};

static int visit(const struct pci_func *f, void *ctx)
{
	struct search *s = ctx;
	const struct pci_addr *want = &s->cfg->nic_pci;

	if (!virtio_net_match(f))
		return 0;
	if (s->cfg->nic_by == NIC_PCI &&
	    (f->at.segment != want->segment || f->at.bus != want->bus || f->at.dev != want->dev ||
	     f->at.fn != want->fn))
		return 0;
	if (s->skip) {
		s->skip--;
		return 0;
	}
	s->found = *f;
	return 1;
}

int nic_next(const struct config *cfg, unsigned int *at, struct netdev **out)
{
	struct search s = { .cfg = cfg, .skip = *at };

	for (; pci_walk(visit, &s); s.skip = *at) {
		(*at)++;
		if (virtio_net_open(&s.found, out))
			continue;
		if (cfg->nic_by != NIC_MAC || !memcmp((*out)->mac, cfg->nic_mac, sizeof(cfg->nic_mac)))
			return 0;
		(*out)->ops->release(*out);
	}
	return -ENODEV;
}
