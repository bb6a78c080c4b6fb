// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owners of memory
 *
 * All memory of the machine is the host's at first, at the same addresses, but
 * for the hypervisor's own. The database has one byte for each page: whether it
 * is in a parcel, or donated. Memory in parcels stays the host's, and a VM that
 * is not the host cannot make any; which VM has a donated page is in extent.c.
 */
#include "gunyah_testctl.h"
#include "hyp.h"

#define RIGHTS_ALL	(RM_RIGHT_R | RM_RIGHT_W | RM_RIGHT_X)
#define GIB		BIT(30)

enum page_state {
	PAGE_HOST = 0,		/* the host's alone */
	PAGE_HYP,		/* the hypervisor's */
	PAGE_LENT,		/* in a parcel, the host has no access */
	PAGE_SHARED,		/* in a parcel, the host has some access */
	PAGE_PRIVATE,		/* donated to a VM, the host has no access */
	PAGE_COMMON,		/* donated to a VM, the host has access */
};

static u8 *page_state;

static u8 *state_of(u64 pa)
{
	return &page_state[(pa - hyp.ram_base) >> PAGE_SHIFT];
}

static bool in_ram(u64 pa, u64 size)
{
	return pa >= hyp.ram_base && pa < hyp.ram_end &&
	       size <= hyp.ram_end - pa;
}

/**
 * mem_is_ram() - does a range belong to the host or to guests?
 * @pa: physical address
 * @size: bytes
 *
 * Return: false if some of it is no memory, or belongs to the hypervisor.
 */
bool mem_is_ram(u64 pa, u64 size)
{
	return in_ram(pa, size) &&
	       (pa + size <= HYP_BASE || pa >= HYP_BASE + HYP_SIZE);
}

/** mem_init() - the database, and the host's address space */
void mem_init(void)
{
	u64 ipa;

	page_state = alloc((hyp.ram_end - hyp.ram_base) >> PAGE_SHIFT);
	if (!page_state || s2_init(&hyp.host.s2, HOST_VMID, 40))
		panic("no memory for the host's page tables");
	memset(state_of(HYP_BASE), PAGE_HYP, HYP_SIZE >> PAGE_SHIFT);

	for (ipa = 0; ipa < 1UL << 40; ipa += GIB)
		s2_map_block(&hyp.host.s2, ipa,
			     ipa + GIB <= hyp.ram_base || ipa >= hyp.ram_end);
	if (s2_unmap(&hyp.host.s2, HYP_BASE, HYP_SIZE) ||
	    s2_unmap(&hyp.host.s2, GH_TESTCTL_BASE, GH_TESTCTL_SIZE))
		panic("no memory for the host's page tables");
	s2_sync();
}

/* Are all pages of the range in a parcel (@parcel), or is no page in one? */
static bool all_pages(u64 pa, u64 size, bool parcel)
{
	u64 end = pa + size;

	for (; pa < end; pa += PAGE_SIZE) {
		u8 state = *state_of(pa);

		if (parcel ? state != PAGE_LENT && state != PAGE_SHARED :
		    state != PAGE_HOST)
			return false;
	}
	return true;
}

static bool bad_range(u64 ipa, u64 size)
{
	return !size || (ipa | size) & ~PAGE_MASK || !in_ram(ipa, size);
}

/**
 * mem_is_hosts() - is a range the host's, and in no parcel?
 * @pa: physical address
 * @size: bytes
 *
 * Return: false if not all of it is, or if it is no range of pages.
 */
bool mem_is_hosts(u64 pa, u64 size)
{
	return !bad_range(pa, size) && all_pages(pa, size, false);
}

/**
 * mem_host_map() - change the host's access to its memory
 * @ipa: its address
 * @size: bytes
 * @rights: RM_RIGHT_*, or 0
 *
 * Takes effect at the next s2_sync().
 *
 * Return: an enum gh_error; nothing has changed after one.
 */
int mem_host_map(u64 ipa, u64 size, u8 rights)
{
	return rights ? s2_map(&hyp.host.s2, ipa, ipa, size, rights, false) :
			s2_unmap(&hyp.host.s2, ipa, size);
}

/**
 * mem_take() - see rm_ops
 * @owner: must be the host
 * @ipa: its address
 * @size: bytes
 * @kind: how it is handed over
 * @owner_rights: what the owner keeps, RM_MEM_SHARE
 *
 * Return: RM_HYP_OK, RM_HYP_NOT_OWNER or RM_HYP_NOMEM.
 */
int mem_take(u16 owner, u64 ipa, u64 size, enum rm_mem_kind kind,
	     u8 owner_rights)
{
	bool share = kind == RM_MEM_SHARE;
	int err;

	if (owner != HOST_VMID || bad_range(ipa, size) ||
	    !all_pages(ipa, size, false))
		return RM_HYP_NOT_OWNER;

	/* Either way the tables are there when it is given back */
	err = mem_host_map(ipa, size, share ? owner_rights & RIGHTS_ALL : 0);
	if (err)
		return RM_HYP_NOMEM;

	memset(state_of(ipa), share ? PAGE_SHARED : PAGE_LENT,
	       size >> PAGE_SHIFT);
	if (share)
		hyp.stats.pages_shared += size >> PAGE_SHIFT;
	else
		hyp.stats.pages_lent += size >> PAGE_SHIFT;
	return RM_HYP_OK;
}

/**
 * mem_give_back() - see rm_ops
 * @owner: must be the host
 * @ipa: its address
 * @size: bytes
 * @sanitize: zero it first
 */
void mem_give_back(u16 owner, u64 ipa, u64 size, bool sanitize)
{
	u64 pa, part;

	if (owner != HOST_VMID || bad_range(ipa, size) ||
	    !all_pages(ipa, size, true))
		panic("given back but not taken: %lx + %lx", ipa, size);

	/* No CPU may write it any more when it is zeroed */
	if (sanitize) {
		s2_sync();
		memset((void *)ipa, 0, size);
	}
	for (pa = ipa; pa < ipa + size; pa += PAGE_SIZE) {
		if (*state_of(pa) == PAGE_SHARED)
			hyp.stats.pages_shared--;
		else
			hyp.stats.pages_lent--;
	}
	memset(state_of(ipa), PAGE_HOST, size >> PAGE_SHIFT);
	/* The platform may still have other owners for it */
	for (pa = ipa; pa < ipa + size; pa += part) {
		u8 rights = scm_host_rights(pa);

		for (part = PAGE_SIZE; pa + part < ipa + size; part += PAGE_SIZE)
			if (scm_host_rights(pa + part) != rights)
				break;
		if (mem_host_map(pa, part, rights))
			panic("no memory to give memory back");
	}
}

/**
 * mem_donate() - have a VM own pages of the host
 * @pa: physical address
 * @size: bytes
 * @private: the host loses its access
 *
 * Return: GH_OK, GH_NOT_OWNER or GH_NOMEM.
 */
int mem_donate(u64 pa, u64 size, bool private)
{
	u64 pages = size >> PAGE_SHIFT;

	if (bad_range(pa, size) || !all_pages(pa, size, false))
		return GH_NOT_OWNER;
	if (private && s2_unmap(&hyp.host.s2, pa, size))
		return GH_NOMEM;
	memset(state_of(pa), private ? PAGE_PRIVATE : PAGE_COMMON, pages);
	if (private)
		hyp.stats.pages_lent += pages;
	else
		hyp.stats.pages_shared += pages;
	return GH_OK;
}

/**
 * mem_donate_back() - undo mem_donate(), also in part
 * @pa: physical address
 * @size: bytes, of pages that were all donated in the same way
 */
void mem_donate_back(u64 pa, u64 size)
{
	u64 pages = size >> PAGE_SHIFT;
	bool private = *state_of(pa) == PAGE_PRIVATE;

	if (private)
		hyp.stats.pages_lent -= pages;
	else
		hyp.stats.pages_shared -= pages;
	memset(state_of(pa), PAGE_HOST, pages);
	/* The tables are there since they were split to take the pages away */
	if (private && s2_map(&hyp.host.s2, pa, pa, size, RIGHTS_ALL, false))
		panic("no memory to give memory back");
}

/* Does the owner page memory in there? The resource manager does not know */
static bool is_paged(struct vm *vm, u64 ipa, u64 size)
{
	u64 end = ipa + size, pa;

	for (; vm->paging && ipa < end; ipa += PAGE_SIZE) {
		if (s2_lookup(&vm->s2, ipa, &pa, NULL))
			return true;
	}
	return false;
}

/**
 * mem_map() - see rm_ops
 * @vmid: VM that gets access
 * @to_ipa: address in its space
 * @owner: must be the host
 * @ipa: the owner's address
 * @size: bytes
 * @rights: RM_RIGHT_*
 *
 * Return: an enum rm_hyp_error.
 */
int mem_map(u16 vmid, u64 to_ipa, u16 owner, u64 ipa, u64 size, u8 rights)
{
	struct vm *vm = vm_get(vmid);

	if (!vm || vm == &hyp.host)
		return RM_HYP_ARG_INVALID;
	if (owner != HOST_VMID || bad_range(ipa, size) ||
	    !all_pages(ipa, size, true))
		return RM_HYP_NOT_OWNER;
	if (is_paged(vm, to_ipa, size))
		return RM_HYP_BUSY;
	return s2_map(&vm->s2, to_ipa, ipa, size, rights & RIGHTS_ALL, false);
}

/**
 * mem_unmap() - see rm_ops
 * @vmid: VM that loses access
 * @to_ipa: address in its space
 * @size: bytes
 */
void mem_unmap(u16 vmid, u64 to_ipa, u64 size)
{
	struct vm *vm = vm_get(vmid);

	if (!vm || vm == &hyp.host || s2_unmap(&vm->s2, to_ipa, size))
		panic("unmap of what is not mapped: VM %u %lx + %lx", vmid,
		      to_ipa, size);
}

static bool owner_pa(u16 owner, u64 ipa, u64 *pa)
{
	struct vm *vm = vm_get(owner);

	if (!vm)
		return false;
	if (vm != &hyp.host)
		return s2_lookup(&vm->s2, ipa, pa, NULL);
	*pa = ipa;
	return mem_is_ram(ipa, 1);
}

/**
 * mem_contiguous() - see rm_ops
 * @owner: VM
 * @ipa: its address
 * @size: bytes
 *
 * Return: number of bytes, 0 if there is no memory at @ipa.
 */
u64 mem_contiguous(u16 owner, u64 ipa, u64 size)
{
	u64 first, pa, done;

	if (!owner_pa(owner, ipa, &first))
		return 0;
	if (owner == HOST_VMID)
		return min(size, hyp.ram_end - ipa);
	done = PAGE_SIZE - (ipa & ~PAGE_MASK);
	while (done < size && owner_pa(owner, ipa + done, &pa) &&
	       pa == first + done)
		done += PAGE_SIZE;
	return min(size, done);
}

static int copy_ipa(u16 vmid, u64 ipa, void *buf, size_t size, bool write)
{
	while (size) {
		size_t n = min(size, PAGE_SIZE - (ipa & ~PAGE_MASK));
		u64 pa;

		if (!owner_pa(vmid, ipa, &pa) || !mem_is_ram(pa, n))
			return GH_ADDR_INVALID;
		if (write)
			memcpy((void *)pa, buf, n);
		else
			memcpy(buf, (void *)pa, n);
		ipa += n;
		buf += n;
		size -= n;
	}
	return GH_OK;
}

/**
 * mem_read() - read a VM's memory, see rm_ops
 * @vmid: VM
 * @ipa: its address
 * @buf: where to
 * @size: bytes
 *
 * Return: GH_OK or GH_ADDR_INVALID.
 */
int mem_read(u16 vmid, u64 ipa, void *buf, size_t size)
{
	return copy_ipa(vmid, ipa, buf, size, false);
}

/**
 * mem_write() - write a VM's memory, see rm_ops
 * @vmid: VM
 * @ipa: its address
 * @buf: what
 * @size: bytes
 *
 * Return: GH_OK or GH_ADDR_INVALID.
 */
int mem_write(u16 vmid, u64 ipa, const void *buf, size_t size)
{
	return copy_ipa(vmid, ipa, (void *)buf, size, true);
}

/* As EL1 would access it, through both stages */
static bool va_to_pa(u64 va, bool write, u64 *pa)
{
	u64 saved = read_sysreg(par_el1), par;

	if (write)
		asm volatile("at s12e1w, %0" : : "r" (va));
	else
		asm volatile("at s12e1r, %0" : : "r" (va));
	isb();
	par = read_sysreg(par_el1);
	write_sysreg(saved, par_el1);
	if (par & 1)
		return false;
	*pa = (par & GENMASK(47, 12)) | (va & ~PAGE_MASK);
	return true;
}

static int copy_va(u64 va, void *buf, size_t size, bool write)
{
	while (size) {
		size_t n = min(size, PAGE_SIZE - (va & ~PAGE_MASK));
		u64 pa;

		if (!va_to_pa(va, write, &pa) || !mem_is_ram(pa, n))
			return GH_ADDR_INVALID;
		if (write)
			memcpy((void *)pa, buf, n);
		else
			memcpy(buf, (void *)pa, n);
		va += n;
		buf += n;
		size -= n;
	}
	return GH_OK;
}

/**
 * copy_from_va() - read from the EL1 context that runs on this CPU
 * @dst: where to
 * @va: its virtual address
 * @size: bytes
 *
 * Return: GH_OK or GH_ADDR_INVALID.
 */
int copy_from_va(void *dst, u64 va, size_t size)
{
	return copy_va(va, dst, size, false);
}

/**
 * copy_to_va() - write to the EL1 context that runs on this CPU
 * @va: its virtual address
 * @src: what
 * @size: bytes
 *
 * Return: GH_OK or GH_ADDR_INVALID.
 */
int copy_to_va(u64 va, const void *src, size_t size)
{
	return copy_va(va, (void *)src, size, true);
}
