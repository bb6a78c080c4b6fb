// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit tests of the sample VMM's virtio devices, reported in KTAP
 *
 * The test is the VM: it writes registers, and queues in a window of memory
 * with inaccessible pages before and behind it. What it writes is right, wrong
 * in one way, or random. Interrupts are counted, and console output is kept.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_mmio.h>

#include "console.h"
#include "dt_write.h"
#include "virtio.h"

#define WINDOW_BASE	0x88000000ULL
#define WINDOW_SIZE	0x10000ULL
#define GUARD_SIZE	0x10000ULL

/* Where things are in the window */
#define DESC		(WINDOW_BASE + 0x0000)
#define AVAIL		(WINDOW_BASE + 0x1000)
#define USED		(WINDOW_BASE + 0x2000)
#define HEADER		(WINDOW_BASE + 0x4000)
#define STATUS		(WINDOW_BASE + 0x4800)
#define DATA		(WINDOW_BASE + 0x5000)

#define NUM		8
#define DISK_SIZE	0x8000
#define READ		0
#define WRITE		VRING_DESC_F_WRITE

/* Features: what the VM accepts of all devices, and one that is optional */
static const __u64 features = 1ULL << VIRTIO_F_VERSION_1 |
			      1ULL << VIRTIO_F_ACCESS_PLATFORM;
static const __u64 event_idx = 1ULL << VIRTIO_RING_F_EVENT_IDX;

static struct window window;
static char disk_path[32];
static __u8 disk_data[DISK_SIZE];
static char output[256];
static size_t output_size;
static unsigned int irqs;
static __u16 avail_idx;
static unsigned int passed, failed;
static bool ok;

#define CHECK(cond)							\
	do {								\
		if (!(cond)) {						\
			printf("# %s:%d: %s\n", __FILE__, __LINE__, #cond); \
			ok = false;					\
		}							\
	} while (0)

/* What the devices need of the rest of the VMM */

void vm_add_irq(int vm, struct vm_irq *irq, __u32 spi)
{
	(void)vm;
	(void)spi;
	irq->fd = -1;
}

void vm_raise_irq(struct vm_irq *irq)
{
	irq->count++;
	irqs++;
}

void vm_add_ioeventfd(int vm, int fd, __u64 addr, __u32 data)
{
	(void)vm;
	(void)fd;
	(void)addr;
	(void)data;
}

void vm_remove_irq(struct vm_irq *irq)
{
	(void)irq;
}

static struct device *console;
static size_t (*console_space)(struct device *dev);
static void (*console_input)(struct device *dev, const __u8 *bytes,
			     size_t count);

void console_connect(struct device *dev, size_t (*room)(struct device *dev),
		     void (*receive)(struct device *dev, const __u8 *bytes,
				     size_t count))
{
	console = dev;
	console_space = room;
	console_input = receive;
}

void begin_at(void *dt, const char *name, __u64 addr)
{
	(void)dt;
	(void)name;
	(void)addr;
}

void end(void *dt)
{
	(void)dt;
}

void put_empty(void *dt, const char *name)
{
	(void)dt;
	(void)name;
}

void put_string(void *dt, const char *name, const char *value)
{
	(void)dt;
	(void)name;
	(void)value;
}

void put_u32(void *dt, const char *name, __u32 value)
{
	(void)dt;
	(void)name;
	(void)value;
}

void put_u32s(void *dt, const char *name, const __u32 *values, int count)
{
	(void)dt;
	(void)name;
	(void)values;
	(void)count;
}

void put_u64s(void *dt, const char *name, const __u64 *values, int count)
{
	(void)dt;
	(void)name;
	(void)values;
	(void)count;
}

void console_write(const void *bytes, size_t count)
{
	if (count > sizeof(output) - output_size)
		count = sizeof(output) - output_size;
	memcpy(output + output_size, bytes, count);
	output_size += count;
}

/* The VM */

static void *at(__u64 addr)
{
	return window.mem + (addr - WINDOW_BASE);
}

static __u32 reg(struct virtio_device *dev, unsigned int offset)
{
	return dev->device.ops->read(&dev->device, offset, 4);
}

static __u64 read_at(struct virtio_device *dev, unsigned int offset,
		     unsigned int len)
{
	return dev->device.ops->read(&dev->device, offset, len);
}

static void set(struct virtio_device *dev, unsigned int offset, __u32 value)
{
	dev->device.ops->write(&dev->device, offset, 4, value);
}

static bool broken(struct virtio_device *dev)
{
	return reg(dev, VIRTIO_MMIO_STATUS) & VIRTIO_CONFIG_S_NEEDS_RESET;
}

static void set_features(struct virtio_device *dev, __u64 value)
{
	set(dev, VIRTIO_MMIO_STATUS, 0);
	set(dev, VIRTIO_MMIO_DRIVER_FEATURES_SEL, 0);
	set(dev, VIRTIO_MMIO_DRIVER_FEATURES, value);
	set(dev, VIRTIO_MMIO_DRIVER_FEATURES_SEL, 1);
	set(dev, VIRTIO_MMIO_DRIVER_FEATURES, value >> 32);
	set(dev, VIRTIO_MMIO_STATUS, VIRTIO_CONFIG_S_ACKNOWLEDGE |
	    VIRTIO_CONFIG_S_DRIVER | VIRTIO_CONFIG_S_FEATURES_OK);
}

static void set_queue(struct virtio_device *dev, __u32 index, __u32 num,
		      __u64 desc, __u64 avail, __u64 used)
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
static void setup(struct virtio_device *dev, __u32 queue, __u64 more_features)
{
	memset(window.mem, 0, window.size);
	avail_idx = 0;
	set_features(dev, features | more_features);
	set_queue(dev, queue, NUM, DESC, AVAIL, USED);
	set(dev, VIRTIO_MMIO_STATUS, VIRTIO_CONFIG_S_DRIVER_OK);
	irqs = 0;
}

static void put_desc(unsigned int index, __u64 addr, __u32 len, __u16 flags,
		     __u16 next)
{
	struct vring_desc *desc = at(DESC);

	desc[index] = (struct vring_desc) { addr, len, flags, next };
}

/* Make a chain available that begins with a descriptor, and have it handled */
static void submit(struct virtio_device *dev, __u32 queue, __u16 head)
{
	struct vring_avail *avail = at(AVAIL);

	avail->ring[avail_idx % NUM] = head;
	avail->idx = ++avail_idx;
	pthread_mutex_lock(&dev->lock);
	dev->type->handle(dev, &dev->queues[queue]);
	pthread_mutex_unlock(&dev->lock);
}

static __u16 used_idx(void)
{
	struct vring_used *used = at(USED);

	return used->idx;
}

/* A request with one buffer; return: its status */
static __u8 request(struct virtio_device *dev, __u32 type, __u64 sector,
		    __u32 len, __u16 direction)
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

static struct virtio_device *connected(struct device *dev)
{
	dev->ops->connect(dev, -1, &window);

	return (struct virtio_device *)dev;
}

static struct virtio_device *new_disk(bool read_only)
{
	char arg[sizeof(disk_path) + 3];
	int fd = open(disk_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, disk_data, DISK_SIZE) != DISK_SIZE)
		die("%s: %s", disk_path, strerror(errno));
	close(fd);

	snprintf(arg, sizeof(arg), "%s%s", disk_path, read_only ? ",ro" : "");

	return connected(virtio_blk_create(arg, 3));
}

static bool disk_is(__u64 offset, const void *data, size_t size)
{
	int fd = open(disk_path, O_RDONLY);
	__u8 found[DISK_SIZE];
	bool same;

	same = size <= sizeof(found) &&
	       pread(fd, found, size, offset) == (ssize_t)size &&
	       !memcmp(found, data, size);
	close(fd);

	return same;
}

static off_t disk_size(void)
{
	struct stat st;

	return stat(disk_path, &st) ? -1 : st.st_size;
}

/* The tests */

static void test_registers(void)
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

static void test_features(void)
{
	struct virtio_device *dev = new_disk(true);

	set(dev, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 0);
	CHECK(reg(dev, VIRTIO_MMIO_DEVICE_FEATURES) & 1U << VIRTIO_BLK_F_RO);
	set(dev, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 1);
	CHECK(reg(dev, VIRTIO_MMIO_DEVICE_FEATURES) == features >> 32);
	set(dev, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 2);
	CHECK(!reg(dev, VIRTIO_MMIO_DEVICE_FEATURES));

	set_features(dev, features);
	CHECK(reg(dev, VIRTIO_MMIO_STATUS) & VIRTIO_CONFIG_S_FEATURES_OK);
	/* One that was not offered; not the one that is a must */
	set_features(dev, features | 1ULL << VIRTIO_RING_F_INDIRECT_DESC);
	CHECK(!(reg(dev, VIRTIO_MMIO_STATUS) & VIRTIO_CONFIG_S_FEATURES_OK));
	set_features(dev, event_idx);
	CHECK(!(reg(dev, VIRTIO_MMIO_STATUS) & VIRTIO_CONFIG_S_FEATURES_OK));
}

static void test_queue_refused(void)
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
		set_features(dev, features);
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

static void test_disk(void)
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

static void test_read_only(void)
{
	struct virtio_device *dev = new_disk(true);

	setup(dev, 0, 0);
	CHECK(request(dev, VIRTIO_BLK_T_OUT, 0, 512, READ) ==
	      VIRTIO_BLK_S_IOERR);
	CHECK(request(dev, VIRTIO_BLK_T_IN, 0, 512, WRITE) == VIRTIO_BLK_S_OK);
	CHECK(disk_is(0, disk_data, DISK_SIZE));
}

/* Header and data in pieces, also empty ones; the status behind the data */
static void test_pieces(void)
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

static void test_chain_refused(void)
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

static void test_interrupts(void)
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
	setup(dev, 0, event_idx);
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

static void test_console(void)
{
	struct virtio_device *dev = connected(virtio_console_create("virtio", 0));
	struct vring_used *used = at(USED);
	__u8 fill[5000] = { 0 };

	setup(dev, 1, 0);
	memcpy(at(DATA), "hello world", 11);
	put_desc(0, DATA, 6, VRING_DESC_F_NEXT, 1);
	put_desc(1, DATA + 6, 5, 0, 0);
	submit(dev, 1, 0);
	CHECK(output_size == 11 && !memcmp(output, "hello world", 11));
	CHECK(used_idx() == 1);

	/* Buffers wait for input, input waits for buffers */
	setup(dev, 0, 0);
	put_desc(0, DATA, 4, WRITE, 0);
	submit(dev, 0, 0);
	CHECK(!used_idx());
	console_input(console, (const __u8 *)"abcdef", 6);
	CHECK(console_space(console) == 4096 - 6);
	put_desc(1, DATA + 8, 4, WRITE, 0);
	submit(dev, 0, 1);
	CHECK(used_idx() == 2 && used->ring[0].len == 4 &&
	      used->ring[1].len == 2);
	CHECK(!memcmp(at(DATA), "abcd\0\0\0\0ef", 10));

	/* What does not fit is lost */
	console_input(console, fill, sizeof(fill));
	CHECK(!console_space(console));
}

/* With its thread, and the eventfds that the hypervisor would write */
static void test_thread(void)
{
	struct virtio_device *dev = new_disk(false);
	struct virtio_blk_outhdr *header = at(HEADER);
	struct vring_avail *avail = at(AVAIL);
	struct vring_used *used = at(USED);
	unsigned int i;

	dev->device.ops->start(&dev->device);
	setup(dev, 0, 0);
	for (i = 1; i <= 1000 && ok; i++) {
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
	dev->device.ops->write(&dev->device, rnd() % 4096, 1 << rnd() % 4,
				rnd());
	read_at(dev, rnd() % 4096, 1 << rnd() % 4);
}

/*
 * A driver that writes anything. The sanitizers and the pages around the window
 * tell if the device believes it; a disk that is only read stays as it was.
 */
static void test_random(void)
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
			setup(dev, 0, rnd() & event_idx);
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

static const struct {
	const char *name;
	void (*run)(void);
} tests[] = {
	{ "registers", test_registers },
	{ "features", test_features },
	{ "queues that are refused", test_queue_refused },
	{ "disk", test_disk },
	{ "read-only disk", test_read_only },
	{ "requests in pieces", test_pieces },
	{ "chains that are refused", test_chain_refused },
	{ "interrupts", test_interrupts },
	{ "console", test_console },
	{ "thread", test_thread },
	{ "random", test_random },
};

/* The VMM's devices live as long as it does */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}

int main(void)
{
	__u8 *mem = mmap(NULL, WINDOW_SIZE + 2 * GUARD_SIZE, PROT_NONE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned int i;
	int fd;

	setvbuf(stdout, NULL, _IOLBF, 0);
	window = (struct window) { mem + GUARD_SIZE, WINDOW_BASE, WINDOW_SIZE };
	snprintf(disk_path, sizeof(disk_path), "/tmp/virtio-test-XXXXXX");
	fd = mkstemp(disk_path);
	if (mem == MAP_FAILED || fd < 0 ||
	    mprotect(window.mem, WINDOW_SIZE, PROT_READ | PROT_WRITE))
		die("no memory, or no file");
	close(fd);
	for (i = 0; i < DISK_SIZE; i++)
		disk_data[i] = i * 31 + i / 512;

	printf("1..%zu\n", ARRAY_SIZE(tests));
	for (i = 0; i < ARRAY_SIZE(tests); i++) {
		ok = true;
		tests[i].run();
		printf("%s %u %s\n", ok ? "ok" : "not ok", i + 1,
		       tests[i].name);
		passed += ok;
		failed += !ok;
	}
	unlink(disk_path);

	return failed ? 1 : 0;
}
