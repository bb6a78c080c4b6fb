/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Virtio devices of a VM, by the "Virtual I/O Device (VIRTIO)" specification
 *
 * virtio_mmio.c has the common parts: the registers that the VM sees, and the
 * thread that serves a device. virtqueue.c has the queues in the VM's memory. A
 * device such as virtio_blk.c is a struct virtio_type and a function for the
 * requests in its queues.
 *
 * The VM is not trusted: its registers and memory may have any content, and may
 * change at any time. A device whose driver breaks the rules of its queues stops
 * until it is reset.
 */
#ifndef GUNYAH_VMM_VIRTIO_H
#define GUNYAH_VMM_VIRTIO_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>
#include <linux/types.h>
#include <linux/virtio_ring.h>

#include "device.h"

/* Largest numbers of descriptors in a queue, and of queues in a device */
#define VIRTQ_SIZE		256
#define VIRTIO_MAX_QUEUES	3

/**
 * struct virtqueue - a queue
 * @kick: eventfd that is written when the VM notifies the device
 * @num: number of descriptors
 * @desc_addr: guest physical address of the descriptors
 * @avail_addr: that of the ring of available chains
 * @used_addr: that of the ring of used ones
 * @ready: the VM has set it up; all below is valid only then
 * @desc: host pointer to the descriptors
 * @avail: host pointer to the ring of available chains
 * @used: host pointer to the ring of used chains
 * @next_avail: index of the next chain to take from @avail
 * @next_used: index of the next element to fill in @used
 * @signalled: value of @next_used at the last decision about an interrupt
 */
struct virtqueue {
	int kick;
	__u32 num;
	__u64 desc_addr;
	__u64 avail_addr;
	__u64 used_addr;
	bool ready;
	struct vring_desc *desc;
	struct vring_avail *avail;
	struct vring_used *used;
	__u16 next_avail;
	__u16 next_used;
	__u16 signalled;
};

/**
 * struct virtq_chain - a request: the buffers of a chain of descriptors
 * @head: index of its first descriptor
 * @out: buffers that the device reads
 * @in: buffers that the device writes; they follow @out
 * @num_out: number of buffers in @out
 * @num_in: number of buffers in @in
 * @iov: storage of both
 */
struct virtq_chain {
	__u16 head;
	struct iovec *out;
	struct iovec *in;
	unsigned int num_out;
	unsigned int num_in;
	struct iovec iov[VIRTQ_SIZE];
};

struct virtio_device;

/**
 * struct virtio_type - a kind of device
 * @id: VIRTIO_ID_...
 * @num_queues: number of its queues
 * @handle: handles the requests in a queue. Called in the device's thread with
 *	its lock held, after the VM has notified that queue or virtio_wake() was
 *	called. NULL if the kernel handles them.
 * @activate: the driver has set DRIVER_OK. Called with the lock held. (optional)
 * @deactivate: the driver has reset the device, or the VM ends: when this returns,
 *	nobody accesses the VM's memory for the device. Called with the lock held
 *	once after each @activate. (optional)
 * @cmdline: as in struct device_ops (optional)
 * @destroy: free all of it but what virtio_init() has made
 *
 * A type without @handle has no thread. It passes the eventfds for notifications
 * and interrupt to the kernel in @activate.
 */
struct virtio_type {
	__u32 id;
	unsigned int num_queues;
	void (*handle)(struct virtio_device *dev, struct virtqueue *vq);
	void (*activate)(struct virtio_device *dev);
	void (*deactivate)(struct virtio_device *dev);
	const char *(*cmdline)(const struct virtio_device *dev,
			       const struct layout *layout);
	void (*destroy)(struct virtio_device *dev);
};

/**
 * struct virtio_device - a device
 * @device: common part of all devices
 * @type: what kind
 * @window: memory of its queues and buffers
 * @features: features that it offers
 * @wake: eventfd that wakes its thread
 * @thread: the thread
 * @started: the thread runs
 * @stopping: the thread is to end
 * @isr: register InterruptStatus
 * @lock: protects the members that follow
 * @config: its configuration space
 * @config_size: size of that
 * @generation: register ConfigGeneration
 * @status: register Status
 * @active: between @type->activate and @type->deactivate
 * @features_sel: register DeviceFeaturesSel
 * @driver_features_sel: register DriverFeaturesSel
 * @driver_features: features that the driver has accepted
 * @queue_sel: register QueueSel
 * @queues: its queues; @queues.kick is constant
 */
struct virtio_device {
	struct device device;
	const struct virtio_type *type;
	struct window window;
	__u64 features;
	int wake;
	pthread_t thread;
	bool started;
	atomic_bool stopping;
	atomic_uint isr;
	pthread_mutex_t lock;
	const void *config;
	size_t config_size;
	__u32 generation;
	__u32 status;
	bool active;
	__u32 features_sel;
	__u32 driver_features_sel;
	__u64 driver_features;
	__u32 queue_sel;
	struct virtqueue queues[VIRTIO_MAX_QUEUES];
};

/* virtio_mmio.c */
void virtio_init(struct virtio_device *dev, const struct virtio_type *type);
void virtio_wake(struct virtio_device *dev);
void virtio_interrupt(struct virtio_device *dev, unsigned int reason);
void virtio_config_changed(struct virtio_device *dev);
void virtio_broken(struct virtio_device *dev, const char *why);

/* virtqueue.c */
const char *virtq_enable(struct virtio_device *dev, struct virtqueue *vq);
bool virtq_pop(struct virtio_device *dev, struct virtqueue *vq,
	       struct virtq_chain *chain);
void virtq_push(struct virtio_device *dev, struct virtqueue *vq,
		const struct virtq_chain *chain, __u32 len);
bool virtq_sleep(struct virtio_device *dev, struct virtqueue *vq);

#endif /* GUNYAH_VMM_VIRTIO_H */
