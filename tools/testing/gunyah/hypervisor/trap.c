// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exceptions that come to EL2, and exceptions that EL2 gives to EL1
 */
#include "gunyah_testctl.h"
#include "hyp.h"

#define ESR_EC(esr)		((esr) >> 26 & 0x3f)
#define EC_HVC64		0x16
#define EC_SMC64		0x17
#define EC_SYSREG		0x18
#define EC_IABT_LOWER		0x20
#define EC_DABT_LOWER		0x24

#define ESR_IL			BIT(25)
#define ESR_ISV			BIT(24)
#define ESR_SAS(esr)		((esr) >> 22 & 3)
#define ESR_SRT(esr)		((esr) >> 16 & 0x1f)
#define ESR_ISS(esr)		((esr) & GENMASK(24, 0))
#define ESR_RT(esr)		((esr) >> 5 & 0x1f)	/* of MSR and MRS */
#define ESR_READ		BIT(0)			/* MRS */
#define ESR_WNR			BIT(6)
#define FSC_SEA			0x10

#define SPSR_MODE		0x1f
#define SPSR_EL0		0x00
#define SPSR_AARCH32		BIT(4)
#define SPSR_SP_ELX		BIT(0)
#define SPSR_PAN		BIT(22)
#define SPSR_NZCV		GENMASK(31, 28)
#define SPSR_EL1H_MASKED	0x3c5
#define SCTLR_SPAN		BIT(23)

/* As the architecture does it: save, mask, go to the vector */
static void enter_el1_vector(struct frame *f, u64 esr)
{
	u64 spsr = f->spsr, vector = read_sysreg(vbar_el1);

	if (spsr & SPSR_AARCH32)
		vector += 0x600;
	else if ((spsr & SPSR_MODE) == SPSR_EL0)
		vector += 0x400;
	else if (spsr & SPSR_SP_ELX)
		vector += 0x200;

	write_sysreg(esr, esr_el1);
	write_sysreg(spsr, spsr_el1);
	write_sysreg(f->pc, elr_el1);
	f->pc = vector;
	f->spsr = SPSR_EL1H_MASKED | (spsr & (SPSR_NZCV | SPSR_PAN));
	if (read_sysreg(id_aa64mmfr1_el1) >> 20 & 0xf &&
	    !(read_sysreg(sctlr_el1) & SCTLR_SPAN))
		f->spsr |= SPSR_PAN;
}

static bool from_el0(const struct frame *f)
{
	return (f->spsr & SPSR_AARCH32) || (f->spsr & SPSR_MODE) == SPSR_EL0;
}

/**
 * inject_sea() - synchronous external abort at EL1
 * @f: registers of the context that runs now, the host's or a guest's
 * @instruction: of an instruction fetch, not a data access
 * @far: virtual address
 */
void inject_sea(struct frame *f, bool instruction, u64 far)
{
	u64 ec = instruction ? EC_IABT_LOWER : EC_DABT_LOWER;
	u64 esr = ESR_IL | FSC_SEA;

	if (!from_el0(f))
		ec++;
	if (!instruction)
		esr |= read_sysreg(esr_el2) & ESR_WNR;
	write_sysreg(far, far_el1);
	enter_el1_vector(f, ec << 26 | esr);
}

/**
 * inject_undef() - undefined instruction exception at EL1
 * @f: registers of the context that runs now, pc at the instruction
 */
void inject_undef(struct frame *f)
{
	enter_el1_vector(f, ESR_IL);
}

static void host_call(struct cpu *cpu, struct frame *f, u32 imm, bool smc)
{
	bool deaf = hyp.identity == ID_NONE ||
		    (smc && hyp.identity == ID_HVC_ONLY);

	if ((deaf || !hcall_dispatch(cpu, &hyp.host, f, imm)) &&
	    (imm || !psci_host(cpu, f)))
		f->x[0] = GH_UNIMPLEMENTED;
}

static u64 reg_get(const struct frame *f, u32 reg)
{
	return reg < 31 ? f->x[reg] : 0;
}

static void reg_set(struct frame *f, u32 reg, u64 val)
{
	if (reg < 31)
		f->x[reg] = val;
}

static void skip_instruction(struct frame *f, u64 esr)
{
	f->pc += esr & ESR_IL ? 4 : 2;
}

static bool host_sysreg(struct cpu *cpu, struct frame *f, u64 esr)
{
	u32 reg = ESR_RT(esr);
	u64 val = reg_get(f, reg);

	if (!host_gic_sysreg(cpu, ESR_ISS(esr), &val))
		return false;
	if (esr & ESR_READ)
		reg_set(f, reg, val);
	f->pc += 4;
	return true;
}

/*
 * 32-bit programs have no load of 64 bits that can be emulated: they read
 * halves of registers. What they write to the lower half is the whole value.
 */
static bool host_testctl(u64 offset, u32 size, bool write, u64 *val)
{
	if (size < 4 || offset & (size - 1))
		return false;
	if (write)
		return testctl_write(offset, *val);
	if (!testctl_read(offset & ~7UL, val))
		return false;
	*val >>= (offset & 4) * 8;
	return true;
}

/* A load or store of one register to what is emulated; false if it is not */
static bool host_mmio(struct frame *f, u64 esr, u64 ipa)
{
	u32 reg = ESR_SRT(esr), size = 1U << ESR_SAS(esr);
	bool write = esr & ESR_WNR;
	u64 mask = size < 8 ? BIT(size * 8) - 1 : ~0UL;
	u64 val = reg_get(f, reg) & mask;

	if (!(esr & ESR_ISV))
		return false;
	if ((ipa & PAGE_MASK) == GH_TESTCTL_BASE) {
		if (!host_testctl(ipa & ~PAGE_MASK, size, write, &val))
			return false;
	} else if (ipa >= GICD_BASE && ipa < GICD_BASE + GICD_SIZE) {
		if (!host_gic_mmio(ipa - GICD_BASE, size, write, &val))
			return false;
	} else {
		return false;
	}
	if (!write)
		reg_set(f, reg, val & mask);
	skip_instruction(f, esr);
	return true;
}

static void host_abort(struct frame *f, u64 esr, bool instruction)
{
	u64 far = read_sysreg(far_el2);
	u64 ipa = (read_sysreg(hpfar_el2) & GENMASK(39, 4)) << 8 |
		  (far & ~PAGE_MASK);

	if (!instruction && host_mmio(f, esr, ipa))
		return;

	hyp.stats.host_aborts++;
	log_printf("host: abort, ipa %lx va %lx esr %lx pc %lx", ipa, far, esr,
		   f->pc);
	inject_sea(f, instruction, far);
}

static void host_trap_sync(struct cpu *cpu, struct frame *f)
{
	u64 esr = read_sysreg(esr_el2);

	switch (ESR_EC(esr)) {
	case EC_HVC64:
		host_call(cpu, f, esr & 0xffff, false);
		break;
	case EC_SMC64:
		f->pc += 4;
		if ((esr & 0xffff) || !scm_call(f))
			host_call(cpu, f, esr & 0xffff, true);
		break;
	case EC_IABT_LOWER:
		host_abort(f, esr, true);
		break;
	case EC_DABT_LOWER:
		host_abort(f, esr, false);
		break;
	default:
		log_printf("host: trap, esr %lx pc %lx", esr, f->pc);
		inject_undef(f);
	}
}

/* Synchronous exception from EL1 or EL0 */
void trap_sync(struct frame *f)
{
	struct cpu *cpu = this_cpu();
	u64 esr = read_sysreg(esr_el2);

	/* Only this CPU itself can change that the host runs here */
	if (!cpu->vcpu && ESR_EC(esr) == EC_SYSREG && host_sysreg(cpu, f, esr))
		return;
	hyp_lock();
	if (cpu->vcpu)
		guest_trap_sync(cpu, f);
	else
		host_trap_sync(cpu, f);
	hyp_unlock();
}

/* Group 1 interrupt while a guest runs: the host takes its own itself */
void trap_irq(struct frame *f)
{
	struct cpu *cpu = this_cpu();

	hyp_lock();
	if (!cpu->vcpu)
		panic("IRQ from the host");
	guest_trap_irq(cpu, f);
	hyp_unlock();
}

/* Group 0 interrupt */
void trap_fiq(struct frame *f)
{
	struct cpu *cpu = this_cpu();

	hyp_lock();
	if (cpu->vcpu) {
		guest_trap_fiq(cpu, f);
	} else {
		timer_fiq(cpu);
		sched_poll(cpu, f);
	}
	hyp_unlock();
}

void trap_serror(struct frame *f)
{
	struct cpu *cpu = this_cpu();

	hyp_lock();
	if (cpu->vcpu)
		guest_trap_serror(cpu, f);
	else
		panic("SError at %lx, esr %lx", f->pc,
		      read_sysreg(esr_el2));
	hyp_unlock();
}

/* An exception of EL2 itself */
void trap_hyp(struct frame *f, u64 vector)
{
	panic("exception %lu at %lx (lr %lx), esr %lx far %lx", vector, f->pc,
	      f->x[30], read_sysreg(esr_el2), read_sysreg(far_el2));
}
