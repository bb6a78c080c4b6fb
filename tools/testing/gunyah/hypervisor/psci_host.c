// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host's CPUs: their EL2 setup, and its PSCI and SMCCC calls
 *
 * QEMU's PSCI starts a CPU at EL2, so CPU_ON goes through secondary_cpu. All
 * other calls are passed on.
 */
#include "hyp.h"

#define SMCCC_VERSION		0x80000000
#define SMCCC_ARCH_FEATURES	0x80000001

/* 32-bit ids; those with addresses also exist as 64-bit calls */
#define PSCI_VERSION		0x84000000
#define PSCI_CPU_SUSPEND	0x84000001
#define PSCI_CPU_OFF		0x84000002
#define PSCI_CPU_ON		0x84000003
#define PSCI_AFFINITY_INFO	0x84000004
#define PSCI_MIGRATE_INFO_TYPE	0x84000006
#define PSCI_SYSTEM_OFF		0x84000008
#define PSCI_SYSTEM_RESET	0x84000009
#define PSCI_FEATURES		0x8400000a
#define PSCI_SYSTEM_SUSPEND	0x8400000e
#define FN_64			BIT(30)

#define PSCI_NOT_SUPPORTED	((u64)-1)
#define PSCI_INVALID_PARAMS	((u64)-2)
#define PSCI_DENIED		((u64)-3)

#define ISR_F			BIT(6)
#define ISR_I			BIT(7)

#define GICR_WAKER		0x0014

#define HCR_VM			BIT(0)
#define HCR_FMO			BIT(3)
#define HCR_TSC			BIT(19)
#define HCR_HCD			BIT(29)
#define HCR_RW			BIT(31)
#define HCR_APK			BIT(40)
#define HCR_API			BIT(41)

/* Call the machine's firmware */
u64 smc_call(u64 fn, u64 a1, u64 a2, u64 a3)
{
	register u64 x0 asm("x0") = fn;
	register u64 x1 asm("x1") = a1;
	register u64 x2 asm("x2") = a2;
	register u64 x3 asm("x3") = a3;

	asm volatile("smc #0"
		     : "+r" (x0), "+r" (x1), "+r" (x2), "+r" (x3)
		     : : "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11",
			 "x12", "x13", "x14", "x15", "x16", "x17", "memory");
	return x0;
}

/**
 * host_cpu_init() - set this CPU's EL2 registers for the host
 * @cpu: this CPU
 */
void host_cpu_init(struct cpu *cpu)
{
	u64 hcr = HCR_RW | HCR_TSC | HCR_FMO | HCR_VM | HCR_API | HCR_APK;
	u64 dfr0 = read_sysreg(id_aa64dfr0_el1);

	if (hyp.identity == ID_NONE)
		hcr |= HCR_HCD;
	cpu->vcpu = NULL;
	write_sysreg(hcr, hcr_el2);
	write_sysreg(hyp.host.s2.vtcr, vtcr_el2);
	write_sysreg(hyp.host.s2.vttbr, vttbr_el2);
	write_sysreg(3, cnthctl_el2);
	write_sysreg(0, cntvoff_el2);
	write_sysreg(read_sysreg(midr_el1), vpidr_el2);
	write_sysreg(read_sysreg(mpidr_el1), vmpidr_el2);
	write_sysreg(0x32ff, cptr_el2);		/* FP, SIMD and SVE are EL1's */
	write_sysreg(0, hstr_el2);
	if (dfr0 >> 8 & 0xf)			/* all PMU counters, if any */
		write_sysreg(read_sysreg(pmcr_el0) >> 11 & 0x1f, mdcr_el2);
	else
		write_sysreg(0, mdcr_el2);
	isb();

	write_sysreg(0xf, S3_4_C12_C9_5);	/* ICC_SRE_EL2 */
	isb();
	write_sysreg(7, S3_0_C12_C12_5);	/* ICC_SRE_EL1 */
	write_sysreg(0xff, S3_0_C4_C6_0);	/* ICC_PMR_EL1 */
	write_sysreg(0, S3_0_C12_C12_4);	/* ICC_CTLR_EL1 */
	write_sysreg(0, S3_4_C12_C11_0);	/* ICH_HCR_EL2 */
	write_sysreg(0x30d00800, sctlr_el1);
	asm volatile("tlbi alle1");
	dsb_nsh();
	isb();
}

static u64 cpu_on(u64 mpidr, u64 pc, u64 ctx)
{
	u32 i;

	for (i = 0; i < hyp.num_cpus; i++) {
		struct cpu *cpu = &hyp.cpus[i];

		if (cpu->mpidr != mpidr)
			continue;
		/* Read only by a CPU that starts */
		if (!cpu->online) {
			cpu->boot_pc = pc;
			cpu->boot_ctx = ctx;
		}
		return smc_call(PSCI_CPU_ON | FN_64, mpidr, (u64)secondary_cpu, i);
	}
	return PSCI_INVALID_PARAMS;
}

static u64 cpu_off(struct cpu *cpu)
{
	cpu->online = false;
	sched_cpu_off(cpu);
	timer_cpu_off(cpu);
	hyp_unlock();
	smc_call(PSCI_CPU_OFF, 0, 0, 0);
	panic("CPU %u cannot be turned off", cpu->index);
}

/* QEMU treats every state as standby: this returns at the next interrupt */
static u64 cpu_suspend(u64 state)
{
	u64 ret;

	hyp_unlock();
	ret = smc_call(PSCI_CPU_SUSPEND | FN_64, state, 0, 0);
	hyp_lock();
	return ret;
}

/*
 * QEMU has no such call. The machine sleeps until the host has an interrupt, and
 * then the host begins with what a CPU has that was turned on. EL2 does what it
 * has to do meanwhile.
 */
static u64 system_suspend(struct cpu *cpu, struct frame *f)
{
	u64 pc = f->x[1], ctx = f->x[2], pending;
	u32 i;

	for (i = 0; i < hyp.num_cpus; i++) {
		if (hyp.cpus[i].online && &hyp.cpus[i] != cpu)
			return PSCI_DENIED;
	}
	log_printf("host: system suspend");
	/* The host has disabled the interface, but it is to be woken */
	write32(cpu->gicr + GICR_WAKER, 0);
	write_sysreg(1, S3_0_C12_C12_7);	/* ICC_IGRPEN1_EL1 */
	write_sysreg(0xff, S3_0_C4_C6_0);	/* ICC_PMR_EL1 */
	isb();
	do {
		cpu_suspend(0);
		pending = read_sysreg(isr_el1);
		if (pending & ISR_F)
			timer_fiq(cpu);
	} while (!(pending & ISR_I));
	log_printf("host: system resume");

	cpu_start(cpu);
	memset(f, 0, sizeof(*f));
	f->pc = pc;
	f->spsr = SPSR_BOOT;
	return ctx;
}

static u64 features(u64 fn)
{
	switch (fn) {
	case SMCCC_VERSION:
	case PSCI_SYSTEM_SUSPEND:
	case PSCI_SYSTEM_SUSPEND | FN_64:
		return 0;
	default:
		return smc_call(PSCI_FEATURES, fn, 0, 0);
	}
}

/**
 * psci_host() - PSCI or SMCCC architecture call of the host
 * @cpu: this CPU
 * @f: its registers
 *
 * Return: false if it is not such a call.
 */
bool psci_host(struct cpu *cpu, struct frame *f)
{
	u64 fn = (u32)f->x[0], ret = PSCI_NOT_SUPPORTED;

	switch (fn) {
	case SMCCC_VERSION:
		ret = 0x10003;
		break;
	case SMCCC_ARCH_FEATURES:
		if ((u32)f->x[1] == SMCCC_VERSION ||
		    (u32)f->x[1] == SMCCC_ARCH_FEATURES)
			ret = 0;
		break;
	case PSCI_FEATURES:
		ret = features((u32)f->x[1]);
		break;
	case PSCI_VERSION:
	case PSCI_MIGRATE_INFO_TYPE:
	case PSCI_AFFINITY_INFO:
	case PSCI_AFFINITY_INFO | FN_64:
		ret = smc_call(fn, f->x[1], f->x[2], 0);
		break;
	case PSCI_SYSTEM_OFF:
	case PSCI_SYSTEM_RESET:
		log_printf("host: system %s",
			   fn == PSCI_SYSTEM_OFF ? "off" : "reset");
		ret = smc_call(fn, 0, 0, 0);
		break;
	case PSCI_CPU_ON:
		ret = cpu_on((u32)f->x[1], (u32)f->x[2], (u32)f->x[3]);
		break;
	case PSCI_CPU_ON | FN_64:
		ret = cpu_on(f->x[1], f->x[2], f->x[3]);
		break;
	case PSCI_CPU_OFF:
		ret = cpu_off(cpu);
		break;
	case PSCI_CPU_SUSPEND:
	case PSCI_CPU_SUSPEND | FN_64:
		ret = cpu_suspend((u32)f->x[1]);
		break;
	case PSCI_SYSTEM_SUSPEND:
	case PSCI_SYSTEM_SUSPEND | FN_64:
		ret = system_suspend(cpu, f);
		break;
	default:
		return false;
	}
	f->x[0] = ret;
	return true;
}
