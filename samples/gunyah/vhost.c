// SPDX-License-Identifier: GPL-2.0-only
/*
 * What devices that vhost serves have in common
 *
 * vhost accesses the queues and buffers by the VMM's own addresses, and only in
 * the window that VHOST_SET_MEM_TABLE tells it. It checks each address that the
 * VM puts into a queue against that.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/vhost.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#include "vhost.h"

/*
 * Features that vhost must not see: with this one it would ask the VMM to
 * translate each address. The VM's addresses of memory are guest physical with
 * and without it.
 */
#define HIDDEN_FEATURES	BIT_ULL(VIRTIO_F_ACCESS_PLATFORM)

/* What a user can do if vhost's device file cannot be opened */
static const char *open_hint(int err)
{
	switch (err) {
	case ENOENT:
	case ENODEV:
	case ENXIO:
		return "; load the module ";
	case EACCES:
	case EPERM:
		return "; it needs read and write permission, see the module ";
	default:
		return "; module ";
	}
}

/**
 * vhost_open() - open vhost, with this process as the owner of its memory
 * @vhost: filled in, except for the device
 * @path: device file
 * @module: kernel module that provides it
 *
 * Does not return if that fails.
 */
void vhost_open(struct vhost *vhost, const char *path, const char *module)
{
	vhost->path = path;
	vhost->fd = open(path, O_RDWR | O_CLOEXEC);
	if (vhost->fd < 0)
		die("%s: %s%s%s", path, strerror(errno), open_hint(errno),
		    module);
	if (ioctl(vhost->fd, VHOST_SET_OWNER))
		die("%s: cannot own it: %s", path, strerror(errno));
	if (ioctl(vhost->fd, VHOST_GET_FEATURES, &vhost->features))
		die("%s: cannot get its features: %s", path, strerror(errno));
	if (!(vhost->features & BIT_ULL(VIRTIO_F_VERSION_1)))
		die("%s: it knows no virtio 1.0", path);
	vhost->err = new_eventfd();
}

static int set_vring_fd(const struct vhost *vhost, unsigned long request,
			unsigned int index, int fd)
{
	struct vhost_vring_file file = { .index = index, .fd = fd };

	return ioctl(vhost->fd, request, &file);
}

/* The addresses were checked by virtq_enable() */
static int set_up_queue(const struct vhost *vhost, unsigned int index)
{
	const struct virtqueue *vq = &vhost->dev.queues[index];
	struct vhost_vring_state num = { .index = index, .num = vq->num };
	struct vhost_vring_state first = { .index = index, .num = 0 };
	struct vhost_vring_addr addr = {
		.index = index,
		.desc_user_addr = (unsigned long)vq->desc,
		.avail_user_addr = (unsigned long)vq->avail,
		.used_user_addr = (unsigned long)vq->used,
	};

	if (ioctl(vhost->fd, VHOST_SET_VRING_NUM, &num) ||
	    ioctl(vhost->fd, VHOST_SET_VRING_BASE, &first) ||
	    ioctl(vhost->fd, VHOST_SET_VRING_ADDR, &addr) ||
	    set_vring_fd(vhost, VHOST_SET_VRING_KICK, index, vq->kick) ||
	    set_vring_fd(vhost, VHOST_SET_VRING_CALL, index,
			 vhost->dev.device.irq.fd) ||
	    set_vring_fd(vhost, VHOST_SET_VRING_ERR, index, vhost->err))
		return -1;

	return 0;
}

/* The memory that vhost may access: a table with one row */
static int set_memory(const struct vhost *vhost)
{
	const struct window *window = &vhost->dev.window;
	struct {
		struct vhost_memory head;
		struct vhost_memory_region region;
	} table = {
		.head.nregions = 1,
		.region = {
			.guest_phys_addr = window->base,
			.memory_size = window->size,
			.userspace_addr = (unsigned long)window->mem,
		},
	};

	return ioctl(vhost->fd, VHOST_SET_MEM_TABLE, &table);
}

static int set_up(const struct vhost *vhost)
{
	const struct virtio_device *dev = &vhost->dev;
	__u64 features = dev->driver_features & dev->features &
			 vhost->features & ~HIDDEN_FEATURES;
	unsigned int i;

	if (ioctl(vhost->fd, VHOST_SET_FEATURES, &features) ||
	    set_memory(vhost))
		return -1;
	for (i = 0; i < vhost->num_queues; i++)
		if (set_up_queue(vhost, i))
			return -1;

	return 0;
}

/**
 * vhost_activate() - have vhost serve the queues
 * @dev: the device, locked, whose driver is ready
 *
 * The device is broken if vhost does not accept what the driver has set up.
 */
void vhost_activate(struct virtio_device *dev)
{
	struct vhost *vhost = (struct vhost *)dev;
	unsigned int i;
	char why[80];

	for (i = 0; i < vhost->num_queues; i++) {
		if (!dev->queues[i].ready) {
			virtio_broken(dev, "a queue is missing");
			return;
		}
	}

	vhost->running = true;
	if (!set_up(vhost) && !vhost->run(vhost, true))
		return;
	snprintf(why, sizeof(why), "%s: %s", vhost->path, strerror(errno));
	vhost_deactivate(dev);
	virtio_broken(dev, why);
}

/**
 * vhost_deactivate() - stop vhost
 * @dev: the device, locked
 *
 * vhost does not access the VM's memory after this.
 */
void vhost_deactivate(struct virtio_device *dev)
{
	struct vhost *vhost = (struct vhost *)dev;
	eventfd_t count;
	unsigned int i;

	if (!vhost->running)
		return;
	if (vhost->run(vhost, false))
		die("%s: cannot stop: %s", vhost->path, strerror(errno));
	vhost->running = false;

	/* vhost polls these eventfds, but never resets their counters */
	for (i = 0; i < vhost->num_queues; i++)
		if (!eventfd_read(dev->queues[i].kick, &count))
			dev->device.kicks += count;
	if (!eventfd_read(vhost->err, &count))
		fprintf(stderr,
			"gunyah_vmm: virtio device %u: vhost has found %llu mistakes in its queues\n",
			dev->type->id, (unsigned long long)count);
}

/**
 * vhost_close() - close vhost
 * @vhost: device that is not active
 */
void vhost_close(struct vhost *vhost)
{
	close(vhost->err);
	close(vhost->fd);
}
