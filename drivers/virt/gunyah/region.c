// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory regions of a VM: what user space registers
 *
 * Shared memory is the user's own: its pages are pinned when the region is
 * added. Lent memory is moved to pages of the driver when the VM starts, see
 * lent_move.c. A memory file consists of such pages from the beginning, and is
 * neither pinned nor moved. Memory that is paged is lent page by page, see paging.c.
 *
 */

#define pr_fmt(fmt) "gunyah: " fmt

#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/hugetlb.h>
#include <linux/kmemleak.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/pagemap.h>
#include <linux/sched/mm.h>
#include <linux/sched.h>
#include <linux/shmem_fs.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "hide.h"
#include "host.h"
#include "lent.h"
#include "memfile.h"
#include "pin.h"
#include "region.h"
#include "vm.h"

/**
 * gunyah_mem_vma_allowed() - whether a mapping is memory that can be given away
 * @vma: the mapping
 *
 * Memory whose content somebody else would read or write back later, or that is
 * no memory at all, cannot.
 *
 * Context: The mmap_lock is held.
 * Return: true if it can.
 */
bool gunyah_mem_vma_allowed(struct vm_area_struct *vma)
{
	if (vma->vm_flags & (VM_IO | VM_PFNMAP | VM_MIXEDMAP))
		return false;
	if (vma_is_anonymous(vma) || is_vm_hugetlb_page(vma))
		return true;
	/* What was lent before can be used again */
	if (gunyah_lent_of_file(vma->vm_file) || gunyah_is_memfile(vma->vm_file))
		return true;
	return vma->vm_file && vma->vm_file->f_mapping &&
	       shmem_mapping(vma->vm_file->f_mapping);
}

/* Lent memory replaces a mapping, which huge pages allow only for whole ones */
static bool mem_vma_divisible(struct vm_area_struct *vma, unsigned long start,
			      unsigned long end)
{
	unsigned long mask;

	if (!is_vm_hugetlb_page(vma))
		return true;
	mask = huge_page_size(hstate_vma(vma)) - 1;
	return !((max(start, vma->vm_start) | min(end, vma->vm_end)) & mask);
}

/**
 * struct mem_file_range - where in a memory file a range of user memory is
 * @file: the memory file, or NULL: the range has none of any
 * @first: page offset in @file
 */
struct mem_file_range {
	struct file *file;
	unsigned long first;
};

/* A memory file is used directly, so the range must be one of the file, too */
static bool mem_vma_continues(struct vm_area_struct *vma, unsigned long addr,
			      unsigned long start, struct mem_file_range *range)
{
	struct file *file = gunyah_is_memfile(vma->vm_file) ? vma->vm_file :
							      NULL;
	unsigned long at = vma->vm_pgoff + ((addr - vma->vm_start) >>
					    PAGE_SHIFT);

	if (addr == start) {
		range->file = file;
		range->first = at;
		return true;
	}
	return file == range->file &&
	       (!file || at == range->first + ((addr - start) >> PAGE_SHIFT));
}

/*
 * Find what is wrong with a range before anything is done with it, and the memory
 * file that it is mapped from, with a reference. Other threads can map something
 * else right afterwards: pin.c decides if there is no memory file.
 */
static int mem_check_vmas(struct gunyah_mem_region *region,
			  struct mem_file_range *range)
{
	vm_flags_t need = region->flags & GH_MEM_ALLOW_WRITE ? VM_WRITE : VM_READ;
	unsigned long start = region->uaddr, end = start + region->size;
	bool lent = region->flags & GH_MEM_LENT;
	unsigned long addr = start, next;
	struct mm_struct *mm = region->mm;
	struct gunyah_lent *old;
	struct vm_area_struct *vma;
	int ret = 0;

	if (lent)
		need |= VM_READ;
	if (mmap_read_lock_killable(mm))
		return -EINTR;
	for (; addr < end; addr = next) {
		vma = vma_lookup(mm, addr);
		ret = -EFAULT;
		if (!vma || ~vma->vm_flags & need)
			break;
		ret = -EOPNOTSUPP;
		if (!gunyah_mem_vma_allowed(vma) ||
		    !mem_vma_continues(vma, addr, start, range))
			break;
		ret = -EINVAL;
		if (lent && !mem_vma_divisible(vma, start, end))
			break;
		ret = 0;
		next = min(vma->vm_end, end);
		/* What was lent before is charged already */
		old = gunyah_lent_of_file(vma->vm_file);
		if (lent && old && old->mm == mm)
			region->charged -= (next - addr) >> PAGE_SHIFT;
	}
	if (ret)
		range->file = NULL;
	else if (range->file)
		get_file(range->file);
	mmap_read_unlock(mm);
	return ret;
}

/**
 * gunyah_region_close() - take memory that is to be lent from user space
 * @region: the region, lent; gets its runs unless it is paged
 *
 * Context: Process context of the VM's creator, may sleep.
 * Return: 0, what gunyah_lent_move() returns, or of a memory file: -EBUSY: a page
 * is in use, or -EHWPOISON; the user sees the same memory as before then.
 */
int gunyah_region_close(struct gunyah_mem_region *region)
{
	int ret;

	if (!region->use)
		return gunyah_lent_move(region);
	ret = gunyah_memuse_lend(region->use);
	if (ret || region->flags & GH_MEM_PAGED)
		return ret;
	ret = gunyah_memuse_add_runs(region->use, &region->runs);
	if (ret)
		gunyah_region_open(region);
	return ret;
}

/**
 * gunyah_region_open() - let user space have lent memory that is back
 * @region: the region; the firmware does not have its memory, and it is not
 *	hidden
 *
 * gunyah_region_close() can be called again afterwards.
 *
 * Context: Process context or worker.
 */
void gunyah_region_open(struct gunyah_mem_region *region)
{
	if (!(region->flags & GH_MEM_LENT))
		return;
	gunyah_mem_runs_free(&region->runs, NULL);
	if (region->use)
		gunyah_memuse_open(region->use);
	if (region->lent) {
		gunyah_lent_open(region->lent);
		gunyah_lent_put(region->lent);
		region->lent = NULL;
	}
}

/**
 * gunyah_region_pages() - where the pages of a region are
 * @region: the region, lent, for which gunyah_region_close() was called
 * @first: gets the offset of the region's first page in them
 *
 * Context: Process context or worker.
 * Return: the pages; those of a memory file have no gaps.
 */
struct gunyah_pages *gunyah_region_pages(struct gunyah_mem_region *region,
					 unsigned long *first)
{
	if (region->use)
		return gunyah_memuse_pages(region->use, first);
	*first = 0;
	return &region->lent->pages;
}

/**
 * gunyah_region_charged() - how much of a region is charged
 * @region: the region, the lock of its VM is held
 *
 * Without that of a memory file, which is charged when it is made.
 *
 * Context: Process context.
 * Return: number of pages that are charged to the address space of the VM's
 * creator.
 */
unsigned long gunyah_region_charged(const struct gunyah_mem_region *region)
{
	return region->charged +
	       (region->lent ? READ_ONCE(region->lent->charged) : 0);
}

/**
 * gunyah_region_free() - free a region that is on no list and in no parcel
 * @region: the region
 *
 * Memory that the firmware may still have is never used again: its pages stay
 * allocated or pinned, and charged.
 *
 * Context: Process context or worker.
 */
void gunyah_region_free(struct gunyah_mem_region *region)
{
	if (region->lost || region->use || region->flags & GH_MEM_LENT)
		gunyah_mem_runs_free(&region->runs, NULL);
	else
		gunyah_mem_unpin(region);
	if (!region->lost) {
		gunyah_region_open(region);
		if (region->use)
			gunyah_memuse_put(region->use);
		account_locked_vm(region->mm, region->charged, false);
	} else {
		/* Unless user space maps them, nothing points to them from now on */
		kmemleak_not_leak(region->lent);
		kmemleak_not_leak(region->use);
	}
	mmdrop(region->mm);
	kfree(region);
}

/**
 * gunyah_mem_check() - check what does not depend on the VM
 * @arg: the user's request, size not 0
 *
 * Context: Any.
 * Return: 0, -EINVAL, -EOVERFLOW, -EFAULT, -ENOMEM.
 */
int gunyah_mem_check(const struct gh_userspace_memory_region *arg)
{
	u64 end;

	if (arg->flags & ~GUNYAH_MEM_FLAGS)
		return -EINVAL;
	/* Everything that Gunyah knows can at least be read */
	if (!(arg->flags & GH_MEM_ALLOW_READ))
		return -EINVAL;
	if (arg->flags & GH_MEM_HOTPLUG &&
	    ~arg->flags & GUNYAH_MEM_HOTPLUG_FLAGS)
		return -EINVAL;
	if (arg->flags & GH_MEM_PAGED &&
	    (arg->flags & (GH_MEM_LENT | GH_MEM_HOTPLUG)) != GH_MEM_LENT)
		return -EINVAL;
	if (!PAGE_ALIGNED(arg->guest_phys_addr) ||
	    !PAGE_ALIGNED(arg->memory_size) ||
	    !PAGE_ALIGNED(arg->userspace_addr))
		return -EINVAL;
	if (check_add_overflow(arg->guest_phys_addr, arg->memory_size, &end))
		return -EOVERFLOW;
	if (arg->userspace_addr != (unsigned long)arg->userspace_addr)
		return -EFAULT;
	/* Also keeps every sum of pages within an unsigned long */
	if (arg->memory_size >> PAGE_SHIFT > totalram_pages())
		return -ENOMEM;
	if (!access_ok((void __user *)(unsigned long)arg->userspace_addr,
		       arg->memory_size))
		return -EFAULT;
	return 0;
}

/**
 * gunyah_region_find() - find a region by its label
 * @vm: VM, its lock is held
 * @label: the user's label
 *
 * Context: Process context or worker.
 * Return: the region, or NULL.
 */
struct gunyah_mem_region *gunyah_region_find(struct gunyah_vm *vm, u32 label)
{
	struct gunyah_mem_region *region;

	lockdep_assert_held(&vm->lock);

	list_for_each_entry(region, &vm->regions, list)
		if (region->label == label)
			return region;
	return NULL;
}

/**
 * gunyah_region_find_gpa() - find the region that a guest address is in
 * @vm: VM, its lock is held
 * @gpa: guest physical address
 *
 * Context: Process context or worker.
 * Return: the region, or NULL.
 */
struct gunyah_mem_region *gunyah_region_find_gpa(struct gunyah_vm *vm, u64 gpa)
{
	struct gunyah_mem_region *region;

	lockdep_assert_held(&vm->lock);

	list_for_each_entry(region, &vm->regions, list)
		if (gpa >= region->gpa && gpa - region->gpa < region->size)
			return region;
	return NULL;
}

/**
 * gunyah_region_check_free() - check that label and range are free
 * @vm: VM, its lock is held
 * @label: the label
 * @gpa: guest physical address
 * @size: size in bytes; @gpa + @size does not wrap
 *
 * Context: Process context or worker.
 * Return: 0 or -EEXIST.
 */
int gunyah_region_check_free(struct gunyah_vm *vm, u32 label, u64 gpa, u64 size)
{
	struct gunyah_mem_region *region;

	lockdep_assert_held(&vm->lock);

	list_for_each_entry(region, &vm->regions, list) {
		if (region->label == label)
			return -EEXIST;
		/* Neither end wraps, so neither difference does */
		if (region->gpa <= gpa ? gpa - region->gpa < region->size :
					 region->gpa - gpa < size)
			return -EEXIST;
	}
	return 0;
}

/**
 * gunyah_region_insert() - add a region to a VM
 * @vm: VM, its lock is held
 * @region: the region, gunyah_region_check_free()
 *
 * The list is in the order of guest addresses: neighbours there are neighbours
 * in the list.
 *
 * Context: Process context or worker.
 */
void gunyah_region_insert(struct gunyah_vm *vm,
			  struct gunyah_mem_region *region)
{
	struct gunyah_mem_region *next;

	lockdep_assert_held(&vm->lock);

	list_for_each_entry(next, &vm->regions, list)
		if (next->gpa > region->gpa)
			break;
	/* Without a next one this is the head */
	list_add_tail(&region->list, &next->list);
}

/**
 * gunyah_regions_read() - read memory of a VM that was not given away
 * @vm: VM, its lock is held; gunyah_region_close() was called for lent regions,
 *	and they are in no parcel
 * @gpa: guest physical address
 * @buf: where to
 * @size: size in bytes; @gpa + @size does not wrap
 *
 * Context: Process context.
 * Return: 0, or -EFAULT (not all of it is memory).
 */
int gunyah_regions_read(struct gunyah_vm *vm, u64 gpa, void *buf, size_t size)
{
	struct gunyah_mem_region *region;
	size_t len;
	int ret;

	while (size) {
		region = gunyah_region_find_gpa(vm, gpa);
		if (!region)
			return -EFAULT;
		len = min_t(u64, size, region->size - (gpa - region->gpa));
		ret = gunyah_mem_runs_read(&region->runs, gpa - region->gpa,
					   buf, len);
		if (ret)
			return ret;
		gpa += len;
		buf += len;
		size -= len;
	}
	return 0;
}

/*
 * Memory that is to be lent can be moved to one region only. With a memory file
 * the address does not matter: see gunyah_memuse_lend().
 */
static bool mem_is_lent_twice(struct gunyah_vm *vm,
			      const struct gh_userspace_memory_region *arg)
{
	unsigned long start = arg->userspace_addr;
	struct gunyah_mem_region *region;

	if (!(arg->flags & GH_MEM_LENT))
		return false;
	list_for_each_entry(region, &vm->regions, list)
		if (region->flags & GH_MEM_LENT && !region->lent &&
		    !region->use && region->uaddr < start + arg->memory_size &&
		    start < region->uaddr + region->size)
			return true;
	return false;
}

/* The pages of a memory file are there, and charged */
static int mem_use(struct gunyah_mem_region *region,
		   const struct mem_file_range *range)
{
	bool shared = !(region->flags & GH_MEM_LENT);
	struct gunyah_memuse *use;
	int ret = 0;

	use = gunyah_memuse_new(range->file, range->first,
				region->size >> PAGE_SHIFT, shared);
	if (IS_ERR(use))
		return PTR_ERR(use);
	region->charged = 0;
	if (shared)
		ret = gunyah_memuse_add_runs(use, &region->runs);
	if (ret) {
		gunyah_mem_runs_free(&region->runs, NULL);
		gunyah_memuse_put(use);
		return ret;
	}
	region->use = use;
	return 0;
}

/* Charge a region to the caller, and pin it if it is shared */
static int mem_take(struct gunyah_mem_region *region)
{
	int ret;

	ret = gunyah_pages_charge(region->mm, region->charged);
	if (ret)
		return ret;
	if (!(region->flags & GH_MEM_LENT))
		ret = gunyah_mem_pin(region);
	if (ret)
		account_locked_vm(region->mm, region->charged, false);
	return ret;
}

/**
 * gunyah_region_check() - check that a VM can have a region, as far as it is known
 * @vm: VM, its lock is held
 * @arg: the user's request, gunyah_mem_check()
 *
 * Context: Process context.
 * Return: 0, -EPERM, -EEXIST, -EOPNOTSUPP.
 */
int gunyah_region_check(struct gunyah_vm *vm,
			const struct gh_userspace_memory_region *arg)
{
	int ret;

	lockdep_assert_held(&vm->lock);

	if (current->mm != vm->mm)
		return -EPERM;
	ret = gunyah_region_check_free(vm, arg->label, arg->guest_phys_addr,
				       arg->memory_size);
	if (ret)
		return ret;
	if (arg->flags & GH_MEM_LENT && !gunyah_hide_allowed())
		return -EOPNOTSUPP;
	if (arg->flags & GH_MEM_PAGED && !vm->host->can_page)
		return -EOPNOTSUPP;
	return mem_is_lent_twice(vm, arg) ? -EEXIST : 0;
}

/**
 * gunyah_region_new() - make a region of user memory
 * @vm: the VM
 * @arg: the user's request, gunyah_region_check()
 *
 * Context: Process context of the VM's creator; sleeps for as long as user space
 * lets its memory wait.
 * Return: the region, on no list yet, or an ERR_PTR: -EFAULT, -EOPNOTSUPP, -EBUSY
 * (a memory file, a part of which is lent), -ENOMEM, -EINTR.
 */
struct gunyah_mem_region *
gunyah_region_new(struct gunyah_vm *vm,
		  const struct gh_userspace_memory_region *arg)
{
	struct mem_file_range range = {};
	struct gunyah_mem_region *region;
	int ret;

	region = kzalloc(sizeof(*region), GFP_KERNEL_ACCOUNT);
	if (!region)
		return ERR_PTR(-ENOMEM);
	INIT_LIST_HEAD(&region->siblings);
	region->label = arg->label;
	region->flags = arg->flags;
	region->gpa = arg->guest_phys_addr;
	region->size = arg->memory_size;
	region->uaddr = arg->userspace_addr;
	region->charged = arg->memory_size >> PAGE_SHIFT;
	region->mm = vm->mm;
	gunyah_mem_runs_init(&region->runs);

	ret = mem_check_vmas(region, &range);
	if (!ret)
		ret = range.file ? mem_use(region, &range) : mem_take(region);
	if (range.file)
		fput(range.file);
	if (ret) {
		kfree(region);
		return ERR_PTR(ret);
	}
	mmgrab(region->mm);
	return region;
}
