/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Virtio devices whose queues are served by vhost in the host's kernel
 *
 * The VMM emulates only the registers. When the VM has set the queues up, vhost
 * gets their addresses, the eventfds that the VM's notifications write, and the
 * eventfd of the device's interrupt. From then on the VM and vhost need nobody
 * else, until the VMM stops vhost because the VM resets the device or has ended.
 */
#ifndef GUNYAH_VMM_VHOST_H
#define GUNYAH_VMM_VHOST_H

#include "virtio.h"

/* A feature */
#define BIT_ULL(n)	(1ULL << (n))

/**
 * struct vhost - a device that vhost serves; the types of devices begin with it
 * @dev: the device
 * @fd: file descriptor of vhost
 * @path: its device file, for messages
 * @features: features that vhost knows
 * @err: eventfd that vhost writes when it finds a mistake in a queue
 * @num_queues: number of queues that it serves, the first ones of the device
 * @run: starts or stops the queues in vhost; return: 0, or -1 with errno set
 * @running: vhost may access the VM's memory; protected by the device's lock
 */
struct vhost {
	struct virtio_device dev;
	int fd;
	const char *path;
	__u64 features;
	int err;
	unsigned int num_queues;
	int (*run)(struct vhost *vhost, bool on);
	bool running;
};

void vhost_open(struct vhost *vhost, const char *path, const char *module);
void vhost_activate(struct virtio_device *dev);
void vhost_deactivate(struct virtio_device *dev);
void vhost_close(struct vhost *vhost);

#endif /* GUNYAH_VMM_VHOST_H */
