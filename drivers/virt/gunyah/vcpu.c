// SPDX-License-Identifier: GPL-2.0-only
/*
 * Virtual CPUs that user space runs
 *
 * The run page is shared with user space: nothing in it is trusted, each member
 * is read once, and the driver never uses it for requests of its own.
 */

#define pr_fmt(fmt) "gunyah: " fmt

#include <linux/anon_inodes.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/rcuwait.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/stddef.h>
#include <linux/task_work.h>
#include <linux/wait.h>

#include "function.h"
#include "host.h"
#include "hypercall.h"
#include "ioctl.h"
#include "ioeventfd.h"
#include "paging.h"
#include "resource.h"
#include "run_page.h"
#include "trace.h"
#include "vcpu.h"
#include "vm.h"
#include "vm_life.h"

/*
 * Firmware exists that loses the halt of a vCPU until the vCPU is run again, so
 * a parked vCPU is run once more after this time.
 */
#define VCPU_RETRY_WAIT		(HZ / 4)

/*
 * While the VM is ending the vCPU is run again and again, at most for
 * VCPU_END_WAIT. The report of the end may have got lost: after VCPU_END_ASK
 * the resource manager is asked for it.
 */
#define VCPU_END_PERIOD		max(HZ / 50, 1)
#define VCPU_END_ASK		HZ
#define VCPU_END_WAIT		(10 * HZ)

/* The vCPU is to be run again: there is nothing for user space to handle */
#define VCPU_RESUME_GUEST	1

/*
 * What is counted of a vCPU, in the order of struct gh_vcpu_stats. The first
 * ones are the states that the hypervisor reports, see enum gunyah_vcpu_state.
 */
enum vcpu_count {
	VCPU_COUNT_RESET = GUNYAH_VCPU_STATE_PAGE_FAULT + 1,
	VCPU_COUNT_UNKNOWN,
	VCPU_COUNT_ERROR,
	VCPU_COUNT_IOEVENTFD,
	VCPU_COUNT_RUN,
	VCPU_COUNTS
};

static_assert(sizeof(struct gh_vcpu_stats) == VCPU_COUNTS * sizeof(u64));

static const char *const vcpu_count_names[VCPU_COUNTS] = {
	[GUNYAH_VCPU_STATE_READY]		= "ready",
	[GUNYAH_VCPU_STATE_EXPECTS_WAKEUP]	= "wakeup",
	[GUNYAH_VCPU_STATE_POWERED_OFF]		= "off",
	[GUNYAH_VCPU_STATE_BLOCKED]		= "blocked",
	[GUNYAH_VCPU_STATE_MMIO_READ]		= "mmio_read",
	[GUNYAH_VCPU_STATE_MMIO_WRITE]		= "mmio_write",
	[GUNYAH_VCPU_STATE_FAULT]		= "fault",
	[GUNYAH_VCPU_STATE_PAGE_FAULT]		= "page_fault",
	[VCPU_COUNT_RESET]			= "reset",
	[VCPU_COUNT_UNKNOWN]			= "unknown",
	[VCPU_COUNT_ERROR]			= "error",
	[VCPU_COUNT_IOEVENTFD]			= "ioeventfd",
	[VCPU_COUNT_RUN]			= "run",
};

/**
 * struct gunyah_vcpu - a virtual CPU
 * @fn: as a function of its VM
 * @kref: held by the file descriptor and by the VM's list of functions
 * @id: index, as in the VM's devicetree
 * @report_faults: user space wants to know of memory that cannot be given to the VM
 * @run: page shared with user space
 * @run_lock: held while the vCPU runs; protects the members from @resource to
 *	@counts, and @resource->vcpu
 * @resource: capability and wake-up interrupt, NULL if there is none (yet)
 * @report_read: a read that was reported by a function which is gone has to be
 *	reported again
 * @fault_reported: the run page has an access to memory, and what to do about it
 * @retried: a parked vCPU has been run once more: park it for good
 * @ending: the vCPU waits for the report of the VM's end
 * @asked: the resource manager was asked for that report
 * @ending_since: time at which @ending was set, in jiffies
 * @counts: statistics, may be read without the lock
 * @runner: thread that holds @run_lock to run the vCPU, under RCU
 * @wait: where @runner sleeps
 * @state_entry: in gunyah_vm.wait while the function exists
 * @wake: the wake-up interrupt came since the vCPU was last run
 * @leave: the function loses its resource: @runner has to return
 */
struct gunyah_vcpu {
	struct gunyah_function fn;
	struct kref kref;
	u32 id;
	bool report_faults;
	struct gh_vcpu_run *run;

	struct mutex run_lock;	/* held while it runs */
	struct gunyah_resource *resource;
	bool report_read;
	bool fault_reported;
	bool retried;
	bool ending;
	bool asked;
	unsigned long ending_since;
	u64 counts[VCPU_COUNTS];

	struct task_struct __rcu *runner;
	struct rcuwait wait;
	wait_queue_entry_t state_entry;
	bool wake;
	bool leave;
};

static struct gunyah_vcpu *to_vcpu(struct gunyah_function *fn)
{
	return container_of(fn, struct gunyah_vcpu, fn);
}

static void vcpu_free(struct kref *kref)
{
	struct gunyah_vcpu *vcpu = container_of(kref, struct gunyah_vcpu, kref);

	free_page((unsigned long)vcpu->run);
	kfree(vcpu);
}

static void vcpu_count(struct gunyah_vcpu *vcpu, unsigned int what)
{
	WRITE_ONCE(vcpu->counts[what], vcpu->counts[what] + 1);
}

static void vcpu_count_state(struct gunyah_vcpu *vcpu, u64 state)
{
	if (state < VCPU_COUNT_RESET)
		vcpu_count(vcpu, state);
	else if (state == GUNYAH_VCPU_STATE_SYSTEM_RESET)
		vcpu_count(vcpu, VCPU_COUNT_RESET);
	else
		vcpu_count(vcpu, VCPU_COUNT_UNKNOWN);
}

/*
 * Waiting
 *
 * Whoever changes one of the conditions wakes the vCPU's thread: its wake-up
 * interrupt, the end of the VM, or the removal of the function. Nothing else
 * does.
 */

/* Hard interrupt context */
static void vcpu_wake(void *data)
{
	struct gunyah_vcpu *vcpu = data;

	WRITE_ONCE(vcpu->wake, true);
	rcuwait_wake_up(&vcpu->wait);
}

/* With the lock of gunyah_vm.wait held */
static int vcpu_vm_ended(wait_queue_entry_t *entry, unsigned int mode, int sync,
			 void *key)
{
	rcuwait_wake_up(&container_of(entry, struct gunyah_vcpu,
				      state_entry)->wait);
	return 0;
}

/* Bring the thread back from a wait or, with an interrupt, from the guest */
static void vcpu_kick(struct gunyah_vcpu *vcpu)
{
	struct task_struct *runner;

	rcuwait_wake_up(&vcpu->wait);
	guard(rcu)();
	runner = rcu_dereference(vcpu->runner);
	if (runner)
		kick_process(runner);
}

static bool vcpu_ended(struct gunyah_vcpu *vcpu)
{
	return gunyah_vm_state(vcpu->fn.vm) == GH_VM_STATE_EXITED;
}

static bool vcpu_must_stop(struct gunyah_vcpu *vcpu)
{
	return READ_ONCE(vcpu->leave) || vcpu_ended(vcpu);
}

/* The vCPU has nothing to do until it is woken */
static void vcpu_park(struct gunyah_vcpu *vcpu)
{
	long timeout = vcpu->retried ? MAX_SCHEDULE_TIMEOUT : VCPU_RETRY_WAIT;
	long left;

	left = rcuwait_wait_event_timeout(&vcpu->wait,
					  READ_ONCE(vcpu->wake) ||
					  vcpu_must_stop(vcpu),
					  TASK_INTERRUPTIBLE, timeout);
	/* A signal changes nothing */
	if (left >= 0)
		vcpu->retried = !left;
}

/* The VM is ending: wait for the report of that */
static long vcpu_await_end(struct gunyah_vcpu *vcpu)
{
	if (!vcpu->ending) {
		vcpu->ending = true;
		vcpu->asked = false;
		vcpu->ending_since = jiffies;
	}
	if (time_after(jiffies, vcpu->ending_since + VCPU_END_WAIT)) {
		vcpu->ending = false;
		return -ETIMEDOUT;
	}
	if (!vcpu->asked &&
	    time_after(jiffies, vcpu->ending_since + VCPU_END_ASK)) {
		vcpu->asked = true;
		gunyah_vm_check_exit(vcpu->fn.vm);
	}
	rcuwait_wait_event_timeout(&vcpu->wait, vcpu_must_stop(vcpu),
				   TASK_INTERRUPTIBLE, VCPU_END_PERIOD);
	return VCPU_RESUME_GUEST;
}

/*
 * Exits
 */

static long vcpu_handle_mmio(struct gunyah_vcpu *vcpu,
			     const struct gunyah_vcpu_run_resp *resp)
{
	bool is_write = resp->state == GUNYAH_VCPU_STATE_MMIO_WRITE;
	struct gunyah_vcpu_context *context = &vcpu->resource->vcpu;
	u64 addr = resp->data[0], len = resp->data[1];

	if (len != 1 && len != 2 && len != 4 && len != 8)
		return -EIO;
	if (!is_write) {
		/* Kept here: user space may write anything to the run page */
		context->read_addr = addr;
		context->read_len = len;
	}
	gunyah_run_report_mmio(vcpu->run, addr, len, is_write,
			       is_write ? resp->data[2] : 0);
	return 0;
}

static void vcpu_complete_mmio(struct gunyah_vcpu *vcpu)
{
	struct gunyah_vcpu_context *context = &vcpu->resource->vcpu;
	__le64 data = 0;

	if (!context->read_len)
		return;
	memcpy(&data, vcpu->run->mmio.data, context->read_len);
	context->resume[0] = le64_to_cpu(data);
	context->read_len = 0;
}

/*
 * The vCPU has needed memory. Whatever has gone wrong, it makes the access once more
 * when it is run again, unless the user wants something else.
 */
static long vcpu_end_page_fault(struct gunyah_vcpu *vcpu, u64 addr, int ret)
{
	if (!ret)
		return VCPU_RESUME_GUEST;
	if (!vcpu->report_faults || ret == -EINTR)
		return ret == -ENXIO ? -EIO : ret;
	gunyah_run_report_page_fault(vcpu->run, addr, ret);
	vcpu->fault_reported = true;
	return 0;
}

/* What looks like MMIO may be an access to memory that the VM does not have yet */
static long vcpu_handle_access(struct gunyah_vcpu *vcpu,
			       const struct gunyah_vcpu_run_resp *resp)
{
	int ret = gunyah_paging_fault(vcpu->fn.vm, resp->data[0]);

	if (ret != -ENXIO) {
		vcpu->resource->vcpu.resume[1] = GUNYAH_VCPU_RESUME_RETRY;
		return vcpu_end_page_fault(vcpu, resp->data[0], ret);
	}
	if (resp->state == GUNYAH_VCPU_STATE_MMIO_READ ||
	    !gunyah_ioeventfd_write(vcpu->fn.vm, resp->data[0], resp->data[1],
				    resp->data[2]))
		return vcpu_handle_mmio(vcpu, resp);
	vcpu_count(vcpu, VCPU_COUNT_IOEVENTFD);
	return VCPU_RESUME_GUEST;
}

static long vcpu_handle_state(struct gunyah_vcpu *vcpu,
			      const struct gunyah_vcpu_run_resp *resp)
{
	int ret;

	switch (resp->state) {
	case GUNYAH_VCPU_STATE_EXPECTS_WAKEUP:
		vcpu->ending = false;
		vcpu_park(vcpu);
		return VCPU_RESUME_GUEST;
	case GUNYAH_VCPU_STATE_POWERED_OFF:
		if (resp->data[0] & GUNYAH_VCPU_POWERED_OFF_EXITED)
			return vcpu_await_end(vcpu);
		vcpu->ending = false;
		vcpu_park(vcpu);
		return VCPU_RESUME_GUEST;
	case GUNYAH_VCPU_STATE_SYSTEM_RESET:
		return vcpu_await_end(vcpu);
	case GUNYAH_VCPU_STATE_FAULT:
		vcpu->resource->vcpu.faulted = true;
		return VCPU_RESUME_GUEST;
	}

	/* The vCPU runs */
	vcpu->ending = false;
	vcpu->retried = false;
	switch (resp->state) {
	case GUNYAH_VCPU_STATE_READY:
		return VCPU_RESUME_GUEST;
	case GUNYAH_VCPU_STATE_BLOCKED:
		usleep_range(20, 200);
		return VCPU_RESUME_GUEST;
	case GUNYAH_VCPU_STATE_MMIO_READ:
	case GUNYAH_VCPU_STATE_MMIO_WRITE:
		return vcpu_handle_access(vcpu, resp);
	case GUNYAH_VCPU_STATE_PAGE_FAULT:
		ret = gunyah_paging_fault(vcpu->fn.vm, resp->data[0]);
		return vcpu_end_page_fault(vcpu, resp->data[0], ret);
	default:
		return -EIO;
	}
}

/*
 * Running
 */

static long vcpu_run_guest(struct gunyah_vcpu *vcpu)
{
	struct gunyah_resource *resource = vcpu->resource;
	struct gunyah_vcpu_run_resp resp;
	enum gunyah_error error;
	long ret;

	if (vcpu->fault_reported) {
		ret = gunyah_run_resume_action(vcpu->run, &resource->vcpu.resume[1]);
		if (ret)
			return ret;
		vcpu->fault_reported = false;
	}
	vcpu_complete_mmio(vcpu);
	/* It was woken after all, just when the wait timed out */
	if (READ_ONCE(vcpu->wake))
		vcpu->retried = false;
	/* Before the hypercall, so that no wake-up after it gets lost */
	WRITE_ONCE(vcpu->wake, false);
	error = gunyah_hypercall_vcpu_run(resource->capid,
					  resource->vcpu.resume, &resp);
	trace_gunyah_vcpu_exit(vcpu->fn.vm->vmid, vcpu->id, error, resp.state,
			       resp.data[0], resp.data[1]);

	switch (error) {
	case GUNYAH_ERROR_OK:
		memset(resource->vcpu.resume, 0, sizeof(resource->vcpu.resume));
		vcpu_count_state(vcpu, resp.state);
		return vcpu_handle_state(vcpu, &resp);
	case GUNYAH_ERROR_RETRY:
		return VCPU_RESUME_GUEST;
	case GUNYAH_ERROR_BUSY:
		vcpu_count(vcpu, VCPU_COUNT_ERROR);
		/* The hypervisor schedules vCPUs without an interrupt itself */
		if (!resource->irq)
			return -EBUSY;
		/* The resource manager is taking the VM down */
		ret = vcpu_await_end(vcpu);
		return ret == -ETIMEDOUT ? -EBUSY : ret;
	default:
		vcpu_count(vcpu, VCPU_COUNT_ERROR);
		return -EIO;
	}
}

/*
 * Task work (CPU time limits and timers, cpu.max, NUMA balancing) is only done
 * on the way to user space, which calls GH_VCPU_RUN again. A restartable
 * sequence also sets TIF_NOTIFY_RESUME, each time the thread was scheduled out,
 * but that can wait until the thread returns for another reason.
 */
static bool vcpu_has_task_work(void)
{
	if (!test_thread_flag(TIF_NOTIFY_RESUME))
		return false;
#ifdef CONFIG_MEMCG
	if (current->memcg_nr_pages_over_high)
		return true;
#endif
	return task_work_pending(current);
}

static long vcpu_run_locked(struct gunyah_vcpu *vcpu)
{
	struct gunyah_vcpu_context *context;
	struct gunyah_rm_vm_exited exit;
	long ret;

	lockdep_assert_held(&vcpu->run_lock);

	vcpu_count(vcpu, VCPU_COUNT_RUN);
	for (;;) {
		/* A guest may be busy for ever: the kernel's tracers wait for this */
		cond_resched_tasks_rcu_qs();
		if (READ_ONCE(vcpu->run->immediate_exit) ||
		    signal_pending(current))
			return -EINTR;
		if (vcpu_ended(vcpu) &&
		    gunyah_vm_exit_info(vcpu->fn.vm, &exit)) {
			gunyah_run_report_end(vcpu->run, &exit);
			return 0;
		}
		if (!vcpu->resource || READ_ONCE(vcpu->leave))
			return -ENODEV;

		context = &vcpu->resource->vcpu;
		if (vcpu->report_read) {
			vcpu->report_read = false;
			gunyah_run_report_mmio(vcpu->run, context->read_addr,
					       context->read_len, false, 0);
			return 0;
		}
		ret = context->faulted ? vcpu_await_end(vcpu) :
					 vcpu_run_guest(vcpu);
		if (ret != VCPU_RESUME_GUEST)
			return ret;
		/* Only now, so that the vCPU gets on in each call */
		if (vcpu_has_task_work())
			return -EINTR;
	}
}

static long vcpu_ioctl_run(struct gunyah_vcpu *vcpu)
{
	long ret;

	/* It comes before everything else, so it needs no lock */
	if (READ_ONCE(vcpu->run->immediate_exit))
		return -EINTR;
	/* Whoever wants the thread to leave is waiting for the lock */
	if (READ_ONCE(vcpu->leave) && !vcpu_ended(vcpu) &&
	    !signal_pending(current))
		return -ENODEV;

	if (mutex_lock_interruptible(&vcpu->run_lock))
		return -EINTR;
	rcu_assign_pointer(vcpu->runner, current);
	ret = vcpu_run_locked(vcpu);
	RCU_INIT_POINTER(vcpu->runner, NULL);
	mutex_unlock(&vcpu->run_lock);
	return ret;
}

static long vcpu_ioctl_mmap_size(struct file *file, unsigned long arg)
{
	return PAGE_SIZE;
}

static long vcpu_ioctl_get_stats(struct file *file, void *arg)
{
	const struct gunyah_vcpu *vcpu = file->private_data;
	u64 *stats = arg;
	unsigned int i;

	for (i = 0; i < VCPU_COUNTS; i++)
		stats[i] = READ_ONCE(vcpu->counts[i]);
	return 0;
}

static const struct gunyah_ioctl vcpu_ioctls[] = {
	{ .cmd = GH_VCPU_MMAP_SIZE, .call = vcpu_ioctl_mmap_size },
	{
		.cmd = GH_VCPU_GET_STATS,
		.fn = vcpu_ioctl_get_stats,
		.min_size = sizeof(struct gh_vcpu_stats),
	},
};

static long vcpu_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	/* Called for every exit, so it does not go through the table */
	if (cmd == GH_VCPU_RUN)
		return vcpu_ioctl_run(file->private_data);
	return gunyah_ioctl_dispatch(vcpu_ioctls, ARRAY_SIZE(vcpu_ioctls), file,
				     cmd, arg);
}

static int vcpu_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct gunyah_vcpu *vcpu = file->private_data;

	if (vma->vm_pgoff || vma->vm_end - vma->vm_start != PAGE_SIZE)
		return -EINVAL;
	/* A private copy would never see an exit */
	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	vm_flags_set(vma, VM_DONTEXPAND | VM_DONTDUMP);
	return vm_insert_page(vma, vma->vm_start, virt_to_page(vcpu->run));
}

static int vcpu_release(struct inode *inode, struct file *file)
{
	struct gunyah_vcpu *vcpu = file->private_data;
	struct gunyah_vm *vm = vcpu->fn.vm;

	gunyah_vm_unuse(vm);
	kref_put(&vcpu->kref, vcpu_free);
	gunyah_vm_put(vm);
	return 0;
}

static const struct file_operations vcpu_fops = {
	.owner = THIS_MODULE,
	.release = vcpu_release,
	.unlocked_ioctl = vcpu_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.mmap = vcpu_mmap,
	.llseek = noop_llseek,
};

static enum gunyah_match vcpu_match(struct gunyah_function *fn,
				    const void *arg)
{
	const struct gh_fn_vcpu_arg *vcpu_arg = arg;

	return to_vcpu(fn)->id == vcpu_arg->id ? GUNYAH_MATCH_EXACT :
						 GUNYAH_MATCH_NONE;
}

static void vcpu_bind(struct gunyah_function *fn)
{
	struct gunyah_vcpu *vcpu = to_vcpu(fn);

	guard(mutex)(&vcpu->run_lock);
	vcpu->resource = gunyah_resource_find(fn->vm, GUNYAH_RM_RESOURCE_VCPU,
					      vcpu->id);
	if (!vcpu->resource)
		return;
	vcpu->report_read = vcpu->resource->vcpu.read_len;
	gunyah_resource_listen(vcpu->resource, vcpu_wake, vcpu);
}

static void vcpu_unbind(struct gunyah_function *fn)
{
	struct gunyah_vcpu *vcpu = to_vcpu(fn);

	WRITE_ONCE(vcpu->leave, true);
	/* An interrupt just before the hypercall has no effect: repeat it */
	while (!mutex_trylock(&vcpu->run_lock)) {
		vcpu_kick(vcpu);
		schedule_timeout_uninterruptible(1);
	}
	if (vcpu->resource)
		gunyah_resource_listen(vcpu->resource, NULL, NULL);
	vcpu->resource = NULL;
	WRITE_ONCE(vcpu->leave, false);
	mutex_unlock(&vcpu->run_lock);
}

static void vcpu_remove(struct gunyah_function *fn)
{
	struct gunyah_vcpu *vcpu = to_vcpu(fn);

	/* The end of the VM is still reported, but nobody sleeps any more */
	remove_wait_queue(&fn->vm->wait, &vcpu->state_entry);
	kref_put(&vcpu->kref, vcpu_free);
}

static void vcpu_show(struct gunyah_function *fn, struct seq_file *file)
{
	struct gunyah_vcpu *vcpu = to_vcpu(fn);
	unsigned int i;

	/* The VM's lock protects against a change of the resource */
	seq_printf(file, "vcpu id=%u %s", vcpu->id,
		   !vcpu->resource ? "unbound" :
		   READ_ONCE(vcpu->resource->vcpu.faulted) ? "faulted" :
		   mutex_is_locked(&vcpu->run_lock) ? "running" : "stopped");
	for (i = 0; i < VCPU_COUNTS; i++)
		seq_printf(file, " %s=%llu", vcpu_count_names[i],
			   READ_ONCE(vcpu->counts[i]));
	seq_putc(file, '\n');
}

static struct gunyah_vcpu *vcpu_new(struct gunyah_vm *vm,
				    const struct gh_fn_vcpu_arg *arg)
{
	struct gunyah_vcpu *vcpu;

	vcpu = kzalloc(sizeof(*vcpu), GFP_KERNEL_ACCOUNT);
	if (!vcpu)
		return NULL;
	vcpu->run = (void *)get_zeroed_page(GFP_KERNEL_ACCOUNT);
	if (!vcpu->run) {
		kfree(vcpu);
		return NULL;
	}
	kref_init(&vcpu->kref);
	vcpu->fn.vm = vm;
	vcpu->fn.ops = &gunyah_vcpu_function;
	vcpu->id = arg->id;
	vcpu->report_faults = arg->flags & GH_VCPU_FLAGS_PAGE_FAULT;
	mutex_init(&vcpu->run_lock);
	rcuwait_init(&vcpu->wait);
	init_waitqueue_func_entry(&vcpu->state_entry, vcpu_vm_ended);
	return vcpu;
}

static long vcpu_add(struct gunyah_vm *vm, const void *arg)
{
	const struct gh_fn_vcpu_arg *vcpu_arg = arg;
	struct gunyah_vcpu *vcpu;
	struct file *file;
	char name[24];
	int ret, fd;

	if (vcpu_arg->flags & ~gunyah_vcpu_function.flags)
		return -EINVAL;
	if (gunyah_function_find(vm, &gunyah_vcpu_function, arg))
		return -EEXIST;

	vcpu = vcpu_new(vm, vcpu_arg);
	if (!vcpu)
		return -ENOMEM;
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0) {
		ret = fd;
		goto err_free;
	}
	snprintf(name, sizeof(name), "gunyah-vcpu:%u", vcpu->id);
	file = anon_inode_getfile(name, &vcpu_fops, vcpu, O_RDWR);
	if (IS_ERR(file)) {
		ret = PTR_ERR(file);
		goto err_put_fd;
	}

	/* Nothing fails from here on */
	kref_get(&vcpu->kref);
	add_wait_queue(&vm->wait, &vcpu->state_entry);
	gunyah_vm_get(vm);
	gunyah_vm_use(vm);
	gunyah_function_publish(&vcpu->fn);
	fd_install(fd, file);
	return fd;

err_put_fd:
	put_unused_fd(fd);
err_free:
	kref_put(&vcpu->kref, vcpu_free);
	return ret;
}

/* Type of function GH_FN_VCPU */
const struct gunyah_function_ops gunyah_vcpu_function = {
	.type = GH_FN_VCPU,
	.arg_size = sizeof(struct gh_fn_vcpu_arg),
	.min_size = offsetofend(struct gh_fn_vcpu_arg, id),
	.flags = GH_VCPU_FLAGS_PAGE_FAULT,
	.add = vcpu_add,
	.match = vcpu_match,
	.remove = vcpu_remove,
	.bind = vcpu_bind,
	.unbind = vcpu_unbind,
	.show = vcpu_show,
};
