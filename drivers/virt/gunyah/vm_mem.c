// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of a VM that comes and goes: GH_VM_SET_USER_MEM_REGION
 *
 * Before the start that is only a matter of lists. While the VM runs the
 * resource manager has its say, which is asked by a worker: the caller may be
 * killed at any time, and yet it is always known who has the memory.
 */

#include <linux/err.h>
#include <linux/kref.h>
#include <linux/lockdep.h>
#include <linux/slab.h>

#include "private.h"

/**
 * struct vm_mem_op - a change of the memory of a VM that runs
 * @work: makes it
 * @done: @work has finished
 * @kref: held by @work and by who waits for it
 * @vm: the VM, with a reference
 * @region: what to add, on no list; NULL: remove
 * @label: label of the region to remove
 * @ret: result
 */
struct vm_mem_op {
	struct work_struct work;
	struct completion done;
	struct kref kref;
	struct gunyah_vm *vm;
	struct gunyah_mem_region *region;
	u32 label;
	int ret;
};

static void vm_mem_op_free(struct kref *kref)
{
	struct vm_mem_op *op = container_of(kref, struct vm_mem_op, kref);

	gunyah_vm_put(op->vm);
	kfree(op);
}

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

static void vm_mem_work(struct work_struct *work)
{
	struct vm_mem_op *op = container_of(work, struct vm_mem_op, work);

	mutex_lock(&op->vm->lock);
	if (op->region)
		op->ret = vm_mem_add_locked(op->vm, op->region);
	else
		op->ret = vm_mem_remove_locked(op->vm, op->label);
	mutex_unlock(&op->vm->lock);
	complete_all(&op->done);
	kref_put(&op->kref, vm_mem_op_free);
}

static struct vm_mem_op *vm_mem_op_new(struct gunyah_vm *vm)
{
	struct vm_mem_op *op;

	op = kzalloc(sizeof(*op), GFP_KERNEL_ACCOUNT);
	if (!op)
		return NULL;
	INIT_WORK(&op->work, vm_mem_work);
	init_completion(&op->done);
	kref_init(&op->kref);
	op->vm = vm;
	gunyah_vm_get(vm);
	return op;
}

/* Have it done. Drops the caller's reference. */
static int vm_mem_op_run(struct vm_mem_op *op)
{
	int ret;

	kref_get(&op->kref);
	queue_work(op->vm->host->wq, &op->work);
	ret = wait_for_completion_state(&op->done,
					TASK_KILLABLE | TASK_FREEZABLE);
	ret = ret ? -EINTR : op->ret;
	kref_put(&op->kref, vm_mem_op_free);
	return ret;
}

/*
 * Lock a VM to change its memory. Returns the state, or a negative errno; @ended
 * tells whether a VM that has ended is good as well.
 */
static int vm_mem_lock(struct gunyah_vm *vm, bool ended)
{
	u32 state;

	if (mutex_lock_interruptible(&vm->lock))
		return -EINTR;
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
 * the VM's state), -EINTR, or what the resource manager's answer stands for.
 */
int gunyah_vm_add_mem(struct gunyah_vm *vm,
		      const struct gh_userspace_memory_region *arg)
{
	struct gunyah_mem_region *region;
	struct vm_mem_op *op;
	int ret, state;

	ret = gunyah_mem_check(arg);
	if (ret)
		return ret;
	op = vm_mem_op_new(vm);
	if (!op)
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
	op->region = region;
	return vm_mem_op_run(op);

err_put:
	kref_put(&op->kref, vm_mem_op_free);
	return ret;
}

/**
 * gunyah_vm_remove_mem() - take memory from a VM
 * @vm: the VM
 * @label: label of the region
 *
 * Context: Process context, may sleep.
 * Return: 0, -ENOENT, -EBUSY (the VM has it, or not in the VM's state), -ENOMEM,
 * -EINTR, or what the resource manager's answer stands for.
 */
int gunyah_vm_remove_mem(struct gunyah_vm *vm, u32 label)
{
	struct vm_mem_op *op;
	int ret, state;

	op = vm_mem_op_new(vm);
	if (!op)
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
	op->label = label;
	return vm_mem_op_run(op);

err_put:
	kref_put(&op->kref, vm_mem_op_free);
	return ret;
}
