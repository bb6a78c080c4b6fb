// SPDX-License-Identifier: GPL-2.0-only
/*
 * Start and end of a VM as messages to the resource manager
 *
 * gunyah_vm.fw says what the firmware knows of a VM. A start advances it; the
 * end is a loop that makes the next step from wherever it is, until it is
 * GUNYAH_VM_FW_NONE. The end does not rely on what the driver believes either:
 * it asks for the state that the firmware has the VM in. So one piece of code
 * undoes a start that failed at any step, and every other life of a VM.
 *
 * Some messages kill the published resource manager. Those about the life of a
 * VM are ruled out here: VM_RESET of a VM that was not configured by never
 * sending it in GUNYAH_VM_FW_ALLOCATED, VM_DEALLOC_VMID of an unknown VMID by
 * asking for its state first.
 */

#define pr_fmt(fmt) "gunyah: " fmt

#include <linux/delay.h>
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/lockdep.h>

#include "boot.h"
#include "clock.h"
#include "firmware.h"
#include "function.h"
#include "host.h"
#include "paging.h"
#include "parcel.h"
#include "resource.h"
#include "rm.h"
#include "vm.h"
#include "vm_rm.h"

/* One attempt to end a VM. A reset with many memory entries takes long. */
#define END_LIMIT		(60 * HZ)
/* The same when the driver goes */
#define END_LIMIT_GONE		(10 * HZ)
/* Time after which the firmware is asked again for a state that has not come */
#define STATE_WAIT		(2 * HZ)
/* A VM may be configured so that the firmware never resets it */
#define RESET_TRIES		5
/* Steps that firmware needs at most that does what it is asked for */
#define END_FAST_STEPS		12
/* Steps of one attempt; those that wait for a reset take STATE_WAIT each */
#define END_MAX_STEPS		50

/*
 * VMIDs
 */

static void vm_forget_vmid_locked(struct gunyah_vm *vm)
{
	lockdep_assert_held(&vm->host->vmid_lock);

	/* Unless another VM has the VMID meanwhile */
	xa_cmpxchg(&vm->host->vms, vm->vmid, vm, NULL, GFP_KERNEL);
	WRITE_ONCE(vm->vmid, GUNYAH_VMID_INVALID);
}

static void vm_forget_vmid(struct gunyah_vm *vm)
{
	guard(mutex)(&vm->host->vmid_lock);
	if (vm->vmid != GUNYAH_VMID_INVALID)
		vm_forget_vmid_locked(vm);
}

static int vm_take_vmid_locked(struct gunyah_vm *vm, u16 vmid)
{
	struct gunyah_host *host = vm->host;
	struct gunyah_vm *old;
	int ret;

	lockdep_assert_held(&host->vmid_lock);

	old = xa_load(&host->vms, vmid);
	/* Given out twice: it is not ours to release */
	if (old && READ_ONCE(old->fw) != GUNYAH_VM_FW_RELEASING)
		return -EIO;
	/* Replaces a VM that was released, with a reply that was lost */
	ret = xa_err(xa_store(&host->vms, vmid, vm, GFP_KERNEL));
	if (ret) {
		gunyah_rm_vm_dealloc(&vm->rm, vmid);
		return ret;
	}
	WRITE_ONCE(vm->vmid, vmid);
	vm->fw = GUNYAH_VM_FW_ALLOCATED;
	return 0;
}

static int vm_alloc_vmid(struct gunyah_vm *vm)
{
	struct gunyah_host *host = vm->host;
	u16 vmid;
	int ret;

	guard(mutex)(&host->vmid_lock);
	ret = gunyah_rm_vm_alloc(&vm->rm, &vmid);
	if (!ret)
		return vm_take_vmid_locked(vm, vmid);
	if (ret == -ETIMEDOUT || ret == -EIO)
		pr_err("no good answer to a request for a VMID: one may be lost\n");
	return ret;
}

/*
 * If the reply to VM_DEALLOC_VMID is lost the firmware may give the VMID to the
 * next VM: with the lock, the array tells whose it is.
 */
static int vm_release_vmid_locked(struct gunyah_vm *vm)
{
	struct gunyah_host *host = vm->host;
	u8 state;
	int ret;

	lockdep_assert_held(&host->vmid_lock);

	if (xa_load(&host->vms, vm->vmid) != vm)
		return 0;
	ret = gunyah_rm_vm_get_state(&vm->rm, vm->vmid, &state);
	if (ret == -ENODEV)
		return 0;
	if (ret && ret != -EOPNOTSUPP)
		return ret;
	if (!ret && state == GUNYAH_RM_VM_STATE_INIT_FAILED) {
		/* What could not be configured can be neither reset nor released */
		pr_err("VM %u: VMID is lost\n", vm->vmid);
		return 0;
	}
	vm->fw = GUNYAH_VM_FW_RELEASING;
	return gunyah_rm_vm_dealloc(&vm->rm, vm->vmid);
}

static int vm_release_vmid(struct gunyah_vm *vm)
{
	int ret;

	guard(mutex)(&vm->host->vmid_lock);
	if (vm->vmid != GUNYAH_VMID_INVALID) {
		ret = vm_release_vmid_locked(vm);
		if (ret)
			return ret;
		vm_forget_vmid_locked(vm);
	}
	vm->fw = GUNYAH_VM_FW_NONE;
	return 0;
}

/*
 * Start
 */

static int vm_configure(struct gunyah_vm *vm)
{
	const struct gunyah_parcel *image = vm->image;
	u16 auth = vm->fw_size ? GUNYAH_RM_AUTH_ANDROID : GUNYAH_RM_AUTH_NONE;
	int ret;

	lockdep_assert_held(&vm->lock);

	gunyah_vm_set_step(vm, GH_VM_START_STEP_CONFIGURE);
	ret = gunyah_rm_vm_configure(&vm->rm, vm->vmid, auth, image->rm.handle,
				     gunyah_boot_offset(vm, image), 0,
				     vm->dtb_gpa - image->gpa, vm->dtb_size);
	if (ret)
		return ret;
	vm->fw = GUNYAH_VM_FW_CONFIGURED;

	/* Ranges that are paged come before any other layout */
	ret = gunyah_firmware_give(vm);
	if (ret)
		return ret;
	gunyah_vm_set_step(vm, GH_VM_START_STEP_CONFIGURE);
	return gunyah_paging_announce(vm, image) ?: gunyah_firmware_place(vm);
}

static int vm_boot(struct gunyah_vm *vm, struct gunyah_vm_call *call)
{
	const struct gunyah_parcel *image = vm->image;
	struct gunyah_rm_client *rm = &vm->rm;
	int ret;

	lockdep_assert_held(&vm->lock);

	gunyah_vm_set_step(vm, GH_VM_START_STEP_VMID);
	ret = vm_alloc_vmid(vm);
	if (ret)
		return ret;

	gunyah_vm_set_step(vm, GH_VM_START_STEP_MEMORY);
	ret = gunyah_parcels_send(vm, call);
	if (ret)
		return ret;

	ret = vm_configure(vm);
	if (ret)
		return ret;

	gunyah_vm_set_step(vm, GH_VM_START_STEP_INIT);
	ret = gunyah_rm_vm_init(rm, vm->vmid);
	if (ret)
		return ret;

	gunyah_vm_set_step(vm, GH_VM_START_STEP_RESOURCES);
	ret = gunyah_resources_get(vm);
	if (!ret)
		ret = gunyah_paging_bind(vm);
	if (ret)
		return ret;

	gunyah_vm_set_step(vm, GH_VM_START_STEP_CONTEXT);
	ret = gunyah_clock_set(vm);
	if (!ret)
		ret = gunyah_boot_apply(vm, image);
	if (ret)
		return ret;

	gunyah_vm_set_step(vm, GH_VM_START_STEP_START);
	if (gunyah_vm_call_abandoned(call))
		return -EINTR;
	/* Only an answer says that it did not start */
	vm->rm.error = 0;
	vm->ran = true;
	ret = gunyah_rm_vm_start(rm, vm->vmid);
	if (ret && vm->rm.error)
		vm->ran = false;
	return ret;
}

/**
 * gunyah_vm_rm_start() - have the firmware build and start a VM
 * @vm: VM, its lock is held, its memory is prepared
 * @call: on whose behalf
 *
 * Undone by gunyah_vm_rm_end(), whatever it returns.
 *
 * Context: Worker, may sleep.
 * Return: 0, -EINTR if nobody waits for it any more, or the errno of the step
 * that failed; gunyah_vm.rm_error is the resource manager's error code then.
 */
int gunyah_vm_rm_start(struct gunyah_vm *vm, struct gunyah_vm_call *call)
{
	int ret;

	lockdep_assert_held(&vm->lock);

	scoped_guard(spinlock, &vm->state_lock) {
		vm->rm_state = GUNYAH_RM_VM_STATE_LOAD;
		vm->rm_error = 0;
	}
	vm->rm.error = 0;
	ret = vm_boot(vm, call);
	if (!ret)
		return 0;
	/* Nothing is sent after the step that failed: the last error is its own */
	scoped_guard(spinlock, &vm->state_lock)
		vm->rm_error = vm->rm.error;
	return ret;
}

/*
 * End
 */

static bool vm_rm_state_is(struct gunyah_vm *vm, u8 state)
{
	guard(spinlock)(&vm->state_lock);
	return vm->rm_state == state;
}

static bool vm_is_last_attempt(struct gunyah_vm *vm)
{
	return READ_ONCE(vm->host->gone);
}

static void vm_wait_reset(struct gunyah_vm *vm)
{
	bool last = vm_is_last_attempt(vm);

	wait_event_timeout(vm->rm_wait,
			   vm_rm_state_is(vm, GUNYAH_RM_VM_STATE_RESET) ||
			   vm_is_last_attempt(vm) != last, STATE_WAIT);
}

/* Reset a VM in a state that allows it */
static int vm_reset(struct gunyah_vm *vm)
{
	int ret;

	/*
	 * To reset a VM without a configuration kills the resource manager. Its
	 * memory can be reclaimed without that.
	 */
	if (vm->fw == GUNYAH_VM_FW_ALLOCATED) {
		vm->fw = GUNYAH_VM_FW_RESET;
		return 0;
	}
	/* It is refused as long as the VM has pages */
	ret = gunyah_paging_end(vm);
	if (ret)
		return ret;
	ret = gunyah_rm_vm_reset(&vm->rm, vm->vmid);
	switch (ret) {
	case 0:
		vm_wait_reset(vm);
		return 0;
	case -EPERM:
		if (++vm->resets_denied < RESET_TRIES)
			return ret;
		fallthrough;
	case -EOPNOTSUPP:
		pr_err("VM %u: the firmware does not reset VMs: %d\n", vm->vmid,
		       ret);
		vm->fw = GUNYAH_VM_FW_STUCK;
		return 0;
	case -EBUSY:
		/* Not in the state that it is in now: ask for that again */
		return 0;
	default:
		return ret;
	}
}

/* The next step of a VM that may have objects in the firmware */
static int vm_end_objects(struct gunyah_vm *vm)
{
	struct gunyah_rm_client *rm = &vm->rm;
	u8 state;
	int ret;

	ret = gunyah_rm_vm_get_state(rm, vm->vmid, &state);
	if (ret == -EOPNOTSUPP) {
		state = READ_ONCE(vm->rm_state);
	} else if (ret == -ENODEV) {
		/* The firmware does not know it, and it must not be released */
		vm_forget_vmid(vm);
		vm->fw = GUNYAH_VM_FW_RESET;
		return 0;
	} else if (ret) {
		return ret;
	}

	switch (state) {
	case GUNYAH_RM_VM_STATE_LOAD:
	case GUNYAH_RM_VM_STATE_RESET:
		vm->fw = GUNYAH_VM_FW_RESET;
		return 0;
	case GUNYAH_RM_VM_STATE_INIT:
	case GUNYAH_RM_VM_STATE_AUTH:
		/* Configured, even if the reply said otherwise. Only forward. */
		vm->fw = GUNYAH_VM_FW_CONFIGURED;
		gunyah_rm_vm_init(rm, vm->vmid);
		return 0;
	case GUNYAH_RM_VM_STATE_RUNNING:
	case GUNYAH_RM_VM_STATE_PAUSED:
		/* Even if the answer was that it does not start */
		vm->ran = true;
		vm->fw = GUNYAH_VM_FW_CONFIGURED;
		gunyah_rm_vm_stop(rm, vm->vmid, true);
		return 0;
	case GUNYAH_RM_VM_STATE_RESETTING:
		vm_wait_reset(vm);
		return 0;
	case GUNYAH_RM_VM_STATE_EXITED:
		vm->ran = true;
		return vm_reset(vm);
	case GUNYAH_RM_VM_STATE_READY:
	case GUNYAH_RM_VM_STATE_INIT_FAILED:
		return vm_reset(vm);
	default:
		/* In a wrong state a reset can kill the resource manager */
		return -EIO;
	}
}

/* Reclaim what is to be had, and leave the rest to the firmware */
static int vm_end_stuck(struct gunyah_vm *vm)
{
	gunyah_paging_end(vm);
	gunyah_parcels_reclaim(vm);
	gunyah_parcels_abandon(vm);
	pr_err("VM %u: VMID is lost\n", vm->vmid);
	vm_forget_vmid(vm);
	vm->fw = GUNYAH_VM_FW_NONE;
	return 0;
}

static int vm_reclaim(struct gunyah_vm *vm)
{
	int ret;

	/* Only firmware that has forgotten the VM may have some */
	ret = gunyah_paging_end(vm);
	if (!ret)
		ret = gunyah_parcels_reclaim(vm);
	if (ret)
		return ret;
	/* A parcel that was left behind goes to the next VM with this VMID */
	if (gunyah_parcels_lost(vm)) {
		pr_err("VM %u: VMID is lost: the firmware may have memory for it\n",
		       vm->vmid);
		vm_forget_vmid(vm);
	}
	vm->fw = GUNYAH_VM_FW_RECLAIMED;
	return 0;
}

static int vm_end_step(struct gunyah_vm *vm)
{
	switch (vm->fw) {
	case GUNYAH_VM_FW_ALLOCATED:
	case GUNYAH_VM_FW_CONFIGURED:
		return vm_end_objects(vm);
	case GUNYAH_VM_FW_STUCK:
		return vm_end_stuck(vm);
	case GUNYAH_VM_FW_RESET:
		return vm_reclaim(vm);
	default:
		return vm_release_vmid(vm);
	}
}

/**
 * gunyah_vm_rm_end() - have the firmware release everything of a VM
 * @vm: VM, its lock is held
 *
 * May be called again until it succeeds, and after that.
 *
 * Context: Worker, may sleep.
 * Return: 0 if the firmware has nothing of the VM any more; -ETIMEDOUT, -EBUSY,
 * or the errno of the step that failed.
 */
int gunyah_vm_rm_end(struct gunyah_vm *vm)
{
	unsigned long start = jiffies;
	unsigned int steps;
	unsigned long limit;
	int ret = 0;

	lockdep_assert_held(&vm->lock);

	if (vm->fw == GUNYAH_VM_FW_NONE)
		return 0;

	/* The firmware takes capabilities and interrupts away at the reset */
	gunyah_functions_unbind(vm);
	gunyah_resources_drop(vm);

	for (steps = 0; !ret && vm->fw != GUNYAH_VM_FW_NONE; steps++) {
		/* Do not ask firmware that gets nowhere in a tight loop */
		if (steps > END_FAST_STEPS)
			msleep(100);
		if (steps > END_MAX_STEPS)
			return -EBUSY;
		limit = vm_is_last_attempt(vm) ? END_LIMIT_GONE : END_LIMIT;
		if (time_after(jiffies, start + limit))
			return -ETIMEDOUT;
		ret = vm_end_step(vm);
	}
	return ret;
}

/**
 * gunyah_vm_rm_holds_memory() - whether the firmware may have memory of a VM
 * @vm: VM, its lock is held
 *
 * Memory that it has for good, or that is lost, does not count.
 *
 * Context: Process context or worker.
 * Return: true if there is some to reclaim.
 */
bool gunyah_vm_rm_holds_memory(struct gunyah_vm *vm)
{
	lockdep_assert_held(&vm->lock);

	return vm->fw != GUNYAH_VM_FW_NONE &&
	       vm->fw != GUNYAH_VM_FW_RECLAIMED &&
	       vm->fw != GUNYAH_VM_FW_RELEASING;
}

/**
 * gunyah_vm_rm_abandon() - leave to the firmware what it has of a VM
 * @vm: VM, its lock is held
 *
 * Context: Worker, may sleep.
 */
void gunyah_vm_rm_abandon(struct gunyah_vm *vm)
{
	lockdep_assert_held(&vm->lock);

	if (vm->vmid != GUNYAH_VMID_INVALID)
		pr_err("VM %u: VMID is lost\n", vm->vmid);
	vm_forget_vmid(vm);
	vm->fw = GUNYAH_VM_FW_NONE;
}
