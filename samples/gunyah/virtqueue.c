// SPDX-License-Identifier: GPL-2.0-only
/*
 * Queues of virtio devices: split virtqueues
 *
 * Everything in them is read once, because the VM can change it at any time, and
 * checked before it is used. Host pointers are kept outside of the VM's memory.
 */
#include <endian.h>

#include <linux/virtio_config.h>
#include <linux/virtio_mmio.h>

#include "virtio.h"

/* Host pointer of a guest range; NULL unless all of it is mapped here */
static void *window_at(const struct window *window, __u64 addr, __u64 size)
{
	__u64 offset = addr - window->base;

	if (offset >= window->size || size > window->size - offset)
		return NULL;

	return window->mem + offset;
}

/* Return: what to say if something is not in memory that we can access */
static const char *outside(const struct window *window)
{
	static const char *const why[] = {
		"queue or buffer that is not in the VM's memory",
		"queue or buffer in memory that is lent, not shared: the VM's kernel needs CONFIG_DMA_RESTRICTED_POOL, and its devicetree a pool; or use --share",
	};

	return why[window->lent];
}

static __u16 load16(const __virtio16 *from)
{
	return le16toh(__atomic_load_n(from, __ATOMIC_RELAXED));
}

/* The two indices that control notifications, each at the end of a ring */
static __virtio16 *used_event(const struct virtqueue *vq)
{
	return &vq->avail->ring[vq->num];
}

static __virtio16 *avail_event(const struct virtqueue *vq)
{
	return (__virtio16 *)&vq->used->ring[vq->num];
}

/**
 * virtq_enable() - begin to use a queue
 * @dev: its device
 * @vq: the queue, with size and addresses that the VM has set
 *
 * Return: why that is not possible, or NULL.
 */
const char *virtq_enable(struct virtio_device *dev, struct virtqueue *vq)
{
	const struct window *window = &dev->window;
	__u32 num = vq->num;

	if (!num || num > VIRTQ_SIZE || num & (num - 1))
		return "size of a queue";
	if (vq->desc_addr % VRING_DESC_ALIGN_SIZE ||
	    vq->avail_addr % VRING_AVAIL_ALIGN_SIZE ||
	    vq->used_addr % VRING_USED_ALIGN_SIZE)
		return "alignment of a queue";

	/* Both rings with the index that follows them */
	vq->desc = window_at(window, vq->desc_addr, num * sizeof(*vq->desc));
	vq->avail = window_at(window, vq->avail_addr,
			      sizeof(*vq->avail) +
			      (num + 1) * sizeof(vq->avail->ring[0]));
	vq->used = window_at(window, vq->used_addr,
			     sizeof(*vq->used) +
			     num * sizeof(vq->used->ring[0]) +
			     sizeof(__virtio16));
	if (!vq->desc || !vq->avail || !vq->used)
		return outside(window);

	vq->next_avail = 0;
	vq->next_used = 0;
	vq->signalled = 0;
	vq->ready = true;

	return NULL;
}

/* Return: why the chain is invalid, or NULL */
static const char *read_chain(const struct virtio_device *dev,
			      const struct virtqueue *vq,
			      struct virtq_chain *chain)
{
	unsigned int count = 0, index = chain->head;
	const struct vring_desc *desc;
	struct iovec *iov;
	__u16 flags;
	__u64 addr;

	chain->num_out = 0;
	chain->num_in = 0;
	for (;;) {
		if (index >= vq->num)
			return "there is no such descriptor";
		/* A longer chain has a loop */
		if (count == vq->num)
			return "endless chain of descriptors";

		desc = &vq->desc[index];
		iov = &chain->iov[count++];
		addr = le64toh(__atomic_load_n(&desc->addr, __ATOMIC_RELAXED));
		iov->iov_len = le32toh(__atomic_load_n(&desc->len,
						       __ATOMIC_RELAXED));
		flags = load16(&desc->flags);

		iov->iov_base = window_at(&dev->window, addr, iov->iov_len);
		if (!iov->iov_base)
			return outside(&dev->window);
		if (flags & VRING_DESC_F_INDIRECT)
			return "indirect descriptor, a feature that is not there";
		if (!(flags & VRING_DESC_F_WRITE) && chain->num_in)
			return "buffer to read behind one to write";
		if (flags & VRING_DESC_F_WRITE)
			chain->num_in++;
		else
			chain->num_out++;

		if (!(flags & VRING_DESC_F_NEXT))
			break;
		index = load16(&desc->next);
	}
	chain->out = chain->iov;
	chain->in = chain->iov + chain->num_out;

	return NULL;
}

/**
 * virtq_pop() - take the next request from a queue
 * @dev: its device
 * @vq: the queue
 * @chain: filled in; all of its buffers are in memory that we can access
 *
 * Return: false if there is none, or if the device is broken.
 */
bool virtq_pop(struct virtio_device *dev, struct virtqueue *vq,
	       struct virtq_chain *chain)
{
	const char *why;
	__u16 avail;

	if (dev->status & VIRTIO_CONFIG_S_NEEDS_RESET)
		return false;

	/* Pairs with the VM's barrier between entry and index */
	avail = le16toh(__atomic_load_n(&vq->avail->idx, __ATOMIC_ACQUIRE));
	if (avail == vq->next_avail)
		return false;
	if ((__u16)(avail - vq->next_avail) > vq->num) {
		virtio_broken(dev, "more requests than descriptors");
		return false;
	}

	chain->head = load16(&vq->avail->ring[vq->next_avail % vq->num]);
	vq->next_avail++;
	why = read_chain(dev, vq, chain);
	if (why)
		virtio_broken(dev, why);

	return !why;
}

/* Does the VM want an interrupt for the chains added since the last decision? */
static bool wants_interrupt(const struct virtio_device *dev,
			    struct virtqueue *vq)
{
	__u16 before = vq->signalled;

	vq->signalled = vq->next_used;
	if (dev->driver_features & 1ULL << VIRTIO_RING_F_EVENT_IDX)
		return vring_need_event(load16(used_event(vq)), vq->next_used,
					before);

	return !(load16(&vq->avail->flags) & VRING_AVAIL_F_NO_INTERRUPT);
}

/**
 * virtq_push() - return a request, with an interrupt if the VM wants one
 * @dev: its device
 * @vq: the queue
 * @chain: the request
 * @len: bytes that were written to its buffers, from the first one on
 */
void virtq_push(struct virtio_device *dev, struct virtqueue *vq,
		const struct virtq_chain *chain, __u32 len)
{
	struct vring_used_elem *elem = &vq->used->ring[vq->next_used % vq->num];

	elem->id = htole32(chain->head);
	elem->len = htole32(len);
	vq->next_used++;
	__atomic_store_n(&vq->used->idx, htole16(vq->next_used),
			 __ATOMIC_RELEASE);

	/*
	 * The VM enables interrupts and then reads the index again. Here the
	 * index is written first, then the VM's wish is read, so that one of
	 * the two sees the other's write.
	 */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (wants_interrupt(dev, vq))
		virtio_interrupt(dev, VIRTIO_MMIO_INT_VRING);
}

/**
 * virtq_sleep() - ask the VM to notify the device of the next request
 * @dev: its device
 * @vq: the queue, found empty
 *
 * With VIRTIO_RING_F_EVENT_IDX the VM only notifies when asked to, which saves
 * an exit for each request that arrives while others are handled.
 *
 * Return: false if there is one already, for which there will be no notification.
 */
bool virtq_sleep(struct virtio_device *dev, struct virtqueue *vq)
{
	if (dev->status & VIRTIO_CONFIG_S_NEEDS_RESET ||
	    !(dev->driver_features & 1ULL << VIRTIO_RING_F_EVENT_IDX))
		return true;

	__atomic_store_n(avail_event(vq), htole16(vq->next_avail),
			 __ATOMIC_RELAXED);
	/* As in virtq_push(), with the roles exchanged */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);

	return load16(&vq->avail->idx) == vq->next_avail;
}
