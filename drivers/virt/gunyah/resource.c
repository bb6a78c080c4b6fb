// SPDX-License-Identifier: GPL-2.0-only
/*
 * Resources of a VM: capabilities and interrupts that the host has for it
 */

#define pr_fmt(fmt) "gunyah: " fmt

#include <linux/device.h>
#include <linux/errno.h>
#include <linux/interrupt.h>
#include <linux/irqdomain.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/pm_wakeup.h>
#include <linux/slab.h>

#include "host.h"
#include "resource.h"
#include "rm_call.h"
#include "virq.h"
#include "vm.h"

static irqreturn_t resource_irq(int irq, void *data)
{
	struct gunyah_resource *resource = data;

	/* A suspend that has begun would not wait for the frozen VMM */
	if (resource->waker)
		pm_wakeup_event(resource->waker, 0);
	guard(spinlock)(&resource->lock);
	if (resource->handler)
		resource->handler(resource->data);
	return IRQ_HANDLED;
}

static int resource_request_irq(struct gunyah_vm *vm,
				struct gunyah_resource *resource, u32 virq)
{
	int irq, ret;

	irq = gunyah_virq_map(vm->host->irq_fwnode, virq);
	if (irq < 0)
		return irq;
	if (device_may_wakeup(vm->device) && !enable_irq_wake(irq))
		resource->waker = vm->device;
	ret = request_irq(irq, resource_irq, 0, "gunyah-vcpu", resource);
	if (ret) {
		if (resource->waker)
			disable_irq_wake(irq);
		irq_dispose_mapping(irq);
		return ret;
	}
	resource->irq = irq;
	return 0;
}

static int resource_add(struct gunyah_vm *vm, const struct gunyah_rm_resource *r)
{
	struct gunyah_resource *resource;
	int ret;

	/* A worker has no memory cgroup to charge */
	resource = kzalloc(sizeof(*resource), GFP_KERNEL);
	if (!resource)
		return -ENOMEM;
	resource->type = r->type;
	resource->label = r->label;
	resource->capid = r->capid;
	spin_lock_init(&resource->lock);

	/* Only vCPUs interrupt the host */
	if (r->virq && r->type == GUNYAH_RM_RESOURCE_VCPU) {
		ret = resource_request_irq(vm, resource, r->virq);
		if (ret) {
			kfree(resource);
			return ret;
		}
	}
	list_add_tail(&resource->list, &vm->resources);
	return 0;
}

/**
 * gunyah_resources_get() - ask the firmware for a VM's resources
 * @vm: VM, its lock is held; initialised, not started
 *
 * Context: Worker, may sleep.
 * Return: 0, or a negative errno: -EBUSY, -EIO, -ENOMEM, or that of the message.
 * gunyah_resources_drop() undoes it in either case.
 */
int gunyah_resources_get(struct gunyah_vm *vm)
{
	struct gunyah_rm_resource *list;
	u32 count, i;
	int ret;

	lockdep_assert_held(&vm->lock);

	ret = gunyah_rm_get_hyp_resources(&vm->rm, vm->vmid, &list, &count);
	if (ret)
		return ret;
	for (i = 0; i < count && !ret; i++)
		ret = resource_add(vm, &list[i]);
	kvfree(list);
	return ret;
}

/**
 * gunyah_resources_drop() - stop using the resources of a VM
 * @vm: VM, its lock is held; its functions are unbound
 *
 * Context: Worker, may sleep.
 */
void gunyah_resources_drop(struct gunyah_vm *vm)
{
	struct gunyah_resource *resource, *tmp;

	lockdep_assert_held(&vm->lock);

	list_for_each_entry_safe(resource, tmp, &vm->resources, list) {
		list_del(&resource->list);
		if (resource->irq) {
			if (resource->waker)
				disable_irq_wake(resource->irq);
			free_irq(resource->irq, resource);
			irq_dispose_mapping(resource->irq);
		}
		kfree(resource);
	}
}

/**
 * gunyah_resource_find() - find a resource of a VM
 * @vm: VM, its lock is held
 * @type: enum gunyah_rm_resource_type
 * @label: label
 *
 * Context: Process context.
 * Return: the resource, or NULL.
 */
struct gunyah_resource *gunyah_resource_find(struct gunyah_vm *vm, u8 type,
					     u32 label)
{
	struct gunyah_resource *resource;

	lockdep_assert_held(&vm->lock);

	list_for_each_entry(resource, &vm->resources, list)
		if (resource->type == type && resource->label == label)
			return resource;
	return NULL;
}

/**
 * gunyah_resource_listen() - set the handler of a resource's interrupt
 * @resource: the resource
 * @handler: called in hard interrupt context. NULL removes the handler, which
 *	does not run any more when this returns.
 * @data: its argument
 *
 * Context: Process context.
 */
void gunyah_resource_listen(struct gunyah_resource *resource,
			    void (*handler)(void *data), void *data)
{
	guard(spinlock_irq)(&resource->lock);
	resource->handler = handler;
	resource->data = data;
}
