// SPDX-License-Identifier: GPL-2.0-only
/*
 * Virtio over MMIO: the registers of a device, and the thread that serves it
 *
 * Registers are accessed by exits of the vCPUs, which is only for the setup. For
 * notifications each queue has an ioeventfd, which wakes the device's thread while
 * the vCPU continues at once. Interrupts are sent by an irqfd.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <linux/virtio_config.h>
#include <linux/virtio_mmio.h>

#include "dt_write.h"
#include "layout.h"
#include "virtio.h"

#define MAGIC		0x74726976	/* "virt" */
#define VERSION		2
#define VENDOR		0x47		/* nobody has numbers for these */

/* Registers of shared memory regions: a size of -1 means that there are none */
#define SHM_FIRST	VIRTIO_MMIO_SHM_LEN_LOW
#define SHM_LAST	VIRTIO_MMIO_SHM_BASE_HIGH

/**
 * virtio_interrupt() - send the VM an interrupt
 * @dev: the device
 * @reason: VIRTIO_MMIO_INT_...
 */
void virtio_interrupt(struct virtio_device *dev, unsigned int reason)
{
	dev->isr |= reason;
	vm_raise_irq(&dev->device.irq);
}

/**
 * virtio_config_changed() - tell the driver that the configuration has changed
 * @dev: the device, locked since before the change
 */
void virtio_config_changed(struct virtio_device *dev)
{
	dev->generation++;
	if (dev->status & VIRTIO_CONFIG_S_DRIVER_OK)
		virtio_interrupt(dev, VIRTIO_MMIO_INT_CONFIG);
}

/**
 * virtio_broken() - stop a device whose driver breaks the rules
 * @dev: the device, locked
 * @why: the rule that it broke
 *
 * The driver is told by DEVICE_NEEDS_RESET.
 */
void virtio_broken(struct virtio_device *dev, const char *why)
{
	if (dev->status & VIRTIO_CONFIG_S_NEEDS_RESET)
		return;

	fprintf(stderr, "gunyah_vmm: virtio device %u stops: %s\n",
		dev->type->id, why);
	dev->status |= VIRTIO_CONFIG_S_NEEDS_RESET;
	virtio_interrupt(dev, VIRTIO_MMIO_INT_CONFIG);
}

/* Return: the queue that QueueSel selects, NULL if there is no such queue */
static struct virtqueue *selected(struct virtio_device *dev)
{
	return dev->queue_sel < dev->type->num_queues ?
	       &dev->queues[dev->queue_sel] : NULL;
}

/* One half of the features; there are none above 63 */
static __u32 features_half(__u64 features, __u32 sel)
{
	return sel < 2 ? features >> (32 * sel) : 0;
}

static __u32 read_register(struct virtio_device *dev, unsigned int offset)
{
	struct virtqueue *vq = selected(dev);

	if (offset >= SHM_FIRST && offset <= SHM_LAST)
		return ~0U;

	switch (offset) {
	case VIRTIO_MMIO_MAGIC_VALUE:
		return MAGIC;
	case VIRTIO_MMIO_VERSION:
		return VERSION;
	case VIRTIO_MMIO_DEVICE_ID:
		return dev->type->id;
	case VIRTIO_MMIO_VENDOR_ID:
		return VENDOR;
	case VIRTIO_MMIO_DEVICE_FEATURES:
		return features_half(dev->features, dev->features_sel);
	case VIRTIO_MMIO_QUEUE_NUM_MAX:
		return vq ? VIRTQ_SIZE : 0;
	case VIRTIO_MMIO_QUEUE_READY:
		return vq ? vq->ready : 0;
	case VIRTIO_MMIO_STATUS:
		return dev->status;
	case VIRTIO_MMIO_CONFIG_GENERATION:
		return dev->generation;
	default:
		return 0;
	}
}

static void deactivate(struct virtio_device *dev)
{
	if (dev->active && dev->type->deactivate)
		dev->type->deactivate(dev);
	dev->active = false;
}

static void reset(struct virtio_device *dev)
{
	unsigned int i;

	deactivate(dev);
	dev->status = 0;
	dev->features_sel = 0;
	dev->driver_features_sel = 0;
	dev->driver_features = 0;
	dev->queue_sel = 0;
	for (i = 0; i < dev->type->num_queues; i++)
		dev->queues[i] = (struct virtqueue) {
			.kick = dev->queues[i].kick,
		};
	dev->isr = 0;
}

/* A driver that does not use the DMA functions puts requests into lent memory */
static __u64 needed_features(const struct virtio_device *dev)
{
	return 1ULL << VIRTIO_F_VERSION_1 |
	       (__u64)dev->window.lent << VIRTIO_F_ACCESS_PLATFORM;
}

static void set_status(struct virtio_device *dev, __u32 value)
{
	if (!value) {
		reset(dev);
		return;
	}

	/* The driver reads back whether FEATURES_OK is still set */
	if (dev->driver_features & ~dev->features ||
	    ~dev->driver_features & needed_features(dev))
		value &= ~VIRTIO_CONFIG_S_FEATURES_OK;
	/* The driver only sets bits, and never this one */
	value &= ~VIRTIO_CONFIG_S_NEEDS_RESET & 0xff;
	if (!((dev->status | value) & VIRTIO_CONFIG_S_FEATURES_OK))
		value &= ~VIRTIO_CONFIG_S_DRIVER_OK;
	dev->status |= value;

	if (!(value & VIRTIO_CONFIG_S_DRIVER_OK) || dev->active ||
	    dev->status & VIRTIO_CONFIG_S_NEEDS_RESET)
		return;
	dev->active = true;
	if (dev->type->activate)
		dev->type->activate(dev);
	/* Handle notifications that came before DRIVER_OK */
	if (dev->type->handle)
		virtio_wake(dev);
}

static void set_driver_features(struct virtio_device *dev, __u32 value)
{
	unsigned int shift = 32 * dev->driver_features_sel;

	if (dev->driver_features_sel > 1 ||
	    dev->status & VIRTIO_CONFIG_S_FEATURES_OK)
		return;
	dev->driver_features &= ~(0xffffffffULL << shift);
	dev->driver_features |= (__u64)value << shift;
}

static void set_low(__u64 *addr, __u32 value)
{
	*addr = (*addr & ~0xffffffffULL) | value;
}

static void set_high(__u64 *addr, __u32 value)
{
	*addr = (*addr & 0xffffffffULL) | (__u64)value << 32;
}

/* Registers of the selected queue */
static void write_queue_register(struct virtio_device *dev, unsigned int offset,
				 __u32 value)
{
	struct virtqueue *vq = selected(dev);
	const char *why;

	if (!vq)
		return;
	if (offset == VIRTIO_MMIO_QUEUE_READY && !(value & 1)) {
		/* vhost cannot go on without one of its queues */
		if (vq->ready)
			deactivate(dev);
		vq->ready = false;
		return;
	}
	/* Its size and addresses are fixed while it is in use */
	if (vq->ready)
		return;

	switch (offset) {
	case VIRTIO_MMIO_QUEUE_NUM:
		vq->num = value;
		break;
	case VIRTIO_MMIO_QUEUE_DESC_LOW:
		set_low(&vq->desc_addr, value);
		break;
	case VIRTIO_MMIO_QUEUE_DESC_HIGH:
		set_high(&vq->desc_addr, value);
		break;
	case VIRTIO_MMIO_QUEUE_AVAIL_LOW:
		set_low(&vq->avail_addr, value);
		break;
	case VIRTIO_MMIO_QUEUE_AVAIL_HIGH:
		set_high(&vq->avail_addr, value);
		break;
	case VIRTIO_MMIO_QUEUE_USED_LOW:
		set_low(&vq->used_addr, value);
		break;
	case VIRTIO_MMIO_QUEUE_USED_HIGH:
		set_high(&vq->used_addr, value);
		break;
	case VIRTIO_MMIO_QUEUE_READY:
		why = virtq_enable(dev, vq);
		if (why)
			virtio_broken(dev, why);
		break;
	}
}

static void write_register(struct virtio_device *dev, unsigned int offset,
			   __u32 value)
{
	switch (offset) {
	case VIRTIO_MMIO_DEVICE_FEATURES_SEL:
		dev->features_sel = value;
		break;
	case VIRTIO_MMIO_DRIVER_FEATURES:
		set_driver_features(dev, value);
		break;
	case VIRTIO_MMIO_DRIVER_FEATURES_SEL:
		dev->driver_features_sel = value;
		break;
	case VIRTIO_MMIO_QUEUE_SEL:
		dev->queue_sel = value;
		break;
	case VIRTIO_MMIO_STATUS:
		set_status(dev, value);
		break;
	default:
		write_queue_register(dev, offset, value);
	}
}

static bool is_register(unsigned int offset, unsigned int len)
{
	return offset < VIRTIO_MMIO_CONFIG && len == 4 && !(offset % 4);
}

static __u64 read_config(const struct virtio_device *dev, unsigned int offset,
			 unsigned int len)
{
	const __u8 *config = dev->config;
	__u64 value = 0;
	unsigned int i;

	for (i = 0; i < len && offset + i < dev->config_size; i++)
		value |= (__u64)config[offset + i] << (8 * i);

	return value;
}

/* Read without the lock, because each interrupt of the VM reads it */
static __u32 interrupt_status(const struct virtio_device *dev)
{
	/* The kernel sends interrupts for queues without setting the bit */
	return dev->isr | (dev->type->handle ? 0 : VIRTIO_MMIO_INT_VRING);
}

static __u64 virtio_read(struct device *device, unsigned int offset,
			 unsigned int len)
{
	struct virtio_device *dev = (struct virtio_device *)device;
	__u64 value;

	if (offset == VIRTIO_MMIO_INTERRUPT_STATUS && len == 4)
		return interrupt_status(dev);

	pthread_mutex_lock(&dev->lock);
	if (offset >= VIRTIO_MMIO_CONFIG)
		value = read_config(dev, offset - VIRTIO_MMIO_CONFIG, len);
	else
		value = is_register(offset, len) ? read_register(dev, offset) :
						   0;
	pthread_mutex_unlock(&dev->lock);

	return value;
}

/* No device has writable configuration space */
static void virtio_write(struct device *device, unsigned int offset,
			 unsigned int len, __u64 value)
{
	struct virtio_device *dev = (struct virtio_device *)device;

	if (!is_register(offset, len))
		return;

	switch (offset) {
	case VIRTIO_MMIO_INTERRUPT_ACK:
		dev->isr &= ~value;
		return;
	case VIRTIO_MMIO_QUEUE_NOTIFY:
		/* Queues that exist have an ioeventfd */
		return;
	}

	pthread_mutex_lock(&dev->lock);
	write_register(dev, offset, value);
	pthread_mutex_unlock(&dev->lock);
}

/*
 * Its accesses to memory are cache coherent. If the VM's memory is lent, the pool
 * holds its requests.
 */
static void virtio_make_node(const struct device *device, void *dt,
			     const struct layout *layout)
{
	const __u64 reg[] = { device->base, DEVICE_SIZE };
	const __u32 spi[] = { SPI, device->spi, EDGE_RISING };

	begin_at(dt, "virtio_mmio", device->base);
	put_string(dt, "compatible", "virtio,mmio");
	PUT_U64S(dt, "reg", reg);
	PUT_U32S(dt, "interrupts", spi);
	put_empty(dt, "dma-coherent");
	if (layout->pool)
		put_u32(dt, "memory-region", POOL_PHANDLE);
	end(dt);
}

static const char *virtio_cmdline(const struct device *device,
				  const struct layout *layout)
{
	struct virtio_device *dev = (struct virtio_device *)device;

	return dev->type->cmdline ? dev->type->cmdline(dev, layout) : NULL;
}

static void virtio_connect(struct device *device, int vm,
			   const struct window *window)
{
	struct virtio_device *dev = (struct virtio_device *)device;
	unsigned int i;

	dev->window = *window;
	vm_add_irq(vm, &device->irq, device->spi);
	for (i = 0; i < dev->type->num_queues; i++)
		vm_add_ioeventfd(vm, dev->queues[i].kick,
				 device->base + VIRTIO_MMIO_QUEUE_NOTIFY, i);
	/*
	 * An acknowledgment has nothing to clear, see interrupt_status(). This
	 * saves the exit for it; nobody reads the eventfd.
	 */
	if (!dev->type->handle)
		vm_add_ioeventfd(vm, dev->wake,
				 device->base + VIRTIO_MMIO_INTERRUPT_ACK,
				 VIRTIO_MMIO_INT_VRING);
}

static void handle_queue(struct virtio_device *dev, unsigned int index)
{
	struct virtqueue *vq = &dev->queues[index];

	pthread_mutex_lock(&dev->lock);
	if (dev->status & VIRTIO_CONFIG_S_DRIVER_OK && vq->ready)
		dev->type->handle(dev, vq);
	pthread_mutex_unlock(&dev->lock);
}

static void *device_thread(void *arg)
{
	struct virtio_device *dev = arg;
	unsigned int i, num = dev->type->num_queues;
	struct pollfd fds[1 + VIRTIO_MAX_QUEUES];
	eventfd_t count, woken;
	bool stop;

	fds[0] = (struct pollfd) { .fd = dev->wake, .events = POLLIN };
	for (i = 0; i < num; i++)
		fds[1 + i] = (struct pollfd) {
			.fd = dev->queues[i].kick,
			.events = POLLIN,
		};

	for (;;) {
		if (poll(fds, 1 + num, -1) < 0 && errno != EINTR)
			die("poll: %s", strerror(errno));

		if (eventfd_read(dev->wake, &woken))
			woken = 0;
		/* Requests that came before are still handled */
		stop = dev->stopping;
		for (i = 0; i < num; i++) {
			if (eventfd_read(dev->queues[i].kick, &count))
				count = 0;
			dev->device.kicks += count;
			if (count || woken || stop)
				handle_queue(dev, i);
		}
		if (stop)
			return NULL;
	}
}

static void virtio_start(struct device *device)
{
	struct virtio_device *dev = (struct virtio_device *)device;
	int err;

	if (!dev->type->handle)
		return;
	err = pthread_create(&dev->thread, NULL, device_thread, dev);
	if (err)
		die("cannot create a thread: %s", strerror(err));
	dev->started = true;
}

static void virtio_stop(struct device *device)
{
	struct virtio_device *dev = (struct virtio_device *)device;

	if (dev->started) {
		dev->stopping = true;
		virtio_wake(dev);
		pthread_join(dev->thread, NULL);
		dev->started = false;
	}
	pthread_mutex_lock(&dev->lock);
	deactivate(dev);
	pthread_mutex_unlock(&dev->lock);
}

static void virtio_destroy(struct device *device)
{
	struct virtio_device *dev = (struct virtio_device *)device;
	unsigned int i;

	vm_remove_irq(&device->irq);
	for (i = 0; i < dev->type->num_queues; i++)
		close(dev->queues[i].kick);
	close(dev->wake);
	pthread_mutex_destroy(&dev->lock);
	dev->type->destroy(dev);
}

static const struct device_ops virtio_ops = {
	.make_node = virtio_make_node,
	.cmdline = virtio_cmdline,
	.read = virtio_read,
	.write = virtio_write,
	.connect = virtio_connect,
	.start = virtio_start,
	.stop = virtio_stop,
	.destroy = virtio_destroy,
};

/**
 * virtio_init() - initialise a device to its state after reset
 * @dev: the device, zeroed
 * @type: what kind
 */
void virtio_init(struct virtio_device *dev, const struct virtio_type *type)
{
	unsigned int i;

	dev->device.ops = &virtio_ops;
	dev->device.uses_memory = true;
	dev->device.irq.fd = -1;
	dev->type = type;
	/*
	 * VIRTIO_F_ACCESS_PLATFORM makes the driver use the DMA functions,
	 * which respect memory-region in the devicetree.
	 */
	dev->features |= 1ULL << VIRTIO_F_VERSION_1 |
			 1ULL << VIRTIO_F_ACCESS_PLATFORM |
			 1ULL << VIRTIO_RING_F_EVENT_IDX;
	dev->wake = new_eventfd();
	for (i = 0; i < type->num_queues; i++)
		dev->queues[i].kick = new_eventfd();
	pthread_mutex_init(&dev->lock, NULL);
}

/**
 * virtio_wake() - make a device's thread look at its queues
 * @dev: the device
 */
void virtio_wake(struct virtio_device *dev)
{
	eventfd_write(dev->wake, 1);
}
