/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A virtio network device behind fake PCI functions and registers (virtio 1.2, 4.1), as obedient as the test
 * wants it. It moves only when told to. */
#ifndef AFTERIMAGE_FAKE_VIRTIO_H
#define AFTERIMAGE_FAKE_VIRTIO_H

#include <linux/virtio_ring.h>

#include "base.h"
#include "drivers/netdev.h"
#include "drivers/pci/pci.h"

#define FAKE_BAR      0xfe000000ull
#define FAKE_BAR_SIZE 0x4000ull
#define FAKE_QUEUES   2

struct fake_queue {
	u16 size, enable, notify_off;
	u64 desc, avail, used;
	u16 seen;    /* free-running: available entries taken by the device */
	u16 used_idx;
	unsigned int bells;
};

extern struct fake_virtio {
	/* to be set by the test after fake_virtio_reset() */
	u64 offered;
	u16 queue_max;
	u16 notify_off;
	u32 cap_offset_add;   /* added to where the capabilities say the structures are */
	unsigned int reset_reads; /* status reads until a reset is done; ~0: never */
	bool legacy, refuses;
	bool flr_helps;       /* where the reset does not */
	bool cut_off;         /* behind an IOMMU that cannot be tamed */
	u16 link, mtu;
	/* to be looked at */
	u8 status;
	u64 agreed;
	bool mastering, mastered_while_old; /* bus mastering was on before the reset was done */
	unsigned int resets;
	struct fake_queue queue[FAKE_QUEUES];
} fake;

void fake_virtio_reset(void);
extern const struct pci_func fake_function;

/* Take the next available chain of a queue as a device does: its head, and its pieces flattened into
 * seg[] (indirect or not). -1: none; -2: the driver built nonsense. */
int fake_take(unsigned int queue, u16 *head, struct net_seg *seg, unsigned int max);

/* Return a used element. */
void fake_used(unsigned int queue, u32 id, u32 len);

/* What the driver told the layer above. */
extern unsigned int fake_sent_count, fake_received_count;
extern void *fake_sent_last;
extern u32 fake_received_len;
extern bool fake_received_known;
extern u8 fake_received_first;

#endif
