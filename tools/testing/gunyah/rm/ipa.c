// SPDX-License-Identifier: GPL-2.0-only
/*
 * A VM's address space: which ranges are used. The list is sorted and
 * neighbours are merged, so that it stays short; a hint makes a series of
 * ascending reservations cheap.
 *
 * The host's address space is not tracked. Mapping there fails if the platform
 * finds that the range is in use.
 */
#include "rm_core.h"

/* The last range that starts at or before @ipa; NULL: none */
static struct rm_range *range_before(struct rm_vm *vm, uint64_t ipa)
{
	struct rm_range *r = vm->ranges;

	if (vm->range_hint && vm->range_hint->start <= ipa)
		r = vm->range_hint;
	if (!r || r->start > ipa)
		return NULL;
	while (r->next && r->next->start <= ipa)
		r = r->next;
	vm->range_hint = r;
	return r;
}

/**
 * ipa_reserve() - mark a range as used
 * @rm: resource manager
 * @vm: VM
 * @ipa: start
 * @size: size
 *
 * Return: false if it is not free (or there is no memory to note it down)
 */
bool ipa_reserve(struct rm *rm, struct rm_vm *vm, uint64_t ipa, uint64_t size)
{
	struct rm_range *prev, *next, *r;
	uint64_t end = ipa + size;

	if (vm == &rm->host)
		return true;
	if (!size || end < ipa || end > RM_IPA_END ||
	    paging_blocks(vm, ipa, end))
		return false;
	prev = range_before(vm, ipa);
	next = prev ? prev->next : vm->ranges;
	if ((prev && prev->end > ipa) || (next && next->start < end))
		return false;

	if (prev && prev->end == ipa) {
		prev->end = end;
		if (next && next->start == end) {
			prev->end = next->end;
			prev->next = next->next;
			rm_free(rm, next, sizeof(*next));
		}
		return true;
	}
	if (next && next->start == end) {
		next->start = ipa;
		return true;
	}
	r = rm_alloc(rm, sizeof(*r));
	if (!r)
		return false;
	r->start = ipa;
	r->end = end;
	r->next = next;
	if (prev)
		prev->next = r;
	else
		vm->ranges = r;
	vm->range_hint = r;
	return true;
}

/**
 * ipa_release() - undo ipa_reserve(), also for a part of what it reserved
 * @rm: resource manager
 * @vm: VM
 * @ipa: start
 * @size: size in bytes
 */
void ipa_release(struct rm *rm, struct rm_vm *vm, uint64_t ipa, uint64_t size)
{
	struct rm_range **p, *r, *tail;
	uint64_t end = ipa + size;

	if (vm == &rm->host)
		return;
	for (p = &vm->ranges; (r = *p); p = &r->next)
		if (r->end > ipa)
			break;
	if (!r || r->start > ipa || r->end < end)
		return;
	if (r->start == ipa && r->end == end) {
		*p = r->next;
		vm->range_hint = NULL;
		rm_free(rm, r, sizeof(*r));
	} else if (r->start == ipa) {
		r->start = end;
	} else if (r->end == end) {
		r->end = ipa;
	} else {
		tail = rm_alloc(rm, sizeof(*tail));
		if (!tail) {
			/* Releasing must not fail: leak the range */
			rm_log(rm, "address range lost", ipa);
			return;
		}
		tail->start = end;
		tail->end = r->end;
		tail->next = r->next;
		r->end = ipa;
		r->next = tail;
	}
}

/**
 * ipa_memory_ok() - may memory be mapped there?
 * @vm: VM
 * @ipa: start
 * @size: size in bytes
 *
 * This does not check whether the range is free.
 *
 * Return: false if it may not
 */
bool ipa_memory_ok(const struct rm_vm *vm, uint64_t ipa, uint64_t size)
{
	uint64_t end = ipa + size;

	if (!size || end < ipa || !rm_page_aligned(ipa) ||
	    !rm_page_aligned(size))
		return false;
	if (!vm->cfg)
		return vm->vmid == RM_VMID_HLOS && end <= RM_PARCEL_ADDR_END;
	if (vm->cfg->auth != RM_AUTH_PLATFORM && ipa < RM_VMMIO_END)
		return false;
	return end <= RM_IPA_END;
}

/**
 * ipa_alloc() - find a free range and reserve it
 * @rm: resource manager
 * @vm: VM
 * @size: size
 * @align: alignment, a power of two
 * @ipa: result
 *
 * The range of the VM's private memory is never used, nor those with demand
 * paging.
 *
 * Return: false if there is none
 */
bool ipa_alloc(struct rm *rm, struct rm_vm *vm, uint64_t size, uint64_t align,
	       uint64_t *ipa)
{
	uint64_t at = rm_align_up(RM_IPA_ALLOC_FIRST, align);
	const struct rm_range *r = vm->ranges;
	uint64_t hole, hole_end, paged;

	if (!vm->cfg || !size || size > RM_IPA_END)
		return false;
	hole = vm->cfg->base;
	hole_end = hole + vm->cfg->size_max;
	while (at + size <= RM_IPA_END) {
		if (at < hole_end && at + size > hole) {
			at = rm_align_up(hole_end, align);
			continue;
		}
		paged = paging_skip(vm, at, at + size);
		if (paged) {
			at = rm_align_up(paged, align);
			continue;
		}
		while (r && r->end <= at)
			r = r->next;
		if (!r || r->start >= at + size) {
			*ipa = at;
			return ipa_reserve(rm, vm, at, size);
		}
		at = rm_align_up(r->end, align);
	}
	return false;
}

/**
 * ipa_free_all() - forget all of a VM's ranges
 * @rm: resource manager
 * @vm: VM
 */
void ipa_free_all(struct rm *rm, struct rm_vm *vm)
{
	struct rm_range *r;

	while ((r = vm->ranges)) {
		vm->ranges = r->next;
		rm_free(rm, r, sizeof(*r));
	}
	vm->range_hint = NULL;
}
