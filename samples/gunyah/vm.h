/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The calls of /dev/gunyah, with error messages that help
 */
#ifndef GUNYAH_VMM_VM_H
#define GUNYAH_VMM_VM_H

#include <stdatomic.h>
#include <linux/gunyah.h>

#include "gunyah_vmm.h"

/**
 * struct vm_irq - an interrupt that we send to the VM
 * @fd: eventfd that rings a doorbell, which is that interrupt for the VM; -1 before
 *	vm_add_irq()
 * @count: how often it was sent
 */
struct vm_irq {
	int fd;
	atomic_ullong count;
};

/* vm.c */
int vm_create(const char *device);
int vm_create_memory(const char *device, __u64 size);
void vm_add_memory(int vm, __u32 label, __u32 flags, __u64 addr, __u64 size,
		   void *mem);
bool vm_try_add_memory(int vm, __u32 label, __u32 flags, __u64 addr,
		       __u64 size, void *mem);
bool vm_remove_memory(int vm, __u32 label);
bool vm_try_add_paged(int vm, __u32 label, __u64 addr, __u64 size, void *mem);
void vm_set_entry(int vm, __u64 addr);
void vm_set_dtb(int vm, __u64 addr, __u64 size);
int vm_add_vcpu(int vm, unsigned int id);
void vm_add_irq(int vm, struct vm_irq *irq, __u32 spi);
void vm_add_ioeventfd(int vm, int fd, __u64 addr, __u32 data);
void vm_start(int vm, bool shared);
bool vm_stop(int vm, bool force);
void vm_get_status(int vm, struct gh_vm_status *status);

/* irq.c */
void vm_remove_irq(struct vm_irq *irq);
void vm_raise_irq(struct vm_irq *irq);

#endif /* GUNYAH_VMM_VM_H */
