/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Access to the test hypervisor's control window, see gunyah_testctl.h
 */
#ifndef GUNYAH_TEST_TESTCTL_H
#define GUNYAH_TEST_TESTCTL_H

#include <stdbool.h>
#include <linux/types.h>

#include <gunyah_testctl.h>
#include <rm.h>

/* Messages of the resource manager that planned faults can name */
#define RM_MEM_LEND_MSG			0x51000012
#define RM_MEM_SHARE_MSG		0x51000013
#define RM_MEM_RECLAIM_MSG		0x51000015
#define RM_MEM_APPEND_MSG		0x51000018
#define RM_VM_ALLOC_VMID_MSG		0x56000001
#define RM_VM_DEALLOC_VMID_MSG		0x56000002
#define RM_VM_START_MSG			0x56000004
#define RM_VM_STOP_MSG			0x56000005
#define RM_VM_RESET_MSG			0x56000006
#define RM_VM_CONFIG_IMAGE_MSG		0x56000009
#define RM_VM_INIT_MSG			0x5600000b
#define RM_VM_GET_STATE_MSG		0x56000017
#define RM_VM_GET_HYP_RESOURCES_MSG	0x56000020
#define RM_VM_SET_PAGING_MSG		0x56000033
#define RM_VM_SET_LAYOUT_MSG		0x56000034

/* Notifications, which RM_FAULT_DROP_REPLY loses */
#define RM_VM_EXITED_NOTE		0x56100001
#define RM_VM_STATUS_NOTE		0x56100008

/* Error codes of its replies */
#define RM_ERR_UNIMPLEMENTED		0xffffffff
#define RM_ERR_NOMEM			0x1
#define RM_ERR_NORESOURCE		0x2
#define RM_ERR_DENIED			0x3
#define RM_ERR_MSG_INVALID		0x4
#define RM_ERR_BUSY			0x5
#define RM_ERR_ARGUMENT_INVALID		0x6
#define RM_ERR_HANDLE_INVALID		0x7
#define RM_ERR_MEM_INVALID		0xa
#define RM_ERR_MEM_INUSE		0xb
#define RM_ERR_VMID_INVALID		0xd
#define RM_ERR_IN_USE			0x12
#define RM_ERR_VM_STATE			0x14

/* Numbers of hypercalls, for GH_TESTCTL_HVC_NR */
#define HVC_BELL_SEND			0x12
#define HVC_BELL_MASK			0x15
#define HVC_MSGQ_SEND			0x1b
#define HVC_MSGQ_RECV			0x1c
#define HVC_MAP				0x2b
#define HVC_UNMAP			0x2c
#define HVC_DONATE			0x61
#define HVC_VCPU_RUN			0x65

/* Errors of hypercalls, for GH_TESTCTL_HVC_ERROR */
#define HVC_ERR_RETRY			(~0ULL - 1)
#define HVC_ERR_ARGUMENT			1
#define HVC_ERR_NOMEM			10
#define HVC_ERR_ADDRESS			22
#define HVC_ERR_DENIED			30
#define HVC_ERR_BUSY			31
#define HVC_ERR_CAP			50
#define HVC_ERR_RIGHTS			53
#define HVC_ERR_MSGQ_EMPTY		60
#define HVC_ERR_MSGQ_FULL		61

/* Codes of the secure firmware, for GH_TESTCTL_SCM_CODE */
#define SCM_ERR				(-1)
#define SCM_ERR_ARGUMENT		(-2)
#define SCM_ERR_ADDRESS			(-3)
#define SCM_ERR_UNSUPPORTED		(-4)
#define SCM_ERR_NOMEM			(-5)
#define SCM_ERR_BUSY			(-12)
#define SCM_RESULT			22

/* Microseconds, for GH_TESTCTL_RM_WORK_DELAY */
#define RM_WORK_DELAY_DEFAULT		20

bool testctl_present(void);
__u64 testctl_read(unsigned int reg);
void testctl_write(unsigned int reg, __u64 value);

/* Plan a fault of the @nth request @msg from now on */
void testctl_fault(enum rm_fault_action action, __u32 msg, __u32 nth,
		   __u32 arg);
void testctl_fault_repeat(enum rm_fault_action action, __u32 msg, __u32 nth,
			  __u32 arg);
/* Hold back the reply to the @nth request @msg until testctl_release() */
void testctl_hold(__u32 msg, __u32 nth);
void testctl_release(void);
/* Let the @nth hypercall @nr from now on return @error */
void testctl_hvc_fault(unsigned int nr, unsigned int nth, __u64 error);
/* And the one after it, @then */
void testctl_hvc_fault_then(unsigned int nr, unsigned int nth, __u64 error,
			    __u64 then);
/* And all from it on */
void testctl_hvc_fault_repeat(unsigned int nr, unsigned int nth, __u64 error);
/* Let the @nth request @what to assign memory, or all from it on, fail */
void testctl_scm_fault(unsigned int what, unsigned int nth, bool repeat,
		       int code);
/* Cancel all planned faults and quirks, revive the resource manager */
void testctl_reset(void);

#endif /* GUNYAH_TEST_TESTCTL_H */
