/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory parcels: lending and sharing regions, and reclaiming them
 */

#ifndef _GUNYAH_PARCEL_H
#define _GUNYAH_PARCEL_H

#include <linux/types.h>

struct gunyah_mem_region;
struct gunyah_vm;
struct gunyah_vm_call;

int gunyah_parcel_give(struct gunyah_vm *vm, struct gunyah_mem_region *region,
		       u32 label);
int gunyah_parcel_give_all(struct gunyah_vm *vm,
			   struct gunyah_mem_region *image,
			   struct gunyah_vm_call *call);
int gunyah_parcel_take_back(struct gunyah_vm *vm,
			    struct gunyah_mem_region *region);
int gunyah_parcel_take_back_all(struct gunyah_vm *vm);
void gunyah_parcel_lose_all(struct gunyah_vm *vm);
bool gunyah_parcel_any_lost(struct gunyah_vm *vm);

#endif /* _GUNYAH_PARCEL_H */
