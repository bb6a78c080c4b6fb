// SPDX-License-Identifier: GPL-2.0-only
/*
 * Moving a region of user memory into lent memory
 *
 * Block by block: the content is copied into pages of the driver, the mapping of
 * these replaces that of the user, which frees anonymous memory, and the range
 * is punched out of the file that it belonged to. So a move needs little more
 * memory than the region has.
 *
 * Of a region that is paged only the content is moved: what the user has never
 * touched stays a gap in the pages of the driver.
 *
 * Another thread of the user can write to a block after it was copied: that
 * write is lost. After a failure what was moved so far is accessible through the
 * new mapping: the user sees no difference, and the move can be repeated.
 */

#include <linux/err.h>
#include <linux/falloc.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/highmem.h>
#include <linux/hugetlb.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/sched/signal.h>
#include <linux/shmem_fs.h>
#include <linux/userfaultfd_k.h>
#include <linux/xarray.h>

#include "lent.h"
#include "pages.h"
#include "pin.h"
#include "region.h"
#include "runs.h"

/**
 * struct lent_source - user memory that is moved in one go
 * @addr: where it is in the user's address space
 * @size: size in bytes, within one VMA
 * @prot: PROT_... of the mapping
 * @file: a file that it is shared with, or NULL
 * @lent: that file is lent memory of before, or NULL
 * @charged: the same, if it is charged to this address space
 * @offset: offset in @file
 * @holes: @file is one of shmem, which may have holes
 * @anon: private memory without a file, of which pages may be missing
 * @next: page offset in @file of the next page that is there; all before are
 *	holes
 * @alike: so many bytes from the beginning were looked at, if the region is paged
 * @missing: of these, the ones that are not moved yet were never touched
 */
struct lent_source {
	unsigned long addr;
	unsigned long size;
	unsigned long prot;
	struct file *file;
	struct gunyah_lent *lent;
	struct gunyah_lent *charged;
	loff_t offset;
	bool holes;
	bool anon;
	pgoff_t next;
	unsigned long alike;
	bool missing;
};

/* Find out about the memory at @addr, of which at most @left is wanted */
static int lent_look(struct lent_source *source, unsigned long addr,
		     unsigned long left)
{
	struct mm_struct *mm = current->mm;
	unsigned long step = GUNYAH_BLOCK_SIZE;
	struct vm_area_struct *vma;

	*source = (struct lent_source) { .addr = addr };
	if (mmap_read_lock_killable(mm))
		return -EINTR;
	vma = vma_lookup(mm, addr);
	/* It may be another one than when the region was registered */
	if (!vma || !gunyah_mem_vma_allowed(vma)) {
		mmap_read_unlock(mm);
		return vma ? -EOPNOTSUPP : -EFAULT;
	}
	/* A mapping of huge pages can be replaced by the page only */
	if (is_vm_hugetlb_page(vma))
		step = max(step, huge_page_size(hstate_vma(vma)));
	source->size = min3(step, left, vma->vm_end - addr);
	/* What is missing may be somebody's to provide */
	source->anon = vma_is_anonymous(vma) && !userfaultfd_armed(vma);
	source->prot = PROT_READ;
	if (vma->vm_flags & VM_WRITE)
		source->prot |= PROT_WRITE;
	if (vma->vm_flags & VM_SHARED && vma->vm_file) {
		source->file = get_file(vma->vm_file);
		source->lent = gunyah_lent_of_file(vma->vm_file);
		if (source->lent && source->lent->mm == mm)
			source->charged = source->lent;
		source->offset = ((loff_t)vma->vm_pgoff << PAGE_SHIFT) +
				 (addr - vma->vm_start);
		source->holes = shmem_mapping(source->file->f_mapping) &&
				!userfaultfd_armed(vma);
		source->next = source->offset >> PAGE_SHIFT;
	}
	mmap_read_unlock(mm);
	return 0;
}

/*
 * Whether a page is a hole, which has to be neither allocated nor copied. Pages
 * are asked for in ascending order.
 */
static bool lent_is_hole(struct lent_source *source, unsigned long done)
{
	pgoff_t index = (source->offset + done) >> PAGE_SHIFT;
	pgoff_t end = (source->offset + source->size - 1) >> PAGE_SHIFT;

	if (!source->holes || index < source->next)
		return source->holes;
	source->next = index;
	/* Also finds what is swapped out */
	if (!xa_find(&source->file->f_mapping->i_pages, &source->next, end,
		     XA_PRESENT))
		source->next = end + 1;
	return index < source->next;
}

/* Copy pages of the user that are no holes */
static int lent_copy_some(struct page *to, struct lent_source *source,
			  unsigned long done, unsigned long count)
{
	long got;

	for (; count; count -= got) {
		got = gunyah_mem_copy_user(to, source->addr + done, count);
		if (got < 0)
			return got;
		to += got;
		done += got << PAGE_SHIFT;
	}
	return 0;
}

static int lent_copy(struct page *to, struct lent_source *source,
		     unsigned long done, unsigned long count)
{
	/* Pages of [from, i) are no holes */
	unsigned long from = 0, i;
	int ret = 0;

	for (i = 0; i < count && !ret; i++) {
		if (!lent_is_hole(source, done + i * PAGE_SIZE))
			continue;
		ret = lent_copy_some(to + from, source, done + from * PAGE_SIZE,
				     i - from);
		clear_highpage(to + i);
		from = i + 1;
	}
	return ret ?: lent_copy_some(to + from, source,
				     done + from * PAGE_SIZE, count - from);
}

/* Whether a page was never touched, @index is that in the file of the source */
static bool lent_is_missing(struct lent_source *source, pgoff_t index)
{
	unsigned long left;

	if (source->lent)
		return !gunyah_pages_find(&source->lent->pages, index, &left);
	return source->holes &&
	       !xa_load(&source->file->f_mapping->i_pages, index);
}

/*
 * How many pages of the source, from @done on and at most @count, are all missing
 * or all there. Returns a negative errno if that cannot be found out.
 */
static long lent_count_alike(struct lent_source *source, unsigned long done,
			     unsigned long count, bool *missing)
{
	pgoff_t index = (source->offset + done) >> PAGE_SHIFT;
	unsigned long i;

	if (source->anon)
		return gunyah_mem_count_user(source->addr + done, count,
					     missing);
	*missing = lent_is_missing(source, index);
	for (i = 1; i < count; i++)
		if (lent_is_missing(source, index + i) != *missing)
			break;
	return i;
}

/* Append one block, with the content that is @done bytes into the source */
static int lent_fill_block(struct gunyah_lent *lent, struct lent_source *source,
			   bool paged, unsigned long done, unsigned long *count)
{
	unsigned long at = lent->pages.count, left;
	long grown;

	if (fatal_signal_pending(current))
		return -EINTR;
	left = (source->size - done) >> PAGE_SHIFT;
	/* On a fragmented host a stretch becomes many blocks: look at it once */
	if (paged && done >= source->alike) {
		grown = lent_count_alike(source, done, left, &source->missing);
		if (grown < 0)
			return grown;
		source->alike = done + (grown << PAGE_SHIFT);
	}
	if (paged)
		left = (source->alike - done) >> PAGE_SHIFT;
	if (source->missing) {
		gunyah_pages_skip(&lent->pages, left);
		*count = left;
		return 0;
	}
	grown = gunyah_pages_grow(&lent->pages, left, false);
	if (grown < 0)
		return grown;
	*count = grown;
	return lent_copy(gunyah_pages_find(&lent->pages, at, &left), source, done,
			 grown);
}

/* Whoever had the charge of pages has the pages still */
static void lent_return_charge(struct gunyah_mem_region *region,
			       struct gunyah_lent *lent,
			       struct lent_source *source, unsigned long count)
{
	count = gunyah_lent_take_charge(lent, count);
	if (source->charged)
		gunyah_lent_charge(source->charged, count);
	else
		region->charged += count;
}

/* The new pages are charged instead of those that they replace */
static int lent_charge(struct gunyah_mem_region *region,
		       struct gunyah_lent *lent, struct lent_source *source)
{
	unsigned long count = source->size >> PAGE_SHIFT, left = count, part;
	int ret;

	if (source->charged)
		left -= gunyah_lent_take_charge(source->charged, left);
	part = min(left, region->charged);
	region->charged -= part;
	left -= part;
	gunyah_lent_charge(lent, count - left);
	ret = left ? account_locked_vm(region->mm, left, true) : 0;
	if (ret)
		lent_return_charge(region, lent, source, count - left);
	else
		gunyah_lent_charge(lent, left);
	return ret;
}

static unsigned long lent_map(struct gunyah_lent *lent,
			      struct lent_source *source, unsigned long offset)
{
	return vm_mmap(lent->file, source->addr, source->size, source->prot,
		       MAP_SHARED | MAP_FIXED, offset);
}

/* Put the new pages in place of the source */
static int lent_replace(struct gunyah_lent *lent, struct lent_source *source,
			unsigned long offset)
{
	unsigned long addr;

	addr = lent_map(lent, source, offset);
	/* The source may be unmapped already, and nothing else has the content */
	if (addr == -ENOMEM)
		addr = lent_map(lent, source, offset);
	if (IS_ERR_VALUE(addr))
		return addr;
	/* Where this fails, a sealed file for one, the memory is needed twice */
	if (source->lent)
		gunyah_lent_punch(source->lent, source->offset >> PAGE_SHIFT,
				  source->size >> PAGE_SHIFT);
	else if (source->file)
		vfs_fallocate(source->file,
			      FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			      source->offset, source->size);
	return 0;
}

static int lent_move_source(struct gunyah_mem_region *region,
			    struct gunyah_lent *lent,
			    struct lent_source *source)
{
	unsigned long at = lent->pages.count, done, count = 0;
	bool paged = region->flags & GH_MEM_PAGED;
	int ret;

	ret = source->lent ? gunyah_lent_prepare_punch(source->lent) : 0;
	for (done = 0; !ret && done < source->size; done += count << PAGE_SHIFT)
		ret = lent_fill_block(lent, source, paged, done, &count);
	if (!ret)
		ret = lent_charge(region, lent, source);
	if (!ret) {
		ret = lent_replace(lent, source, at << PAGE_SHIFT);
		if (ret)
			lent_return_charge(region, lent, source,
					   source->size >> PAGE_SHIFT);
	}
	/* The user still has the original */
	if (ret)
		gunyah_pages_shrink(&lent->pages, at);
	return ret;
}

static int lent_move_all(struct gunyah_mem_region *region,
			 struct gunyah_lent *lent)
{
	struct lent_source source;
	unsigned long done;
	int ret;

	for (done = 0; done < region->size; done += source.size) {
		ret = lent_look(&source, region->uaddr + done,
				region->size - done);
		if (ret)
			return ret;
		ret = lent_move_source(region, lent, &source);
		if (source.file)
			fput(source.file);
		if (ret)
			return ret;
	}
	return 0;
}

/**
 * gunyah_lent_move() - move a region into lent memory
 * @region: the region, which has none: gets the object, and its runs unless it
 *	is paged
 *
 * Context: Process context of the VM's creator, may sleep.
 * Return: 0, -ENOMEM, -EFAULT, -EINTR, -EPERM (the mapping is sealed), -EAGAIN
 * (mlockall()), -ENFILE; the user sees the same memory as before then.
 */
int gunyah_lent_move(struct gunyah_mem_region *region)
{
	struct gunyah_lent *lent = gunyah_lent_new(region->mm);
	struct file *file;
	int ret;

	if (IS_ERR(lent))
		return PTR_ERR(lent);
	file = lent->file;
	ret = lent_move_all(region, lent);
	if (!ret && !(region->flags & GH_MEM_PAGED))
		ret = gunyah_pages_add_runs(&lent->pages, 0, lent->pages.count,
					    &region->runs);
	if (ret) {
		gunyah_mem_runs_free(&region->runs, NULL);
		gunyah_lent_open(lent);
		gunyah_lent_put(lent);
	} else {
		region->lent = lent;
	}
	/* From now on only mappings hold the file */
	fput(file);
	return ret;
}
