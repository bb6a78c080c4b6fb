/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hypercalls of the Gunyah hypervisor
 */

#ifndef _GUNYAH_HYPERCALL_H
#define _GUNYAH_HYPERCALL_H

#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/types.h>

/**
 * enum gunyah_error - result of a hypercall
 * @GUNYAH_ERROR_OK: success
 * @GUNYAH_ERROR_UNIMPLEMENTED: unknown hypercall
 * @GUNYAH_ERROR_RETRY: incomplete, call again
 * @GUNYAH_ERROR_ARG_INVALID: invalid argument
 * @GUNYAH_ERROR_ARG_SIZE: invalid size
 * @GUNYAH_ERROR_ARG_ALIGN: unaligned argument
 * @GUNYAH_ERROR_NOMEM: out of memory
 * @GUNYAH_ERROR_NORESOURCES: out of another resource
 * @GUNYAH_ERROR_ADDR_OVERFLOW: an address range is too large
 * @GUNYAH_ERROR_ADDR_UNDERFLOW: an address range is too small
 * @GUNYAH_ERROR_ADDR_INVALID: invalid address
 * @GUNYAH_ERROR_DENIED: not allowed
 * @GUNYAH_ERROR_BUSY: the object is in use
 * @GUNYAH_ERROR_IDLE: the object is idle
 * @GUNYAH_ERROR_OBJECT_STATE: not possible in the object's state
 * @GUNYAH_ERROR_OBJECT_CONFIG: the object's configuration is invalid
 * @GUNYAH_ERROR_OBJECT_CONFIGURED: the object was configured before
 * @GUNYAH_ERROR_FAILURE: any other failure; the wrappers in hypercall.c also
 *	return it for an invalid result
 * @GUNYAH_ERROR_VIRQ_BOUND: the interrupt is bound already
 * @GUNYAH_ERROR_VIRQ_NOT_BOUND: the interrupt is not bound
 * @GUNYAH_ERROR_CAP_NULL: there is no capability with that id
 * @GUNYAH_ERROR_CAP_REVOKED: the capability was revoked
 * @GUNYAH_ERROR_CAP_TYPE: the capability is for another type of object
 * @GUNYAH_ERROR_CAP_RIGHTS: the capability does not allow that
 * @GUNYAH_ERROR_CAP_SPACE_FULL: no room for another capability
 * @GUNYAH_ERROR_MSGQ_EMPTY: nothing to receive
 * @GUNYAH_ERROR_MSGQ_FULL: no room for another message
 * @GUNYAH_ERROR_MEMDB_EMPTY: no such memory
 * @GUNYAH_ERROR_MEMDB_NOT_OWNER: the memory has another owner
 * @GUNYAH_ERROR_MEMEXTENT_FULL: no room for another mapping
 * @GUNYAH_ERROR_MEMEXTENT_TYPE: the memory extent is of another type
 * @GUNYAH_ERROR_MAPPED: the mapping exists already
 */
enum gunyah_error {
	GUNYAH_ERROR_OK			= 0,
	GUNYAH_ERROR_UNIMPLEMENTED	= -1,
	GUNYAH_ERROR_RETRY		= -2,
	GUNYAH_ERROR_ARG_INVALID	= 1,
	GUNYAH_ERROR_ARG_SIZE		= 2,
	GUNYAH_ERROR_ARG_ALIGN		= 3,
	GUNYAH_ERROR_NOMEM		= 10,
	GUNYAH_ERROR_NORESOURCES	= 11,
	GUNYAH_ERROR_ADDR_OVERFLOW	= 20,
	GUNYAH_ERROR_ADDR_UNDERFLOW	= 21,
	GUNYAH_ERROR_ADDR_INVALID	= 22,
	GUNYAH_ERROR_DENIED		= 30,
	GUNYAH_ERROR_BUSY		= 31,
	GUNYAH_ERROR_IDLE		= 32,
	GUNYAH_ERROR_OBJECT_STATE	= 33,
	GUNYAH_ERROR_OBJECT_CONFIG	= 34,
	GUNYAH_ERROR_OBJECT_CONFIGURED	= 35,
	GUNYAH_ERROR_FAILURE		= 36,
	GUNYAH_ERROR_VIRQ_BOUND		= 40,
	GUNYAH_ERROR_VIRQ_NOT_BOUND	= 41,
	GUNYAH_ERROR_CAP_NULL		= 50,
	GUNYAH_ERROR_CAP_REVOKED	= 51,
	GUNYAH_ERROR_CAP_TYPE		= 52,
	GUNYAH_ERROR_CAP_RIGHTS		= 53,
	GUNYAH_ERROR_CAP_SPACE_FULL	= 54,
	GUNYAH_ERROR_MSGQ_EMPTY		= 60,
	GUNYAH_ERROR_MSGQ_FULL		= 61,
	GUNYAH_ERROR_MEMDB_EMPTY	= 110,
	GUNYAH_ERROR_MEMDB_NOT_OWNER	= 111,
	GUNYAH_ERROR_MEMEXTENT_FULL	= 120,
	GUNYAH_ERROR_MEMEXTENT_TYPE	= 121,
	GUNYAH_ERROR_MAPPED		= 200,
};

/* Fields of struct gunyah_hyp_info */
#define GUNYAH_API_VERSION_MASK		0x3fffULL
#define GUNYAH_API_VERSION		1
#define GUNYAH_API_VARIANT_MASK		GENMASK_ULL(63, 56)
#define GUNYAH_FEATURE_DOORBELL		BIT_ULL(1)
#define GUNYAH_FEATURE_MSGQ		BIT_ULL(2)
#define GUNYAH_FEATURE_VCPU		BIT_ULL(5)
#define GUNYAH_FEATURE_VCPU_RUN		BIT_ULL(11)

/* Flag of gunyah_hypercall_msgq_send(): interrupt the receiver unconditionally */
#define GUNYAH_MSGQ_PUSH		BIT_ULL(0)

/**
 * enum gunyah_vcpu_state - why gunyah_hypercall_vcpu_run() returned
 * @GUNYAH_VCPU_STATE_READY: an interrupt for the host is pending; call again
 * @GUNYAH_VCPU_STATE_EXPECTS_WAKEUP: the vCPU sleeps. data[0] is 0 for WFI, else
 *	the PSCI power state. Call again after its wake-up interrupt.
 * @GUNYAH_VCPU_STATE_POWERED_OFF: bit 0 of data[0] is set if the vCPU has ended
 *	for good; otherwise another vCPU may power it on, which raises the
 *	wake-up interrupt
 * @GUNYAH_VCPU_STATE_BLOCKED: waits for the hypervisor; call again after a while
 * @GUNYAH_VCPU_STATE_MMIO_READ: data[0] is the address, data[1] the size; the
 *	next call passes the value as resume data
 * @GUNYAH_VCPU_STATE_MMIO_WRITE: data[0] is the address, data[1] the size,
 *	data[2] the value
 * @GUNYAH_VCPU_STATE_FAULT: the vCPU cannot continue
 * @GUNYAH_VCPU_STATE_PAGE_FAULT: data[0] is an address without memory
 * @GUNYAH_VCPU_STATE_SYSTEM_RESET: the VM asked for a reset. This is the first of
 *	the platform's states; the VM ends after each of them.
 */
enum gunyah_vcpu_state {
	GUNYAH_VCPU_STATE_READY			= 0,
	GUNYAH_VCPU_STATE_EXPECTS_WAKEUP	= 1,
	GUNYAH_VCPU_STATE_POWERED_OFF		= 2,
	GUNYAH_VCPU_STATE_BLOCKED		= 3,
	GUNYAH_VCPU_STATE_MMIO_READ		= 4,
	GUNYAH_VCPU_STATE_MMIO_WRITE		= 5,
	GUNYAH_VCPU_STATE_FAULT			= 6,
	GUNYAH_VCPU_STATE_PAGE_FAULT		= 7,
	GUNYAH_VCPU_STATE_SYSTEM_RESET		= 0x100,
};

/* data[0] of GUNYAH_VCPU_STATE_POWERED_OFF */
#define GUNYAH_VCPU_POWERED_OFF_EXITED	BIT_ULL(0)

/*
 * Second word of the resume data after GUNYAH_VCPU_STATE_MMIO_... or
 * GUNYAH_VCPU_STATE_PAGE_FAULT; 0: the access was emulated, or the page is there
 */
#define GUNYAH_VCPU_RESUME_RETRY	1	/* make the access once more */
#define GUNYAH_VCPU_RESUME_FAULT	2	/* the VM takes an external abort */

/**
 * enum gunyah_donate_type - which extents exchange memory
 * @GUNYAH_DONATE_TO_PROTECTED: from the host's extent to that of a VM
 * @GUNYAH_DONATE_FROM_PROTECTED: back
 */
enum gunyah_donate_type {
	GUNYAH_DONATE_TO_PROTECTED	= 3,
	GUNYAH_DONATE_FROM_PROTECTED	= 4,
};

/* Flags of gunyah_hypercall_addrspace_map() and _unmap() */
#define GUNYAH_MAP_PARTIAL		BIT_ULL(0)	/* not all of the extent */
#define GUNYAH_MAP_PRIVATE		BIT_ULL(1)	/* the VM's alone */

/*
 * Attributes of gunyah_hypercall_addrspace_map(): write-back memory, and rights
 * of EL1 and EL0, each as R 4, W 2, X 1
 */
#define GUNYAH_MAP_WRITE_BACK		(0xfULL << 16)
#define GUNYAH_MAP_KERNEL		GENMASK_ULL(6, 4)
#define GUNYAH_MAP_USER			GENMASK_ULL(2, 0)

/**
 * struct gunyah_vcpu_run_resp - result of gunyah_hypercall_vcpu_run()
 * @state: an &enum gunyah_vcpu_state, or an unknown value
 * @data: depends on @state
 */
struct gunyah_vcpu_run_resp {
	u64 state;
	u64 data[3];
};

/**
 * struct gunyah_hyp_info - identity of the hypervisor
 * @api: its API: GUNYAH_API_VERSION_MASK
 * @flags: its features; in the first word GUNYAH_FEATURE_...
 * @platform: name of the platform whose firmware has to be told who gets memory,
 *	see platform.h; NULL: there is no such firmware
 */
struct gunyah_hyp_info {
	u64 api;
	u64 flags[3];
	const char *platform;
};

#if defined(CONFIG_ARM64) || defined(CONFIG_GUNYAH_TEST)

int gunyah_hyp_probe(bool declared, struct gunyah_hyp_info *info);
enum gunyah_error gunyah_hypercall_find_info_area(u64 *addr, u64 *size);
enum gunyah_error gunyah_hypercall_msgq_send(u64 capid, size_t size,
					     const void *buf, u64 flags,
					     bool *ready);
enum gunyah_error gunyah_hypercall_msgq_recv(u64 capid, void *buf, size_t size,
					     size_t *recv_size, bool *ready);
enum gunyah_error gunyah_hypercall_bell_send(u64 capid, u64 flags);
enum gunyah_error gunyah_hypercall_bell_set_mask(u64 capid, u64 enable, u64 ack);
enum gunyah_error gunyah_hypercall_vcpu_run(u64 capid,
					    const u64 resume_data[3],
					    struct gunyah_vcpu_run_resp *resp);
enum gunyah_error
gunyah_hypercall_memextent_donate(enum gunyah_donate_type type, u64 from,
				  u64 to, u64 offset, u64 size);
enum gunyah_error
gunyah_hypercall_addrspace_map(u64 space, u64 extent, u64 addr, u64 attributes,
			       u64 flags, u64 offset, u64 size);
enum gunyah_error
gunyah_hypercall_addrspace_unmap(u64 space, u64 extent, u64 addr, u64 flags,
				 u64 offset, u64 size);

#else /* for COMPILE_TEST */

static inline int gunyah_hyp_probe(bool declared, struct gunyah_hyp_info *info)
{
	return -ENODEV;
}

static inline enum gunyah_error
gunyah_hypercall_find_info_area(u64 *addr, u64 *size)
{
	return GUNYAH_ERROR_UNIMPLEMENTED;
}

static inline enum gunyah_error
gunyah_hypercall_msgq_send(u64 capid, size_t size, const void *buf, u64 flags,
			   bool *ready)
{
	*ready = false;
	return GUNYAH_ERROR_UNIMPLEMENTED;
}

static inline enum gunyah_error
gunyah_hypercall_msgq_recv(u64 capid, void *buf, size_t size, size_t *recv_size,
			   bool *ready)
{
	*recv_size = 0;
	*ready = false;
	return GUNYAH_ERROR_UNIMPLEMENTED;
}

static inline enum gunyah_error
gunyah_hypercall_bell_send(u64 capid, u64 flags)
{
	return GUNYAH_ERROR_UNIMPLEMENTED;
}

static inline enum gunyah_error
gunyah_hypercall_bell_set_mask(u64 capid, u64 enable, u64 ack)
{
	return GUNYAH_ERROR_UNIMPLEMENTED;
}

static inline enum gunyah_error
gunyah_hypercall_vcpu_run(u64 capid, const u64 resume_data[3],
			  struct gunyah_vcpu_run_resp *resp)
{
	*resp = (struct gunyah_vcpu_run_resp) {};
	return GUNYAH_ERROR_UNIMPLEMENTED;
}

static inline enum gunyah_error
gunyah_hypercall_memextent_donate(enum gunyah_donate_type type, u64 from,
				  u64 to, u64 offset, u64 size)
{
	return GUNYAH_ERROR_UNIMPLEMENTED;
}

static inline enum gunyah_error
gunyah_hypercall_addrspace_map(u64 space, u64 extent, u64 addr, u64 attributes,
			       u64 flags, u64 offset, u64 size)
{
	return GUNYAH_ERROR_UNIMPLEMENTED;
}

static inline enum gunyah_error
gunyah_hypercall_addrspace_unmap(u64 space, u64 extent, u64 addr, u64 flags,
				 u64 offset, u64 size)
{
	return GUNYAH_ERROR_UNIMPLEMENTED;
}

#endif /* CONFIG_ARM64 || CONFIG_GUNYAH_TEST */

#endif /* _GUNYAH_HYPERCALL_H */
