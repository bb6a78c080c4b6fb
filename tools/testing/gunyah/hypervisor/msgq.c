// SPDX-License-Identifier: GPL-2.0-only
/*
 * Message queues
 *
 * One direction each. Either end may be the resource manager, which is no VM
 * here: rm_glue.c gets its packets and its room.
 */
#include "hyp.h"

#define MAX_SIZE	1023
#define MAX_DEPTH	255
#define NO_CHANGE	((u64)-1)
#define MAXIMUM		((u64)-2)
#define FLAG_PUSH	BIT(0)

/**
 * struct msgq - a message queue
 * @send: interrupt of the sender: there is room
 * @recv: interrupt of the receiver: there are messages
 * @from: VMID of the sender
 * @to: VMID of the receiver
 * @max_size: of a message
 * @depth: messages that it holds
 * @head: slot of the oldest message
 * @count: messages in it
 * @not_full: @send is asserted when @count falls to this
 * @not_empty: @recv is asserted when @count rises to this
 * @sizes: size of the message in each slot
 * @data: @max_size bytes for each slot
 */
struct msgq {
	struct irq_source send;
	struct irq_source recv;
	u16 from;
	u16 to;
	u16 max_size;
	u8 depth;
	u8 head;
	u8 count;
	u8 not_full;
	u8 not_empty;
	u16 *sizes;
	u8 *data;
};

static bool send_asserted(struct irq_source *src)
{
	struct msgq *q = container_of(src, struct msgq, send);

	return q->count <= q->not_full;
}

static bool recv_asserted(struct irq_source *src)
{
	struct msgq *q = container_of(src, struct msgq, recv);

	return q->count >= q->not_empty;
}

/**
 * msgq_create() - a new message queue
 * @max_size: maximum size of a message
 * @depth: messages that it holds
 * @from_vmid: the sender
 * @to_vmid: the receiver
 *
 * Return: the queue, or NULL if there is no memory or an argument is bad.
 */
struct msgq *msgq_create(u16 max_size, u8 depth, u16 from_vmid, u16 to_vmid)
{
	struct msgq *q;

	if (!max_size || max_size > MAX_SIZE || !depth)
		return NULL;
	q = alloc(sizeof(*q));
	if (!q)
		return NULL;
	q->send.asserted = send_asserted;
	q->recv.asserted = recv_asserted;
	q->from = from_vmid;
	q->to = to_vmid;
	q->max_size = max_size;
	q->depth = depth;
	q->not_full = depth - 1;
	q->not_empty = 1;
	q->sizes = alloc(depth * sizeof(*q->sizes));
	q->data = alloc((size_t)depth * max_size);
	if (!q->sizes || !q->data) {
		msgq_destroy(q);
		return NULL;
	}
	return q;
}

/**
 * msgq_destroy() - end of a queue
 * @q: queue without capabilities
 */
void msgq_destroy(struct msgq *q)
{
	virq_unbind(&q->send);
	virq_unbind(&q->recv);
	free(q->sizes, q->depth * sizeof(*q->sizes));
	free(q->data, (size_t)q->depth * q->max_size);
	free(q, sizeof(*q));
}

struct irq_source *msgq_send_source(struct msgq *q)
{
	return &q->send;
}

struct irq_source *msgq_recv_source(struct msgq *q)
{
	return &q->recv;
}

static u8 *slot(struct msgq *q, u32 nr, u16 **size)
{
	u32 i = (q->head + nr) % q->depth;

	*size = &q->sizes[i];
	return q->data + (size_t)i * q->max_size;
}

/* The first free slot has been filled */
static void queued(struct msgq *q, bool push)
{
	q->count++;
	if (!push && q->count != q->not_empty)
		return;
	if (q->to == RM_VMID_RM)
		rm_glue_rx_ready();
	else
		virq_assert(&q->recv, false);
}

/* The first message has been taken */
static void dequeued(struct msgq *q)
{
	q->head = (q->head + 1) % q->depth;
	q->count--;
	if (q->count != q->not_full)
		return;
	if (q->from == RM_VMID_RM)
		rm_glue_tx_ready(q->to);
	else
		virq_assert(&q->send, false);
}

/**
 * msgq_put() - queue a message of the resource manager
 * @q: queue
 * @data: message
 * @size: its size
 *
 * Return: false if the queue is full.
 */
bool msgq_put(struct msgq *q, const void *data, size_t size)
{
	u16 *slot_size;
	u8 *dst = slot(q, q->count, &slot_size);

	if (q->count == q->depth)
		return false;
	if (!size || size > q->max_size)
		panic("message of %lu bytes", size);
	memcpy(dst, data, size);
	*slot_size = size;
	queued(q, false);
	return true;
}

/**
 * msgq_get() - take a message for the resource manager
 * @q: queue
 * @buf: RM_MSG_SIZE bytes at least, and the queue's maximum size
 *
 * Return: size of the message, 0 if there is none.
 */
size_t msgq_get(struct msgq *q, void *buf)
{
	u16 *size;
	u8 *src = slot(q, 0, &size);

	if (!q->count)
		return 0;
	memcpy(buf, src, *size);
	dequeued(q);
	return *size;
}

/**
 * msgq_flush() - drop all messages
 * @q: queue
 */
void msgq_flush(struct msgq *q)
{
	q->count = 0;
	virq_clear(&q->recv);
	if (q->from == RM_VMID_RM)
		rm_glue_tx_ready(q->to);
	else
		virq_assert(&q->send, false);
}

/**
 * hcall_msgq_send() - hypercall 0x1b
 * @q: queue
 * @arg: size, address of the data, flags
 * @f: x1: there is room for another one
 *
 * A message of a bad size, or that cannot be read, is dropped without an error,
 * as the published hypervisor does it.
 *
 * Return: GH_OK, GH_ARG_INVALID or GH_MSGQ_FULL.
 */
int hcall_msgq_send(struct msgq *q, const u64 *arg, struct frame *f)
{
	u64 size = arg[0], va = arg[1], flags = arg[2];
	u16 *slot_size;
	u8 *dst = slot(q, q->count, &slot_size);

	f->x[1] = 0;
	if (flags & ~FLAG_PUSH)
		return GH_ARG_INVALID;
	if (q->count == q->depth)
		return GH_MSGQ_FULL;
	if (size && size <= q->max_size && !copy_from_va(dst, va, size)) {
		*slot_size = size;
		queued(q, flags & FLAG_PUSH);
	}
	f->x[1] = q->count < q->depth;
	return GH_OK;
}

/**
 * hcall_msgq_recv() - hypercall 0x1c
 * @q: queue
 * @arg: address of the buffer, its size
 * @f: x1: size of the message, x2: there are more
 *
 * Return: GH_OK or an error.
 */
int hcall_msgq_recv(struct msgq *q, const u64 *arg, struct frame *f)
{
	u64 va = arg[0], capacity = arg[1];
	u16 *slot_size, size;
	u8 *src = slot(q, 0, &slot_size);
	int err;

	f->x[1] = 0;
	f->x[2] = 0;
	if (!q->count)
		return GH_MSGQ_EMPTY;
	size = *slot_size;
	f->x[2] = 1;
	if (size > capacity)
		return GH_ADDR_OVERFLOW;
	err = copy_to_va(va, src, size);
	if (err)
		return err;
	f->x[1] = size;
	f->x[2] = q->count > 1;
	dequeued(q);
	return GH_OK;
}

/**
 * msgq_configure() - hypercalls 0x1f (send) and 0x20 (receive)
 * @q: queue
 * @send: which
 * @arg: threshold, hold-off
 *
 * Return: GH_OK or an error.
 */
int msgq_configure(struct msgq *q, bool send, const u64 *arg)
{
	u64 threshold = arg[0];

	if (arg[1] != NO_CHANGE)
		return GH_UNIMPLEMENTED;
	if (threshold == NO_CHANGE)
		return GH_OK;
	if (!send && threshold == MAXIMUM)
		threshold = q->depth;
	if (send) {
		if (threshold >= q->depth)
			return GH_ARG_INVALID;
		q->not_full = threshold;
	} else {
		if (!threshold || threshold > q->depth)
			return GH_ARG_INVALID;
		q->not_empty = threshold;
		if (q->count >= threshold)
			virq_assert(&q->recv, false);
	}
	return GH_OK;
}
