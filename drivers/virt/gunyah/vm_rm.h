/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Start and end of a VM as messages to the resource manager
 */

#ifndef _GUNYAH_VM_RM_H
#define _GUNYAH_VM_RM_H

#include <linux/types.h>

struct gunyah_vm;
struct gunyah_vm_call;

int gunyah_vm_rm_start(struct gunyah_vm *vm, struct gunyah_vm_call *call);
int gunyah_vm_rm_end(struct gunyah_vm *vm);
bool gunyah_vm_rm_holds_memory(struct gunyah_vm *vm);
void gunyah_vm_rm_abandon(struct gunyah_vm *vm);

#endif /* _GUNYAH_VM_RM_H */
