// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit tests of the sample VMM: random numbers
 */
#include "driver.h"

static bool all_zero(const __u8 *bytes, size_t count)
{
	while (count--)
		if (*bytes++)
			return false;

	return true;
}

TEST(rng, "random numbers")
{
	struct virtio_device *dev = connected(virtio_rng_create(NULL, 0));
	struct vring_used *used = at(USED);
	__u8 *data = at(DATA);

	CHECK(reg(dev, VIRTIO_MMIO_DEVICE_ID) == VIRTIO_ID_RNG);
	setup(dev, 0, 0);
	put_desc(0, DATA, 64, WRITE, 0);
	submit(dev, 0, 0);
	CHECK(used_idx() == 1 && used->ring[0].len == 64 && irqs == 1);
	CHECK(!all_zero(data, 64) && all_zero(data + 64, 64));
	/* In pieces, also empty ones, without a gap */
	setup(dev, 0, 0);
	put_desc(0, DATA, 100, WRITE | VRING_DESC_F_NEXT, 1);
	put_desc(1, DATA + 100, 0, WRITE | VRING_DESC_F_NEXT, 2);
	put_desc(2, DATA + 100, 100, WRITE, 0);
	submit(dev, 0, 0);
	CHECK(used->ring[0].len == 200);
	CHECK(!all_zero(data + 100, 100) && all_zero(data + 200, 64));
	/* Much is more than one request gets */
	setup(dev, 0, 0);
	put_desc(0, DATA, 4000, WRITE | VRING_DESC_F_NEXT, 1);
	put_desc(1, DATA + 4000, 0x4000, WRITE, 0);
	submit(dev, 0, 0);
	CHECK(used->ring[0].len == 4096);
	CHECK(!all_zero(data + 4032, 64) && all_zero(data + 4096, 64));
	/* Nothing to write */
	setup(dev, 0, 0);
	put_desc(0, DATA, 64, READ, 0);
	submit(dev, 0, 0);
	CHECK(used_idx() == 1 && !used->ring[0].len && all_zero(data, 64));
	CHECK(!broken(dev));
	dev->device.ops->destroy(&dev->device);
}
