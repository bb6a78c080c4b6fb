// SPDX-License-Identifier: GPL-2.0-only
/*
 * The run page of a vCPU: what it tells user space, and what user space answers
 *
 * User space may write to it at any time, so what is read is read once, and checked.
 */

#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/string.h>

#include <asm/byteorder.h>

#include <uapi/linux/gunyah.h>

#include "hypercall.h"
#include "rm_call.h"
#include "run_page.h"

/**
 * gunyah_run_report_end() - tell that the VM has ended
 * @run: the page
 * @exit: how it has ended
 *
 * Context: Process context.
 */
void gunyah_run_report_end(struct gh_vcpu_run *run,
			   const struct gunyah_rm_vm_exited *exit)
{
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

/**
 * gunyah_run_report_mmio() - tell that the vCPU accesses a device
 * @run: the page
 * @addr: guest physical address
 * @len: size of the access in bytes
 * @is_write: it is a write, else a read
 * @value: what is written, else 0
 *
 * Context: Process context.
 */
void gunyah_run_report_mmio(struct gh_vcpu_run *run, u64 addr, u32 len,
			    bool is_write, u64 value)
{
	__le64 data = cpu_to_le64(value);

	run->mmio.phys_addr = addr;
	memcpy(run->mmio.data, &data, sizeof(data));
	run->mmio.len = len;
	run->mmio.is_write = is_write;
	memset(run->mmio.padding2, 0, sizeof(run->mmio.padding2));
	run->exit_reason = GH_VCPU_EXIT_MMIO;
}

/**
 * gunyah_run_report_page_fault() - tell that the vCPU needs memory
 * @run: the page
 * @addr: guest physical address
 * @err: negative errno: why it does not get any
 *
 * Context: Process context.
 */
void gunyah_run_report_page_fault(struct gh_vcpu_run *run, u64 addr, int err)
{
	run->page_fault.phys_addr = addr;
	run->page_fault.attempt = err;
	run->page_fault.resume_action = GH_VCPU_RESUME_FAULT;
	memset(run->page_fault.padding3, 0, sizeof(run->page_fault.padding3));
	run->exit_reason = GH_VCPU_EXIT_PAGE_FAULT;
}

/**
 * gunyah_run_resume_action() - what is to become of an access to missing memory
 * @run: the page
 * @action: second word of the resume data; stays as it is if the user has handled
 *	the access
 *
 * Context: Process context.
 * Return: 0, or -EINVAL: no such action.
 */
int gunyah_run_resume_action(const struct gh_vcpu_run *run, u64 *action)
{
	switch (READ_ONCE(run->page_fault.resume_action)) {
	case GH_VCPU_RESUME_HANDLED:
		return 0;
	case GH_VCPU_RESUME_FAULT:
		*action = GUNYAH_VCPU_RESUME_FAULT;
		return 0;
	case GH_VCPU_RESUME_RETRY:
		*action = GUNYAH_VCPU_RESUME_RETRY;
		return 0;
	default:
		return -EINVAL;
	}
}
