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

#include "vm.h"

/* Largest numbers of descriptors in a queue, and of queues in a device */
#define VIRTQ_SIZE		256
#define VIRTIO_MAX_QUEUES	2

/**
 * struct window - the part of the VM's memory that we can access
 * @mem: host pointer to it
 * @base: guest physical address of its first byte
 * @size: its size
 */
struct window {
	__u8 *mem;
	__u64 base;
	__u64 size;
};

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
 *	called.
 */
struct virtio_type {
	__u32 id;
	unsigned int num_queues;
	void (*handle)(struct virtio_device *dev, struct virtqueue *vq);
};

/**
 * struct virtio_device - a device
 * @type: what kind
 * @window: memory of its queues and buffers
 * @features: features that it offers
 * @config: its configuration space
 * @config_size: size of that
 * @irq: its interrupt
 * @wake: eventfd that wakes its thread
 * @thread: the thread
 * @stopping: the thread is to end
 * @kicks: number of notifications; only the thread writes it
 * @isr: register InterruptStatus
 * @lock: protects the members that follow
 * @status: register Status
 * @features_sel: register DeviceFeaturesSel
 * @driver_features_sel: register DriverFeaturesSel
 * @driver_features: features that the driver has accepted
 * @queue_sel: register QueueSel
 * @queues: its queues; @queues.kick is constant
 */
struct virtio_device {
	const struct virtio_type *type;
	struct window window;
	__u64 features;
	const void *config;
	size_t config_size;
	struct vm_irq irq;
	int wake;
	pthread_t thread;
	atomic_bool stopping;
	__u64 kicks;
	atomic_uint isr;
	pthread_mutex_t lock;
	__u32 status;
	__u32 features_sel;
	__u32 driver_features_sel;
	__u64 driver_features;
	__u32 queue_sel;
	struct virtqueue queues[VIRTIO_MAX_QUEUES];
};

/* virtio_mmio.c */
void virtio_init(struct virtio_device *dev, const struct virtio_type *type,
		 const struct window *window);
void virtio_connect(struct virtio_device *dev, int vm, __u64 base, __u32 spi);
void virtio_start(struct virtio_device *dev);
void virtio_stop(struct virtio_device *dev);
void virtio_wake(struct virtio_device *dev);
__u64 virtio_read(struct virtio_device *dev, unsigned int offset,
		  unsigned int len);
void virtio_write(struct virtio_device *dev, unsigned int offset,
		  unsigned int len, __u64 value);
void virtio_interrupt(struct virtio_device *dev, unsigned int reason);
void virtio_broken(struct virtio_device *dev, const char *why);

/* virtqueue.c */
bool virtq_enable(struct virtio_device *dev, struct virtqueue *vq);
bool virtq_pop(struct virtio_device *dev, struct virtqueue *vq,
	       struct virtq_chain *chain);
void virtq_push(struct virtio_device *dev, struct virtqueue *vq,
		const struct virtq_chain *chain, __u32 len);
bool virtq_sleep(struct virtio_device *dev, struct virtqueue *vq);

/* virtio_blk.c */
struct virtio_device *virtio_blk_create(const struct disk *disk,
					unsigned int index,
					const struct window *window);

/* virtio_console.c */
struct virtio_device *virtio_console_create(const struct window *window);
void virtio_console_receive(struct virtio_device *dev, const __u8 *bytes,
			    size_t count);
size_t virtio_console_room(struct virtio_device *dev);

#endif /* GUNYAH_VMM_VIRTIO_H */
