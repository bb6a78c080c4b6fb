// SPDX-License-Identifier: GPL-2.0-only
/*
 * What becomes of VMs when the machine hibernates, is rebooted, or starts another
 * kernel
 *
 * Hibernation saves the host's memory, but not what the firmware has, so it is
 * refused while a VM has memory. A kernel that is started by kexec takes all
 * memory for its own, so the VMs are ended before; if the firmware keeps some of
 * their memory the machine is rebooted through the firmware instead. Suspend
 * needs nothing: VMs stand still with the host and go on with it; resource.c lets
 * their interrupts end it.
 */

#define pr_fmt(fmt) "gunyah: " fmt

#include <linux/delay.h>
#include <linux/err.h>
#include <linux/iopoll.h>
#include <linux/notifier.h>
#include <linux/platform_device.h>
#include <linux/reboot.h>
#include <linux/slab.h>
#include <linux/suspend.h>
#include <linux/xarray.h>

#include "host.h"
#include "power.h"
#include "vm.h"
#include "vm_mem.h"
#include "vm_rm.h"
#include "weaken.h"

/*
 * How long a shutdown may take. Firmware that works ends a VM in less than a
 * second, unless its memory is in thousands of pieces. Whoever waits for a reboot
 * should not have to wait until a call of silent firmware times out.
 */
#define SHUTDOWN_LIMIT		(20 * HZ)
/* How long a start may take to find out that it does not get memory any more */
#define START_LIMIT_US		(500 * USEC_PER_MSEC)

/**
 * struct gunyah_power - what is done when the machine changes its state
 * @host: the host, as old as the platform device at least
 * @pm: called for hibernation and suspend
 * @reboot: called before the devices are shut down
 * @kexec: another kernel is about to be started
 */
struct gunyah_power {
	struct gunyah_host *host;
	struct notifier_block pm;
	struct notifier_block reboot;
	bool kexec;
};

/*
 * Hibernation
 */

static int power_refuse_memory(struct gunyah_host *host)
{
	WRITE_ONCE(host->power, GUNYAH_POWER_HIBERNATE);
	/* Pairs with the barrier of gunyah_parcel_reserve() */
	smp_mb();
	if (!atomic64_read(&host->mem_entries) ||
	    gunyah_weakened(GUNYAH_WEAKEN_HIBERNATION))
		return 0;
	WRITE_ONCE(host->power, GUNYAH_POWER_ON);
	return -EBUSY;
}

/*
 * The snapshot is made after user space has been frozen. Workers are not, but
 * they have no memory to give or to take back then.
 */
static int power_pm(struct notifier_block *pm, unsigned long event, void *data)
{
	struct gunyah_power *power = container_of(pm, struct gunyah_power, pm);
	struct gunyah_host *host = power->host;
	int ret;

	switch (event) {
	case PM_HIBERNATION_PREPARE:
	case PM_RESTORE_PREPARE:
		ret = power_refuse_memory(host);
		if (ret)
			pr_err_ratelimited("no hibernation while VMs have memory, or the firmware has kept some: stop the VMs, or reboot\n");
		return notifier_from_errno(ret);
	case PM_POST_HIBERNATION:
	case PM_POST_RESTORE:
		WRITE_ONCE(host->power, GUNYAH_POWER_ON);
		return NOTIFY_OK;
	default:
		return NOTIFY_DONE;
	}
}

/*
 * Shutdown
 */

/* The VM may have users, who find it ended */
static int power_end_fn(struct gunyah_vm_call *call)
{
	struct gunyah_rm_vm_exited exited = { .type = GH_VM_EXIT_UNKNOWN };
	struct gunyah_vm *vm = call->vm;
	u16 vmid = READ_ONCE(vm->vmid);
	int ret;

	guard(mutex)(&vm->lock);
	ret = gunyah_vm_rm_end(vm);
	if (gunyah_vm_rm_holds_memory(vm)) {
		pr_err("VM %u: the firmware does not give its memory back: %d\n",
		       vmid, ret);
		return ret;
	}
	/* Unless the resource manager has said why */
	exited.vmid = vmid;
	gunyah_vm_set_exited(vm, &exited);
	gunyah_vm_discard_mem(vm);
	return ret;
}

/* Returns a VM with a reference, of which @vmid is not greater than its VMID */
static struct gunyah_vm *power_next_vm(struct gunyah_host *host,
				       unsigned long *vmid)
{
	struct gunyah_vm *vm;

	/* A VM that is in the array has a reference */
	xa_lock(&host->vms);
	vm = xa_find(&host->vms, vmid, ULONG_MAX, XA_PRESENT);
	if (vm)
		gunyah_vm_get(vm);
	xa_unlock(&host->vms);
	return vm;
}

/* Each VM has a worker of its own, so one does not have to wait for another */
static void power_end_all(struct gunyah_host *host, struct xarray *calls)
{
	struct gunyah_vm_call *call;
	unsigned long vmid = 0;
	struct gunyah_vm *vm;

	for (; (vm = power_next_vm(host, &vmid)); vmid++) {
		call = gunyah_vm_call_new(vm, power_end_fn, NULL);
		gunyah_vm_put(vm);
		if (!call)
			continue;
		gunyah_vm_call_queue(call);
		if (xa_err(xa_store(calls, vmid, call, GFP_KERNEL)))
			gunyah_vm_call_put(call);
	}
}

static void power_await_all(struct xarray *calls)
{
	unsigned long limit = jiffies + SHUTDOWN_LIMIT;
	struct gunyah_vm_call *call;
	unsigned long vmid;
	long left;

	xa_for_each(calls, vmid, call) {
		left = max((long)(limit - jiffies), 0L);
		if (!wait_for_completion_timeout(&call->done, left))
			pr_err("VM %lu: the firmware takes too long to give its memory back\n",
			       vmid);
		gunyah_vm_call_put(call);
	}
}

/* Returns how many memory entries the firmware keeps, or may keep */
static s64 power_end_vms(struct gunyah_host *host)
{
	struct xarray calls;
	s64 held;

	WRITE_ONCE(host->power, GUNYAH_POWER_DOWN);
	xa_init(&calls);
	power_end_all(host, &calls);
	power_await_all(&calls);
	xa_destroy(&calls);
	/* A start that was before its first message has no VMID */
	read_poll_timeout(atomic64_read, held, !held, 10 * USEC_PER_MSEC,
			  START_LIMIT_US, false, &host->mem_entries);
	return held;
}

/* kernel_kexec() tells nothing else that a module can see */
static int power_reboot(struct notifier_block *reboot, unsigned long action,
			void *data)
{
	struct gunyah_power *power = container_of(reboot, struct gunyah_power,
						  reboot);
	const char *command = data;

	power->kexec = action == SYS_RESTART && command &&
		       !strcmp(command, "kexec reboot");
	return NOTIFY_DONE;
}

/**
 * gunyah_power_shutdown() - the machine is rebooted, turned off, or starts
 * another kernel
 * @pdev: the platform device of the resource manager
 *
 * Ends all VMs, in bounded time, and no other VM is started. Not called before a
 * crash kernel, which keeps to the memory that was reserved for it.
 *
 * Context: Process context, may sleep.
 */
void gunyah_power_shutdown(struct platform_device *pdev)
{
	struct gunyah_power *power = platform_get_drvdata(pdev);

	if (gunyah_weakened(GUNYAH_WEAKEN_SHUTDOWN) ||
	    !power_end_vms(power->host))
		return;
	pr_err("the firmware keeps memory of VMs until reboot\n");
	if (!power->kexec)
		return;
	/*
	 * The next kernel would use it. There is no way back from here, so devices
	 * that are older than this one are not shut down.
	 */
	pr_emerg("rebooting instead of starting another kernel, which must not use that memory\n");
	emergency_restart();
}

static void power_stop(void *data)
{
	struct gunyah_power *power = data;

	unregister_reboot_notifier(&power->reboot);
	unregister_pm_notifier(&power->pm);
}

/**
 * gunyah_power_start() - be told when the machine changes its state
 * @pdev: the platform device of the resource manager
 * @host: the host
 *
 * Until the device goes.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -ENOMEM.
 */
int gunyah_power_start(struct platform_device *pdev, struct gunyah_host *host)
{
	struct gunyah_power *power;
	int ret;

	power = devm_kzalloc(&pdev->dev, sizeof(*power), GFP_KERNEL);
	if (!power)
		return -ENOMEM;
	power->host = host;
	power->pm.notifier_call = power_pm;
	power->reboot.notifier_call = power_reboot;
	platform_set_drvdata(pdev, power);
	ret = register_pm_notifier(&power->pm);
	if (ret)
		return ret;
	ret = register_reboot_notifier(&power->reboot);
	if (ret) {
		unregister_pm_notifier(&power->pm);
		return ret;
	}
	return devm_add_action_or_reset(&pdev->dev, power_stop, power);
}
