// SPDX-License-Identifier: GPL-2.0-only
/*
 * World switch: exchange the EL1 state of the host and that of a vCPU
 *
 * General purpose registers are in the trap frame; everything else is exchanged
 * here. The host keeps the physical GIC: its interrupts end a guest's turn and
 * are not acknowledged here. The guest uses the CPU's own virtual timer, because
 * the host does not use it. FP/SIMD registers are exchanged when the guest first
 * uses them, because most turns do not.
 */
#include "guest.h"

#define HCR_VM			BIT(0)
#define HCR_SWIO		BIT(1)
#define HCR_FMO			BIT(3)
#define HCR_IMO			BIT(4)
#define HCR_AMO			BIT(5)
#define HCR_FB			BIT(9)
#define HCR_BSU_IS		BIT(10)
#define HCR_TWI			BIT(13)
#define HCR_TID3		BIT(18)
#define HCR_TSC			BIT(19)
#define HCR_TIDCP		BIT(20)
#define HCR_TACR		BIT(21)
#define HCR_RW			BIT(31)
#define HCR_TLOR		BIT(35)
#define HCR_TERR		BIT(36)
#define HCR_GUEST \
	(HCR_VM | HCR_SWIO | HCR_FMO | HCR_IMO | HCR_AMO | HCR_FB | \
	 HCR_BSU_IS | HCR_TWI | HCR_TID3 | HCR_TSC | HCR_TIDCP | HCR_TACR | \
	 HCR_RW | HCR_TLOR | HCR_TERR)

/* Trap SVE, trace and FP/SIMD; bits that are RES1 without SVE */
#define CPTR_TFP		BIT(10)
#define CPTR_GUEST		(0x33ffUL | BIT(20))

/* Trap debug and performance monitor registers */
#define MDCR_HPMN		0x1fUL
#define MDCR_GUEST		(BIT(5) | BIT(6) | BIT(9) | BIT(10) | BIT(11))

/* Guests read the physical counter but have no physical timer */
#define CNTHCTL_GUEST		1UL

#define CNTV_CTL_ENABLE		BIT(0)
#define CNTV_CTL_IMASK		BIT(1)
#define CNTV_CTL_ISTATUS	BIT(2)

#define ICH_HCR_EN		BIT(0)

#define GICR_SGI_BASE		0x10000
#define GICR_IGROUPR0		0x080
#define GICR_ISENABLER0		0x100
#define GICR_ISACTIVER0		0x300
#define GICR_ICACTIVER0		0x380
#define GICR_IPRIORITYR		0x400
#define PPI_PRIO		0xa0

/**
 * struct world - the host's state while a vCPU is loaded on its CPU
 * @sys: EL1 registers
 * @gic: virtual CPU interface, which the host also uses (HCR_EL2.FMO)
 * @fp: FP/SIMD registers, if @fp_guest
 * @cptr: control registers of EL2
 * @mdcr: likewise
 * @hcr: likewise
 * @cnthctl: likewise
 * @vpidr: likewise
 * @vmpidr: likewise
 * @fp_guest: the FP/SIMD registers are the guest's
 * @vtimer_active: the physical interrupt of the virtual timer is active
 * @last_vcpu: the vCPU that was loaded last
 * @evicted_proxy: the evicted vCPU owes its owner a result
 * @evicted_result: that result
 */
struct world {
	struct sysregs sys;
	struct gic_regs gic;
	struct fp_regs fp;
	u64 cptr;
	u64 mdcr;
	u64 hcr;
	u64 cnthctl;
	u64 vpidr;
	u64 vmpidr;
	bool fp_guest;
	bool vtimer_active;
	struct vcpu *last_vcpu;
	bool evicted_proxy;
	struct run_result evicted_result;
};

static struct world worlds[HYP_MAX_CPUS];

/* Takes the place of a loaded vCPU that was evicted */
static struct vcpu evicted;

static void save_sysregs(struct sysregs *sys)
{
	sys->sctlr = read_sysreg(sctlr_el1);
	sys->cpacr = read_sysreg(cpacr_el1);
	sys->ttbr0 = read_sysreg(ttbr0_el1);
	sys->ttbr1 = read_sysreg(ttbr1_el1);
	sys->tcr = read_sysreg(tcr_el1);
	sys->esr = read_sysreg(esr_el1);
	sys->afsr0 = read_sysreg(afsr0_el1);
	sys->afsr1 = read_sysreg(afsr1_el1);
	sys->far = read_sysreg(far_el1);
	sys->mair = read_sysreg(mair_el1);
	sys->vbar = read_sysreg(vbar_el1);
	sys->contextidr = read_sysreg(contextidr_el1);
	sys->tpidr_el0 = read_sysreg(tpidr_el0);
	sys->tpidrro_el0 = read_sysreg(tpidrro_el0);
	sys->tpidr_el1 = read_sysreg(tpidr_el1);
	sys->amair = read_sysreg(amair_el1);
	sys->cntkctl = read_sysreg(cntkctl_el1);
	sys->par = read_sysreg(par_el1);
	sys->mdscr = read_sysreg(mdscr_el1);
	sys->sp_el0 = read_sysreg(sp_el0);
	sys->sp_el1 = read_sysreg(sp_el1);
	sys->elr = read_sysreg(elr_el1);
	sys->spsr = read_sysreg(spsr_el1);
	sys->csselr = read_sysreg(csselr_el1);
}

static void restore_sysregs(const struct sysregs *sys)
{
	write_sysreg(sys->sctlr, sctlr_el1);
	write_sysreg(sys->cpacr, cpacr_el1);
	write_sysreg(sys->ttbr0, ttbr0_el1);
	write_sysreg(sys->ttbr1, ttbr1_el1);
	write_sysreg(sys->tcr, tcr_el1);
	write_sysreg(sys->esr, esr_el1);
	write_sysreg(sys->afsr0, afsr0_el1);
	write_sysreg(sys->afsr1, afsr1_el1);
	write_sysreg(sys->far, far_el1);
	write_sysreg(sys->mair, mair_el1);
	write_sysreg(sys->vbar, vbar_el1);
	write_sysreg(sys->contextidr, contextidr_el1);
	write_sysreg(sys->tpidr_el0, tpidr_el0);
	write_sysreg(sys->tpidrro_el0, tpidrro_el0);
	write_sysreg(sys->tpidr_el1, tpidr_el1);
	write_sysreg(sys->amair, amair_el1);
	write_sysreg(sys->cntkctl, cntkctl_el1);
	write_sysreg(sys->par, par_el1);
	write_sysreg(sys->mdscr, mdscr_el1);
	write_sysreg(sys->sp_el0, sp_el0);
	write_sysreg(sys->sp_el1, sp_el1);
	write_sysreg(sys->elr, elr_el1);
	write_sysreg(sys->spsr, spsr_el1);
	write_sysreg(sys->csselr, csselr_el1);
}

static void save_gic(struct gic_regs *gic)
{
	gic->vmcr = read_sysreg(ich_vmcr_el2);
	gic->ap0r = read_sysreg(ich_ap0r0_el2);
	gic->ap1r = read_sysreg(ich_ap1r0_el2);
}

static void restore_gic(const struct gic_regs *gic)
{
	write_sysreg(gic->vmcr, ich_vmcr_el2);
	write_sysreg(gic->ap0r, ich_ap0r0_el2);
	write_sysreg(gic->ap1r, ich_ap1r0_el2);
}

static struct world *world_of(const struct cpu *cpu)
{
	return &worlds[cpu->index];
}

/*
 * The host owns the redistributor and disables all PPIs when a CPU comes up, so
 * each entry checks that those of EL2 are enabled.
 */
static void arm_ppis(struct cpu *cpu)
{
	const u32 ppis = BIT(INTID_MAINT) | BIT(INTID_CNTV);
	u64 gicr = cpu->gicr + GICR_SGI_BASE;
	u32 group = read32(gicr + GICR_IGROUPR0);

	if ((group & ppis) == ppis &&
	    (read32(gicr + GICR_ISENABLER0) & ppis) == ppis)
		return;
	write32(gicr + GICR_IGROUPR0, group | ppis);
	/* INTIDs 24 to 27, of which the priorities of these two are set */
	group = read32(gicr + GICR_IPRIORITYR + 24);
	group &= ~(0xff00ff00U);
	group |= PPI_PRIO << 8 | (u32)PPI_PRIO << 24;
	write32(gicr + GICR_IPRIORITYR + 24, group);
	write32(gicr + GICR_ISENABLER0, ppis);
}

void world_cpu_init(struct cpu *cpu)
{
	struct world *world = world_of(cpu);

	world->cptr = read_sysreg(cptr_el2);
	world->mdcr = read_sysreg(mdcr_el2);
	world->hcr = read_sysreg(hcr_el2);
	world->cnthctl = read_sysreg(cnthctl_el2);
	world->vpidr = read_sysreg(vpidr_el2);
	world->vmpidr = read_sysreg(vmpidr_el2);
	world->last_vcpu = NULL;
	write_sysreg(0, cntv_ctl_el0);
	host_gic_cpu_init();
	vgic_clear_lrs();
}

void world_load(struct cpu *cpu, struct vcpu *vcpu, struct frame *f)
{
	struct world *world = world_of(cpu);

	cpu->host_frame = *f;
	*f = vcpu->frame;
	save_sysregs(&world->sys);
	restore_sysregs(&vcpu->sys);
	save_gic(&world->gic);
	restore_gic(&vcpu->gic);
	write_sysreg(ICH_HCR_EN, ich_hcr_el2);

	world->fp_guest = false;
	write_sysreg(CPTR_GUEST | CPTR_TFP, cptr_el2);
	write_sysreg(MDCR_GUEST | (world->mdcr & MDCR_HPMN), mdcr_el2);
	write_sysreg(HCR_GUEST, hcr_el2);
	write_sysreg(world->vpidr, vpidr_el2);
	write_sysreg(BIT(31) | vcpu->index, vmpidr_el2);
	write_sysreg(vcpu->vm->s2.vtcr, vtcr_el2);
	write_sysreg(vcpu->vm->s2.vttbr, vttbr_el2);

	arm_ppis(cpu);
	world->vtimer_active = false;
	write_sysreg(CNTHCTL_GUEST, cnthctl_el2);
	write_sysreg(vcpu->vm->cntvoff, cntvoff_el2);
	write_sysreg(vcpu->cntv_cval, cntv_cval_el0);
	write_sysreg(vcpu->cntv_ctl, cntv_ctl_el0);
	isb();

	/*
	 * All vCPUs of a VM have the same VMID, but a guest may use an ASID for
	 * different address spaces on different CPUs.
	 */
	if (world->last_vcpu != vcpu) {
		asm volatile("tlbi vmalle1\n\tic iallu" : : : "memory");
		dsb_nsh();
		world->last_vcpu = vcpu;
	}

	vcpu->cpu = cpu;
	cpu->vcpu = vcpu;
}

/* Give the CPU back to the host, except for the registers in the frame */
static void restore_host(struct cpu *cpu)
{
	struct world *world = world_of(cpu);

	write_sysreg(0, cntv_ctl_el0);
	write_sysreg(0, cntvoff_el2);
	write_sysreg(world->cnthctl, cnthctl_el2);
	host_gic_cpu_init();
	isb();
	if (world->vtimer_active)
		world_vtimer_set_active(cpu, false);

	write_sysreg(world->cptr, cptr_el2);
	write_sysreg(world->mdcr, mdcr_el2);
	write_sysreg(world->hcr, hcr_el2);
	write_sysreg(world->vmpidr, vmpidr_el2);
	write_sysreg(hyp.host.s2.vtcr, vtcr_el2);
	write_sysreg(hyp.host.s2.vttbr, vttbr_el2);
	restore_gic(&world->gic);
	restore_sysregs(&world->sys);
	if (world->fp_guest) {
		isb();
		fp_restore(&world->fp);
		world->fp_guest = false;
	}
	cpu->vcpu = NULL;
}

void world_unload(struct cpu *cpu, struct frame *f)
{
	struct world *world = world_of(cpu);
	struct vcpu *vcpu = cpu->vcpu;

	if (vcpu != &evicted) {
		vgic_sync(vcpu);
		vcpu->frame = *f;
		save_sysregs(&vcpu->sys);
		save_gic(&vcpu->gic);
		vcpu->cntv_ctl = read_sysreg(cntv_ctl_el0) &
				 (CNTV_CTL_ENABLE | CNTV_CTL_IMASK);
		vcpu->cntv_cval = read_sysreg(cntv_cval_el0);
		if (world->fp_guest)
			fp_save(&vcpu->fp);
		vcpu->cpu = NULL;
	}
	restore_host(cpu);
	*f = cpu->host_frame;

	if (vcpu != &evicted)
		return;
	vgic_clear_lrs();
	if (world->evicted_proxy) {
		f->x[0] = GH_OK;
		f->x[1] = world->evicted_result.state;
		memcpy(&f->x[2], world->evicted_result.data,
		       sizeof(world->evicted_result.data));
	}
}

void world_fp_trap(struct cpu *cpu)
{
	struct world *world = world_of(cpu);

	write_sysreg(CPTR_GUEST, cptr_el2);
	isb();
	fp_save(&world->fp);
	fp_restore(&cpu->vcpu->fp);
	world->fp_guest = true;
}

void world_evict(struct vcpu *vcpu, const struct run_result *result)
{
	struct cpu *cpu = vcpu->cpu;
	struct world *world;

	if (!cpu)
		return;

	world = world_of(cpu);
	world->evicted_proxy = vcpu->proxy;
	world->evicted_result = *result;
	vcpu->cpu = NULL;
	cpu->vcpu = &evicted;

	/*
	 * That CPU notices when it gets the lock. The kick takes it out of the
	 * guest into the trap entry, where it waits for the lock.
	 */
	if (cpu != this_cpu()) {
		cpu_kick(cpu);
		while (cpu->in_guest)
			asm volatile("yield");
	}
}

bool world_evicted(const struct cpu *cpu)
{
	return cpu->vcpu == &evicted;
}

void world_forget(const struct vcpu *vcpu)
{
	for (u32 i = 0; i < hyp.num_cpus; i++) {
		if (worlds[i].last_vcpu == vcpu)
			worlds[i].last_vcpu = NULL;
	}
}

void world_vtimer_set_active(struct cpu *cpu, bool active)
{
	u64 gicr = cpu->gicr + GICR_SGI_BASE;

	write32(gicr + (active ? GICR_ISACTIVER0 : GICR_ICACTIVER0),
		BIT(INTID_CNTV));
	world_of(cpu)->vtimer_active = active;
}

bool world_vtimer_active(const struct cpu *cpu)
{
	return world_of(cpu)->vtimer_active;
}

bool world_vtimer_line(const struct vcpu *vcpu)
{
	u64 ctl = vcpu->cntv_ctl;

	if (vcpu->cpu) {
		ctl = read_sysreg(cntv_ctl_el0);
		return (ctl & CNTV_CTL_ENABLE) && !(ctl & CNTV_CTL_IMASK) &&
		       (ctl & CNTV_CTL_ISTATUS);
	}
	return (ctl & CNTV_CTL_ENABLE) && !(ctl & CNTV_CTL_IMASK) &&
	       timer_now() - vcpu->vm->cntvoff >= vcpu->cntv_cval;
}
