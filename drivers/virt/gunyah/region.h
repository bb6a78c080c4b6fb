/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory regions: what user space registers
 */

#ifndef _GUNYAH_REGION_H
#define _GUNYAH_REGION_H

#include <linux/list.h>
#include <linux/types.h>

#include <uapi/linux/gunyah.h>

#include "rm_call.h"
#include "runs.h"

struct gunyah_vm;
struct mm_struct;

/**
 * struct gunyah_mem_region - memory given to a VM
 * @list: in gunyah_vm.regions
 * @mm: address space that is charged (mmgrab)
 * @label: the user's label
 * @flags: GH_MEM_...
 * @gpa: guest physical address
 * @size: size in bytes
 * @uaddr: where it is in @mm
 * @charged: pages that were charged to @mm
 * @runs: pinned pages (shared), or blocks of the driver (lent, from the start
 *	on)
 * @parcel: the firmware's name for it, and whether it has the memory
 */
struct gunyah_mem_region {
	struct list_head list;
	struct mm_struct *mm;
	u32 label;
	u32 flags;
	u64 gpa;
	u64 size;
	unsigned long uaddr;
	unsigned long charged;
	struct gunyah_mem_runs runs;
	struct gunyah_rm_mem_parcel parcel;
};

/* All flags that a region may have */
#define GUNYAH_MEM_FLAGS	(GH_MEM_ALLOW_READ | GH_MEM_ALLOW_WRITE | \
				 GH_MEM_ALLOW_EXEC | GH_MEM_LENT)

int gunyah_mem_check(const struct gh_userspace_memory_region *arg);
struct gunyah_mem_region *
gunyah_mem_new(struct gunyah_vm *vm,
	       const struct gh_userspace_memory_region *arg);
int gunyah_mem_may_enter(struct gunyah_vm *vm, u32 label, u64 gpa, u64 size);
struct gunyah_mem_region *gunyah_mem_find_label(struct gunyah_vm *vm,
						u32 label);
struct gunyah_mem_region *gunyah_mem_find(struct gunyah_vm *vm, u64 gpa,
					  u64 size);
void gunyah_mem_release(struct gunyah_mem_region *region);

#endif /* _GUNYAH_REGION_H */
