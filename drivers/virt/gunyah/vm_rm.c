// SPDX-License-Identifier: GPL-2.0-only
/*
 * What start and end of a VM mean in messages to the resource manager
 *
 * The end does not rely on what the driver believes: it asks for the state that
 * the firmware has the VM in and goes on from there, so that one piece of code
 * undoes a start that failed at any step, and every other life of a VM.
 */

#define pr_fmt(fmt) "gunyah: " fmt

#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/lockdep.h>

#include "private.h"

/* A state machine of the firmware takes fewer steps from anywhere to the end */
#define SETTLE_STEPS		8
/* A reset gives back all memory; with many entries it takes most of a minute */
#define RESET_WAIT		(60 * HZ)
/* The same when the driver goes */
#define RESET_WAIT_GONE		(10 * HZ)

static void vm_forget_locked(struct gunyah_vm *vm)
{
	lockdep_assert_held(&vm->host->vmid_lock);

	/* Unless somebody else has the VMID meanwhile */
	xa_cmpxchg(&vm->host->vms, vm->vmid, vm, NULL, GFP_KERNEL);
	WRITE_ONCE(vm->vmid, GUNYAH_VMID_INVALID);
}

/**
 * gunyah_vm_forget() - know the VM no more under its VMID
 * @vm: VM, its lock is held
 *
 * The firmware does not know it either, or will have to be left with it.
 *
 * Context: Worker, may sleep.
 */
void gunyah_vm_forget(struct gunyah_vm *vm)
{
	lockdep_assert_held(&vm->lock);

	mutex_lock(&vm->host->vmid_lock);
	if (vm->vmid != GUNYAH_VMID_INVALID)
		vm_forget_locked(vm);
	mutex_unlock(&vm->host->vmid_lock);
}

/* Enter the VM under a VMID that the firmware has just given out. */
static int vm_enter_locked(struct gunyah_vm *vm, u16 vmid)
{
	struct gunyah_host *host = vm->host;
	struct gunyah_vm *old;
	int ret;

	lockdep_assert_held(&host->vmid_lock);

	old = xa_load(&host->vms, vmid);
	/* Given out twice: it is not ours to give back */
	if (old && !old->released)
		return -EIO;
	/* Replaces a VM that was given back, with a reply that was lost */
	ret = xa_err(xa_store(&host->vms, vmid, vm, GFP_KERNEL));
	if (ret) {
		gunyah_rm_vm_dealloc(&vm->rm, vmid);
		return ret;
	}
	WRITE_ONCE(vm->vmid, vmid);
	return 0;
}

static int vm_get_vmid(struct gunyah_vm *vm)
{
	struct gunyah_host *host = vm->host;
	u16 vmid;
	int ret;

	mutex_lock(&host->vmid_lock);
	ret = gunyah_rm_vm_alloc(&vm->rm, &vmid);
	if (!ret)
		ret = vm_enter_locked(vm, vmid);
	else if (ret == -ETIMEDOUT || ret == -EIO)
		pr_err("no good answer to a request for a VMID: one may be lost\n");
	mutex_unlock(&host->vmid_lock);
	return ret;
}

/**
 * gunyah_vm_boot() - have the firmware build and start a VM
 * @vm: VM, its lock is held, its memory is prepared
 *
 * Undone by gunyah_vm_unboot(), whatever it returns.
 *
 * Context: Worker, may sleep.
 * Return: 0, -EINTR if nobody waits for it any more, or the errno of the step
 * that failed.
 */
int gunyah_vm_boot(struct gunyah_vm *vm)
{
	struct gunyah_rm_client *rm = &vm->rm;
	struct gunyah_mem_region *image;
	int ret;

	lockdep_assert_held(&vm->lock);

	image = gunyah_mem_find(vm, vm->dtb_gpa, vm->dtb_size);
	if (!image)
		return -EINVAL;

	spin_lock(&vm->state_lock);
	vm->rm_state = GUNYAH_RM_VM_STATE_LOAD;
	spin_unlock(&vm->state_lock);
	gunyah_vm_set_step(vm, GH_VM_START_STEP_VMID);
	ret = vm_get_vmid(vm);
	if (ret)
		return ret;

	gunyah_vm_set_step(vm, GH_VM_START_STEP_MEMORY);
	ret = gunyah_parcel_give_all(vm, image);
	if (ret)
		return ret;

	gunyah_vm_set_step(vm, GH_VM_START_STEP_CONFIGURE);
	ret = gunyah_rm_vm_configure(rm, vm->vmid, image->parcel.handle,
				     gunyah_boot_offset(vm, image), 0,
				     vm->dtb_gpa - image->gpa, vm->dtb_size);
	if (ret)
		return ret;
	vm->configured = true;

	gunyah_vm_set_step(vm, GH_VM_START_STEP_INIT);
	ret = gunyah_rm_vm_init(rm, vm->vmid);
	if (ret)
		return ret;

	gunyah_vm_set_step(vm, GH_VM_START_STEP_RESOURCES);
	ret = gunyah_resources_get(vm);
	if (ret)
		return ret;

	gunyah_vm_set_step(vm, GH_VM_START_STEP_CONTEXT);
	ret = gunyah_boot_apply(vm, image);
	if (ret)
		return ret;

	gunyah_vm_set_step(vm, GH_VM_START_STEP_START);
	if (READ_ONCE(vm->abort))
		return -EINTR;
	return gunyah_rm_vm_start(rm, vm->vmid);
}

static bool vm_rm_state_is(struct gunyah_vm *vm, u8 state)
{
	bool is;

	spin_lock(&vm->state_lock);
	is = vm->rm_state == state;
	spin_unlock(&vm->state_lock);
	return is;
}

static int vm_wait_reset(struct gunyah_vm *vm)
{
	long left = RESET_WAIT;

	/* Woken early if the resource manager dies meanwhile */
	while (!vm_rm_state_is(vm, GUNYAH_RM_VM_STATE_RESET)) {
		if (READ_ONCE(vm->host->gone))
			left = min(left, RESET_WAIT_GONE);
		if (left <= 0 || !gunyah_rm_alive(vm->host->rm))
			return -ETIMEDOUT;
		wait_event_timeout(vm->wait,
				   vm_rm_state_is(vm, GUNYAH_RM_VM_STATE_RESET),
				   HZ / 10);
		left -= HZ / 10;
	}
	return 0;
}

/* Bring the VM to a state in which its memory can be had back */
static int vm_settle(struct gunyah_vm *vm)
{
	struct gunyah_rm_client *rm = &vm->rm;
	unsigned int i;
	int ret;
	u8 state;

	for (i = 0; i < SETTLE_STEPS; i++) {
		ret = gunyah_rm_vm_get_state(rm, vm->vmid, &state);
		if (ret == -EOPNOTSUPP)
			state = READ_ONCE(vm->rm_state);
		else if (ret)
			return ret;

		switch (state) {
		case GUNYAH_RM_VM_STATE_LOAD:
		case GUNYAH_RM_VM_STATE_RESET:
			return 0;
		case GUNYAH_RM_VM_STATE_INIT:
		case GUNYAH_RM_VM_STATE_AUTH:
			/*
			 * There is no way back but forward. It is configured,
			 * even if the reply to that told otherwise.
			 */
			vm->configured = true;
			gunyah_rm_vm_init(rm, vm->vmid);
			break;
		case GUNYAH_RM_VM_STATE_RUNNING:
		case GUNYAH_RM_VM_STATE_PAUSED:
			gunyah_rm_vm_stop(rm, vm->vmid, true);
			break;
		case GUNYAH_RM_VM_STATE_RESETTING:
			ret = vm_wait_reset(vm);
			if (ret)
				return ret;
			break;
		default:
			/*
			 * A reset of a VM without a configuration kills the
			 * resource manager. Its memory can be had without one.
			 */
			if (!vm->configured)
				return 0;
			ret = gunyah_rm_vm_reset(rm, vm->vmid);
			if (!ret)
				ret = vm_wait_reset(vm);
			if (ret == -ETIMEDOUT || ret == -ESHUTDOWN)
				return ret;
			break;
		}
	}
	return -EBUSY;
}

/**
 * gunyah_vm_unboot() - end a VM in the firmware and get its memory back
 * @vm: VM, its lock is held
 *
 * May be called again until it succeeds, and after that.
 *
 * Context: Worker, may sleep.
 * Return: true if the firmware has nothing of the VM any more but its VMID.
 */
bool gunyah_vm_unboot(struct gunyah_vm *vm)
{
	int ret;

	lockdep_assert_held(&vm->lock);

	if (vm->vmid == GUNYAH_VMID_INVALID || vm->unbooted)
		return true;

	/* The firmware takes capabilities and interrupts away at the reset */
	gunyah_functions_unbind(vm);
	gunyah_resources_drop(vm);

	ret = vm_settle(vm);
	if (!gunyah_parcel_take_back_all(vm) || (ret && ret != -ENODEV))
		return false;
	if (gunyah_parcel_any_lost(vm)) {
		pr_err("VM %u: VMID is lost: the firmware may have memory for it\n",
		       vm->vmid);
		gunyah_vm_forget(vm);
	} else if (ret) {
		gunyah_vm_forget(vm);
	}
	vm->unbooted = true;
	return true;
}

/*
 * If the reply to this is lost the firmware may give the VMID to the next VM
 * before we ask again: with the lock, the table tells whose it is.
 */
static int vm_put_vmid_locked(struct gunyah_vm *vm)
{
	struct gunyah_host *host = vm->host;
	int ret = 0;
	u8 state;

	lockdep_assert_held(&host->vmid_lock);

	if (xa_load(&host->vms, vm->vmid) != vm)
		return 0;
	/* A VMID that it does not know kills the resource manager */
	if (vm->released)
		ret = gunyah_rm_vm_get_state(&vm->rm, vm->vmid, &state);
	if (ret == -ENODEV)
		return 0;
	if (ret && ret != -EOPNOTSUPP)
		return ret;

	vm->released = true;
	ret = gunyah_rm_vm_dealloc(&vm->rm, vm->vmid);
	if (ret && !vm->configured &&
	    vm_rm_state_is(vm, GUNYAH_RM_VM_STATE_INIT_FAILED)) {
		/* What could not be configured cannot be reset, nor given back */
		pr_err("VM %u: VMID is lost: %d\n", vm->vmid, ret);
		return 0;
	}
	return ret;
}

/**
 * gunyah_vm_put_vmid() - give the VMID of a VM back
 * @vm: VM, its lock is held. The firmware has none of its memory: parcels that
 *	were left behind would be given to the next VM with the same VMID.
 *
 * May be called again until it succeeds, and after that.
 *
 * Context: Worker, may sleep.
 * Return: true if the VM has no VMID any more.
 */
bool gunyah_vm_put_vmid(struct gunyah_vm *vm)
{
	int ret;

	lockdep_assert_held(&vm->lock);

	if (vm->vmid == GUNYAH_VMID_INVALID)
		return true;

	mutex_lock(&vm->host->vmid_lock);
	ret = vm_put_vmid_locked(vm);
	if (!ret)
		vm_forget_locked(vm);
	mutex_unlock(&vm->host->vmid_lock);
	return !ret;
}
