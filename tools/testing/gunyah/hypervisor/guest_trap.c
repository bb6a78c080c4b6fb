// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exceptions that guests take to EL2
 */
#include "guest.h"
#include "paging.h"

#define ESR_EC(esr)		((esr) >> 26 & 0x3f)
#define ESR_IL			BIT(25)		/* 32-bit instruction */
#define EC_WFX			0x01
#define EC_FP			0x07
#define EC_HVC64		0x16
#define EC_SMC64		0x17
#define EC_SYSREG		0x18
#define EC_IABT			0x20
#define EC_DABT			0x24

#define ISS_WFE			BIT(0)
#define ISS_FSC(iss)		((iss) & 0x3f)
#define ISS_WNR			BIT(6)
#define ISS_S1PTW		BIT(7)
#define ISS_CM			BIT(8)
#define ISS_AR			BIT(14)
#define ISS_SF			BIT(15)
#define ISS_SRT(iss)		((iss) >> 16 & 0x1f)
#define ISS_SSE			BIT(21)
#define ISS_SAS(iss)		((iss) >> 22 & 3)
#define ISS_ISV			BIT(24)

#define FSC_TRANSLATION		0x04	/* and the level in bits 1:0 */
#define HPFAR_IPA(hpfar)	(((hpfar) & GENMASK(39, 4)) << 8)

#define SPSR_AARCH32		BIT(4)
#define SPSR_IT_HI		GENMASK(15, 10)
#define SPSR_IT_LO		GENMASK(26, 25)
#define SPSR_SP_ELX		BIT(0)
#define SPSR_EL1_MASK		0x1e
#define SPSR_EL1		0x04
#define VECTOR_SIZE		0x80

#define INTID_NONE		1023

/* On to the next instruction; in AArch32 it may stand in an IT block */
static void skip_instruction(struct frame *f, u64 esr)
{
	u64 it;

	f->pc += esr & ESR_IL ? 4 : 2;
	if (!(f->spsr & SPSR_AARCH32))
		return;
	it = (f->spsr & SPSR_IT_HI) >> 8 | (f->spsr & SPSR_IT_LO) >> 25;
	it = it & 7 ? (it & 0xe0) | (it << 1 & 0x1f) : 0;
	f->spsr &= ~(SPSR_IT_HI | SPSR_IT_LO);
	f->spsr |= (it << 8 & SPSR_IT_HI) | (it << 25 & SPSR_IT_LO);
}

static void guest_call(struct cpu *cpu, struct frame *f, u32 imm)
{
	if (!imm && psci_guest(cpu, f))
		return;
	if (!hcall_dispatch(cpu, cpu->vcpu->vm, f, imm))
		f->x[0] = GH_UNIMPLEMENTED;
}

/*
 * An exception whose vector faults itself would go on for ever. The production
 * build lets it: such a guest ends only if its owner stops it.
 */
static bool is_abort_loop(const struct frame *f, bool instruction)
{
	u64 vector = read_sysreg(vbar_el1);

	if (hyp.build == BUILD_PROD || (f->spsr & SPSR_EL1_MASK) != SPSR_EL1)
		return false;
	if (f->spsr & SPSR_SP_ELX)
		vector += 0x200;
	if (instruction)
		return f->pc == vector;
	/* The same instruction of the handler, for the second time */
	return f->pc - vector < VECTOR_SIZE && read_sysreg(elr_el1) == f->pc;
}

static void inject_abort(struct cpu *cpu, struct frame *f, bool instruction)
{
	if (is_abort_loop(f, instruction))
		vcpu_fault(cpu, f, "abort loop");
	else
		inject_sea(f, instruction, read_sysreg(far_el2));
}

/**
 * vm_is_vmmio() - does the owner emulate a range?
 * @vm: VM
 * @ipa: its address
 * @size: bytes
 *
 * Return: true if all of it is in one VMMIO range
 */
bool vm_is_vmmio(const struct vm *vm, u64 ipa, u64 size)
{
	for (u32 i = 0; i < vm->num_vmmio; i++) {
		const struct vmmio *range = &vm->vmmio[i];

		if (ipa >= range->base && ipa - range->base < range->size &&
		    size <= range->size - (ipa - range->base))
			return true;
	}
	return false;
}

/* For the owner, who may want the access again, or an abort */
static void remember_access(struct vcpu *vcpu, const struct frame *f, u64 esr)
{
	vcpu->asked = true;
	vcpu->fault_pc = f->pc;
	vcpu->fault_spsr = f->spsr;
	vcpu->fault_esr = esr;
	vcpu->fault_far = read_sysreg(far_el2);
}

void guest_inject(struct cpu *cpu, struct frame *f)
{
	struct vcpu *vcpu = cpu->vcpu;

	vcpu->inject = false;
	/* As if the access had just been made */
	write_sysreg(vcpu->fault_esr, esr_el2);
	write_sysreg(vcpu->fault_far, far_el2);
	inject_abort(cpu, f, ESR_EC(vcpu->fault_esr) == EC_IABT);
}

/* Whether the syndrome says what a load or store of one register does */
static bool is_plain(u64 iss)
{
	return iss & ISS_ISV && !(iss & (ISS_CM | ISS_S1PTW));
}

/* See GH_TESTCTL_QUIRK_FAULT_MMIO */
static bool looks_like_device(u64 iss)
{
	if (!hyp.quirk.fault_mmio || !is_plain(iss))
		return false;
	hyp.quirk.fault_mmio--;
	return true;
}

/*
 * An access of any kind to a page that the owner has not mapped yet; false if it
 * is none. For a walk of the guest's tables it is their address that counts.
 */
static bool page_fault(struct cpu *cpu, struct frame *f, u64 esr)
{
	u64 iss = esr & GENMASK(24, 0), ipa = HPFAR_IPA(read_sysreg(hpfar_el2));
	bool data = ESR_EC(esr) == EC_DABT;
	struct vcpu *vcpu = cpu->vcpu;
	u64 write;

	if ((ISS_FSC(iss) & ~3UL) != FSC_TRANSLATION || !vcpu->proxy)
		return false;
	if (!(iss & ISS_S1PTW))
		ipa |= read_sysreg(far_el2) & ~PAGE_MASK;
	if (!paging_has(vcpu->vm, ipa) || (data && looks_like_device(iss)))
		return false;
	/* Cache maintenance is reported as a write, but needs none */
	write = data && iss & ISS_WNR && !(iss & ISS_CM);
	remember_access(vcpu, f, esr);
	vcpu->state = VCPU_FAULT;
	vcpu->result = (struct run_result) { RUN_PAGE_FAULT, { ipa, write } };
	vcpu_exit(cpu, f, RUN_PAGE_FAULT, ipa, write, 0);
	return true;
}

/* A load or store of one register that is for a device; false if not */
static bool device_access(struct cpu *cpu, struct frame *f, u64 esr)
{
	u64 iss = esr & GENMASK(24, 0);
	struct vcpu *vcpu = cpu->vcpu;
	u32 size = 1U << ISS_SAS(iss), reg = ISS_SRT(iss);
	bool write = iss & ISS_WNR;
	u64 ipa, val = 0;

	if (!is_plain(iss) || (ISS_FSC(iss) & ~3UL) != FSC_TRANSLATION)
		return false;
	ipa = HPFAR_IPA(read_sysreg(hpfar_el2)) |
	      (read_sysreg(far_el2) & ~PAGE_MASK);

	if (write && reg < 31)
		val = f->x[reg];
	if (write && size < 8)
		val &= BIT(size * 8) - 1;
	vcpu->mmio_reg = reg;
	vcpu->mmio_sign = iss & ISS_SSE;
	vcpu->mmio_64 = iss & ISS_SF;

	if (vgic_mmio(vcpu, ipa, size, write, &val) ||
	    rtc_mmio(vcpu, ipa, write, &val)) {
		skip_instruction(f, esr);
		if (!write && reg < 31)
			f->x[reg] = val;
		return true;
	}

	/* What looks like a device is the owner's */
	if (!vcpu->proxy || (!vm_is_vmmio(vcpu->vm, ipa, size) &&
			     !paging_has(vcpu->vm, ipa)))
		return false;
	remember_access(vcpu, f, esr);
	skip_instruction(f, esr);
	vcpu->state = VCPU_MMIO;
	vcpu->reading = !write;
	vcpu->result = (struct run_result) {
		write ? RUN_MMIO_WRITE : RUN_MMIO_READ, { ipa, size, val }
	};
	vcpu_exit(cpu, f, vcpu->result.state, ipa, size, val);
	return true;
}

static void sync_exception(struct cpu *cpu, struct frame *f)
{
	u64 esr = read_sysreg(esr_el2);
	u64 iss = esr & GENMASK(24, 0);

	switch (ESR_EC(esr)) {
	case EC_WFX:
		skip_instruction(f, esr);
		if (!(iss & ISS_WFE))
			vcpu_wait(cpu, f, 0, RESUME_REASON_WFI);
		break;
	case EC_FP:
		world_fp_trap(cpu);
		break;
	case EC_HVC64:
		guest_call(cpu, f, iss & 0xffff);
		break;
	case EC_SMC64:
		f->pc += 4;
		guest_call(cpu, f, iss & 0xffff);
		break;
	case EC_SYSREG:
		if (guest_sysreg(cpu->vcpu, f, iss))
			f->pc += 4;
		else
			inject_undef(f);
		break;
	case EC_IABT:
		if (!page_fault(cpu, f, esr))
			inject_abort(cpu, f, true);
		break;
	case EC_DABT:
		if (!page_fault(cpu, f, esr) && !device_access(cpu, f, esr))
			inject_abort(cpu, f, false);
		break;
	default:
		inject_undef(f);
	}
}

void guest_trap_sync(struct cpu *cpu, struct frame *f)
{
	if (!world_evicted(cpu)) {
		vgic_sync(cpu->vcpu);
		sync_exception(cpu, f);
	}
	vcpu_resume(cpu, f);
}

void guest_trap_irq(struct cpu *cpu, struct frame *f)
{
	if (!world_evicted(cpu)) {
		vgic_sync(cpu->vcpu);
		/* ICC_HPPIR1_EL1: left pending, for the host to acknowledge */
		switch (read_sysreg(S3_0_C12_C12_2)) {
		case INTID_CNTV:
			vgic_vtimer_fired(cpu->vcpu);
			break;
		case INTID_MAINT:
		case INTID_NONE:
			break;
		default:
			vcpu_exit(cpu, f, RUN_READY, 0, 0, 0);
		}
	}
	vcpu_resume(cpu, f);
}

void guest_trap_fiq(struct cpu *cpu, struct frame *f)
{
	if (!world_evicted(cpu))
		vgic_sync(cpu->vcpu);
	timer_fiq(cpu);
	vcpu_resume(cpu, f);
}

void guest_trap_serror(struct cpu *cpu, struct frame *f)
{
	if (!world_evicted(cpu)) {
		vgic_sync(cpu->vcpu);
		vcpu_fault(cpu, f, "SError");
	}
	vcpu_resume(cpu, f);
}
