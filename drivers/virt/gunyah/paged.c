// SPDX-License-Identifier: GPL-2.0-only
/*
 * A region of which a VM has single pages: giving them to it, and taking them back
 *
 * To give a VM a block of pages takes five steps:
 *
 *	allocate it, cleared, unless the user has put something there
 *	hide it from the host's kernel
 *	have the platform's firmware assign it, if there is such
 *	donate it to the VM's memory extent
 *	map it into the VM's address space
 *
 * A failure undoes them in reverse. That is also the way back, when the user wants
 * memory back or the VM ends; there the host clears the pages, because nobody else
 * does. What the firmware does not return stays hidden and allocated, is asked for
 * again at the VM's end, and is lost if that is in vain.
 *
 * Everything of a page is done with gunyah_paging.lock held, so it is in one of
 * three states for whoever gets the lock: the host's, out, or out and donated.
 */

#include <linux/bitfield.h>
#include <linux/bitmap.h>
#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/highmem.h>
#include <linux/jiffies.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/pfn.h>
#include <linux/sched.h>

#include "hide.h"
#include "host.h"
#include "hypercall.h"
#include "pages.h"
#include "paging.h"
#include "platform.h"
#include "region.h"
#include "trace.h"
#include "vm.h"

/* A hypercall that is not complete is continued so often */
#define CALL_RETRIES		1000

/* A part of the extent, which the VM alone has */
#define MAP_FLAGS		(GUNYAH_MAP_PARTIAL | GUNYAH_MAP_PRIVATE)

/**
 * struct paged_run - contiguous pages of a region, all in the same state
 * @paged: the region
 * @at: offset of the first page in the region
 * @mem: the pages
 */
struct paged_run {
	struct gunyah_paged *paged;
	unsigned long at;
	struct gunyah_mem_run mem;
};

static u64 run_addr(const struct paged_run *run)
{
	return run->paged->region->gpa + ((u64)run->at << PAGE_SHIFT);
}

static u64 run_size(const struct paged_run *run)
{
	return (u64)run->mem.count << PAGE_SHIFT;
}

static bool run_is_out(const struct paged_run *run)
{
	return test_bit(run->at, run->paged->out);
}

static bool run_is_donated(const struct paged_run *run)
{
	return test_bit(run->at, run->paged->donated);
}

/*
 * Hypercalls
 */

/* Whether to make a call once more */
static bool call_again(enum gunyah_error error, unsigned int *calls)
{
	if (error != GUNYAH_ERROR_RETRY || ++*calls == CALL_RETRIES)
		return false;
	cond_resched();
	return true;
}

static int call_errno(enum gunyah_error error)
{
	switch (error) {
	case GUNYAH_ERROR_OK:
		return 0;
	case GUNYAH_ERROR_NOMEM:
	case GUNYAH_ERROR_NORESOURCES:
		/* Not -ENOMEM: the host's memory has nothing to do with it */
		return -ENOBUFS;
	case GUNYAH_ERROR_MAPPED:
		return -EEXIST;
	case GUNYAH_ERROR_ADDR_INVALID:
		return -ENXIO;
	case GUNYAH_ERROR_MEMDB_NOT_OWNER:
		return -EXDEV;
	default:
		return -EIO;
	}
}

static int run_donate(const struct gunyah_paging *paging,
		      const struct paged_run *run, bool back)
{
	enum gunyah_donate_type type = GUNYAH_DONATE_TO_PROTECTED;
	u64 from = paging->extents[GUNYAH_RM_EXTENT_HOST_PRIVATE];
	u64 to = paging->extents[GUNYAH_RM_EXTENT_GUEST_PRIVATE];
	u64 offset = PFN_PHYS(run->mem.pfn);
	enum gunyah_error error;
	unsigned int calls = 0;

	if (back) {
		type = GUNYAH_DONATE_FROM_PROTECTED;
		swap(from, to);
	}
	do {
		error = gunyah_hypercall_memextent_donate(type, from, to, offset,
							  run_size(run));
	} while (call_again(error, &calls));
	/* Whoever has said "again" may have moved a part, whatever came later */
	if (error && calls)
		run->paged->partial = true;
	/* Otherwise it was refused before anything has changed */
	if (!back && (!error || calls))
		bitmap_set(run->paged->donated, run->at, run->mem.count);
	return call_errno(error);
}

static int run_map(const struct gunyah_paging *paging,
		   const struct paged_run *run)
{
	u64 extent = paging->extents[GUNYAH_RM_EXTENT_GUEST_PRIVATE];
	u8 rights = gunyah_mem_perms(run->paged->region->flags);
	u64 attributes = GUNYAH_MAP_WRITE_BACK |
			 FIELD_PREP(GUNYAH_MAP_KERNEL, rights) |
			 FIELD_PREP(GUNYAH_MAP_USER, rights);
	u64 offset = PFN_PHYS(run->mem.pfn);
	enum gunyah_error error;
	unsigned int calls = 0;

	do {
		error = gunyah_hypercall_addrspace_map(paging->space, extent,
						       run_addr(run), attributes,
						       MAP_FLAGS, offset,
						       run_size(run));
	} while (call_again(error, &calls));
	return call_errno(error);
}

static int run_unmap(const struct gunyah_paging *paging,
		     const struct paged_run *run)
{
	u64 extent = paging->extents[GUNYAH_RM_EXTENT_GUEST_PRIVATE];
	u64 offset = PFN_PHYS(run->mem.pfn);
	enum gunyah_error error;
	unsigned int calls = 0;

	do {
		error = gunyah_hypercall_addrspace_unmap(paging->space, extent,
							 run_addr(run),
							 MAP_FLAGS, offset,
							 run_size(run));
	} while (call_again(error, &calls));
	return call_errno(error);
}

/* What is to become of the memory, for the platform's firmware */
static struct gunyah_rm_mem_parcel run_describe(const struct gunyah_paging *paging,
						const struct paged_run *run)
{
	return (struct gunyah_rm_mem_parcel) {
		.kind = GUNYAH_RM_MEM_LEND,
		.label = run->paged->region->label,
		.n_acl = 1,
		.acl[0] = {
			paging->vmid,
			gunyah_mem_perms(run->paged->region->flags),
		},
	};
}

/*
 * Pages go and come back
 */

static void run_set_out(const struct paged_run *run, bool out)
{
	struct gunyah_paged *paged = run->paged;

	if (out) {
		bitmap_set(paged->out, run->at, run->mem.count);
		WRITE_ONCE(paged->num_out, paged->num_out + run->mem.count);
	} else {
		bitmap_clear(paged->out, run->at, run->mem.count);
		WRITE_ONCE(paged->num_out, paged->num_out - run->mem.count);
	}
}

/* Have the host do without pages */
static int run_put_out(const struct gunyah_paging *paging,
		       const struct paged_run *run)
{
	struct gunyah_rm_mem_parcel what = run_describe(paging, run);
	int ret;

	ret = gunyah_hide_run(&run->mem);
	if (!ret)
		ret = gunyah_platform_assign_run(paging->platform, &what,
						 &run->mem);
	if (ret)
		gunyah_show_run(&run->mem);
	else
		run_set_out(run, true);
	return ret;
}

static void run_clear(const struct paged_run *run)
{
	unsigned long i;

	for (i = 0; i < run->mem.count; i++) {
		clear_highpage(pfn_to_page(run->mem.pfn + i));
		cond_resched();
	}
}

/*
 * Take pages back, as far as they have got. After an error those are known that
 * are still out, and donated.
 */
static int run_take_back(struct gunyah_vm *vm, const struct paged_run *run,
			 bool clear)
{
	const struct gunyah_paging *paging = vm->paging;
	struct gunyah_rm_mem_parcel what = run_describe(paging, run);
	int ret;

	lockdep_assert_held(&paging->lock);

	if (run_is_donated(run)) {
		/* A single page that the VM may never have got */
		bool partial = run->paged->partial && run->mem.count == 1;

		ret = run_unmap(paging, run);
		/* A page that could not be mapped, perhaps among others: see below */
		if (ret && ret != -ENXIO && !(partial && ret == -EXDEV))
			return ret;
		/* Removes the mappings that there are, too */
		ret = run_donate(paging, run, true);
		if (ret && !(partial && ret == -EXDEV))
			return ret;
		bitmap_clear(run->paged->donated, run->at, run->mem.count);
	}
	ret = gunyah_platform_assign_run_back(paging->platform, &what, &run->mem);
	if (ret)
		return ret;
	gunyah_show_run(&run->mem);
	if (clear)
		run_clear(run);
	run_set_out(run, false);
	return 0;
}

/* -ENXIO is for addresses without memory */
static int give_errno(int ret)
{
	return ret == -ENXIO || ret == -EXDEV ? -EIO : ret;
}

/* Give pages to the VM, from wherever an earlier attempt has left them */
static int run_give(struct gunyah_vm *vm, const struct paged_run *run)
{
	const struct gunyah_paging *paging = vm->paging;
	int ret;

	lockdep_assert_held(&paging->lock);

	/* Another vCPU was faster, unless the page could not be taken back */
	if (run_is_donated(run)) {
		ret = run_map(paging, run);
		return ret == -EEXIST ? 0 : give_errno(ret);
	}
	if (!run_is_out(run)) {
		ret = run_put_out(paging, run);
		if (ret)
			return ret;
	}
	ret = run_donate(paging, run, false);
	if (!ret)
		ret = run_map(paging, run);
	/* What the user has put there stays */
	if (ret)
		run_take_back(vm, run, false);
	/* Nothing of ours was there: who has mapped something? */
	return ret == -EEXIST ? -EIO : give_errno(ret);
}

/*
 * Faults
 */

/* Pages [@low, @high) of a region, which belong to one block */
static void run_init(struct paged_run *run, struct gunyah_paged *paged,
		     unsigned long low, unsigned long high)
{
	unsigned long left;

	run->paged = paged;
	run->at = low;
	run->mem.pfn = page_to_pfn(gunyah_pages_find(paged->pages,
						     paged->first + low,
						     &left));
	run->mem.count = high - low;
}

/* Find what to give to the VM when it needs a page; false if there is a gap */
static bool paged_find_run(struct gunyah_paged *paged, unsigned long at,
			   struct paged_run *run)
{
	unsigned long first, count, low = at, high;

	if (!gunyah_pages_find_block(paged->pages, paged->first + at, &first,
				     &count))
		return false;
	/* The block may be only in part the region's, or the host's */
	high = min(first + count - paged->first, paged->count);
	high = test_bit(at, paged->out) ? at + 1 :
					  find_next_bit(paged->out, high, at);
	first = max(first, paged->first) - paged->first;
	while (!test_bit(at, paged->out) && low > first &&
	       !test_bit(low - 1, paged->out))
		low--;
	run_init(run, paged, low, high);
	return true;
}

/* Find pages in [@at, @end) that are out */
static bool paged_next_out(struct gunyah_paged *paged, unsigned long at,
			   unsigned long end, struct paged_run *run)
{
	unsigned long left, high;
	bool donated;

	at = find_next_bit(paged->out, end, at);
	if (at >= end)
		return false;
	gunyah_pages_find(paged->pages, paged->first + at, &left);
	high = find_next_zero_bit(paged->out, min(end, at + left), at);
	donated = test_bit(at, paged->donated);
	if (donated && paged->partial)
		high = at + 1;
	high = donated ? find_next_zero_bit(paged->donated, high, at) :
			 find_next_bit(paged->donated, high, at);
	run_init(run, paged, at, high);
	return true;
}

/**
 * gunyah_paged_fault() - give a VM a page, and those around it
 * @vm: the VM; the caller has one of its vCPUs, which is bound
 * @paged: the region
 * @addr: guest physical address of the page
 *
 * Context: Process context, may sleep.
 * Return: 0: the VM has it; or as gunyah_paging_fault().
 */
int gunyah_paged_fault(struct gunyah_vm *vm, struct gunyah_paged *paged,
		       u64 addr)
{
	unsigned long bias = (paged->region->gpa >> PAGE_SHIFT) - paged->first;
	unsigned long at = (addr - paged->region->gpa) >> PAGE_SHIFT;
	struct paged_run run;
	int ret;

	if (mutex_lock_interruptible(&vm->paging->lock))
		return -EINTR;
	ret = gunyah_pages_fill(paged->pages, paged->first + at, paged->first,
				paged->first + paged->count, bias, false);
	if (!ret && paged_find_run(paged, at, &run))
		ret = run_give(vm, &run);
	mutex_unlock(&vm->paging->lock);
	return ret;
}

/*
 * Taking memory back
 */

/* Free pages that are the host's, where that is possible */
static void paged_drop(struct gunyah_paged *paged, unsigned long at,
		       unsigned long count)
{
	/* A memory file has all its pages as long as it exists */
	if (paged->region->lent)
		gunyah_pages_drop(paged->pages, paged->first + at, count);
}

/**
 * gunyah_paged_take_back() - take pages back from a VM, cleared, and free them
 * @vm: the VM
 * @paged: the region
 * @at: offset of the first page in the region
 * @end: offset of the first one behind them
 *
 * What the VM does not have is skipped.
 *
 * Context: Process context or worker, may sleep.
 * Return: 0, or the first error, and as much as possible is back: -ENOBUFS, -EIO,
 * -EINVAL, -ENOMEM.
 */
int gunyah_paged_take_back(struct gunyah_vm *vm, struct gunyah_paged *paged,
			   unsigned long at, unsigned long end)
{
	struct paged_run run;
	int err, ret = 0;

	for (;;) {
		/* Let vCPUs have their pages in between */
		scoped_guard(mutex, &vm->paging->lock) {
			if (!paged_next_out(paged, at, end, &run))
				return ret;
			err = run_take_back(vm, &run, true);
			if (!err)
				paged_drop(paged, run.at, run.mem.count);
		}
		if (!err)
			WRITE_ONCE(vm->host->reclaimed, jiffies);
		trace_gunyah_page_back(vm->vmid, run_addr(&run), run_size(&run),
				       err);
		ret = ret ?: err == -EXDEV ? -EIO : err;
		at = run.at + run.mem.count;
		cond_resched();
	}
}

/**
 * gunyah_paged_clear() - leave nothing of a VM that has run
 * @paged: the region, of which the VM has nothing
 *
 * Context: Process context or worker, may sleep.
 */
void gunyah_paged_clear(struct gunyah_paged *paged)
{
	struct paged_run run;
	unsigned long at;

	if (paged->cleared)
		return;
	paged->cleared = true;
	if (paged->region->lent) {
		paged_drop(paged, 0, paged->count);
		return;
	}
	for (at = 0; at < paged->count; at += run.mem.count) {
		paged_find_run(paged, at, &run);
		run_clear(&run);
	}
}
