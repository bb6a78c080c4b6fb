// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory
 *
 * All memory is the host's. One byte for each page frame says whether it is in a
 * parcel. The host keeps access to memory that it has lent: nothing stops it, but
 * its content is the guest's.
 *
 * Functions for the model need mock.rm_lock. Guests look up their memory with
 * mock.lock held, so what was unmapped is out of use after mock_mem_sync().
 */

#include <linux/bug.h>
#include <linux/lockdep.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "mock.h"

#define RIGHTS_ALL	(RM_RIGHT_R | RM_RIGHT_W | RM_RIGHT_X)
#define RIGHTS_BITS	3

enum mock_page {
	MOCK_PAGE_HOST,
	MOCK_PAGE_LENT,
	MOCK_PAGE_SHARED,
};

static u8 *page_states;

/**
 * mock_mem_init() - make the table of pages
 *
 * Return: 0 or -ENOMEM.
 */
int mock_mem_init(void)
{
	page_states = vzalloc(max_pfn);
	return page_states ? 0 : -ENOMEM;
}

static bool mem_is_ram(u64 ipa)
{
	return PFN_DOWN(ipa) < max_pfn && pfn_valid(PFN_DOWN(ipa));
}

static bool mem_in_parcel(u64 ipa)
{
	return page_states[PFN_DOWN(ipa)] != MOCK_PAGE_HOST;
}

/* Whether all pages are the owner's RAM and in a parcel, or not, as @parcel says */
static bool mem_all(u16 owner, u64 ipa, u64 size, bool parcel)
{
	u64 end = ipa + size;

	if (owner != RM_VMID_HLOS || !size || end < ipa ||
	    !PAGE_ALIGNED(ipa | size))
		return false;
	for (; ipa < end; ipa += PAGE_SIZE)
		if (!mem_is_ram(ipa) || mem_in_parcel(ipa) != parcel)
			return false;
	return true;
}

/**
 * mock_mem_take() - see &rm_ops.mem_take
 * @owner: VMID
 * @ipa: address
 * @size: bytes
 * @kind: how it is handed over
 *
 * Return: RM_HYP_OK or RM_HYP_NOT_OWNER.
 */
int mock_mem_take(u16 owner, u64 ipa, u64 size, enum rm_mem_kind kind)
{
	bool share = kind == RM_MEM_SHARE;

	if (!mem_all(owner, ipa, size, false))
		return RM_HYP_NOT_OWNER;
	memset(&page_states[PFN_DOWN(ipa)], share ? MOCK_PAGE_SHARED : MOCK_PAGE_LENT,
	       PFN_DOWN(size));
	guard(spinlock_irq)(&mock.lock);
	if (share)
		mock.stats.pages_shared += PFN_DOWN(size);
	else
		mock.stats.pages_lent += PFN_DOWN(size);
	return RM_HYP_OK;
}

/**
 * mock_mem_give_back() - see &rm_ops.mem_give_back
 * @owner: VMID
 * @ipa: address
 * @size: bytes
 * @sanitize: zero it
 */
void mock_mem_give_back(u16 owner, u64 ipa, u64 size, bool sanitize)
{
	u64 shared = 0, at;

	if (WARN_ON_ONCE(!mem_all(owner, ipa, size, true)))
		return;
	mock_mem_sync();
	for (at = ipa; at < ipa + size; at += PAGE_SIZE) {
		shared += page_states[PFN_DOWN(at)] == MOCK_PAGE_SHARED;
		if (sanitize)
			clear_page(page_address(pfn_to_page(PFN_DOWN(at))));
	}
	memset(&page_states[PFN_DOWN(ipa)], MOCK_PAGE_HOST, PFN_DOWN(size));
	guard(spinlock_irq)(&mock.lock);
	mock.stats.pages_shared -= shared;
	mock.stats.pages_lent -= PFN_DOWN(size) - shared;
}

static void mem_unmap(struct mock_vm *vm, u64 to_ipa, u64 size)
{
	u64 at;

	for (at = to_ipa; at < to_ipa + size; at += PAGE_SIZE)
		xa_erase(&vm->pages, PFN_DOWN(at));
}

/**
 * mock_mem_map() - see &rm_ops.mem_map
 * @vm: VM that gets access
 * @to_ipa: address there
 * @owner: VMID of the owner
 * @ipa: the owner's address
 * @size: bytes
 * @rights: RM_RIGHT_...
 *
 * Return: an enum rm_hyp_error.
 */
int mock_mem_map(struct mock_vm *vm, u64 to_ipa, u16 owner, u64 ipa, u64 size,
		 u8 rights)
{
	u64 done;
	int ret;

	if (!mem_all(owner, ipa, size, true))
		return RM_HYP_NOT_OWNER;
	rights &= RIGHTS_ALL;
	for (done = 0; done < size; done += PAGE_SIZE) {
		unsigned long page = PFN_DOWN(ipa + done) << RIGHTS_BITS;

		ret = xa_err(xa_store(&vm->pages, PFN_DOWN(to_ipa + done),
				      xa_mk_value(page | rights), GFP_KERNEL));
		if (ret) {
			mem_unmap(vm, to_ipa, done);
			return RM_HYP_NOMEM;
		}
	}
	return RM_HYP_OK;
}

/**
 * mock_mem_unmap() - see &rm_ops.mem_unmap
 * @vm: VM
 * @to_ipa: address
 * @size: bytes
 */
void mock_mem_unmap(struct mock_vm *vm, u64 to_ipa, u64 size)
{
	mem_unmap(vm, to_ipa, size);
}

/* Page frame of a VM's memory, if it has these rights */
static bool mem_pfn(struct mock_vm *vm, u64 ipa, u8 rights, unsigned long *pfn)
{
	unsigned long value;
	void *entry;

	*pfn = PFN_DOWN(ipa);
	if (vm == &mock.host)
		return mem_is_ram(ipa);
	entry = xa_load(&vm->pages, PFN_DOWN(ipa));
	if (!entry)
		return false;
	value = xa_to_value(entry);
	*pfn = value >> RIGHTS_BITS;
	return (value & rights) == rights;
}

/**
 * mock_mem_contiguous() - see &rm_ops.mem_contiguous
 * @owner: VM
 * @ipa: address
 * @size: bytes
 *
 * Return: bytes in one piece, 0 if there is no memory at @ipa.
 */
u64 mock_mem_contiguous(struct mock_vm *owner, u64 ipa, u64 size)
{
	unsigned long first, pfn;
	u64 done;

	if (!mem_pfn(owner, ipa, 0, &first))
		return 0;
	done = PAGE_SIZE - offset_in_page(ipa);
	while (done < size && mem_pfn(owner, ipa + done, 0, &pfn) &&
	       pfn == first + PFN_UP(done))
		done += PAGE_SIZE;
	return min(size, done);
}

/**
 * mock_mem_at() - find memory of a guest
 * @vm: VM
 * @ipa: address
 * @rights: what it must be allowed to do there
 *
 * Context: mock.lock is held, or mock.rm_lock.
 * Return: the memory, until the end of the page, or NULL.
 */
void *mock_mem_at(struct mock_vm *vm, u64 ipa, u8 rights)
{
	unsigned long pfn;

	if (!mem_pfn(vm, ipa, rights, &pfn))
		return NULL;
	return page_address(pfn_to_page(pfn)) + offset_in_page(ipa);
}

/**
 * mock_mem_copy() - see &rm_ops.mem_read and &rm_ops.mem_write
 * @vm: VM
 * @ipa: address
 * @buf: the other side
 * @size: bytes
 * @write: into the VM's memory
 *
 * Return: RM_HYP_OK or RM_HYP_ADDR_INVALID.
 */
int mock_mem_copy(struct mock_vm *vm, u64 ipa, void *buf, size_t size,
		  bool write)
{
	void *memory;
	size_t n;

	for (; size; size -= n, buf += n, ipa += n) {
		n = min(size, PAGE_SIZE - offset_in_page(ipa));
		memory = mock_mem_at(vm, ipa, 0);
		if (!memory)
			return RM_HYP_ADDR_INVALID;
		if (write)
			memcpy(memory, buf, n);
		else
			memcpy(buf, memory, n);
	}
	return RM_HYP_OK;
}

/** mock_mem_sync() - wait until no guest uses what was unmapped */
void mock_mem_sync(void)
{
	spin_lock_irq(&mock.lock);
	spin_unlock_irq(&mock.lock);
}
