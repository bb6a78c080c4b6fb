// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a VM as user space sees it: create, start, stop, end
 *
 * A VM lives as long as one of its file descriptors. Closing the last of these
 * ends it: the firmware is asked for everything that it holds for the VM, again
 * and again until it has released all of it or the driver goes. close() waits
 * for the first attempt, for a bounded time.
 */

#define pr_fmt(fmt) "gunyah: " fmt

#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/lockdep.h>
#include <linux/overflow.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "function.h"
#include "host.h"
#include "rm.h"
#include "sysfs.h"
#include "vm.h"
#include "vm_life.h"
#include "vm_mem.h"
#include "vm_rm.h"

/* How long the end of a VM may take that was stopped by force */
#define STOP_WAIT_MS		10000
/* How long close() waits for the end of the VM */
#define CLOSE_WAIT_MS		10000
/* How long a process that exits waits for the end of all its VMs together */
#define EXIT_WAIT_MS		500

/* Time between attempts to end a VM */
#define END_DELAY_MIN		HZ
#define END_DELAY_MAX		(60 * HZ)
/* Time between attempts to remove functions that have expired */
#define EXPIRED_DELAY		(HZ / 10)

/*
 * Firmware may release the objects of a VM only some time after it has said so.
 * For this time a lack of resources may be over soon; and how long to try.
 */
#define RELEASE_MS		500
#define START_RETRY_MS		5000

/**
 * gunyah_vm_set_dtb() - GH_VM_SET_DTB_CONFIG
 * @vm: the VM
 * @config: where the devicetree is
 *
 * Context: Process context, may sleep.
 * Return: 0, -EINVAL, -EOVERFLOW, -EBUSY, -ERESTARTSYS.
 */
int gunyah_vm_set_dtb(struct gunyah_vm *vm,
		      const struct gh_vm_dtb_config *config)
{
	u64 end;
	int ret;

	if (!config->size)
		return -EINVAL;
	/* The resource manager takes whole pages of 4 KiB */
	if (check_add_overflow(config->gpa, config->size, &end) ||
	    end > U64_MAX - SZ_4K)
		return -EOVERFLOW;

	ret = gunyah_vm_lock_new(vm);
	if (ret)
		return ret;
	vm->dtb_gpa = config->gpa;
	vm->dtb_size = ALIGN(config->size, SZ_4K);
	mutex_unlock(&vm->lock);
	return 0;
}

/*
 * Start
 */

/* Whether a VM was released so recently that its objects may still exist */
static bool vm_released_recently(struct gunyah_host *host, unsigned long now)
{
	unsigned long released = READ_ONCE(host->released);

	return released &&
	       time_before(now, released + msecs_to_jiffies(RELEASE_MS));
}

/* Have the firmware build and start the VM, or leave nothing of it there */
static int vm_boot_locked(struct gunyah_vm_call *call)
{
	struct gunyah_vm *vm = call->vm;
	unsigned long limit = jiffies + msecs_to_jiffies(START_RETRY_MS);
	unsigned int delay_ms = 10;
	unsigned long began;
	int ret;

	lockdep_assert_held(&vm->lock);

	for (;; delay_ms = min(2 * delay_ms, 200U)) {
		began = jiffies;
		ret = gunyah_vm_rm_start(vm, call);
		if (!ret)
			return 0;
		if (gunyah_vm_rm_end(vm))
			return ret;
		if (vm->start_step != GH_VM_START_STEP_INIT ||
		    vm->rm_error != GUNYAH_RM_ERROR_NORESOURCE ||
		    !vm_released_recently(vm->host, began))
			return ret;
		if (gunyah_vm_call_abandoned(call))
			return -EINTR;
		if (time_after(jiffies, limit))
			return -EAGAIN;
		msleep(delay_ms);
	}
}

/* The start is over. @state is what the VM is in now. */
static void vm_finish_start_locked(struct gunyah_vm *vm, u32 state, int ret)
{
	lockdep_assert_held(&vm->lock);

	scoped_guard(spinlock, &vm->state_lock)
		vm->start_errno = ret;
	gunyah_vm_set_state(vm, state);
	gunyah_vm_call_put(vm->start_call);
	vm->start_call = NULL;
}

static int vm_start_fn(struct gunyah_vm_call *call)
{
	struct gunyah_vm *vm = call->vm;
	int ret;

	guard(mutex)(&vm->lock);
	ret = vm_boot_locked(call);
	if (!ret) {
		gunyah_functions_bind(vm);
		gunyah_vm_set_step(vm, GH_VM_START_STEP_DONE);
		vm_finish_start_locked(vm, GH_VM_STATE_RUNNING, 0);
		gunyah_sysfs_vm_started(vm);
		return 0;
	}
	if (!gunyah_vm_rm_holds_memory(vm))
		gunyah_vm_discard_mem(vm);
	/* What is lost cannot be given once more */
	if (ret == -EAGAIN && !list_empty(&vm->parcels))
		ret = -EIO;
	WRITE_ONCE(vm->host->released, jiffies);
	vm_finish_start_locked(vm, ret == -EAGAIN ? GH_VM_STATE_NEW :
			       GH_VM_STATE_FAILED, ret);
	return ret;
}

/* Everything that can be wrong before the firmware is asked */
static int vm_prepare_start_locked(struct gunyah_vm *vm)
{
	lockdep_assert_held(&vm->lock);

	if (current->mm != vm->mm)
		return -EPERM;
	if (!gunyah_rm_alive(vm->host->rm))
		return -ESHUTDOWN;
	return gunyah_vm_prepare_mem(vm);
}

/* Begin a start that @call is to go on with */
static void vm_begin_start_locked(struct gunyah_vm *vm,
				  struct gunyah_vm_call *call)
{
	int ret;

	lockdep_assert_held(&vm->lock);

	kref_get(&call->kref);
	vm->start_call = call;
	gunyah_vm_refuse_start(vm, GH_VM_START_REASON_NONE, 0);
	gunyah_vm_set_step(vm, GH_VM_START_STEP_NONE);
	gunyah_vm_set_state(vm, GH_VM_STATE_STARTING);
	ret = vm_prepare_start_locked(vm);
	if (!ret) {
		gunyah_vm_call_queue(call);
		return;
	}
	vm_finish_start_locked(vm, GH_VM_STATE_NEW, ret);
	gunyah_vm_call_finish(call, ret);
}

/**
 * gunyah_vm_start() - GH_VM_START
 * @vm: the VM
 *
 * Context: Process context, may sleep; a fatal signal ends it.
 * Return: 0 also if it was started before, or a negative errno; the error of
 * an earlier start that failed for good.
 */
int gunyah_vm_start(struct gunyah_vm *vm)
{
	struct gunyah_vm_call *call;

	call = gunyah_vm_call_new(vm, vm_start_fn, NULL);
	if (!call)
		return -ENOMEM;
	if (mutex_lock_interruptible(&vm->lock)) {
		gunyah_vm_call_put(call);
		return -ERESTARTSYS;
	}
	if (vm->start_call) {
		gunyah_vm_call_put(call);
		call = vm->start_call;
		gunyah_vm_call_join(call);
	} else if (gunyah_vm_state(vm) == GH_VM_STATE_NEW) {
		vm_begin_start_locked(vm, call);
	} else {
		gunyah_vm_call_finish(call, vm->start_errno);
	}
	mutex_unlock(&vm->lock);

	return gunyah_vm_call_wait(call);
}

/*
 * Stop
 */

static int vm_stop(struct gunyah_vm *vm, bool force)
{
	/* Before the start user space decides how long the lock is held */
	if (gunyah_vm_state(vm) != GH_VM_STATE_RUNNING)
		return -EBUSY;
	guard(mutex)(&vm->lock);
	if (gunyah_vm_state(vm) != GH_VM_STATE_RUNNING)
		return -EBUSY;
	/* To notify a VM without a channel kills the resource manager */
	if (!force && !vm->channel)
		return -ENOTCONN;
	return gunyah_rm_vm_stop(&vm->rm, vm->vmid, force);
}

static int vm_ask_fn(struct gunyah_vm_call *call)
{
	return vm_stop(call->vm, false);
}

static int vm_force_fn(struct gunyah_vm_call *call)
{
	return vm_stop(call->vm, true);
}

/* Wait for a start that goes on */
static int vm_wait_start(struct gunyah_vm *vm)
{
	struct gunyah_vm_call *call;

	if (mutex_lock_interruptible(&vm->lock))
		return -ERESTARTSYS;
	call = vm->start_call;
	if (call)
		gunyah_vm_call_join(call);
	mutex_unlock(&vm->lock);
	return call && gunyah_vm_call_wait(call) == -EINTR ? -EINTR : 0;
}

static int vm_wait_exited(struct gunyah_vm *vm, unsigned int ms)
{
	long left;

	left = wait_event_killable_timeout(vm->wait,
					   gunyah_vm_state(vm) ==
					   GH_VM_STATE_EXITED,
					   msecs_to_jiffies(ms));
	if (left < 0)
		return -EINTR;
	return left ? 0 : -ETIMEDOUT;
}

/**
 * gunyah_vm_stop() - GH_VM_STOP
 * @vm: the VM
 * @force: do not ask it
 *
 * Context: Process context, may sleep; a fatal signal ends it.
 * Return: 0, also if it has ended before; -EBUSY (it does not run), -ENOTCONN
 * (it cannot be asked), -EINTR, -ERESTARTSYS, -ENOMEM, -ETIMEDOUT (it was
 * stopped, but does not end), or what the resource manager's answer stands for.
 */
int gunyah_vm_stop(struct gunyah_vm *vm, bool force)
{
	struct gunyah_vm_call *call;
	int ret;

	ret = vm_wait_start(vm);
	if (ret)
		return ret;
	call = gunyah_vm_call_new(vm, force ? vm_force_fn : vm_ask_fn, NULL);
	if (!call)
		return -ENOMEM;
	ret = gunyah_vm_call_run(call);

	/* It may have been faster */
	if (gunyah_vm_state(vm) == GH_VM_STATE_EXITED)
		return 0;
	if (ret || !force)
		return ret;

	ret = vm_wait_exited(vm, STOP_WAIT_MS / 2);
	if (ret != -ETIMEDOUT)
		return ret;
	gunyah_vm_check_exit(vm);
	return vm_wait_exited(vm, STOP_WAIT_MS / 2);
}

static int vm_crash_fn(struct gunyah_vm_call *call)
{
	struct gunyah_rm_crash_msg crash = {};
	struct gunyah_vm *vm = call->vm;

	guard(mutex)(&vm->lock);
	if (vm->crash.asked || gunyah_vm_state(vm) != GH_VM_STATE_EXITED)
		return 0;
	gunyah_rm_vm_get_crash_msg(&vm->rm, vm->vmid, &crash);
	crash.asked = true;
	scoped_guard(spinlock, &vm->state_lock)
		vm->crash = crash;
	return 0;
}

/**
 * gunyah_vm_fetch_crash() - get the crash message of a VM that has ended
 * @vm: the VM
 *
 * Asks the resource manager once; whatever goes wrong, there is no message.
 *
 * Context: Process context, may sleep; a fatal signal ends it.
 */
void gunyah_vm_fetch_crash(struct gunyah_vm *vm)
{
	struct gunyah_vm_call *call;

	if (READ_ONCE(vm->crash.asked) ||
	    gunyah_vm_state(vm) != GH_VM_STATE_EXITED)
		return;
	call = gunyah_vm_call_new(vm, vm_crash_fn, NULL);
	if (call)
		gunyah_vm_call_run(call);
}

/*
 * What has to be done without anybody asking
 */

/* The report of the end may be lost, though the state was notified */
static long vm_look_for_exit(struct gunyah_vm *vm)
{
	struct gunyah_rm_vm_exited exited = { .type = GH_VM_EXIT_UNKNOWN };
	u8 state = GUNYAH_RM_VM_STATE_NONE;
	unsigned long now;

	if (gunyah_vm_state(vm) != GH_VM_STATE_RUNNING)
		return -1;
	if (xchg(&vm->ask_state, false)) {
		scoped_guard(mutex, &vm->lock)
			if (gunyah_rm_vm_get_state(&vm->rm, vm->vmid, &state))
				state = GUNYAH_RM_VM_STATE_NONE;
	}
	scoped_guard(spinlock, &vm->state_lock) {
		if (state == GUNYAH_RM_VM_STATE_EXITED &&
		    vm->rm_state != GUNYAH_RM_VM_STATE_EXITED) {
			vm->rm_state = state;
			vm->exit_seen = jiffies;
		}
		if (vm->rm_state != GUNYAH_RM_VM_STATE_EXITED)
			return -1;
		/* It may be in the queue, and its interrupt lost */
		gunyah_rm_poll(vm->rm.rm);
		now = jiffies;
		if (time_before(now, vm->exit_seen + GUNYAH_VM_EXIT_GRACE))
			return vm->exit_seen + GUNYAH_VM_EXIT_GRACE - now;
	}
	exited.vmid = vm->vmid;
	if (gunyah_vm_set_exited(vm, &exited))
		pr_warn("VM %u: the resource manager has not said why it ended\n",
			vm->vmid);
	return -1;
}

static void vm_release_all_locked(struct gunyah_vm *vm)
{
	lockdep_assert_held(&vm->lock);

	gunyah_functions_remove(vm);
	gunyah_vm_free_mem(vm);
}

/* Returns 0, or a negative errno if there has to be another attempt */
static int vm_try_end(struct gunyah_vm *vm)
{
	/* If it is set later, there is another attempt */
	bool last = READ_ONCE(vm->host->gone);
	int ret;

	guard(mutex)(&vm->lock);
	ret = gunyah_vm_rm_end(vm);
	if (last || !gunyah_vm_rm_holds_memory(vm))
		vm_release_all_locked(vm);
	if (ret && last) {
		gunyah_vm_rm_abandon(vm);
		ret = 0;
	}
	return ret;
}

/* A VM without users */
static long vm_end(struct gunyah_vm *vm)
{
	struct gunyah_host *host = vm->host;

	/* Another kick after the end */
	if (list_empty(&vm->ending))
		return -1;

	gunyah_sysfs_vm_ended(vm);
	if (vm_try_end(vm)) {
		if (!completion_done(&vm->end_done))
			pr_err("VM %u: firmware does not release everything, trying again\n",
			       vm->vmid);
		complete_all(&vm->end_done);
		vm->end_delay = clamp(vm->end_delay * 2, END_DELAY_MIN,
				      END_DELAY_MAX);
		return vm->end_delay;
	}

	WRITE_ONCE(host->released, jiffies);
	debugfs_remove(vm->debugfs);
	complete_all(&vm->end_done);
	scoped_guard(mutex, &host->ending_lock)
		list_del_init(&vm->ending);
	/* Nobody kicks it any more; no timer may outlive the work queue */
	if (cancel_delayed_work(&vm->work))
		gunyah_vm_put(vm);
	/* Except for a call that was queued meanwhile */
	if (!list_empty_careful(&vm->calls))
		gunyah_vm_kick(vm, 0);
	wake_up_all(&host->ended);
	gunyah_vm_put(vm);
	return -1;
}

static long vm_background(struct gunyah_vm *vm)
{
	long again = -1, delay;

	if (!refcount_read(&vm->users))
		return vm_end(vm);
	if (!gunyah_functions_remove_expired(vm))
		again = EXPIRED_DELAY;
	if (gunyah_vm_state(vm) == GH_VM_STATE_EXITED)
		gunyah_sysfs_vm_ended(vm);
	delay = vm_look_for_exit(vm);
	return again < 0 || (delay >= 0 && delay < again) ? delay : again;
}

/**
 * gunyah_vms_end() - end the VMs that are still ending, at their next attempt
 * @host: the host, of which no file is open
 *
 * What the firmware does not release at that attempt stays unusable until
 * reboot.
 *
 * Context: Process context, may sleep.
 */
void gunyah_vms_end(struct gunyah_host *host)
{
	struct gunyah_vm *vm;

	WRITE_ONCE(host->gone, true);
	scoped_guard(mutex, &host->ending_lock) {
		list_for_each_entry(vm, &host->ending, ending) {
			gunyah_vm_kick(vm, 0);
			wake_up_all(&vm->rm_wait);
		}
	}
	wait_event(host->ended, list_empty_careful(&host->ending));
	/* Whoever has emptied the list has dropped the lock as well */
	mutex_lock(&host->ending_lock);
	mutex_unlock(&host->ending_lock);
}

/**
 * gunyah_vm_create() - make a VM that the firmware does not know yet
 * @host: the host
 *
 * Context: Process context, may sleep.
 * Return: a VM with one reference and one user, or an ERR_PTR: -ENOMEM,
 * -ESHUTDOWN.
 */
struct gunyah_vm *gunyah_vm_create(struct gunyah_host *host)
{
	struct gunyah_vm *vm;
	int ret;

	if (!gunyah_rm_alive(host->rm))
		return ERR_PTR(-ESHUTDOWN);

	vm = kzalloc(sizeof(*vm), GFP_KERNEL_ACCOUNT);
	if (!vm)
		return ERR_PTR(-ENOMEM);
	ret = gunyah_vm_init(vm, host);
	if (ret) {
		kfree(vm);
		return ERR_PTR(ret);
	}
	vm->background = vm_background;
	return vm;
}

/**
 * gunyah_vm_use() - keep a VM alive for one more file descriptor
 * @vm: the VM, used by the caller
 *
 * Context: Any.
 */
void gunyah_vm_use(struct gunyah_vm *vm)
{
	refcount_inc(&vm->users);
}

/* When the VM began to end, or the first VM of its process that still does */
static unsigned long vm_ending_since_locked(struct gunyah_vm *vm)
{
	struct gunyah_vm *other;

	lockdep_assert_held(&vm->host->ending_lock);

	list_for_each_entry(other, &vm->host->ending, ending)
		if (other->mm == vm->mm)
			return other->ending_since;
	return jiffies;
}

/**
 * gunyah_vm_unuse() - a file descriptor of a VM was closed
 * @vm: the VM
 *
 * The last one ends the VM and waits until its memory is back, for a bounded
 * time, whatever the firmware does. A process that exits cannot be killed any
 * more: it waits only once for all its VMs.
 *
 * Context: Process context, may sleep.
 */
void gunyah_vm_unuse(struct gunyah_vm *vm)
{
	struct gunyah_host *host = vm->host;
	long left;

	if (!refcount_dec_and_test(&vm->users))
		return;

	gunyah_vm_get(vm);
	scoped_guard(mutex, &host->ending_lock) {
		vm->ending_since = vm_ending_since_locked(vm);
		list_add_tail(&vm->ending, &host->ending);
	}
	gunyah_vm_kick(vm, 0);

	/* Never block a kernel thread: other work is queued behind us */
	if (current->flags & PF_KTHREAD)
		return;
	if (!(current->flags & PF_EXITING)) {
		wait_for_completion_killable_timeout(&vm->end_done,
						     msecs_to_jiffies(CLOSE_WAIT_MS));
		return;
	}
	left = vm->ending_since + msecs_to_jiffies(EXIT_WAIT_MS) - jiffies;
	if (left > 0)
		wait_for_completion_timeout(&vm->end_done, left);
}
