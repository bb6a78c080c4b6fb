// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages of user space: pinned to be shared, or looked at to be copied
 *
 * The only file that pins pages.
 */

#include <linux/cleanup.h>
#include <linux/errno.h>
#include <linux/highmem.h>
#include <linux/hugetlb.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/shmem_fs.h>
#include <linux/slab.h>
#include <linux/userfaultfd_k.h>

#include "pages.h"
#include "pin.h"
#include "region.h"
#include "runs.h"

/* Pages that are pinned, or unpinned, in one go */
#define MEM_BATCH		512

/* Whether a pinned page belongs to a kind of memory that may be given away */
static int mem_check_page(struct page *page)
{
	struct folio *folio = page_folio(page);
	struct address_space *mapping;

	if (folio_test_anon(folio) || folio_test_hugetlb(folio) ||
	    gunyah_page_is_ours(page))
		return 0;

	/* A file may be truncated and go away meanwhile, after a grace period */
	guard(rcu)();
	mapping = READ_ONCE(folio->mapping);
	if (!mapping)
		return -EFAULT;
	if ((unsigned long)mapping & PAGE_MAPPING_FLAGS ||
	    !shmem_mapping(mapping))
		return -EOPNOTSUPP;
	return 0;
}

/*
 * Pin some pages. The mmap_lock is not held over faults that others handle, such
 * as those of userfaultfd. A mapping that cannot be written is good enough for
 * memory that the VM cannot write either.
 */
static long mem_pin_batch(const struct gunyah_mem_region *region,
			  unsigned long addr, unsigned long count,
			  struct page **pages)
{
	long ret;

	ret = pin_user_pages_fast(addr, count, FOLL_WRITE | FOLL_LONGTERM,
				  pages);
	if (ret == -EFAULT && !(region->flags & GH_MEM_ALLOW_WRITE))
		ret = pin_user_pages_fast(addr, count, FOLL_LONGTERM, pages);
	return ret ?: -EFAULT;
}

/**
 * gunyah_mem_copy_user() - copy pages of the caller
 * @to: first page to copy to, contiguous
 * @addr: where they are in the caller's address space
 * @count: how many there are to copy, not 0
 *
 * Context: Process context, may sleep.
 * Return: number of pages that were copied, at least 1, or -EFAULT, -EINTR,
 * -ENOMEM.
 */
long gunyah_mem_copy_user(struct page *to, unsigned long addr,
			  unsigned long count)
{
	struct page *pages[16];
	void *src, *dst;
	long got, i;

	count = min_t(unsigned long, count, ARRAY_SIZE(pages));
	got = pin_user_pages_fast(addr, count, 0, pages);
	if (got <= 0)
		return got ?: -EFAULT;
	for (i = 0; i < got; i++) {
		dst = kmap_local_page(to + i);
		src = kmap_local_page(pages[i]);
		copy_page(dst, src);
		kunmap_local(src);
		kunmap_local(dst);
	}
	unpin_user_pages(pages, got);
	cond_resched();
	return got;
}

/* The caller must be able to read these pages, and nobody else may provide them */
static struct vm_area_struct *mem_readable_vma(unsigned long addr)
{
	struct vm_area_struct *vma = vma_lookup(current->mm, addr);

	if (!vma || !vma_is_anonymous(vma) || userfaultfd_armed(vma) ||
	    !(vma->vm_flags & VM_READ))
		return NULL;
	return vma;
}

/*
 * Whether the caller has no page table for the pages around an address, which is
 * that of a VMA: munmap() frees the tables of others with the mmap_lock held for
 * reading only.
 */
static bool mem_has_no_table(unsigned long addr)
{
	pgd_t *pgd = pgd_offset(current->mm, addr);
	p4d_t *p4d;
	pud_t *pud;

	mmap_assert_locked(current->mm);

	if (pgd_none(*pgd))
		return true;
	p4d = p4d_offset(pgd, addr);
	if (p4d_none(*p4d))
		return true;
	pud = pud_offset(p4d, addr);
	if (pud_none(*pud))
		return true;
	return !pud_leaf(*pud) && pmd_none(*pmd_offset(pud, addr));
}

static bool mem_page_is_zero(struct page *page)
{
	void *content = kmap_local_page(page);
	bool zero = !memchr_inv(content, 0, PAGE_SIZE);

	kunmap_local(content);
	return zero;
}

/* Look at a page: 1, or a negative errno; not written to, it reads as zeroes */
static long mem_look(unsigned long addr, bool *missing)
{
	struct page *page;
	long got;

	/* As for a core dump, no page is allocated to be looked at */
	got = get_user_pages(addr, 1, FOLL_DUMP, &page);
	*missing = got == -EFAULT;
	/* But there may be one that cannot be read: a bad one, or one in swap */
	if (*missing)
		got = get_user_pages(addr, 1, 0, &page);
	if (got != 1)
		return got ?: -EFAULT;
	/* Or a huge one that was just being migrated */
	if (*missing)
		*missing = mem_page_is_zero(page);
	put_page(page);
	return 1;
}

/**
 * gunyah_mem_count_user() - find out which pages the caller has touched
 * @addr: where they are in the caller's address space; private memory without a
 *	file
 * @count: how many to look at, not 0
 * @missing: set if the first page was never written to: it reads as zeroes
 *
 * Context: Process context, may sleep.
 * Return: number of pages from the first on that are the same in that, at least
 * 1; or -EFAULT (the first one cannot be read), -EINTR, -ENOMEM.
 */
long gunyah_mem_count_user(unsigned long addr, unsigned long count,
			   bool *missing)
{
	unsigned long i = 0, next;
	struct vm_area_struct *vma;
	bool alike;
	long got = -EFAULT;

	if (mmap_read_lock_killable(current->mm))
		return -EINTR;
	vma = mem_readable_vma(addr);
	if (vma)
		count = min(count, (vma->vm_end - addr) >> PAGE_SHIFT);
	else
		count = 0;
	for (i = 0; i < count; i += (next - addr) >> PAGE_SHIFT, addr = next) {
		next = addr + PAGE_SIZE;
		/* Most of the memory of a large VM, so not page by page */
		if (mem_has_no_table(addr)) {
			next = pmd_addr_end(addr, addr + ((count - i) << PAGE_SHIFT));
			alike = true;
		} else {
			got = mem_look(addr, &alike);
			if (got < 0)
				break;
		}
		if (!i)
			*missing = alike;
		else if (*missing != alike)
			break;
	}
	mmap_read_unlock(current->mm);
	return i ?: got;
}

/* Take over pinned pages; what is not taken over is unpinned */
static int mem_add_batch(struct gunyah_mem_region *region, struct page **pages,
			 long count)
{
	int ret = 0;
	long i;

	for (i = 0; i < count; i++) {
		ret = mem_check_page(pages[i]);
		if (!ret)
			ret = gunyah_mem_runs_add(&region->runs,
						  page_to_pfn(pages[i]), 1,
						  true);
		if (ret)
			break;
	}
	unpin_user_pages(pages + i, count - i);
	return ret;
}

static void mem_unpin_run(const struct gunyah_mem_run *run, bool dirty)
{
	unsigned long done, count;

	for (done = 0; done < run->count; done += count) {
		count = min_t(unsigned long, run->count - done, MEM_BATCH);
		unpin_user_page_range_dirty_lock(pfn_to_page(run->pfn + done),
						 count, dirty);
		cond_resched();
	}
}

static void mem_unpin_written(const struct gunyah_mem_run *run)
{
	mem_unpin_run(run, true);
}

static void mem_unpin_clean(const struct gunyah_mem_run *run)
{
	mem_unpin_run(run, false);
}

/**
 * gunyah_mem_unpin() - undo gunyah_mem_pin()
 * @region: the region
 *
 * Context: Process context or worker, may sleep.
 */
void gunyah_mem_unpin(struct gunyah_mem_region *region)
{
	gunyah_mem_runs_free(&region->runs,
			     region->flags & GH_MEM_ALLOW_WRITE ?
			     mem_unpin_written : mem_unpin_clean);
}

/**
 * gunyah_mem_pin() - pin the memory of a region
 * @region: the region, shared; gets its runs
 *
 * Context: Process context of the VM's creator, may sleep.
 * Return: 0, -EFAULT, -EOPNOTSUPP, -ENOMEM, -EINTR; nothing is pinned then.
 */
int gunyah_mem_pin(struct gunyah_mem_region *region)
{
	unsigned long addr = region->uaddr;
	unsigned long left = region->size >> PAGE_SHIFT;
	long pinned;
	int ret = 0;

	struct page **pages __free(kfree) =
		kmalloc_array(MEM_BATCH, sizeof(*pages), GFP_KERNEL_ACCOUNT);

	if (!pages)
		return -ENOMEM;

	while (!ret && left) {
		pinned = mem_pin_batch(region, addr,
				       min_t(unsigned long, left, MEM_BATCH),
				       pages);
		if (pinned < 0) {
			ret = pinned;
			break;
		}
		ret = mem_add_batch(region, pages, pinned);
		addr += pinned << PAGE_SHIFT;
		left -= pinned;
		if (!ret && fatal_signal_pending(current))
			ret = -EINTR;
		cond_resched();
	}
	if (ret)
		gunyah_mem_unpin(region);
	return ret;
}
