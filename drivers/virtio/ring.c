/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Split virtqueues, virtio 1.2, 2.7. All barriers between CPU and device are here. */
#include "drivers/virtio/virtio.h"

#include <arch/io.h>

void virtq_offer(struct virtq *q, u16 head)
{
	q->avail->ring[q->offered & (q->size - 1)] = head;
	q->offered++;
	dma_wmb(); /* descriptors and ring entry before the index (2.7.13.3) */
	*(volatile u16 *)&q->avail->idx = q->offered;
}

void virtq_kick(struct virtq *q)
{
	if (q->told == q->offered)
		return;
	q->told = q->offered;
	dma_mb(); /* the index before looking whether the device sleeps (2.7.13.4) */
	if (!(*(volatile u16 *)&q->used->flags & VRING_USED_F_NO_NOTIFY))
		mmio_write16(q->doorbell, q->index);
}

int virtq_take(struct virtq *q, u32 *id, u32 *len)
{
	u16 news = (u16)(*(volatile u16 *)&q->used->idx - q->taken);
	volatile struct vring_used_elem *e = &q->used->ring[q->taken & (q->size - 1)];

	if (!news)
		return 0;
	if (news > virtq_outstanding(q))
		return -EIO;
	dma_rmb(); /* the index before the element (2.7.14) */
	*id = e->id;
	*len = e->len;
	q->taken++;
	return 1;
}
