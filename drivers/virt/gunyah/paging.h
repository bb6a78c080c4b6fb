/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Demand paging: memory that a VM gets page by page, when it needs it
 */

#ifndef _GUNYAH_PAGING_H
#define _GUNYAH_PAGING_H

#include <linux/mutex.h>
#include <linux/types.h>

#include "rm_call.h"

struct gunyah_mem_region;
struct gunyah_pages;
struct gunyah_parcel;
struct gunyah_platform_ops;
struct gunyah_vm;

/**
 * struct gunyah_paged - a region of which the VM has single pages
 * @region: the region
 * @pages: where its pages are: a page that the VM has never accessed, and the user
 *	neither, is a gap there
 * @first: offset of the region's first page in @pages
 * @count: number of pages of the region
 * @out: by offset in the region: the page is hidden, and the platform's firmware
 *	may have assigned it to the VM
 * @donated: by offset in the region: the hypervisor has given it to the VM. Only
 *	pages that are @out.
 * @num_out: number of bits that are set in @out, may be read without a lock
 * @partial: of pages that are @donated the host may have some still, because the
 *	hypervisor has not completed a donation
 * @cleared: nothing of a VM that has run is left in it
 */
struct gunyah_paged {
	struct gunyah_mem_region *region;
	struct gunyah_pages *pages;
	unsigned long first;
	unsigned long count;
	unsigned long *out;
	unsigned long *donated;
	unsigned long num_out;
	bool partial;
	bool cleared;
};

/**
 * struct gunyah_paging - demand paging of a VM
 * @lock: protects what each of @ranges has, and serialises the hypercalls
 * @platform: the platform whose firmware has to be told, with a reference, or NULL
 * @vmid: the VM, once it is bound
 * @space: capability of its address space
 * @extents: capabilities of its memory extents and of the host's
 * @num: number of @ranges
 * @ranges: the regions, in the order of their guest addresses
 *
 * Everything but what @lock protects is constant while the VM runs.
 */
struct gunyah_paging {
	struct mutex lock;	/* pages come and go */
	const struct gunyah_platform_ops *platform;
	u16 vmid;
	u64 space;
	u64 extents[GUNYAH_RM_EXTENTS];
	unsigned int num;
	struct gunyah_paged ranges[] __counted_by(num);
};

/* paged.c */
int gunyah_paged_fault(struct gunyah_vm *vm, struct gunyah_paged *paged,
		       u64 addr);
int gunyah_paged_take_back(struct gunyah_vm *vm, struct gunyah_paged *paged,
			   unsigned long at, unsigned long end);
void gunyah_paged_clear(struct gunyah_paged *paged);

/* paging.c */
int gunyah_paging_prepare(struct gunyah_vm *vm);
int gunyah_paging_announce(struct gunyah_vm *vm,
			   const struct gunyah_parcel *image);
int gunyah_paging_bind(struct gunyah_vm *vm);
int gunyah_paging_fault(struct gunyah_vm *vm, u64 addr);
int gunyah_paging_reclaim(struct gunyah_vm *vm, u64 addr, u64 size);
int gunyah_paging_end(struct gunyah_vm *vm);
void gunyah_paging_free(struct gunyah_vm *vm);

#endif /* _GUNYAH_PAGING_H */
