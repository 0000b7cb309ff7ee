/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The virtio network driver against a device that follows the specification, and against one that does not. */
#include "unit/test.h"

#include <linux/virtio_config.h>
#include <linux/virtio_net.h>

#include "drivers/virtio/net.h"
#include "fake/virtio.h"

#define BIT(n) ((u64)1 << (n))
#define OFFERED                                                                                    \
	(BIT(VIRTIO_F_VERSION_1) | BIT(VIRTIO_NET_F_MAC) | BIT(VIRTIO_NET_F_STATUS) |              \
	 BIT(VIRTIO_NET_F_CSUM) | BIT(VIRTIO_NET_F_GUEST_CSUM) | BIT(VIRTIO_NET_F_HOST_TSO4) |     \
	 BIT(VIRTIO_NET_F_HOST_TSO6) | BIT(VIRTIO_RING_F_INDIRECT_DESC) |                          \
	 BIT(VIRTIO_F_RING_PACKED) | BIT(VIRTIO_RING_F_EVENT_IDX) | BIT(VIRTIO_NET_F_MRG_RXBUF) |  \
	 BIT(VIRTIO_NET_F_GUEST_TSO4))
#define UNWANTED                                                                                   \
	(BIT(VIRTIO_F_RING_PACKED) | BIT(VIRTIO_RING_F_EVENT_IDX) | BIT(VIRTIO_NET_F_MRG_RXBUF) |  \
	 BIT(VIRTIO_NET_F_GUEST_TSO4))
#define HEADER 12u

enum { RX, TX };

static struct netdev *dev;
static const struct net_offload none;
static u8 payload[3][100];

static int open_offering(u64 offered)
{
	fake_virtio_reset();
	fake.offered = offered;
	return virtio_net_open(&fake_function, &dev);
}

static int send_one(void *cookie)
{
	const struct net_seg seg = { .pa = (pa_t)payload[0], .len = 60 };

	return dev->ops->send(dev, &seg, 1, &none, cookie);
}

/* The device receives: takes the next buffer and fills it. */
static bool receive(u8 flags, u8 first, u32 len)
{
	struct virtio_net_hdr_v1 *h;
	struct net_seg seg;
	u16 head;

	if (fake_take(RX, &head, &seg, 1) != 1)
		return false;
	h = (void *)seg.pa;
	memset(h, 0, sizeof(*h));
	h->flags = flags;
	((u8 *)seg.pa)[HEADER] = first;
	fake_used(RX, head, len);
	return true;
}

static bool same_pieces(const struct net_seg *a, const struct net_seg *b, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		if (a[i].pa != b[i].pa || a[i].len != b[i].len)
			return false;
	return true;
}

TEST(behind_an_iommu)
{
	CHECK_EQ(open_offering(OFFERED | BIT(VIRTIO_F_ACCESS_PLATFORM)), 0);
	CHECK(fake.agreed & BIT(VIRTIO_F_ACCESS_PLATFORM));
	fake_virtio_reset();
	fake.offered = OFFERED | BIT(VIRTIO_F_ACCESS_PLATFORM);
	fake.cut_off = true;
	CHECK_EQ(virtio_net_open(&fake_function, &dev), -EIO);
	CHECK(!fake.mastering && fake.status == 0);
	fake_virtio_reset();
	fake.offered = OFFERED; /* an IOMMU is none of its business */
	fake.cut_off = true;
	CHECK_EQ(virtio_net_open(&fake_function, &dev), 0);
}

TEST(matches_modern_and_transitional)
{
	struct pci_func f = fake_function;

	CHECK(virtio_net_match(&f));
	f.device = 0x1000;
	CHECK(virtio_net_match(&f));
	f.device = 0x1042;
	CHECK(!virtio_net_match(&f));
	f.device = 0x1041;
	f.vendor = 0x8086;
	CHECK(!virtio_net_match(&f));
}

TEST(takes_over_a_running_device)
{
	CHECK_EQ(open_offering(OFFERED), 0);
	CHECK_EQ(fake.resets, 1);
	CHECK(!fake.mastered_while_old && fake.mastering);
	CHECK_EQ(fake.agreed & UNWANTED, 0);
	CHECK_EQ(fake.agreed, OFFERED & ~UNWANTED);
	CHECK_EQ(fake.status, VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER |
	                              VIRTIO_CONFIG_S_FEATURES_OK | VIRTIO_CONFIG_S_DRIVER_OK);
	CHECK(!memcmp(dev->mac, "\x52\x54\0\x12\x34\x56", 6));
	CHECK(!strcmp(dev->name, "virtio-net 0000:00:03.0"));
	CHECK_EQ(dev->caps, NETDEV_CSUM | NETDEV_TSO4 | NETDEV_TSO6);
	CHECK(dev->ops->link_up(dev));
	fake.link = 0;
	CHECK(!dev->ops->link_up(dev));
	CHECK(fake.queue[RX].enable && fake.queue[TX].enable && fake.queue[RX].bells == 1);
	dev->ops->release(dev);
	CHECK_EQ(fake.resets, 2);
	CHECK(!fake.mastering);
}

TEST(iommu_and_ordering_are_accepted_where_offered)
{
	u64 extra = BIT(VIRTIO_F_ACCESS_PLATFORM) | BIT(VIRTIO_F_ORDER_PLATFORM);

	CHECK_EQ(open_offering(OFFERED | extra), 0);
	CHECK_EQ(fake.agreed & extra, extra);
}

TEST(makes_up_an_address_and_ignores_a_missing_link_bit)
{
	CHECK_EQ(open_offering(BIT(VIRTIO_F_VERSION_1)), 0);
	CHECK(!memcmp(dev->mac, "\x02\0\0\0\x03\0", 6));
	CHECK_EQ(dev->caps, 0);
	fake.link = 0;
	CHECK(dev->ops->link_up(dev));
}

TEST(mtu_is_told_but_a_large_one_not_promised)
{
	fake_virtio_reset();
	fake.offered = OFFERED | BIT(VIRTIO_NET_F_MTU);
	fake.mtu = 9000;
	CHECK_EQ(virtio_net_open(&fake_function, &dev), 0);
	CHECK_EQ(dev->mtu, 9000);
	CHECK_EQ(fake.agreed & BIT(VIRTIO_NET_F_MTU), 0);
}

TEST(refusals)
{
	fake_virtio_reset();
	fake.legacy = true;
	CHECK_EQ(virtio_net_open(&fake_function, &dev), -ENODEV);
	CHECK(test_logged("virtio-net 0000:00:03.0: legacy virtio only"));

	fake_virtio_reset();
	fake.offered = OFFERED;
	fake.cap_offset_add = 0x1001; /* the last structure ends behind the BAR */
	CHECK_EQ(virtio_net_open(&fake_function, &dev), -EIO);
	CHECK(test_logged("beyond BAR 4"));

	fake_virtio_reset();
	fake.offered = OFFERED;
	fake.reset_reads = ~0u;
	CHECK_EQ(virtio_net_open(&fake_function, &dev), -ETIMEDOUT);
	CHECK(!fake.mastering);

	fake_virtio_reset();
	fake.offered = OFFERED;
	fake.reset_reads = ~0u;
	fake.flr_helps = true;
	CHECK_EQ(virtio_net_open(&fake_function, &dev), 0);
	CHECK(!fake.mastered_while_old && test_logged("function-level reset"));
	fake_virtio_reset();
	fake.offered = OFFERED;
	fake.refuses = true;
	CHECK_EQ(virtio_net_open(&fake_function, &dev), -EOPNOTSUPP);
	CHECK(!fake.mastering);

	CHECK_EQ(open_offering(OFFERED & ~BIT(VIRTIO_F_VERSION_1)), -EOPNOTSUPP);
}

TEST(queues_that_cannot_be)
{
	static const u16 bad_size[] = { 0, 3, 100 };

	for (unsigned int i = 0; i < ARRAY_SIZE(bad_size); i++) {
		fake_virtio_reset();
		fake.offered = OFFERED;
		fake.queue_max = bad_size[i];
		CHECK_EQ(virtio_net_open(&fake_function, &dev), -EIO);
		CHECK(!fake.mastering);
	}
	fake_virtio_reset();
	fake.offered = OFFERED;
	fake.notify_off = 0x1000 / 4; /* first doorbell behind the area */
	CHECK_EQ(virtio_net_open(&fake_function, &dev), -EIO);
}

TEST(frame_by_reference_with_offloads)
{
	const struct net_seg in[3] = { { (pa_t)payload[0], 66 }, { (pa_t)payload[1], 100 }, { (pa_t)payload[2], 7 } };
	const struct net_offload off = { .csum = true, .csum_start = 34, .csum_offset = 16,
		                         .gso_size = 1460, .header_len = 66, .ipv6 = true };
	struct net_seg out[8];
	const struct virtio_net_hdr_v1 *h;
	u16 head;

	CHECK_EQ(open_offering(OFFERED), 0);
	CHECK_EQ(dev->ops->send(dev, in, 3, &off, payload), 0);
	CHECK_EQ(fake.queue[TX].bells, 0);
	dev->ops->kick(dev);
	dev->ops->kick(dev);
	CHECK_EQ(fake.queue[TX].bells, 1);
	CHECK_EQ(fake_take(TX, &head, out, 8), 4);
	CHECK_EQ(out[0].len, HEADER);
	CHECK(same_pieces(out + 1, in, 3));
	h = (const void *)out[0].pa;
	CHECK(h->flags == VIRTIO_NET_HDR_F_NEEDS_CSUM && h->csum_start == 34 && h->csum_offset == 16);
	CHECK(h->gso_type == VIRTIO_NET_HDR_GSO_TCPV6 && h->gso_size == 1460 && h->hdr_len == 66);
	CHECK_EQ(fake_sent_count, 0);
	fake_used(TX, head, 0);
	CHECK_EQ(dev->ops->poll(dev), 0);
	CHECK(fake_sent_count == 1 && fake_sent_last == payload);
}

TEST(doorbell_is_left_alone_when_the_device_is_awake)
{
	CHECK_EQ(open_offering(OFFERED), 0);
	((struct vring_used *)fake.queue[TX].used)->flags = VRING_USED_F_NO_NOTIFY;
	CHECK_EQ(send_one(NULL), 0);
	dev->ops->kick(dev);
	CHECK_EQ(fake.queue[TX].bells, 0);
}

TEST(without_indirect_descriptors)
{
	struct net_seg seg[9], out[9];
	u16 head;
	int sent = 0;

	CHECK_EQ(open_offering(OFFERED & ~BIT(VIRTIO_RING_F_INDIRECT_DESC)), 0);
	CHECK_EQ(dev->caps, 0);
	for (int i = 0; i < 9; i++)
		seg[i] = (struct net_seg){ (pa_t)payload[0], 10 };
	CHECK_EQ(dev->ops->send(dev, seg, 8, &none, NULL), -EMSGSIZE);
	while (!dev->ops->send(dev, seg, 7, &none, NULL))
		sent++;
	CHECK_EQ(sent, 16);
	for (int i = 0; i < sent; i++) {
		CHECK_EQ(fake_take(TX, &head, out, 9), 8);
		CHECK(same_pieces(out + 1, seg, 7));
		fake_used(TX, head, 0);
	}
	CHECK_EQ(dev->ops->poll(dev), 0);
	CHECK_EQ(fake_sent_count, 16);
	CHECK_EQ(send_one(NULL), 0);
}

TEST(small_queues)
{
	fake_virtio_reset();
	fake.offered = OFFERED;
	fake.queue_max = 4;
	CHECK_EQ(virtio_net_open(&fake_function, &dev), 0);
	for (int i = 0; i < 4; i++)
		CHECK_EQ(send_one(NULL), 0);
	CHECK_EQ(send_one(NULL), -EAGAIN);
	for (int i = 0; i < 4; i++)
		CHECK(receive(0, 1, 100));
	CHECK(!receive(0, 1, 100));
}

TEST(completions_in_any_order)
{
	struct net_seg out[2];
	u16 head[64];

	CHECK_EQ(open_offering(OFFERED), 0);
	for (int round = 0; round < 20; round++) {
		for (int i = 0; i < 64; i++) {
			CHECK_EQ(send_one(payload), 0);
			CHECK_EQ(fake_take(TX, &head[i], out, 2), 2);
		}
		CHECK_EQ(send_one(payload), -EAGAIN);
		for (int i = 0; i < 64; i++)
			fake_used(TX, head[i * 27 % 64], 0);
		CHECK_EQ(dev->ops->poll(dev), 0);
	}
	CHECK_EQ(fake_sent_count, 20 * 64);
	/* one that never comes back does not stop the others */
	CHECK_EQ(send_one(payload), 0);
	CHECK_EQ(fake_take(TX, &head[0], out, 2), 2);
	for (int i = 0; i < 200; i++) {
		CHECK_EQ(send_one(payload), 0);
		CHECK_EQ(fake_take(TX, &head[1], out, 2), 2);
		CHECK(head[1] != head[0]);
		fake_used(TX, head[1], 0);
		CHECK_EQ(dev->ops->poll(dev), 0);
	}
}

TEST(indices_wrap)
{
	struct net_seg out[2];
	u16 head;

	CHECK_EQ(open_offering(OFFERED), 0);
	for (u32 i = 0; i < 70000; i++) {
		CHECK_EQ(send_one(NULL), 0);
		CHECK_EQ(fake_take(TX, &head, out, 2), 2);
		fake_used(TX, head, 0);
		CHECK(receive(0, (u8)i, HEADER + 60));
		CHECK_EQ(dev->ops->poll(dev), 0);
		CHECK(fake_received_first == (u8)i && fake_received_len == 60);
	}
	CHECK(fake_sent_count == 70000 && fake_received_count == 70000);
}

TEST(checksums_of_received_frames)
{
	CHECK_EQ(open_offering(OFFERED), 0);
	CHECK(receive(0, 1, 100));
	CHECK_EQ(dev->ops->poll(dev), 0);
	CHECK(!fake_received_known);
	CHECK(receive(VIRTIO_NET_HDR_F_NEEDS_CSUM, 1, 100));
	CHECK_EQ(dev->ops->poll(dev), 0);
	CHECK(fake_received_known);
	CHECK(receive(VIRTIO_NET_HDR_F_DATA_VALID, 1, 100));
	CHECK_EQ(dev->ops->poll(dev), 0);
	CHECK(fake_received_known);
	CHECK_EQ(open_offering(OFFERED & ~BIT(VIRTIO_NET_F_GUEST_CSUM)), 0);
	CHECK(receive(VIRTIO_NET_HDR_F_DATA_VALID, 1, 100));
	CHECK_EQ(dev->ops->poll(dev), 0);
	CHECK(!fake_received_known); /* not agreed: the flag means nothing */
}

/* Each lie makes the device broken, for good, and is told once. */
static bool broken_now(void)
{
	unsigned int sent = fake_sent_count, received = fake_received_count;
	bool told = dev->ops->poll(dev) == -EIO && test_logged("virtio-net 0000:00:03.0: ");

	test_log_clear();
	return told && dev->ops->poll(dev) == -EIO && send_one(NULL) == -EIO && !test_logged("virtio") &&
	       fake_sent_count == sent && fake_received_count == received;
}

TEST(hostile_used_elements)
{
	struct net_seg out[2];
	u16 head;

	CHECK_EQ(open_offering(OFFERED), 0);
	fake_used(TX, 0, 0); /* nothing was sent */
	CHECK(broken_now());

	CHECK_EQ(open_offering(OFFERED), 0);
	CHECK_EQ(send_one(NULL), 0);
	fake_used(TX, 1, 0); /* another slot */
	CHECK(broken_now());

	CHECK_EQ(open_offering(OFFERED), 0);
	CHECK_EQ(send_one(NULL), 0);
	fake_used(TX, 0xffffffff, 0);
	CHECK(broken_now());

	CHECK_EQ(open_offering(OFFERED), 0);
	CHECK_EQ(send_one(NULL), 0);
	CHECK_EQ(send_one(NULL), 0);
	fake_used(TX, 0, 0);
	CHECK_EQ(dev->ops->poll(dev), 0);
	fake_used(TX, 0, 0); /* the same one twice */
	CHECK(broken_now());

	CHECK_EQ(open_offering(OFFERED), 0);
	((struct vring_used *)fake.queue[RX].used)->idx = 0x8000; /* more than it has buffers */
	CHECK(broken_now());

	CHECK_EQ(open_offering(OFFERED), 0);
	fake_used(RX, 32, 100);
	CHECK(broken_now());

	CHECK_EQ(open_offering(OFFERED), 0);
	CHECK(fake_take(RX, &head, out, 1) == 1);
	fake_used(RX, head, HEADER);
	CHECK(broken_now());

	CHECK_EQ(open_offering(OFFERED), 0);
	fake_used(RX, 0, 1537);
	CHECK(broken_now());

	CHECK_EQ(open_offering(OFFERED), 0);
	fake_used(RX, 0, 0xffffffff);
	CHECK(broken_now());
}

TEST(device_that_wants_a_reset)
{
	CHECK_EQ(open_offering(OFFERED), 0);
	CHECK_EQ(dev->ops->poll(dev), 0);
	fake.status |= VIRTIO_CONFIG_S_NEEDS_RESET;
	fake_now_us += 100000;
	CHECK(broken_now());
	CHECK_EQ(open_offering(OFFERED), 0);
	CHECK_EQ(dev->ops->poll(dev), 0);
	fake.status = 0xff; /* unplugged */
	fake_now_us += 100000;
	CHECK(broken_now());
	dev->ops->release(dev);
	CHECK(!fake.mastering);
}
