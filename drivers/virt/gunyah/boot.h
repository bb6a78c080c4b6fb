/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Boot context: registers of the vCPU that boots
 */

#ifndef _GUNYAH_BOOT_H
#define _GUNYAH_BOOT_H

#include <linux/types.h>

struct gh_vm_boot_context;
struct gunyah_parcel;
struct gunyah_vm;

int gunyah_boot_set(struct gunyah_vm *vm, const struct gh_vm_boot_context *arg);
u64 gunyah_boot_offset(struct gunyah_vm *vm,
		       const struct gunyah_parcel *image);
int gunyah_boot_apply(struct gunyah_vm *vm,
		      const struct gunyah_parcel *image);

#endif /* _GUNYAH_BOOT_H */
