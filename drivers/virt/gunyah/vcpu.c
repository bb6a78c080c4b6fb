// SPDX-License-Identifier: GPL-2.0-only
/*
 * Virtual CPUs that user space runs
 *
 * The run page is shared with user space: nothing in it is trusted, and what is
 * read from it is read once. It never carries a request of the kernel's own.
 */

#define pr_fmt(fmt) "gunyah: " fmt

#include <linux/anon_inodes.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/smp.h>

#include "function.h"
#include "host.h"
#include "hypercall.h"
#include "ioctl.h"
#include "ioeventfd.h"
#include "resource.h"
#include "trace.h"
#include "vcpu.h"
#include "vm.h"
#include "vm_life.h"

/*
 * A parked vCPU is run again after this time even if nothing woke it: firmware
 * exists that forgets a wake-up, or the end of the VM, until then.
 */
#define VCPU_PARK_PERIOD	(HZ / 4)
/* The same while the VM is ending, and how long its end may take */
#define VCPU_END_PERIOD		max(HZ / 50, 1)
#define VCPU_END_WAIT		(10 * HZ)

/**
 * enum vcpu_count - what is counted of a vCPU
 * @VCPU_COUNT_RESET: it reset the VM. Before it, the states below this one, in
 *	the order of &enum gunyah_vcpu_state
 * @VCPU_COUNT_UNKNOWN: a state that is not known
 * @VCPU_COUNT_ERROR: the hypervisor refused to run it
 * @VCPU_COUNT_IOEVENTFD: MMIO writes that were for an ioeventfd
 * @VCPU_COUNT_RUN: calls of GH_VCPU_RUN that got to run it
 * @VCPU_COUNTS: number of these
 */
enum vcpu_count {
	VCPU_COUNT_RESET = GUNYAH_VCPU_STATE_PAGE_FAULT + 1,
	VCPU_COUNT_UNKNOWN,
	VCPU_COUNT_ERROR,
	VCPU_COUNT_IOEVENTFD,
	VCPU_COUNT_RUN,
	VCPU_COUNTS
};

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
 * @run: page shared with user space
 * @run_lock: held while the vCPU runs; protects the members below
 * @resource: capability and wake-up interrupt, NULL if there is none (yet)
 * @resume: data for the next hypercall
 * @mmio_read: bytes that user space owes for a read, 0 if none
 * @faulted: cannot go on, and must not be run any more
 * @counts: statistics; who only looks may read them without the lock
 * @wake: something happened since it was armed; set by interrupts
 * @leave: the function goes away, come back
 */
struct gunyah_vcpu {
	struct gunyah_function fn;
	struct kref kref;
	u32 id;
	struct gh_vcpu_run *run;

	struct mutex run_lock;	/* held while it runs */
	struct gunyah_resource *resource;
	u64 resume[3];
	u8 mmio_read;
	bool faulted;
	unsigned long counts[VCPU_COUNTS];

	bool wake;
	bool leave;
};

static void vcpu_free(struct kref *kref)
{
	struct gunyah_vcpu *vcpu = container_of(kref, struct gunyah_vcpu, kref);

	free_page((unsigned long)vcpu->run);
	kfree(vcpu);
}

/* Hard interrupt context */
static void vcpu_wake(void *data)
{
	struct gunyah_vcpu *vcpu = data;

	WRITE_ONCE(vcpu->wake, true);
	wake_up_all(&vcpu->fn.vm->wait);
}

static bool vcpu_ended(struct gunyah_vcpu *vcpu)
{
	return gunyah_vm_state(vcpu->fn.vm) == GH_VM_STATE_EXITED;
}

static void vcpu_count_state(struct gunyah_vcpu *vcpu, u64 state)
{
	if (state < VCPU_COUNT_RESET)
		vcpu->counts[state]++;
	else if (state == GUNYAH_VCPU_STATE_SYSTEM_RESET)
		vcpu->counts[VCPU_COUNT_RESET]++;
	else
		vcpu->counts[VCPU_COUNT_UNKNOWN]++;
}

static void vcpu_park(struct gunyah_vcpu *vcpu, long period)
{
	wait_event_interruptible_timeout(vcpu->fn.vm->wait,
					 READ_ONCE(vcpu->wake) ||
					 READ_ONCE(vcpu->leave) ||
					 vcpu_ended(vcpu), period);
}

/* The VM is ending: wait for the report of it. False: it took too long. */
static bool vcpu_await_end(struct gunyah_vcpu *vcpu, unsigned long *deadline)
{
	if (!*deadline)
		*deadline = (jiffies + VCPU_END_WAIT) | 1;
	if (time_after(jiffies, *deadline))
		return false;
	wait_event_interruptible_timeout(vcpu->fn.vm->wait,
					 READ_ONCE(vcpu->leave) ||
					 vcpu_ended(vcpu), VCPU_END_PERIOD);
	return true;
}

static void vcpu_report_end(struct gunyah_vcpu *vcpu,
			    const struct gunyah_rm_vm_exited *exit)
{
	struct gh_vcpu_run *run = vcpu->run;

	switch (exit->type) {
	case GH_VM_EXIT_WDT_BITE:
	case GH_VM_EXIT_SW_ERROR:
	case GH_VM_EXIT_HW_ERROR:
		run->status.status = GH_VM_STATUS_CRASHED;
		break;
	default:
		run->status.status = GH_VM_STATUS_EXITED;
		break;
	}
	run->status.exit_info.type = exit->type;
	run->status.exit_info.padding = 0;
	run->status.exit_info.reason_size = exit->reason_size;
	memcpy(run->status.exit_info.reason, exit->reason,
	       GH_VM_MAX_EXIT_REASON_SIZE);
	run->exit_reason = GH_VCPU_EXIT_STATUS;
}

static int vcpu_report_mmio(struct gunyah_vcpu *vcpu,
			    const struct gunyah_vcpu_run_resp *resp)
{
	bool is_write = resp->state == GUNYAH_VCPU_STATE_MMIO_WRITE;
	struct gh_vcpu_run *run = vcpu->run;
	u64 len = resp->data[1];
	__le64 data;

	if (len != 1 && len != 2 && len != 4 && len != 8)
		return -EIO;

	data = cpu_to_le64(is_write ? resp->data[2] : 0);
	run->mmio.phys_addr = resp->data[0];
	memcpy(run->mmio.data, &data, sizeof(data));
	run->mmio.len = len;
	run->mmio.is_write = is_write;
	memset(run->mmio.padding2, 0, sizeof(run->mmio.padding2));
	run->exit_reason = GH_VCPU_EXIT_MMIO;
	/* What user space makes of mmio.len does not matter */
	vcpu->mmio_read = is_write ? 0 : len;
	return 0;
}

static void vcpu_complete_mmio(struct gunyah_vcpu *vcpu)
{
	__le64 data = 0;

	if (!vcpu->mmio_read)
		return;
	memcpy(&data, vcpu->run->mmio.data, vcpu->mmio_read);
	vcpu->resume[0] = le64_to_cpu(data);
	vcpu->mmio_read = 0;
}

/* The vCPU has not come to an end for user space */
#define VCPU_RUN_ON	1

static long vcpu_handle_state(struct gunyah_vcpu *vcpu,
			      const struct gunyah_vcpu_run_resp *resp,
			      unsigned long *deadline)
{
	switch (resp->state) {
	case GUNYAH_VCPU_STATE_READY:
		break;
	case GUNYAH_VCPU_STATE_BLOCKED:
		usleep_range(20, 200);
		break;
	case GUNYAH_VCPU_STATE_EXPECTS_WAKEUP:
		vcpu_park(vcpu, VCPU_PARK_PERIOD);
		break;
	case GUNYAH_VCPU_STATE_POWERED_OFF:
		if (!(resp->data[0] & GUNYAH_VCPU_POWERED_OFF_EXITED)) {
			vcpu_park(vcpu, VCPU_PARK_PERIOD);
			break;
		}
		fallthrough;
	case GUNYAH_VCPU_STATE_SYSTEM_RESET:
		return vcpu_await_end(vcpu, deadline) ? VCPU_RUN_ON :
							-ETIMEDOUT;
	case GUNYAH_VCPU_STATE_FAULT:
		vcpu->faulted = true;
		return VCPU_RUN_ON;
	case GUNYAH_VCPU_STATE_MMIO_WRITE:
		if (!gunyah_ioeventfd_write(vcpu->fn.vm, resp->data[0],
					    resp->data[1], resp->data[2]))
			return vcpu_report_mmio(vcpu, resp);
		vcpu->counts[VCPU_COUNT_IOEVENTFD]++;
		break;
	case GUNYAH_VCPU_STATE_MMIO_READ:
		return vcpu_report_mmio(vcpu, resp);
	default:
		return -EIO;
	}
	/* Whatever was before one of these, it was not the end */
	*deadline = 0;
	return VCPU_RUN_ON;
}

/* Run until there is something for user space. run_lock held. */
static long vcpu_run_locked(struct gunyah_vcpu *vcpu)
{
	struct gunyah_vm *vm = vcpu->fn.vm;
	struct gunyah_vcpu_run_resp resp;
	struct gunyah_rm_vm_exited exit;
	unsigned long deadline = 0;
	enum gunyah_error error;
	long ret;

	vcpu->counts[VCPU_COUNT_RUN]++;
	for (;;) {
		if (READ_ONCE(vcpu->run->immediate_exit) ||
		    signal_pending(current))
			return -EINTR;
		if (vcpu_ended(vcpu) && gunyah_vm_exit_info(vm, &exit)) {
			vcpu_report_end(vcpu, &exit);
			return 0;
		}
		if (!vcpu->resource || READ_ONCE(vcpu->leave))
			return -ENODEV;
		cond_resched();
		if (vcpu->faulted) {
			if (!vcpu_await_end(vcpu, &deadline))
				return -ETIMEDOUT;
			continue;
		}

		vcpu_complete_mmio(vcpu);
		/* Armed before the vCPU runs: a wake-up that comes now counts */
		WRITE_ONCE(vcpu->wake, false);
		error = gunyah_hypercall_vcpu_run(vcpu->resource->capid,
						  vcpu->resume, &resp);
		trace_gunyah_vcpu_exit(vm->vmid, vcpu->id, error, resp.state,
				       resp.data[0], resp.data[1]);

		if (error == GUNYAH_ERROR_RETRY)
			continue;
		if (error)
			vcpu->counts[VCPU_COUNT_ERROR]++;
		/* Only a vCPU that its owner schedules has an interrupt */
		if (error == GUNYAH_ERROR_BUSY && vcpu->resource->irq) {
			/* The resource manager is taking the VM down */
			if (!vcpu_await_end(vcpu, &deadline))
				return -EBUSY;
			continue;
		}
		if (error)
			return error == GUNYAH_ERROR_BUSY ? -EBUSY : -EIO;

		memset(vcpu->resume, 0, sizeof(vcpu->resume));

		vcpu_count_state(vcpu, resp.state);
		ret = vcpu_handle_state(vcpu, &resp, &deadline);
		if (ret != VCPU_RUN_ON)
			return ret;
	}
}

static long vcpu_ioctl_run(struct gunyah_vcpu *vcpu)
{
	long ret;

	/* It comes before everything else, so it needs no lock */
	if (READ_ONCE(vcpu->run->immediate_exit))
		return -EINTR;
	if (mutex_lock_interruptible(&vcpu->run_lock))
		return -EINTR;
	ret = vcpu_run_locked(vcpu);
	mutex_unlock(&vcpu->run_lock);
	return ret;
}

static long vcpu_ioctl_mmap_size(struct file *file, unsigned long arg)
{
	return PAGE_SIZE;
}

static const struct gunyah_ioctl vcpu_ioctls[] = {
	{ .cmd = GH_VCPU_MMAP_SIZE, .call = vcpu_ioctl_mmap_size },
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
	struct gunyah_vcpu *vcpu = container_of(fn, struct gunyah_vcpu, fn);

	return vcpu->id == vcpu_arg->id ? GUNYAH_MATCH_EXACT :
					  GUNYAH_MATCH_NONE;
}

static void vcpu_bind(struct gunyah_function *fn)
{
	struct gunyah_vcpu *vcpu = container_of(fn, struct gunyah_vcpu, fn);

	mutex_lock(&vcpu->run_lock);
	vcpu->resource = gunyah_resource_find(fn->vm, GUNYAH_RM_RESOURCE_VCPU,
					      vcpu->id);
	if (vcpu->resource)
		gunyah_resource_listen(vcpu->resource, vcpu_wake, vcpu);
	mutex_unlock(&vcpu->run_lock);
}

static void vcpu_unbind(struct gunyah_function *fn)
{
	struct gunyah_vcpu *vcpu = container_of(fn, struct gunyah_vcpu, fn);

	WRITE_ONCE(vcpu->leave, true);
	wake_up_all(&fn->vm->wait);
	/* If it is running, the next interrupt for its CPU brings it back */
	while (!mutex_trylock(&vcpu->run_lock)) {
		kick_all_cpus_sync();
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
	kref_put(&container_of(fn, struct gunyah_vcpu, fn)->kref, vcpu_free);
}

static void vcpu_show(struct gunyah_function *fn, struct seq_file *file)
{
	struct gunyah_vcpu *vcpu = container_of(fn, struct gunyah_vcpu, fn);
	unsigned int i;

	seq_printf(file, "vcpu id=%u %s", vcpu->id,
		   !READ_ONCE(vcpu->resource) ? "unbound" :
		   READ_ONCE(vcpu->faulted) ? "faulted" :
		   mutex_is_locked(&vcpu->run_lock) ? "running" : "stopped");
	for (i = 0; i < VCPU_COUNTS; i++)
		seq_printf(file, " %s=%lu", vcpu_count_names[i],
			   READ_ONCE(vcpu->counts[i]));
	seq_putc(file, '\n');
}

static long vcpu_add(struct gunyah_vm *vm, const void *arg)
{
	const struct gh_fn_vcpu_arg *vcpu_arg = arg;
	struct gunyah_vcpu *vcpu;
	struct file *file;
	char name[24];
	int ret, fd;

	if (gunyah_function_find(vm, &gunyah_vcpu_function, arg))
		return -EEXIST;

	vcpu = kzalloc(sizeof(*vcpu), GFP_KERNEL_ACCOUNT);
	if (!vcpu)
		return -ENOMEM;
	vcpu->run = (void *)get_zeroed_page(GFP_KERNEL_ACCOUNT);
	if (!vcpu->run) {
		ret = -ENOMEM;
		goto err_free;
	}
	kref_init(&vcpu->kref);
	vcpu->fn.vm = vm;
	vcpu->fn.ops = &gunyah_vcpu_function;
	vcpu->id = vcpu_arg->id;
	mutex_init(&vcpu->run_lock);

	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0) {
		ret = fd;
		goto err_free_page;
	}
	snprintf(name, sizeof(name), "gunyah-vcpu:%u", vcpu->id);
	file = anon_inode_getfile(name, &vcpu_fops, vcpu, O_RDWR);
	if (IS_ERR(file)) {
		ret = PTR_ERR(file);
		goto err_put_fd;
	}

	/* Nothing fails from here on */
	kref_get(&vcpu->kref);
	gunyah_vm_get(vm);
	gunyah_vm_use(vm);
	gunyah_function_publish(&vcpu->fn);
	fd_install(fd, file);
	return fd;

err_put_fd:
	put_unused_fd(fd);
err_free_page:
	free_page((unsigned long)vcpu->run);
err_free:
	kfree(vcpu);
	return ret;
}

/* Type of function GH_FN_VCPU */
const struct gunyah_function_ops gunyah_vcpu_function = {
	.type = GH_FN_VCPU,
	.arg_size = sizeof(struct gh_fn_vcpu_arg),
	.add = vcpu_add,
	.match = vcpu_match,
	.remove = vcpu_remove,
	.bind = vcpu_bind,
	.unbind = vcpu_unbind,
	.show = vcpu_show,
};
