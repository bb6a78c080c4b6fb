// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lent memory: pages of the driver that take the place of the user's
 *
 * The pages are the content of a file that nobody can open. Its mapping replaces
 * that of the user's memory, so an access by user space, and by the kernel on
 * its behalf, is a fault that the driver decides about: SIGBUS or EFAULT until
 * the pages are back, and the page after that. Nothing else in the host refers
 * to the pages while they are lent: they were never mapped, and they are hidden
 * from the kernel, see hide.c.
 */

#include <linux/anon_inodes.h>
#include <linux/bitops.h>
#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pagemap.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "lent.h"
#include "weaken.h"

static void lent_free(struct kref *kref)
{
	struct gunyah_lent *lent = container_of(kref, struct gunyah_lent, kref);

	gunyah_pages_destroy(&lent->pages, lent->punched);
	mutex_destroy(&lent->fill);
	kvfree(lent->punched);
	account_locked_vm(lent->mm, lent->charged, false);
	mmdrop(lent->mm);
	kfree(lent);
}

static int lent_release(struct inode *inode, struct file *file)
{
	gunyah_lent_put(file->private_data);
	return 0;
}

static bool lent_is_punched(struct gunyah_lent *lent, unsigned long at)
{
	lockdep_assert_held(&lent->lock);

	return lent->punched && test_bit(at, lent->punched);
}

/* Fill a gap of memory that is open */
static int lent_fill(struct gunyah_lent *lent, unsigned long at)
{
	guard(mutex)(&lent->fill);
	scoped_guard(spinlock, &lent->lock)
		if (at >= lent->pages.count || lent_is_punched(lent, at))
			return 0;
	return gunyah_pages_fill(&lent->pages, at, at, at + 1, 0, true);
}

/* Find a page and take a reference; a mapping can reach beyond the last one */
static struct page *lent_get_page(struct gunyah_lent *lent, unsigned long at)
{
	guard(spinlock)(&lent->lock);
	if (at >= lent->pages.count || lent_is_punched(lent, at))
		return NULL;
	return gunyah_pages_get(&lent->pages, at);
}

/*
 * Holds the mmap_lock, so it takes no lock that anybody holds while the firmware
 * is asked. The page is locked until it is mapped: gunyah_lent_punch()
 * waits for that.
 */
static vm_fault_t lent_fault(struct vm_fault *vmf)
{
	struct gunyah_lent *lent = vmf->vma->vm_file->private_data;
	struct page *page;
	bool punched;

	/* Pairs with the release in gunyah_lent_open() */
	if (!smp_load_acquire(&lent->open) &&
	    !gunyah_weakened(GUNYAH_WEAKEN_FAULT))
		return VM_FAULT_SIGBUS;
	page = lent_get_page(lent, vmf->pgoff);
	if (!page) {
		if (lent_fill(lent, vmf->pgoff))
			return VM_FAULT_OOM;
		page = lent_get_page(lent, vmf->pgoff);
	}
	if (!page)
		return VM_FAULT_SIGBUS;
	lock_page(page);
	scoped_guard(spinlock, &lent->lock)
		punched = lent_is_punched(lent, vmf->pgoff);
	/* The kernel would look for the mapping of a page with a memory error */
	if (punched || PageHWPoison(page)) {
		unlock_page(page);
		put_page(page);
		return punched ? VM_FAULT_SIGBUS : VM_FAULT_HWPOISON;
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
 * Return: the object, without a page, and with a reference to its file for the
 * caller; or an ERR_PTR: -ENOMEM, -ENFILE.
 */
struct gunyah_lent *gunyah_lent_new(struct mm_struct *mm)
{
	struct gunyah_lent *lent;
	struct file *file;

	lent = kzalloc(sizeof(*lent), GFP_KERNEL_ACCOUNT);
	if (!lent)
		return ERR_PTR(-ENOMEM);
	gunyah_pages_init(&lent->pages);
	mutex_init(&lent->fill);
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
	/* One reference for the file, one for the caller */
	kref_init(&lent->kref);
	kref_get(&lent->kref);
	lent->file = file;
	return lent;
}

/* Returns a page that is not the object's any more, or NULL */
static struct page *lent_take_page(struct gunyah_lent *lent, unsigned long at)
{
	struct page *page;

	/* A gap is not filled any more */
	guard(mutex)(&lent->fill);
	page = lent_get_page(lent, at);
	scoped_guard(spinlock, &lent->lock)
		if (at < lent->pages.count)
			__set_bit(at, lent->punched);
	/* The object's reference */
	if (page)
		put_page(page);
	return page;
}

/**
 * gunyah_lent_prepare_punch() - make gunyah_lent_punch() possible
 * @lent: the object
 *
 * Context: Process context, may sleep.
 * Return: 0, -ENOMEM, or -EFAULT: user space has no access to the pages.
 */
int gunyah_lent_prepare_punch(struct gunyah_lent *lent)
{
	unsigned long *punched;

	/* Pairs with the release in gunyah_lent_open(): all pages are there */
	if (!smp_load_acquire(&lent->open))
		return -EFAULT;
	if (READ_ONCE(lent->punched))
		return 0;
	punched = kvcalloc(BITS_TO_LONGS(lent->pages.count), sizeof(*punched),
			   GFP_KERNEL_ACCOUNT);
	if (!punched)
		return -ENOMEM;
	if (cmpxchg(&lent->punched, NULL, punched))
		kvfree(punched);
	return 0;
}

/**
 * gunyah_lent_punch() - free pages whose content was moved to another object
 * @lent: the object, open and prepared, which the caller has a mapping of
 * @at: page offset of the first
 * @count: number of pages
 *
 * All mappings of them lose them, and an access is SIGBUS. Their charge is not
 * changed.
 *
 * Context: Process context, may sleep.
 */
void gunyah_lent_punch(struct gunyah_lent *lent, unsigned long at,
		       unsigned long count)
{
	unsigned long end = at + count;
	struct page *page;

	for (; at < end; at++) {
		page = lent_take_page(lent, at);
		if (!page)
			continue;
		/* A fault that has found it has mapped it now, or will not */
		lock_page(page);
		unlock_page(page);
		unmap_mapping_range(lent->file->f_mapping,
				    (loff_t)at << PAGE_SHIFT, PAGE_SIZE, 1);
		gunyah_page_free(page);
		cond_resched();
	}
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

/**
 * gunyah_lent_open() - let user space have the pages
 * @lent: the object, whose pages are not hidden
 *
 * Context: Process context or worker.
 */
void gunyah_lent_open(struct gunyah_lent *lent)
{
	/* Pairs with the acquire in lent_fault() and gunyah_lent_prepare_punch() */
	smp_store_release(&lent->open, true);
}

/**
 * gunyah_lent_put() - put a reference
 * @lent: the object; what is mapped stays inaccessible if it is not open
 *
 * Who has the pages mapped keeps them.
 *
 * Context: Process context or worker, may sleep.
 */
void gunyah_lent_put(struct gunyah_lent *lent)
{
	kref_put(&lent->kref, lent_free);
}
