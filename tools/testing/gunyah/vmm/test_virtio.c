// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit tests of the sample VMM: registers, queues and threads of virtio devices
 *
 * What the VM writes is right, wrong in one way, or random.
 */
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "driver.h"

TEST(test_registers, "registers")
{
	struct virtio_device *dev = new_disk(false);

	CHECK(reg(dev, VIRTIO_MMIO_MAGIC_VALUE) == 0x74726976);
	CHECK(reg(dev, VIRTIO_MMIO_VERSION) == 2);
	CHECK(reg(dev, VIRTIO_MMIO_DEVICE_ID) == VIRTIO_ID_BLOCK);
	CHECK(reg(dev, VIRTIO_MMIO_QUEUE_NUM_MAX) == VIRTQ_SIZE);
	set(dev, VIRTIO_MMIO_QUEUE_SEL, 1);
	CHECK(!reg(dev, VIRTIO_MMIO_QUEUE_NUM_MAX));
	set(dev, VIRTIO_MMIO_QUEUE_READY, 1);
	CHECK(!reg(dev, VIRTIO_MMIO_QUEUE_READY));
	CHECK(reg(dev, VIRTIO_MMIO_SHM_LEN_LOW) == ~0U);
	/* Other widths, and addresses between the registers */
	CHECK(!read_at(dev, VIRTIO_MMIO_MAGIC_VALUE, 1));
	CHECK(!read_at(dev, VIRTIO_MMIO_MAGIC_VALUE + 2, 4));
	CHECK(!read_at(dev, VIRTIO_MMIO_MAGIC_VALUE, 8));
	/* Configuration space in every width, and behind its end */
	CHECK(read_at(dev, VIRTIO_MMIO_CONFIG, 8) == DISK_SIZE / 512);
	CHECK(read_at(dev, VIRTIO_MMIO_CONFIG, 1) == DISK_SIZE / 512);
	CHECK(!read_at(dev, 0xffc, 8));
}

TEST(test_features, "features")
{
	struct virtio_device *dev = new_disk(true);

	set(dev, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 0);
	CHECK(reg(dev, VIRTIO_MMIO_DEVICE_FEATURES) & 1U << VIRTIO_BLK_F_RO);
	set(dev, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 1);
	CHECK(reg(dev, VIRTIO_MMIO_DEVICE_FEATURES) == FEATURES >> 32);
	set(dev, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 2);
	CHECK(!reg(dev, VIRTIO_MMIO_DEVICE_FEATURES));

	set_features(dev, FEATURES);
	CHECK(reg(dev, VIRTIO_MMIO_STATUS) & VIRTIO_CONFIG_S_FEATURES_OK);
	/* One that was not offered; not the one that is a must */
	set_features(dev, FEATURES | 1ULL << VIRTIO_RING_F_INDIRECT_DESC);
	CHECK(!(reg(dev, VIRTIO_MMIO_STATUS) & VIRTIO_CONFIG_S_FEATURES_OK));
	set_features(dev, EVENT_IDX);
	CHECK(!(reg(dev, VIRTIO_MMIO_STATUS) & VIRTIO_CONFIG_S_FEATURES_OK));
}

static void use_lent_queue(const void *arg)
{
	struct virtio_device *dev = (struct virtio_device *)arg;

	set_features(dev, FEATURES);
	set_queue(dev, 0, NUM, WINDOW_BASE - 0x100000, AVAIL, USED);
	exit(broken(dev) ? 77 : 0);
}

/* A driver that knows no DMA pool puts queues into memory that is lent */
TEST(test_no_pool, "guest without a DMA pool")
{
	const __u64 version_1 = 1ULL << VIRTIO_F_VERSION_1;
	struct virtio_device *dev = new_disk(false);

	/* Shared memory works without VIRTIO_F_ACCESS_PLATFORM */
	setup(dev, 0, 0);
	set_features(dev, version_1);
	CHECK(reg(dev, VIRTIO_MMIO_STATUS) & VIRTIO_CONFIG_S_FEATURES_OK);

	dev->window.lent = true;
	set_features(dev, version_1);
	CHECK(!(reg(dev, VIRTIO_MMIO_STATUS) & VIRTIO_CONFIG_S_FEATURES_OK));
	/* A driver that goes on all the same gets nothing */
	set_queue(dev, 0, NUM, DESC, AVAIL, USED);
	set(dev, VIRTIO_MMIO_STATUS, VIRTIO_CONFIG_S_DRIVER_OK);
	CHECK(!(reg(dev, VIRTIO_MMIO_STATUS) & VIRTIO_CONFIG_S_DRIVER_OK));

	CHECK(test_dies(use_lent_queue, dev, 77,
			"needs CONFIG_DMA_RESTRICTED_POOL"));
	setup(dev, 0, 0);
	put_desc(0, WINDOW_BASE - 0x100000, 16, 0, 0);
	submit(dev, 0, 0);
	CHECK(broken(dev));
	/* There is no pool at all */
	dev->window.size = 0;
	setup(dev, 0, 0);
	CHECK(broken(dev));
}

TEST(test_queue_refused, "queues that are refused")
{
	static const struct {
		__u32 num;
		__u64 desc, avail, used;
	} bad[] = {
		{ 0, DESC, AVAIL, USED },
		{ 6, DESC, AVAIL, USED },
		{ 2 * VIRTQ_SIZE, DESC, AVAIL, USED },
		{ 0x80000000, DESC, AVAIL, USED },
		{ NUM, DESC + 8, AVAIL, USED },
		{ NUM, DESC, AVAIL + 1, USED },
		{ NUM, DESC, AVAIL, USED + 2 },
		{ NUM, WINDOW_BASE - 16, AVAIL, USED },
		{ NUM, WINDOW_BASE + WINDOW_SIZE - 16, AVAIL, USED },
		/* The ring itself fits, but not the index behind it */
		{ NUM, DESC, WINDOW_BASE + WINDOW_SIZE - 4 - 2 * NUM, USED },
		{ NUM, DESC, AVAIL, WINDOW_BASE + WINDOW_SIZE - 4 - 8 * NUM },
		{ NUM, 0, AVAIL, USED },
		{ NUM, DESC, ~15ULL, USED },
		{ NUM, DESC, AVAIL, DESC | 1ULL << 63 },
	};
	struct virtio_device *dev = new_disk(false);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		set_features(dev, FEATURES);
		irqs = 0;
		set_queue(dev, 0, bad[i].num, bad[i].desc, bad[i].avail,
			  bad[i].used);
		CHECK(!reg(dev, VIRTIO_MMIO_QUEUE_READY));
		CHECK(broken(dev));
		CHECK(irqs == 1);
		CHECK(reg(dev, VIRTIO_MMIO_INTERRUPT_STATUS) ==
		      VIRTIO_MMIO_INT_CONFIG);
		set(dev, VIRTIO_MMIO_INTERRUPT_ACK, VIRTIO_MMIO_INT_CONFIG);
		CHECK(!reg(dev, VIRTIO_MMIO_INTERRUPT_STATUS));
	}
	setup(dev, 0, 0);
	CHECK(!broken(dev));
	/* A queue that is used stays where it is */
	set(dev, VIRTIO_MMIO_QUEUE_NUM, 0x1000);
	set(dev, VIRTIO_MMIO_QUEUE_DESC_LOW, 0);
	CHECK(request(dev, VIRTIO_BLK_T_IN, 0, 512, WRITE) == VIRTIO_BLK_S_OK);
}

TEST(test_chain_refused, "chains that are refused")
{
	static const struct vring_desc bad[] = {
		{ WINDOW_BASE - 1, 1, WRITE, 0 },
		{ WINDOW_BASE + WINDOW_SIZE, 1, WRITE, 0 },
		{ WINDOW_BASE + WINDOW_SIZE - 1, 2, WRITE, 0 },
		{ WINDOW_BASE, ~0U, WRITE, 0 },
		{ ~0ULL, 2, WRITE, 0 },
		{ 0, 512, WRITE, 0 },
		{ DATA, 512, VRING_DESC_F_INDIRECT, 0 },
		{ DATA, 512, VRING_DESC_F_NEXT | WRITE, NUM },
		{ DATA, 512, VRING_DESC_F_NEXT | WRITE, 0xffff },
		/* A loop; something to read behind something to write */
		{ DATA, 512, VRING_DESC_F_NEXT | WRITE, 1 },
		{ DATA, 512, VRING_DESC_F_NEXT | WRITE, 0 },
	};
	struct virtio_device *dev = new_disk(false);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		setup(dev, 0, 0);
		put_desc(0, HEADER, 16, VRING_DESC_F_NEXT, 1);
		put_desc(1, bad[i].addr, bad[i].len, bad[i].flags, bad[i].next);
		/* Behind the descriptors is what would do as one */
		put_desc(NUM, STATUS, 1, WRITE, 0);
		submit(dev, 0, 0);
		CHECK(broken(dev));
		CHECK(!used_idx());
		/* It does nothing until it is reset */
		submit(dev, 0, 0);
		CHECK(irqs == 1 && !used_idx());
	}

	/* No such head; more than fits in; a request without a status */
	setup(dev, 0, 0);
	put_desc(NUM, HEADER, 16, VRING_DESC_F_NEXT, 1);
	put_desc(1, STATUS, 1, WRITE, 0);
	submit(dev, 0, NUM);
	CHECK(broken(dev));
	setup(dev, 0, 0);
	put_desc(0, HEADER, 16, VRING_DESC_F_NEXT, 1);
	put_desc(1, STATUS, 1, WRITE, 0);
	avail_idx = NUM;
	submit(dev, 0, 0);
	CHECK(broken(dev));
	setup(dev, 0, 0);
	put_desc(0, HEADER, 16, 0, 0);
	submit(dev, 0, 0);
	CHECK(broken(dev));

	setup(dev, 0, 0);
	CHECK(!broken(dev));
	CHECK(request(dev, VIRTIO_BLK_T_IN, 0, 512, WRITE) == VIRTIO_BLK_S_OK);
}

TEST(test_interrupts, "interrupts")
{
	struct virtio_device *dev = new_disk(false);
	struct vring_avail *avail = at(AVAIL);
	struct vring_used *used = at(USED);

	setup(dev, 0, 0);
	avail->flags = VRING_AVAIL_F_NO_INTERRUPT;
	request(dev, VIRTIO_BLK_T_IN, 0, 512, WRITE);
	CHECK(!irqs);
	avail->flags = 0;
	request(dev, VIRTIO_BLK_T_IN, 0, 512, WRITE);
	CHECK(irqs == 1);

	/* Only for the third one */
	setup(dev, 0, EVENT_IDX);
	avail->ring[NUM] = 2;
	request(dev, VIRTIO_BLK_T_IN, 0, 512, WRITE);
	request(dev, VIRTIO_BLK_T_IN, 0, 512, WRITE);
	CHECK(!irqs);
	request(dev, VIRTIO_BLK_T_IN, 0, 512, WRITE);
	CHECK(irqs == 1);
	request(dev, VIRTIO_BLK_T_IN, 0, 512, WRITE);
	CHECK(irqs == 1);
	/* And it wants to be notified of the fifth */
	CHECK(*(__u16 *)&used->ring[NUM] == 4);
}

/* With its thread, and the eventfds that the hypervisor would write */
TEST(test_thread, "thread")
{
	struct virtio_device *dev = new_disk(false);
	struct virtio_blk_outhdr *header = at(HEADER);
	struct vring_avail *avail = at(AVAIL);
	struct vring_used *used = at(USED);
	unsigned int i;

	dev->device.ops->start(&dev->device);
	setup(dev, 0, 0);
	for (i = 1; i <= 1000 && test_is_ok(); i++) {
		header->sector = i % 64;
		put_desc(0, HEADER, 16, VRING_DESC_F_NEXT, 1);
		put_desc(1, DATA, 513, WRITE, 0);
		avail->ring[(i - 1) % NUM] = 0;
		__atomic_store_n(&avail->idx, i, __ATOMIC_RELEASE);
		eventfd_write(dev->queues[0].kick, 1);
		while (__atomic_load_n(&used->idx, __ATOMIC_ACQUIRE) != i)
			sched_yield();
		CHECK(!memcmp(at(DATA), disk_data + 512 * (i % 64), 512));
	}
	/* Reset while it may be at work */
	set(dev, VIRTIO_MMIO_STATUS, 0);
	dev->device.ops->stop(&dev->device);
	CHECK(dev->device.kicks && dev->device.kicks <= 1000);
}

static __u64 rnd(void)
{
	static __u64 state = 88172645463325252ULL;

	/* xorshift64 */
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;

	return state;
}

/* An address that is often, but not always, in the window or at its edges */
static __u64 random_addr(void)
{
	switch (rnd() % 8) {
	case 0:
		return rnd();
	case 1:
		return WINDOW_BASE - 8 + rnd() % 16;
	case 2:
		return WINDOW_BASE + WINDOW_SIZE - 600 + rnd() % 608;
	default:
		return WINDOW_BASE + rnd() % WINDOW_SIZE;
	}
}

static void random_round(struct virtio_device *dev)
{
	struct vring_desc *desc = at(DESC);
	struct vring_avail *avail = at(AVAIL);
	unsigned int i;

	for (i = 0; i < NUM; i++) {
		desc[i].addr = random_addr();
		desc[i].len = rnd() % 3 ? rnd() % 1025 : rnd() >> rnd() % 64;
		desc[i].flags = rnd() % 64 ? rnd() % 4 : rnd();
		desc[i].next = rnd() % (NUM + 1);
		avail->ring[i] = rnd() % 16 ? rnd() % NUM : rnd();
	}
	((struct virtio_blk_outhdr *)at(HEADER))->type = rnd() % 10;
	((struct virtio_blk_outhdr *)at(HEADER))->sector = rnd() % 66;
	if (rnd() % 4) {
		desc[0] = (struct vring_desc) { HEADER, 16, VRING_DESC_F_NEXT,
						1 };
		avail->ring[avail_idx % NUM] = 0;
	}
	submit(dev, 0, avail->ring[avail_idx % NUM]);
	write_at(dev, rnd() % 4096, 1 << rnd() % 4, rnd());
	read_at(dev, rnd() % 4096, 1 << rnd() % 4);
}

/*
 * A driver that writes anything. The sanitizers and the pages around the window
 * tell if the device believes it; a disk that is only read stays as it was.
 */
TEST(test_random, "random")
{
	struct virtio_device *dev = new_disk(true);
	unsigned int i, handled = 0, stopped = 0;
	int saved = dup(STDERR_FILENO);

	/* Not its complaints */
	if (!freopen("/dev/null", "w", stderr))
		die("/dev/null");
	for (i = 0; i < 200000; i++) {
		if (broken(dev) || !(rnd() % 16) || !dev->queues[0].ready) {
			stopped += broken(dev);
			setup(dev, 0, rnd() & EVENT_IDX);
		}
		irqs = 0;
		random_round(dev);
		handled += irqs && !broken(dev);
	}
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	printf("# %u rounds with a request done, %u with the device stopped\n",
	       handled, stopped);
	CHECK(handled > 1000 && stopped > 1000);
	CHECK(disk_is(0, disk_data, DISK_SIZE));
}
