// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts that a VM lends to another one
 *
 * Leases are only recorded, because no VM of the test machine has a hardware
 * interrupt to lend. Replies and notifications are those of the published
 * resource manager, which dies if the receiver has no channel.
 */
#include "rm_core.h"

static struct rm_lease *lease_find(struct rm *rm, uint32_t handle)
{
	struct rm_lease *l;

	for (l = rm->leases; l; l = l->next)
		if (l->handle == handle)
			return l;
	return NULL;
}

static void lease_free(struct rm *rm, struct rm_lease *lease)
{
	struct rm_lease **p = &rm->leases;

	while (*p != lease)
		p = &(*p)->next;
	*p = lease->next;
	rm_free(rm, lease, sizeof(*lease));
}

/* Find the lease of a request that only the borrower may make */
static struct rm_lease *borrowed(struct rm *rm, const struct rm_call *call,
				 uint32_t *err)
{
	struct rm_lease *l = lease_find(rm, rm_get32(call->in));

	if (l && l->borrower == call->vm->vmid)
		return l;
	*err = l ? rm_refuse(rm, RM_ERR_DENIED, "lent to another VM") :
		   rm_refuse(rm, RM_ERR_HANDLE, "there is no such lease");
	return NULL;
}

/**
 * irq_lend() - VM_IRQ_LEND
 * @rm: resource manager
 * @call: request
 *
 * Return: error code of the reply
 */
uint32_t irq_lend(struct rm *rm, struct rm_call *call)
{
	uint16_t borrower = rm_get16(call->in);
	uint32_t virq = rm_get32(call->in + 4);
	struct rm_lease *l;

	if (!vm_get(rm, borrower) || borrower == call->vm->vmid)
		return rm_refuse(rm, RM_ERR_VMID, "no VM that could borrow");
	if (virq < 32 || virq >= 1020)
		return rm_refuse(rm, RM_ERR_IRQ, "no interrupt of the caller");
	for (l = rm->leases; l; l = l->next)
		if (l->owner == call->vm->vmid && l->virq == virq)
			return rm_refuse(rm, RM_ERR_IRQ_INUSE, "it is lent");
	l = rm_alloc(rm, sizeof(*l));
	if (!l)
		return rm_refuse(rm, RM_ERR_NOMEM, "no memory");
	l->handle = ++rm->last_lease;
	l->label = rm_get32(call->in + 8);
	l->virq = virq;
	l->owner = call->vm->vmid;
	l->borrower = borrower;
	l->next = rm->leases;
	rm->leases = l;
	rm_out32(call, l->handle);
	return RM_OK;
}

/**
 * irq_accept() - VM_IRQ_ACCEPT
 * @rm: resource manager
 * @call: request
 *
 * Return: error code of the reply
 */
uint32_t irq_accept(struct rm *rm, struct rm_call *call)
{
	uint32_t err, virq = rm_get32(call->in + 4);
	struct rm_lease *l = borrowed(rm, call, &err);

	if (!l)
		return err;
	if (l->accepted)
		return rm_refuse(rm, RM_ERR_IRQ_INUSE, "it is accepted");
	l->accepted = true;
	rm_out32(call, virq == RM_VIRQ_NONE ? l->virq : virq);
	return RM_OK;
}

/**
 * irq_release() - VM_IRQ_RELEASE
 * @rm: resource manager
 * @call: request
 *
 * Return: error code of the reply
 */
uint32_t irq_release(struct rm *rm, struct rm_call *call)
{
	uint32_t err;
	struct rm_lease *l = borrowed(rm, call, &err);

	if (!l)
		return err;
	if (!l->accepted)
		return rm_refuse(rm, RM_ERR_IRQ_RELEASED, "it is not accepted");
	l->accepted = false;
	return RM_OK;
}

/**
 * irq_reclaim() - VM_IRQ_RECLAIM
 * @rm: resource manager
 * @call: request
 *
 * Return: error code of the reply
 */
uint32_t irq_reclaim(struct rm *rm, struct rm_call *call)
{
	struct rm_lease *l = lease_find(rm, rm_get32(call->in));

	if (!l)
		return rm_refuse(rm, RM_ERR_HANDLE, "there is no such lease");
	if (l->owner != call->vm->vmid)
		return rm_refuse(rm, RM_ERR_DENIED, "not the caller's");
	if (l->accepted)
		return rm_refuse(rm, RM_ERR_IRQ_INUSE, "a VM still has it");
	lease_free(rm, l);
	return RM_OK;
}

static uint32_t notify_borrowers(struct rm *rm, const struct rm_lease *l,
				 const struct rm_list *vmids)
{
	uint8_t data[12] = { 0 };
	uint32_t i;

	for (i = 0; i < vmids->count; i++)
		if (rm_get16(vmids->entries + 4 * i) != l->borrower)
			return rm_refuse(rm, RM_ERR_ARG, "not its borrower");
	rm_put16(data, l->owner);
	rm_put32(data + 4, l->handle);
	rm_put32(data + 8, l->label);
	if (vmids->count)
		rpc_notify(rm, l->borrower, RM_N_IRQ_LENT, data, sizeof(data));
	return RM_OK;
}

/**
 * irq_notify() - VM_IRQ_NOTIFY
 * @rm: resource manager
 * @call: request
 *
 * Return: error code of the reply
 */
uint32_t irq_notify(struct rm *rm, struct rm_call *call)
{
	const uint8_t *at = call->in + 8;
	size_t left = call->len - 8;
	struct rm_list vmids;
	struct rm_lease *l;
	uint32_t flags, err;
	uint8_t data[4];

	if (call->len < 8)
		return rm_refuse(rm, RM_ERR_MSG, "wrong length");
	err = list_parse(rm, &at, &left, 4, &vmids);
	if (!err && left)
		err = rm_refuse(rm, RM_ERR_MSG, "bytes left over");
	if (err)
		return err;
	flags = rm_get32(call->in + 4);
	l = lease_find(rm, rm_get32(call->in));
	if (!l)
		return rm_refuse(rm, RM_ERR_HANDLE, "there is no such lease");
	if (flags != RM_IRQ_LENT && flags != RM_IRQ_RELEASED &&
	    flags != RM_IRQ_ACCEPTED)
		return rm_refuse(rm, RM_ERR_ARG, "unknown flags");
	if (call->vm->vmid != (flags == RM_IRQ_LENT ? l->owner : l->borrower))
		return rm_refuse(rm, RM_ERR_DENIED, "not for the caller to say");
	if (flags == RM_IRQ_LENT)
		return notify_borrowers(rm, l, &vmids);
	rm_put32(data, l->handle);
	rpc_notify(rm, l->owner, flags == RM_IRQ_RELEASED ?
		   RM_N_IRQ_RELEASED : RM_N_IRQ_ACCEPTED, data, sizeof(data));
	return RM_OK;
}

/**
 * irq_unmap() - VM_IRQ_UNMAP
 * @rm: resource manager
 * @call: request
 *
 * No interrupt is ever mapped, so that only an empty list succeeds.
 *
 * Return: error code of the reply
 */
uint32_t irq_unmap(struct rm *rm, struct rm_call *call)
{
	uint64_t count;

	if (call->len < 8)
		return rm_refuse(rm, RM_ERR_MSG, "wrong length");
	count = rm_get64(call->in);
	if (count > RM_MAX_PAYLOAD / 4 || call->len != 8 + 4 * count)
		return rm_refuse(rm, RM_ERR_MSG, "wrong length");
	if (count)
		return rm_refuse(rm, RM_ERR_IRQ, "it is not mapped");
	return RM_OK;
}

/**
 * irq_forget() - a VM is gone, and all that it lent or borrowed
 * @rm: resource manager
 * @vmid: VM
 */
void irq_forget(struct rm *rm, uint16_t vmid)
{
	struct rm_lease *l, *next;

	for (l = rm->leases; l; l = next) {
		next = l->next;
		if (l->owner == vmid)
			lease_free(rm, l);
		else if (l->borrower == vmid)
			l->accepted = false;
	}
}
