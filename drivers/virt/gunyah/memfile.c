// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory files: memory of the driver that a VMM maps and gives to VMs
 *
 * The pages are allocated when the file is made, in blocks as large as can be
 * had, and stay where they are until it is released: to share them, nothing has
 * to be pinned or moved, and to lend them, nothing has to be copied.
 *
 * Unlike the pages of lent.c, these may be mapped and pinned by anybody who has
 * the file. So a range is lent in three steps: faults are refused from now on,
 * all mappings are removed, and then each page must have no reference but that of
 * the file.
 */

#include <linux/anon_inodes.h>
#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kref.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/page_ref.h>
#include <linux/pagemap.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "memfile.h"
#include "pages.h"
#include "runs.h"
#include "trace.h"
#include "weaken.h"

/*
 * Somebody who looks at a page has a reference for a moment: how often to look
 * again, and how long to wait before the first time
 */
#define LEND_TRIES	8
#define LEND_DELAY_MS	1

/**
 * struct gunyah_memfile - what a memory file is
 * @kref: held by @file and by each use, so these do not keep the module loaded
 * @file: the file; cleared when it is released, by get_file_active()'s rules
 * @mm: address space that is charged (mmgrab)
 * @pages: the pages, which do not change
 * @lent: by offset in pages: lent, an access is SIGBUS. A fault reads it without
 *	@lock, and again while it has the page locked.
 * @lock: protects @uses
 * @uses: list of struct gunyah_memuse
 */
struct gunyah_memfile {
	struct kref kref;
	struct file *file;
	struct mm_struct *mm;
	struct gunyah_pages pages;
	unsigned long *lent;
	struct mutex lock;	/* uses */
	struct list_head uses;
};

static void memfile_free(struct gunyah_memfile *memfile)
{
	gunyah_pages_destroy(&memfile->pages, NULL);
	kvfree(memfile->lent);
	mutex_destroy(&memfile->lock);
	kfree(memfile);
}

static void memfile_last_put(struct kref *kref)
{
	struct gunyah_memfile *memfile = container_of(kref,
						      struct gunyah_memfile,
						      kref);
	struct mm_struct *mm = memfile->mm;
	unsigned long count = memfile->pages.count;

	/* Each use has a reference */
	WARN_ON_ONCE(!list_empty(&memfile->uses));
	memfile_free(memfile);
	account_locked_vm(mm, count, false);
	mmdrop(mm);
}

static int memfile_release(struct inode *inode, struct file *file)
{
	struct gunyah_memfile *memfile = file->private_data;

	WRITE_ONCE(memfile->file, NULL);
	kref_put(&memfile->kref, memfile_last_put);
	return 0;
}

static bool memfile_is_lent(struct gunyah_memfile *memfile, unsigned long at)
{
	/* Pairs with the barrier in gunyah_memuse_open() */
	return test_bit_acquire(at, memfile->lent) &&
	       !gunyah_weakened(GUNYAH_WEAKEN_FAULT);
}

/*
 * Holds the mmap_lock, so it takes no lock that anybody holds while the resource
 * manager is asked. The page is locked until it is mapped: memuse_close() waits
 * for that.
 */
static vm_fault_t memfile_fault(struct vm_fault *vmf)
{
	struct gunyah_memfile *memfile = vmf->vma->vm_file->private_data;
	struct page *page;
	bool lent;

	if (memfile_is_lent(memfile, vmf->pgoff))
		return VM_FAULT_SIGBUS;
	page = gunyah_pages_get(&memfile->pages, vmf->pgoff);
	if (!page)
		return VM_FAULT_SIGBUS;
	lock_page(page);
	lent = memfile_is_lent(memfile, vmf->pgoff);
	/* The kernel would look for the mapping of a page with a memory error */
	if (lent || PageHWPoison(page)) {
		unlock_page(page);
		put_page(page);
		return lent ? VM_FAULT_SIGBUS : VM_FAULT_HWPOISON;
	}
	vmf->page = page;
	return VM_FAULT_LOCKED;
}

static const struct vm_operations_struct memfile_vm_ops = {
	.fault = memfile_fault,
};

static int memfile_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct gunyah_memfile *memfile = file->private_data;
	unsigned long count = memfile->pages.count;

	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	if (vma->vm_pgoff >= count || vma_pages(vma) > count - vma->vm_pgoff)
		return -EINVAL;
	/*
	 * No fault is behind the end of the file. mlock() ignores the mapping,
	 * too: it would charge it again and keep references to its pages.
	 */
	vm_flags_set(vma, VM_DONTEXPAND);
	vma->vm_ops = &memfile_vm_ops;
	return 0;
}

static const struct file_operations memfile_fops = {
	.owner = THIS_MODULE,
	.mmap = memfile_mmap,
	.release = memfile_release,
};

static int memfile_fill(struct gunyah_memfile *memfile, unsigned long count)
{
	long grown;

	while (memfile->pages.count < count) {
		if (fatal_signal_pending(current))
			return -EINTR;
		grown = gunyah_pages_grow(&memfile->pages,
					  count - memfile->pages.count, true);
		if (grown < 0)
			return grown;
		cond_resched();
	}
	return 0;
}

static struct gunyah_memfile *memfile_new(unsigned long count)
{
	struct gunyah_memfile *memfile;
	int ret = -ENOMEM;

	memfile = kzalloc(sizeof(*memfile), GFP_KERNEL_ACCOUNT);
	if (!memfile)
		return ERR_PTR(-ENOMEM);
	kref_init(&memfile->kref);
	gunyah_pages_init(&memfile->pages);
	mutex_init(&memfile->lock);
	INIT_LIST_HEAD(&memfile->uses);
	memfile->mm = current->mm;
	memfile->lent = kvcalloc(BITS_TO_LONGS(count), sizeof(*memfile->lent),
				 GFP_KERNEL_ACCOUNT);
	if (memfile->lent)
		ret = memfile_fill(memfile, count);
	if (ret) {
		memfile_free(memfile);
		return ERR_PTR(ret);
	}
	return memfile;
}

/* Make the file of memory that is charged to the caller */
static struct file *memfile_open(unsigned long count)
{
	struct gunyah_memfile *memfile = memfile_new(count);
	struct file *file;

	if (IS_ERR(memfile))
		return ERR_CAST(memfile);
	/* An inode of its own: unmap_mapping_range() is for these pages only */
	file = anon_inode_create_getfile("[gunyah-mem]", &memfile_fops, memfile,
					 O_RDWR, NULL);
	if (IS_ERR(file)) {
		memfile_free(memfile);
		return file;
	}
	mmgrab(memfile->mm);
	memfile->file = file;
	/* For fstat() by a process that was given the descriptor */
	i_size_write(file_inode(file), (loff_t)count << PAGE_SHIFT);
	return file;
}

/**
 * gunyah_memfile_create() - GH_CREATE_MEM
 * @size: size in bytes
 *
 * Context: Process context, may sleep.
 * Return: a file descriptor, -EINVAL, -ENOMEM, -EINTR, -EMFILE, -ENFILE.
 */
int gunyah_memfile_create(u64 size)
{
	unsigned long count = size >> PAGE_SHIFT;
	struct file *file;
	int fd, ret;

	if (!size || !PAGE_ALIGNED(size))
		return -EINVAL;
	/* Also keeps every sum of pages within an unsigned long */
	if (size >> PAGE_SHIFT > totalram_pages())
		return -ENOMEM;
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		return fd;
	ret = gunyah_pages_charge(current->mm, count);
	if (ret)
		goto err_fd;
	file = memfile_open(count);
	if (IS_ERR(file)) {
		ret = PTR_ERR(file);
		goto err_charge;
	}
	fd_install(fd, file);
	return fd;

err_charge:
	account_locked_vm(current->mm, count, false);
err_fd:
	put_unused_fd(fd);
	return ret;
}

/**
 * gunyah_is_memfile() - whether a file is a memory file
 * @file: the file, or NULL
 *
 * Context: Any.
 * Return: true if it is.
 */
bool gunyah_is_memfile(const struct file *file)
{
	return file && file->f_op == &memfile_fops;
}

/* Whether another use does not go together with this one */
static bool memuse_conflicts(struct gunyah_memfile *memfile,
			     const struct gunyah_memuse *use, bool lend)
{
	const struct gunyah_memuse *other;

	lockdep_assert_held(&memfile->lock);

	list_for_each_entry(other, &memfile->uses, list) {
		if (other == use || !(other->lent || (lend && other->shared)))
			continue;
		if (other->first < use->first + use->count &&
		    use->first < other->first + other->count)
			return true;
	}
	return false;
}

/**
 * gunyah_memuse_new() - let a region use a range of a memory file
 * @file: the file, gunyah_is_memfile(); the use keeps its pages, and not the file
 * @first: page offset of the range, which is within the file
 * @count: number of its pages
 * @shared: it is shared from now on; else it can be lent
 *
 * Context: Process context, may sleep.
 * Return: the use, or an ERR_PTR: -EBUSY (shared, and a part of it is lent),
 * -ENOMEM.
 */
struct gunyah_memuse *gunyah_memuse_new(struct file *file, unsigned long first,
					unsigned long count, bool shared)
{
	struct gunyah_memfile *memfile = file->private_data;
	struct gunyah_memuse *use;

	use = kzalloc(sizeof(*use), GFP_KERNEL_ACCOUNT);
	if (!use)
		return ERR_PTR(-ENOMEM);
	use->first = first;
	use->count = count;
	use->shared = shared;
	scoped_guard(mutex, &memfile->lock) {
		if (shared && memuse_conflicts(memfile, use, false)) {
			kfree(use);
			return ERR_PTR(-EBUSY);
		}
		kref_get(&memfile->kref);
		use->memfile = memfile;
		list_add(&use->list, &memfile->uses);
	}
	return use;
}

/* The VM would be the next to find out about a memory error, and not by a signal */
static int memuse_check_pages(struct gunyah_memuse *use)
{
	struct gunyah_pages *pages = &use->memfile->pages;
	unsigned long at, end = use->first + use->count, left;
	struct page *page;

	for (at = use->first; at < end; at += left) {
		page = gunyah_pages_find(pages, at, &left);
		left = min(left, end - at);
		if (gunyah_page_is_bad(page, left))
			return -EHWPOISON;
		cond_resched();
	}
	return 0;
}

/**
 * gunyah_memuse_add_runs() - list the pages of a use as runs
 * @use: the use
 * @runs: where to add them
 *
 * Context: Process context, may sleep.
 * Return: 0, -ENOMEM or -EHWPOISON (a page has a memory error).
 */
int gunyah_memuse_add_runs(struct gunyah_memuse *use,
			   struct gunyah_mem_runs *runs)
{
	struct gunyah_memfile *memfile = use->memfile;
	int ret;

	ret = memuse_check_pages(use);
	if (ret)
		return ret;
	return gunyah_pages_add_runs(&memfile->pages, use->first, use->count,
				     runs);
}

/**
 * gunyah_memuse_pages() - where the pages of a use are
 * @use: the use
 * @first: gets the offset of its first page in them
 *
 * Context: Any.
 * Return: the pages.
 */
struct gunyah_pages *gunyah_memuse_pages(struct gunyah_memuse *use,
					 unsigned long *first)
{
	*first = use->first;
	return &use->memfile->pages;
}

/* No access from now on, except by those who have a reference */
static void memuse_close(struct gunyah_memfile *memfile,
			 struct gunyah_memuse *use)
{
	unsigned long at = use->first, end = at + use->count, left;
	struct file *file;
	struct page *page;

	while (at < end) {
		page = gunyah_pages_find(&memfile->pages, at, &left);
		for (; left && at < end; left--, at++, page++) {
			set_bit(at, memfile->lent);
			/* A fault in flight has mapped it now, or will not */
			lock_page(page);
			unlock_page(page);
		}
		cond_resched();
	}
	/* Without a file there is no mapping */
	file = get_file_active(&memfile->file);
	if (file) {
		unmap_mapping_range(file->f_mapping,
				    (loff_t)use->first << PAGE_SHIFT,
				    (loff_t)use->count << PAGE_SHIFT, 1);
		fput(file);
	}
	/*
	 * Whoever walks page tables without locks takes a reference and then
	 * looks whether the page is still mapped.
	 */
	smp_mb();
}

/*
 * A page that has no other reference gets none, because it cannot be mapped any
 * more: it is not looked at again.
 */
static int memuse_wait(struct gunyah_memfile *memfile,
		       struct gunyah_memuse *use)
{
	unsigned long at = use->first, end = at + use->count;
	unsigned int try;
	struct page *page;

	for (try = 0; ; try++) {
		page = gunyah_pages_find_busy(&memfile->pages, &at, end);
		if (!page)
			return 0;
		if (try == LEND_TRIES)
			break;
		schedule_timeout_killable(msecs_to_jiffies(LEND_DELAY_MS <<
							   try));
		if (fatal_signal_pending(current))
			return -EINTR;
	}
	trace_gunyah_mem_busy(page_to_pfn(page), (u64)at << PAGE_SHIFT,
			      page_ref_count(page));
	return -EBUSY;
}

/**
 * gunyah_memuse_lend() - make a range inaccessible, so that it can be lent
 * @use: the use, not shared and not lent
 *
 * Context: Process context, may sleep.
 * Return: 0, -EBUSY (another region shares a part of it, or it is lent, or
 * somebody has references to pages), -EHWPOISON (a page has a memory error),
 * -EINTR; nothing has changed then.
 */
int gunyah_memuse_lend(struct gunyah_memuse *use)
{
	struct gunyah_memfile *memfile = use->memfile;
	int ret;

	scoped_guard(mutex, &memfile->lock) {
		if (memuse_conflicts(memfile, use, true))
			return -EBUSY;
		use->lent = true;
	}
	memuse_close(memfile, use);
	ret = memuse_check_pages(use);
	if (!ret)
		ret = memuse_wait(memfile, use);
	if (ret)
		gunyah_memuse_open(use);
	return ret;
}

/**
 * gunyah_memuse_open() - let user space have a range that is not lent any more
 * @use: the use; its pages are not hidden
 *
 * Context: Process context or worker, may sleep.
 */
void gunyah_memuse_open(struct gunyah_memuse *use)
{
	struct gunyah_memfile *memfile = use->memfile;
	unsigned long at;

	guard(mutex)(&memfile->lock);
	if (!use->lent)
		return;
	/* Pairs with the acquire in memfile_is_lent() */
	smp_mb__before_atomic();
	for (at = use->first; at < use->first + use->count; at++) {
		clear_bit(at, memfile->lent);
		cond_resched();
	}
	use->lent = false;
}

/**
 * gunyah_memuse_put() - the region does not need its range any more
 * @use: the use, not lent
 *
 * What the firmware may still have keeps its use: it is never lent to or shared
 * with another VM, and never freed.
 *
 * Context: Process context or worker, may sleep.
 */
void gunyah_memuse_put(struct gunyah_memuse *use)
{
	struct gunyah_memfile *memfile = use->memfile;

	scoped_guard(mutex, &memfile->lock)
		list_del(&use->list);
	kref_put(&memfile->kref, memfile_last_put);
	kfree(use);
}
