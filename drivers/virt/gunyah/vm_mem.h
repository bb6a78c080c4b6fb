/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory that is added to a VM and removed from it
 */

#ifndef _GUNYAH_VM_MEM_H
#define _GUNYAH_VM_MEM_H

#include <linux/types.h>

struct gh_userspace_memory_region;
struct gunyah_vm;

int gunyah_vm_add_mem(struct gunyah_vm *vm,
		      const struct gh_userspace_memory_region *arg);
int gunyah_vm_remove_mem(struct gunyah_vm *vm, u32 label);

#endif /* _GUNYAH_VM_MEM_H */
