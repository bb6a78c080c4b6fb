// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit tests of the sample VMM: disks
 */
#include <string.h>
#include <sys/stat.h>

#include "driver.h"

static off_t disk_size(void)
{
	struct stat st;

	return stat(DISK, &st) ? -1 : st.st_size;
}

TEST(test_disk, "disk")
{
	struct virtio_device *dev = new_disk(false);
	const __u64 last = DISK_SIZE / 512 - 1;
	struct vring_used *used = at(USED);

	setup(dev, 0, 0);
	CHECK(request(dev, VIRTIO_BLK_T_IN, 2, 1024, WRITE) == VIRTIO_BLK_S_OK);
	CHECK(!memcmp(at(DATA), disk_data + 1024, 1024));
	CHECK(used->ring[0].id == 0 && used->ring[0].len == 1025);
	CHECK(irqs == 1);
	CHECK(reg(dev, VIRTIO_MMIO_INTERRUPT_STATUS) == VIRTIO_MMIO_INT_VRING);

	memset(at(DATA), 0x5a, 512);
	CHECK(request(dev, VIRTIO_BLK_T_OUT, last, 512, READ) ==
	      VIRTIO_BLK_S_OK);
	CHECK(disk_is(512 * last, at(DATA), 512));
	CHECK(used->ring[1].len == 1);
	CHECK(request(dev, VIRTIO_BLK_T_FLUSH, 0, 0, READ) == VIRTIO_BLK_S_OK);
	CHECK(request(dev, VIRTIO_BLK_T_GET_ID, 0, 20, WRITE) ==
	      VIRTIO_BLK_S_OK);
	CHECK(!strcmp(at(DATA), "gunyah-vmm-3"));

	/* What is not on the disk, and what is no request */
	CHECK(request(dev, VIRTIO_BLK_T_IN, last, 1024, WRITE) ==
	      VIRTIO_BLK_S_IOERR);
	CHECK(request(dev, VIRTIO_BLK_T_IN, last + 1, 512, WRITE) ==
	      VIRTIO_BLK_S_IOERR);
	CHECK(request(dev, VIRTIO_BLK_T_IN, 1ULL << 55, 512, WRITE) ==
	      VIRTIO_BLK_S_IOERR);
	CHECK(request(dev, VIRTIO_BLK_T_OUT, ~0ULL, 512, READ) ==
	      VIRTIO_BLK_S_IOERR);
	CHECK(request(dev, VIRTIO_BLK_T_OUT, 0, DISK_SIZE + 512, READ) ==
	      VIRTIO_BLK_S_IOERR);
	CHECK(disk_size() == DISK_SIZE);
	CHECK(request(dev, VIRTIO_BLK_T_IN, 0, 100, WRITE) ==
	      VIRTIO_BLK_S_IOERR);
	CHECK(request(dev, VIRTIO_BLK_T_GET_ID, 0, 10, WRITE) ==
	      VIRTIO_BLK_S_IOERR);
	CHECK(request(dev, 99, 0, 512, WRITE) == VIRTIO_BLK_S_UNSUPP);
	CHECK(!broken(dev));
}

TEST(test_read_only, "read-only disk")
{
	struct virtio_device *dev = new_disk(true);

	setup(dev, 0, 0);
	CHECK(request(dev, VIRTIO_BLK_T_OUT, 0, 512, READ) ==
	      VIRTIO_BLK_S_IOERR);
	CHECK(request(dev, VIRTIO_BLK_T_IN, 0, 512, WRITE) == VIRTIO_BLK_S_OK);
	CHECK(disk_is(0, disk_data, DISK_SIZE));
}

/* Header and data in pieces, also empty ones; the status behind the data */
TEST(test_pieces, "requests in pieces")
{
	struct virtio_device *dev = new_disk(false);
	struct virtio_blk_outhdr *header = at(HEADER);
	__u8 *data = at(DATA);

	setup(dev, 0, 0);
	header->sector = 1;
	data[512] = 0xff;
	put_desc(0, HEADER, 3, VRING_DESC_F_NEXT, 5);
	put_desc(5, HEADER, 0, VRING_DESC_F_NEXT, 4);
	put_desc(4, HEADER + 3, 13, VRING_DESC_F_NEXT, 1);
	put_desc(1, DATA, 100, VRING_DESC_F_NEXT | WRITE, 2);
	put_desc(2, DATA + 100, 413, VRING_DESC_F_NEXT | WRITE, 3);
	put_desc(3, DATA, 0, WRITE, 0);
	submit(dev, 0, 0);
	CHECK(used_idx() == 1 && data[512] == VIRTIO_BLK_S_OK);
	CHECK(!memcmp(data, disk_data + 512, 512));
}

static void create(const void *arg)
{
	virtio_blk_create(arg, 0);
}

TEST_ALONE(test_locks, "locks on disk images")
{
	struct device *dev;

	test_file("image", disk_data, DISK_SIZE);
	dev = virtio_blk_create("image", 0);
	CHECK(test_dies(create, "image", EXIT_VMM, "image: in use by another"));
	CHECK(test_dies(create, "image,ro", EXIT_VMM, "in use by another"));
	dev->ops->destroy(dev);
	virtio_blk_create("image,ro", 0);
	virtio_blk_create("image,ro", 1);
	CHECK(test_dies(create, "image", EXIT_VMM, "in use by another"));
}

TEST_ALONE(test_sizes, "sizes of disk images")
{
	test_file("image", disk_data, 1000);
	CHECK(test_dies(create, "image", EXIT_VMM,
			"image: 1000 bytes, which is not a multiple of 512"));
	test_file("image", disk_data, 0);
	CHECK(test_dies(create, "image", EXIT_VMM, "0 bytes"));
	CHECK(test_dies(create, "nothing", EXIT_VMM, "nothing: No such file"));
	test_file("image", disk_data, 512);
	virtio_blk_create("image", 0);
}
