// SPDX-License-Identifier: GPL-2.0-only
/*
 * PSCI and SMCCC for guests
 */
#include "guest.h"

#define SMCCC_VERSION		0x80000000
#define SMCCC_ARCH_FEATURES	0x80000001
#define SMCCC_1_3		0x10003

/* Function ids without FN_64, the bit for 64-bit arguments */
#define PSCI_VERSION		0x84000000
#define PSCI_CPU_SUSPEND	0x84000001
#define PSCI_CPU_OFF		0x84000002
#define PSCI_CPU_ON		0x84000003
#define PSCI_AFFINITY_INFO	0x84000004
#define PSCI_SYSTEM_OFF		0x84000008
#define PSCI_SYSTEM_RESET	0x84000009
#define PSCI_FEATURES		0x8400000a
#define PSCI_CPU_DEFAULT_SUSPEND 0x8400000c
#define PSCI_SYSTEM_RESET2	0x84000012
#define FN_64			BIT(30)

#define PSCI_1_1		0x10001
#define PSCI_SUCCESS		0UL
#define PSCI_NOT_SUPPORTED	((u64)-1)
#define PSCI_INVALID_PARAMS	((u64)-2)
#define PSCI_ALREADY_ON		((u64)-4)

#define POWER_STATE_POWERDOWN	BIT(16)
#define POWER_STATE_MASK	(GENMASK(15, 0) | BIT(16) | GENMASK(25, 24))
#define AFFINITY_MASK		0xff00ffffffUL
/* Types: standard type 0, and those of vendors */
#define RESET2_WARM		0
#define RESET2_VENDOR		BIT(31)

#define RESET_PLAIN		BIT(63)
#define RESET_SMC64		BIT(62)

static bool is_64bit_function(u32 fn)
{
	switch (fn) {
	case PSCI_CPU_SUSPEND:
	case PSCI_CPU_ON:
	case PSCI_AFFINITY_INFO:
	case PSCI_CPU_DEFAULT_SUSPEND:
	case PSCI_SYSTEM_RESET2:
		return true;
	}
	return false;
}

static u64 features(u32 fn)
{
	switch (fn & ~FN_64) {
	case PSCI_VERSION:
	case PSCI_CPU_OFF:
	case PSCI_SYSTEM_OFF:
	case PSCI_SYSTEM_RESET:
	case PSCI_FEATURES:
	case SMCCC_VERSION:
		return fn & FN_64 ? PSCI_NOT_SUPPORTED : PSCI_SUCCESS;
	}
	return is_64bit_function(fn & ~FN_64) ? PSCI_SUCCESS :
						PSCI_NOT_SUPPORTED;
}

static u64 cpu_on(struct vcpu *vcpu, u64 mpidr, u64 pc, u64 ctx)
{
	struct vcpu *target;

	if (mpidr & ~AFFINITY_MASK)
		return PSCI_INVALID_PARAMS;
	target = vcpu_get(vcpu->vm, mpidr);
	if (!target)
		return PSCI_INVALID_PARAMS;
	if (target->state != VCPU_OFF)
		return PSCI_ALREADY_ON;
	vcpu_start(target, pc, ctx);
	return PSCI_SUCCESS;
}

static u64 affinity_info(struct vcpu *vcpu, u64 mpidr, u64 level)
{
	struct vcpu *target = vcpu_get(vcpu->vm, mpidr);

	if (level || !target)
		return PSCI_INVALID_PARAMS;
	return target->state == VCPU_OFF;
}

static void suspend(struct cpu *cpu, struct frame *f, u64 state, u64 pc,
		    u64 ctx)
{
	struct vcpu *vcpu = cpu->vcpu;

	if (state & ~POWER_STATE_MASK) {
		f->x[0] = PSCI_INVALID_PARAMS;
		return;
	}
	f->x[0] = PSCI_SUCCESS;
	vcpu->resume_reset = state & POWER_STATE_POWERDOWN;
	vcpu->resume_pc = pc;
	vcpu->resume_ctx = ctx;
	vcpu_wait(cpu, f, state, RESUME_REASON_SUSPEND);
}

static void system_off(struct cpu *cpu, struct frame *f)
{
	const struct vm_halt halt = { .reason = RM_HALT_OFF };
	const struct run_result result = { .state = RUN_POWERED_OFF };

	vcpu_halt(cpu, f, &halt, &result);
}

static void system_reset(struct cpu *cpu, struct frame *f)
{
	const struct vm_halt halt = { .reason = RM_HALT_RESET };
	const struct run_result result = {
		.state = RUN_SYSTEM_RESET,
		.data = { RESET_PLAIN },
	};

	vcpu_halt(cpu, f, &halt, &result);
}

static void system_reset2(struct cpu *cpu, struct frame *f, u32 type,
			  u64 cookie, bool smc64)
{
	const struct vm_halt halt = {
		.reason = RM_HALT_RESET2,
		.reset_type = type,
		.cookie = cookie,
		.smc64 = smc64,
	};
	const struct run_result result = {
		.state = RUN_SYSTEM_RESET,
		.data = { type | (smc64 ? RESET_SMC64 : 0), cookie },
	};

	if (type != RESET2_WARM && !(type & RESET2_VENDOR)) {
		f->x[0] = PSCI_INVALID_PARAMS;
		return;
	}
	vcpu_halt(cpu, f, &halt, &result);
}

bool psci_guest(struct cpu *cpu, struct frame *f)
{
	struct vcpu *vcpu = cpu->vcpu;
	u32 id = f->x[0], fn = id & ~FN_64;
	bool smc64 = id & FN_64;
	u64 mask = smc64 ? ~0UL : 0xffffffffUL;
	u64 arg[3] = { f->x[1] & mask, f->x[2] & mask, f->x[3] & mask };

	if (!vcpu->psci || (smc64 && !is_64bit_function(fn)))
		return false;

	switch (fn) {
	case SMCCC_VERSION:
		f->x[0] = SMCCC_1_3;
		break;
	case SMCCC_ARCH_FEATURES:
		f->x[0] = arg[0] == SMCCC_VERSION ||
			  arg[0] == SMCCC_ARCH_FEATURES ? PSCI_SUCCESS :
							  PSCI_NOT_SUPPORTED;
		break;
	case PSCI_VERSION:
		f->x[0] = PSCI_1_1;
		break;
	case PSCI_FEATURES:
		f->x[0] = features(arg[0]);
		break;
	case PSCI_CPU_ON:
		f->x[0] = cpu_on(vcpu, arg[0], arg[1], arg[2]);
		break;
	case PSCI_CPU_OFF:
		vcpu_power_off(cpu, f);
		break;
	case PSCI_AFFINITY_INFO:
		f->x[0] = affinity_info(vcpu, arg[0], arg[1]);
		break;
	case PSCI_CPU_SUSPEND:
		suspend(cpu, f, arg[0], arg[1], arg[2]);
		break;
	case PSCI_CPU_DEFAULT_SUSPEND:
		suspend(cpu, f, POWER_STATE_POWERDOWN, arg[0], arg[1]);
		break;
	case PSCI_SYSTEM_OFF:
		system_off(cpu, f);
		break;
	case PSCI_SYSTEM_RESET:
		system_reset(cpu, f);
		break;
	case PSCI_SYSTEM_RESET2:
		system_reset2(cpu, f, arg[0], arg[1], smc64);
		break;
	default:
		return false;
	}
	return true;
}
