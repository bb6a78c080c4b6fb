// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of a VM that comes and goes: GH_VM_SET_USER_MEM_REGION
 *
 * Before the start that is only a matter of lists. While the VM runs the
 * resource manager has its say, which is asked by a worker: the caller may be
 * killed at any time, and yet it is always known who has the memory.
 */

#include <linux/err.h>
#include <linux/lockdep.h>

#include "lent.h"
#include "parcel.h"
#include "region.h"
#include "vm.h"
#include "vm_mem.h"

/* Give the region to the VM, and tell it */
static int vm_mem_give(struct gunyah_vm *vm, struct gunyah_mem_region *region)
{
	int ret;

	ret = gunyah_mem_may_enter(vm, region->label, region->gpa,
				   region->size);
	if (!ret)
		ret = gunyah_parcel_give(vm, region, region->label);
	if (!ret)
		ret = gunyah_rm_mem_notify_shared(&vm->rm,
						  region->parcel.handle,
						  vm->vmid);
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
		ret = vm_mem_give(vm, region);
	/* What cannot be had back now is, at the latest, at the VM's end */
	if (!ret || gunyah_parcel_take_back(vm, region) || region->parcel.lost)
		list_add_tail(&region->list, &vm->regions);
	else
		gunyah_mem_release(region);
	return ret;
}

static int vm_mem_remove_locked(struct gunyah_vm *vm, u32 label)
{
	struct gunyah_mem_region *region = gunyah_mem_find_label(vm, label);
	int ret;

	lockdep_assert_held(&vm->lock);

	if (!region)
		return -ENOENT;
	ret = gunyah_parcel_take_back(vm, region);
	if (ret)
		return ret;
	/* Nobody knows who has it: it has to stay until the VM's end */
	if (region->parcel.lost)
		return -EBUSY;
	list_del(&region->list);
	gunyah_mem_release(region);
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
static struct gunyah_mem_region *
vm_mem_prepare_locked(struct gunyah_vm *vm,
		      const struct gh_userspace_memory_region *arg, bool now)
{
	struct gunyah_mem_region *region;
	int ret;

	lockdep_assert_held(&vm->lock);

	region = gunyah_mem_new(vm, arg);
	if (IS_ERR(region) || !now || !(arg->flags & GH_MEM_LENT))
		return region;
	ret = gunyah_mem_move(region);
	if (!ret)
		return region;
	gunyah_mem_release(region);
	return ERR_PTR(ret);
}

/**
 * gunyah_vm_add_mem() - give memory to a VM, at once if it runs
 * @vm: the VM
 * @arg: the user's request
 *
 * Context: Process context, may sleep.
 * Return: 0, what gunyah_mem_check() and gunyah_mem_new() return, -EBUSY (not in
 * the VM's state), -EINTR, -ERESTARTSYS, or what the resource manager's answer stands for.
 */
int gunyah_vm_add_mem(struct gunyah_vm *vm,
		      const struct gh_userspace_memory_region *arg)
{
	struct gunyah_mem_region *region;
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
	region = vm_mem_prepare_locked(vm, arg, state == GH_VM_STATE_RUNNING);
	if (IS_ERR(region))
		ret = PTR_ERR(region);
	else if (state == GH_VM_STATE_NEW)
		list_add_tail(&region->list, &vm->regions);
	mutex_unlock(&vm->lock);

	if (ret || state == GH_VM_STATE_NEW)
		goto err_put;
	call->arg = region;
	return gunyah_vm_call_run(call);

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
