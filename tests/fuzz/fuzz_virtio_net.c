/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A hostile virtio device: the input decides what it returns and when; the driver must neither touch
 * what it was not given nor give anything back twice. */
#include <linux/virtio_config.h>
#include <stdlib.h>

#include "bytes.h"
#include "drivers/virtio/net.h"
#include "fake/virtio.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static u8 frame[2048];
	struct bytes in = bytes_of(data, size);
	struct net_seg seg[32];
	unsigned int sent = 0;
	struct netdev *dev;
	u16 head;

	fake_virtio_reset();
	fake.offered = bytes_le64(&in) | (u64)1 << VIRTIO_F_VERSION_1;
	fake.queue_max = (u16)(1u << bytes_u8(&in) % 12);
	if (virtio_net_open(&fake_function, &dev))
		return 0;
	while (bytes_left(&in) && !in.bad) {
		unsigned int queue = bytes_u8(&in), op = queue >> 1 & 7, n;

		queue &= 1;
		switch (op) {
		case 0:
		case 1:
			n = bytes_u8(&in) % 32;
			for (unsigned int i = 0; i < n; i++)
				seg[i] = (struct net_seg){ (pa_t)frame, 1 + i };
			sent += !dev->ops->send(dev, seg, n, &(struct net_offload){ .gso_size = (u16)n }, frame);
			break;
		case 2: /* obey */
			if (fake_take(queue, &head, seg, 32) > 0)
				fake_used(queue, head, queue ? 0 : 13 + bytes_u8(&in));
			break;
		case 3: /* lie */
			fake_used(queue, bytes_u8(&in), bytes_le16(&in));
			break;
		case 4:
			fake_used(queue, bytes_le32(&in), bytes_le32(&in));
			break;
		case 5:
			((struct vring_used *)fake.queue[queue].used)->idx += bytes_le16(&in);
			break;
		case 6:
			dev->ops->kick(dev);
			break;
		}
		(void)dev->ops->poll(dev);
		if (fake_sent_count > sent)
			abort();
	}
	dev->ops->release(dev);
	return 0;
}
