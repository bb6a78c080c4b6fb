// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of a VM: what becomes of it at the start, and what comes and goes later
 *
 * At the start regions become parcels. The resource manager puts only two kinds
 * of parcels at the guest address that the VMM wants: the image, and those that
 * a virtual device of the VM's devicetree names by their label. So lent regions
 * around the devicetree that no device names, without gaps, become one parcel
 * with it, the image, and every other lent region needs such a device.
 *
 * All that the driver refuses is refused before the first message, and can be
 * repeated. It is read in the pages that the VM gets. Whoever creates the VM can
 * still change those that are shared until the resource manager reads them.
 *
 * While a VM runs a worker asks the resource manager: the caller may be killed
 * at any time, and yet it is always known who has the memory.
 */

#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/slab.h>

#include "dtb.h"
#include "firmware.h"
#include "host.h"
#include "paging.h"
#include "parcel.h"
#include "platform.h"
#include "region.h"
#include "vm.h"
#include "vm_mem.h"

static bool allow_static_vcpus;
module_param(allow_static_vcpus, bool, 0644);
MODULE_PARM_DESC(allow_static_vcpus,
		 "Start VMs whose vCPUs the hypervisor schedules; the published resource manager dies when one faults, halts or is stopped (N)");

/*
 * Start
 */

static int mem_refuse(struct gunyah_vm *vm, int ret, u32 reason, u32 label)
{
	gunyah_vm_refuse_start(vm, reason, label);
	return ret;
}

/**
 * struct mem_range - regions of a VM that follow each other without gaps
 * @first: the first of them
 * @last: the last of them
 */
struct mem_range {
	struct gunyah_mem_region *first;
	struct gunyah_mem_region *last;
};

static u64 mem_range_size(const struct mem_range *range)
{
	return range->last->gpa - range->first->gpa + range->last->size;
}

/* Whether two neighbours in the list can be one parcel */
static bool mem_can_join(const struct gunyah_vm *vm,
			 const struct gunyah_mem_region *low,
			 const struct gunyah_mem_region *high,
			 const struct gunyah_dtb_info *info)
{
	return low->flags & GH_MEM_LENT && low->flags == high->flags &&
	       low->gpa + low->size == high->gpa &&
	       !gunyah_firmware_is_in(vm, low) &&
	       !gunyah_firmware_is_in(vm, high) &&
	       !gunyah_dtb_has_place(info, low->label) &&
	       !gunyah_dtb_has_place(info, high->label);
}

/* Find the regions that become the image. Returns 0, or -EINVAL: no such. */
static int mem_find_image(struct gunyah_vm *vm,
			  const struct gunyah_dtb_info *info,
			  struct mem_range *image)
{
	struct gunyah_mem_region *region;
	u64 offset;

	region = vm->dtb_size ? gunyah_region_find_gpa(vm, vm->dtb_gpa) : NULL;
	if (!region)
		return -EINVAL;
	image->first = region;
	image->last = region;
	list_for_each_entry_continue_reverse(region, &vm->regions, list) {
		if (!mem_can_join(vm, region, image->first, info))
			break;
		image->first = region;
	}
	region = image->last;
	list_for_each_entry_continue(region, &vm->regions, list) {
		if (!mem_can_join(vm, image->last, region, info))
			break;
		image->last = region;
	}
	offset = vm->dtb_gpa - image->first->gpa;
	if (vm->dtb_size > mem_range_size(image) - offset)
		return -EINVAL;
	return 0;
}

/* The first look at the devicetree is at the one that the VM will have */
static int mem_scan_dtb(struct gunyah_vm *vm, struct gunyah_dtb_info *info)
{
	u8 header[40];
	size_t size;
	int ret;

	ret = gunyah_regions_read(vm, vm->dtb_gpa, header, sizeof(header));
	if (ret)
		return ret;
	/* The resource manager says what is wrong with anything else */
	if (!gunyah_dtb_has_header(header, vm->dtb_size, &size))
		return 0;
	if (size > GUNYAH_DTB_MAX_SIZE)
		return mem_refuse(vm, -EINVAL, GH_VM_START_REASON_DTB_UNSAFE,
				  0);

	void *dtb __free(kvfree) = kvmalloc(size, GFP_KERNEL_ACCOUNT);

	if (!dtb)
		return -ENOMEM;
	ret = gunyah_regions_read(vm, vm->dtb_gpa, dtb, size);
	if (!ret)
		ret = gunyah_dtb_scan(dtb, size, info);
	if (ret == -EINVAL)
		return mem_refuse(vm, ret, info->reason, 0);
	return ret;
}

static bool mem_is_image(const struct gunyah_mem_region *region,
			 const struct mem_range *image)
{
	return region->gpa >= image->first->gpa &&
	       region->gpa <= image->last->gpa;
}

/*
 * What is neither the image nor for the firmware needs a label of its own, and if
 * it is lent a place
 */
static int mem_check_others(struct gunyah_vm *vm,
			    const struct gunyah_dtb_info *info,
			    const struct mem_range *image)
{
	struct gunyah_mem_region *region;

	/* No parcel is made of memory that is paged */
	list_for_each_entry(region, &vm->regions, list)
		if (!region->label && !mem_is_image(region, image) &&
		    !(region->flags & GH_MEM_PAGED) &&
		    !gunyah_firmware_is_in(vm, region))
			return mem_refuse(vm, -EEXIST,
					  GH_VM_START_REASON_LABEL_ZERO, 0);
	list_for_each_entry(region, &vm->regions, list)
		if ((region->flags & (GH_MEM_LENT | GH_MEM_PAGED)) ==
		    GH_MEM_LENT && !mem_is_image(region, image) &&
		    !gunyah_firmware_is_in(vm, region) &&
		    !gunyah_dtb_has_place(info, region->label))
			return mem_refuse(vm, -EINVAL,
					  GH_VM_START_REASON_NO_PLACE,
					  region->label);
	return 0;
}

static int mem_make_parcels(struct gunyah_vm *vm, const struct mem_range *image)
{
	struct gunyah_mem_region *region;
	struct gunyah_parcel *parcel;
	int ret;

	list_for_each_entry(region, &vm->regions, list) {
		if (region->flags & GH_MEM_PAGED)
			continue;
		if (mem_is_image(region, image) && region != image->first) {
			gunyah_parcel_extend(vm->image, region);
			continue;
		}
		parcel = gunyah_parcel_new(region);
		if (!parcel)
			return -ENOMEM;
		list_add_tail(&parcel->list, &vm->parcels);
		if (region == image->first)
			vm->image = parcel;
	}
	list_for_each_entry(parcel, &vm->parcels, list) {
		ret = gunyah_parcel_reserve(vm, parcel);
		if (ret == -EAGAIN)
			mem_refuse(vm, ret, GH_VM_START_REASON_MEM_ENTRIES,
				   parcel->label);
		if (ret)
			return ret;
	}
	return 0;
}

static int mem_close_lent(struct gunyah_vm *vm)
{
	struct gunyah_mem_region *region;
	int ret;

	list_for_each_entry(region, &vm->regions, list) {
		if (!(region->flags & GH_MEM_LENT))
			continue;
		ret = gunyah_region_close(region);
		if (ret == -EBUSY)
			return mem_refuse(vm, ret,
					  GH_VM_START_REASON_MEM_BUSY,
					  region->label);
		if (ret)
			return ret;
	}
	return 0;
}

static int mem_prepare(struct gunyah_vm *vm, struct gunyah_dtb_info *info)
{
	struct mem_range image;
	int ret;

	/* Still empty: this finds the largest image that there can be */
	if (mem_find_image(vm, info, &image))
		return mem_refuse(vm, -EINVAL, GH_VM_START_REASON_NO_DTB, 0);
	if (image.first->flags & GH_MEM_PAGED)
		return mem_refuse(vm, -EINVAL, GH_VM_START_REASON_DTB_PAGED,
				  image.first->label);
	ret = gunyah_firmware_check(vm);
	if (!ret)
		ret = mem_close_lent(vm);
	if (!ret)
		ret = gunyah_paging_prepare(vm);
	if (ret)
		return ret;
	ret = mem_scan_dtb(vm, info);
	if (ret)
		return ret;
	if (info->static_vcpus && !READ_ONCE(allow_static_vcpus))
		return mem_refuse(vm, -EOPNOTSUPP,
				  GH_VM_START_REASON_STATIC_VCPUS, 0);
	if (mem_find_image(vm, info, &image))
		return mem_refuse(vm, -EINVAL, GH_VM_START_REASON_NO_DTB, 0);
	ret = mem_check_others(vm, info, &image);
	if (ret)
		return ret;
	vm->channel = info->channel;
	vm->clock = info->clock;
	return mem_make_parcels(vm, &image);
}

/* Before anything is done in vain */
static int mem_prepare_on(struct gunyah_vm *vm, struct gunyah_dtb_info *info)
{
	const struct gunyah_platform_ops *platform;
	int ret;

	platform = gunyah_platform_get(vm->host->hyp.platform);
	if (IS_ERR(platform))
		return mem_refuse(vm, PTR_ERR(platform),
				  GH_VM_START_REASON_PLATFORM, 0);
	ret = mem_prepare(vm, info);
	gunyah_platform_put(platform);
	return ret;
}

/**
 * gunyah_vm_prepare_mem() - make everything ready to give a VM its memory
 * @vm: VM, its lock is held; a start that was refused before is no matter
 *
 * Context: Process context of the VM's creator.
 * Return: 0, -EINVAL, -EOPNOTSUPP, -EEXIST, -EAGAIN, -EBUSY (see
 * gunyah_vm.start_reason; without a reason the machine is about to hibernate),
 * -ENOMEM, -EFAULT, -EINTR, -ESHUTDOWN (it goes down); nothing has changed then.
 */
int gunyah_vm_prepare_mem(struct gunyah_vm *vm)
{
	struct gunyah_dtb_info *info __free(kfree) =
		kzalloc(sizeof(*info), GFP_KERNEL_ACCOUNT);
	int ret;

	lockdep_assert_held(&vm->lock);

	if (!info)
		return -ENOMEM;
	ret = mem_prepare_on(vm, info);
	if (ret)
		gunyah_vm_discard_mem(vm);
	return ret;
}

/**
 * gunyah_vm_discard_mem() - undo gunyah_vm_prepare_mem()
 * @vm: VM, its lock is held; the firmware has no memory to reclaim
 *
 * The user can access what was to be lent, with its content. A parcel that is
 * lost stays.
 *
 * Context: Process context or worker.
 */
void gunyah_vm_discard_mem(struct gunyah_vm *vm)
{
	struct gunyah_parcel *parcel, *tmp;
	struct gunyah_mem_region *region;

	lockdep_assert_held(&vm->lock);

	gunyah_paging_free(vm);
	list_for_each_entry_safe(parcel, tmp, &vm->parcels, list)
		if (gunyah_parcel_is_ours(parcel))
			gunyah_parcel_free(vm, parcel);
	/* A region whose parcel stays is not back */
	list_for_each_entry(region, &vm->regions, list)
		if (!region->parcel && !region->lost)
			gunyah_region_open(region);
	vm->image = NULL;
}

/**
 * gunyah_vm_free_mem() - give all memory of a VM back to its owner
 * @vm: VM, its lock is held
 *
 * What the firmware still has is lost.
 *
 * Context: Process context or worker.
 */
void gunyah_vm_free_mem(struct gunyah_vm *vm)
{
	struct gunyah_mem_region *region, *next_region;
	struct gunyah_parcel *parcel, *next_parcel;

	lockdep_assert_held(&vm->lock);

	vm->image = NULL;
	gunyah_paging_free(vm);
	list_for_each_entry_safe(parcel, next_parcel, &vm->parcels, list)
		gunyah_parcel_free(vm, parcel);
	list_for_each_entry_safe(region, next_region, &vm->regions, list) {
		list_del(&region->list);
		gunyah_region_free(region);
	}
}

/*
 * While the VM runs
 */

/* Lend or share the region, and tell the VM */
static int vm_mem_send(struct gunyah_vm *vm, struct gunyah_mem_region *region)
{
	u32 tag = region->flags & GH_MEM_HOTPLUG ? GUNYAH_MEM_TAG_PLUG : 0;
	int ret;

	ret = gunyah_region_check_free(vm, region->label, region->gpa,
				       region->size);
	if (!ret)
		ret = gunyah_parcel_send(vm, region->parcel);
	if (!ret)
		ret = gunyah_rm_mem_notify_shared(&vm->rm,
						  region->parcel->rm.handle,
						  vm->vmid, tag);
	return ret;
}

static int vm_mem_add_locked(struct gunyah_vm *vm,
			     struct gunyah_mem_region *region)
{
	int ret = -EBUSY;

	lockdep_assert_held(&vm->lock);

	/* It must not get any when all file descriptors are closed */
	if (gunyah_vm_state(vm) == GH_VM_STATE_RUNNING &&
	    refcount_read(&vm->users))
		ret = vm_mem_send(vm, region);
	/* What cannot be reclaimed now is reclaimed at the VM's end at the latest */
	if (!ret || gunyah_parcel_reclaim(vm, region->parcel)) {
		list_add_tail(&region->parcel->list, &vm->parcels);
		gunyah_region_insert(vm, region);
	} else {
		gunyah_parcel_free(vm, region->parcel);
		gunyah_region_free(region);
	}
	return ret;
}

static int vm_mem_remove_locked(struct gunyah_vm *vm, u32 label)
{
	struct gunyah_mem_region *region = gunyah_region_find(vm, label);
	struct gunyah_parcel *parcel;
	int ret;

	lockdep_assert_held(&vm->lock);

	if (!region)
		return -ENOENT;
	if (region->paged || region->lost)
		return -EBUSY;
	parcel = region->parcel;
	if (parcel) {
		if (parcel == vm->image)
			return -EBUSY;
		ret = gunyah_parcel_reclaim(vm, parcel);
		/* Nobody knows who has it: it has to stay until the VM's end */
		if (parcel->rm.state == GUNYAH_RM_MEM_LOST)
			return -EBUSY;
		if (ret)
			return ret;
		gunyah_parcel_free(vm, parcel);
	}
	list_del(&region->list);
	gunyah_region_free(region);
	return 0;
}

static int vm_mem_add_fn(struct gunyah_vm_call *call)
{
	guard(mutex)(&call->vm->lock);
	return vm_mem_add_locked(call->vm, call->arg);
}

static int vm_mem_remove_fn(struct gunyah_vm_call *call)
{
	u32 label = (uintptr_t)call->arg;

	guard(mutex)(&call->vm->lock);
	return vm_mem_remove_locked(call->vm, label);
}

/*
 * Lock a VM to change its memory. Returns the state, or a negative errno; @ended
 * tells whether a VM that has ended is good as well.
 */
static int vm_mem_lock(struct gunyah_vm *vm, bool ended)
{
	u32 state;

	if (mutex_lock_interruptible(&vm->lock))
		return -ERESTARTSYS;
	state = gunyah_vm_state(vm);
	if (state == GH_VM_STATE_NEW || state == GH_VM_STATE_RUNNING ||
	    (ended && state == GH_VM_STATE_EXITED))
		return state;
	mutex_unlock(&vm->lock);
	return -EBUSY;
}

/* Everything but to ask the resource manager */
static int vm_mem_prepare_parcel(struct gunyah_vm *vm,
				 struct gunyah_mem_region *region)
{
	struct gunyah_parcel *parcel;
	int ret;

	if (region->flags & GH_MEM_LENT) {
		ret = gunyah_region_close(region);
		if (ret)
			return ret;
	}
	parcel = gunyah_parcel_new(region);
	if (!parcel)
		return -ENOMEM;
	ret = gunyah_parcel_reserve(vm, parcel);
	if (ret)
		gunyah_parcel_free(vm, parcel);
	return ret;
}

static int vm_mem_check_locked(struct gunyah_vm *vm,
			       const struct gh_userspace_memory_region *arg,
			       bool now)
{
	lockdep_assert_held(&vm->lock);

	/* Memory from the start of the VM is in its devicetree */
	if (!now && arg->flags & GH_MEM_HOTPLUG)
		return -EINVAL;
	/* The resource manager wants to know all ranges before the start */
	if (now && arg->flags & GH_MEM_PAGED)
		return -EBUSY;
	/* To notify a VM without a channel kills the resource manager */
	if (now && !vm->channel)
		return -ENOTCONN;
	return gunyah_region_check(vm, arg);
}

static int vm_mem_add_new_locked(struct gunyah_vm *vm,
				 const struct gh_userspace_memory_region *arg)
{
	struct gunyah_mem_region *region;

	lockdep_assert_held(&vm->lock);

	region = gunyah_region_new(vm, arg);
	if (IS_ERR(region))
		return PTR_ERR(region);
	gunyah_region_insert(vm, region);
	return 0;
}

/*
 * Without the VM's lock: its worker must not have to wait until user space lets
 * go of its memory. What is checked under the lock is checked again by the call.
 */
static int vm_mem_add_now(struct gunyah_vm *vm, struct gunyah_vm_call *call,
			  const struct gh_userspace_memory_region *arg)
{
	struct gunyah_mem_region *region;
	int ret;

	region = gunyah_region_new(vm, arg);
	if (IS_ERR(region)) {
		gunyah_vm_call_put(call);
		return PTR_ERR(region);
	}
	ret = vm_mem_prepare_parcel(vm, region);
	if (ret) {
		gunyah_region_free(region);
		gunyah_vm_call_put(call);
		return ret;
	}
	call->arg = region;
	return gunyah_vm_call_run(call);
}

/**
 * gunyah_vm_add_mem() - give memory to a VM, at once if it runs
 * @vm: the VM
 * @arg: the user's request
 *
 * Context: Process context, may sleep.
 * Return: 0, what gunyah_mem_check(), gunyah_region_check() and
 * gunyah_region_new() return, -EINVAL (GH_MEM_HOTPLUG before the start), -EBUSY
 * (not in the VM's state, or the memory file is in use), -ENOTCONN (it cannot be
 * told), -EAGAIN (more memory entries than max_mem_entries), -EINTR,
 * -ERESTARTSYS, or what the resource manager's answer stands for.
 */
int gunyah_vm_add_mem(struct gunyah_vm *vm,
		      const struct gh_userspace_memory_region *arg)
{
	struct gunyah_vm_call *call;
	int ret, state;

	ret = gunyah_mem_check(arg);
	if (ret)
		return ret;
	call = gunyah_vm_call_new(vm, vm_mem_add_fn, NULL);
	if (!call)
		return -ENOMEM;

	state = vm_mem_lock(vm, false);
	if (state < 0) {
		ret = state;
		goto err_put;
	}
	ret = vm_mem_check_locked(vm, arg, state == GH_VM_STATE_RUNNING);
	if (!ret && state == GH_VM_STATE_NEW)
		ret = vm_mem_add_new_locked(vm, arg);
	mutex_unlock(&vm->lock);

	if (!ret && state == GH_VM_STATE_RUNNING)
		return vm_mem_add_now(vm, call, arg);

err_put:
	gunyah_vm_call_put(call);
	return ret;
}

/**
 * gunyah_vm_remove_mem() - take memory from a VM
 * @vm: the VM
 * @label: label of the region
 *
 * Context: Process context, may sleep.
 * Return: 0, -ENOENT, -EBUSY (the VM has it, or not in the VM's state), -ENOMEM,
 * -EINTR, -ERESTARTSYS, or what the resource manager's answer stands for.
 */
int gunyah_vm_remove_mem(struct gunyah_vm *vm, u32 label)
{
	struct gunyah_vm_call *call;
	int ret, state;

	call = gunyah_vm_call_new(vm, vm_mem_remove_fn, (void *)(uintptr_t)label);
	if (!call)
		return -ENOMEM;

	state = vm_mem_lock(vm, true);
	if (state < 0) {
		ret = state;
		goto err_put;
	}
	ret = state == GH_VM_STATE_NEW ? vm_mem_remove_locked(vm, label) : 0;
	mutex_unlock(&vm->lock);

	if (ret || state == GH_VM_STATE_NEW)
		goto err_put;
	return gunyah_vm_call_run(call);

err_put:
	gunyah_vm_call_put(call);
	return ret;
}

static u32 vm_mem_region_state(struct gunyah_vm *vm,
			       const struct gunyah_mem_region *region)
{
	u32 state = gunyah_vm_state(vm);

	if (region->lost)
		return GH_REGION_LOST;
	if (region->paged && (state == GH_VM_STATE_RUNNING ||
			      state == GH_VM_STATE_EXITED))
		return GH_REGION_GIVEN;
	if (region->parcel) {
		switch (region->parcel->rm.state) {
		case GUNYAH_RM_MEM_CREATED:
		case GUNYAH_RM_MEM_RECLAIMING:
			return GH_REGION_GIVEN;
		case GUNYAH_RM_MEM_LOST:
			return GH_REGION_LOST;
		default:
			if (region->parcel->assigned)
				return GH_REGION_LOST;
			break;
		}
	}
	return state == GH_VM_STATE_NEW || state == GH_VM_STATE_STARTING ?
		GH_REGION_REGISTERED : GH_REGION_TAKEN_BACK;
}

/**
 * gunyah_vm_get_region() - GH_VM_GET_REGION
 * @vm: the VM
 * @arg: the user's request, filled in
 *
 * Context: Process context, may sleep.
 * Return: 0, -ENOENT, -ERESTARTSYS.
 */
int gunyah_vm_get_region(struct gunyah_vm *vm, struct gh_vm_region *arg)
{
	struct gunyah_mem_region *region;
	u32 label = arg->label;

	if (mutex_lock_interruptible(&vm->lock))
		return -ERESTARTSYS;
	region = gunyah_region_find(vm, label);
	if (region) {
		*arg = (struct gh_vm_region) {
			.label = label,
			.flags = region->flags,
			.state = vm_mem_region_state(vm, region),
			.parcel = GH_REGION_NO_PARCEL,
			.guest_phys_addr = region->gpa,
			.memory_size = region->size,
		};
		if (arg->state == GH_REGION_GIVEN && region->parcel) {
			arg->parcel = region->parcel->rm.handle;
			arg->entries = region->parcel->runs->num_runs;
		}
	}
	mutex_unlock(&vm->lock);
	return region ? 0 : -ENOENT;
}
