// SPDX-License-Identifier: GPL-2.0-only
/*
 * Real-time clocks of VMs
 *
 * The hypervisor has a clock for VMs whose devicetree asks for one. It adds what
 * the system counter has advanced to a time that it is told before the start. So
 * it goes on while the host is suspended, and cannot be set later. Without a time
 * it begins in 1970.
 */

#include <linux/clocksource_ids.h>
#include <linux/ktime.h>
#include <linux/lockdep.h>
#include <linux/timekeeping.h>

#include "clock.h"
#include "host.h"
#include "rm_call.h"
#include "vm.h"

/**
 * gunyah_clock_set() - set the clock of a VM, if it has one, to the host's time
 * @vm: VM, its lock is held; initialised, not started
 *
 * A VM whose clock cannot be set is started as well.
 *
 * Context: Worker, may sleep.
 * Return: 0, also if the resource manager refuses it; a negative errno if it does
 * not answer.
 */
int gunyah_clock_set(struct gunyah_vm *vm)
{
	struct system_time_snapshot now;
	int ret;

	lockdep_assert_held(&vm->lock);

	if (!vm->clock || READ_ONCE(vm->host->no_time_base))
		return 0;
	/* Time and counter of the same moment: it does not matter when this is read */
	ktime_get_snapshot(&now);
	if (now.cs_id != CSID_ARM_ARCH_COUNTER)
		return 0;
	ret = gunyah_rm_vm_set_time_base(&vm->rm, vm->vmid,
					 ktime_to_ns(now.real), now.cycles);
	if (ret == -EOPNOTSUPP)
		WRITE_ONCE(vm->host->no_time_base, true);
	if (!vm->rm.error)
		return ret;
	/* It is not what a later step fails of */
	vm->rm.error = 0;
	return 0;
}
