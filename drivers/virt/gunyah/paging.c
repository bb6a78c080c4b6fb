// SPDX-License-Identifier: GPL-2.0-only
/*
 * Demand paging: memory that a VM gets page by page, when it needs it
 *
 * The resource manager knows the ranges, and the hypervisor reports each access to
 * a page that is not there. The vCPU's thread then gives the page to the VM, see
 * paged.c. The image, which has the devicetree, is still a parcel.
 *
 * No published firmware does this: what is not known of it is taken to be as
 * strict as can be.
 */

#define pr_fmt(fmt) "gunyah: " fmt

#include <linux/cleanup.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/minmax.h>
#include <linux/overflow.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "host.h"
#include "pages.h"
#include "paging.h"
#include "parcel.h"
#include "platform.h"
#include "region.h"
#include "resource.h"
#include "trace.h"
#include "vm.h"

/*
 * The hypervisor may have memory for its tables a little later if the host has
 * taken memory back in this time; how often, and how long at first, to wait
 */
#define RECLAIM_MS		500
#define FAULT_TRIES		6
#define FAULT_DELAY_MS		10

/* What GH_VM_RECLAIM_MEM does in one go; no block of pages is in two of them */
#define RECLAIM_STEP		(16ULL * GUNYAH_BLOCK_SIZE)

/*
 * Faults
 */

static struct gunyah_paged *paging_find(struct gunyah_paging *paging, u64 addr)
{
	unsigned int i;

	for (i = 0; i < paging->num; i++) {
		const struct gunyah_mem_region *region = paging->ranges[i].region;

		if (addr >= region->gpa && addr - region->gpa < region->size)
			return &paging->ranges[i];
	}
	return NULL;
}

/* Whether what the hypervisor has no memory for may be possible a little later */
static bool fault_may_pass(struct gunyah_vm *vm, unsigned long began)
{
	unsigned long reclaimed = READ_ONCE(vm->host->reclaimed);

	return reclaimed &&
	       time_before(began, reclaimed + msecs_to_jiffies(RECLAIM_MS));
}

/**
 * gunyah_paging_fault() - give a VM the page that it needs
 * @vm: the VM; the caller has one of its vCPUs, which is bound
 * @addr: guest physical address
 *
 * It can be repeated after an error, when the vCPU accesses the page again.
 *
 * Context: Process context, may sleep.
 * Return: 0: the vCPU may go on; -ENXIO: no such memory; -ENOMEM: the host has
 * none; -ENOBUFS: the hypervisor has none for its tables; -EINTR: a signal is
 * pending; -ESHUTDOWN: the machine goes down; -EINVAL (the platform's firmware
 * refuses), -EIO, -EOPNOTSUPP.
 */
int gunyah_paging_fault(struct gunyah_vm *vm, u64 addr)
{
	unsigned long began = jiffies;
	struct gunyah_paged *paged;
	unsigned int try;
	int ret;

	paged = vm->paging ? paging_find(vm->paging, addr) : NULL;
	if (!paged)
		return -ENXIO;
	for (try = 1; ; try++) {
		/* The end of all VMs has begun, perhaps without this one */
		if (READ_ONCE(vm->host->power) == GUNYAH_POWER_DOWN)
			return -ESHUTDOWN;
		ret = gunyah_paged_fault(vm, paged, addr);
		trace_gunyah_page_fault(vm->vmid, addr, ret);
		if (ret != -ENOBUFS || try == FAULT_TRIES ||
		    !fault_may_pass(vm, began))
			return ret;
		if (msleep_interruptible(FAULT_DELAY_MS << (try - 1)))
			return -EINTR;
	}
}

/*
 * Taking memory back
 */

/* Whether a range is in regions that are paged, without gaps */
static bool paging_covers(struct gunyah_paging *paging, u64 addr, u64 end)
{
	const struct gunyah_paged *paged;

	while (addr < end) {
		paged = paging_find(paging, addr);
		if (!paged)
			return false;
		addr = paged->region->gpa + paged->region->size;
	}
	return true;
}

static int paging_reclaim_locked(struct gunyah_vm *vm, u64 addr, u64 end)
{
	struct gunyah_paged *paged;
	u64 offset, left;
	int err, ret = 0;

	lockdep_assert_held(&vm->lock);

	for (; addr < end; addr += left) {
		paged = paging_find(vm->paging, addr);
		offset = addr - paged->region->gpa;
		left = min(end - addr, paged->region->size - offset);
		err = gunyah_paged_take_back(vm, paged, offset >> PAGE_SHIFT,
					     (offset + left) >> PAGE_SHIFT);
		ret = ret ?: err;
	}
	return ret;
}

/* Whether the VM is in a state to give memory back, and has that range */
static int paging_reclaim_check(struct gunyah_vm *vm, u64 addr, u64 end)
{
	u32 state = gunyah_vm_state(vm);

	lockdep_assert_held(&vm->lock);

	if (state != GH_VM_STATE_RUNNING && state != GH_VM_STATE_EXITED)
		return -EBUSY;
	return vm->paging && paging_covers(vm->paging, addr, end) ? 0 : -ENXIO;
}

/**
 * gunyah_paging_reclaim() - GH_VM_RECLAIM_MEM
 * @vm: the VM
 * @addr: guest physical address
 * @size: size in bytes
 *
 * In steps: other calls for the VM, its end and signals need not wait for all.
 *
 * Context: Process context, may sleep.
 * Return: 0, -EINVAL, -EOVERFLOW, -EBUSY, -ENXIO (not all of it is paged),
 * -ENOBUFS, -EIO, -ENOMEM, -ERESTARTSYS.
 */
int gunyah_paging_reclaim(struct gunyah_vm *vm, u64 addr, u64 size)
{
	int err, ret, first = 0;
	u64 end, next;

	if (!size || !PAGE_ALIGNED(addr) || !PAGE_ALIGNED(size))
		return -EINVAL;
	if (check_add_overflow(addr, size, &end))
		return -EOVERFLOW;
	for (; addr < end; addr = next) {
		next = addr + min(end - addr,
				  RECLAIM_STEP - (addr & (RECLAIM_STEP - 1)));
		if (signal_pending(current) ||
		    mutex_lock_interruptible(&vm->lock))
			return -ERESTARTSYS;
		ret = paging_reclaim_check(vm, addr, end);
		if (!ret)
			err = paging_reclaim_locked(vm, addr, next);
		mutex_unlock(&vm->lock);
		if (ret)
			return ret;
		first = first ?: err;
	}
	return first;
}

/**
 * gunyah_paging_end() - take everything back that a VM got page by page
 * @vm: VM, its lock is held; no vCPU runs
 *
 * May be repeated.
 *
 * Context: Worker, may sleep.
 * Return: 0, or -EBUSY: some of it does not come back.
 */
int gunyah_paging_end(struct gunyah_vm *vm)
{
	struct gunyah_paging *paging = vm->paging;
	unsigned int i;
	int ret = 0;

	lockdep_assert_held(&vm->lock);

	for (i = 0; paging && i < paging->num; i++) {
		struct gunyah_paged *paged = &paging->ranges[i];
		int err = gunyah_paged_take_back(vm, paged, 0, paged->count);

		if (err)
			pr_err_ratelimited("VM %u: the firmware does not give %lu KiB back that it got page by page: %d\n",
					   paging->vmid,
					   paged->num_out << (PAGE_SHIFT - 10),
					   err);
		else if (vm->ran)
			gunyah_paged_clear(paged);
		if (err)
			ret = -EBUSY;
	}
	return ret;
}

/*
 * Start
 */

static int paged_init(struct gunyah_paged *paged,
		      struct gunyah_mem_region *region)
{
	paged->region = region;
	paged->pages = gunyah_region_pages(region, &paged->first);
	paged->count = region->size >> PAGE_SHIFT;
	paged->out = kvcalloc(BITS_TO_LONGS(paged->count), sizeof(long),
			      GFP_KERNEL_ACCOUNT);
	paged->donated = kvcalloc(BITS_TO_LONGS(paged->count), sizeof(long),
				  GFP_KERNEL_ACCOUNT);
	region->paged = paged;
	return paged->out && paged->donated ? 0 : -ENOMEM;
}

/**
 * gunyah_paging_prepare() - make everything ready to page a VM
 * @vm: VM, its lock is held; gunyah_region_close() was called for its regions
 *
 * Does nothing if no region is paged. gunyah_paging_free() undoes it in any case.
 *
 * Context: Process context of the VM's creator.
 * Return: 0, -E2BIG (more regions than the resource manager can be told of),
 * -ENOMEM, -EOPNOTSUPP (the platform's module is missing).
 */
int gunyah_paging_prepare(struct gunyah_vm *vm)
{
	const struct gunyah_platform_ops *platform;
	struct gunyah_mem_region *region;
	struct gunyah_paging *paging;
	unsigned int num = 0;
	int ret;

	lockdep_assert_held(&vm->lock);

	list_for_each_entry(region, &vm->regions, list)
		if (region->flags & GH_MEM_PAGED)
			num++;
	if (!num)
		return 0;
	if (num > GUNYAH_RM_MAX_RANGES)
		return -E2BIG;
	platform = gunyah_platform_get(vm->host->hyp.platform);
	if (IS_ERR(platform))
		return PTR_ERR(platform);
	paging = kvzalloc(struct_size(paging, ranges, num), GFP_KERNEL_ACCOUNT);
	if (!paging) {
		gunyah_platform_put(platform);
		return -ENOMEM;
	}
	mutex_init(&paging->lock);
	paging->platform = platform;
	vm->paging = paging;
	list_for_each_entry(region, &vm->regions, list) {
		if (!(region->flags & GH_MEM_PAGED))
			continue;
		/* It counts the elements: first, and then the access */
		paging->num++;
		ret = paged_init(&paging->ranges[paging->num - 1], region);
		if (ret)
			return ret;
	}
	return 0;
}

/* What the firmware keeps is never used again */
static void paged_free(struct gunyah_vm *vm, struct gunyah_paged *paged)
{
	struct gunyah_mem_region *region = paged->region;

	if (paged->num_out) {
		pr_err("%lu KiB of memory are lost to the firmware until reboot\n",
		       paged->num_out << (PAGE_SHIFT - 10));
		/* A machine that hibernates would read it */
		atomic64_inc(&vm->host->mem_entries);
		region->lost = true;
	}
	region->paged = NULL;
	kvfree(paged->out);
	kvfree(paged->donated);
}

/**
 * gunyah_paging_free() - undo gunyah_paging_prepare()
 * @vm: VM, its lock is held; no vCPU runs
 *
 * What did not come back is lost for its region.
 *
 * Context: Process context or worker.
 */
void gunyah_paging_free(struct gunyah_vm *vm)
{
	struct gunyah_paging *paging = vm->paging;
	unsigned int i;

	lockdep_assert_held(&vm->lock);

	if (!paging)
		return;
	for (i = 0; i < paging->num; i++)
		paged_free(vm, &paging->ranges[i]);
	vm->paging = NULL;
	gunyah_platform_put(paging->platform);
	mutex_destroy(&paging->lock);
	kvfree(paging);
}

/**
 * gunyah_paging_announce() - tell the resource manager what is paged
 * @vm: VM, its lock is held; configured, not initialised
 * @image: parcel with the image, which the resource manager places
 *
 * Context: Worker, may sleep.
 * Return: 0 or a negative errno.
 */
int gunyah_paging_announce(struct gunyah_vm *vm,
			   const struct gunyah_parcel *image)
{
	struct gunyah_paging *paging = vm->paging;
	struct gunyah_rm_range *ranges __free(kvfree) = NULL;
	struct gunyah_mem_region *region;
	u32 i, num = 0;
	int ret;

	lockdep_assert_held(&vm->lock);

	if (!paging)
		return 0;
	ranges = kvcalloc(paging->num, sizeof(*ranges), GFP_KERNEL);
	if (!ranges)
		return -ENOMEM;
	for (i = 0; i < paging->num; i++) {
		region = paging->ranges[i].region;
		ranges[num++] = (struct gunyah_rm_range) {
			region->gpa, region->size,
		};
	}
	ret = gunyah_rm_vm_set_paging(&vm->rm, vm->vmid, ranges, num);
	if (ret)
		return ret;
	return gunyah_rm_vm_set_address_layout(&vm->rm, vm->vmid,
					       GUNYAH_RM_RANGE_IMAGE,
					       image->gpa, image->size);
}

/*
 * Take a capability from the resources of a VM: there has to be one with that type
 * and label, and no other
 */
static int paging_take_cap(struct gunyah_vm *vm, u8 type, u32 label, u64 *capid)
{
	const struct gunyah_resource *resource;
	unsigned int found = 0;

	list_for_each_entry(resource, &vm->resources, list) {
		if (resource->type != type || resource->label != label)
			continue;
		*capid = resource->capid;
		found++;
	}
	return found == 1 ? 0 : -EIO;
}

/**
 * gunyah_paging_bind() - get the capabilities to page a VM
 * @vm: VM, its lock is held; gunyah_resources_get() was called
 *
 * Context: Worker.
 * Return: 0, or -EIO: the resource manager's answer is not good.
 */
int gunyah_paging_bind(struct gunyah_vm *vm)
{
	struct gunyah_paging *paging = vm->paging;
	unsigned int i;
	int ret;

	lockdep_assert_held(&vm->lock);

	if (!paging)
		return 0;
	paging->vmid = vm->vmid;
	ret = paging_take_cap(vm, GUNYAH_RM_RESOURCE_ADDRSPACE, 0,
			      &paging->space);
	for (i = 0; !ret && i < GUNYAH_RM_EXTENTS; i++)
		ret = paging_take_cap(vm, GUNYAH_RM_RESOURCE_MEMEXTENT, i,
				      &paging->extents[i]);
	return ret;
}
