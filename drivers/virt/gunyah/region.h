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

struct gunyah_lent;
struct gunyah_memuse;
struct gunyah_paged;
struct gunyah_pages;
struct gunyah_parcel;
struct gunyah_vm;
struct mm_struct;
struct page;
struct vm_area_struct;

/**
 * struct gunyah_mem_region - memory that user space has registered for a VM
 * @list: in gunyah_vm.regions
 * @siblings: in gunyah_parcel.regions
 * @parcel: the parcel that it is a part of, or NULL
 * @mm: address space that is charged (mmgrab)
 * @label: the user's label
 * @flags: GH_MEM_...
 * @gpa: guest physical address
 * @size: size in bytes
 * @uaddr: where it is in @mm
 * @charged: pages that are charged to @mm and not yet those of @lent
 * @lost: the firmware may have its memory for good
 * @lent: where the content of lent memory is, once it was moved
 * @use: the range of a memory file that it is, or NULL
 * @paged: which of its pages the VM has, from the start on; NULL: all of it or
 *	none
 * @runs: shared memory: the pinned pages, or those of @use. Lent memory: those
 *	of @lent or @use, until they are in @parcel; none if it is paged.
 */
struct gunyah_mem_region {
	struct list_head list;
	struct list_head siblings;
	struct gunyah_parcel *parcel;
	struct mm_struct *mm;
	u32 label;
	u32 flags;
	u64 gpa;
	u64 size;
	unsigned long uaddr;
	unsigned long charged;
	bool lost;
	struct gunyah_lent *lent;
	struct gunyah_memuse *use;
	struct gunyah_paged *paged;
	struct gunyah_mem_runs runs;
};

/* All flags that a region may have */
#define GUNYAH_MEM_FLAGS	(GH_MEM_ALLOW_READ | GH_MEM_ALLOW_WRITE | \
				 GH_MEM_ALLOW_EXEC | GH_MEM_LENT | \
				 GH_MEM_HOTPLUG | GH_MEM_PAGED)

/* Flags that GH_MEM_HOTPLUG needs: the VM uses it for everything */
#define GUNYAH_MEM_HOTPLUG_FLAGS (GH_MEM_ALLOW_READ | GH_MEM_ALLOW_WRITE | \
				  GH_MEM_ALLOW_EXEC | GH_MEM_LENT)

/**
 * gunyah_mem_perms() - what a VM may do with memory, for the firmware
 * @flags: GH_MEM_...
 *
 * Context: Any.
 * Return: GUNYAH_RM_ACL_...
 */
static inline u8 gunyah_mem_perms(u32 flags)
{
	u8 perms = 0;

	if (flags & GH_MEM_ALLOW_READ)
		perms |= GUNYAH_RM_ACL_R;
	if (flags & GH_MEM_ALLOW_WRITE)
		perms |= GUNYAH_RM_ACL_W;
	if (flags & GH_MEM_ALLOW_EXEC)
		perms |= GUNYAH_RM_ACL_X;
	return perms;
}

bool gunyah_mem_vma_allowed(struct vm_area_struct *vma);
int gunyah_mem_check(const struct gh_userspace_memory_region *arg);
int gunyah_region_check(struct gunyah_vm *vm,
			const struct gh_userspace_memory_region *arg);
struct gunyah_mem_region *
gunyah_region_new(struct gunyah_vm *vm,
		  const struct gh_userspace_memory_region *arg);
int gunyah_region_close(struct gunyah_mem_region *region);
void gunyah_region_open(struct gunyah_mem_region *region);
struct gunyah_pages *gunyah_region_pages(struct gunyah_mem_region *region,
					 unsigned long *first);
unsigned long gunyah_region_charged(const struct gunyah_mem_region *region);
void gunyah_region_free(struct gunyah_mem_region *region);
int gunyah_region_check_free(struct gunyah_vm *vm, u32 label, u64 gpa,
			     u64 size);
void gunyah_region_insert(struct gunyah_vm *vm,
			  struct gunyah_mem_region *region);
struct gunyah_mem_region *gunyah_region_find(struct gunyah_vm *vm, u32 label);
struct gunyah_mem_region *gunyah_region_find_gpa(struct gunyah_vm *vm, u64 gpa);
int gunyah_regions_read(struct gunyah_vm *vm, u64 gpa, void *buf, size_t size);

#endif /* _GUNYAH_REGION_H */
