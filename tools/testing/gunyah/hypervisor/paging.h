/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Test hypervisor: memory that the host gives a VM page by page
 *
 * No published firmware has any of it, see gunyah_hyp.generation.
 */
#ifndef GUNYAH_TEST_PAGING_H
#define GUNYAH_TEST_PAGING_H

#include "object.h"

/* Rights of capabilities */
#define RIGHT_ADDRSPACE_MAP	0x2
#define RIGHT_EXTENT_MAP	0x1
#define RIGHT_EXTENT_DONATE	0x10

/* Flags of map and unmap; NO_SYNC also of donate and modify */
#define MAP_PARTIAL		BIT(0)
#define MAP_PRIVATE		BIT(1)
#define MAP_VMMIO		BIT(2)
#define NO_SYNC			BIT(31)

/**
 * struct extent - a memory extent
 * @vm: VM that it belongs to; those of the host exist once for each VM as well
 * @label: RM_EXTENT_*
 * @cap: capability of the host
 */
struct extent {
	struct vm *vm;
	u8 label;
	u64 cap;
};

/**
 * struct paging - a VM's demand paging
 * @extents: memory extents by label
 * @space_cap: the host's capability of the VM's address space
 * @ranges: where the VM's accesses wait for the host
 * @num_ranges: their number
 * @pages: pages in the VM's extents
 */
struct paging {
	struct extent extents[RM_EXTENTS];
	u64 space_cap;
	struct rm_guest_range *ranges;
	u32 num_ranges;
	u64 pages;
};

/* extent.c */
void extent_init(void);
bool extent_owns(const struct extent *ext, u64 offset, u64 size);
u64 extent_mapping(u64 offset);
void extent_set_mapping(u64 offset, u64 size, u64 ipa);
void extent_clear_mapping(u64 offset, u64 size);
int extent_check_range(u64 offset, u64 size);
int hcall_donate(struct vm *caller, const u64 *arg);
void extent_donate_part(struct vm *caller, const u64 *arg);
int hcall_extent_modify(struct vm *caller, const u64 *arg);

/* paging.c */
int hcall_map(struct vm *caller, const u64 *arg);
int hcall_unmap(struct vm *caller, const u64 *arg);
bool paging_has(const struct vm *vm, u64 ipa);

#define EXTENT_NOT_MAPPED	(~0UL)

/* rm_ops, as in rm.h without ctx */
int plat_paging_create(u16 vmid, const struct rm_guest_range *ranges, u32 count,
		       struct rm_paging_caps *caps);
u64 plat_paging_pages(u16 vmid);
void plat_paging_destroy(u16 vmid);

#endif /* GUNYAH_TEST_PAGING_H */
