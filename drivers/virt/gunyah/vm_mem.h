/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory of a VM: what becomes of it at the start, and what comes and goes later
 */

#ifndef _GUNYAH_VM_MEM_H
#define _GUNYAH_VM_MEM_H

#include <linux/types.h>

struct gh_userspace_memory_region;
struct gh_vm_region;
struct gunyah_vm;

int gunyah_vm_prepare_mem(struct gunyah_vm *vm);
void gunyah_vm_discard_mem(struct gunyah_vm *vm);
void gunyah_vm_free_mem(struct gunyah_vm *vm);

int gunyah_vm_add_mem(struct gunyah_vm *vm,
		      const struct gh_userspace_memory_region *arg);
int gunyah_vm_remove_mem(struct gunyah_vm *vm, u32 label);
int gunyah_vm_get_region(struct gunyah_vm *vm, struct gh_vm_region *arg);

#endif /* _GUNYAH_VM_MEM_H */
