// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lent memory: pages of the driver that take the place of the user's
 *
 * The pages are the content of a file that nobody can open. Its mapping replaces
 * that of the user's memory, so an access by user space, and by the kernel on
 * its behalf, is a fault that the driver decides about: SIGBUS or EFAULT until
 * the pages are back, and the page after that. Nothing else in the host refers
 * to the pages while they are lent: they were never mapped, the linear map does
 * not have them, and whoever walks through all of memory skips them, because
 * they are PageOffline.
 */

#define pr_fmt(fmt) "gunyah: " fmt

#include <linux/anon_inodes.h>
#include <linux/bitmap.h>
#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/highmem.h>
#include <linux/maple_tree.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pagemap.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "direct_map.h"
#include "lent.h"
#include "weaken.h"

/* page_private() of all pages of lent memory */
static const char lent_page_tag;

/* For each block: its first @page, at the offsets from @at to @next - 1 */
#define lent_for_each_block(lent, page, at, next)			\
	for ((at) = 0, (next) = 0,					\
	     (page) = mt_find(&(lent)->pages, &(next), ULONG_MAX);	\
	     (page);							\
	     (at) = (next),						\
	     (page) = mt_find_after(&(lent)->pages, &(next), ULONG_MAX))

static void lent_free_page(struct page *page)
{
	/* Others may still use it, if it was mapped */
	set_page_private(page, 0);
	put_page(page);
}

static int lent_release(struct inode *inode, struct file *file)
{
	struct gunyah_lent *lent = file->private_data;
	unsigned long at, next;
	struct page *page;

	lent_for_each_block(lent, page, at, next)
		for (; at < next; at++, page++) {
			if (!lent->punched || !test_bit(at, lent->punched))
				lent_free_page(page);
			cond_resched();
		}
	mtree_destroy(&lent->pages);
	kvfree(lent->punched);
	account_locked_vm(lent->mm, lent->charged, false);
	mmdrop(lent->mm);
	kfree(lent);
	return 0;
}

static bool lent_is_punched(struct gunyah_lent *lent, unsigned long at)
{
	lockdep_assert_held(&lent->lock);

	return lent->punched && test_bit(at, lent->punched);
}

/* Find a page and take a reference */
static struct page *lent_get_page(struct gunyah_lent *lent, unsigned long at)
{
	struct page *page;

	MA_STATE(mas, &lent->pages, at, at);

	guard(rcu)();
	page = mas_walk(&mas);
	if (!page)
		return NULL;
	guard(spinlock)(&lent->lock);
	if (lent_is_punched(lent, at))
		return NULL;
	page += at - mas.index;
	get_page(page);
	return page;
}

/*
 * Holds the mmap_lock, so it takes no lock that anybody holds while the resource
 * manager is asked. The page is locked until it is mapped: gunyah_lent_punch()
 * waits for that.
 */
static vm_fault_t lent_fault(struct vm_fault *vmf)
{
	struct gunyah_lent *lent = vmf->vma->vm_file->private_data;
	struct page *page;
	bool punched;

	/* Pairs with the release in lent_set_state() */
	if (smp_load_acquire(&lent->state) != GUNYAH_LENT_OPEN &&
	    !gunyah_weakened(GUNYAH_WEAKEN_FAULT))
		return VM_FAULT_SIGBUS;
	page = lent_get_page(lent, vmf->pgoff);
	if (!page)
		return VM_FAULT_SIGBUS;
	lock_page(page);
	scoped_guard(spinlock, &lent->lock)
		punched = lent_is_punched(lent, vmf->pgoff);
	if (punched) {
		unlock_page(page);
		put_page(page);
		return VM_FAULT_SIGBUS;
	}
	vmf->page = page;
	return VM_FAULT_LOCKED;
}

/* No open() and close(): adjacent mappings can be merged */
static const struct vm_operations_struct lent_vm_ops = {
	.fault = lent_fault,
};

static int lent_mmap(struct file *file, struct vm_area_struct *vma)
{
	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	/* Not VM_DONTEXPAND, which keeps adjacent mappings apart */
	vm_flags_set(vma, VM_DONTDUMP | VM_DONTCOPY);
	vma->vm_ops = &lent_vm_ops;
	return 0;
}

static const struct file_operations lent_fops = {
	.owner = THIS_MODULE,
	.mmap = lent_mmap,
	.release = lent_release,
	.llseek = noop_llseek,
};

/**
 * gunyah_lent_new() - make an object for lent memory
 * @mm: address space that its pages will be charged to
 *
 * Context: Process context, may sleep.
 * Return: the object, without a page, or an ERR_PTR: -ENOMEM, -ENFILE.
 */
struct gunyah_lent *gunyah_lent_new(struct mm_struct *mm)
{
	struct gunyah_lent *lent;
	struct file *file;

	lent = kzalloc(sizeof(*lent), GFP_KERNEL_ACCOUNT);
	if (!lent)
		return ERR_PTR(-ENOMEM);
	mt_init_flags(&lent->pages, MT_FLAGS_USE_RCU);
	spin_lock_init(&lent->lock);
	lent->mm = mm;
	/* An inode of its own: unmap_mapping_range() is for these pages only */
	file = anon_inode_create_getfile("[gunyah-lent]", &lent_fops, lent,
					 O_RDWR, NULL);
	if (IS_ERR(file)) {
		kfree(lent);
		return ERR_CAST(file);
	}
	mmgrab(mm);
	lent->file = file;
	return lent;
}

/**
 * gunyah_lent_add() - append a block of pages
 * @lent: the object, GUNYAH_LENT_FILLING
 * @page: the block, which is the object's afterwards
 * @order: there are 2^@order pages
 *
 * Context: Process context, may sleep.
 * Return: 0, or -ENOMEM: the block was freed.
 */
int gunyah_lent_add(struct gunyah_lent *lent, struct page *page,
		    unsigned int order)
{
	unsigned long count = 1UL << order, i;
	int ret;

	/* Each page has a count of its own: it can be mapped and freed alone */
	split_page(page, order);
	for (i = 0; i < count; i++)
		set_page_private(page + i, (unsigned long)&lent_page_tag);
	ret = mtree_store_range(&lent->pages, lent->num_pages,
				lent->num_pages + count - 1, page,
				GFP_KERNEL_ACCOUNT);
	if (ret)
		for (i = 0; i < count; i++)
			lent_free_page(page + i);
	else
		lent->num_pages += count;
	return ret;
}

/* Returns a page that is not the object's any more, or NULL */
static struct page *lent_take_page(struct gunyah_lent *lent, unsigned long at)
{
	struct page *page = lent_get_page(lent, at);

	if (!page)
		return NULL;
	scoped_guard(spinlock, &lent->lock) {
		if (!__test_and_set_bit(at, lent->punched)) {
			/* The object's reference */
			put_page(page);
			return page;
		}
	}
	put_page(page);
	return NULL;
}

/**
 * gunyah_lent_punch() - free pages whose content was moved to another object
 * @lent: the object, GUNYAH_LENT_OPEN
 * @at: page offset of the first
 * @count: number of pages
 *
 * All mappings of them lose them, and an access is SIGBUS. Their charge is not
 * changed.
 *
 * Context: Process context, may sleep.
 * Return: 0, or -ENOMEM; nothing has changed then.
 */
int gunyah_lent_punch(struct gunyah_lent *lent, unsigned long at,
		      unsigned long count)
{
	unsigned long *punched, end = at + count;
	struct page *page;

	if (!READ_ONCE(lent->punched)) {
		punched = kvcalloc(BITS_TO_LONGS(lent->num_pages),
				   sizeof(*punched), GFP_KERNEL_ACCOUNT);
		if (!punched)
			return -ENOMEM;
		if (cmpxchg(&lent->punched, NULL, punched))
			kvfree(punched);
	}
	for (; at < end; at++) {
		page = lent_take_page(lent, at);
		if (!page)
			continue;
		/* A fault that has found it has mapped it now, or will not */
		lock_page(page);
		unlock_page(page);
		unmap_mapping_range(lent->file->f_mapping,
				    (loff_t)at << PAGE_SHIFT, PAGE_SIZE, 1);
		lent_free_page(page);
		cond_resched();
	}
	return 0;
}

/**
 * gunyah_lent_charge() - note that pages are charged to the address space
 * @lent: the object
 * @count: so many more
 *
 * Context: Process context.
 */
void gunyah_lent_charge(struct gunyah_lent *lent, unsigned long count)
{
	guard(spinlock)(&lent->lock);
	lent->charged += count;
}

/**
 * gunyah_lent_take_charge() - take over the charge of pages
 * @lent: the object
 * @count: for at most so many pages
 *
 * Context: Process context.
 * Return: for so many.
 */
unsigned long gunyah_lent_take_charge(struct gunyah_lent *lent,
				      unsigned long count)
{
	guard(spinlock)(&lent->lock);
	count = min(count, lent->charged);
	lent->charged -= count;
	return count;
}

/**
 * gunyah_lent_is_page() - whether a page is one of lent memory
 * @page: a page that the caller has a reference of
 *
 * Context: Any.
 * Return: true if it is, so it was mapped to user space: it may be shared, and
 * its content may be lent.
 */
bool gunyah_lent_is_page(const struct page *page)
{
	return page_private(page) == (unsigned long)&lent_page_tag;
}

/**
 * gunyah_lent_of_file() - the object that a mapping is one of
 * @file: the mapping's file, or NULL
 *
 * Context: Any.
 * Return: the object, or NULL: it is none of lent memory.
 */
struct gunyah_lent *gunyah_lent_of_file(const struct file *file)
{
	return file && file->f_op == &lent_fops ? file->private_data : NULL;
}

static void lent_set_state(struct gunyah_lent *lent, u32 state)
{
	/* Pairs with the acquire in lent_fault() */
	smp_store_release(&lent->state, state);
}

/* Mark the pages for those who walk through all of memory */
static void lent_set_offline(struct gunyah_lent *lent, bool offline)
{
	unsigned long at, next;
	struct page *page;

	page_offline_begin();
	lent_for_each_block(lent, page, at, next)
		for (; at < next; at++, page++) {
			if (offline)
				__SetPageOffline(page);
			else
				__ClearPageOffline(page);
		}
	page_offline_end();
}

static int lent_set_linear(struct gunyah_lent *lent, bool valid)
{
	unsigned long at, next;
	struct page *page;
	int ret;

	lent_for_each_block(lent, page, at, next) {
		ret = gunyah_direct_map_set(page, next - at, valid);
		if (ret)
			return ret;
	}
	return 0;
}

static void lent_clear(struct gunyah_lent *lent)
{
	unsigned long at, next;
	struct page *page;

	lent_for_each_block(lent, page, at, next)
		for (; at < next; at++, page++) {
			clear_highpage(page);
			cond_resched();
		}
}

/**
 * gunyah_lent_give() - before the firmware gets the pages
 * @lent: the object, GUNYAH_LENT_FILLING, complete
 *
 * The caller calls gunyah_direct_map_flush() before the firmware gets the pages,
 * once for all objects that it gets.
 *
 * Context: Worker, may sleep.
 * Return: 0, or -EOPNOTSUPP, -ENOMEM: gunyah_lent_open() undoes it.
 */
int gunyah_lent_give(struct gunyah_lent *lent)
{
	lent_set_state(lent, GUNYAH_LENT_GIVEN);
	lent->offline = !gunyah_weakened(GUNYAH_WEAKEN_OFFLINE);
	if (lent->offline)
		lent_set_offline(lent, true);
	if (!gunyah_direct_map_can_hide() ||
	    gunyah_weakened(GUNYAH_WEAKEN_LINEAR_MAP))
		return 0;
	lent->hidden = true;
	return lent_set_linear(lent, false);
}

/**
 * gunyah_lent_open() - when the firmware does not have the pages, or no longer
 * @lent: the object
 * @clear: clear them first: a VM may have written them
 *
 * User space can access them from now on.
 *
 * Context: Process context or worker, may sleep.
 */
void gunyah_lent_open(struct gunyah_lent *lent, bool clear)
{
	if (lent->state == GUNYAH_LENT_OPEN)
		return;
	if (lent->hidden) {
		/* Nothing is allocated for a range that has page tables */
		WARN_ON_ONCE(lent_set_linear(lent, true));
		gunyah_direct_map_flush();
		lent->hidden = false;
	}
	if (lent->offline) {
		/* Has the place of the count of mappings */
		lent_set_offline(lent, false);
		lent->offline = false;
	}
	if (clear)
		lent_clear(lent);
	lent_set_state(lent, GUNYAH_LENT_OPEN);
}

/**
 * gunyah_lent_put() - the region does not need the pages any more
 * @lent: the object, GUNYAH_LENT_OPEN; or GUNYAH_LENT_FILLING, then what is
 *	mapped stays inaccessible
 *
 * Who has them mapped keeps them.
 *
 * Context: Process context or worker.
 */
void gunyah_lent_put(struct gunyah_lent *lent)
{
	fput(lent->file);
}
