// SPDX-License-Identifier: GPL-2.0-only
/*
 * Demand paging: address spaces that the host maps pages into, and accesses that
 * wait for it
 *
 * These are assumptions, each the strictest one:
 * - private memory is mapped with the flag private and in a range with demand
 *   paging, shared memory with the flag VMMIO and where the host emulates what is
 *   not mapped, outside of these ranges; without a flag nothing is mapped;
 * - only a part of an extent can be mapped and unmapped;
 * - rights are the same for EL0 and EL1 and include reading, and the memory type
 *   is write-back;
 * - what is not mapped as the caller says is an invalid address for unmap.
 */
#include "guest.h"
#include "paging.h"

#define MAP_FLAGS	(MAP_PARTIAL | MAP_PRIVATE | MAP_VMMIO | NO_SYNC)

#define ATTR_ACCESS(attr)	((attr) & 7)	/* RM_RIGHT_* */
#define ATTR_KERNEL(attr)	ATTR_ACCESS((attr) >> 4)
#define ATTR_TYPE(attr)		((attr) >> 16 & 0xff)
#define ATTR_KNOWN		(GENMASK(23, 16) | GENMASK(6, 4) | GENMASK(2, 0))
#define ATTR_WRITE_BACK		0xf

/**
 * struct mapping - a part of an extent and its place in the VM
 * @vm: VM
 * @ext: its extent
 * @ipa: address
 * @offset: in the extent
 * @size: bytes
 */
struct mapping {
	struct vm *vm;
	const struct extent *ext;
	u64 ipa;
	u64 offset;
	u64 size;
};

static bool overlaps(u64 start, u64 size, u64 other, u64 other_size)
{
	return start < other + other_size && other < start + size;
}

/**
 * paging_has() - is an address in a range with demand paging?
 * @vm: VM
 * @ipa: its address
 *
 * Return: true if so
 */
bool paging_has(const struct vm *vm, u64 ipa)
{
	for (u32 i = 0; vm->paging && i < vm->paging->num_ranges; i++) {
		const struct rm_guest_range *r = &vm->paging->ranges[i];

		if (ipa >= r->ipa && ipa - r->ipa < r->size)
			return true;
	}
	return false;
}

static bool private_place(const struct mapping *m)
{
	for (u32 i = 0; i < m->vm->paging->num_ranges; i++) {
		const struct rm_guest_range *r = &m->vm->paging->ranges[i];

		if (m->ipa >= r->ipa && m->ipa - r->ipa < r->size)
			return m->size <= r->size - (m->ipa - r->ipa);
	}
	return false;
}

static bool shared_place(const struct mapping *m)
{
	const struct paging *p = m->vm->paging;
	const struct vgic *gic = m->vm->vgic;

	for (u32 i = 0; i < p->num_ranges; i++) {
		if (overlaps(m->ipa, m->size, p->ranges[i].ipa,
			     p->ranges[i].size))
			return false;
	}
	if (gic && (overlaps(m->ipa, m->size, gic->gicd, VGIC_FRAME_SIZE) ||
		    overlaps(m->ipa, m->size, gic->gicr,
			     gic->gicr_stride * gic->num_vcpus)))
		return false;
	return vm_is_vmmio(m->vm, m->ipa, m->size);
}

static int check_flags(const struct extent *ext, u64 flags, bool map)
{
	u64 wanted = ext->label == RM_EXTENT_GUEST_PRIVATE ? MAP_PRIVATE :
							     MAP_VMMIO;
	u64 kind = flags & (MAP_PRIVATE | MAP_VMMIO);

	if (flags & ~MAP_FLAGS || !(flags & MAP_PARTIAL))
		return GH_ARG_INVALID;
	if (kind == wanted || (!kind && !map))
		return GH_OK;
	return kind ? GH_EXTENT_TYPE : GH_ARG_INVALID;
}

/* What map and unmap have in common, in this order */
static int check_mapping(struct vm *caller, u64 space_cap, u64 extent_cap,
			 u64 flags, bool map, struct mapping *m)
{
	void *space, *ext;
	int err;

	err = cap_lookup(caller, space_cap, OBJ_ADDRSPACE, RIGHT_ADDRSPACE_MAP,
			 &space);
	if (!err)
		err = cap_lookup(caller, extent_cap, OBJ_MEMEXTENT,
				 RIGHT_EXTENT_MAP, &ext);
	if (err)
		return err;
	m->vm = space;
	m->ext = ext;
	if (m->ext->vm != m->vm)
		return GH_DENIED;
	err = check_flags(ext, flags, map);
	if (!err)
		err = extent_check_range(m->offset, m->size);
	if (err)
		return err;
	if (m->ipa & ~PAGE_MASK)
		return GH_ARG_ALIGN;
	if (m->ipa + m->size < m->ipa)
		return GH_ADDR_OVERFLOW;
	return m->ipa + m->size > BIT(m->vm->s2.ipa_bits) ? GH_ADDR_INVALID :
							   GH_OK;
}

static int check_attributes(u64 attr)
{
	if (attr & ~ATTR_KNOWN || ATTR_TYPE(attr) != ATTR_WRITE_BACK ||
	    ATTR_ACCESS(attr) != ATTR_KERNEL(attr) || !(attr & RM_RIGHT_R))
		return GH_ARG_INVALID;
	return GH_OK;
}

/* Nothing may be there, nor may the pages be elsewhere */
static int check_free(const struct mapping *m)
{
	u64 i, pa;

	for (i = 0; i < m->size; i += PAGE_SIZE) {
		if (s2_lookup(&m->vm->s2, m->ipa + i, &pa, NULL))
			return GH_MAPPING_EXISTS;
	}
	for (i = 0; i < m->size; i += PAGE_SIZE) {
		if (extent_mapping(m->offset + i) != EXTENT_NOT_MAPPED)
			return GH_MAPPINGS_FULL;
	}
	return GH_OK;
}

/**
 * hcall_map() - hypercall 0x2b: memory of a VM into its address space
 * @caller: VM that calls
 * @arg: address space, extent, address, attributes, flags, offset, size
 *
 * Return: a hypercall's error
 */
int hcall_map(struct vm *caller, const u64 *arg)
{
	struct mapping m = { .ipa = arg[2], .offset = arg[5], .size = arg[6] };
	int err = check_mapping(caller, arg[0], arg[1], arg[4], true, &m);

	if (!err)
		err = check_attributes(arg[3]);
	if (err)
		return err;
	if (m.ext->label == RM_EXTENT_GUEST_PRIVATE ? !private_place(&m) :
						      !shared_place(&m))
		return GH_ADDR_INVALID;
	if (!extent_owns(m.ext, m.offset, m.size))
		return GH_NOT_OWNER;
	err = check_free(&m);
	if (!err)
		err = s2_map_blocks(&m.vm->s2, m.ipa, m.offset, m.size,
				    ATTR_ACCESS(arg[3]));
	if (err)
		return err;
	extent_set_mapping(m.offset, m.size, m.ipa);
	if (!(arg[4] & NO_SYNC))
		s2_sync();
	return GH_OK;
}

/**
 * hcall_unmap() - hypercall 0x2c
 * @caller: VM that calls
 * @arg: address space, extent, address, flags, offset, size
 *
 * Return: a hypercall's error
 */
int hcall_unmap(struct vm *caller, const u64 *arg)
{
	struct mapping m = { .ipa = arg[2], .offset = arg[4], .size = arg[5] };
	int err = check_mapping(caller, arg[0], arg[1], arg[3], false, &m);
	u64 i;

	if (err)
		return err;
	if (!extent_owns(m.ext, m.offset, m.size))
		return GH_NOT_OWNER;
	for (i = 0; i < m.size; i += PAGE_SIZE) {
		if (extent_mapping(m.offset + i) != m.ipa + i)
			return GH_ADDR_INVALID;
	}
	err = s2_unmap_blocks(&m.vm->s2, m.ipa, m.size);
	if (err)
		return err;
	extent_clear_mapping(m.offset, m.size);
	if (!(arg[3] & NO_SYNC))
		s2_sync();
	return GH_OK;
}

/* rm_ops, see rm.h */

static int create_caps(struct vm *vm, struct paging *p,
		       struct rm_paging_caps *caps)
{
	u32 rights, i;
	int err;

	err = cap_create(&hyp.host, OBJ_ADDRSPACE, RIGHT_ADDRSPACE_MAP, vm,
			 &p->space_cap);
	caps->space = p->space_cap;
	for (i = 0; i < RM_EXTENTS && !err; i++) {
		struct extent *ext = &p->extents[i];

		rights = RIGHT_EXTENT_DONATE;
		if (i == RM_EXTENT_GUEST_PRIVATE || i == RM_EXTENT_GUEST_SHARED)
			rights |= RIGHT_EXTENT_MAP;
		err = cap_create(&hyp.host, OBJ_MEMEXTENT, rights, ext,
				 &ext->cap);
		caps->extent[i] = ext->cap;
	}
	return err;
}

static void free_paging(struct vm *vm)
{
	struct paging *p = vm->paging;

	cap_delete(&hyp.host, p->space_cap);
	for (u32 i = 0; i < RM_EXTENTS; i++)
		cap_delete(&hyp.host, p->extents[i].cap);
	free(p->ranges, p->num_ranges * sizeof(*p->ranges));
	free(p, sizeof(*p));
	vm->paging = NULL;
}

int plat_paging_create(u16 vmid, const struct rm_guest_range *ranges, u32 count,
		       struct rm_paging_caps *caps)
{
	struct vm *vm = vm_get(vmid);
	struct paging *p;

	if (!vm || vm == &hyp.host || vm->paging)
		return RM_HYP_ARG_INVALID;
	p = alloc(sizeof(*p));
	if (!p)
		return RM_HYP_NOMEM;
	vm->paging = p;
	p->space_cap = RM_CAP_NONE;
	for (u32 i = 0; i < RM_EXTENTS; i++)
		p->extents[i] = (struct extent) {
			.vm = vm, .label = i, .cap = RM_CAP_NONE,
		};
	p->num_ranges = count;
	p->ranges = alloc(count * sizeof(*p->ranges));
	if (!p->ranges) {
		free_paging(vm);
		return RM_HYP_NOMEM;
	}
	memcpy(p->ranges, ranges, count * sizeof(*p->ranges));
	if (create_caps(vm, p, caps)) {
		free_paging(vm);
		return RM_HYP_NORESOURCES;
	}
	return RM_HYP_OK;
}

u64 plat_paging_pages(u16 vmid)
{
	struct vm *vm = vm_get(vmid);

	return vm && vm->paging ? vm->paging->pages : 0;
}

void plat_paging_destroy(u16 vmid)
{
	struct vm *vm = vm_get(vmid);

	if (!vm || !vm->paging || vm->paging->pages)
		panic("end of demand paging of VM %u", vmid);
	free_paging(vm);
}
