// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lent memory: its content is copied into blocks of the driver
 *
 * Nobody else has a reference to these, and they are as large as they can be
 * had, because each one is a memory entry for the resource manager.
 */

#include <linux/bitops.h>
#include <linux/errno.h>
#include <linux/highmem.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>

#include "lent.h"
#include "region.h"
#include "runs.h"

static void lent_free_block(const struct gunyah_mem_run *run)
{
	__free_pages(pfn_to_page(run->pfn), ilog2(run->count));
}

/*
 * Allocate the largest block up to 2^@order pages that can be had. No other
 * process is killed for it, because this memory is in nobody's resident set.
 */
static struct page *lent_alloc_block(unsigned int *order)
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

static int lent_copy_block(struct page *page, unsigned long count,
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

/*
 * Order of the largest block for the pages from @done on. Blocks are aligned to
 * their size within the region: where large ones could not be had, they are
 * asked for again at the next multiple of their size.
 */
static unsigned int lent_max_order(unsigned long done, unsigned long pages)
{
	unsigned int order = min_t(unsigned int, MAX_PAGE_ORDER,
				   ilog2(pages - done));

	return done ? min_t(unsigned int, order, __ffs(done)) : order;
}

static int lent_copy_next(struct gunyah_mem_region *region, unsigned long done)
{
	unsigned int order = lent_max_order(done, region->size >> PAGE_SHIFT);
	struct page *page = lent_alloc_block(&order);
	int ret;

	if (!page)
		return -ENOMEM;
	ret = gunyah_mem_runs_add(&region->runs, page_to_pfn(page), 1UL << order,
				  false);
	if (ret) {
		__free_pages(page, order);
		return ret;
	}
	return lent_copy_block(page, 1UL << order,
			       region->uaddr + (done << PAGE_SHIFT));
}

/**
 * gunyah_lent_copy() - copy a lent region into blocks of the driver
 * @region: the region, which gets the blocks
 *
 * Context: Process context of the VM's creator, may sleep.
 * Return: 0, -ENOMEM, -EFAULT, -EINTR; nothing has changed then.
 */
int gunyah_lent_copy(struct gunyah_mem_region *region)
{
	unsigned long pages = region->size >> PAGE_SHIFT;
	int ret;

	while (region->runs.num_pages < pages) {
		ret = lent_copy_next(region, region->runs.num_pages);
		if (ret) {
			gunyah_lent_free(&region->runs);
			return ret;
		}
	}
	return 0;
}

/**
 * gunyah_lent_free() - free the blocks of lent memory
 * @blocks: the blocks, which the firmware does not have; empty afterwards
 *
 * Context: Process context or worker.
 */
void gunyah_lent_free(struct gunyah_mem_runs *blocks)
{
	gunyah_mem_runs_free(blocks, lent_free_block);
}
