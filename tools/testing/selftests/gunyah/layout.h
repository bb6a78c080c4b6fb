/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Layouts of the user ABI's structures
 */
#ifndef GUNYAH_TEST_LAYOUT_H
#define GUNYAH_TEST_LAYOUT_H

#include <assert.h>
#include <stddef.h>

#include <linux/gunyah.h>

/* The same for 32-bit and 64-bit programs */
#define SIZE(type, size)						\
	static_assert(sizeof(struct type) == (size), #type)
#define OFFSET(type, member, offset)					\
	static_assert(offsetof(struct type, member) == (offset), #member)

SIZE(gh_userspace_memory_region, 32);
OFFSET(gh_userspace_memory_region, label, 0);
OFFSET(gh_userspace_memory_region, flags, 4);
OFFSET(gh_userspace_memory_region, guest_phys_addr, 8);
OFFSET(gh_userspace_memory_region, memory_size, 16);
OFFSET(gh_userspace_memory_region, userspace_addr, 24);

SIZE(gh_vm_dtb_config, 16);
OFFSET(gh_vm_dtb_config, gpa, 0);
OFFSET(gh_vm_dtb_config, guest_phys_addr, 0);
OFFSET(gh_vm_dtb_config, size, 8);

SIZE(gh_vm_firmware_config, 16);
OFFSET(gh_vm_firmware_config, guest_phys_addr, 0);
OFFSET(gh_vm_firmware_config, size, 8);

SIZE(gh_vm_boot_context, 16);
OFFSET(gh_vm_boot_context, reg, 0);
OFFSET(gh_vm_boot_context, padding, 4);
OFFSET(gh_vm_boot_context, value, 8);

SIZE(gh_fn_desc, 16);
OFFSET(gh_fn_desc, type, 0);
OFFSET(gh_fn_desc, arg_size, 4);
OFFSET(gh_fn_desc, arg, 8);

SIZE(gh_fn_vcpu_arg, 8);
OFFSET(gh_fn_vcpu_arg, id, 0);
OFFSET(gh_fn_vcpu_arg, flags, 4);

SIZE(gh_fn_irqfd_arg, 16);
OFFSET(gh_fn_irqfd_arg, fd, 0);
OFFSET(gh_fn_irqfd_arg, label, 4);
OFFSET(gh_fn_irqfd_arg, flags, 8);
OFFSET(gh_fn_irqfd_arg, padding, 12);

SIZE(gh_fn_ioeventfd_arg, 32);
OFFSET(gh_fn_ioeventfd_arg, datamatch, 0);
OFFSET(gh_fn_ioeventfd_arg, addr, 8);
OFFSET(gh_fn_ioeventfd_arg, len, 16);
OFFSET(gh_fn_ioeventfd_arg, fd, 20);
OFFSET(gh_fn_ioeventfd_arg, flags, 24);
OFFSET(gh_fn_ioeventfd_arg, padding, 28);

SIZE(gh_vcpu_run, 40);
OFFSET(gh_vcpu_run, immediate_exit, 0);
OFFSET(gh_vcpu_run, exit_reason, 8);
OFFSET(gh_vcpu_run, mmio.phys_addr, 16);
OFFSET(gh_vcpu_run, mmio.data, 24);
OFFSET(gh_vcpu_run, mmio.len, 32);
OFFSET(gh_vcpu_run, mmio.is_write, 36);
OFFSET(gh_vcpu_run, status.status, 16);
OFFSET(gh_vcpu_run, status.exit_info.type, 20);
OFFSET(gh_vcpu_run, status.exit_info.reason_size, 24);
OFFSET(gh_vcpu_run, status.exit_info.reason, 28);
OFFSET(gh_vcpu_run, page_fault.phys_addr, 16);
OFFSET(gh_vcpu_run, page_fault.attempt, 24);
OFFSET(gh_vcpu_run, page_fault.resume_action, 28);

SIZE(gh_create_mem, 32);
OFFSET(gh_create_mem, size, 0);
OFFSET(gh_create_mem, flags, 8);
OFFSET(gh_create_mem, padding, 12);
OFFSET(gh_create_mem, reserved, 16);

SIZE(gh_vcpu_stats, 104);
OFFSET(gh_vcpu_stats, ready, 0);
OFFSET(gh_vcpu_stats, wakeup, 8);
OFFSET(gh_vcpu_stats, off, 16);
OFFSET(gh_vcpu_stats, blocked, 24);
OFFSET(gh_vcpu_stats, mmio_read, 32);
OFFSET(gh_vcpu_stats, mmio_write, 40);
OFFSET(gh_vcpu_stats, fault, 48);
OFFSET(gh_vcpu_stats, page_fault, 56);
OFFSET(gh_vcpu_stats, reset, 64);
OFFSET(gh_vcpu_stats, unknown, 72);
OFFSET(gh_vcpu_stats, error, 80);
OFFSET(gh_vcpu_stats, ioeventfd, 88);
OFFSET(gh_vcpu_stats, run, 96);

SIZE(gh_vm_status, 248);
OFFSET(gh_vm_status, state, 0);
OFFSET(gh_vm_status, start_errno, 4);
OFFSET(gh_vm_status, exit_type, 8);
OFFSET(gh_vm_status, vmid, 10);
OFFSET(gh_vm_status, reason_size, 12);
OFFSET(gh_vm_status, reason, 16);
OFFSET(gh_vm_status, start_step, 32);
OFFSET(gh_vm_status, rm_error, 36);
OFFSET(gh_vm_status, start_reason, 40);
OFFSET(gh_vm_status, start_label, 44);
OFFSET(gh_vm_status, crash_msg_size, 48);
OFFSET(gh_vm_status, padding, 52);
OFFSET(gh_vm_status, crash_msg, 56);

SIZE(gh_vm_stop, 8);
OFFSET(gh_vm_stop, flags, 0);
OFFSET(gh_vm_stop, padding, 4);

SIZE(gh_vm_reclaim, 16);
OFFSET(gh_vm_reclaim, guest_phys_addr, 0);
OFFSET(gh_vm_reclaim, size, 8);

SIZE(gh_vm_region, 40);
OFFSET(gh_vm_region, label, 0);
OFFSET(gh_vm_region, flags, 4);
OFFSET(gh_vm_region, state, 8);
OFFSET(gh_vm_region, parcel, 12);
OFFSET(gh_vm_region, guest_phys_addr, 16);
OFFSET(gh_vm_region, memory_size, 24);
OFFSET(gh_vm_region, entries, 32);

SIZE(gh_info, 88);
OFFSET(gh_info, flags, 0);
OFFSET(gh_info, features, 4);
OFFSET(gh_info, hyp_api, 8);
OFFSET(gh_info, hyp_features, 16);
OFFSET(gh_info, page_size, 40);
OFFSET(gh_info, vmid, 44);
OFFSET(gh_info, functions, 48);
OFFSET(gh_info, mem_flags, 56);
OFFSET(gh_info, irqfd_flags, 60);
OFFSET(gh_info, ioeventfd_flags, 64);
OFFSET(gh_info, stop_flags, 68);
OFFSET(gh_info, mmio_sizes, 72);
OFFSET(gh_info, max_arg_size, 76);
OFFSET(gh_info, max_mem_size, 80);

#endif /* GUNYAH_TEST_LAYOUT_H */
