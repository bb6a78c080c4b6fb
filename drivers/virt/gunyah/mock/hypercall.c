// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hypercalls, in the place of the driver's hypercall.c
 */

#include <linux/cleanup.h>

#include "mock.h"

/* What the published hypervisor can do */
#define API_FLAGS	0x10000effULL

/* Count a call; returns the error that is planned for it */
static enum gunyah_error hyp_begin(enum mock_call nr)
{
	struct mock_quirk *quirk = &mock.quirk;
	enum gunyah_error error;

	mock.stats.hypercalls++;
	mock.stats.by_number[nr]++;
	if (quirk->extra_irqs) {
		quirk->extra_irqs--;
		mock_irq_raise_all();
	}
	if (!quirk->hvc_error ||
	    (quirk->hvc_nr != nr && quirk->hvc_nr != GH_TESTCTL_HVC_ANY))
		return GUNYAH_ERROR_OK;
	if (quirk->hvc_nth > 1) {
		quirk->hvc_nth--;
		return GUNYAH_ERROR_OK;
	}
	error = (s64)quirk->hvc_error == (int)quirk->hvc_error ?
		(int)quirk->hvc_error : GUNYAH_ERROR_FAILURE;
	if (!quirk->hvc_repeat) {
		quirk->hvc_error = quirk->hvc_then;
		quirk->hvc_then = 0;
	}
	quirk->hvc_hit = nr;
	return error;
}

/* What all calls of the host begin with, with mock.lock held */
static enum gunyah_error hyp_enter(enum mock_call nr, u64 capid,
				   enum mock_type type, u32 rights,
				   void **object)
{
	enum gunyah_error error = hyp_begin(nr);

	return error ?: mock_cap_find(&mock.host, capid, type, rights, object);
}

/**
 * gunyah_hyp_probe() - identify the hypervisor
 * @declared: false: nobody knows it, because its devicetree is added later
 * @info: filled in
 *
 * Context: Any.
 * Return: 0 or -ENODEV.
 */
int gunyah_hyp_probe(bool declared, struct gunyah_hyp_info *info)
{
	if (!declared)
		return -ENODEV;
	*info = (struct gunyah_hyp_info) {
		.api = MOCK_API_INFO,
		.flags = { API_FLAGS },
	};
	return 0;
}

/**
 * gunyah_hypercall_find_info_area() - there is none
 * @addr: not set
 * @size: not set
 *
 * Context: Any.
 * Return: GUNYAH_ERROR_UNIMPLEMENTED
 */
enum gunyah_error gunyah_hypercall_find_info_area(u64 *addr, u64 *size)
{
	return GUNYAH_ERROR_UNIMPLEMENTED;
}

/**
 * gunyah_hypercall_msgq_send() - append a message to a message queue
 * @capid: capability id of the queue
 * @size: size of the message in bytes
 * @buf: the message
 * @flags: GUNYAH_MSGQ_PUSH or 0
 * @ready: set to true if the queue has room for another message
 *
 * Context: Any.
 * Return: GUNYAH_ERROR_OK, GUNYAH_ERROR_MSGQ_FULL or another error.
 */
enum gunyah_error gunyah_hypercall_msgq_send(u64 capid, size_t size,
					     const void *buf, u64 flags,
					     bool *ready)
{
	enum gunyah_error error;
	struct mock_msgq *msgq;
	void *object;

	*ready = false;
	guard(spinlock_irqsave)(&mock.lock);
	error = hyp_enter(MOCK_CALL_MSGQ_SEND, capid, MOCK_MSGQ,
			  MOCK_RIGHT_SEND, &object);
	if (error)
		return error;
	if (flags & ~GUNYAH_MSGQ_PUSH)
		return GUNYAH_ERROR_ARG_INVALID;
	msgq = object;
	if (!mock_msgq_put(msgq, buf, size, flags & GUNYAH_MSGQ_PUSH))
		return GUNYAH_ERROR_MSGQ_FULL;
	*ready = msgq->count < msgq->depth;
	return GUNYAH_ERROR_OK;
}

/**
 * gunyah_hypercall_msgq_recv() - take a message from a message queue
 * @capid: capability id of the queue
 * @buf: receives the message
 * @size: size of @buf in bytes
 * @recv_size: set to the size of the message
 * @ready: set to true if there are more messages
 *
 * Context: Any.
 * Return: GUNYAH_ERROR_OK, GUNYAH_ERROR_MSGQ_EMPTY or another error.
 */
enum gunyah_error gunyah_hypercall_msgq_recv(u64 capid, void *buf, size_t size,
					     size_t *recv_size, bool *ready)
{
	enum gunyah_error error;
	struct mock_msgq *msgq;
	void *object;
	size_t len;

	*recv_size = 0;
	*ready = false;
	guard(spinlock_irqsave)(&mock.lock);
	error = hyp_enter(MOCK_CALL_MSGQ_RECV, capid, MOCK_MSGQ,
			  MOCK_RIGHT_RECEIVE, &object);
	if (error)
		return error;
	msgq = object;
	len = mock_msgq_peek(msgq);
	if (!len)
		return GUNYAH_ERROR_MSGQ_EMPTY;
	if (len > size)
		return GUNYAH_ERROR_ADDR_OVERFLOW;
	mock_msgq_get(msgq, buf);
	*recv_size = len;
	*ready = msgq->count;
	return GUNYAH_ERROR_OK;
}

/**
 * gunyah_hypercall_bell_send() - ring a doorbell
 * @capid: capability id of the doorbell
 * @flags: flags to set
 *
 * Context: Any.
 * Return: GUNYAH_ERROR_OK or another error.
 */
enum gunyah_error gunyah_hypercall_bell_send(u64 capid, u64 flags)
{
	enum gunyah_error error;
	void *object;

	guard(spinlock_irqsave)(&mock.lock);
	error = hyp_enter(MOCK_CALL_BELL_SEND, capid, MOCK_BELL,
			  MOCK_RIGHT_SEND, &object);
	if (error)
		return error;
	mock.stats.bell_sends++;
	mock_bell_send(object, flags);
	return GUNYAH_ERROR_OK;
}

/**
 * gunyah_hypercall_bell_set_mask() - select the flags that raise an interrupt
 * @capid: capability id of the doorbell
 * @enable: flags that interrupt the receiver
 * @ack: flags that are cleared as soon as the interrupt is delivered
 *
 * Context: Any.
 * Return: GUNYAH_ERROR_OK or another error.
 */
enum gunyah_error gunyah_hypercall_bell_set_mask(u64 capid, u64 enable, u64 ack)
{
	enum gunyah_error error;
	void *object;

	guard(spinlock_irqsave)(&mock.lock);
	error = hyp_enter(MOCK_CALL_BELL_MASK, capid, MOCK_BELL,
			  MOCK_RIGHT_RECEIVE, &object);
	if (error)
		return error;
	mock.stats.bell_masks++;
	mock_bell_mask(object, enable, ack);
	return GUNYAH_ERROR_OK;
}

/**
 * gunyah_hypercall_vcpu_run() - run a vCPU until it stops
 * @capid: capability id of the vCPU
 * @resume_data: answer to the state that the previous call returned
 * @resp: why the vCPU stopped; only valid with GUNYAH_ERROR_OK
 *
 * Context: Preemptible, with interrupts enabled.
 * Return: GUNYAH_ERROR_OK, GUNYAH_ERROR_BUSY or another error.
 */
enum gunyah_error gunyah_hypercall_vcpu_run(u64 capid,
					    const u64 resume_data[3],
					    struct gunyah_vcpu_run_resp *resp)
{
	enum gunyah_error error;
	void *object;

	*resp = (struct gunyah_vcpu_run_resp) {};
	might_sleep();
	guard(spinlock_irq)(&mock.lock);
	error = hyp_enter(MOCK_CALL_VCPU_RUN, capid, MOCK_VCPU, MOCK_RIGHT_RUN,
			  &object);
	if (error)
		return error;
	mock.stats.vcpu_runs++;
	return mock_vcpu_run(object, resume_data, resp);
}

/**
 * gunyah_hypercall_memextent_donate() - change the owner of memory
 * @type: not used
 * @from: not used
 * @to: not used
 * @offset: not used
 * @size: not used
 *
 * Context: Any.
 * Return: GUNYAH_ERROR_UNIMPLEMENTED: as the published firmware.
 */
enum gunyah_error
gunyah_hypercall_memextent_donate(enum gunyah_donate_type type, u64 from,
				  u64 to, u64 offset, u64 size)
{
	return GUNYAH_ERROR_UNIMPLEMENTED;
}

/**
 * gunyah_hypercall_addrspace_map() - map memory of an extent into a VM
 * @space: not used
 * @extent: not used
 * @addr: not used
 * @attributes: not used
 * @flags: not used
 * @offset: not used
 * @size: not used
 *
 * Context: Any.
 * Return: GUNYAH_ERROR_UNIMPLEMENTED: as the published firmware.
 */
enum gunyah_error
gunyah_hypercall_addrspace_map(u64 space, u64 extent, u64 addr, u64 attributes,
			       u64 flags, u64 offset, u64 size)
{
	return GUNYAH_ERROR_UNIMPLEMENTED;
}

/**
 * gunyah_hypercall_addrspace_unmap() - undo gunyah_hypercall_addrspace_map()
 * @space: not used
 * @extent: not used
 * @addr: not used
 * @flags: not used
 * @offset: not used
 * @size: not used
 *
 * Context: Any.
 * Return: GUNYAH_ERROR_UNIMPLEMENTED: as the published firmware.
 */
enum gunyah_error
gunyah_hypercall_addrspace_unmap(u64 space, u64 extent, u64 addr, u64 flags,
				 u64 offset, u64 size)
{
	return GUNYAH_ERROR_UNIMPLEMENTED;
}
