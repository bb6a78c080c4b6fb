// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory parcels: giving regions to a VM and getting them back
 */

#define pr_fmt(fmt) "gunyah: " fmt

#include <linux/errno.h>
#include <linux/lockdep.h>
#include <linux/pfn.h>

#include "host.h"
#include "parcel.h"
#include "region.h"
#include "trace.h"
#include "vm.h"

/**
 * struct parcel_iter - the runs of a region as memory entries
 * @iter: what the message layer sees
 * @run: position
 */
struct parcel_iter {
	struct gunyah_rm_mem_iter iter;
	struct gunyah_mem_run_iter run;
};

static bool parcel_next(struct gunyah_rm_mem_iter *iter, u64 *addr, u64 *size)
{
	struct parcel_iter *it = container_of(iter, struct parcel_iter, iter);
	const struct gunyah_mem_run *run = gunyah_mem_run_iter_next(&it->run);

	if (!run)
		return false;
	*addr = PFN_PHYS(run->pfn);
	*size = (u64)run->count << PAGE_SHIFT;
	return true;
}

static u8 parcel_perms(u32 flags)
{
	u8 perms = 0;

	if (flags & GH_MEM_ALLOW_READ)
		perms |= GUNYAH_RM_ACL_R;
	if (flags & GH_MEM_ALLOW_WRITE)
		perms |= GUNYAH_RM_ACL_W;
	if (flags & GH_MEM_ALLOW_EXEC)
		perms |= GUNYAH_RM_ACL_X;
	return perms;
}

/**
 * gunyah_parcel_give() - give a region to the VM
 * @vm: VM, its lock is held
 * @region: the region
 * @label: what the VM knows it by
 *
 * Context: Worker, may sleep.
 * Return: 0 or a negative errno; the parcel tells what is to be undone.
 */
int gunyah_parcel_give(struct gunyah_vm *vm, struct gunyah_mem_region *region,
		       u32 label)
{
	struct gunyah_rm_mem_parcel *parcel = &region->parcel;
	struct parcel_iter it = {
		.iter.count = region->runs.num_runs,
		.iter.next = parcel_next,
	};
	int ret;

	lockdep_assert_held(&vm->lock);

	*parcel = (struct gunyah_rm_mem_parcel) {
		.label = label,
		.n_acl = 1,
		.acl[0] = { vm->vmid, parcel_perms(region->flags) },
	};
	if (region->flags & GH_MEM_LENT) {
		parcel->kind = GUNYAH_RM_MEM_LEND;
	} else {
		parcel->kind = GUNYAH_RM_MEM_SHARE;
		parcel->n_acl = 2;
		parcel->acl[1].vmid = vm->host->vmid;
		parcel->acl[1].perms = GUNYAH_RM_ACL_R | GUNYAH_RM_ACL_W |
				       GUNYAH_RM_ACL_X;
	}
	gunyah_mem_run_iter_init(&it.run, &region->runs);

	ret = gunyah_rm_mem_create(&vm->rm, parcel, &it.iter);
	trace_gunyah_mem_parcel(vm->vmid, label, parcel->handle,
				region->flags & GH_MEM_LENT,
				region->runs.num_runs, region->size, ret);
	return ret;
}

/**
 * gunyah_parcel_give_all() - give all regions to the VM
 * @vm: VM, its lock is held
 * @image: region with the devicetree. Its parcel has label 0 whatever the user
 *	calls it, since the resource manager takes an image under any other label
 *	for memory that the VM's devicetree has to describe.
 * @call: the start that this is a part of
 *
 * Context: Worker, may sleep.
 * Return: 0 or a negative errno; undone by gunyah_parcel_take_back_all() either
 * way.
 */
int gunyah_parcel_give_all(struct gunyah_vm *vm,
			   struct gunyah_mem_region *image,
			   struct gunyah_vm_call *call)
{
	struct gunyah_mem_region *region;
	int ret;

	lockdep_assert_held(&vm->lock);

	list_for_each_entry(region, &vm->regions, list) {
		if (gunyah_vm_call_abandoned(call))
			return -EINTR;
		ret = gunyah_parcel_give(vm, region,
					 region == image ? 0 : region->label);
		if (ret)
			return ret;
	}
	return 0;
}

/*
 * Whether what was lent has to be cleared. Until the VM was started it has the
 * content that its creator gave it, which another attempt needs.
 */
static bool parcel_sanitize(struct gunyah_vm *vm,
			    struct gunyah_mem_region *region)
{
	return (region->flags & GH_MEM_LENT) &&
	       vm->start_step >= GH_VM_START_STEP_START;
}

/**
 * gunyah_parcel_take_back() - get the memory of a region back
 * @vm: VM, its lock is held
 * @region: the region
 *
 * What was lent to a VM that was started is cleared by the firmware.
 *
 * Context: Worker, may sleep.
 * Return: 0, also if the firmware does not have it; -EBUSY (the VM has it) or
 * another negative errno.
 */
int gunyah_parcel_take_back(struct gunyah_vm *vm,
			    struct gunyah_mem_region *region)
{
	int ret;

	lockdep_assert_held(&vm->lock);

	if (!region->parcel.created)
		return 0;
	ret = gunyah_rm_mem_reclaim(&vm->rm, region->parcel.handle,
				    parcel_sanitize(vm, region));
	trace_gunyah_mem_reclaim(vm->vmid, region->parcel.handle, ret);
	if (!ret)
		region->parcel.created = false;
	return ret;
}

/**
 * gunyah_parcel_take_back_all() - get the memory of all regions back
 * @vm: VM, its lock is held
 *
 * Context: Worker, may sleep.
 * Return: 0 if all of it is back, or the first error. What is lost for good does
 * not count.
 */
int gunyah_parcel_take_back_all(struct gunyah_vm *vm)
{
	struct gunyah_mem_region *region;
	int err, ret = 0;

	lockdep_assert_held(&vm->lock);

	list_for_each_entry(region, &vm->regions, list) {
		err = gunyah_parcel_take_back(vm, region);
		ret = ret ?: err;
	}
	return ret;
}

/**
 * gunyah_parcel_lose_all() - leave to the firmware what it does not give back
 * @vm: VM, its lock is held
 *
 * Context: Worker.
 */
void gunyah_parcel_lose_all(struct gunyah_vm *vm)
{
	struct gunyah_mem_region *region;

	lockdep_assert_held(&vm->lock);

	list_for_each_entry(region, &vm->regions, list)
		if (region->parcel.created)
			region->parcel.lost = true;
}

/**
 * gunyah_parcel_any_lost() - whether the firmware may have memory without a name
 * @vm: VM, its lock is held
 *
 * It would be given to whoever gets the VMID next.
 *
 * Context: Worker.
 * Return: true if there is such memory.
 */
bool gunyah_parcel_any_lost(struct gunyah_vm *vm)
{
	struct gunyah_mem_region *region;

	lockdep_assert_held(&vm->lock);

	list_for_each_entry(region, &vm->regions, list)
		if (region->parcel.lost)
			return true;
	return false;
}
