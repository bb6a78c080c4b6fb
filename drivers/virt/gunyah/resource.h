/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Resources: capabilities and interrupts that the host has of a VM
 */

#ifndef _GUNYAH_RESOURCE_H
#define _GUNYAH_RESOURCE_H

#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct device;
struct gunyah_vm;

/**
 * struct gunyah_vcpu_context - what the next run of a vCPU depends on
 * @resume: data for the next hypercall
 * @read_addr: guest physical address of a read without an answer
 * @read_len: its size in bytes, 0 if there is none
 * @faulted: the vCPU must not be run any more
 *
 * Lives as long as the vCPU in the hypervisor, that is, longer than a function
 * that is removed and added again. Protected by the run_lock of the function.
 */
struct gunyah_vcpu_context {
	u64 resume[3];
	u64 read_addr;
	u8 read_len;
	bool faulted;
};

/**
 * struct gunyah_resource - a capability and its interrupt
 * @list: in gunyah_vm.resources
 * @type: enum gunyah_rm_resource_type
 * @label: a function refers to the resource by type and label
 * @capid: capability id in the host's space
 * @irq: Linux interrupt number, 0 if it has none
 * @waker: the device by which @irq ends a suspend of the machine, or NULL
 * @vcpu: only used for vCPUs
 * @lock: protects @handler and @data against the interrupt
 * @handler: called in hard interrupt context with @lock held, may be NULL
 * @data: its argument
 */
struct gunyah_resource {
	struct list_head list;
	u8 type;
	u32 label;
	u64 capid;
	int irq;
	struct device *waker;
	struct gunyah_vcpu_context vcpu;
	spinlock_t lock;	/* handler and data against the interrupt */
	void (*handler)(void *data);
	void *data;
};

int gunyah_resources_get(struct gunyah_vm *vm);
void gunyah_resources_drop(struct gunyah_vm *vm);
struct gunyah_resource *gunyah_resource_find(struct gunyah_vm *vm, u8 type,
					     u32 label);
void gunyah_resource_listen(struct gunyah_resource *resource,
			    void (*handler)(void *data), void *data);

#endif /* _GUNYAH_RESOURCE_H */
