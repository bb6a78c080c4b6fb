// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory extents: which pages the host has donated to a VM
 *
 * A VM with demand paging has an extent of private memory and one of memory that
 * it shares with the host, and the host has a counterpart of each. The offset in
 * every extent is the physical address. All memory that is the host's alone is
 * in both of the host's extents. The database has an entry for each page.
 *
 * These are assumptions, each the strictest one:
 * - an extent only exchanges pages with its counterpart, of the same VM;
 * - what is donated comes with what was in it, and is given back likewise: who
 *   needs it zeroed has to do that;
 * - a page is mapped once at most;
 * - modify needs the right to map.
 */
#include "paging.h"
#include "hyp.h"

#define DONATE_TYPE		GENMASK(7, 0)
#define DONATE_SIBLING		2
#define DONATE_TO_PROTECTED	3
#define DONATE_FROM_PROTECTED	4

#define MODIFY_OP		GENMASK(7, 0)
#define MODIFY_UNMAP_ALL	0
#define MODIFY_ZERO		1
#define MODIFY_CACHE_CLEAN	2
#define MODIFY_CACHE_FLUSH	3
#define MODIFY_SYNC_ALL		255

/**
 * struct donated - a page in the database
 * @mapping: where its VM has it mapped, 1 + number of the page; 0: nowhere
 * @vmid: VM that it is donated to; 0: none
 * @label: extent that it is in
 */
struct donated {
	u32 mapping;
	u8 vmid;
	u8 label;
};

static struct donated *database;

static struct donated *entry(u64 pa)
{
	return &database[(pa - hyp.ram_base) >> PAGE_SHIFT];
}

/** extent_init() - the database */
void extent_init(void)
{
	database = alloc(((hyp.ram_end - hyp.ram_base) >> PAGE_SHIFT) *
			 sizeof(*database));
	if (!database)
		panic("no memory for the database of extents");
}

/**
 * extent_owns() - is a range in an extent of a VM?
 * @ext: extent, not one of the host
 * @offset: of the range
 * @size: its size
 *
 * Return: true if all of it is
 */
bool extent_owns(const struct extent *ext, u64 offset, u64 size)
{
	u64 end = offset + size;

	if (!mem_is_ram(offset, size))
		return false;
	for (; offset < end; offset += PAGE_SIZE) {
		const struct donated *d = entry(offset);

		if (d->vmid != ext->vm->vmid || d->label != ext->label)
			return false;
	}
	return true;
}

/**
 * extent_mapping() - where is a page mapped?
 * @offset: page that a VM has
 *
 * Return: address, EXTENT_NOT_MAPPED: nowhere
 */
u64 extent_mapping(u64 offset)
{
	u32 mapping = entry(offset)->mapping;

	return mapping ? (mapping - 1UL) << PAGE_SHIFT : EXTENT_NOT_MAPPED;
}

/**
 * extent_set_mapping() - pages that a VM has are mapped now
 * @offset: first page
 * @size: bytes
 * @ipa: where
 */
void extent_set_mapping(u64 offset, u64 size, u64 ipa)
{
	u64 i;

	for (i = 0; i < size; i += PAGE_SIZE)
		entry(offset + i)->mapping = 1 + ((ipa + i) >> PAGE_SHIFT);
	hyp.stats.pages_mapped += size >> PAGE_SHIFT;
}

/**
 * extent_clear_mapping() - pages are not mapped any more
 * @offset: first page, they all were
 * @size: bytes
 */
void extent_clear_mapping(u64 offset, u64 size)
{
	u64 i;

	for (i = 0; i < size; i += PAGE_SIZE)
		entry(offset + i)->mapping = 0;
	hyp.stats.pages_mapped -= size >> PAGE_SHIFT;
}

/**
 * extent_check_range() - arguments offset and size of a hypercall
 * @offset: in an extent
 * @size: bytes
 *
 * Return: GH_OK, GH_ARG_ALIGN, GH_ARG_SIZE or GH_ADDR_OVERFLOW.
 */
int extent_check_range(u64 offset, u64 size)
{
	if ((offset | size) & ~PAGE_MASK)
		return GH_ARG_ALIGN;
	if (!size)
		return GH_ARG_SIZE;
	return offset + size < offset ? GH_ADDR_OVERFLOW : GH_OK;
}

/* Bytes from @offset that are mapped (or not, as the first page) in one piece */
static u64 piece_of(u64 offset, u64 size)
{
	u64 ipa = extent_mapping(offset), n = PAGE_SIZE;

	while (n < size && extent_mapping(offset + n) ==
	       (ipa == EXTENT_NOT_MAPPED ? ipa : ipa + n))
		n += PAGE_SIZE;
	return n;
}

/* On GH_NOMEM, because a block cannot be split, some of it is not mapped any more */
static int unmap_all(struct vm *vm, u64 offset, u64 size)
{
	u64 n, ipa;

	for (; size; offset += n, size -= n) {
		n = piece_of(offset, size);
		ipa = extent_mapping(offset);
		if (ipa == EXTENT_NOT_MAPPED)
			continue;
		if (s2_unmap_blocks(&vm->s2, ipa, n))
			return GH_NOMEM;
		extent_clear_mapping(offset, n);
	}
	return GH_OK;
}

static void set_owner(const struct extent *ext, u64 offset, u64 size)
{
	u64 end = offset + size;

	for (; offset < end; offset += PAGE_SIZE)
		*entry(offset) = (struct donated) {
			.vmid = ext ? ext->vm->vmid : 0,
			.label = ext ? ext->label : 0,
		};
}

/* How much of a range has moved, if this is the call that was not complete */
static u64 donated_before(u64 offset, u64 size)
{
	bool same = hyp.quirk.donate_at == offset &&
		    hyp.quirk.donate_size == size;

	hyp.quirk.donate_size = 0;
	return same ? size / 2 : 0;
}

static int give(const struct extent *to, u64 offset, u64 size)
{
	u64 done = donated_before(offset, size);
	int err;

	offset += done;
	size -= done;
	err = mem_donate(offset, size, to->label == RM_EXTENT_GUEST_PRIVATE);

	if (err)
		return err;
	set_owner(to, offset, size);
	to->vm->paging->pages += size >> PAGE_SHIFT;
	hyp.stats.pages_donated += size >> PAGE_SHIFT;
	return GH_OK;
}

static int take_back(const struct extent *from, u64 offset, u64 size)
{
	u64 done = donated_before(offset, size);
	int err;

	offset += done;
	size -= done;
	if (!extent_owns(from, offset, size))
		return GH_NOT_OWNER;
	err = unmap_all(from->vm, offset, size);
	if (err)
		return err;
	/* The VM must have lost it before the host gets it */
	s2_sync();
	set_owner(NULL, offset, size);
	mem_donate_back(offset, size);
	from->vm->paging->pages -= size >> PAGE_SHIFT;
	hyp.stats.pages_donated -= size >> PAGE_SHIFT;
	return GH_OK;
}

/**
 * hcall_donate() - hypercall 0x61: memory from one extent to another
 * @caller: VM that calls
 * @arg: options, from, to, offset, size, reserved
 *
 * Return: a hypercall's error
 */
int hcall_donate(struct vm *caller, const u64 *arg)
{
	u64 type = arg[0] & DONATE_TYPE;
	void *from_obj, *to_obj;
	const struct extent *from, *to;
	bool gives, takes;
	int err;

	if (arg[0] & ~(DONATE_TYPE | NO_SYNC) || type > DONATE_FROM_PROTECTED ||
	    arg[5])
		return GH_ARG_INVALID;
	err = cap_lookup(caller, arg[1], OBJ_MEMEXTENT, RIGHT_EXTENT_DONATE,
			 &from_obj);
	if (!err)
		err = cap_lookup(caller, arg[2], OBJ_MEMEXTENT,
				 RIGHT_EXTENT_DONATE, &to_obj);
	if (!err)
		err = extent_check_range(arg[3], arg[4]);
	if (err)
		return err;
	from = from_obj;
	to = to_obj;

	gives = (type == DONATE_TO_PROTECTED &&
		 from->label == RM_EXTENT_HOST_PRIVATE &&
		 to->label == RM_EXTENT_GUEST_PRIVATE) ||
		(type == DONATE_SIBLING &&
		 from->label == RM_EXTENT_HOST_SHARED &&
		 to->label == RM_EXTENT_GUEST_SHARED);
	takes = (type == DONATE_FROM_PROTECTED &&
		 from->label == RM_EXTENT_GUEST_PRIVATE &&
		 to->label == RM_EXTENT_HOST_PRIVATE) ||
		(type == DONATE_SIBLING &&
		 from->label == RM_EXTENT_GUEST_SHARED &&
		 to->label == RM_EXTENT_HOST_SHARED);
	if (from->vm != to->vm || !(gives || takes))
		return GH_EXTENT_TYPE;
	err = gives ? give(to, arg[3], arg[4]) : take_back(from, arg[3], arg[4]);
	if (!(arg[0] & NO_SYNC))
		s2_sync();
	return err;
}

/**
 * extent_donate_part() - a donation that a planned fault breaks off
 * @caller: VM that calls
 * @arg: as for hcall_donate()
 *
 * If the caller is told GH_RETRY the first half of the range is donated, and the
 * next call goes on if it is the same. After any other error none does.
 */
void extent_donate_part(struct vm *caller, const u64 *arg)
{
	u64 half[6] = { arg[0], arg[1], arg[2], arg[3], arg[4] / 2, arg[5] };

	if (hyp.quirk.hvc_error != (u64)GH_RETRY) {
		hyp.quirk.donate_size = 0;
		return;
	}
	if (hyp.quirk.donate_at == arg[3] && hyp.quirk.donate_size == arg[4])
		return;
	if (arg[4] & (2 * PAGE_SIZE - 1) ||
	    hcall_donate(caller, half))
		return;
	hyp.quirk.donate_at = arg[3];
	hyp.quirk.donate_size = arg[4];
}

/* All of the VM's extent, wherever its pages are */
static int unmap_extent(const struct extent *ext)
{
	u64 pa;

	for (pa = hyp.ram_base; pa < hyp.ram_end; pa += PAGE_SIZE) {
		if (extent_owns(ext, pa, PAGE_SIZE) &&
		    unmap_all(ext->vm, pa, PAGE_SIZE))
			return GH_NOMEM;
	}
	return GH_OK;
}

/* The caches need nothing: all that the MMU maps is cacheable, and EL2 has none */
static int modify_range(const struct extent *ext, u64 op, u64 offset, u64 size)
{
	int err = extent_check_range(offset, size);

	if (err)
		return err;
	if (!extent_owns(ext, offset, size))
		return GH_NOT_OWNER;
	if (op == MODIFY_ZERO)
		memset((void *)offset, 0, size);
	return GH_OK;
}

/**
 * hcall_extent_modify() - hypercall 0x30
 * @caller: VM that calls
 * @arg: extent, operation, offset, size
 *
 * Return: a hypercall's error
 */
int hcall_extent_modify(struct vm *caller, const u64 *arg)
{
	u64 op = arg[1] & MODIFY_OP;
	void *ext;
	int err;

	err = cap_lookup(caller, arg[0], OBJ_MEMEXTENT, RIGHT_EXTENT_MAP, &ext);
	if (err)
		return err;
	if (arg[1] & ~(MODIFY_OP | NO_SYNC))
		return GH_ARG_INVALID;
	switch (op) {
	case MODIFY_UNMAP_ALL:
		err = unmap_extent(ext);
		break;
	case MODIFY_ZERO:
	case MODIFY_CACHE_CLEAN:
	case MODIFY_CACHE_FLUSH:
		err = modify_range(ext, op, arg[2], arg[3]);
		break;
	case MODIFY_SYNC_ALL:
		s2_sync();
		return GH_OK;
	default:
		return GH_ARG_INVALID;
	}
	if (!(arg[1] & NO_SYNC))
		s2_sync();
	return err;
}
