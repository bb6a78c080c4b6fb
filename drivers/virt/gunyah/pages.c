// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages of the driver that user space can map
 *
 * They are allocated in blocks as large as can be had, because each one is a
 * memory entry for the resource manager. Nobody moves or swaps them. A block that
 * user space never maps is freed as a whole.
 */

#define pr_fmt(fmt) "gunyah: " fmt

#include <linux/bitops.h>
#include <linux/cleanup.h>
#include <linux/gfp.h>
#include <linux/highmem.h>
#include <linux/log2.h>
#include <linux/maple_tree.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/spinlock.h>
#include <linux/xarray.h>

#include "pages.h"
#include "runs.h"

/* page_private() of the pages of blocks that were split */
static const char gunyah_page_tag;

/**
 * gunyah_page_is_ours() - whether a page belongs to a struct gunyah_pages
 * @page: a page that the caller has a reference of, so its block was split
 *
 * Context: Any.
 * Return: true if it does.
 */
bool gunyah_page_is_ours(const struct page *page)
{
	return page_private(page) == (unsigned long)&gunyah_page_tag;
}

/**
 * gunyah_page_free() - give up a page
 * @page: the page, which is in no struct gunyah_pages any more
 *
 * Whoever has it mapped or pinned keeps it.
 *
 * Context: Any.
 */
void gunyah_page_free(struct page *page)
{
	set_page_private(page, 0);
	put_page(page);
}

/**
 * gunyah_page_is_bad() - look for memory errors
 * @page: first page
 * @count: number of pages, which follow each other
 *
 * Context: Any.
 * Return: whether one of them has one.
 */
bool gunyah_page_is_bad(struct page *page, unsigned long count)
{
	for (; count; count--, page++)
		if (PageHWPoison(page))
			return true;
	return false;
}

/**
 * gunyah_pages_init() - initialise without a page
 * @pages: what to initialise
 *
 * Context: Any.
 */
void gunyah_pages_init(struct gunyah_pages *pages)
{
	mt_init_flags(&pages->blocks, MT_FLAGS_USE_RCU);
	pages->count = 0;
	spin_lock_init(&pages->lock);
}

/**
 * struct pages_block - a block, or what is left of it
 * @page: its first page, which may have been punched
 * @first: offset of that
 * @size: number of pages; a power of two unless it was split
 * @split: it was split. The tree has to know it, because a page that was punched
 *	is somebody else's.
 */
struct pages_block {
	struct page *page;
	unsigned long first;
	unsigned long size;
	bool split;
};

/*
 * An entry of the tree has the distance of page frames from their offsets, so it
 * is good for each part of a block: when a part is taken out, the tree needs
 * nothing but that. It wraps, in 62 bits.
 */
static void *pages_entry(unsigned long pfn, unsigned long at, bool split)
{
	return xa_mk_value(((pfn - at) << 1 | split) & LONG_MAX);
}

static struct pages_block pages_block_of(const struct ma_state *mas,
					 const void *entry)
{
	unsigned long value = xa_to_value(entry);

	return (struct pages_block) {
		.page = pfn_to_page(((value >> 1) + mas->index) &
				    (LONG_MAX >> 1)),
		.first = mas->index,
		.size = mas->last - mas->index + 1,
		.split = value & 1,
	};
}

/* Find the block that a page is in */
static bool pages_find_block(struct gunyah_pages *pages, unsigned long at,
			     struct pages_block *block)
{
	void *entry;

	MA_STATE(mas, &pages->blocks, at, at);

	guard(rcu)();
	entry = mas_walk(&mas);
	if (!entry || at >= READ_ONCE(pages->count))
		return false;
	*block = pages_block_of(&mas, entry);
	return true;
}

/* Find the block that the page at @at is in, or else the next one */
static bool pages_next_block(struct gunyah_pages *pages, unsigned long at,
			     struct pages_block *block)
{
	void *entry;

	MA_STATE(mas, &pages->blocks, at, at);

	guard(rcu)();
	entry = mas_find(&mas, ULONG_MAX);
	if (!entry || mas.index >= READ_ONCE(pages->count))
		return false;
	*block = pages_block_of(&mas, entry);
	return true;
}

/* Give each page of a block a reference of its own, so that it can be mapped */
static int pages_split_block(struct gunyah_pages *pages,
			     const struct pages_block *block)
{
	unsigned long i;
	int ret;

	lockdep_assert_held(&pages->lock);

	/* The same range: nothing is allocated for it */
	ret = mtree_store_range(&pages->blocks, block->first,
				block->first + block->size - 1,
				pages_entry(page_to_pfn(block->page),
					    block->first, true), GFP_ATOMIC);
	if (WARN_ON_ONCE(ret))
		return ret;
	split_page(block->page, ilog2(block->size));
	for (i = 0; i < block->size; i++)
		set_page_private(block->page + i,
				 (unsigned long)&gunyah_page_tag);
	return 0;
}

/**
 * gunyah_pages_find() - find a page
 * @pages: where to look
 * @at: its offset in pages
 * @left: gets how many pages of the block there are from it on
 *
 * Context: Any.
 * Return: the page, or NULL.
 */
struct page *gunyah_pages_find(struct gunyah_pages *pages, unsigned long at,
			       unsigned long *left)
{
	struct pages_block block;

	if (!pages_find_block(pages, at, &block))
		return NULL;
	*left = block.first + block.size - at;
	return block.page + (at - block.first);
}

/**
 * gunyah_pages_find_block() - find the block that a page is in
 * @pages: where to look
 * @at: offset of the page in pages
 * @first: gets the offset of the block's first page
 * @count: gets how many pages it has
 *
 * Context: Any.
 * Return: its first page, or NULL: there is a gap.
 */
struct page *gunyah_pages_find_block(struct gunyah_pages *pages,
				     unsigned long at, unsigned long *first,
				     unsigned long *count)
{
	struct pages_block block;

	if (!pages_find_block(pages, at, &block))
		return NULL;
	*first = block.first;
	*count = block.size;
	return block.page;
}

/**
 * gunyah_pages_get() - find a page and take a reference
 * @pages: where to look
 * @at: its offset in pages
 *
 * Context: Any that may spin. It stays the owner's until the caller, by a lock of
 * the owner, is sure that it is still there.
 * Return: the page, or NULL.
 */
struct page *gunyah_pages_get(struct gunyah_pages *pages, unsigned long at)
{
	struct pages_block block;
	struct page *page;

	guard(spinlock)(&pages->lock);
	if (!pages_find_block(pages, at, &block))
		return NULL;
	if (!block.split && pages_split_block(pages, &block))
		return NULL;
	page = block.page + (at - block.first);
	get_page(page);
	return page;
}

/**
 * gunyah_pages_find_busy() - find a page that somebody has a reference to
 * @pages: where to look
 * @at: offset of the first page to look at; gets the offset of what was found
 * @end: where to stop
 *
 * Context: Process context, may sleep.
 * Return: the page, or NULL: nobody but the owner has a reference to one.
 */
struct page *gunyah_pages_find_busy(struct gunyah_pages *pages,
				    unsigned long *at, unsigned long end)
{
	struct pages_block block;
	struct page *page;

	while (*at < end && pages_find_block(pages, *at, &block)) {
		if (!block.split) {
			*at = block.first + block.size;
			continue;
		}
		for (; *at < min(end, block.first + block.size); (*at)++) {
			page = block.page + (*at - block.first);
			if (page_ref_count(page) != 1)
				return page;
		}
		cond_resched();
	}
	return NULL;
}

/* The allocator keeps bad pages to itself if they are freed alone */
static void pages_free_block(const struct pages_block *block)
{
	unsigned int order = ilog2(block->size);
	unsigned long i;

	if (!gunyah_page_is_bad(block->page, block->size)) {
		__free_pages(block->page, order);
		return;
	}
	split_page(block->page, order);
	for (i = 0; i < block->size; i++)
		__free_page(block->page + i);
}

static void pages_free_from(struct gunyah_pages *pages, unsigned long at,
			    const unsigned long *skip)
{
	struct pages_block block;
	unsigned long i;

	while (pages_next_block(pages, at, &block)) {
		at = block.first + block.size;
		if (!block.split)
			pages_free_block(&block);
		for (i = 0; block.split && i < block.size; i++)
			if (!skip || !test_bit(block.first + i, skip))
				gunyah_page_free(block.page + i);
		cond_resched();
	}
}

/**
 * gunyah_pages_destroy() - give up all pages
 * @pages: what nobody uses any more
 * @skip: by offset: what is not in it any more; or NULL
 *
 * Context: Process context, may sleep.
 */
void gunyah_pages_destroy(struct gunyah_pages *pages,
			  const unsigned long *skip)
{
	pages_free_from(pages, 0, skip);
	/*
	 * In RCU mode the tree would be freed by a callback that can only handle
	 * nodes of trees with MT_FLAGS_ALLOC_RANGE.
	 */
	mt_clear_in_rcu(&pages->blocks);
	mtree_destroy(&pages->blocks);
}

/**
 * gunyah_pages_shrink() - give up the last pages
 * @pages: where they are
 * @count: how many stay; a block begins there
 *
 * Context: Process context, may sleep. Nobody looks for what goes.
 */
void gunyah_pages_shrink(struct gunyah_pages *pages, unsigned long count)
{
	pages_free_from(pages, count, NULL);
	WRITE_ONCE(pages->count, count);
}

/*
 * Allocate the largest block up to 2^@order pages that can be had. Without
 * __GFP_RETRY_MAYFAIL in @single a process may be killed for the last one.
 */
static struct page *pages_alloc_block(unsigned int *order, gfp_t single,
				      gfp_t zero)
{
	struct page *page;

	for (; *order; (*order)--) {
		page = alloc_pages(GFP_KERNEL_ACCOUNT | __GFP_NOWARN |
				   __GFP_NORETRY | zero, *order);
		if (page)
			return page;
	}
	return alloc_pages(GFP_KERNEL_ACCOUNT | __GFP_NOWARN | single | zero, 0);
}

/*
 * Order of the largest block for @left pages at offset @at. Blocks are aligned
 * to their size within the file: where large ones could not be had, they are
 * asked for again at the next multiple of their size.
 */
static unsigned int pages_max_order(unsigned long at, unsigned long left)
{
	unsigned int order = min3((unsigned int)MAX_PAGE_ORDER,
				  (unsigned int)get_order(GUNYAH_BLOCK_SIZE),
				  (unsigned int)ilog2(left));

	return at ? min_t(unsigned int, order, __ffs(at)) : order;
}

/**
 * gunyah_pages_grow() - append a block
 * @pages: where to
 * @left: it has at most so many pages, not 0
 * @zero: clear it
 *
 * Context: Process context, may sleep.
 * Return: number of pages that were appended, or -ENOMEM.
 */
long gunyah_pages_grow(struct gunyah_pages *pages, unsigned long left,
		       bool zero)
{
	unsigned int order = pages_max_order(pages->count, left);
	unsigned long count;
	struct page *page;
	int ret;

	page = pages_alloc_block(&order, __GFP_RETRY_MAYFAIL,
				 zero ? __GFP_ZERO : 0);
	if (!page)
		return -ENOMEM;
	count = 1UL << order;
	ret = mtree_store_range(&pages->blocks, pages->count,
				pages->count + count - 1,
				pages_entry(page_to_pfn(page), pages->count,
					    false), GFP_KERNEL_ACCOUNT);
	if (ret) {
		__free_pages(page, order);
		return ret;
	}
	WRITE_ONCE(pages->count, pages->count + count);
	return count;
}

/**
 * gunyah_pages_skip() - append a gap
 * @pages: where to; gunyah_pages_shrink() was never called
 * @count: how many pages are missing
 *
 * Context: Any.
 */
void gunyah_pages_skip(struct gunyah_pages *pages, unsigned long count)
{
	WRITE_ONCE(pages->count, pages->count + count);
}

/* First offset of the block of 2^@order pages around @at */
static unsigned long pages_block_start(unsigned long at, unsigned long bias,
				       unsigned int order)
{
	return at - ((at + bias) & ((1UL << order) - 1));
}

/* Order of the largest block around @at that is free and in [@from, @end) */
static unsigned int pages_room(struct gunyah_pages *pages, unsigned long at,
			       unsigned long from, unsigned long end,
			       unsigned long bias)
{
	unsigned int order = min_t(unsigned int, MAX_PAGE_ORDER,
				   get_order(GUNYAH_BLOCK_SIZE));
	unsigned long last = end - 1, first;

	MA_STATE(mas, &pages->blocks, at, at);

	scoped_guard(rcu) {
		if (!mas_walk(&mas)) {
			from = max(from, mas.index);
			last = min(last, mas.last);
		}
	}
	for (; order; order--) {
		first = pages_block_start(at, bias, order);
		if (first >= from && first <= at &&
		    last - first >= (1UL << order) - 1)
			break;
	}
	return order;
}

/**
 * gunyah_pages_fill() - fill a gap, or a part of it, with zeroes
 * @pages: where the gap is
 * @at: offset of a page that is needed
 * @from: the first offset that may be filled
 * @end: the first behind those
 * @bias: blocks are aligned to their size when this is added to their offset
 * @mapped: the page will be in the caller's resident set, so a process may be
 *	killed for it; killing one would not help with other memory
 *
 * Allocates the largest block that there is room and memory for.
 *
 * Context: Process context, may sleep.
 * Return: 0, also if the page is there; -ENOMEM.
 */
int gunyah_pages_fill(struct gunyah_pages *pages, unsigned long at,
		      unsigned long from, unsigned long end,
		      unsigned long bias, bool mapped)
{
	struct pages_block block;
	unsigned long first;
	unsigned int order;
	struct page *page;
	int ret;

	if (pages_find_block(pages, at, &block))
		return 0;
	order = pages_room(pages, at, from, end, bias);
	page = pages_alloc_block(&order, mapped ? 0 : __GFP_RETRY_MAYFAIL,
				 __GFP_ZERO);
	if (!page)
		return -ENOMEM;
	first = pages_block_start(at, bias, order);
	ret = mtree_insert_range(&pages->blocks, first,
				 first + (1UL << order) - 1,
				 pages_entry(page_to_pfn(page), first, false),
				 GFP_KERNEL_ACCOUNT);
	if (ret)
		__free_pages(page, order);
	/* Somebody else was faster */
	return ret == -EEXIST ? 0 : ret;
}

/* Free pages of a block that nobody can find any more */
static void pages_free_part(const struct pages_block *block, unsigned long at,
			    unsigned long end)
{
	if (!block->split) {
		pages_free_block(block);
		return;
	}
	for (; at < end; at++)
		gunyah_page_free(block->page + (at - block->first));
}

static void pages_clear_part(const struct pages_block *block, unsigned long at,
			     unsigned long end)
{
	for (; at < end; at++)
		clear_highpage(block->page + (at - block->first));
}

/**
 * gunyah_pages_drop() - make a gap, and free what was there
 * @pages: where
 * @at: offset of the first page
 * @count: how many; nobody looks for any of them
 *
 * Without memory for the tree pages stay where they are, cleared.
 *
 * Context: Process context, may sleep.
 */
void gunyah_pages_drop(struct gunyah_pages *pages, unsigned long at,
		       unsigned long count)
{
	unsigned long end = at + count, next;
	struct pages_block block;

	for (; at < end && pages_next_block(pages, at, &block); at = next) {
		at = max(at, block.first);
		if (at >= end)
			return;
		next = min(end, block.first + block.size);
		if (!block.split && next - at < block.size) {
			scoped_guard(spinlock, &pages->lock)
				block.split = !pages_split_block(pages, &block);
		}
		if ((block.split || next - at == block.size) &&
		    !mtree_store_range(&pages->blocks, at, next - 1, NULL,
				       GFP_KERNEL_ACCOUNT))
			pages_free_part(&block, at, next);
		else
			pages_clear_part(&block, at, next);
		cond_resched();
	}
}

/**
 * gunyah_pages_add_runs() - list pages as runs
 * @pages: where the pages are
 * @at: offset of the first
 * @count: how many; none is missing
 * @runs: where to add them
 *
 * Context: Process context, may sleep.
 * Return: 0 or -ENOMEM.
 */
int gunyah_pages_add_runs(struct gunyah_pages *pages, unsigned long at,
			  unsigned long count, struct gunyah_mem_runs *runs)
{
	unsigned long part;
	struct page *page;
	int ret = 0;

	for (; count && !ret; at += part, count -= part) {
		page = gunyah_pages_find(pages, at, &part);
		part = min(part, count);
		ret = gunyah_mem_runs_add(runs, page_to_pfn(page), part, true);
	}
	return ret;
}

/**
 * gunyah_pages_charge() - charge memory to an address space
 * @mm: address space of the caller
 * @count: number of pages
 *
 * Undone by account_locked_vm().
 *
 * Context: Process context, may sleep.
 * Return: 0, or -ENOMEM: more than RLIMIT_MEMLOCK allows, which is logged.
 */
int gunyah_pages_charge(struct mm_struct *mm, unsigned long count)
{
	int ret = account_locked_vm(mm, count, true);

	if (ret)
		pr_info_ratelimited("%s (%d): %lu KiB for a VM exceed RLIMIT_MEMLOCK: %lu of %lu KiB are locked\n",
				    current->comm, task_pid_nr(current),
				    count << (PAGE_SHIFT - 10),
				    READ_ONCE(mm->locked_vm) <<
				    (PAGE_SHIFT - 10),
				    rlimit(RLIMIT_MEMLOCK) >> 10);
	return ret;
}
