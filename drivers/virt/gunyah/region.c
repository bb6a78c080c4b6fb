// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory regions of a VM: what user space registers
 *
 * Shared memory is the user's own: its pages are pinned when the region is
 * added. Lent memory is moved: when the VM starts, its content is copied into
 * blocks that the driver allocates, as large as they can be had. Nobody else
 * can hold a reference to those, and they make few memory entries.
 *
 * The only file that pins pages and that reads memory regions of user space.
 */

#define pr_fmt(fmt) "gunyah: " fmt

#include <linux/err.h>
#include <linux/hugetlb.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/shmem_fs.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "lent.h"
#include "region.h"
#include "vm.h"

/* Pages pinned between two looks at signals */
#define MEM_BATCH		(PAGE_SIZE / sizeof(struct page *))

/*
 * Memory whose content somebody else would read or write back later, or that
 * is no memory at all, cannot be given away.
 */
static bool mem_vma_allowed(struct vm_area_struct *vma)
{
	if (vma->vm_flags & (VM_IO | VM_PFNMAP | VM_MIXEDMAP))
		return false;
	if (vma_is_anonymous(vma) || is_vm_hugetlb_page(vma))
		return true;
	return vma->vm_file && vma->vm_file->f_mapping &&
	       shmem_mapping(vma->vm_file->f_mapping);
}

static int mem_check_vmas_locked(unsigned long start, unsigned long size)
{
	struct mm_struct *mm = current->mm;
	unsigned long addr = start;
	struct vm_area_struct *vma;

	mmap_assert_locked(mm);

	while (addr < start + size) {
		vma = vma_lookup(mm, addr);
		if (!vma || !(vma->vm_flags & VM_WRITE))
			return -EFAULT;
		if (!mem_vma_allowed(vma))
			return -EOPNOTSUPP;
		addr = vma->vm_end;
	}
	return 0;
}

static int mem_check_vmas(unsigned long start, unsigned long size)
{
	int ret;

	if (mmap_read_lock_killable(current->mm))
		return -EINTR;
	ret = mem_check_vmas_locked(start, size);
	mmap_read_unlock(current->mm);
	return ret;
}

/*
 * Pin pages of memory that may be given away: checked and pinned under one lock,
 * as another thread may map something else meanwhile.
 */
static long mem_pin_batch(unsigned long addr, unsigned long count,
			  struct page **pages)
{
	long ret;

	if (mmap_read_lock_killable(current->mm))
		return -EINTR;
	ret = mem_check_vmas_locked(addr, count << PAGE_SHIFT);
	if (!ret)
		ret = pin_user_pages(addr, count, FOLL_WRITE | FOLL_LONGTERM,
				     pages) ?: -EFAULT;
	mmap_read_unlock(current->mm);
	return ret;
}

static void mem_unpin_run(const struct gunyah_mem_run *run)
{
	unpin_user_page_range_dirty_lock(pfn_to_page(run->pfn), run->count,
					 true);
}

static int mem_pin(struct gunyah_mem_region *region)
{
	unsigned long addr = region->uaddr;
	unsigned long left = region->size >> PAGE_SHIFT;
	struct page **pages;
	long pinned, i;
	int ret = 0;

	pages = (struct page **)__get_free_page(GFP_KERNEL_ACCOUNT);
	if (!pages)
		return -ENOMEM;

	while (left) {
		if (fatal_signal_pending(current)) {
			ret = -EINTR;
			break;
		}
		pinned = mem_pin_batch(addr, min_t(unsigned long, left,
						   MEM_BATCH), pages);
		if (pinned < 0) {
			ret = pinned;
			break;
		}
		for (i = 0; i < pinned; i++) {
			ret = gunyah_mem_runs_add(&region->runs,
						  page_to_pfn(pages[i]), 1, true);
			if (ret)
				break;
		}
		if (ret) {
			unpin_user_pages(pages + i, pinned - i);
			break;
		}
		addr += pinned << PAGE_SHIFT;
		left -= pinned;
		cond_resched();
	}

	free_page((unsigned long)pages);
	if (ret)
		gunyah_mem_runs_free(&region->runs, mem_unpin_run);
	return ret;
}

/**
 * gunyah_mem_release() - let go of a region that is on no list any more
 * @region: the region
 *
 * Memory that the firmware may still have is never used again: its pages stay
 * allocated or pinned, and charged.
 *
 * Context: Process context or worker.
 */
void gunyah_mem_release(struct gunyah_mem_region *region)
{
	if (region->parcel.created || region->parcel.lost) {
		pr_err("%llu KiB of memory are lost to the firmware until reboot\n",
		       region->size / SZ_1K);
		gunyah_mem_runs_free(&region->runs, NULL);
	} else {
		if (region->flags & GH_MEM_LENT)
			gunyah_mem_free(region);
		else
			gunyah_mem_runs_free(&region->runs, mem_unpin_run);
		account_locked_vm(region->mm, region->charged, false);
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
 * gunyah_mem_find_label() - find a region by its label
 * @vm: VM, its lock is held
 * @label: the user's label
 *
 * Context: Process context or worker.
 * Return: the region, or NULL.
 */
struct gunyah_mem_region *gunyah_mem_find_label(struct gunyah_vm *vm,
						u32 label)
{
	struct gunyah_mem_region *region;

	lockdep_assert_held(&vm->lock);

	list_for_each_entry(region, &vm->regions, list)
		if (region->label == label)
			return region;
	return NULL;
}

/**
 * gunyah_mem_may_enter() - whether there is room for a region
 * @vm: VM, its lock is held
 * @label: its label
 * @gpa: guest physical address
 * @size: size in bytes; @gpa + @size does not wrap
 *
 * Context: Process context or worker.
 * Return: 0 or -EEXIST.
 */
int gunyah_mem_may_enter(struct gunyah_vm *vm, u32 label, u64 gpa, u64 size)
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
 * gunyah_mem_new() - make a region of user memory
 * @vm: VM, its lock is held
 * @arg: the user's request, checked
 *
 * Context: Process context.
 * Return: the region, on no list yet, or an ERR_PTR: -EPERM, -EEXIST, -EFAULT,
 * -EOPNOTSUPP, -ENOMEM, -EINTR.
 */
struct gunyah_mem_region *
gunyah_mem_new(struct gunyah_vm *vm,
	       const struct gh_userspace_memory_region *arg)
{
	struct gunyah_mem_region *region;
	int ret;

	lockdep_assert_held(&vm->lock);

	if (current->mm != vm->mm)
		return ERR_PTR(-EPERM);
	ret = gunyah_mem_may_enter(vm, arg->label, arg->guest_phys_addr,
				   arg->memory_size);
	if (ret)
		return ERR_PTR(ret);
	ret = mem_check_vmas(arg->userspace_addr, arg->memory_size);
	if (ret)
		return ERR_PTR(ret);

	region = kzalloc(sizeof(*region), GFP_KERNEL_ACCOUNT);
	if (!region)
		return ERR_PTR(-ENOMEM);
	region->label = arg->label;
	region->flags = arg->flags;
	region->gpa = arg->guest_phys_addr;
	region->size = arg->memory_size;
	region->uaddr = arg->userspace_addr;
	region->charged = arg->memory_size >> PAGE_SHIFT;
	region->mm = vm->mm;
	gunyah_mem_runs_init(&region->runs);

	ret = account_locked_vm(region->mm, region->charged, true);
	if (ret) {
		pr_info_ratelimited("%s (%d): %llu KiB for a VM exceed RLIMIT_MEMLOCK\n",
				    current->comm, task_pid_nr(current),
				    region->size / SZ_1K);
		goto err_free;
	}
	if (!(region->flags & GH_MEM_LENT)) {
		ret = mem_pin(region);
		if (ret)
			goto err_uncharge;
	}
	mmgrab(region->mm);
	return region;

err_uncharge:
	account_locked_vm(region->mm, region->charged, false);
err_free:
	kfree(region);
	return ERR_PTR(ret);
}

/**
 * gunyah_mem_find() - find the region that contains a guest range
 * @vm: VM, its lock is held
 * @gpa: guest physical address
 * @size: size in bytes; @gpa + @size does not wrap
 *
 * Context: Process context.
 * Return: the region that contains all of it, or NULL.
 */
struct gunyah_mem_region *gunyah_mem_find(struct gunyah_vm *vm, u64 gpa,
					  u64 size)
{
	struct gunyah_mem_region *region;

	lockdep_assert_held(&vm->lock);

	list_for_each_entry(region, &vm->regions, list)
		if (gpa >= region->gpa && size <= region->size &&
		    gpa - region->gpa <= region->size - size)
			return region;
	return NULL;
}
