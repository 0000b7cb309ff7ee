/* SPDX-License-Identifier: GPL-2.0-or-later */
/* virtio-iommu: the device behind drivers/virtio/virtio.h is played here, request by request. */
#include "unit/test.h"

#include <arch/io.h>
#include <linux/virtio_iommu.h>

#include "drivers/iommu/unit.h"
#include "drivers/virtio/virtio.h"

#define BIT(n)  ((u64)1 << (n))
#define NEW     (BIT(VIRTIO_F_VERSION_1) | BIT(VIRTIO_IOMMU_F_BYPASS_CONFIG) | BIT(VIRTIO_IOMMU_F_MAP_UNMAP))
#define OLD     (BIT(VIRTIO_F_VERSION_1) | BIT(VIRTIO_IOMMU_F_BYPASS) | BIT(VIRTIO_IOMMU_F_MAP_UNMAP))
#define UNKNOWN 0x10u

static struct {
	bool absent, no_reset, no_queue, small_queue, silent, lies;
	u64 offered;
	struct virtio_iommu_config config;
	u32 config_len;
	bool started;
	u64 agreed;
	struct virtq *q;
	u16 news;
	u32 passing[8];
	unsigned int n_passing;
	bool wrong;
} hw;

int pci_walk(int (*visit)(const struct pci_func *f, void *ctx), void *ctx)
{
	const struct pci_func net = { .at = { .dev = 3 }, .vendor = 0x1af4, .device = 0x1041 };
	const struct pci_func iommu = { .at = { .dev = 4 }, .vendor = 0x1af4, .device = 0x1057 };
	int ret = visit(&net, ctx);

	return ret || hw.absent ? ret : visit(&iommu, ctx);
}

int virtio_open(struct virtio_dev *v, struct pci_addr at, const char *name)
{
	*v = (struct virtio_dev){ .at = at, .name = name, .device = (volatile u8 *)&hw.config,
		                  .device_len = hw.config_len };
	return at.dev == 4 ? 0 : -ENODEV;
}

int virtio_reset(struct virtio_dev *v)
{
	(void)v;
	return hw.no_reset ? -ETIMEDOUT : 0;
}

u64 virtio_offered(struct virtio_dev *v)
{
	(void)v;
	return hw.offered;
}

int virtio_agree(struct virtio_dev *v, u64 features)
{
	v->features = hw.agreed = features;
	return features & ~hw.offered ? -EOPNOTSUPP : 0;
}

int virtio_queue(struct virtio_dev *v, struct virtq *q, u16 index, u16 max)
{
	(void)v;
	hw.wrong |= index != 0 || hw.started;
	q->size = hw.small_queue ? 1 : max;
	hw.q = q;
	return hw.no_queue ? -EIO : 0;
}

void virtio_start(struct virtio_dev *v)
{
	(void)v;
	hw.started = true;
}

void mmio_write8(volatile void *reg, u8 v)
{
	hw.wrong |= reg != &hw.config.bypass || !(hw.agreed & BIT(VIRTIO_IOMMU_F_BYPASS_CONFIG));
	hw.config.bypass = v;
}

void virtq_offer(struct virtq *q, u16 head) { hw.wrong |= q != hw.q || head != 0 || !hw.started; }

static u8 attach(const struct virtio_iommu_req_attach *r)
{
	if (r->endpoint == UNKNOWN)
		return VIRTIO_IOMMU_S_NOENT;
	hw.wrong |= r->flags != VIRTIO_IOMMU_ATTACH_F_BYPASS;
	hw.passing[hw.n_passing++] = r->endpoint;
	return VIRTIO_IOMMU_S_OK;
}

static u8 detach(const struct virtio_iommu_req_attach *r)
{
	hw.wrong |= r->flags != 0;
	for (unsigned int i = 0; i < hw.n_passing; i++)
		if (hw.passing[i] == r->endpoint) {
			hw.passing[i] = hw.passing[--hw.n_passing];
			return VIRTIO_IOMMU_S_OK;
		}
	return VIRTIO_IOMMU_S_INVAL;
}

void virtq_kick(struct virtq *q)
{
	const struct vring_desc *d = q->desc;
	const struct virtio_iommu_req_attach *r = (const void *)d[0].addr;

	hw.wrong |= !(d[0].flags & VRING_DESC_F_NEXT) || d[0].next != 1 || d[0].len != 20 || d[1].len != 4 ||
		    d[1].flags != VRING_DESC_F_WRITE;
	if (hw.silent)
		return;
	*(u8 *)d[1].addr = r->head.type == VIRTIO_IOMMU_T_ATTACH ? attach(r) : detach(r);
	hw.news = 1;
}

int virtq_take(struct virtq *q, u32 *id, u32 *len)
{
	int news = hw.lies ? -EIO : hw.news;

	(void)q;
	hw.news = 0;
	*id = 0;
	*len = 4;
	return news;
}

static void begin(u64 offered)
{
	memset(&hw, 0, sizeof(hw));
	hw.offered = offered;
	hw.config.bypass = 1;
	hw.config_len = sizeof(hw.config);
	test_log_clear();
}

static int allow(u16 segment, u16 first, u16 second)
{
	struct iommu_source s = { .at.segment = segment, .n = 2, .id = { first, second } };

	return viommu_allow(&s);
}

TEST(only_the_device_passes)
{
	begin(NEW);
	viommu_init();
	CHECK_EQ(hw.config.bypass, 0);
	CHECK_EQ(allow(0, 0xfa, 0x100), 0);
	CHECK(!hw.wrong && !hw.config.bypass && hw.n_passing == 2);
	CHECK_EQ(hw.passing[0], 0xfa);
	CHECK_EQ(allow(1, 0x18, UNKNOWN), 0);
	CHECK(!hw.wrong && !hw.config.bypass && hw.n_passing == 2);
	CHECK_EQ(hw.passing[0], 0x10018);
}

TEST(all_pass_where_one_alone_cannot)
{
	begin(OLD);
	viommu_init();
	CHECK(hw.agreed & BIT(VIRTIO_IOMMU_F_BYPASS));
	CHECK(!hw.wrong && hw.started);
	CHECK_EQ(allow(0, 0xfa, 0x100), 0);
	begin(NEW);
	hw.no_queue = true;
	viommu_init();
	CHECK_EQ(hw.config.bypass, 1);
	CHECK_EQ(allow(0, 0xfa, 0x100), 0);
	begin(NEW);
	hw.small_queue = true;
	viommu_init();
	CHECK_EQ(hw.config.bypass, 1);
	begin(NEW);
	viommu_init();
	CHECK_EQ(allow(0, UNKNOWN, UNKNOWN), 0);
	CHECK_EQ(hw.config.bypass, 1);
	CHECK(test_logged("does not know the device, status 6"));
	begin(NEW);
	viommu_init();
	hw.silent = true;
	CHECK_EQ(allow(0, 0xfa, 0x100), 0);
	CHECK_EQ(hw.config.bypass, 1);
	begin(NEW);
	viommu_init();
	hw.lies = true;
	CHECK_EQ(allow(0, 0xfa, 0x100), 0);
	CHECK_EQ(hw.config.bypass, 1);
}

TEST(none)
{
	begin(NEW);
	hw.absent = true;
	viommu_init();
	CHECK_EQ(allow(0, 0xfa, 0x100), 0);
	CHECK(!hw.started);
}

TEST(cannot_be_tamed)
{
	begin(NEW);
	hw.no_reset = true;
	viommu_init();
	CHECK_EQ(allow(0, 0xfa, 0x100), -EIO);
	begin(BIT(VIRTIO_F_VERSION_1) | BIT(VIRTIO_IOMMU_F_MAP_UNMAP));
	viommu_init();
	CHECK_EQ(allow(0, 0xfa, 0x100), -EIO);
	begin(NEW);
	hw.config_len = 8;
	viommu_init();
	CHECK_EQ(allow(0, 0xfa, 0x100), -EIO);
	CHECK(!hw.wrong);
}
