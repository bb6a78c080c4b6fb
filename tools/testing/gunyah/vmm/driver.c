// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit tests of the sample VMM: the VM's side of virtio
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "driver.h"

#define GUARD_SIZE	0x10000ULL

struct window window;
__u16 avail_idx;
__u8 disk_data[DISK_SIZE];

__attribute__((constructor)) static void make_window(void)
{
	__u8 *mem = mmap(NULL, WINDOW_SIZE + 2 * GUARD_SIZE, PROT_NONE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned int i;

	window = (struct window) {
		.mem = mem + GUARD_SIZE,
		.base = WINDOW_BASE,
		.size = WINDOW_SIZE,
	};
	if (mem == MAP_FAILED ||
	    mprotect(window.mem, WINDOW_SIZE, PROT_READ | PROT_WRITE))
		die("no memory");
	for (i = 0; i < DISK_SIZE; i++)
		disk_data[i] = i * 31 + i / 512;
}

void *at(__u64 addr)
{
	return window.mem + (addr - WINDOW_BASE);
}

__u32 reg(struct virtio_device *dev, unsigned int offset)
{
	return read_at(dev, offset, 4);
}

__u64 read_at(struct virtio_device *dev, unsigned int offset, unsigned int len)
{
	return dev->device.ops->read(&dev->device, offset, len);
}

void write_at(struct virtio_device *dev, unsigned int offset, unsigned int len,
	      __u64 value)
{
	dev->device.ops->write(&dev->device, offset, len, value);
}

void set(struct virtio_device *dev, unsigned int offset, __u32 value)
{
	write_at(dev, offset, 4, value);
}

bool broken(struct virtio_device *dev)
{
	return reg(dev, VIRTIO_MMIO_STATUS) & VIRTIO_CONFIG_S_NEEDS_RESET;
}

void set_features(struct virtio_device *dev, __u64 value)
{
	set(dev, VIRTIO_MMIO_STATUS, 0);
	set(dev, VIRTIO_MMIO_DRIVER_FEATURES_SEL, 0);
	set(dev, VIRTIO_MMIO_DRIVER_FEATURES, value);
	set(dev, VIRTIO_MMIO_DRIVER_FEATURES_SEL, 1);
	set(dev, VIRTIO_MMIO_DRIVER_FEATURES, value >> 32);
	set(dev, VIRTIO_MMIO_STATUS, VIRTIO_CONFIG_S_ACKNOWLEDGE |
	    VIRTIO_CONFIG_S_DRIVER | VIRTIO_CONFIG_S_FEATURES_OK);
}

void set_queue(struct virtio_device *dev, __u32 index, __u32 num, __u64 desc,
	       __u64 avail, __u64 used)
{
	set(dev, VIRTIO_MMIO_QUEUE_SEL, index);
	set(dev, VIRTIO_MMIO_QUEUE_NUM, num);
	set(dev, VIRTIO_MMIO_QUEUE_DESC_LOW, desc);
	set(dev, VIRTIO_MMIO_QUEUE_DESC_HIGH, desc >> 32);
	set(dev, VIRTIO_MMIO_QUEUE_AVAIL_LOW, avail);
	set(dev, VIRTIO_MMIO_QUEUE_AVAIL_HIGH, avail >> 32);
	set(dev, VIRTIO_MMIO_QUEUE_USED_LOW, used);
	set(dev, VIRTIO_MMIO_QUEUE_USED_HIGH, used >> 32);
	set(dev, VIRTIO_MMIO_QUEUE_READY, 1);
}

/* Reset a device and set up a queue as a good driver does */
void setup(struct virtio_device *dev, __u32 queue, __u64 more_features)
{
	memset(window.mem, 0, window.size);
	avail_idx = 0;
	set_features(dev, FEATURES | more_features);
	set_queue(dev, queue, NUM, DESC, AVAIL, USED);
	set(dev, VIRTIO_MMIO_STATUS, VIRTIO_CONFIG_S_DRIVER_OK);
	irqs = 0;
}

void put_desc(unsigned int index, __u64 addr, __u32 len, __u16 flags,
	      __u16 next)
{
	struct vring_desc *desc = at(DESC);

	desc[index] = (struct vring_desc) { addr, len, flags, next };
}

/* Make a chain available that begins with a descriptor, and have it handled */
void submit(struct virtio_device *dev, __u32 queue, __u16 head)
{
	struct vring_avail *avail = at(AVAIL);

	avail->ring[avail_idx % NUM] = head;
	avail->idx = ++avail_idx;
	pthread_mutex_lock(&dev->lock);
	dev->type->handle(dev, &dev->queues[queue]);
	pthread_mutex_unlock(&dev->lock);
}

__u16 used_idx(void)
{
	struct vring_used *used = at(USED);

	return used->idx;
}

struct virtio_device *connected(struct device *dev)
{
	dev->ops->connect(dev, -1, &window);

	return (struct virtio_device *)dev;
}

struct virtio_device *new_disk(bool read_only)
{
	static struct device *dev;

	/* The one before has locked the file */
	if (dev)
		dev->ops->destroy(dev);
	test_file(DISK, disk_data, DISK_SIZE);
	dev = virtio_blk_create(read_only ? DISK ",ro" : DISK, 3);

	return connected(dev);
}

bool disk_is(__u64 offset, const void *data, size_t size)
{
	int fd = open(DISK, O_RDONLY);
	__u8 found[DISK_SIZE];
	bool same;

	same = size <= sizeof(found) &&
	       pread(fd, found, size, offset) == (ssize_t)size &&
	       !memcmp(found, data, size);
	close(fd);

	return same;
}

/* A request with one buffer; return: its status */
__u8 request(struct virtio_device *dev, __u32 type, __u64 sector, __u32 len,
	     __u16 direction)
{
	struct virtio_blk_outhdr *header = at(HEADER);
	__u8 *status = at(STATUS);
	__u16 before = used_idx();

	*header = (struct virtio_blk_outhdr) { .type = type, .sector = sector };
	*status = 0xff;
	put_desc(0, HEADER, sizeof(*header), VRING_DESC_F_NEXT | READ, 1);
	put_desc(1, DATA, len, VRING_DESC_F_NEXT | direction, 2);
	put_desc(2, STATUS, 1, WRITE, 0);
	submit(dev, 0, 0);
	CHECK(used_idx() == (__u16)(before + 1));

	return *status;
}
