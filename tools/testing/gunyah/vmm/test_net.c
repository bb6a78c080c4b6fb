// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit tests of the sample VMM: network and sockets, which vhost serves
 *
 * fake_vhost.c is the host's kernel.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>

#include "driver.h"
#include "fake_vhost.h"
#include "vhost.h"

static struct virtio_device *new_net(void)
{
	fake_reset();

	return connected(virtio_net_create("tap=tap7,mac=02:00:00:00:00:2a", 0));
}

static struct virtio_device *new_vsock(void)
{
	fake_reset();

	return connected(virtio_vsock_create("0x1234", 0));
}

static void destroy(struct virtio_device *dev)
{
	dev->device.ops->stop(&dev->device);
	dev->device.ops->destroy(&dev->device);
}

/* As a good driver does it */
static void set_up(struct virtio_device *dev, __u64 features)
{
	unsigned int i;

	set_features(dev, FEATURES | features);
	for (i = 0; i < FAKE_QUEUES; i++)
		set_queue(dev, i, NUM << i, DESC + 0x4000 * i,
			  AVAIL + 0x4000 * i, USED + 0x4000 * i);
	set(dev, VIRTIO_MMIO_STATUS, VIRTIO_CONFIG_S_DRIVER_OK);
}

static __u64 offered(struct virtio_device *dev)
{
	__u64 features;

	set(dev, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 1);
	features = (__u64)reg(dev, VIRTIO_MMIO_DEVICE_FEATURES) << 32;
	set(dev, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 0);

	return features | reg(dev, VIRTIO_MMIO_DEVICE_FEATURES);
}

static __u64 host(__u64 addr)
{
	return (unsigned long)at(addr);
}

TEST(net_config, "network: configuration")
{
	struct virtio_device *dev = new_net();
	unsigned int mtu = offsetof(struct virtio_net_config, mtu);
	__u64 features = offered(dev);

	CHECK(reg(dev, VIRTIO_MMIO_DEVICE_ID) == VIRTIO_ID_NET);
	CHECK(read_at(dev, VIRTIO_MMIO_CONFIG, 4) == 0x000002);
	CHECK(read_at(dev, VIRTIO_MMIO_CONFIG + 4, 2) == 0x2a00);
	CHECK(read_at(dev, VIRTIO_MMIO_CONFIG + mtu, 2) == 1400);
	CHECK((features & FEATURES) == FEATURES);
	CHECK(features & BIT_ULL(VIRTIO_NET_F_MRG_RXBUF));
	CHECK(features & BIT_ULL(VIRTIO_NET_F_MTU));
	/* Those by which vhost means something else, and a third queue */
	CHECK(!(features & (BIT_ULL(VHOST_F_LOG_ALL) |
			    BIT_ULL(VHOST_NET_F_VIRTIO_NET_HDR) |
			    BIT_ULL(VIRTIO_NET_F_CTRL_VQ))));
	CHECK(fake.header == 12);
	destroy(dev);

	/* Without an address, one that only differs from the tap's */
	fake_reset();
	dev = connected(virtio_net_create("tap=tap7", 0));
	CHECK(read_at(dev, VIRTIO_MMIO_CONFIG, 4) == 0x33229102);
	CHECK(read_at(dev, VIRTIO_MMIO_CONFIG + 4, 2) == 0x5544);
	CHECK(!fake.mistakes);
	destroy(dev);
}

TEST(activate, "vhost: start")
{
	struct virtio_device *dev = new_net();
	const struct fake_queue *queue;
	unsigned int i;

	set_up(dev, BIT_ULL(VIRTIO_NET_F_MRG_RXBUF) |
	       BIT_ULL(VIRTIO_NET_F_GUEST_CSUM));
	CHECK(!broken(dev) && fake_running() && fake.starts == 2);
	CHECK(fake.features == (BIT_ULL(VIRTIO_F_VERSION_1) |
				BIT_ULL(VIRTIO_NET_F_MRG_RXBUF)));
	CHECK(fake.region.guest_phys_addr == WINDOW_BASE);
	CHECK(fake.region.memory_size == WINDOW_SIZE);
	CHECK(fake.region.userspace_addr == host(WINDOW_BASE));
	for (i = 0; i < FAKE_QUEUES; i++) {
		queue = &fake.queues[i];
		CHECK(queue->num == (unsigned int)NUM << i && !queue->base);
		CHECK(queue->addr.desc_user_addr == host(DESC + 0x4000 * i));
		CHECK(queue->addr.avail_user_addr == host(AVAIL + 0x4000 * i));
		CHECK(queue->addr.used_user_addr == host(USED + 0x4000 * i));
		CHECK(queue->kick == dev->queues[i].kick);
		CHECK(queue->call == dev->device.irq.fd);
	}
	/* The same again changes nothing */
	set(dev, VIRTIO_MMIO_STATUS, VIRTIO_CONFIG_S_DRIVER_OK);
	CHECK(fake.starts == 2 && !fake.mistakes);
	destroy(dev);
	CHECK(!fake_running());
}

TEST(interrupt_status, "vhost: interrupts")
{
	struct virtio_device *dev = new_net();

	/* The acknowledgment of a queue's interrupt has an ioeventfd */
	CHECK(ioeventfd_addr == dev->device.base + VIRTIO_MMIO_INTERRUPT_ACK);
	CHECK(ioeventfd_data == VIRTIO_MMIO_INT_VRING);
	set_up(dev, 0);
	/* vhost sends interrupts without telling the VMM */
	CHECK(reg(dev, VIRTIO_MMIO_INTERRUPT_STATUS) == VIRTIO_MMIO_INT_VRING);
	set(dev, VIRTIO_MMIO_INTERRUPT_ACK, VIRTIO_MMIO_INT_VRING);
	CHECK(reg(dev, VIRTIO_MMIO_INTERRUPT_STATUS) == VIRTIO_MMIO_INT_VRING);
	destroy(dev);
}

TEST(reset, "vhost: reset and stop")
{
	struct virtio_device *dev = new_net();
	unsigned int i;

	for (i = 1; i <= 3; i++) {
		set_up(dev, 0);
		CHECK(fake_running() && fake.starts == 2 * i);
		eventfd_write(dev->queues[1].kick, 1);
		eventfd_write(dev->queues[1].kick, 1);
		set(dev, VIRTIO_MMIO_STATUS, 0);
		CHECK(!fake_running());
		CHECK(dev->device.kicks == 2 * i);
	}
	/* A queue that is taken away */
	set_up(dev, 0);
	set(dev, VIRTIO_MMIO_QUEUE_SEL, 0);
	set(dev, VIRTIO_MMIO_QUEUE_READY, 0);
	CHECK(!fake_running() && !reg(dev, VIRTIO_MMIO_QUEUE_READY));
	/* The end of the VM */
	set_up(dev, 0);
	CHECK(fake_running());
	dev->device.ops->stop(&dev->device);
	CHECK(!fake_running() && !fake.mistakes);
	destroy(dev);
}

TEST(bad_driver, "vhost: bad drivers")
{
	struct virtio_device *dev = new_net();

	/* One queue of two */
	set_features(dev, FEATURES);
	set_queue(dev, 0, NUM, DESC, AVAIL, USED);
	set(dev, VIRTIO_MMIO_STATUS, VIRTIO_CONFIG_S_DRIVER_OK);
	CHECK(broken(dev) && !fake_running());
	/* One of them elsewhere */
	set_features(dev, FEATURES);
	set_queue(dev, 0, NUM, DESC, AVAIL, USED);
	set_queue(dev, 1, NUM, DESC, AVAIL, WINDOW_BASE + WINDOW_SIZE - 4);
	CHECK(broken(dev));
	/* It does nothing until it is reset, even if that is put right */
	set_queue(dev, 1, NUM, DESC, AVAIL, USED);
	set(dev, VIRTIO_MMIO_STATUS, VIRTIO_CONFIG_S_DRIVER_OK);
	CHECK(broken(dev) && !fake_running());
	/* Features that were not offered, and that mean something to vhost */
	set_up(dev, BIT_ULL(VHOST_F_LOG_ALL) |
	       BIT_ULL(VHOST_NET_F_VIRTIO_NET_HDR));
	CHECK(!fake_running());
	set_up(dev, 0);
	CHECK(!broken(dev) && fake_running() && !fake.mistakes);
	destroy(dev);
}

TEST(refused, "vhost: refused")
{
	static const unsigned long requests[] = {
		VHOST_SET_FEATURES, VHOST_SET_MEM_TABLE, VHOST_SET_VRING_NUM,
		VHOST_SET_VRING_BASE, VHOST_SET_VRING_ADDR,
		VHOST_SET_VRING_KICK, VHOST_SET_VRING_CALL,
		VHOST_SET_VRING_ERR, TUNSETOFFLOAD,
	};
	struct virtio_device *dev = new_net();
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(requests); i++) {
		fake.fail = requests[i];
		fake.error = EFAULT;
		set_up(dev, 0);
		CHECK(broken(dev) && !fake_running());
		CHECK(irqs && reg(dev, VIRTIO_MMIO_INTERRUPT_STATUS) &
		      VIRTIO_MMIO_INT_CONFIG);
		fake.fail = 0;
		irqs = 0;
	}
	set_up(dev, 0);
	CHECK(!broken(dev) && fake_running());
	destroy(dev);
}

/* A tap refuses what a driver may only accept together with something else */
TEST(offload, "network: offload")
{
	static const struct {
		__u64 features;
		unsigned long offload;
	} cases[] = {
		{ 0, 0 },
		{ BIT_ULL(VIRTIO_NET_F_GUEST_CSUM), TUN_F_CSUM },
		{ BIT_ULL(VIRTIO_NET_F_GUEST_CSUM) |
		  BIT_ULL(VIRTIO_NET_F_GUEST_TSO4) |
		  BIT_ULL(VIRTIO_NET_F_GUEST_TSO6),
		  TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 },
		{ BIT_ULL(VIRTIO_NET_F_GUEST_CSUM) |
		  BIT_ULL(VIRTIO_NET_F_GUEST_TSO4) |
		  BIT_ULL(VIRTIO_NET_F_GUEST_ECN),
		  TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO_ECN },
		{ BIT_ULL(VIRTIO_NET_F_GUEST_CSUM) |
		  BIT_ULL(VIRTIO_NET_F_GUEST_ECN), TUN_F_CSUM },
		{ BIT_ULL(VIRTIO_NET_F_GUEST_TSO4), 0 },
	};
	struct virtio_device *dev = new_net();
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		set_up(dev, cases[i].features);
		CHECK(!broken(dev) && fake.offload == cases[i].offload);
	}
	CHECK(!fake.mistakes);
	destroy(dev);
}

TEST(vsock, "sockets")
{
	struct virtio_device *dev = new_vsock();

	CHECK(reg(dev, VIRTIO_MMIO_DEVICE_ID) == VIRTIO_ID_VSOCK);
	CHECK(read_at(dev, VIRTIO_MMIO_CONFIG, 8) == 0x1234);
	CHECK(fake.cid == 0x1234);
	/* The queue for events is the VMM's */
	set(dev, VIRTIO_MMIO_QUEUE_SEL, 2);
	CHECK(reg(dev, VIRTIO_MMIO_QUEUE_NUM_MAX) == VIRTQ_SIZE);
	set_up(dev, 0);
	CHECK(!broken(dev) && fake.queues[0].on && fake.queues[1].on);
	set(dev, VIRTIO_MMIO_STATUS, 0);
	CHECK(!fake_running());
	set_up(dev, 0);
	CHECK(fake_running() && !fake.mistakes);
	destroy(dev);
	CHECK(!fake_running());
}

static void create_net(const void *arg)
{
	virtio_net_create(arg, 0);
}

static void create_vsock(const void *arg)
{
	virtio_vsock_create(arg, 0);
}

static bool net_says(const char *arg, const char *text)
{
	return test_dies(create_net, arg, EXIT_VMM, text);
}

static bool vsock_says(const char *arg, const char *text)
{
	return test_dies(create_vsock, arg, EXIT_VMM, text);
}

TEST(messages, "network and sockets: messages")
{
	static const struct {
		const char *arg, *message;
	} net[] = {
		{ "", "tap=NAME is missing" },
		{ "mac=02:00:00:00:00:01", "tap=NAME is missing" },
		{ "tap", "a name has 1 to 15" },
		{ "tap=", "a name has 1 to 15" },
		{ "tap=sixteen-letters-", "a name has 1 to 15" },
		{ "tap=t,mac=", "six bytes" },
		{ "tap=t,mac=02:00:00:00:00", "six bytes" },
		{ "tap=t,mac=02:00:00:00:00:01:02", "six bytes" },
		{ "tap=t,mac=02:00:00:00:00:0g", "six bytes" },
		{ "tap=t,mac=02:00:00:00:00:-1", "six bytes" },
		{ "tap=t,mac=01:00:00:00:00:01", "six bytes" },
		{ "tap=t,mac=00:00:00:00:00:00", "six bytes" },
		{ "tap=t,speed=1", "'speed=1': not tap=NAME" },
	}, vsock[] = {
		{ "", "a CID is a number" },
		{ "2", "from 3 to 4294967294" },
		{ "-1", "a CID is a number" },
		{ "4294967295", "a CID is a number" },
		{ "3x", "a CID is a number" },
		{ "99999999999999999999", "a CID is a number" },
	};
	static const struct {
		unsigned long request;
		int error;
		const char *message;
	} taps[] = {
		{ TUNSETIFF, EPERM, "t: Operation not permitted; not your tap" },
		{ TUNSETIFF, EBUSY, "another program uses it" },
		{ TUNSETIFF, EINVAL, "it is not a tap" },
	};
	unsigned int i;

	fake_reset();
	for (i = 0; i < ARRAY_SIZE(net); i++)
		CHECK(net_says(net[i].arg, net[i].message));
	for (i = 0; i < ARRAY_SIZE(vsock); i++)
		CHECK(vsock_says(vsock[i].arg, vsock[i].message));
	for (i = 0; i < ARRAY_SIZE(taps); i++) {
		fake.fail = taps[i].request;
		fake.error = taps[i].error;
		CHECK(net_says("tap=t", taps[i].message));
	}
	fake.fail = VHOST_VSOCK_SET_GUEST_CID;
	fake.error = EADDRINUSE;
	CHECK(vsock_says("3", "another VM has this CID"));
	fake.fail = 0;
	fake.missing = "/dev/net/tun";
	CHECK(net_says("tap=t", "load the module tun"));
	fake.missing = "/dev/vhost-net";
	CHECK(net_says("tap=t", "load the module vhost_net"));
	fake.missing = "/dev/vhost-vsock";
	CHECK(vsock_says("3", "load the module vhost_vsock"));
}

/*
 * A driver that writes anything into the registers. What it makes vhost do, the
 * model of vhost accepts.
 */
TEST_ALONE(random_driver, "vhost: random driver")
{
	static const __u32 offsets[] = {
		VIRTIO_MMIO_DRIVER_FEATURES, VIRTIO_MMIO_DRIVER_FEATURES_SEL,
		VIRTIO_MMIO_QUEUE_SEL, VIRTIO_MMIO_QUEUE_NUM,
		VIRTIO_MMIO_QUEUE_READY, VIRTIO_MMIO_QUEUE_DESC_LOW,
		VIRTIO_MMIO_QUEUE_AVAIL_LOW, VIRTIO_MMIO_QUEUE_USED_HIGH,
		VIRTIO_MMIO_STATUS, VIRTIO_MMIO_STATUS,
	};
	struct virtio_device *dev = new_net();
	unsigned int i, running = 0, stopped = 0;

	/* Not the complaints of the device */
	if (!freopen("/dev/null", "w", stderr))
		die("/dev/null");
	for (i = 0; i < 200000; i++) {
		if (!(random() % 16))
			set_up(dev, random() & offered(dev));
		set(dev, offsets[random() % ARRAY_SIZE(offsets)],
		    random() % 4 ? random() % 32 : random());
		running += fake_running();
		stopped += broken(dev);
		if (broken(dev) || !reg(dev, VIRTIO_MMIO_STATUS))
			CHECK(!fake_running());
	}
	printf("# vhost at work in %u of %u rounds, device stopped in %u\n",
	       running, i, stopped);
	CHECK(running > 1000 && stopped > 1000 && fake.starts > 1000);
	CHECK(!fake.mistakes);
	destroy(dev);
}
