// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VM: its life as user space sees it
 *
 * A VM lives as long as one of its file descriptors. What has to be said to the
 * firmware at its start and at its end is said by workers (see vm_rm.c), so
 * that the process that asked for it can be killed at any time and yet no reply
 * is lost. When the last file descriptor goes, the process waits for the end
 * for a bounded time only.
 */

#define pr_fmt(fmt) "gunyah: " fmt

#include <linux/err.h>
#include <linux/lockdep.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "private.h"
#include "trace.h"

/* How long the end of a VM may take that was stopped by force */
#define STOP_WAIT_MS		10000
/* How long the last close() waits for the end of the VM */
#define CLOSE_WAIT_MS		10000
/* The same if the process was killed: it shall be gone within a second */
#define KILLED_WAIT_MS		400

/* Interval of further attempts to get a VM's memory back */
#define END_DELAY_MIN		(HZ)
#define END_DELAY_MAX		(60 * HZ)

/*
 * The error code of the resource manager that @ret stands for, if it was the
 * last call that failed
 */
static u32 vm_rm_error(struct gunyah_vm *vm, int ret)
{
	u32 error = vm->rm.error;

	return error && gunyah_rm_error_remap(error) == ret ? error : 0;
}

static void vm_set_state(struct gunyah_vm *vm, u32 state, int ret)
{
	spin_lock(&vm->state_lock);
	/* The end may be reported before the reply that tells of the start */
	if (state == GH_VM_STATE_RUNNING && vm->exited)
		state = GH_VM_STATE_EXITED;
	vm->state = state;
	if (state == GH_VM_STATE_FAILED)
		vm->start_errno = ret;
	spin_unlock(&vm->state_lock);
	trace_gunyah_vm_state(vm->vmid, state, ret);
	wake_up_all(&vm->wait);
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
	spin_lock(&vm->state_lock);
	vm->start_step = step;
	spin_unlock(&vm->state_lock);
}

/**
 * gunyah_vm_state() - state of a VM
 * @vm: the VM
 *
 * Context: Any but hard interrupts.
 * Return: GH_VM_STATE_...
 */
u32 gunyah_vm_state(struct gunyah_vm *vm)
{
	u32 state;

	spin_lock(&vm->state_lock);
	state = vm->state;
	spin_unlock(&vm->state_lock);
	return state;
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
	bool exited;

	spin_lock(&vm->state_lock);
	exited = vm->exited;
	if (exited)
		*exit = vm->exit;
	spin_unlock(&vm->state_lock);
	return exited;
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
	spin_lock(&vm->state_lock);
	status->state = vm->state;
	status->start_step = vm->start_step;
	if (vm->state == GH_VM_STATE_FAILED) {
		status->start_errno = -vm->start_errno;
		status->rm_error = vm->rm_error;
	}
	if (vm->state == GH_VM_STATE_EXITED) {
		status->exit_type = vm->exit.type;
		status->reason_size = min_t(u32, vm->exit.reason_size,
					    GH_VM_STATUS_REASON_SIZE);
		memcpy(status->reason, vm->exit.reason, status->reason_size);
	}
	spin_unlock(&vm->state_lock);
}

/**
 * gunyah_vm_notify() - take a notification of the firmware
 * @data: struct gunyah_host
 * @msg_id: what it is
 * @payload: payload, not trusted
 * @len: its size in bytes
 *
 * Context: Thread of the RPC core; takes spinlocks only, since whoever waits
 * for a reply may hold anything else.
 */
void gunyah_vm_notify(void *data, u32 msg_id, const void *payload, size_t len)
{
	struct gunyah_host *host = data;
	struct gunyah_rm_vm_exited exited;
	struct gunyah_rm_vm_status status;
	struct gunyah_vm *vm;

	if (msg_id == GUNYAH_RM_NOTIFY_VM_EXITED) {
		if (gunyah_rm_parse_vm_exited(payload, len, &exited))
			return;
		xa_lock(&host->vms);
		vm = xa_load(&host->vms, exited.vmid);
		if (vm) {
			spin_lock(&vm->state_lock);
			if (!vm->exited) {
				vm->exited = true;
				vm->exit = exited;
			}
			if (vm->state == GH_VM_STATE_RUNNING) {
				vm->state = GH_VM_STATE_EXITED;
				trace_gunyah_vm_state(vm->vmid, vm->state, 0);
			}
			spin_unlock(&vm->state_lock);
			wake_up_all(&vm->wait);
		}
		xa_unlock(&host->vms);
	} else if (msg_id == GUNYAH_RM_NOTIFY_VM_STATUS) {
		if (gunyah_rm_parse_vm_status(payload, len, &status))
			return;
		xa_lock(&host->vms);
		vm = xa_load(&host->vms, status.vmid);
		if (vm) {
			spin_lock(&vm->state_lock);
			vm->rm_state = status.vm_state;
			spin_unlock(&vm->state_lock);
			wake_up_all(&vm->wait);
		}
		xa_unlock(&host->vms);
	}
}

static void vm_start_work(struct work_struct *work)
{
	struct gunyah_vm *vm = container_of(work, struct gunyah_vm, start_work);
	u32 rm_error;
	int ret;

	mutex_lock(&vm->lock);
	ret = gunyah_vm_boot(vm);
	if (ret) {
		rm_error = vm_rm_error(vm, ret);
		if (gunyah_vm_unboot(vm)) {
			gunyah_mem_unprepare(vm);
			gunyah_vm_put_vmid(vm);
		}
		spin_lock(&vm->state_lock);
		vm->rm_error = rm_error;
		spin_unlock(&vm->state_lock);
		vm_set_state(vm, GH_VM_STATE_FAILED, ret);
	} else {
		gunyah_functions_bind(vm);
		gunyah_vm_set_step(vm, GH_VM_START_STEP_DONE);
		vm_set_state(vm, GH_VM_STATE_RUNNING, 0);
	}
	mutex_unlock(&vm->lock);
	complete_all(&vm->start_done);
	gunyah_vm_put(vm);
}

/**
 * gunyah_vm_lock() - lock a VM for a change of its configuration
 * @vm: the VM
 *
 * Context: Process context, may sleep.
 * Return: 0 with the lock held, -EINTR, -EBUSY if the VM was started.
 */
int gunyah_vm_lock(struct gunyah_vm *vm)
{
	if (mutex_lock_interruptible(&vm->lock))
		return -EINTR;
	if (gunyah_vm_state(vm) == GH_VM_STATE_NEW)
		return 0;
	mutex_unlock(&vm->lock);
	return -EBUSY;
}

/* Everything that can be wrong before the firmware is asked. vm->lock held. */
static int vm_prepare_start(struct gunyah_vm *vm)
{
	if (current->mm != vm->mm)
		return -EPERM;
	if (!vm->dtb_size || !gunyah_mem_find(vm, vm->dtb_gpa, vm->dtb_size))
		return -EINVAL;
	if (!gunyah_rm_alive(vm->host->rm))
		return -ESHUTDOWN;
	return gunyah_mem_prepare(vm);
}

/**
 * gunyah_vm_start() - GH_VM_START
 * @vm: the VM
 *
 * Context: Process context, may sleep; a fatal signal ends it.
 * Return: 0 also if it was started before, or a negative errno; the error of
 * an earlier start that failed.
 */
int gunyah_vm_start(struct gunyah_vm *vm)
{
	struct gh_vm_status status;
	int ret;

	if (mutex_lock_interruptible(&vm->lock))
		return -EINTR;
	if (gunyah_vm_state(vm) == GH_VM_STATE_NEW) {
		ret = vm_prepare_start(vm);
		if (ret) {
			mutex_unlock(&vm->lock);
			return ret;
		}
		vm_set_state(vm, GH_VM_STATE_STARTING, 0);
		gunyah_vm_get(vm);
		queue_work(vm->host->wq, &vm->start_work);
	}
	atomic_inc(&vm->starters);
	mutex_unlock(&vm->lock);

	ret = wait_for_completion_state(&vm->start_done,
					TASK_KILLABLE | TASK_FREEZABLE);
	/* Others may have been told by their parent to wait, too */
	if (atomic_dec_and_test(&vm->starters) && ret)
		WRITE_ONCE(vm->abort, true);
	if (ret)
		return -EINTR;
	gunyah_vm_status(vm, &status);
	return -(int)status.start_errno;
}

/**
 * gunyah_vm_stop() - GH_VM_STOP
 * @vm: the VM
 * @force: do not ask it
 *
 * Context: Process context, may sleep; a fatal signal ends it.
 * Return: 0, also if it has ended before; -EBUSY (it does not run), -EINTR,
 * -ETIMEDOUT (it was stopped, but does not end), or what the resource manager's
 * answer stands for.
 */
int gunyah_vm_stop(struct gunyah_vm *vm, bool force)
{
	u32 state;
	long left;
	int ret;

	/* Its lock may still be free */
	if (gunyah_vm_state(vm) == GH_VM_STATE_STARTING &&
	    wait_for_completion_killable(&vm->start_done))
		return -EINTR;
	if (mutex_lock_interruptible(&vm->lock))
		return -EINTR;
	state = gunyah_vm_state(vm);
	ret = -EBUSY;
	if (state == GH_VM_STATE_RUNNING)
		ret = gunyah_rm_vm_stop(&vm->rm, vm->vmid, force);
	mutex_unlock(&vm->lock);

	/* It may have been faster */
	if (gunyah_vm_state(vm) == GH_VM_STATE_EXITED)
		return 0;
	if (ret || !force)
		return ret;

	left = wait_event_killable_timeout(vm->wait,
					   gunyah_vm_state(vm) ==
					   GH_VM_STATE_EXITED,
					   msecs_to_jiffies(STOP_WAIT_MS));
	if (left < 0)
		return -EINTR;
	return left ? 0 : -ETIMEDOUT;
}

/**
 * gunyah_vm_set_dtb() - GH_VM_SET_DTB_CONFIG
 * @vm: the VM
 * @config: where the devicetree is
 *
 * Context: Process context, may sleep.
 * Return: 0, -EINVAL, -EOVERFLOW, -EBUSY, -EINTR.
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

	ret = gunyah_vm_lock(vm);
	if (ret)
		return ret;
	vm->dtb_gpa = config->gpa;
	vm->dtb_size = ALIGN(config->size, SZ_4K);
	mutex_unlock(&vm->lock);
	return 0;
}

static void vm_end_work(struct work_struct *work)
{
	struct gunyah_vm *vm = container_of(to_delayed_work(work),
					    struct gunyah_vm, end_work);
	struct gunyah_host *host = vm->host;
	struct gunyah_mem_region *region, *tmp;
	bool done, gone;

	flush_work(&vm->start_work);

	mutex_lock(&vm->lock);
	/* Seen late: the next attempt will be the last one */
	gone = READ_ONCE(host->gone);
	done = gunyah_vm_unboot(vm);
	if (done || gone) {
		gunyah_functions_remove(vm);
		list_for_each_entry_safe(region, tmp, &vm->regions, list) {
			list_del(&region->list);
			gunyah_mem_release(region);
		}
	}
	if (done)
		done = gunyah_vm_put_vmid(vm);
	if (gone)
		gunyah_vm_forget(vm);
	mutex_unlock(&vm->lock);

	if (!done && !gone) {
		if (!completion_done(&vm->end_done))
			pr_err("VM %u: firmware does not give everything back, trying again\n",
			       vm->vmid);
		complete_all(&vm->end_done);
		vm->end_delay = min_t(unsigned long, vm->end_delay * 2,
				      END_DELAY_MAX);
		queue_delayed_work(host->wq, &vm->end_work, vm->end_delay);
		/* gunyah_vms_give_up() may have come before the line above */
		if (READ_ONCE(host->gone))
			mod_delayed_work(host->wq, &vm->end_work, 0);
		return;
	}

	gunyah_debugfs_remove_vm(vm);
	complete_all(&vm->end_done);
	mutex_lock(&host->ending_lock);
	list_del(&vm->ending);
	mutex_unlock(&host->ending_lock);
	gunyah_vm_put(vm);
}

/**
 * gunyah_vms_give_up() - end the attempts to get memory back
 * @host: the host, with gone set; there are no open files
 *
 * What the firmware still has after this stays unusable until reboot.
 *
 * Context: Process context, may sleep.
 */
void gunyah_vms_give_up(struct gunyah_host *host)
{
	struct gunyah_vm *vm;

	mutex_lock(&host->ending_lock);
	list_for_each_entry(vm, &host->ending, ending)
		mod_delayed_work(host->wq, &vm->end_work, 0);
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

	if (!gunyah_rm_alive(host->rm))
		return ERR_PTR(-ESHUTDOWN);

	vm = kzalloc(sizeof(*vm), GFP_KERNEL_ACCOUNT);
	if (!vm)
		return ERR_PTR(-ENOMEM);

	kref_init(&vm->kref);
	refcount_set(&vm->users, 1);
	vm->host = host;
	gunyah_host_get(host);
	vm->rm.rm = host->rm;
	vm->mm = current->mm;
	mmgrab(vm->mm);
	vm->vmid = GUNYAH_VMID_INVALID;
	mutex_init(&vm->lock);
	INIT_LIST_HEAD(&vm->regions);
	INIT_LIST_HEAD(&vm->functions);
	INIT_LIST_HEAD(&vm->resources);
	INIT_WORK(&vm->expire_work, gunyah_functions_expire_work);
	INIT_WORK(&vm->start_work, vm_start_work);
	init_completion(&vm->start_done);
	INIT_DELAYED_WORK(&vm->end_work, vm_end_work);
	init_completion(&vm->end_done);
	vm->end_delay = END_DELAY_MIN;
	INIT_LIST_HEAD(&vm->ending);
	spin_lock_init(&vm->state_lock);
	vm->state = GH_VM_STATE_NEW;
	init_waitqueue_head(&vm->wait);
	gunyah_debugfs_add_vm(vm);
	return vm;
}

static void vm_free(struct kref *kref)
{
	struct gunyah_vm *vm = container_of(kref, struct gunyah_vm, kref);

	mmdrop(vm->mm);
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
 * Context: Process context.
 */
void gunyah_vm_put(struct gunyah_vm *vm)
{
	kref_put(&vm->kref, vm_free);
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

/* Whether the process goes because of a signal */
static bool vm_killed(void)
{
	if (fatal_signal_pending(current))
		return true;
	/* On its way out the signal is not pending any more, but the reason */
	return (current->flags & PF_EXITING) && (current->exit_code & 0x7f);
}

/* The time that a killed process has is for all its VMs */
static bool vm_is_first_to_end_locked(struct gunyah_vm *vm)
{
	struct gunyah_vm *other;

	lockdep_assert_held(&vm->host->ending_lock);

	list_for_each_entry(other, &vm->host->ending, ending)
		if (other->mm == vm->mm)
			return false;
	return true;
}

/**
 * gunyah_vm_unuse() - a file descriptor of a VM was closed
 * @vm: the VM
 *
 * The last one ends the VM, and waits until its memory is back: for a bounded
 * time, whatever the firmware does.
 *
 * Context: Process context, may sleep.
 */
void gunyah_vm_unuse(struct gunyah_vm *vm)
{
	struct gunyah_host *host = vm->host;
	bool first;

	if (!refcount_dec_and_test(&vm->users))
		return;

	WRITE_ONCE(vm->abort, true);
	/* The work drops this one; the caller has its own */
	gunyah_vm_get(vm);
	mutex_lock(&host->ending_lock);
	first = vm_is_first_to_end_locked(vm);
	list_add_tail(&vm->ending, &host->ending);
	mutex_unlock(&host->ending_lock);
	queue_delayed_work(host->wq, &vm->end_work, 0);

	/* Nobody waits for a kernel thread, but others for their turn in it */
	if (current->flags & PF_KTHREAD)
		return;
	if (!vm_killed())
		wait_for_completion_killable_timeout(&vm->end_done,
						     msecs_to_jiffies(CLOSE_WAIT_MS));
	else if (first)
		wait_for_completion_timeout(&vm->end_done,
					    msecs_to_jiffies(KILLED_WAIT_MS));
}
