// SPDX-License-Identifier: GPL-2.0-only
/*
 * Gunyah hypercalls
 *
 * All numbers of the published hypervisor are known. Calls that only the
 * resource manager can make fail by the check of their first capability, since
 * no VM gets one with the rights for it. The published hypervisor does not check
 * reserved arguments of SMCCC calls; here all are checked, because callers must
 * not rely on that.
 */
#include "gunyah_testctl.h"
#include "hyp.h"
#include "paging.h"

#define NATIVE_BASE		0x6000	/* immediate of HVC */
#define MAX_ARGS		7

/* SMCCC function ids */
#define FN_FAST			BIT(31)
#define FN_64			BIT(30)
#define FN_OWNER(fn)		((fn) >> 24 & 0x3f)
#define FN_MBZ			GENMASK(23, 17)
#define FN_CLASS(fn)		((fn) >> 14 & 3)
#define FN_NR(fn)		((fn) & 0x3fff)
#define OWNER_STD_HYP		5
#define OWNER_VENDOR_HYP	6
#define CLASS_HYPERCALL		2
#define STD_HYP_UID		0x8500ff01
#define STD_HYP_REVISION	0x8500ff03
#define VENDOR_HYP_UID		0x8600ff01
#define VENDOR_HYP_REVISION	0x8600ff03

/* Variant Qualcomm, 64 bit, API version 1 */
#define API_INFO		0x5100000000008001
#define API_FLAGS0		0x10000eff
#define API_FLAG_MSGQ		BIT(2)

#define RIGHT_ACTIVATE		0x80000000
#define RIGHT_BIND		0x4	/* bell; msgq: send side */
#define RIGHT_BIND_RECV		0x8
#define RIGHT_VCPU_PRIORITY	0x4
#define RIGHT_VCPU_TIMESLICE	0x8
#define RIGHT_VCPU_BIND_VIRQ	0x20
#define RIGHT_VCPU_STATE	0x40
#define RIGHT_VCPU_LIFECYCLE	0x80
#define RIGHT_VCPU_WRITE_CTX	0x100
#define VCPU_RUN_RIGHTS		(RIGHT_VCPU_AFFINITY | RIGHT_VCPU_YIELD_TO)

/**
 * struct call - a hypercall
 * @fn: what it does, after the capability in the first argument has been looked
 *	up; NULL if no VM can have such a capability
 * @type: of the first argument, OBJ_NONE: any type of object
 * @rights: needed
 * @no_cap: the first argument is no capability
 * @known: the number exists
 * @reserved: index of the reserved argument, 0: none is looked at
 * @ones: the reserved argument has to be all ones, not 0
 *
 * @fn gets the object and the arguments, those behind the capability if there
 * is one; it sets results in the frame from x1 on and returns the error.
 */
struct call {
	int (*fn)(struct cpu *cpu, void *obj, const u64 *arg, struct frame *f);
	u8 type;
	bool no_cap;
	bool known;
	u8 reserved;
	bool ones;
	u32 rights;
};

static int bell_send_call(struct cpu *cpu, void *obj, const u64 *arg,
			  struct frame *f)
{
	if (!cpu->vcpu)
		hyp.stats.bell_sends++;
	f->x[1] = bell_send(obj, arg[0]);
	return GH_OK;
}

static int bell_receive_call(struct cpu *cpu __unused, void *obj,
			     const u64 *arg, struct frame *f)
{
	f->x[1] = 0;
	if (!arg[0])
		return GH_ARG_INVALID;
	f->x[1] = bell_receive(obj, arg[0]);
	return GH_OK;
}

static int bell_reset_call(struct cpu *cpu __unused, void *obj,
			   const u64 *arg __unused, struct frame *f __unused)
{
	bell_reset(obj);
	return GH_OK;
}

static int bell_mask_call(struct cpu *cpu, void *obj, const u64 *arg,
			  struct frame *f __unused)
{
	if (!cpu->vcpu)
		hyp.stats.bell_masks++;
	bell_mask(obj, arg[0], arg[1]);
	return GH_OK;
}

static int msgq_send_call(struct cpu *cpu __unused, void *obj, const u64 *arg,
			  struct frame *f)
{
	return hcall_msgq_send(obj, arg, f);
}

static int msgq_recv_call(struct cpu *cpu __unused, void *obj, const u64 *arg,
			  struct frame *f)
{
	return hcall_msgq_recv(obj, arg, f);
}

static int msgq_flush_call(struct cpu *cpu __unused, void *obj,
			   const u64 *arg __unused, struct frame *f __unused)
{
	msgq_flush(obj);
	return GH_OK;
}

static int msgq_configure_send(struct cpu *cpu __unused, void *obj,
			       const u64 *arg, struct frame *f __unused)
{
	return msgq_configure(obj, true, arg);
}

static int msgq_configure_recv(struct cpu *cpu __unused, void *obj,
			       const u64 *arg, struct frame *f __unused)
{
	return msgq_configure(obj, false, arg);
}

/* vcpu_run moves the vCPU to the calling CPU anyway */
static int vcpu_set_affinity(struct cpu *cpu __unused, void *obj __unused,
			     const u64 *arg, struct frame *f __unused)
{
	return arg[0] < hyp.num_cpus ? GH_OK : GH_ARG_INVALID;
}

static int prng(struct cpu *cpu __unused, void *obj __unused, const u64 *arg,
		struct frame *f)
{
	u32 i, out[4] = { 0 };
	u64 random[2] = { random64(), random64() };

	for (i = 0; i < 4; i++)
		f->x[1 + i] = 0;
	if (!arg[0] || arg[0] > sizeof(out))
		return GH_ARG_SIZE;
	memcpy(out, random, arg[0]);
	for (i = 0; i < 4; i++)
		f->x[1 + i] = out[i];
	return GH_OK;
}

static int yield(struct cpu *cpu __unused, void *obj __unused,
		 const u64 *arg __unused, struct frame *f __unused)
{
	return GH_OK;
}

#define RM_ONLY(t, r)		{ .known = true, .type = t, .rights = r }
#define CAP(t, r, function, res) \
	{ .known = true, .type = t, .rights = r, .fn = function, \
	  .reserved = res }
#define CAP_ONES(t, r, function, res) \
	{ .known = true, .type = t, .rights = r, .fn = function, \
	  .reserved = res, .ones = true }
#define PLAIN(function, res) \
	{ .known = true, .no_cap = true, .fn = function, .reserved = res }

static const struct call calls[NR_HYPERCALLS] = {
	[0x01 ... 0x07] = RM_ONLY(OBJ_PARTITION, 1),
	[0x0a ... 0x0b] = RM_ONLY(OBJ_PARTITION, 1),
	[0x0c] = RM_ONLY(OBJ_NONE, RIGHT_ACTIVATE),
	[0x0d] = RM_ONLY(OBJ_CSPACE, 1),
	[0x0e] = RM_ONLY(OBJ_NONE, RIGHT_ACTIVATE),
	[0x0f] = RM_ONLY(OBJ_CSPACE, 1),
	[0x10 ... 0x11] = RM_ONLY(OBJ_BELL, RIGHT_BIND),
	[0x12] = CAP(OBJ_BELL, RIGHT_BELL_SEND, bell_send_call, 2),
	[0x13] = CAP(OBJ_BELL, RIGHT_BELL_RECV, bell_receive_call, 2),
	[0x14] = CAP(OBJ_BELL, RIGHT_BELL_RECV, bell_reset_call, 1),
	[0x15] = CAP(OBJ_BELL, RIGHT_BELL_RECV, bell_mask_call, 3),
	[0x17] = RM_ONLY(OBJ_MSGQ, RIGHT_BIND),
	[0x18] = RM_ONLY(OBJ_MSGQ, RIGHT_BIND_RECV),
	[0x19] = RM_ONLY(OBJ_MSGQ, RIGHT_BIND),
	[0x1a] = RM_ONLY(OBJ_MSGQ, RIGHT_BIND_RECV),
	[0x1b] = CAP(OBJ_MSGQ, RIGHT_MSGQ_SEND, msgq_send_call, 4),
	[0x1c] = CAP(OBJ_MSGQ, RIGHT_MSGQ_RECV, msgq_recv_call, 3),
	[0x1d] = CAP(OBJ_MSGQ, RIGHT_MSGQ_RECV, msgq_flush_call, 1),
	[0x1f] = CAP_ONES(OBJ_MSGQ, RIGHT_MSGQ_SEND, msgq_configure_send, 3),
	[0x20] = CAP_ONES(OBJ_MSGQ, RIGHT_MSGQ_RECV, msgq_configure_recv, 3),
	[0x21] = RM_ONLY(OBJ_MSGQ, RIGHT_ACTIVATE),
	[0x22 ... 0x25] = RM_ONLY(OBJ_CSPACE, 1),
	[0x26 ... 0x27] = RM_ONLY(OBJ_VIC, 1),
	[0x28 ... 0x29] = RM_ONLY(OBJ_VIC, 1),
	[0x2a ... 0x2f] = RM_ONLY(OBJ_ADDRSPACE, 1),
	[0x30 ... 0x32] = RM_ONLY(OBJ_MEMEXTENT, 1),
	[0x34] = RM_ONLY(OBJ_VCPU, RIGHT_ACTIVATE),
	[0x38] = RM_ONLY(OBJ_VCPU, RIGHT_VCPU_LIFECYCLE),
	[0x39] = RM_ONLY(OBJ_VCPU, RIGHT_VCPU_LIFECYCLE),
	[0x3a] = RM_ONLY(OBJ_VCPU, RIGHT_VCPU_LIFECYCLE),
	[0x3b] = PLAIN(yield, 2),
	[0x3c] = RM_ONLY(OBJ_VPM, 1),
	[0x3d] = CAP_ONES(OBJ_VCPU, RIGHT_VCPU_AFFINITY, vcpu_set_affinity, 2),
	[0x3e] = RM_ONLY(OBJ_CSPACE, 1),
	[0x3f] = PLAIN(NULL, 2),
	[0x43 ... 0x45] = RM_ONLY(OBJ_VPM, 1),
	[0x46] = RM_ONLY(OBJ_VCPU, RIGHT_VCPU_PRIORITY),
	[0x47] = RM_ONLY(OBJ_VCPU, RIGHT_VCPU_TIMESLICE),
	[0x48] = RM_ONLY(OBJ_PARTITION, 1),
	[0x49 ... 0x55] = RM_ONLY(OBJ_VIRTIO, 1),
	[0x56] = RM_ONLY(OBJ_VIC, 1),
	[0x57] = PLAIN(prng, 1),
	[0x59] = RM_ONLY(OBJ_CSPACE, 1),
	[0x5a ... 0x5b] = RM_ONLY(OBJ_ADDRSPACE, 1),
	[0x5c ... 0x5d] = RM_ONLY(OBJ_VCPU, RIGHT_VCPU_BIND_VIRQ),
	[0x5e ... 0x5f] = RM_ONLY(OBJ_VIRTIO, 1),
	[0x60] = RM_ONLY(OBJ_ADDRSPACE, 1),
	[0x62] = RM_ONLY(OBJ_ADDRSPACE, 1),
	[0x64] = RM_ONLY(OBJ_VCPU, RIGHT_VCPU_WRITE_CTX),
	[0x65] = CAP(OBJ_VCPU, VCPU_RUN_RIGHTS, NULL, 4),
	[0x66] = RM_ONLY(OBJ_VPM, 1),
	[0x67] = RM_ONLY(OBJ_VIC, 1),
	[0x68] = RM_ONLY(OBJ_VCPU, RIGHT_VCPU_BIND_VIRQ | RIGHT_VCPU_STATE),
};

#define NR_IDENTIFY	0x00
#define NR_INFO_AREA	0x6a
#define NR_DONATE	0x61
#define NR_VCPU_RUN	0x65

/* Those that only newer firmware lets the host make */
#define NR_MAP		0x2b
#define NR_UNMAP	0x2c
#define NR_MODIFY	0x30

/* A planned fault of the host's hypercalls: is it this one? */
static bool planned_fault(struct vm *vm, u32 nr)
{
	struct quirk *q = &hyp.quirk;

	if (vm != &hyp.host || !q->hvc_error ||
	    (q->hvc_nr != nr && q->hvc_nr != GH_TESTCTL_HVC_ANY))
		return false;
	if (q->hvc_nth > 1) {
		q->hvc_nth--;
		return false;
	}
	q->hvc_hit = nr;
	return true;
}

static bool bad_reserved(const struct call *call, const u64 *arg)
{
	return call->reserved &&
	       arg[call->reserved] != (call->ones ? ~0UL : 0);
}

static int do_call(struct cpu *cpu, struct vm *vm, u32 nr, const u64 *arg,
		   struct frame *f)
{
	const struct call *call = &calls[nr];
	void *obj = NULL;
	int err;

	if (bad_reserved(call, arg))
		return GH_ARG_INVALID;
	if (!call->no_cap) {
		err = cap_lookup(vm, *arg++, call->type, call->rights, &obj);
		if (err)
			return err;
	}
	return call->fn ? call->fn(cpu, obj, arg, f) : GH_DENIED;
}

/* Calls of generation 2024; false if it is none */
static bool newer_call(struct vm *vm, u32 nr, const u64 *arg, int *err)
{
	if (!is_gen2024())
		return false;
	switch (nr) {
	case NR_MAP:
		*err = hcall_map(vm, arg);
		return true;
	case NR_UNMAP:
		*err = hcall_unmap(vm, arg);
		return true;
	case NR_MODIFY:
		*err = hcall_extent_modify(vm, arg);
		return true;
	case NR_DONATE:
		*err = hcall_donate(vm, arg);
		return true;
	}
	return false;
}

static void count_call(u32 nr)
{
	hyp.stats.hypercalls++;
	if (nr < NR_HYPERCALLS)
		hyp.stats.by_number[nr]++;
}

/* Callers must not use registers that a call does not return */
static void scramble(struct frame *f)
{
	for (u32 i = 1; i < 8; i++)
		f->x[i] = 0xbad0bad0bad0bad0 + i;
}

static void identify(const struct vm *vm, struct frame *f)
{
	f->x[0] = API_INFO;
	f->x[1] = API_FLAGS0;
	f->x[2] = 0;
	f->x[3] = 0;
	if (vm == &hyp.host && hyp.identity == ID_API)
		f->x[0]++;
	if (vm == &hyp.host && hyp.identity == ID_NO_MSGQ)
		f->x[1] &= ~API_FLAG_MSGQ;
}

static void hypercall(struct cpu *cpu, struct vm *vm, u32 nr, const u64 *arg,
		      struct frame *f)
{
	void *obj;
	int err;

	scramble(f);
	if (vm == &hyp.host)
		count_call(nr);
	if (vm == &hyp.host && hyp.quirk.extra_irqs) {
		hyp.quirk.extra_irqs--;
		virq_raise_all(vm);
	}
	if (planned_fault(vm, nr)) {
		if (nr == NR_DONATE)
			extent_donate_part(vm, arg);
		f->x[0] = (s64)hyp.quirk.hvc_error;
		if (!hyp.quirk.hvc_repeat) {
			hyp.quirk.hvc_error = hyp.quirk.hvc_then;
			hyp.quirk.hvc_then = 0;
		}
		return;
	}
	if (newer_call(vm, nr, arg, &err)) {
		f->x[0] = (s64)err;
		return;
	}

	switch (nr) {
	case NR_IDENTIFY:
		identify(vm, f);
		return;
	case NR_INFO_AREA:
		err = vm == &hyp.host ? info_find(&f->x[1], &f->x[2]) :
					GH_UNIMPLEMENTED;
		break;
	case NR_DONATE:		/* options come before the capability */
		err = cap_lookup(vm, arg[1], OBJ_MEMEXTENT, 0x10, &obj);
		break;
	case NR_VCPU_RUN:
		/* Results may belong to another frame by the time it returns */
		err = bad_reserved(&calls[nr], arg) ? GH_ARG_INVALID :
		      cap_lookup(vm, arg[0], OBJ_VCPU, VCPU_RUN_RIGHTS, &obj);
		if (err)
			break;
		hyp.stats.vcpu_runs++;
		hcall_vcpu_run(cpu, f, obj, arg + 1);
		return;
	default:
		err = nr < NR_HYPERCALLS && calls[nr].known ?
		      do_call(cpu, vm, nr, arg, f) : GH_UNIMPLEMENTED;
	}
	f->x[0] = (s64)err;
}

static void set_uid(const struct vm *vm, struct frame *f)
{
	f->x[0] = 0xcd8fd5c1;
	f->x[1] = 0xdb5f53a4;
	f->x[2] = 0x36ce6592;
	f->x[3] = 0x145f3d67;
	/* Only one word differs: all have to be looked at */
	if (vm == &hyp.host && hyp.identity == ID_OTHER)
		f->x[3]++;
}

/**
 * hcall_dispatch() - a call to the hypervisor
 * @cpu: this CPU
 * @vm: the caller
 * @f: its registers
 * @imm: immediate of the instruction
 *
 * Return: false if it is neither a hypercall nor in the SMCCC ranges of
 * hypervisor services; nothing has been done then.
 */
bool hcall_dispatch(struct cpu *cpu, struct vm *vm, struct frame *f, u32 imm)
{
	u64 fn = (u32)f->x[0], arg[MAX_ARGS];

	if (imm >= NATIVE_BASE && imm < NATIVE_BASE + NR_HYPERCALLS) {
		memcpy(arg, &f->x[0], sizeof(arg));
		hypercall(cpu, vm, imm - NATIVE_BASE, arg, f);
		return true;
	}
	if (imm || !(fn & FN_FAST) || (FN_OWNER(fn) != OWNER_VENDOR_HYP &&
				       FN_OWNER(fn) != OWNER_STD_HYP))
		return false;

	switch (fn) {
	case STD_HYP_UID:
	case VENDOR_HYP_UID:
		set_uid(vm, f);
		return true;
	case STD_HYP_REVISION:
		f->x[0] = 1;
		f->x[1] = 0;
		return true;
	case VENDOR_HYP_REVISION:
		f->x[0] = API_INFO;
		return true;
	}
	if (fn & FN_64 && FN_OWNER(fn) == OWNER_VENDOR_HYP && !(fn & FN_MBZ) &&
	    FN_CLASS(fn) == CLASS_HYPERCALL) {
		memcpy(arg, &f->x[1], sizeof(arg));
		hypercall(cpu, vm, FN_NR(fn), arg, f);
	} else {
		f->x[0] = (s64)GH_UNIMPLEMENTED;
	}
	return true;
}
