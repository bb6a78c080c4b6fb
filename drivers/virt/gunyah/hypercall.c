// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hypercalls of the Gunyah hypervisor
 *
 * Only this file issues hvc and smc instructions and knows function numbers and
 * registers. Each function is a typed wrapper of one hypercall: it does not
 * retry, and does not interpret results.
 */

#include <linux/arm-smccc.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include <asm/virt.h>

#include "hypercall.h"

#define GUNYAH_HYPERCALL(nr)						\
	ARM_SMCCC_CALL_VAL(ARM_SMCCC_FAST_CALL, ARM_SMCCC_SMC_64,	\
			   ARM_SMCCC_OWNER_VENDOR_HYP, 0x8000 | (nr))

#define GUNYAH_HYP_IDENTIFY		GUNYAH_HYPERCALL(0x00)
#define GUNYAH_BELL_SEND		GUNYAH_HYPERCALL(0x12)
#define GUNYAH_BELL_SET_MASK		GUNYAH_HYPERCALL(0x15)
#define GUNYAH_MSGQ_SEND		GUNYAH_HYPERCALL(0x1b)
#define GUNYAH_MSGQ_RECV		GUNYAH_HYPERCALL(0x1c)
#define GUNYAH_ADDRSPACE_MAP		GUNYAH_HYPERCALL(0x2b)
#define GUNYAH_ADDRSPACE_UNMAP		GUNYAH_HYPERCALL(0x2c)
#define GUNYAH_MEMEXTENT_DONATE		GUNYAH_HYPERCALL(0x61)
#define GUNYAH_VCPU_RUN			GUNYAH_HYPERCALL(0x65)
#define GUNYAH_FIND_INFO_AREA		GUNYAH_HYPERCALL(0x6a)

/* Whether there are Qualcomm's extensions: they answer with GUNYAH_UUID_QCOM */
#define GUNYAH_QCOM_CALL_UID						\
	ARM_SMCCC_CALL_VAL(ARM_SMCCC_FAST_CALL, ARM_SMCCC_SMC_32,	\
			   ARM_SMCCC_OWNER_VENDOR_HYP, 0x3f01)

enum {
	GUNYAH_UUID_OPEN,
	GUNYAH_UUID_QCOM,
	GUNYAH_UUIDS
};

/*
 * UUIDs that Gunyah hypervisors return: four bytes in each register, the first
 * one in the lowest bits.
 */
static const u32 gunyah_uuids[GUNYAH_UUIDS][4] = {
	/* c1d58fcd-a453-5fdb-9265-ce36673d5f14 */
	[GUNYAH_UUID_OPEN] = { 0xcd8fd5c1, 0xdb5f53a4, 0x36ce6592, 0x145f3d67 },
	/* 19bd54bd-0b37-571b-946f-609b54539de6: Qualcomm's builds */
	[GUNYAH_UUID_QCOM] = { 0xbd54bd19, 0x1b57370b, 0x9b606f94, 0xe69d5354 },
};

/*
 * The hypervisor may clobber x0 to x7 in every call. Only SMCCC 1.2 calls declare
 * all of them to the compiler.
 */
static struct arm_smccc_1_2_regs hyp_call(unsigned long fn, u64 a1, u64 a2,
					  u64 a3, u64 a4)
{
	/* Unused arguments, and the reserved one after the last, must be 0 */
	const struct arm_smccc_1_2_regs args = {
		.a0 = fn, .a1 = a1, .a2 = a2, .a3 = a3, .a4 = a4,
	};
	struct arm_smccc_1_2_regs res;

	arm_smccc_1_2_hvc(&args, &res);
	return res;
}

/* An error that does not fit into 32 bits must not be truncated to success. */
static enum gunyah_error hyp_error(unsigned long x0)
{
	if ((long)x0 != (int)x0)
		return GUNYAH_ERROR_FAILURE;
	return (int)x0;
}

/* The UUID that a function answers with */
static void hyp_get_uuid(enum arm_smccc_conduit conduit, unsigned long fn,
			 u32 uuid[4])
{
	const struct arm_smccc_1_2_regs args = { .a0 = fn };
	struct arm_smccc_1_2_regs res;

	if (conduit == SMCCC_CONDUIT_SMC)
		arm_smccc_1_2_smc(&args, &res);
	else
		arm_smccc_1_2_hvc(&args, &res);
	uuid[0] = lower_32_bits(res.a0);
	uuid[1] = lower_32_bits(res.a1);
	uuid[2] = lower_32_bits(res.a2);
	uuid[3] = lower_32_bits(res.a3);
}

static bool hyp_uuid_known(enum arm_smccc_conduit conduit)
{
	unsigned int i;
	u32 uuid[4];

	hyp_get_uuid(conduit, ARM_SMCCC_VENDOR_HYP_CALL_UID_FUNC_ID, uuid);
	for (i = 0; i < ARRAY_SIZE(gunyah_uuids); i++)
		if (!memcmp(uuid, gunyah_uuids[i], sizeof(uuid)))
			return true;
	return false;
}

/* Does the kernel itself have EL2? Modules can only see whether it runs there. */
static bool hyp_is_kernel(void)
{
#ifdef MODULE
	return is_kernel_in_hyp_mode();
#else
	return is_hyp_mode_available();
#endif
}

/*
 * May hvc instructions be issued? They are undefined if nothing is at EL2, and the
 * processor does not say whether there is. So it has to be known:
 *
 *  - Never if the kernel has EL2, because then the kernel itself would get the
 *    exception, which is fatal if it runs there. A kernel that has left EL2 for
 *    EL1 keeps a stub or KVM there, which answers unknown calls with an error; so
 *    it does no harm that a module cannot see this case.
 *  - If the devicetree declares a hypervisor, or the administrator says that there
 *    is one.
 *  - If PSCI is called by hvc: then somebody answers them, and since SMCCC 1.1
 *    calls that are not known get an error.
 *  - If PSCI is called by smc, as on most machines that have Gunyah, the question
 *    can be asked by smc. Gunyah takes those as well. Without it, the firmware
 *    answers that it does not know this call.
 */
static bool hyp_may_call(bool declared)
{
	if (hyp_is_kernel())
		return false;
	if (declared)
		return true;
	switch (arm_smccc_1_1_get_conduit()) {
	case SMCCC_CONDUIT_HVC:
		return true;
	case SMCCC_CONDUIT_SMC:
		return hyp_uuid_known(SMCCC_CONDUIT_SMC);
	default:
		return false;
	}
}

/*
 * With an smc, because that is what firmware is known to answer. On a CPU without
 * EL3 the instruction is undefined unless a hypervisor traps it, and Gunyah traps
 * those of all its VMs: so this is safe once Gunyah has been identified, and not
 * before.
 */
static const char *hyp_platform(void)
{
	u32 uuid[4];

	hyp_get_uuid(SMCCC_CONDUIT_SMC, GUNYAH_QCOM_CALL_UID, uuid);
	return memcmp(uuid, gunyah_uuids[GUNYAH_UUID_QCOM], sizeof(uuid)) ?
	       NULL : "qcom";
}

/**
 * gunyah_hyp_probe() - look for Gunyah, and identify it
 * @declared: something says that there is a hypervisor: the devicetree, the
 *	administrator, or an earlier call of this function
 * @info: filled in
 *
 * Context: Any.
 * Return: 0 or -ENODEV (not Gunyah, or it is not safe to ask).
 */
int gunyah_hyp_probe(bool declared, struct gunyah_hyp_info *info)
{
	struct arm_smccc_1_2_regs res;

	if (!hyp_may_call(declared) || !hyp_uuid_known(SMCCC_CONDUIT_HVC))
		return -ENODEV;

	res = hyp_call(GUNYAH_HYP_IDENTIFY, 0, 0, 0, 0);
	info->api = res.a0;
	info->flags[0] = res.a1;
	info->flags[1] = res.a2;
	info->flags[2] = res.a3;

	info->platform = hyp_platform();
	return 0;
}

/**
 * gunyah_hypercall_find_info_area() - where the hypervisor describes itself
 * @addr: set to the physical address of the area
 * @size: set to its size in bytes
 *
 * Context: Any.
 * Return: GUNYAH_ERROR_OK, GUNYAH_ERROR_UNIMPLEMENTED (older hypervisors) or
 * another error; @addr and @size are only valid with GUNYAH_ERROR_OK.
 */
enum gunyah_error gunyah_hypercall_find_info_area(u64 *addr, u64 *size)
{
	struct arm_smccc_1_2_regs res;

	res = hyp_call(GUNYAH_FIND_INFO_AREA, 0, 0, 0, 0);
	*addr = res.a1;
	*size = res.a2;

	return hyp_error(res.a0);
}

/**
 * gunyah_hypercall_msgq_send() - append a message to a message queue
 * @capid: capability id of the queue
 * @size: size of the message in bytes
 * @buf: the message, in memory that is mapped in the kernel
 * @flags: GUNYAH_MSGQ_PUSH or 0
 * @ready: set to true if the queue has room for another message
 *
 * Context: Any.
 * Return: GUNYAH_ERROR_OK, GUNYAH_ERROR_MSGQ_FULL (not sent) or another error.
 */
enum gunyah_error gunyah_hypercall_msgq_send(u64 capid, size_t size,
					     const void *buf, u64 flags,
					     bool *ready)
{
	struct arm_smccc_1_2_regs res;

	res = hyp_call(GUNYAH_MSGQ_SEND, capid, size, (uintptr_t)buf, flags);
	*ready = res.a0 == GUNYAH_ERROR_OK && res.a1;

	return hyp_error(res.a0);
}

/**
 * gunyah_hypercall_msgq_recv() - take a message from a message queue
 * @capid: capability id of the queue
 * @buf: receives the message, in memory that is mapped in the kernel
 * @size: size of @buf in bytes
 * @recv_size: set to the size of the message; never more than @size
 * @ready: set to true if there are more messages
 *
 * Context: Any.
 * Return: GUNYAH_ERROR_OK, GUNYAH_ERROR_MSGQ_EMPTY or another error.
 */
enum gunyah_error gunyah_hypercall_msgq_recv(u64 capid, void *buf, size_t size,
					     size_t *recv_size, bool *ready)
{
	struct arm_smccc_1_2_regs res;

	*recv_size = 0;
	*ready = false;

	res = hyp_call(GUNYAH_MSGQ_RECV, capid, (uintptr_t)buf, size, 0);
	if (res.a0 != GUNYAH_ERROR_OK)
		return hyp_error(res.a0);

	*ready = res.a2;
	if (res.a1 > size)
		return GUNYAH_ERROR_FAILURE;
	*recv_size = res.a1;

	return GUNYAH_ERROR_OK;
}

/**
 * gunyah_hypercall_bell_send() - ring a doorbell
 * @capid: capability id of the doorbell
 * @flags: flags to set
 *
 * Context: Any.
 * Return: GUNYAH_ERROR_OK or another error.
 */
enum gunyah_error gunyah_hypercall_bell_send(u64 capid, u64 flags)
{
	struct arm_smccc_1_2_regs res;

	res = hyp_call(GUNYAH_BELL_SEND, capid, flags, 0, 0);

	return hyp_error(res.a0);
}

/**
 * gunyah_hypercall_bell_set_mask() - select the flags that raise an interrupt
 * @capid: capability id of the doorbell
 * @enable: flags that interrupt the receiver
 * @ack: flags that are cleared as soon as the interrupt is delivered
 *
 * Context: Any.
 * Return: GUNYAH_ERROR_OK or another error.
 */
enum gunyah_error gunyah_hypercall_bell_set_mask(u64 capid, u64 enable, u64 ack)
{
	struct arm_smccc_1_2_regs res;

	res = hyp_call(GUNYAH_BELL_SET_MASK, capid, enable, ack, 0);

	return hyp_error(res.a0);
}

/**
 * gunyah_hypercall_vcpu_run() - run a vCPU on this CPU until it stops
 * @capid: capability id of the vCPU
 * @resume_data: answer to the state that the previous call returned, all 0 if
 *	it needs none
 * @resp: why the vCPU stopped; only valid with GUNYAH_ERROR_OK
 *
 * Context: Preemptible, with interrupts enabled: an interrupt for the host ends
 * the call and must be handled before the next one.
 * Return: GUNYAH_ERROR_OK, GUNYAH_ERROR_BUSY (the caller cannot run the vCPU now)
 * or another error.
 */
enum gunyah_error gunyah_hypercall_vcpu_run(u64 capid,
					    const u64 resume_data[3],
					    struct gunyah_vcpu_run_resp *resp)
{
	struct arm_smccc_1_2_regs res;

	res = hyp_call(GUNYAH_VCPU_RUN, capid, resume_data[0], resume_data[1],
		       resume_data[2]);

	resp->state = res.a1;
	resp->data[0] = res.a2;
	resp->data[1] = res.a3;
	resp->data[2] = res.a4;

	return hyp_error(res.a0);
}

/**
 * gunyah_hypercall_memextent_donate() - change the owner of memory
 * @type: an &enum gunyah_donate_type
 * @from: capability id of the memory extent that has the memory
 * @to: capability id of the memory extent that gets it
 * @offset: in both extents, which is the physical address
 * @size: size in bytes
 *
 * Context: Any.
 * Return: GUNYAH_ERROR_OK, GUNYAH_ERROR_MEMDB_NOT_OWNER, GUNYAH_ERROR_NOMEM (the
 * hypervisor has none for its tables) or another error.
 */
enum gunyah_error
gunyah_hypercall_memextent_donate(enum gunyah_donate_type type, u64 from,
				  u64 to, u64 offset, u64 size)
{
	const struct arm_smccc_1_2_regs args = {
		.a0 = GUNYAH_MEMEXTENT_DONATE,
		.a1 = type, .a2 = from, .a3 = to, .a4 = offset, .a5 = size,
	};
	struct arm_smccc_1_2_regs res;

	arm_smccc_1_2_hvc(&args, &res);

	return hyp_error(res.a0);
}

/**
 * gunyah_hypercall_addrspace_map() - map memory of an extent into a VM
 * @space: capability id of the VM's address space
 * @extent: capability id of the memory extent that has the memory
 * @addr: guest physical address
 * @attributes: GUNYAH_MAP_WRITE_BACK and rights
 * @flags: GUNYAH_MAP_...
 * @offset: in the extent
 * @size: size in bytes
 *
 * Context: Any.
 * Return: GUNYAH_ERROR_OK, GUNYAH_ERROR_MAPPED, GUNYAH_ERROR_NOMEM (the hypervisor
 * has none for its tables) or another error.
 */
enum gunyah_error
gunyah_hypercall_addrspace_map(u64 space, u64 extent, u64 addr, u64 attributes,
			       u64 flags, u64 offset, u64 size)
{
	const struct arm_smccc_1_2_regs args = {
		.a0 = GUNYAH_ADDRSPACE_MAP,
		.a1 = space, .a2 = extent, .a3 = addr, .a4 = attributes,
		.a5 = flags, .a6 = offset, .a7 = size,
	};
	struct arm_smccc_1_2_regs res;

	arm_smccc_1_2_hvc(&args, &res);

	return hyp_error(res.a0);
}

/**
 * gunyah_hypercall_addrspace_unmap() - undo gunyah_hypercall_addrspace_map()
 * @space: capability id of the VM's address space
 * @extent: capability id of the memory extent that has the memory
 * @addr: guest physical address
 * @flags: GUNYAH_MAP_...
 * @offset: in the extent
 * @size: size in bytes
 *
 * Context: Any.
 * Return: GUNYAH_ERROR_OK, GUNYAH_ERROR_ADDR_INVALID (not mapped there) or another
 * error.
 */
enum gunyah_error
gunyah_hypercall_addrspace_unmap(u64 space, u64 extent, u64 addr, u64 flags,
				 u64 offset, u64 size)
{
	const struct arm_smccc_1_2_regs args = {
		.a0 = GUNYAH_ADDRSPACE_UNMAP,
		.a1 = space, .a2 = extent, .a3 = addr, .a4 = flags,
		.a5 = offset, .a6 = size,
	};
	struct arm_smccc_1_2_regs res;

	arm_smccc_1_2_hvc(&args, &res);

	return hyp_error(res.a0);
}
