/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The life of a VM as user space sees it: create, start, stop, end
 */

#ifndef _GUNYAH_VM_LIFE_H
#define _GUNYAH_VM_LIFE_H

#include <linux/types.h>

struct gh_vm_dtb_config;
struct gunyah_host;
struct gunyah_vm;

struct gunyah_vm *gunyah_vm_create(struct gunyah_host *host);
void gunyah_vm_use(struct gunyah_vm *vm);
void gunyah_vm_unuse(struct gunyah_vm *vm);
int gunyah_vm_set_dtb(struct gunyah_vm *vm,
		      const struct gh_vm_dtb_config *config);
int gunyah_vm_start(struct gunyah_vm *vm);
void gunyah_vm_fetch_crash(struct gunyah_vm *vm);
int gunyah_vm_stop(struct gunyah_vm *vm, bool force);
void gunyah_vms_end(struct gunyah_host *host);

#endif /* _GUNYAH_VM_LIFE_H */
