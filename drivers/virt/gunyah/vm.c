// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VM object: references, state, and calls that outlive their caller
 *
 * Messages to the resource manager change what the firmware holds for a VM, so
 * their replies must not be lost when the process that asked for them is
 * killed. Therefore a worker sends them: each VM has a queue of calls that run
 * one after the other, and a caller waits for his call killably and freezably.
 * If he is killed, the call is finished without him.
 */

#define pr_fmt(fmt) "gunyah: " fmt

#include <linux/device.h>
#include <linux/err.h>
#include <linux/kcov.h>
#include <linux/poll.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "host.h"
#include "trace.h"
#include "vm.h"

static void vm_free(struct kref *kref)
{
	struct gunyah_vm *vm = container_of(kref, struct gunyah_vm, kref);

	cleanup_srcu_struct(&vm->srcu);
	mmdrop(vm->mm);
	put_device(vm->device);
	gunyah_host_put(vm->host);
	kfree(vm);
}

/**
 * gunyah_vm_get() - take a reference
 * @vm: the VM
 *
 * Context: Any.
 */
void gunyah_vm_get(struct gunyah_vm *vm)
{
	kref_get(&vm->kref);
}

/**
 * gunyah_vm_put() - drop a reference
 * @vm: the VM
 *
 * Only frees memory: the VM was ended before.
 *
 * Context: Process context; any if it is not the last reference.
 */
void gunyah_vm_put(struct gunyah_vm *vm)
{
	kref_put(&vm->kref, vm_free);
}

/*
 * Calls
 */

static struct gunyah_vm_call *vm_next_call(struct gunyah_vm *vm)
{
	struct gunyah_vm_call *call;

	guard(spinlock)(&vm->calls_lock);
	call = list_first_entry_or_null(&vm->calls, struct gunyah_vm_call,
					list);
	if (call)
		list_del_init(&call->list);
	return call;
}

static void vm_work(struct work_struct *work)
{
	struct gunyah_vm *vm = container_of(to_delayed_work(work),
					    struct gunyah_vm, work);
	struct gunyah_vm_call *call;
	long delay;

	kcov_remote_start_common(vm->kcov_handle);
	while ((call = vm_next_call(vm))) {
		gunyah_vm_call_finish(call, call->fn(call));
		gunyah_vm_call_put(call);
	}
	delay = vm->background(vm);
	kcov_remote_stop();
	if (delay >= 0)
		gunyah_vm_kick(vm, delay);
	gunyah_vm_put(vm);
}

/**
 * gunyah_vm_kick() - have a VM's work run
 * @vm: the VM
 * @delay: after this time, in jiffies, or earlier if it is queued already
 *
 * Queued work has a reference of its own, also while it runs.
 *
 * Context: Any.
 */
void gunyah_vm_kick(struct gunyah_vm *vm, unsigned long delay)
{
	struct workqueue_struct *wq = vm->host->wq;
	bool queued;

	gunyah_vm_get(vm);
	if (delay)
		queued = queue_delayed_work(wq, &vm->work, delay);
	else
		queued = !mod_delayed_work(wq, &vm->work, 0);
	if (!queued)
		gunyah_vm_put(vm);
}

/**
 * gunyah_vm_call_new() - make a call
 * @vm: the VM
 * @fn: what to do, in a worker
 * @arg: for @fn, which owns it from gunyah_vm_call_queue() on
 *
 * Context: Process context.
 * Return: the call with one reference, or NULL if there is no memory.
 */
struct gunyah_vm_call *
gunyah_vm_call_new(struct gunyah_vm *vm,
		   int (*fn)(struct gunyah_vm_call *call), void *arg)
{
	struct gunyah_vm_call *call;

	call = kzalloc(sizeof(*call), GFP_KERNEL_ACCOUNT);
	if (!call)
		return NULL;
	INIT_LIST_HEAD(&call->list);
	kref_init(&call->kref);
	gunyah_vm_get(vm);
	call->vm = vm;
	call->fn = fn;
	call->arg = arg;
	atomic_set(&call->waiters, 1);
	init_completion(&call->done);
	return call;
}

static void vm_call_free(struct kref *kref)
{
	struct gunyah_vm_call *call = container_of(kref, struct gunyah_vm_call,
						   kref);

	gunyah_vm_put(call->vm);
	kfree(call);
}

/**
 * gunyah_vm_call_put() - drop a reference to a call
 * @call: the call
 *
 * Context: Process context.
 */
void gunyah_vm_call_put(struct gunyah_vm_call *call)
{
	kref_put(&call->kref, vm_call_free);
}

/**
 * gunyah_vm_call_queue() - have a call run after those that are queued
 * @call: the call
 *
 * Context: Process context. Its VM must have a user, or have been in
 * gunyah_host.vms when the call was made.
 */
void gunyah_vm_call_queue(struct gunyah_vm_call *call)
{
	struct gunyah_vm *vm = call->vm;

	kref_get(&call->kref);
	scoped_guard(spinlock, &vm->calls_lock)
		list_add_tail(&call->list, &vm->calls);
	gunyah_vm_kick(vm, 0);
}

/**
 * gunyah_vm_call_finish() - wake those who wait for a call
 * @call: the call, not queued
 * @ret: its result
 *
 * Context: Process context.
 */
void gunyah_vm_call_finish(struct gunyah_vm_call *call, int ret)
{
	call->ret = ret;
	complete_all(&call->done);
}

/**
 * gunyah_vm_call_join() - wait for a call as well
 * @call: the call, kept by a reference of somebody else
 *
 * Context: Any.
 */
void gunyah_vm_call_join(struct gunyah_vm_call *call)
{
	kref_get(&call->kref);
	atomic_inc(&call->waiters);
}

/**
 * gunyah_vm_call_wait() - wait for the result of a call
 * @call: the call; the reference of gunyah_vm_call_new() or
 *	gunyah_vm_call_join() is dropped
 *
 * Context: Process context without locks; a fatal signal ends the wait, and a
 * suspend of the system does not have to wait for it.
 * Return: what the call has returned, or -EINTR; the call goes on then.
 */
int gunyah_vm_call_wait(struct gunyah_vm_call *call)
{
	int ret;

	ret = wait_for_completion_state(&call->done,
					TASK_KILLABLE | TASK_FREEZABLE);
	atomic_dec(&call->waiters);
	ret = ret ? -EINTR : call->ret;
	gunyah_vm_call_put(call);
	return ret;
}

/**
 * gunyah_vm_call_run() - queue a call and wait for its result
 * @call: the call; the reference is dropped
 *
 * Context: Process context without locks.
 * Return: as gunyah_vm_call_wait().
 */
int gunyah_vm_call_run(struct gunyah_vm_call *call)
{
	gunyah_vm_call_queue(call);
	return gunyah_vm_call_wait(call);
}

/**
 * gunyah_vm_call_abandoned() - whether a call is for nobody any more
 * @call: a call that runs
 *
 * Context: Any.
 * Return: true if everybody who waited was killed, or its VM has no user left.
 */
bool gunyah_vm_call_abandoned(struct gunyah_vm_call *call)
{
	return !atomic_read(&call->waiters) ||
	       !refcount_read(&call->vm->users);
}

/*
 * State
 */

static void vm_wake(struct gunyah_vm *vm)
{
	wake_up_poll(&vm->wait, EPOLLIN | EPOLLHUP);
}

/**
 * gunyah_vm_set_state() - put a VM into another state
 * @vm: the VM
 * @state: GH_VM_STATE_...
 *
 * Context: Process context.
 */
void gunyah_vm_set_state(struct gunyah_vm *vm, u32 state)
{
	scoped_guard(spinlock, &vm->state_lock) {
		/* The end may be reported before the reply to the start */
		if (state == GH_VM_STATE_RUNNING && vm->exit_early)
			state = GH_VM_STATE_EXITED;
		vm->exit_early = false;
		WRITE_ONCE(vm->state, state);
	}
	trace_gunyah_vm_state(vm->vmid, state, vm->start_errno);
	/* Nobody waits for the other states: a start wakes its own callers */
	if (state == GH_VM_STATE_FAILED || state == GH_VM_STATE_EXITED)
		vm_wake(vm);
	if (state == GH_VM_STATE_EXITED)
		gunyah_vm_kick(vm, 0);
}

/**
 * gunyah_vm_set_step() - tell how far a start has got
 * @vm: the VM
 * @step: GH_VM_START_STEP_...
 *
 * Context: Worker.
 */
void gunyah_vm_set_step(struct gunyah_vm *vm, u32 step)
{
	guard(spinlock)(&vm->state_lock);
	vm->start_step = step;
}

/**
 * gunyah_vm_refuse_start() - tell why the driver refuses to start a VM
 * @vm: the VM
 * @reason: GH_VM_START_REASON_...
 * @label: label of the region that this is about, or 0
 *
 * Context: Process context.
 */
void gunyah_vm_refuse_start(struct gunyah_vm *vm, u32 reason, u32 label)
{
	guard(spinlock)(&vm->state_lock);
	vm->start_reason = reason;
	vm->start_label = label;
}

/**
 * gunyah_vm_state() - state of a VM
 * @vm: the VM
 *
 * Context: Any.
 * Return: GH_VM_STATE_...
 */
u32 gunyah_vm_state(struct gunyah_vm *vm)
{
	return READ_ONCE(vm->state);
}

/**
 * gunyah_vm_exit_info() - whether and why a VM has ended
 * @vm: the VM
 * @exit: filled in if it has ended
 *
 * Context: Any but hard interrupts.
 * Return: true if it has ended.
 */
bool gunyah_vm_exit_info(struct gunyah_vm *vm,
			 struct gunyah_rm_vm_exited *exit)
{
	guard(spinlock)(&vm->state_lock);
	if (vm->state != GH_VM_STATE_EXITED)
		return false;
	*exit = vm->exit;
	return true;
}

/**
 * gunyah_vm_check_exit() - find out whether a VM has ended without a report
 * @vm: the VM
 *
 * If it has, it gets into GH_VM_STATE_EXITED after a while.
 *
 * Context: Any.
 */
void gunyah_vm_check_exit(struct gunyah_vm *vm)
{
	WRITE_ONCE(vm->ask_state, true);
	gunyah_vm_kick(vm, 0);
}

/**
 * gunyah_vm_status() - status of a VM for its user
 * @vm: the VM
 * @status: filled in
 *
 * Context: Process context.
 */
void gunyah_vm_status(struct gunyah_vm *vm, struct gh_vm_status *status)
{
	u16 vmid = READ_ONCE(vm->vmid);

	memset(status, 0, sizeof(*status));
	if (vmid != GUNYAH_VMID_INVALID)
		status->vmid = vmid;

	guard(spinlock)(&vm->state_lock);
	status->state = vm->state;
	status->start_step = vm->start_step;
	status->start_reason = vm->start_reason;
	status->start_label = vm->start_label;
	if (vm->state == GH_VM_STATE_FAILED) {
		status->start_errno = -vm->start_errno;
		status->rm_error = vm->rm_error;
	}
	if (vm->state == GH_VM_STATE_EXITED) {
		status->exit_type = vm->exit.type;
		status->reason_size = min_t(u32, vm->exit.reason_size,
					    GH_VM_STATUS_REASON_SIZE);
		memcpy(status->reason, vm->exit.reason, status->reason_size);
		static_assert(sizeof(status->crash_msg) ==
			      sizeof(vm->crash.text));
		status->crash_msg_size = vm->crash.size;
		memcpy(status->crash_msg, vm->crash.text,
		       sizeof(vm->crash.text));
	}
}

/**
 * gunyah_vm_set_exited() - put a VM that was started into its last state
 * @vm: the VM
 * @exited: how it has ended
 *
 * During a start this is only noted: the end of a VM whose start fails is a part
 * of that.
 *
 * Context: Any but hard interrupts.
 * Return: false if it is in that state already, or was not started.
 */
bool gunyah_vm_set_exited(struct gunyah_vm *vm,
			  const struct gunyah_rm_vm_exited *exited)
{
	guard(spinlock)(&vm->state_lock);
	if (vm->state != GH_VM_STATE_RUNNING &&
	    vm->state != GH_VM_STATE_STARTING)
		return false;
	vm->exit = *exited;
	if (vm->state == GH_VM_STATE_STARTING) {
		vm->exit_early = true;
		return true;
	}
	WRITE_ONCE(vm->state, GH_VM_STATE_EXITED);
	trace_gunyah_vm_state(vm->vmid, vm->state, 0);
	vm_wake(vm);
	/* To announce it */
	gunyah_vm_kick(vm, 0);
	return true;
}

static void vm_notify_status(struct gunyah_vm *vm,
			     const struct gunyah_rm_vm_status *status)
{
	guard(spinlock)(&vm->state_lock);
	vm->rm_state = status->vm_state;
	if (status->vm_state == GUNYAH_RM_VM_STATE_EXITED) {
		vm->exit_seen = jiffies;
		gunyah_vm_kick(vm, GUNYAH_VM_EXIT_GRACE / 2);
	}
	wake_up_all(&vm->rm_wait);
}

/**
 * gunyah_vm_notify() - take a notification of the resource manager
 * @host: the host
 * @msg_id: an &enum gunyah_rm_notification_id, or one that is not known
 * @payload: payload, not trusted
 * @len: its size in bytes
 *
 * Context: Thread of the RPC core; takes spinlocks only, because a task that
 * waits for a reply may hold anything else.
 */
void gunyah_vm_notify(struct gunyah_host *host, u32 msg_id, const void *payload,
		      size_t len)
{
	struct gunyah_rm_vm_exited exited;
	struct gunyah_rm_vm_status status;
	struct gunyah_vm *vm;
	bool is_exit = msg_id == GUNYAH_RM_NOTIFY_VM_EXITED;
	int ret;

	if (is_exit)
		ret = gunyah_rm_parse_vm_exited(payload, len, &exited);
	else if (msg_id == GUNYAH_RM_NOTIFY_VM_STATUS)
		ret = gunyah_rm_parse_vm_status(payload, len, &status);
	else
		return;
	if (ret)
		return;

	/* A VM that is in the array has a reference */
	xa_lock(&host->vms);
	vm = xa_load(&host->vms, is_exit ? exited.vmid : status.vmid);
	if (vm) {
		if (is_exit)
			gunyah_vm_set_exited(vm, &exited);
		else
			vm_notify_status(vm, &status);
	}
	xa_unlock(&host->vms);
}

/**
 * gunyah_vm_lock_new() - lock a VM to configure it
 * @vm: the VM
 *
 * Context: Process context, may sleep.
 * Return: 0 with the lock held; -ERESTARTSYS; -EBUSY if the VM was started.
 */
int gunyah_vm_lock_new(struct gunyah_vm *vm)
{
	if (mutex_lock_interruptible(&vm->lock))
		return -ERESTARTSYS;
	if (gunyah_vm_state(vm) == GH_VM_STATE_NEW)
		return 0;
	mutex_unlock(&vm->lock);
	return -EBUSY;
}

/**
 * gunyah_vm_init() - initialise a VM that is all zeroes
 * @vm: the VM
 * @host: the host, which gets a reference
 *
 * The VM has one reference and one user, and belongs to the caller's address
 * space.
 *
 * Context: Process context.
 * Return: 0 or -ENOMEM.
 */
int gunyah_vm_init(struct gunyah_vm *vm, struct gunyah_host *host)
{
	int ret;

	ret = init_srcu_struct(&vm->srcu);
	if (ret)
		return ret;
	kref_init(&vm->kref);
	refcount_set(&vm->users, 1);
	gunyah_host_get(host);
	vm->host = host;
	/* Whoever makes a VM has the device open, so that it exists */
	vm->device = get_device(host->misc.this_device);
	vm->rm.rm = host->rm;
	vm->mm = current->mm;
	mmgrab(vm->mm);
	vm->creator = task_tgid_nr(current);
	vm->announced = GUNYAH_VMID_INVALID;
	vm->vmid = GUNYAH_VMID_INVALID;
	vm->fw = GUNYAH_VM_FW_NONE;
	mutex_init(&vm->lock);
	INIT_LIST_HEAD(&vm->regions);
	INIT_LIST_HEAD(&vm->parcels);
	INIT_LIST_HEAD(&vm->functions);
	INIT_LIST_HEAD(&vm->resources);
	spin_lock_init(&vm->calls_lock);
	INIT_LIST_HEAD(&vm->calls);
	INIT_DELAYED_WORK(&vm->work, vm_work);
	vm->kcov_handle = kcov_common_handle();
	INIT_LIST_HEAD(&vm->ending);
	init_completion(&vm->end_done);
	spin_lock_init(&vm->state_lock);
	vm->state = GH_VM_STATE_NEW;
	init_waitqueue_head(&vm->rm_wait);
	init_waitqueue_head(&vm->wait);
	return 0;
}
