// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lent memory: the content of a region moved into pages of the driver
 */

#include <linux/highmem.h>
#include <linux/lockdep.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>

#include "lent.h"
#include "region.h"
#include "vm.h"

static void mem_free_block(const struct gunyah_mem_run *run)
{
	__free_pages(pfn_to_page(run->pfn), ilog2(run->count));
}

/*
 * The largest block up to 2^@order pages that can be had without much ado. No
 * other process is killed for it: this memory is in nobody's resident set.
 */
static struct page *mem_alloc_block(unsigned int *order)
{
	struct page *page;

	for (; *order; (*order)--) {
		page = alloc_pages(GFP_KERNEL_ACCOUNT | __GFP_NOWARN |
				   __GFP_NORETRY, *order);
		if (page)
			return page;
	}
	return alloc_pages(GFP_KERNEL_ACCOUNT | __GFP_NOWARN |
			   __GFP_RETRY_MAYFAIL, 0);
}

static int mem_copy_in(struct page *page, unsigned long count,
		       unsigned long addr)
{
	unsigned long i;
	void *to;
	int ret = 0;

	for (i = 0; i < count && !ret; i++) {
		if (fatal_signal_pending(current))
			return -EINTR;
		to = kmap_local_page(page + i);
		if (copy_from_user(to, (void __user *)(addr + i * PAGE_SIZE),
				   PAGE_SIZE))
			ret = -EFAULT;
		kunmap_local(to);
		cond_resched();
	}
	return ret;
}

/**
 * gunyah_mem_free() - free the blocks of a lent region
 * @region: the region; the firmware does not have its memory
 *
 * Context: Process context or worker.
 */
void gunyah_mem_free(struct gunyah_mem_region *region)
{
	gunyah_mem_runs_free(&region->runs, mem_free_block);
}

/**
 * gunyah_mem_move() - copy a lent region into blocks of the driver
 * @region: the region
 *
 * Context: Process context of the VM's creator, may sleep.
 * Return: 0, -ENOMEM, -EFAULT, -EINTR; nothing has changed then.
 */
int gunyah_mem_move(struct gunyah_mem_region *region)
{
	unsigned long left = region->size >> PAGE_SHIFT;
	unsigned long addr = region->uaddr;
	unsigned int order = MAX_PAGE_ORDER;
	unsigned long retry = left;
	struct page *page;
	int ret;

	while (left) {
		/* What cannot be had now may be there again a while later */
		if (left <= retry) {
			order = MAX_PAGE_ORDER;
			retry = left - min_t(unsigned long, left,
					     MAX_ORDER_NR_PAGES);
		}
		order = min_t(unsigned int, order, ilog2(left));
		page = mem_alloc_block(&order);
		if (!page) {
			ret = -ENOMEM;
			goto err_free;
		}
		ret = gunyah_mem_runs_add(&region->runs, page_to_pfn(page),
					  1UL << order, false);
		if (ret) {
			__free_pages(page, order);
			goto err_free;
		}
		ret = mem_copy_in(page, 1UL << order, addr);
		if (ret)
			goto err_free;
		addr += PAGE_SIZE << order;
		left -= 1UL << order;
	}
	return 0;

err_free:
	gunyah_mem_runs_free(&region->runs, mem_free_block);
	return ret;
}

/**
 * gunyah_mem_prepare() - make the content of all lent regions ready to go
 * @vm: VM, its lock is held
 *
 * Context: Process context of the VM's creator.
 * Return: 0, -ENOMEM, -EFAULT, -EINTR; nothing has changed then.
 */
int gunyah_mem_prepare(struct gunyah_vm *vm)
{
	struct gunyah_mem_region *region;
	int ret;

	lockdep_assert_held(&vm->lock);

	list_for_each_entry(region, &vm->regions, list) {
		if (!(region->flags & GH_MEM_LENT))
			continue;
		ret = gunyah_mem_move(region);
		if (ret) {
			gunyah_mem_unprepare(vm);
			return ret;
		}
	}
	return 0;
}

/**
 * gunyah_mem_unprepare() - undo gunyah_mem_prepare()
 * @vm: VM, its lock is held; the firmware has none of its memory
 *
 * The user's own memory still has the content.
 *
 * Context: Process context or worker.
 */
void gunyah_mem_unprepare(struct gunyah_vm *vm)
{
	struct gunyah_mem_region *region;

	lockdep_assert_held(&vm->lock);

	list_for_each_entry(region, &vm->regions, list)
		if ((region->flags & GH_MEM_LENT) && !region->parcel.lost)
			gunyah_mem_runs_free(&region->runs, mem_free_block);
}
